"""A plugin in the middle of its life, to which something happens: what the tests of its state files
and of the disk below them have in common."""

from __future__ import annotations

import json
import os
import shutil
import stat
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

from devserver.box import Box
from sync_queue import inbox
from sync_queue.job import Job
from sync_queue.jobs import Jobs

QUEUE, PLEX, STATE = "queue/queue.sqlite", "plex.sqlite", "reconciliation_state.json"
OUTAGES = "outages.json"
KNOWING = (QUEUE, PLEX, STATE, OUTAGES)  # those with something in them
LOCKS = (
    "drain.lock", "wake.lock", "plex.lock", "queue/open.lock", "reconciliation.lock",
    "reconciliation_state.lock", "outages.lock",
)  # fmt: skip
Change = Callable[[Path], None]


def named(change: Change) -> str:
    return change.__name__


class State:
    """A plugin in the middle of its life: it knows three scenes, 2 is in the queue, 3 in the inbox,
    and the drain that a hook has asked for waits in Stash."""

    edits = 0

    def __init__(self, box: Box, scenes: list[int], before: Path) -> None:
        self.box, self.scenes = box, scenes
        shutil.copytree(before, box.data_dir)
        box.stash.hold_jobs()
        self.edit(2, "waiting")
        inbox.clear(str(box.data_dir), "scene", scenes[1])
        with closing(Jobs(box.data_dir)) as jobs:
            jobs.put([Job(scenes[1])])
        self.edit(3, "flagged")
        self._told, self._ran = len(box.stash.logs), len(box.stash.runs)

    def path(self, name: str) -> Path:
        return self.box.data_dir / name

    def edit(self, number: int, title: str) -> None:
        """As a person saves it: a hook runs."""
        State.edits += 1
        title = f"{title} {State.edits}"
        self.box.stash.update_scene(self.scenes[number - 1], title=title)

    def live_on(self, *modes: str) -> list[Any]:
        """An edit, the drain that waits, and these operations; each gives one answer."""
        self.edit(1, "new")
        self.box.stash.release_jobs()
        self.box.settle()
        for mode in modes:
            with suppress(Exception):  # told as an error of the operation
                self.box.operation(mode)
        return self.answers()

    def answers(self) -> list[Any]:
        """The runs since this began, after a look at how each of them ended."""
        found = self.box.stash.runs[self._ran :]
        for run in found:
            document = json.loads(run.stdout)
            assert {"output"} <= set(document) <= {"output", "error"}, run.stdout
            assert run.exit_code == (1 if document.get("error") else 0)
            assert "Traceback" not in run.stderr and "unexpected" not in run.stdout, run.stderr
        return found

    def said(self, *words: str) -> str:
        """The first warning or error since this began that has all of these words."""
        told = [line for line in self.box.stash.logs[self._told :] if line.level != "info"]
        found = [one.text for one in told if all(word in one.text for word in words)]
        assert found, [one.text for one in told]
        return found[0]

    def is_right(self, *modes: str) -> None:
        """After these operations Plex says what Stash says, and nothing is owed or buried."""
        for mode in modes or ("process_queue",):
            self.box.operation(mode)
        assert self.box.differences() == {}
        assert inbox.is_empty(str(self.box.data_dir))
        with closing(Jobs(self.box.data_dir)) as jobs:
            assert sum(jobs.counts(9e9).values()) == 0
        self.answers()
        self.is_private()

    def is_private(self) -> None:
        """Only their owner may look into what the plugin keeps."""
        folder = self.box.data_dir
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        for path in folder.rglob("*"):
            wanted = 0o700 if path.is_dir() else 0o600
            assert stat.S_IMODE(path.stat().st_mode) == wanted, path


# -- what may become of a file


def no_header(path: Path) -> None:
    data = path.read_bytes()
    path.write_bytes(bytes(100) + data[100:])


def cut_in_half(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 2)


def emptied(path: Path) -> None:
    os.truncate(path, 0)


def garbage(path: Path) -> None:
    path.write_bytes(b"\xffgarbage " * 5000)


def a_folder(path: Path) -> None:
    path.unlink(missing_ok=True)
    path.mkdir(mode=0o700)

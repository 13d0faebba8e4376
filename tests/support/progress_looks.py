"""What a person sees of a task that runs: Stash's job, and the note that the page shows."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

from app.dashboard.overview import ACTIVITY
from devserver.box import PLUGIN, Box


class Look(NamedTuple):
    """A note of the run, and the number of items that Plex had by then as they are to be."""

    note: dict[str, Any]
    written: int


class Looks:
    """Each different note of a run, in order."""

    def __init__(self, box: Box) -> None:
        self._box, self._path = box, box.data_dir / ACTIVITY
        self.all: list[Look] = []

    def look(self) -> None:
        try:
            note = json.loads(self._path.read_text())
        except (OSError, ValueError):
            return
        if not self.all or self.all[-1].note != note:
            self.all.append(Look(note, written(self._box)))

    def of(self, phase: str) -> list[dict[str, Any]]:
        return [look.note for look in self.all if look.note["phase"] == phase]

    def phases(self) -> list[str]:
        return list(dict.fromkeys(look.note["phase"] for look in self.all))


def written(box: Box) -> int:
    edited = (request.get("id").split(",") for request in box.plex.writes())
    return len({key for keys in edited for key in keys if key})


@contextmanager
def looking(box: Box) -> Iterator[Looks]:
    """Looks again and again, in a thread."""
    looks, ended = Looks(box), threading.Event()

    def go() -> None:
        while not ended.is_set():
            looks.look()
            time.sleep(0.002)

    thread = threading.Thread(target=go)
    thread.start()
    try:
        yield looks
    finally:
        ended.set()
        thread.join()


def moves(box: Box, job: str) -> list[tuple[float, float]]:
    """(time, fraction) of each movement of the job's bar in Stash."""
    found = box.stash.library.jobs.find(int(job))
    assert found is not None
    told = list(zip(found.progress_times, found.progress_seen, strict=True))
    return [
        now for before, now in zip([(0.0, -1.0), *told], told, strict=False) if now[1] != before[1]
    ]


def ran(box: Box, name: str, **args: Any) -> str:
    """Run a task to its end; its job."""
    job = str(box.stash.run_task(PLUGIN, name, args or None))
    box.settle()
    return job

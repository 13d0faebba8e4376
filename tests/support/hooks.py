"""Hooks, wakes and drains of a box, and the scenes that its inbox marks."""

from __future__ import annotations

from typing import Any

from devserver.box import Box
from sync_queue import inbox
from tests.support.box_output import until

DRAIN = "Process Queue"


def right(box: Box, *scenes: int) -> None:
    """Until Plex says what Stash says about these scenes (default: all)."""
    until(lambda: not box.differences(scenes or None))


def runs(box: Box, kind: str) -> list[Any]:
    return [run for run in box.stash.runs if run.kind == kind]


def queued(box: Box) -> int:
    """How many drains wait in Stash's queue."""
    jobs = box.stash.library.jobs.queue
    return sum(DRAIN in job.description and job.status == "READY" for job in jobs)


def flags(box: Box) -> list[tuple[str, int]]:
    return sorted(inbox.flags(str(box.data_dir)))


def silent(box: Box) -> bool:
    """No hook failed, and none said anything that a person would see."""
    return all(
        run.exit_code == 0 and run.error is None and run.stderr == "" for run in runs(box, "hook")
    )


def drain(box: Box) -> Any:
    """Works the queue off at once, without the time that a woken drain stays for more."""
    return box.operation("process_queue")

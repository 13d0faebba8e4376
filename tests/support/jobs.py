"""Scenes, jobs, dead letters and outages of a box."""

from __future__ import annotations

import json
from typing import Any

from devserver.box import Box
from sync_queue.job import Job
from sync_queue.jobs import Jobs
from sync_queue.schema import OUTAGES


def queue(box: Box) -> dict[str, Any]:
    """The queue as View Queue Status answers it."""
    return box.operation("queue_status")["queue"]


def fill(box: Box, scenes: int, **fields: Any) -> list[int]:
    return [box.add(f"{n}.mp4", title=f"Title {n}", **fields) for n in range(scenes)]


def attempts(box: Box) -> set[int]:
    """Of everything that is owed."""
    jobs = Jobs(box.data_dir)
    found = {job.attempts for job in jobs.claim(999, 9e12)}
    jobs.close()
    return found


def bury(box: Box, count: int, error: str = "Plex says no", first: int = 1) -> list[int]:
    """Dead letters of scenes; their numbers."""
    jobs = Jobs(box.data_dir)
    jobs.put([Job(number) for number in range(first, first + count)], 1.0)
    for job in jobs.claim(count, 2.0):
        jobs.bury(job, error, 3.0 + job.id)
    jobs.close()
    return [row["number"] for row in box.operation("list_dead_letters")["rows"]]


def outage(box: Box) -> dict[str, Any]:
    """What is remembered of Plex; View Queue Status would ask Plex itself."""
    return json.loads((box.data_dir / OUTAGES).read_text())["circuit"]


def dead(box: Box) -> int:
    jobs = Jobs(box.data_dir)
    try:
        return jobs.counts(9e12)["dead"]
    finally:
        jobs.close()


def at_rest(box) -> bool:
    """Neither a sync nor a reconciliation has anything left to write."""
    box.plex.clear_requests()
    box.operation("all")
    found = box.operation("reconcile_all")
    return not box.plex.writes() and found["total_gaps"] == 0 == found["enqueued"]

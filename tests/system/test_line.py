"""A long queue and a person's edit, a real drain: what lies in between is counted in writes."""

from __future__ import annotations

import pytest

from devserver.box import PLUGIN, Box
from sync_queue.drain import BATCH
from sync_queue.job import BACKLOG, Job
from sync_queue.jobs import Jobs
from tests.support.box_output import until

pytestmark = pytest.mark.uncovered


def test_an_edit_overtakes_20_000_jobs(box: Box) -> None:
    scenes = [box.add(f"{n}.mp4", title=f"Title {n}") for n in range(401)]
    edited = scenes.pop()
    jobs = Jobs(box.data_dir)
    jobs.put([Job(number, rank=BACKLOG) for number in [*scenes, *range(10_000, 29_600)]])
    jobs.close()
    box.plex.latency = 0.02
    job = box.stash.run_task(PLUGIN, "Process Queue")
    until(lambda: len(box.plex.writes()) >= BATCH)
    box.stash.update_scene(edited, title="A person's")
    before = len(box.plex.writes())  # the flag is on disk
    until(lambda: box.item(edited)["title"] == "A person's")
    key = str(box.item(edited)["ratingKey"])
    box.stash.stop_job(job)
    written = [one.get("id") for one in box.plex.writes()]
    assert written.index(key) - before <= 3 * BATCH
    assert len(written) < len(scenes)  # it did overtake them
    assert box.plex.overlapping_writes == 0
    box.plex.latency = 0

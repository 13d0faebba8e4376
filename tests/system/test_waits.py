"""A scene whose file Plex does not have: its looks, how it leaves the queue, and how it is found."""

from __future__ import annotations

import time
from contextlib import closing

import pytest

from devserver.box import Box
from sync_queue.jobs import Job, Jobs
from tests.system.telling import lines

pytestmark = pytest.mark.uncovered


def state(box: Box, scene: int) -> str:
    return str(box.operation("scene_states", scenes=[scene])["rows"][0]["state"])


def seen_for_the_last_time(box: Box, scene: int) -> None:
    """As if all its looks had been taken, over days; the last one is due."""
    with closing(Jobs(box.data_dir)) as jobs:
        jobs.clear_pending()
        jobs.put([Job(scene, waits=8)], time.time())
    box.operation("process_queue")


def test_pressing_process_queue_ten_times_leaves_the_scene_in_the_queue(box: Box) -> None:
    scene = box.add("a.mp4", in_plex=False, title="T")
    box.operation("all")
    for _ in range(10):
        box.operation("process_queue")
    assert box.operation("queue_status")["queue"]["waiting"] == 1
    assert state(box, scene) == "not_in_plex"


@pytest.mark.parametrize("scope", ["reconcile_recent", "reconcile_all"])
def test_what_has_left_the_queue_is_not_in_plex_and_found_when_plex_has_it(
    box: Box, scope: str
) -> None:
    scene = box.add("a.mp4", in_plex=False, title="T", updated_at="2020-01-01T00:00:00Z")
    box.add("b.mp4", title="Another")
    box.operation("all")
    seen_for_the_last_time(box, scene)
    assert box.operation("queue_status")["queue"]["waiting"] == 0
    assert state(box, scene) == "not_in_plex"
    assert any("still not in Plex after 8 looks" in line for line in lines(box, "info"))
    box.plex.add_file("/media/a.mp4", size=1000)
    box.operation(scope)
    assert box.differences() == {} and state(box, scene) == "in_sync"

"""A scene whose file Plex does not have: its looks, how it leaves the queue, and how it is found."""

from __future__ import annotations

import time
from contextlib import closing

import pytest

from app import drain_task
from devserver.box import Box
from plex.library.index import RELIST_SECONDS, Index
from plex.state.database import Store
from plex.state.ledger import SceneStates
from plex.state.scene_state import NOT_IN_PLEX
from reconciliation.newcomers import Newcomers
from sync_queue.job import Job
from sync_queue.jobs import Jobs
from tests.support.box_output import lines
from tests.support.quick_box import quicken

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
def test_a_scene_that_left_the_queue_is_found_later(box: Box, scope: str) -> None:
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


@pytest.fixture
def ahead(box: Box) -> list[float]:
    """How far ahead the plugin's clock is: in its sum, seconds."""
    seconds: list[float] = []
    quicken(box, lambda: time.time() + sum(seconds))
    return seconds


def test_another_save_finds_a_scene_that_left_the_queue(box: Box, ahead: list[float]) -> None:
    """With the interval `never` no reconciliation comes."""
    scene = box.add("a.mp4", in_plex=False, title="T")
    other = box.add("b.mp4", title="Another")
    box.operation("all")
    seen_for_the_last_time(box, scene)
    box.plex.add_file("/media/a.mp4", size=1000)
    ahead.append(RELIST_SECONDS)
    box.stash.update_scene(other, title="New")
    box.operation("process_queue")
    assert box.differences() == {} and state(box, scene) == "in_sync"


def test_plex_is_asked_for_their_sake_now_and_then_only(box: Box, ahead: list[float]) -> None:
    with closing(Store(box.data_dir)) as store:
        newcomers = Newcomers(None, store, Index(store), (), ())
        assert not newcomers.are_due(1e9)  # nobody waits for a file
        SceneStates(store).put({1: (NOT_IN_PLEX, "")})
        moments = (1e9, 1e9 + 1, 1e9 + RELIST_SECONDS, 1e9 - 1)
        assert [newcomers.are_due(now) for now in moments] == [True, False, True, True]


def test_drains_look_for_all_missing_scenes_in_turn(
    box: Box, ahead: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(drain_task, "NEWCOMERS", 2)
    scenes = [box.add(f"{n}.mp4", in_plex=False, title=f"T{n}") for n in range(5)]
    other = box.add("b.mp4", title="Another")
    box.operation("all")
    for scene in scenes:
        seen_for_the_last_time(box, scene)
    box.plex.add_file("/media/4.mp4", size=1004)
    ahead.append(RELIST_SECONDS)
    for number in range(3):
        assert state(box, scenes[4]) == "not_in_plex"
        box.stash.update_scene(other, title=f"New {number}")
        box.operation("process_queue")
    assert state(box, scenes[4]) == "in_sync"

"""hook_mode: inline. A save does its own drain, and waits for nothing else."""

from __future__ import annotations

import pytest

from devserver.box import Box
from tests.support.box_output import look_is_due, until
from tests.support.hooks import flags, queued, runs

pytestmark = pytest.mark.uncovered


@pytest.fixture
def inline(box: Box) -> Box:
    """No task has run since the change: the first save already knows."""
    box.configure(hook_mode="inline")
    return box


def test_when_the_save_returns_plex_is_right(inline: Box) -> None:
    scene = inline.add("a.mp4", title="old")
    inline.stash.update_scene(scene, title="new")
    assert inline.differences() == {} and runs(inline, "task") == []
    (hook,) = runs(inline, "hook")
    assert (hook.exit_code, hook.output) == (0, f"scene {scene} is marked")


def test_set_back_to_background_the_next_save_only_marks(inline: Box) -> None:
    scene = inline.add("a.mp4", title="old")
    inline.stash.update_scene(scene, title="older")
    inline.configure()
    inline.stash.hold_jobs()
    inline.stash.update_scene(scene, title="new")
    assert flags(inline) == [("scene", scene)] and inline.differences()


def test_a_hook_asks_for_its_mode_only_after_changed_settings(inline: Box) -> None:
    scene = inline.add("a.mp4", title="old")
    for title in ("a", "b", "c"):
        inline.stash.update_scene(scene, title=title)
    asked = [one for one in inline.stash.requests if one.operation == "Mode"]
    assert len(asked) == 1 and inline.differences() == {}


def test_a_group_counts_from_its_first_event(box: Box) -> None:
    box.add("a.mp4", title="A", groups=[("Old", None)])
    group = box.stash.library.store.id_of("group", "Old")
    box.operation("all")
    box.configure(collections_from="studio,group")
    box.stash.hold_jobs()
    box.stash.rename("group", group, "New")
    assert ("group", group) in flags(box)


def test_an_inline_save_succeeds_while_plex_is_down(
    inline: Box,
) -> None:
    first, second = (inline.add(name, title="old") for name in ("a.mp4", "b.mp4"))
    inline.plex.go_down()
    inline.stash.update_scene(first, title="new a")
    inline.plex.come_up()
    look_is_due(inline)
    inline.stash.update_scene(second, title="new b")
    inline.settle()
    assert inline.differences() == {}
    assert [run.exit_code for run in runs(inline, "hook")] == [0, 0]


def test_while_plex_is_down_only_the_first_save_waits_for_it(inline: Box) -> None:
    scene = inline.add("a.mp4", title="old")
    inline.stash.hold_jobs()
    inline.plex.go_down()
    for title in ("new a", "new b", "new c"):
        inline.stash.update_scene(scene, title=title)
    paused = ["paused: " in run.stderr for run in runs(inline, "hook")]
    assert paused == [True, False, False] and queued(inline) == 0


def test_a_save_waits_for_its_own_scene_only(inline: Box) -> None:
    """What else is owed is done by a task."""
    inline.configure()
    inline.stash.hold_jobs()
    others = [inline.add(f"{n}.mp4", title="old") for n in range(3)]
    for other in others:
        inline.stash.update_scene(other, title=f"new {other}")
    inline.configure(hook_mode="inline")
    scene = inline.add("a.mp4", title="old")
    inline.stash.update_scene(scene, title="new")
    assert inline.differences([scene]) == {}
    assert flags(inline) == [("scene", other) for other in others] and queued(inline) == 1
    inline.stash.release_jobs()
    inline.settle()
    assert inline.differences() == {} and flags(inline) == []


def test_a_rename_that_shows_on_many_scenes_is_left_to_a_task(inline: Box) -> None:
    scenes = [inline.add(f"{n}.mp4", title=f"T{n}", performers=["Ada"]) for n in range(3)]
    inline.operation("all")
    inline.stash.hold_jobs()
    inline.stash.rename("performer", inline.stash.performer_id("Ada"), "Ada L.")
    assert inline.differences(scenes) and queued(inline) == 1
    inline.stash.release_jobs()
    inline.settle()
    assert inline.differences() == {}


def test_a_save_waits_for_no_retry_and_no_bulk_edit(inline: Box) -> None:
    scene = inline.add("a.mp4", title="old")
    inline.plex.faults.arm("500", method="PUT", times=2)
    inline.stash.update_scene(scene, title="new")
    assert inline.operation("queue_status")["queue"]["waiting"] == 1


def test_a_save_never_reconciles_a_library(inline: Box) -> None:
    """What is due is left to a task."""
    inline.configure(hook_mode="inline", reconcile_interval="hourly", reconcile_scope="all")
    scene, other = (inline.add(name, title="old") for name in ("a.mp4", "b.mp4"))
    inline.stash.hold_jobs()
    inline.stash.update_scene(scene, title="new")
    assert inline.differences([scene]) == {} and inline.differences([other])
    assert inline.operation("queue_status")["reconciliation"]["total_runs"] == 0
    inline.stash.release_jobs()
    inline.settle()
    assert inline.operation("queue_status")["reconciliation"]["total_runs"] > 0
    assert inline.differences() == {}


def test_a_scan_with_inline_hooks_comes_to_its_end(inline: Box) -> None:
    for n in range(3):
        inline.stash.library.disk[f"/data/new {n}.mp4"] = {}
    inline.stash.start_scan()
    inline.settle()
    assert len(runs(inline, "hook")) == 3 and flags(inline) == []
    assert not any("queue: " in run.stderr for run in runs(inline, "hook"))
    assert len(runs(inline, "task")) >= 1


def test_while_another_drain_is_awake_the_save_leaves_it_to_that_one(inline: Box) -> None:
    scene = inline.add("a.mp4", title="old")
    for n in range(30):
        inline.add(f"more {n}.mp4", title=f"T{n}")
    inline.plex.latency = 0.03
    inline.stash.run_task("Stash2Plex", "Sync All Scenes to Plex")
    until(inline.plex.writes)
    inline.stash.update_scene(scene, title="new")
    inline.settle()
    assert inline.differences() == {} and inline.plex.overlapping_writes == 0

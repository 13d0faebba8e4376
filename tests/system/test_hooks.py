"""From an event in Stash to Plex: real hooks, real wakes, real drains."""

from __future__ import annotations

import os
import time
from typing import Any

import pytest

from devserver.box import Box
from sync_queue import inbox
from tests.support.box_output import until
from tests.support.hooks import DRAIN, drain, flags, queued, right, runs, silent

pytestmark = pytest.mark.uncovered


def age_marker(box: Box, seconds: float = 100) -> None:
    path = box.data_dir / inbox.WAKE
    os.utime(path, (time.time() - seconds,) * 2)


def test_an_edit_reaches_plex(box: Box) -> None:
    scene = box.add("a.mp4", title="before")
    box.stash.update_scene(scene, title="after", details="It rains.\n\nStill.", rating100=70)
    right(box)
    item = box.item(scene)
    assert (item["title"], item["userRating"]) == ("after", 7.0)
    assert item["summary"] == "It rains.\n\nStill."
    assert silent(box) and len(runs(box, "task")) == 1


def test_a_bulk_update_of_50_scenes_queues_at_most_2_drains(box: Box) -> None:
    scenes = [box.add(f"{n}.mp4", title=f"Title {n}") for n in range(50)]
    tag = box.stash.tag_id("Rain")
    box.stash.bulk_update(scenes, rating100=40, tag_ids={"ids": [str(tag)], "mode": "ADD"})
    box.settle()
    assert len(runs(box, "hook")) == 50 and silent(box)
    assert len(runs(box, "task")) <= 2
    assert box.differences() == {} and box.item(scenes[49])["genres"] == ["Rain"]
    assert flags(box) == []


def test_a_long_job_in_stash_leaves_one_drain_queued(box: Box) -> None:
    scenes = [box.add(f"{n}.mp4", title="old") for n in range(12)]
    box.stash.hold_jobs()
    for scene in scenes:
        box.stash.update_scene(scene, title=f"new {scene}")
    assert queued(box) == 1 and len(flags(box)) == 12 and box.plex.requests == []
    box.stash.release_jobs()
    right(box)
    assert silent(box) and len(runs(box, "task")) == 1


def test_an_edit_during_a_drain_is_done_by_that_drain(box: Box) -> None:
    first, second = (box.add(name, title="old") for name in ("a.mp4", "b.mp4"))
    box.plex.latency = 0.1
    box.stash.update_scene(first, title="new a")
    until(lambda: box.plex.requests)
    box.stash.update_scene(second, title="new b")
    box.stash.update_scene(first, title="newer a")
    right(box)
    assert len(runs(box, "task")) == 1 and silent(box)


@pytest.mark.parametrize("action", ["500", "html", "drop", "401", "errors", "half_body"])
def test_a_failed_wake_fails_no_save(box: Box, action: str) -> None:
    first, second = (box.add(name, title="old") for name in ("a.mp4", "b.mp4"))
    box.stash.hold_jobs()
    box.stash.faults.arm("runPluginTask", action=action)
    box.stash.update_scene(first, title="new a")
    assert flags(box) == [("scene", first)]
    box.stash.update_scene(second, title="new b")
    assert queued(box) >= 1 and len(flags(box)) == 2
    failed, well = runs(box, "hook")
    assert failed.exit_code == 0 and "could not be asked to sync this now" in failed.stderr
    assert well.stderr == ""
    box.stash.release_jobs()
    right(box)


def test_a_silent_stash_delays_only_one_save(
    box: Box,
) -> None:
    first, second = (box.add(name, title="old") for name in ("a.mp4", "b.mp4"))
    box.stash.faults.arm("runPluginTask", action="hang", times=9)
    box.stash.update_scene(first, title="new a")
    box.stash.update_scene(second, title="new b")
    asked = [r for r in box.stash.requests if "runPluginTask" in r.fields]
    assert len(asked) <= 1 and len(flags(box)) == 2
    said = [run.stderr for run in runs(box, "hook")]
    assert "no answer in time" in said[0] and said[1] == ""
    box.stash.faults.clear()
    box.task(DRAIN)
    assert box.differences() == {}


def test_a_drain_that_was_stopped_in_the_queue_is_queued_again(box: Box) -> None:
    first, second = (box.add(name, title="old") for name in ("a.mp4", "b.mp4"))
    box.stash.hold_jobs()
    box.stash.update_scene(first, title="new a")
    (job,) = [j for j in box.stash.library.jobs.queue if DRAIN in j.description]
    box.stash.stop_job(job.id)
    assert queued(box) == 0
    age_marker(box)
    box.stash.update_scene(second, title="new b")
    assert queued(box) == 1
    box.stash.release_jobs()
    right(box)


def test_a_drain_that_waits_long_is_not_queued_twice(box: Box) -> None:
    scene = box.add("a.mp4", title="old")
    box.stash.hold_jobs()
    for n in range(4):
        box.stash.update_scene(scene, title=f"new {n}")
        age_marker(box)
    assert queued(box) == 1


def test_a_queue_that_went_with_its_stash_is_known_to_be_gone(make_box: Any) -> None:
    box = make_box(spawner="child")
    first, second = (box.add(name, title="old") for name in ("a.mp4", "b.mp4"))
    box.stash.hold_jobs()
    box.stash.update_scene(first, title="new a")
    box.stash.restart()
    assert queued(box) == 0
    box.stash.update_scene(second, title="new b")
    right(box)


def test_renamed_merged_and_destroyed_names_reach_every_scene_that_shows_them(box: Box) -> None:
    named = {"performers": ["Jane", "Joe"], "studio": "Acme", "tags": ["Rain", "Fog", "Snow"]}
    scenes = [box.add(f"{n}.mp4", title=f"T{n}", **named) for n in range(3)]  # type: ignore[arg-type]
    other = box.add("other.mp4", title="Other", performers=["Jill"])
    box.task("Sync All Scenes to Plex")
    box.plex.clear_requests()
    stash = box.stash
    stash.rename("performer", stash.performer_id("Jane"), "Jane Doe")
    stash.rename("studio", stash.studio_id("Acme"), "Acme Films")
    stash.merge_tags([stash.tag_id("Fog")], stash.tag_id("Rain"))
    stash.destroy("performer", stash.performer_id("Joe"))
    stash.destroy("tag", stash.tag_id("Snow"))
    right(box)
    box.settle()
    for scene in scenes:
        item = box.item(scene)
        assert (item["actors"], item["genres"]) == (["Jane Doe"], ["Rain"])
        assert (item["studio"], item["collections"]) == ("Acme Films", ["Acme Films"])
    touched = {one.get("id") for one in box.plex.writes()}
    assert str(box.item(other)["ratingKey"]) not in touched and silent(box)


def test_a_change_of_a_performer_that_plex_does_not_show_wakes_nobody(box: Box) -> None:
    box.add("a.mp4", title="T", performers=["Jane"])
    box.stash.update("performer", box.stash.performer_id("Jane"), favorite=True)
    assert runs(box, "task") == [] and flags(box) == [] and silent(box)


def test_a_destroyed_scene_leaves_its_item_and_the_others_alone(box: Box) -> None:
    gone, stays = (box.add(name, title=name, tags=["Rain"]) for name in ("a.mp4", "b.mp4"))
    box.task("Sync All Scenes to Plex")
    before = box.item(gone)
    box.plex.clear_requests()
    box.stash.destroy_scene(gone)
    until(lambda: any("no longer in Stash" in line.text for line in box.stash.logs))
    assert box.plex.writes() == [] and box.item(gone) == before
    assert box.differences([stays]) == {} and silent(box)


def test_a_scan_does_not_wait_for_its_drain(box: Box) -> None:
    """The hooks run inside the scan's job, and the drain waits behind it."""
    paths = [f"/data/new {n}.mp4" for n in range(30)]
    for path in paths:
        box.stash.library.disk[path] = {}
    box.stash.start_scan()
    box.settle()
    assert len(runs(box, "hook")) == 30 and len(runs(box, "task")) <= 2
    assert silent(box) and flags(box) == []
    assert box.operation("queue_status")["queue"]["waiting"] == 30  # Plex has not seen the files


def test_a_scene_that_says_nothing_writes_nothing(box: Box) -> None:
    """New, or about to be identified: what a person wrote in Plex must not be wiped."""
    scene = box.add("a.mp4")
    key = box.item(scene)["ratingKey"]
    box.plex.edit_as_person(key, title="By hand", summary="Mine", genres=["Mine"])
    before = box.item(scene)
    box.stash.hold_jobs()
    box.stash.update_scene(scene, title="", details="", tag_ids=[])
    assert drain(box)["unchanged"] == 1
    assert box.plex.writes() == [] and box.item(scene) == before


def test_identify_fills_plex_and_wipes_nothing(box: Box) -> None:
    scene = box.add("a.mp4")
    box.plex.edit_as_person(box.item(scene)["ratingKey"], genres=["Mine"], lock=False)
    box.stash.library.identified[scene] = {"title": "Found", "date": "2024-05"}
    box.stash.start_identify([scene])
    right(box)
    until(lambda: box.item(scene)["title"] == "Found")
    assert box.item(scene)["genres"] == ["Mine"] and silent(box)


# -- settings that a hook cannot ask for


def grouped(box: Box, **settings: Any) -> int:
    """A scene in a group, of a studio and with a performer, synced with these settings."""
    box.configure(**settings)
    scene = box.add("a.mp4", title="T", groups=["G"], studio="S", performers=["P"])
    box.operation("all")
    return scene


def test_a_group_that_is_renamed_reaches_its_collection(box: Box) -> None:
    scene = grouped(box, collections_from="group")
    assert box.item(scene)["collections"] == ["G"]
    box.stash.rename("group", 1, "New")
    until(lambda: box.item(scene)["collections"] == ["New"])
    box.stash.destroy("group", 1)
    until(lambda: box.item(scene)["collections"] == [])


def test_a_studio_above_and_a_performer_s_tags_reach_plex(box: Box) -> None:
    scene = grouped(box, collections_from="studio, parent_studio", performer_tags=True)
    above = box.stash.library.store.id_of("studio", "Above")
    box.stash.update("studio", box.stash.scene(scene)["studio"], parent_id=str(above))
    until(lambda: sorted(box.item(scene)["collections"]) == ["Above", "S"])
    box.stash.rename("studio", above, "Higher")
    until(lambda: sorted(box.item(scene)["collections"]) == ["Higher", "S"])
    tag = box.stash.library.store.id_of("tag", "t")
    box.stash.update("performer", 1, tag_ids=[str(tag)])
    until(lambda: box.item(scene)["genres"] == ["t"])
    box.stash.rename("tag", tag, "u")
    until(lambda: box.item(scene)["genres"] == ["u"])


def test_where_groups_do_not_show_they_wake_nobody(box: Box) -> None:
    grouped(box, collections_from="group")
    box.configure()
    box.operation("queue_status")
    box.stash.hold_jobs()
    box.stash.rename("group", 1, "New")
    assert flags(box) == [] and queued(box) == 0


def test_nothing_is_ever_written_to_stash(box: Box) -> None:
    """So no hook of ours can call itself, with or without Stash's own guard."""
    scene = box.add("a.mp4", title="old", performers=["Jane"], cover=b"\xff\xd8\xff" + b"x" * 99)
    box.stash.update_scene(scene, title="new")
    right(box)
    box.operation("reconcile_all")
    of_the_box = {"sceneUpdate", "configurePlugin", "runPluginOperation"}
    asked = [r for r in box.stash.requests if (r.query or "").lstrip().startswith("mutation")]
    assert {field for request in asked for field in request.fields} <= of_the_box | {
        "runPluginTask"
    }
    assert sum("sceneUpdate" in request.fields for request in asked) == 1
    assert len(runs(box, "hook")) == 1

"""How far a task is: in Stash's job and in the note of the page, right at every look, and never back."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest

from devserver.box import PLUGIN, Box
from tests.support.box_output import progress, until
from tests.support.progress_looks import looking, moves, ran, written

LATENCY = 0.05  # seconds that Plex takes for each request
SECONDS = 2.0  # in which the bar has to move
FULL = {"studio": "Studio", "details": "Details.", "tags": ["One", "Two"], "rating100": 80}


def filled(box: Box, count: int, start: int = 0) -> list[int]:
    return [box.add(f"{n}.mp4", title=f"Title {n}", **FULL) for n in range(start, start + count)]


def slow(box: Box) -> None:
    box.plex.latency = LATENCY
    box.plex.clear_requests()


def rises(values: list[Any]) -> bool:
    return all(before <= after for before, after in pairwise(values))


def test_a_sync_moves_all_the_time_and_counts_what_is_on_plex(box: Box) -> None:
    filled(box, 60)
    slow(box)
    with looking(box) as looks:
        job = ran(box, "Sync All Scenes to Plex")
    told = moves(box, job)
    assert rises([fraction for _, fraction in told]) and told[-1][1] == 1.0
    started = [request.started for request in box.plex.requests]
    for (before, _), (after, _) in pairwise(told):
        between = sum(before < at < after for at in started)
        assert between * LATENCY <= SECONDS, "no movement during these requests"
    assert rises([look.note["progress"] for look in looks.all])
    counted = looks.of("sync")
    assert {note["total"] for note in counted} == {60}
    assert rises([note["done"] for note in counted]) and len({n["done"] for n in counted}) > 3
    assert all(
        look.note["done"] <= look.written for look in looks.all if look.note["phase"] == "sync"
    )
    assert {note["title"].partition(" ")[0] for note in counted if note["title"]} == {"Title"}
    assert box.differences() == {}


def test_scenes_that_are_edited_meanwhile_raise_the_number(box: Box) -> None:
    scenes = filled(box, 30)
    others = filled(box, 5, start=100)
    box.operation("hold", scenes=others)
    slow(box)
    with looking(box) as looks:
        job = box.stash.run_task(PLUGIN, "Sync All Scenes to Plex")
        until(lambda: written(box) > 2)
        for scene in scenes[:5]:
            box.stash.update_scene(scene, title=f"New {scene}")
        box.settle()
    told = [fraction for _, fraction in moves(box, str(job))]
    totals = [note["total"] for note in looks.of("sync")]
    assert rises(told) and told[-1] == 1.0
    assert rises(totals) and totals[0] == 35 < totals[-1] <= 40
    assert rises([look.note["progress"] for look in looks.all])
    assert box.differences(scenes) == {}


def test_a_reconciliation_counts_what_it_lists_compares_and_syncs(box: Box) -> None:
    filled(box, 60)
    slow(box)
    with looking(box) as looks:
        job = ran(box, "Reconcile Library (All)")
    assert rises([fraction for _, fraction in moves(box, job)])
    assert [phase for phase in looks.phases() if phase] == ["list", "compare", "sync"]
    for phase in ("list", "compare", "sync"):
        notes = looks.of(phase)
        assert {note["total"] for note in notes} == {60}
        assert rises([note["done"] for note in notes])


def test_a_preview_counts_the_scenes_of_its_scope(box: Box) -> None:
    filled(box, 50)
    slow(box)
    with looking(box) as looks:
        job = ran(box, "Preview")
    assert rises([fraction for _, fraction in moves(box, job)])
    notes = looks.of("preview")
    assert {note["total"] for note in notes} == {50}
    assert rises([note["done"] for note in notes]) and not box.plex.writes()


def test_an_undo_counts_its_items(box: Box) -> None:
    filled(box, 30)
    box.task("Sync All Scenes to Plex")
    slow(box)
    with looking(box) as looks:
        job = ran(box, "Undo Last Run")
    told = moves(box, job)
    assert rises([fraction for _, fraction in told]) and len(told) >= 10
    notes = looks.of("undo")
    assert {note["total"] for note in notes} == {30} and rises([note["done"] for note in notes])


def test_jobs_for_later_are_counted_apart(box: Box) -> None:
    filled(box, 10)
    missing = [box.stash.add_scene(title="Nowhere", path=f"/data/no/{n}.mp4") for n in range(3)]
    slow(box)
    with looking(box) as looks:
        ran(box, "Sync All Scenes to Plex")
    last = looks.of("sync")[-1]
    assert last["total"] == 13 and last["later"] <= len(missing) and last["done"] <= 10


def test_a_sync_that_is_stopped_goes_on_where_it_was(box: Box) -> None:
    filled(box, 40)
    slow(box)
    job = box.stash.run_task(PLUGIN, "Sync All Scenes to Plex")
    until(lambda: written(box) > 5)
    box.stash.stop_job(job)
    box.settle()
    assert box.stash.job(job)["status"] == "CANCELLED"
    status = box.operation("status")
    left = sum(status["queue"][name] for name in ("pending", "in_progress"))
    assert status["activity"] is None and not status["busy"] and 0 < left <= 40
    box.plex.latency = 0.0
    box.task("Process Queue")
    assert box.differences() == {}


@pytest.mark.parametrize("task", ["Process Queue", "Check Setup"])
def test_a_task_with_little_to_do_ends_at_1(box: Box, task: str) -> None:
    told = progress(box.task(task).stderr)
    assert rises(told) and told[-1] == 1.0

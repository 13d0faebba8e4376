"""Whatever writes many scenes that nobody picked one by one is looked at by the brake first."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from typing import Any

import pytest

from devserver.box import Box
from sync_queue.job import BULK, Job
from sync_queue.jobs import Jobs
from tests.support.box_output import lines, look_is_due
from tests.support.brakes import MANY, refused, says_less
from tests.support.jobs import queue

pytestmark = pytest.mark.uncovered


def says(box: Box, scene: int) -> tuple[Any, Any]:
    """What a mass clear would take away."""
    item = box.item(scene)
    return item["summary"], item["genres"]


def kept(box: Box, scenes: list[int] | None = None) -> bool:
    """Whether nothing is lost in Plex, and nothing was written."""
    said = [says(box, number) for number in scenes or box.scenes]
    return box.plex.writes() == [] and said == [("Long.", ["Rain", "Sun"])] * len(said)


def owe(box: Box, dead: bool = False) -> None:
    """All scenes are owed, as a run of before has left them; or were given up."""
    with closing(Jobs(box.data_dir)) as jobs:
        jobs.put_scenes(box.scenes, "asked", 1.0)
        for job in jobs.claim(MANY, 2.0) if dead else ():
            jobs.bury(job, "some error", 2.0)


def preview(box: Box) -> dict[str, Any]:
    """Made when Stash had other titles; since then it lost its data."""
    for number in box.scenes:
        box.stash.library.store.scenes[number].title = "Another"
    box.operation("preview")
    return {"mode": "apply_preview"}


def dead_letters(box: Box) -> dict[str, Any]:
    owe(box, dead=True)
    return {"mode": "retry_dlq"}


def held(box: Box) -> dict[str, Any]:
    box.operation("hold", scenes=box.scenes)
    return {"mode": "resume"}


def long_list(box: Box) -> dict[str, Any]:
    return {"mode": "sync", "scenes": box.scenes}


@pytest.mark.parametrize("way", [preview, dead_letters, held, long_list])
@pytest.mark.parametrize("later", [False, True])
def test_no_way_to_write_many_scenes_goes_past_the_brake(
    synced: Box, way: Callable[[Box], dict[str, Any]], later: bool
) -> None:
    given = way(synced)
    says_less(synced, synced.scenes)
    if later and given["mode"] != "sync":
        given["later"] = True
    assert f"{MANY} of {MANY} scenes (100 %) would lose" in refused(synced, **given)
    synced.settle()
    assert kept(synced) and queue(synced)["pending"] == 0
    synced.configure(brake_share=100)
    synced.operation(**given)
    synced.settle()
    assert synced.differences() == {} and says(synced, synced.scenes[0]) == (None, [])


def test_a_short_list_was_picked_one_by_one(synced: Box) -> None:
    says_less(synced, synced.scenes)
    synced.operation("sync", scenes=synced.scenes[:20])
    assert says(synced, synced.scenes[0]) == (None, []) and kept_rest(synced)


def kept_rest(box: Box) -> bool:
    return [says(box, number) for number in box.scenes[20:]] == [("Long.", ["Rain", "Sun"])] * (
        MANY - 20
    )


@pytest.mark.parametrize("mode", ["all", "recent"])
def test_the_brake_looks_at_jobs_of_an_outage(synced: Box, mode: str) -> None:
    says_less(synced, synced.scenes)
    synced.plex.go_down()
    found = synced.operation(mode)
    assert found["queued"] == MANY and "does not answer" in found["paused"]
    synced.plex.come_up()
    look_is_due(synced)
    found = synced.operation("process_queue")
    assert f"{MANY} of {MANY} scenes (100 %) would lose" in found["paused"]
    assert kept(synced) and queue(synced)["pending"] == MANY


def test_gaps_that_waited_for_plex_are_looked_at_again(synced: Box) -> None:
    owe(synced)
    says_less(synced, synced.scenes)
    assert "would lose" in synced.operation("process_queue")["paused"] and kept(synced)


def test_while_the_brake_holds_a_save_goes_through(synced: Box) -> None:
    owe(synced)
    says_less(synced, synced.scenes)
    first, *others = synced.scenes
    synced.stash.update_scene(first, title="By hand")
    synced.settle()
    assert synced.item(first)["title"] == "By hand" and says(synced, first) == (None, [])
    assert [says(synced, n) for n in others] == [("Long.", ["Rain", "Sun"])] * (MANY - 1)
    assert queue(synced)["pending"] == MANY - 1


def test_a_reconciliation_that_was_let_pass_does_what_waited_as_well(synced: Box) -> None:
    """Of all scenes few enough lose something; of those that are owed it is every one."""
    synced.configure(brake_share=60)
    says_less(synced, synced.scenes[:22])
    with closing(Jobs(synced.data_dir)) as jobs:
        jobs.put([Job(number, rank=BULK) for number in synced.scenes[:22]], 1.0)
    assert "22 of 22" in synced.operation("process_queue")["paused"]
    synced.operation("reconcile_all")
    assert synced.differences() == {} and queue(synced)["pending"] == 0


# -- what cannot be looked at


def broken_in_stash(box: Box, scenes: list[int]) -> None:
    """Stash answers every question about these scenes with an error."""
    ids = {str(number) for number in scenes}

    def match(request: Any) -> bool:
        return bool(ids.intersection(map(str, (request.variables or {}).values())))

    box.stash.faults.arm(match, times=9999, action="errors")


def broken_in_plex(box: Box, scenes: list[int]) -> None:
    keys = {str(box.item(number)["ratingKey"]) for number in scenes}

    def match(call: Any) -> bool:
        last = call.path.rpartition("/")[2]
        return call.method == "GET" and bool(keys.intersection(last.split(",")))

    box.plex.faults.arm("500", match=match, times=9999)


@pytest.mark.parametrize("broken", [broken_in_stash, broken_in_plex])
def test_the_brake_names_an_unreadable_scene_and_judges_the_rest(
    synced: Box, broken: Callable[[Box, list[int]], None]
) -> None:
    says_less(synced, synced.scenes)
    bad = synced.scenes[7]
    broken(synced, [bad])
    assert f"{MANY - 1} of {MANY - 1} scenes (100 %) would lose" in refused(synced, "all")
    told = [line for line in lines(synced, "warning") if f"scene {bad} is left out" in line]
    assert len(told) == 1 and kept(synced)


def test_one_that_cannot_be_looked_at_holds_up_no_other(synced: Box) -> None:
    bad, *others = synced.scenes
    for number in synced.scenes:
        synced.stash.library.store.scenes[number].title = "New"
    broken_in_stash(synced, [bad])
    synced.operation("all")
    assert {synced.item(number)["title"] for number in others} == {"New"}


def test_where_more_than_half_cannot_be_looked_at_nothing_is_written(synced: Box) -> None:
    says_less(synced, synced.scenes)
    broken_in_stash(synced, synced.scenes[10:35])
    said = refused(synced, "all")
    assert "nothing was changed" in said and "Try again" in said and "Brake, Share" in said
    assert kept(synced) and queue(synced)["pending"] == 0

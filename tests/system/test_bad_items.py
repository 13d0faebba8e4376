"""An item that Plex cannot give: the others are right, the bad one is named, and its scene is not
called missing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from devserver.box import Box
from tests.support.bad_parts import FOR_EVER, PLACES, state, which
from tests.support.boxes import NewBox
from tests.support.quick_box import quicken
from tests.support.sizes import WHOLE

pytestmark = pytest.mark.uncovered
ACTIONS = ["500", "400", "truncated", "drop", "cut"] if WHOLE else ["500", "cut"]


@pytest.fixture
def box(tmp_path: Path, new_box: NewBox) -> Iterator[Box]:
    with new_box(tmp_path) as found:
        quicken(found)
        for number in PLACES:
            found.add(f"{number}.mp4", title=f"Title {number}")
        found.configure(trigger_plex_scan=True)
        yield found


def break_(box: Box, bad: Sequence[int], action: str, **more: float) -> list[int]:
    """The rating keys of the items that Plex cannot give."""
    scenes = list(box.paths)
    keys = [int(box.item(scenes[one])["ratingKey"]) for one in bad]

    def match(call: object) -> bool:
        asked = call.path.rpartition("/library/metadata/")[2].split(",")  # type: ignore[attr-defined]
        return call.method == "GET" and not {*map(str, keys)}.isdisjoint(asked)  # type: ignore[attr-defined]

    box.plex.faults.arm(action, match, times=FOR_EVER, **more)
    return keys


def of(box: Box, places: Sequence[int]) -> list[int]:
    return [scene for place, scene in enumerate(box.paths) if place in places]


def rest(bad: Sequence[int]) -> list[int]:
    return [one for one in PLACES if one not in bad]


@pytest.mark.parametrize("action", ACTIONS)
@pytest.mark.parametrize("bad", which((0,), (2,), (0, 1)))
def test_the_others_are_synced(
    box: Box, bad: Sequence[int], action: str, capfd: pytest.CaptureFixture[str]
) -> None:
    keys = break_(box, bad, action)
    box.operation("all")
    log = capfd.readouterr().err
    assert box.differences(of(box, rest(bad))) == {}
    for key in keys:
        assert f"Plex item {key} cannot be read" in log
    assert "not in Plex" not in log
    assert [r for r in box.plex.requests if r.path.endswith("/refresh")] == []
    assert "not_in_plex" not in {state(box, one) for one in box.paths}
    box.plex.faults.clear()
    box.operation("all")
    assert box.differences() == {}
    assert {state(box, one) for one in box.paths} == {"in_sync"}


def test_an_item_that_comes_too_slowly_stops_no_other(box: Box) -> None:
    box.configure(read_timeout=1)
    break_(box, (1,), "slow", seconds=3.0)
    found = box.operation("all")
    assert found["paused"] is None and box.differences(of(box, (0, 2))) == {}
    box.plex.faults.clear()
    box.operation("all")
    assert box.differences() == {}


@pytest.mark.parametrize("action", ACTIONS)
@pytest.mark.parametrize("bad", which((1,), (1, 2)))
def test_a_reconciliation_checks_the_others(box: Box, bad: Sequence[int], action: str) -> None:
    box.operation("all")
    store = box.stash.library.store
    for scene in store.scenes.values():
        scene.details, scene.updated_at = "New.", store.now()
    keys = break_(box, bad, action)
    for _ in range(2):  # the second time nothing but the bad ones is looked at
        found = box.operation("reconcile_all")
        assert found["errors"] == [] and found["gaps_by_type"]["missing"] == 0
        assert len(found["left_out"]) == len(bad)
        for key, line in zip(sorted(keys), found["left_out"], strict=True):
            assert f"Plex item {key} cannot be read" in line
        assert box.differences(of(box, rest(bad))) == {}
    assert {state(box, one) for one in of(box, bad)} == {"unknown"}
    box.plex.faults.clear()
    box.operation("reconcile_all")
    assert box.differences() == {}


def test_an_item_that_is_never_given_ends_as_a_dead_letter(box: Box) -> None:
    box.configure(max_retries=1)
    [key] = break_(box, (0,), "500")
    box.operation("all")
    [letter] = box.operation("queue_status")["queue"]["dead_letters"]
    assert f"Plex item {key} cannot be read" in letter["error"]
    assert state(box, 1) == "gave_up"


@pytest.mark.parametrize("action", ["500", "drop"])
def test_a_plex_that_gives_no_item_is_in_trouble_itself(box: Box, action: str) -> None:
    break_(box, PLACES, action)
    assert box.operation("all")["paused"]
    assert box.operation("queue_status")["queue"]["dead"] == 0


def test_a_queue_of_bad_items_goes_on_though_other_items_are_bad(box: Box) -> None:
    for number in range(3, 60):
        box.add(f"{number}.mp4", title=f"Title {number}")
    box.operation("all")
    break_(box, range(6), "500")
    for scene in of(box, PLACES):
        box.stash.update_scene(scene, details="New.")
    found = [box.operation("process_queue") for _ in range(4)]  # others are asked for by chance
    assert any(one["retried"] for one in found), found


def test_an_undo_names_an_item_that_plex_cannot_give(box: Box) -> None:
    box.operation("all")
    break_(box, (1,), "500")
    found = box.operation("undo", original=True)
    assert any("Plex cannot give the item" in why for why in found["left"]), found
    box.plex.faults.clear()
    box.operation("undo", original=True)
    assert box.item(of(box, (1,))[0])["title"] == "1"

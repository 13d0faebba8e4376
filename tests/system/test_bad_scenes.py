"""A scene that Stash cannot give, or that cannot be read: the others are right, and it is named."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from devserver.box import Box
from devserver.stash.client import StashError
from stash import scene
from tests.support.bad_parts import FOR_EVER, PLACES, which
from tests.support.boxes import NewBox
from tests.support.quick_box import quicken
from tests.support.sizes import WHOLE

pytestmark = pytest.mark.uncovered
ACTIONS = ["500", "errors", "half_body", "drop"] if WHOLE else ["errors", "half_body"]


@pytest.fixture
def box(tmp_path: Path, new_box: NewBox) -> Iterator[Box]:
    with new_box(tmp_path) as found:
        quicken(found)
        for number in (*PLACES, 3):
            found.add(f"{number}.mp4", title=f"Title {number}")
        yield found


def break_(box: Box, bad: Sequence[int], action: str) -> None:
    """No answer with more than the ids of these scenes."""

    def match(request: Any) -> bool:
        asked = request.variables or {}
        if request.operation == "Page" and "...S" in (request.query or ""):
            return any(one > asked["only"]["id"]["value"] for one in bad)
        return request.operation == "Scenes" and not {*map(str, bad)}.isdisjoint(asked.values())

    box.stash.faults.arm(match, action=action, times=FOR_EVER)


def of(box: Box, bad: Sequence[int]) -> tuple[list[int], list[int]]:
    """The scenes at these places, and the others; the last scene is never bad."""
    scenes = list(box.paths)
    hit = [scenes[one] for one in bad]
    return hit, [one for one in scenes if one not in hit]


def reconciled(box: Box, hit: Sequence[int], others: Sequence[int]) -> None:
    for _ in range(2):
        found = box.operation("reconcile_all")
        assert found["errors"] == []
        assert [line.partition(":")[0] for line in found["left_out"]] == [f"scene {n}" for n in hit]
        assert box.differences(others) == {}


@pytest.mark.parametrize("action", ACTIONS)
@pytest.mark.parametrize("bad", which((0,), (1, 2)))
def test_a_reconciliation_checks_the_other_scenes(
    box: Box, bad: Sequence[int], action: str
) -> None:
    hit, others = of(box, bad)
    break_(box, hit, action)
    reconciled(box, hit, others)
    store = box.stash.library.store
    for number in others:
        store.scenes[number].details, store.scenes[number].updated_at = "New.", store.now()
    reconciled(box, hit, others)
    box.stash.faults.clear()
    box.operation("reconcile_all")
    assert box.differences() == {}


@pytest.mark.parametrize("bad", which((0,), (1, 2)))
def test_a_scene_that_cannot_be_read_keeps_no_other_from_being_checked(
    box: Box, bad: Sequence[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    hit, others = of(box, bad)
    read = scene.from_row

    def from_row(row: Any, extras: Any = ()) -> Any:
        if int(row["id"]) in hit:
            raise ValueError("no scene")
        return read(row, extras)

    with monkeypatch.context() as patch:
        patch.setattr(scene, "from_row", from_row)
        reconciled(box, hit, others)
    box.operation("reconcile_all")
    assert box.differences() == {}


@pytest.mark.parametrize("action", ACTIONS)
@pytest.mark.parametrize("bad", which((0,), (1, 2)))
def test_a_sync_writes_the_other_scenes(
    box: Box, bad: Sequence[int], action: str, capfd: pytest.CaptureFixture[str]
) -> None:
    hit, others = of(box, bad)
    break_(box, hit, action)
    box.operation("all")
    assert box.differences(others) == {}
    log = capfd.readouterr().err
    assert all(f"scene {number}: Stash " in log for number in hit)
    box.stash.faults.clear()
    box.operation("all")
    assert box.differences() == {}


def test_a_scene_that_stash_cannot_give_is_not_taken_for_deleted(box: Box) -> None:
    box.operation("all")
    hit, _ = of(box, (0,))
    break_(box, hit, "errors")
    assert box.operation("reconcile_all")["enqueued"] == 0


def test_a_stash_that_gives_no_scene_fails_the_run(box: Box) -> None:
    break_(box, list(box.paths), "errors")
    with pytest.raises(StashError, match="Stash could not answer"):
        box.operation("reconcile_all")


@pytest.mark.parametrize("action", ACTIONS)
def test_a_queue_of_one_bad_scene_goes_on(box: Box, action: str) -> None:
    """Other scenes are asked for: Stash gives them, so it is not the server."""
    box.operation("all")
    hit, (other, *_) = of(box, (0,))
    break_(box, hit, action)
    box.stash.update_scene(hit[0], title="New")
    found = box.operation("process_queue")
    assert found["paused"] is None and found["retried"]
    box.stash.update_scene(other, title="New as well")
    box.operation("process_queue")
    assert box.differences([other]) == {}

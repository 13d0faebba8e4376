"""Undo as a person presses it: 500 scenes go back to the letter, and stay so until they are resumed."""

from __future__ import annotations

from typing import Any

import pytest

from devserver.box import Box
from devserver.stash.client import StashError
from tests.support.box_output import lines, terminal
from tests.support.jobs import fill

pytestmark = pytest.mark.uncovered

VOLATILE = ("updatedAt", "thumb", "posters")


def everything(box: Box) -> dict[int, dict[str, Any]]:
    """All of Plex that a person could see, by rating key."""
    items = box.plex.state()["items"]
    return {
        int(key): {k: v for k, v in item.items() if k not in VOLATILE}
        for key, item in items.items()
    }


def test_an_undo_of_500_scenes_leaves_a_person_s_edits(box: Box) -> None:
    cover = b"\xff\xd8\xff" + b"c" * 50
    fill(box, 480, tags=["Rain"], studio="Acme", performers=["Jane"], rating100=70)
    fill_more(box, 20, cover)
    before = everything(box)
    box.task("Sync All Scenes to Plex", timeout=300)
    assert box.differences() == {}
    edited = sorted(before)[:10] + sorted(before)[-10:]
    for key in edited:
        box.plex.edit_as_person(key, title=f"By hand {key}")
    found = box.task("Undo Last Run", timeout=300).output
    after = everything(box)
    assert [key for key in before if after[key] != before[key]] == edited
    for key in edited:
        kept = after[key] | {"title": before[key]["title"], "titleSort": before[key]["titleSort"]}
        assert kept | {"locks": []} == before[key] | {"locks": []}
        assert after[key]["title"] == f"By hand {key}"
    assert found["left"] == {"changed since": 20} and found["held"] == 500
    assert box.plex.overlapping_writes == 0


def fill_more(box: Box, count: int, cover: bytes) -> None:
    for number in range(count):
        box.add(f"more {number}.mp4", title=f"More {number}", cover=cover)


def test_an_undone_scene_stays_until_it_is_resumed(
    box: Box,
) -> None:
    scenes = fill(box, 3)
    before = everything(box)
    box.operation("all")
    box.operation("undo")
    box.stash.update_scene(scenes[0], title="new")
    box.settle()
    found = box.operation("reconcile_all")
    assert everything(box) == before
    assert (found["total_gaps"], found["held"]) == (0, 3)
    assert box.operation("resume", scene=scenes[0])["resumed"] == [scenes[0]]
    assert sorted(box.differences()) == scenes[1:]
    box.operation("resume")
    assert box.differences() == {}


def test_a_scene_can_be_held_before_anything_was_written(box: Box) -> None:
    scenes = fill(box, 2)
    box.operation("hold", scene=scenes[0])
    box.operation("all")
    assert sorted(box.differences()) == scenes[:1]
    assert box.operation("journal")["held"] == {str(scenes[0]): "by you"}


def test_the_journal_tells_who_wrote_what_and_what_it_said_before(box: Box) -> None:
    fill(box, 2)
    box.operation("all")
    (run,) = box.operation("journal")["runs"]
    assert (run["command"], run["fields"], run["items"]) == ("all", 2, 2)
    rows = box.operation("journal", run=run["run"])["rows"]
    assert [(row["field"], row["before"], row["after"]) for row in rows] == [
        ("title", "0", "Title 0"), ("title", "1", "Title 1"),
    ]  # fmt: skip
    assert any("2 fields of 2 items" in line for line in lines(box, "info"))


def test_everything_goes_back_to_before_the_very_first_touch(box: Box) -> None:
    scenes = fill(box, 3, tags=["Rain"])
    before = everything(box)
    box.operation("all")
    box.stash.bulk_update(scenes, rating100=80)
    box.settle()
    box.operation("undo", original=True)
    assert everything(box) == before
    assert box.operation("undo", original=True)["fields"] == 0


def test_one_item_one_scene_one_field(box: Box) -> None:
    one, two = fill(box, 2, tags=["Rain"])
    box.operation("all")
    assert box.operation("undo", scene=one, field="genres")["fields"] == 1
    assert box.item(one)["genres"] == [] and box.item(one)["title"] == "Title 0"
    found = box.operation("undo", item=box.item(two)["ratingKey"])
    assert found["fields"] == 2 and box.item(two)["title"] == "1"


def test_with_nothing_to_undo_it_says_so(box: Box) -> None:
    assert box.operation("undo")["fields"] == 0
    assert any("nothing to restore" in line for line in lines(box, "info"))


def test_from_a_terminal(box: Box) -> None:
    fill(box, 1)
    box.operation("all")
    address = f"http://127.0.0.1:{box.stash.port}"
    ran = terminal(box, "undo", "--stash", address, "--field", "title")
    assert ran.returncode == 0 and len(box.differences()) == 1


@pytest.mark.parametrize(
    "args",
    [
        {"run": "x"}, {"run": -1}, {"run": True}, {"item": [1]}, {"scene": 1.5}, {"field": 7},
        {"original": "perhaps"}, {"run": 2**70},
    ],
)  # fmt: skip
def test_arguments_that_make_no_sense_change_nothing(box: Box, args: dict[str, Any]) -> None:
    fill(box, 1)
    box.operation("all")
    before = everything(box)
    with pytest.raises(StashError, match="must be"):
        box.operation("undo", **args)
    assert everything(box) == before


@pytest.mark.parametrize("args", [{}, {"scenes": "1"}, {"scenes": [True]}, {"scenes": [0]}])
def test_hold_wants_scenes(box: Box, args: dict[str, Any]) -> None:
    with pytest.raises(StashError):
        box.operation("hold", **args)

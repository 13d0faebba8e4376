"""What a person decides about: the whole scene is seen, what is kept has a way out, and a question goes
when there is nothing left to ask."""

from __future__ import annotations

from typing import Any

import pytest

from devserver.box import Box
from tests.support.jobs import at_rest, fill

pytestmark = pytest.mark.uncovered

JPEG = b"\xff\xd8\xff"


def listed(box: Box) -> list[tuple[str, Any, Any]]:
    """What Open Decisions says of both sides; the page's list has the same fields."""
    found = box.operation("decide")
    fields = {name for row in box.operation("list_decisions")["rows"] for name in row["fields"]}
    assert fields == {one["field"] for one in found["open"]} and bool(fields) == bool(
        found["items"]
    )
    return [(one["field"], one["plex"], one["stash"]) for one in found["open"]]


def decide(box: Box, field: str, side: str = "stash") -> list[str]:
    return box.operation("decide", item=box.key, field=field, side=side)["fields"]


@pytest.fixture
def asked(box: Box) -> Box:
    """A scene in a group and with a studio, whose collections a person has edited."""
    box.settings_of_test = {"on_edit_in_plex": "ask", "collections_from": "studio,group"}
    box.configure(**box.settings_of_test)
    box.scene = box.add("a.mp4", title="T", studio="Acme", groups=[("Saga", 1)])
    box.operation("all")
    box.key = box.item(box.scene)["ratingKey"]
    box.plex.edit_as_person(box.key, remove_collections=["Saga", "Acme"], add_collections=["Mine"])
    return box


def test_a_decision_sees_all_that_the_settings_ask_of_a_scene(asked: Box) -> None:
    asked.operation("reconcile_all")
    assert listed(asked) == [("collections", ["Mine"], ["Acme", "Saga"])]
    assert decide(asked, "collections") == ["collections"]
    assert sorted(asked.item(asked.scene)["collections"]) == ["Acme", "Saga"], (
        "exactly Stash's list"
    )
    assert listed(asked) == [] and at_rest(asked)


def test_what_was_decided_for_stash_can_be_undone(asked: Box) -> None:
    asked.operation("reconcile_all")
    decide(asked, "collections")
    asked.operation("undo")
    assert asked.item(asked.scene)["collections"] == ["Mine"]


def take_back(box: Box) -> None:
    box.plex.edit_as_person(box.key, collections=["Acme", "Saga"])


def another_policy(box: Box) -> None:
    box.configure(collections_from="studio,group", on_edit_in_plex="plex")


def field_left_out(box: Box) -> None:
    box.configure(**box.settings_of_test, sync_fields="title")


def scene_left_out(box: Box) -> None:
    box.configure(**box.settings_of_test, only_organized=True)


@pytest.mark.parametrize("change", [take_back, another_policy, field_left_out, scene_left_out])
@pytest.mark.parametrize("way", ["reconcile_all", "all", "decide"])
def test_a_question_goes_when_there_is_nothing_left_to_ask(
    asked: Box, change: Any, way: str
) -> None:
    asked.operation("reconcile_all")
    assert len(listed(asked)) == 1
    change(asked)
    asked.operation(way)
    assert asked.operation("list_decisions")["rows"] == []
    assert asked.operation("decide") == {"items": 0, "open": []}
    asked.plex.clear_requests()
    assert asked.operation("reconcile_all")["enqueued"] == 0


# -- what is kept has a way out


LOCKED: dict[str, tuple[dict[str, Any], str, Any]] = {
    "title": ({"title": "Mine"}, "title", "T"),
    "studio": ({"studio": "Mine"}, "studio", "Acme"),
    "genres": ({"genres": ["mine"]}, "genres", ["Rain"]),
    "rating": ({"userRating": 3.0}, "userRating", 8.0),
}


@pytest.fixture
def locked(box: Box) -> Box:
    """A scene whose item a person had locked before we touched it."""
    box.configure(on_edit_in_plex="plex")
    box.scene = box.add("a.mp4", title="T", studio="Acme", tags=["Rain"], rating100=80)
    box.stash.set_cover(box.scene, JPEG + b"ours" * 20)
    box.key = box.item(box.scene)["ratingKey"]
    for edit, _, _ in LOCKED.values():
        box.plex.edit_as_person(box.key, **edit)
    box.plex.edit_as_person(box.key, poster=JPEG + b"mine" * 20)
    box.operation("all")
    return box


def plan(box: Box) -> dict[str, dict[str, Any]]:
    (item,) = box.operation("explain", scene=box.scene)["items"]
    return {one["field"]: one for one in item["plan"]}


@pytest.mark.parametrize("field", LOCKED)
def test_what_a_person_locked_is_kept_and_can_be_taken_over(locked: Box, field: str) -> None:
    edit, name, said = LOCKED[field]
    assert locked.item(locked.scene)[name] == next(iter(edit.values()))
    assert plan(locked)[field]["kept"] and plan(locked)[field]["why"] == "locked"
    assert decide(locked, field) == [field]
    assert locked.item(locked.scene)[name] == said and not plan(locked)[field]["kept"]
    assert at_rest(locked)


def test_a_locked_poster_can_be_taken_over(locked: Box) -> None:
    mine = locked.item(locked.scene)["poster"]
    assert plan(locked)["poster"]["kept"]
    assert decide(locked, "poster") == ["poster"]
    assert locked.item(locked.scene)["poster"] != mine and "poster" not in plan(locked)
    assert at_rest(locked)


def test_all_that_is_kept_can_be_taken_over_at_once(locked: Box) -> None:
    assert sorted(decide(locked, "all")) == sorted([*LOCKED, "poster"])
    found = locked.item(locked.scene)
    assert {name: found[name] for _, name, _ in LOCKED.values()} == {
        name: said for _, name, said in LOCKED.values()
    }


def test_a_rating_that_was_taken_over_follows_stash(locked: Box) -> None:
    decide(locked, "rating")
    locked.stash.update_scene(locked.scene, rating100=60)
    locked.settle()
    assert locked.item(locked.scene)["userRating"] == 6.0


@pytest.mark.parametrize("policy", ["newest", "plex", "ask"])
def test_a_rating_that_a_person_locked_stays(box: Box, policy: str) -> None:
    (scene,) = fill(box, 1, rating100=80)
    box.configure(on_edit_in_plex=policy)
    key = box.item(scene)["ratingKey"]
    box.plex.edit_as_person(key, userRating=3.0)
    assert "userRating" in box.item(scene)["locks"]
    box.operation("all")
    box.stash.update_scene(scene, rating100=90)
    box.settle()
    assert box.item(scene)["userRating"] == 3.0


def test_a_rating_of_ours_sets_no_lock_and_follows_stash(box: Box) -> None:
    (scene,) = fill(box, 1, rating100=80)
    box.operation("all")
    assert "userRating" not in box.item(scene)["locks"]
    box.stash.update_scene(scene, rating100=90)
    box.settle()
    assert box.item(scene)["userRating"] == 9.0


def conflicts(box: Box, count: int) -> list[int]:
    """Titles that were edited on both sides."""
    box.configure(on_edit_in_plex="ask")
    scenes = fill(box, count)
    box.operation("all")
    with box.silence():
        for scene in scenes:
            box.plex.edit_as_person(int(box.item(scene)["ratingKey"]), title=f"Theirs {scene}")
            box.stash.update_scene(scene, title=f"Ours {scene}")
    box.operation("all")
    assert box.operation("decide")["items"] == count
    return scenes


@pytest.mark.parametrize("side", ["stash", "plex"])
def test_all_that_waits_is_decided_for_one_side(box: Box, side: str) -> None:
    scenes = conflicts(box, 23)
    found = box.operation("decide", field="all", side=side)
    assert found["decided"] == 23
    word = "Ours" if side == "stash" else "Theirs"
    assert all(box.item(scene)["title"] == f"{word} {scene}" for scene in scenes)
    assert box.operation("decide")["items"] == 0 and at_rest(box)


def test_only_the_named_field_is_decided_everywhere(box: Box) -> None:
    scenes = conflicts(box, 2)
    assert box.operation("decide", field="summary", side="stash")["decided"] == 0
    assert box.operation("decide", field="title", side="stash")["decided"] == 2
    box.operation("undo")
    assert all(box.item(scene)["title"] == f"Theirs {scene}" for scene in scenes)


def test_a_held_scene_is_compared_and_has_its_link(box: Box) -> None:
    (scene,) = fill(box, 1)
    box.operation("all")
    box.operation("hold", scene=scene)
    with box.silence():
        box.stash.update_scene(scene, title="Anew")
    found = box.operation("explain", scene=scene)
    (item,) = found["items"]
    (title,) = [row for row in item["plan"] if row["field"] == "title"]
    assert (title["stash"], title["why"]) == ("Anew", "write") and "/web/" in item["link"]
    assert found["held"] and found["state"] == "held"
    assert box.item(scene)["title"] != "Anew"

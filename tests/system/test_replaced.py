"""A rating key, or a scene's number, that stands for another file: what is remembered under it is history."""

from __future__ import annotations

from typing import Any

import pytest

from devserver.box import Box

pytestmark = pytest.mark.uncovered


@pytest.fixture
def synced(box: Box) -> Box:
    """Four scenes in sync; two of them say the same in details and tags."""
    same: dict[str, Any] = {"details": "Shared words.", "tags": ["Rain", "Sun"]}
    for number in range(4):
        more = same if number < 2 else {"details": f"Words {number}.", "tags": ["Snow"]}
        box.add(f"{number}.mp4", title=f"T{number}", studio="Acme", rating100=60 + number, **more)
    box.operation("all")
    assert box.differences() == {}
    return box


def agent_fills(box: Box) -> None:
    """An agent says something of every item."""
    for item in list(box.plex.library.items.values()):
        box.plex.agent_says(item.rk, summary=f"Agent on {item.files[0]}")
        box.plex.agent_refresh(item.rk)


def texts(box: Box) -> dict[str, tuple[str, str]]:
    return {path: tuple(box.plex.item_by_file(path)[n] for n in ("title", "summary")) for path in box.paths.values()}  # fmt: skip


@pytest.mark.parametrize("mode", ["all", "reconcile_all"])
@pytest.mark.parametrize("keys", ["shifted", "same"])
def test_a_plex_begun_anew_is_filled_again(synced: Box, keys: str, mode: str) -> None:
    synced.plex.begin_anew(keys)
    if keys == "shifted":
        agent_fills(synced)
    synced.operation(mode)
    assert synced.differences() == {}
    synced.plex.clear_requests()
    synced.operation(mode)
    assert synced.plex.writes() == [], "a second sync writes nothing"


def test_a_title_typed_into_a_new_item_is_the_only_edit(synced: Box) -> None:
    synced.configure(on_edit_in_plex="plex")
    synced.plex.begin_anew("same")
    agent_fills(synced)
    scene = next(iter(synced.paths))
    synced.plex.edit_as_person(synced.item(scene)["ratingKey"], title="A person's.")
    synced.operation("all")
    assert {n: [*d] for n, d in synced.differences().items()} == {scene: ["title"]}
    assert synced.item(scene)["title"] == "A person's."


def test_an_undo_to_the_original_leaves_items_with_other_files_alone(synced: Box) -> None:
    synced.plex.begin_anew("shifted")
    agent_fills(synced)
    before = texts(synced)
    synced.plex.clear_requests()
    found = synced.operation("undo", original=True)
    assert found["fields"] == 0 and set(found["left"]) == {"the item has another file now"}
    assert texts(synced) == before and synced.plex.writes() == []


def test_a_scene_that_leaves_restores_nothing_on_another_file(synced: Box) -> None:
    synced.plex.begin_anew("shifted")
    agent_fills(synced)
    before = texts(synced)
    synced.configure(on_leave="restore", include_tags="No such tag")
    synced.operation("sync", scenes=list(synced.paths))
    assert texts(synced) == before


def test_a_file_that_was_renamed_keeps_what_is_remembered(synced: Box) -> None:
    scene = next(iter(synced.paths))
    key = synced.item(scene)["ratingKey"]
    synced.plex.edit_as_person(key, summary="A person's.")
    item = synced.plex.library.item(key)
    item.parts[0].file = synced.paths[scene] = "/media/moved/0.mp4"
    synced.stash.library.store.files[scene].path = "/data/moved/0.mp4"
    synced.plex.library.changed(item)
    synced.operation("reconcile_all")
    assert synced.item(scene)["summary"] == "A person's."
    assert synced.operation("undo", item=int(key), original=True)["left"] == {"changed since": 1}
    assert synced.item(scene)["title"] == "0"


def test_an_item_that_a_person_unmatched_gets_its_title_back(synced: Box) -> None:
    scene = next(iter(synced.paths))
    synced.plex.unmatch_as_person(synced.item(scene)["ratingKey"])
    synced.operation("reconcile_all")
    assert synced.differences() == {}


def test_a_hold_does_not_move_to_another_scene(synced: Box) -> None:
    held = next(iter(synced.paths))
    path = synced.paths[held]
    synced.operation("hold", scene=held)
    synced.replace_stash_database()
    for number in synced.paths:
        synced.stash.update_scene(number, title=f"New {number}")
    synced.settle()
    synced.operation("process_queue")
    assert [n for n in synced.paths if n in synced.differences()] == []
    assert synced.paths[held] != path
    assert synced.operation("list_held")["rows"] == []
    said = "has another file than the held scene with the same id had"
    assert any(said in line.text for line in synced.stash.logs if line.level == "warning")


def test_a_scene_is_not_told_what_was_written_for_another(synced: Box) -> None:
    scene = next(iter(synced.paths))
    assert synced.operation("explain", scene=scene)["writes"]
    synced.replace_stash_database()
    assert synced.operation("explain", scene=scene)["writes"] == []


def test_a_hold_of_a_missing_scene_can_be_released(synced: Box) -> None:
    held = next(iter(synced.paths))
    synced.operation("hold", scene=held)
    synced.replace_stash_database()
    synced.operation("reconcile_all")
    synced.operation("resume")
    for _ in range(len(synced.paths) - 1):
        synced.replace_stash_database()
    synced.operation("reconcile_all")
    assert synced.operation("list_held")["rows"] == []


def test_a_hold_is_in_force_again_when_the_old_database_is_back(synced: Box) -> None:
    held = next(iter(synced.paths))
    synced.operation("hold", scene=held)
    for _ in synced.paths:  # each rotates by one
        synced.replace_stash_database()
        synced.operation("reconcile_all")
    assert [row["scene"] for row in synced.operation("list_held")["rows"]] == [held]
    synced.stash.update_scene(held, title="Not now")
    synced.settle()
    assert set(synced.differences()) == {held}


def test_an_undo_of_a_scene_spares_the_file_that_had_its_number(synced: Box) -> None:
    scene = next(iter(synced.paths))
    synced.replace_stash_database()
    before = texts(synced)
    found = synced.operation("undo", scene=scene)
    assert found["fields"] == 0 and list(found["left"]) == [
        "written for another file, which had the id of this scene then"
    ]
    assert texts(synced) == before


def test_an_unwritten_scene_does_not_leave_under_another_id(
    synced: Box,
) -> None:
    synced.add("out.mp4", title="Out", tags=["Out"])
    synced.configure(on_leave="restore", exclude_tags="Out")
    synced.operation("all")
    synced.replace_stash_database()
    found = synced.operation("reconcile_all")
    assert (found["enqueued"], found["losing"]) == (0, 0)

"""What is renamed, merged or destroyed in Stash reaches every scene that shows it, and no other."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import pytest

from devserver.box import Box
from devserver.stash import StashServer
from sync_queue import inbox
from tests.support.sizes import size

pytestmark = pytest.mark.uncovered

SETTINGS = {
    "collections_from": "studio, parent_studio, group, performer",
    "collection_tags": "Coll*",
    "label_tags": "Lab*",
    "performer_tags": True,
    "title_template": "{performers} - {title}",
}


class Case(NamedTuple):
    """What happens in Stash; whether a hook tells of it; what Plex says of a field afterwards."""

    happens: Callable[[StashServer], None]
    field: str
    after: Any
    told: bool = True


def renamed(kind: str, old: str, new: str) -> Callable[[StashServer], None]:
    return lambda stash: stash.rename(kind, named(stash, kind, old), new)


def destroyed(kind: str, name: str) -> Callable[[StashServer], None]:
    return lambda stash: stash.destroy(kind, named(stash, kind, name))


def merged(source: str, target: str) -> Callable[[StashServer], None]:
    return lambda stash: stash.merge_tags(
        [named(stash, "tag", source)], named(stash, "tag", target)
    )


def performers_merged(stash: StashServer) -> None:
    jane, joe = (named(stash, "performer", name) for name in ("Jane", "Joe"))
    stash.merge_performers([joe], jane)


def moved_below(stash: StashServer) -> None:
    above = named(stash, "studio", "Other")
    stash.update("studio", named(stash, "studio", "Acme"), parent_id=str(above))


def tagged(stash: StashServer) -> None:
    tags = [str(named(stash, "tag", "Fog"))]
    stash.update("performer", named(stash, "performer", "Jane"), tag_ids=tags)


def named(stash: StashServer, kind: str, name: str) -> int:
    return stash.library.store.id_of(kind, name)


COLLECTIONS = {"Acme", "Above", "G", "Jane", "Joe", "Coll1"}
GENRES = {"Coll1", "Lab1", "Rain", "Of Jane"}
CASES = {
    "performer renamed": Case(renamed("performer", "Jane", "Ann"), "actors", {"Ann", "Joe"}),
    "performer destroyed": Case(destroyed("performer", "Joe"), "actors", {"Jane"}),
    "performers merged": Case(performers_merged, "actors", {"Jane"}, told=False),
    "performer tagged": Case(tagged, "genres", GENRES - {"Of Jane"} | {"Fog"}),
    "studio renamed": Case(renamed("studio", "Acme", "New"), "studio", "New"),
    "studio destroyed": Case(destroyed("studio", "Acme"), "studio", None),
    "studio above renamed": Case(
        renamed("studio", "Above", "New"), "collections", COLLECTIONS - {"Above"} | {"New"}
    ),
    "studio above destroyed": Case(
        destroyed("studio", "Above"), "collections", COLLECTIONS - {"Above"}
    ),
    "studio moved": Case(moved_below, "collections", COLLECTIONS - {"Above"} | {"Other"}),
    "group renamed": Case(renamed("group", "G", "H"), "collections", COLLECTIONS - {"G"} | {"H"}),
    "group destroyed": Case(destroyed("group", "G"), "collections", COLLECTIONS - {"G"}),
    "tag renamed": Case(renamed("tag", "Rain", "Sun"), "genres", GENRES - {"Rain"} | {"Sun"}),
    "tag destroyed": Case(destroyed("tag", "Rain"), "genres", GENRES - {"Rain"}),
    "tags merged": Case(merged("Rain", "Fog"), "genres", GENRES - {"Rain"} | {"Fog"}),
    "tag of a label renamed": Case(renamed("tag", "Lab1", "Lab2"), "labels", {"Lab2"}),
    "tag of a label renamed to none": Case(renamed("tag", "Lab1", "x"), "labels", set()),
    "tag of a label destroyed": Case(destroyed("tag", "Lab1"), "labels", set()),
    "tags of labels merged": Case(merged("Lab1", "Fog"), "labels", set()),
    "tag of a collection renamed": Case(
        renamed("tag", "Coll1", "Coll2"), "collections", COLLECTIONS - {"Coll1"} | {"Coll2"}
    ),
    "tag that becomes a collection": Case(
        renamed("tag", "Rain", "Coll2"), "collections", COLLECTIONS | {"Coll2"}
    ),
    "tag of a performer renamed": Case(
        renamed("tag", "Of Jane", "Hers"), "genres", GENRES - {"Of Jane"} | {"Hers"}
    ),
    "tag of a performer destroyed": Case(
        destroyed("tag", "Of Jane"), "genres", GENRES - {"Of Jane"}
    ),
    "tag of a performer merged": Case(
        merged("Of Jane", "Fog"), "genres", GENRES - {"Of Jane"} | {"Fog"}
    ),
}


@pytest.fixture
def box(make_box: Callable[..., Box]) -> Box:
    return filled(make_box(), SETTINGS)


def filled(box: Box, settings: dict[str, Any]) -> Box:
    """Two scenes that show everything, and one that shows nothing of it; all synced."""
    box.configure(**settings)
    for n in range(2):
        box.add(
            f"{n}.mp4", title=f"T{n}", performers=["Jane", "Joe"], studio="Acme", groups=["G"],
            tags=["Rain", "Coll1", "Lab1"],
        )  # fmt: skip
    box.add("other.mp4", title="Other", performers=["Jill"], studio="Other", tags=["Fog"])
    rows, above = box.stash.library.store.named, named(box.stash, "studio", "Above")
    rows["studio"][named(box.stash, "studio", "Acme")].parent = above
    jane = rows["performer"][named(box.stash, "performer", "Jane")]
    jane.tags = (named(box.stash, "tag", "Of Jane"),)
    box.operation("all")
    assert box.differences() == {}
    box.stash.hold_jobs()
    box.plex.clear_requests()
    return box


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_what_happens_to_a_name_shows_on_all_its_scenes(box: Box, case: Case) -> None:
    first, second, other = box.paths
    case.happens(box.stash)
    assert box.plex.requests == [], "a hook asks nothing of Plex"
    assert (inbox.flags(str(box.data_dir)) != []) == case.told
    box.operation("process_queue" if case.told else "reconcile_all")
    for scene in (first, second):
        found = box.item(scene)[case.field]
        assert (set(found) if isinstance(found, list) else found) == case.after
    assert box.differences() == {}
    touched = {one.get("id") for one in box.plex.writes()}
    assert str(box.item(other)["ratingKey"]) not in touched
    box.plex.clear_requests()
    box.operation("all")
    assert box.plex.writes() == []


@pytest.mark.parametrize("end", ["destroyed", "merged"])
def test_a_tag_merged_into_a_deleted_tag_leaves_its_scenes(box: Box, end: str) -> None:
    """All within one drain: nobody but the first event has named the tag that Plex shows."""
    merged("Rain", "Mist")(box.stash)
    destroyed("tag", "Mist")(box.stash) if end == "destroyed" else merged("Mist", "Fog")(box.stash)
    box.operation("process_queue")
    after = GENRES - {"Rain"} | ({"Fog"} if end == "merged" else set())
    assert [set(box.item(scene)["genres"]) for scene in (1, 2)] == [after] * 2
    assert box.differences() == {}


def test_the_same_name_ten_times_over_is_each_scene_once(box: Box) -> None:
    jane = named(box.stash, "performer", "Jane")
    for n in range(10):
        box.stash.rename("performer", jane, f"Jane {n}")
    box.stash.rename("studio", named(box.stash, "studio", "Acme"), "New")
    assert sorted(inbox.flags(str(box.data_dir))) == [("performer", jane), ("studio", 1)]
    found = box.operation("process_queue")
    assert found["written"] == 2 and box.differences() == {}


# Settings with which the scenes are synced; those that follow; what happens then.
UNSEEN: dict[str, tuple[dict[str, Any], dict[str, Any], Callable[[StashServer], None]]] = {
    "a tag that becomes a genre": (
        {"genre_ignore": "Ra*"}, {"genre_ignore": "Ra*"}, renamed("tag", "Rain", "Sun")
    ),
    "a tag of a performer that becomes a genre": (
        {}, {"performer_tags": True}, renamed("tag", "Of Jane", "Hers")
    ),
    "the studio above": ({}, {"collections_from": "parent_studio"}, renamed("studio", "Above", "N")),
}  # fmt: skip


@pytest.mark.parametrize(("settings", "later", "happens"), UNSEEN.values(), ids=UNSEEN.keys())
def test_what_was_not_written_so_far_is_found_in_stash(
    make_box: Callable[..., Box], settings: dict[str, Any], later: dict[str, Any],
    happens: Callable[[StashServer], None],
) -> None:  # fmt: skip
    box = filled(make_box(), settings)
    box.configure(**later)
    box.operation("process_queue")
    happens(box.stash)
    assert box.operation("process_queue")["written"] == 2
    box.operation("all")  # the third scene as the new settings have it
    assert box.differences() == {}


def test_a_performer_on_300_scenes_is_renamed_by_one_drain(make_box: Callable[..., Box]) -> None:
    box, count = make_box(), size(60, 300)
    scenes = [
        box.add(f"{n}.mp4", title=f"T{n}", performers=["Jane", f"P{n % 7}"]) for n in range(count)
    ]
    others = [box.add(f"o{n}.mp4", title="O", performers=["Joe"]) for n in range(5)]
    box.operation("all")
    box.stash.hold_jobs()
    box.plex.clear_requests()
    asked = len(box.stash.requests)
    box.stash.rename("performer", box.stash.performer_id("Jane"), "Jane Doe")
    said = [one.fields for one in box.stash.requests[asked:]]
    assert box.plex.requests == []
    assert [fields for fields in said if "performerUpdate" not in fields] == [("runPluginTask",)]
    assert box.operation("process_queue")["written"] == count
    for scene in scenes:
        assert {"Jane Doe", "Jane"} & set(box.item(scene)["actors"]) == {"Jane Doe"}
    assert box.differences() == {}
    writes = box.plex.writes()
    print(f"\na performer on {count} scenes is renamed: {len(writes)} writes, at most {count}")
    assert len(writes) <= count and box.plex.overlapping_writes == 0
    keys = {str(box.item(n)["ratingKey"]) for n in others}
    assert keys.isdisjoint(one.get("id") for one in writes)

"""Scenes as Stash's GraphQL rows tell them."""

from __future__ import annotations

import pytest

from stash import scene
from stash.scene import File, Group, Performer, Ref, Studio

ROW = {
    "id": "7", "title": "T", "code": "C-1", "organized": True, "details": "D\nE", "date": "2024-05", "rating100": 80,
    "director": "Ann", "updated_at": "2024-05-06T07:08:09+02:00",
    "files": [{"path": "/d/a.mp4", "size": 5}, {"path": "/d/b.mp4", "size": None}],
    "paths": {"screenshot": "http://stash:9999/sub/scene/7/screenshot?t=1715000000"},
    "studio": {"id": "3", "name": "S"},
    "performers": [{"id": "4", "name": "P"}],
    "tags": [{"id": "5", "name": "t,2"}, {"id": "6", "name": "x"}],
}  # fmt: skip
MORE = ROW | {
    "studio": {"id": "3", "name": "S", "parent_studio": {"id": "8", "name": "Above"}},
    "performers": [
        {
            "id": "4",
            "name": "P",
            "image_path": "http://stash/sub/performer/4/image?t=1",
            "tags": [{"id": "5", "name": "t,2"}],
        },
        {
            "id": "9",
            "name": "Q",
            "image_path": "http://stash/performer/9/image?t=1&default=true",
            "tags": [],
        },
    ],
    "groups": [
        {"scene_index": 2, "group": {"id": "1", "name": "G"}},
        {"scene_index": None, "group": {"id": "2", "name": "H"}},
    ],
    "stash_ids": [{"stash_id": "ab"}],
}
EMPTY = dict.fromkeys(ROW) | {"id": "7"}


def test_a_row_as_a_scene():
    found = scene.from_row(ROW)
    assert (found.id, found.title, found.details, found.date) == (7, "T", "D\nE", "2024-05")
    assert found.files == (File("/d/a.mp4", 5), File("/d/b.mp4", 0))
    assert (found.has_cover, found.cover_version) == (True, "1715000000")
    assert (found.studio, found.code, found.organized) == (Studio(3, "S"), "C-1", True)
    assert found.refs() == [("performer", 4), ("tag", 5), ("tag", 6), ("studio", 3)]


def test_a_row_with_all_that_can_be_asked_for():
    found = scene.from_row(MORE, scene.EXTRAS)
    assert found.studio == Studio(3, "S", Ref(8, "Above"))
    photo = Performer(4, "P", "/performer/4/image", (Ref(5, "t,2"),))
    assert found.performers == (photo, Performer(9, "Q"))
    assert found.groups == (Group(1, "G", 2), Group(2, "H"))
    assert found.has_stash_id
    assert set(found.refs()) == {
        ("performer", 4), ("performer", 9), ("tag", 5), ("tag", 6), ("group", 1), ("group", 2),
        ("studio", 3), ("studio", 8),
    }  # fmt: skip


def test_a_row_of_nulls_is_an_empty_scene():
    found = scene.from_row(EMPTY)
    assert found == scene.Scene(7)
    assert found.refs() == []


@pytest.mark.parametrize(
    "row",
    [
        {}, None, "x", 5, [ROW], {"id": "x"}, {"id": "0"}, {"id": "-5"}, {"id": True}, {"id": 1.5},
        {"id": "9" * 19}, {"id": str(2**63)}, {"id": "9" * 5000}, {"id": [7]}, {"id": "٣"},
        ROW | {"title": 5}, ROW | {"title": ["T"]}, ROW | {"details": {}}, ROW | {"date": 2024},
        ROW | {"rating100": "80"}, ROW | {"rating100": float("nan")}, ROW | {"rating100": True},
        ROW | {"files": [{}]}, ROW | {"files": 5}, ROW | {"files": "x"}, ROW | {"files": [None]},
        ROW | {"files": [{"path": None}]}, ROW | {"paths": "x"},
        ROW | {"paths": {"screenshot": 5}},
        ROW | {"studio": "S"}, ROW | {"studio": {"id": "1"}}, ROW | {"performers": {"id": "1"}},
        ROW | {"tags": [{"id": "1"}]}, ROW | {"tags": [{"id": None, "name": "x"}]},
        ROW | {"tags": [{"id": "1", "name": 5}]}, ROW | {"updated_at": 5},
        ROW | {"code": 5}, ROW | {"organized": "yes"}, ROW | {"organized": 1},
    ],
)  # fmt: skip
def test_what_is_no_scene_is_refused(row):
    with pytest.raises(ValueError):
        scene.from_row(row)


@pytest.mark.parametrize("name", sorted(ROW))
def test_a_row_without_something_that_was_asked_for_is_refused(name):
    """Null means none; a name that is not there means that the answer is not the one."""
    with pytest.raises(ValueError):
        scene.from_row({key: value for key, value in ROW.items() if key != name})


@pytest.mark.parametrize(
    "odd",
    [
        {"groups": [{"scene_index": "2", "group": {"id": "1", "name": "G"}}]},
        {"groups": [{"group": {"id": "1", "name": "G"}}]},
        {"groups": [{"scene_index": 2, "group": None}]},
        {"groups": 5},
        {"stash_ids": [{}]},
        {"stash_ids": [{"stash_id": 5}]},
        {"studio": {"id": "1", "name": "S"}},
        {"studio": {"id": "1", "name": "S", "parent_studio": {"id": "2"}}},
        {"performers": [{"id": "1", "name": "P", "tags": []}]},
        {"performers": [{"id": "1", "name": "P", "image_path": 5, "tags": []}]},
        {"performers": [{"id": "1", "name": "P", "image_path": ""}]},
    ],
)
def test_of_what_was_asked_for_besides_nothing_may_be_missing_or_odd(odd):
    with pytest.raises(ValueError):
        scene.from_row(MORE | odd, scene.EXTRAS)
    assert scene.from_row(MORE | {"groups": None, "stash_ids": None}, scene.EXTRAS).groups == ()


def test_half_a_character_cannot_be_kept_anywhere_and_is_replaced():
    odd = {
        "title": "a\ud800",
        "files": [{"path": "/d/\udfff.mp4"}],
        "studio": {"id": "1", "name": "\ud800"},
    }
    found = scene.from_row(ROW | odd)
    assert (found.title, found.files[0].path, found.studio) == ("a?", "/d/?.mp4", Studio(1, "?"))


@pytest.mark.parametrize(
    ("row", "label"),
    [
        (ROW, "scene 7 “T”"),
        (ROW | {"title": ""}, "scene 7 “a.mp4”"),
        (ROW | {"title": "", "files": [{"path": "C:\\v\\b.mp4"}]}, "scene 7 “b.mp4”"),
        (EMPTY, "scene 7"),
    ],
)
def test_how_a_log_line_names_it(row, label):
    assert scene.from_row(row).label() == label


def words(query):
    return set(query.replace("{", " ").replace("}", " ").split()) - {"fragment", "S", "on", "Scene"}


def test_the_query_asks_for_what_is_read_and_no_more():
    assert words(scene.fragment()) == {*ROW, "path", "size", "screenshot", "name"}


@pytest.mark.parametrize(
    ("extra", "asked"),
    [
        (scene.GROUPS, {"groups", "scene_index", "group"}),
        (scene.STASH_IDS, {"stash_ids", "stash_id"}),
        (scene.PARENTS, {"parent_studio"}),
        (scene.PHOTOS, {"image_path"}),
        (scene.PERFORMER_TAGS, set()),
    ],
)
def test_what_is_costly_is_asked_for_only_when_it_is_needed(extra, asked):
    assert words(scene.fragment({extra})) - words(scene.fragment()) == asked
    assert len(scene.fragment({extra})) > len(scene.fragment())

"""Scenes as Stash's GraphQL rows tell them."""

from __future__ import annotations

import pytest

from stash import scene
from stash.scene import File, Ref

ROW = {
    "id": "7", "title": "T", "details": "D\nE", "date": "2024-05", "rating100": 80,
    "director": "Ann", "updated_at": "2024-05-06T07:08:09+02:00",
    "files": [{"path": "/d/a.mp4", "size": 5}, {"path": "/d/b.mp4", "size": None}],
    "paths": {"screenshot": "http://stash:9999/sub/scene/7/screenshot?t=1715000000"},
    "studio": {"id": "3", "name": "S"},
    "performers": [{"id": "4", "name": "P"}],
    "tags": [{"id": "5", "name": "t,2"}, {"id": "6", "name": "x"}],
}  # fmt: skip
EMPTY = dict.fromkeys(ROW) | {"id": "7"}


def test_a_row_as_a_scene():
    found = scene.from_row(ROW)
    assert (found.id, found.title, found.details, found.date) == (7, "T", "D\nE", "2024-05")
    assert found.files == (File("/d/a.mp4", 5), File("/d/b.mp4", 0))
    assert (found.cover_path, found.cover_version) == ("/sub/scene/7/screenshot", "1715000000")
    assert found.studio == Ref(3, "S")
    assert found.refs() == [("performer", 4), ("tag", 5), ("tag", 6), ("studio", 3)]


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
        ROW | {"paths": {"screenshot": 5}}, ROW | {"paths": {"screenshot": "http://[::1"}},
        ROW | {"studio": "S"}, ROW | {"studio": {"id": "1"}}, ROW | {"performers": {"id": "1"}},
        ROW | {"tags": [{"id": "1"}]}, ROW | {"tags": [{"id": None, "name": "x"}]},
        ROW | {"tags": [{"id": "1", "name": 5}]}, ROW | {"updated_at": 5},
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


def test_half_a_character_cannot_be_kept_anywhere_and_is_replaced():
    odd = {
        "title": "a\ud800",
        "files": [{"path": "/d/\udfff.mp4"}],
        "studio": {"id": "1", "name": "\ud800"},
    }
    found = scene.from_row(ROW | odd)
    assert (found.title, found.files[0].path, found.studio) == ("a?", "/d/?.mp4", Ref(1, "?"))


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


def test_the_query_asks_for_what_is_read_and_no_more():
    asked = set(scene.FRAGMENT.replace("{", " ").replace("}", " ").split())
    assert asked - {"fragment", "S", "on", "Scene"} == {*ROW, "path", "size", "screenshot", "name"}

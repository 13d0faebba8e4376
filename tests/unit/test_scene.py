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
    "row", [{}, {"id": "x"}, ROW | {"tags": [{"id": "1"}]}, ROW | {"files": [{}]}]
)
def test_what_is_no_scene_is_refused(row):
    with pytest.raises((KeyError, ValueError)):
        scene.from_row(row)


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

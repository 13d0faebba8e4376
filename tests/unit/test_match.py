"""Whether an item has a file of a scene."""

from __future__ import annotations

import pytest

from plex.fields.item import Item
from plex.library import match
from plex.path_map import paths
from stash.scene import File, Scene

ITEM = Item(101, 1, ("/m/a.mp4", "/m/b.mp4"), {"title": "a"})


def scene(number, *files):
    return Scene(number, files=tuple(File(path, 1) for path in files))


@pytest.mark.parametrize(
    ("files", "held"),
    [(["/d/x", "/d/b.mp4"], True), (["/d/A.mp4"], False), (["/m/a.mp4"], True), ([], False)],
)
def test_any_file_of_the_scene_may_be_any_file_of_the_item(files, held):
    assert match.holds(ITEM, scene(1, *files), [("/d", "/m")]) is held


@pytest.mark.parametrize(
    ("sizes", "held"), [((1, 2), True), ((0, 2), True), ((2, 1), False), ((), True)]
)
def test_where_nobody_set_the_path_map_the_size_has_to_fit(sizes, held):
    item = Item(101, 1, ("/m/a.mp4", "/m/b.mp4"), {}, sizes=sizes)
    one = scene(1, "/d/a.mp4")
    assert match.holds(item, one, paths.Inferred([("/d", "/m")])) is held
    assert match.holds(item, one, [("/d", "/m")])

"""Which scene an item shows when several have files there."""

from __future__ import annotations

import pytest

from plex import match, paths
from plex.item import Item
from stash.scene import File, Scene

ITEM = Item(101, 1, ("/m/a.mp4", "/m/b.mp4"), {"title": "a"})


def scene(number, *files):
    return Scene(number, files=tuple(File(path, 1) for path in files))


@pytest.mark.parametrize(
    ("claimants", "written_for", "still_there", "owner"),
    [
        pytest.param([7], {}, [], 7, id="alone"),
        pytest.param([9, 7], {}, [], 7, id="both new in one batch: the oldest"),
        pytest.param([9, 7], {101: 9}, [], 9, id="the one that has it keeps it"),
        pytest.param([7], {101: 9}, [9], 9, id="also when it is not in the batch"),
        pytest.param([7], {101: 9}, [], 7, id="unless it is gone"),
        pytest.param([7], {101: 0}, [0], 7, id="nobody has it any more"),
    ],
)
def test_the_owner_of_an_item(claimants, written_for, still_there, owner):
    pairs = [(scene(number, "/m/a.mp4"), ITEM) for number in claimants]
    found = match.owners(pairs, written_for, lambda number, item: number in still_there)
    assert found == {101: owner}


def test_the_holder_is_only_looked_up_when_somebody_else_claims_its_item():
    def nobody(number, item):
        raise AssertionError("asked")

    match.owners([(scene(9), ITEM)], {101: 9}, nobody)
    match.owners([(scene(9), ITEM)], {101: 0}, nobody)


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

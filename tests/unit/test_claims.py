"""Which scene an item shows when several have files there, and which items are a scene's own."""

from __future__ import annotations

import pytest

from plex.fields.item import Item
from plex.library.match import SHARED, SHOWN, SILENT, YIELDED, Claim, Claims, chosen, claim, fit
from stash.scene import File, Scene
from tests.support.settings import sync_settings

ITEM = Item(101, 1, ("/m/a.mp4", "/m/b.mp4"), {"title": "a"})
MAP = [("/d", "/m")]


def scene(number, *files, title="T"):
    return Scene(number, title=title, files=tuple(File(path, 1) for path in files))


def item(key, *files):
    return Item(key, 1, files, {"title": "a"})


@pytest.mark.parametrize(
    ("claimants", "holder", "still_there", "owner"),
    [
        pytest.param([7], 0, [], 7, id="alone"),
        pytest.param([9, 7], 0, [], 7, id="both new in one batch: the oldest"),
        pytest.param([9, 7], 9, [], 9, id="the one that has it keeps it"),
        pytest.param([7], 9, [9], 9, id="also when it is not in the batch"),
        pytest.param([7], 9, [], 7, id="unless it is gone"),
        pytest.param([7], 0, [0], 7, id="nobody has it any more"),
    ],
)
def test_the_owner_among_equals(claimants, holder, still_there, owner):
    def equal(number):
        return Claim(number, True, True, 0)

    def look():
        return equal(holder) if holder in still_there else None

    assert chosen([equal(number) for number in claimants], holder, look) == owner


SAYS, SILENT_7, FURTHER = (
    Claim(9, True, True, 1), Claim(7, False, True, 0), Claim(7, True, False, 0)
)  # fmt: skip


@pytest.mark.parametrize(
    ("claims", "holder", "owner"),
    [
        pytest.param([SILENT_7, SAYS], 0, 9, id="who says something"),
        pytest.param([SILENT_7, SAYS], 7, 9, id="also where the silent one has it"),
        pytest.param([FURTHER, SAYS], 0, 9, id="whose primary file it is"),
        pytest.param([FURTHER, SAYS], 7, 9, id="also where a further file has it"),
        pytest.param([SAYS, Claim(11, True, True, 0)], 0, 11, id="whose file is the first"),
        pytest.param([SAYS, Claim(11, True, True, 0)], 9, 9, id="but not of what has it"),
        pytest.param([SILENT_7, Claim(5, False, True, 1)], 0, 7, id="also among the silent"),
        pytest.param([SILENT_7, FURTHER._replace(scene_id=5)], 7, 5, id="words before places"),
    ],
)
def test_the_owner_among_unequal_ones(claims, holder, owner):
    assert chosen(claims, holder) == owner
    assert chosen(claims[::-1], holder) == owner


def test_the_holder_is_only_looked_up_when_somebody_else_claims_its_item():
    class Nobody:
        def scenes(self, ids, extras=()):
            raise AssertionError("asked")

    claims = Claims(Nobody(), sync_settings(), ())
    for holder in (9, 0):
        assert claims.owners([(scene(9), ITEM)], {101: holder}, MAP).of == {101: 9}


@pytest.mark.parametrize(
    ("files", "is_primary", "place"),
    [
        (["/d/a.mp4"], True, 0), (["/d/b.mp4"], True, 1), (["/d/x", "/d/b.mp4"], False, 1),
        (["/d/b.mp4", "/d/a.mp4"], True, 0),
    ],
)  # fmt: skip
def test_what_a_scene_claims(files, is_primary, place):
    found = claim(scene(7, *files), ITEM, MAP, sync_settings())
    assert found == Claim(7, True, is_primary, place)


@pytest.mark.parametrize(
    ("settings", "says"),
    [({}, False), ({"content_rating": "X", "labels": "Stash", "label_organized": "O"}, False)],
)
def test_what_the_settings_say_of_every_scene_no_scene_says(settings, says):
    bare = Scene(7, organized=True, files=(File("/d/a.mp4", 1),))
    assert claim(bare, ITEM, MAP, sync_settings(**settings)).says is says


@pytest.mark.parametrize(
    ("items", "sure", "unsure"),
    [
        pytest.param([item(1, "/m/a")], [1], [], id="one item"),
        pytest.param([item(1, "/m/a", "/m/b")], [1], [], id="both files in one"),
        pytest.param([item(1, "/m/b"), item(2, "/m/a")], [1, 2], [], id="an item for each"),
        pytest.param([item(1, "/m/a"), item(2, "/m/a")], [], [1, 2], id="one file in two"),
        pytest.param(
            [item(1, "/m/a"), item(2, "/m/b"), item(3, "/m/b")], [1], [2, 3], id="a further file"
        ),
        pytest.param(
            [item(1, "/m/b"), item(2, "/m/a"), item(3, "/m/a")], [], [1, 2, 3], id="the first file"
        ),
    ],
)
def test_the_items_of_a_scene(items, sure, unsure):
    one = scene(7, "/d/a", "/d/b")
    found = fit(one, items, MAP, sync_settings())
    assert ([i.rating_key for i in found.sure], [i.rating_key for i in found.unsure]) == (
        sure, unsure
    )  # fmt: skip
    assert fit(one, items, MAP, sync_settings(allow_ambiguous_match=True)).sure == items


def test_where_a_scene_stands_beside_its_items():
    class Stash:
        def scenes(self, ids, extras=()):
            return {}

    first, merged, bare = scene(5, "/d/b"), scene(7, "/d/a", "/d/b"), scene(3, "/d/b", title="")
    own, other = item(1, "/m/a"), item(2, "/m/b")
    pairs = [(merged, own), (merged, other), (first, other), (bare, other)]
    owners = Claims(Stash(), sync_settings(), ()).owners(pairs, {2: 7}, MAP)
    assert owners.of == {1: 7, 2: 5}
    assert owners.role(merged, own, [own, other]) == SHOWN
    assert owners.role(merged, other, [own, other]) == YIELDED
    assert owners.role(merged, other, [other]) == SHARED
    assert owners.role(bare, other, [other]) == SILENT

"""Fields: what Plex should say about a scene."""

from __future__ import annotations

from types import SimpleNamespace
from urllib.parse import quote

import pytest

from plex import fields
from stash.scene import Ref, Scene
from validation.values import SYNC_FIELDS

EMOJI, RTL = "👩‍👩‍👧", "שלום"


def wanted(max_tags=100, sync_fields=SYNC_FIELDS, **scene):
    choice = SimpleNamespace(sync_fields=sync_fields, max_tags=max_tags)
    return fields.wanted(Scene(id=1, **scene), choice)


def refs(*names):
    return tuple(Ref(number, name) for number, name in enumerate(names, 1))


def test_a_scene_with_nothing_to_say_says_nothing():
    assert not any(wanted().values())
    assert set(wanted()) == {field.name for field in fields.FIELDS}


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ("Title", "Title"),
        ("  Title \n second\tthird ", "Title second third"),
        ("a\x00b\x1fc\x7f", "abc"),
        (
            f"{EMOJI} {RTL} 100% & more + “q” 'x' ; , /",
            f"{EMOJI} {RTL} 100% & more + “q” 'x' ; , /",
        ),
        ("t" * 300, "t" * 254 + "…"),
        ("", ""),
    ],
)
def test_titles(typed, shown):
    assert wanted(title=typed)["title"] == shown


def test_newlines_in_a_summary_survive():
    assert wanted(details="one\r\ntwo\rthree\n\nfour\x0b")["summary"] == "one\ntwo\nthree\n\nfour"


@pytest.mark.parametrize("letter", ["a", "é", "漢", "😀", "%"])
def test_a_summary_fits_into_an_address(letter):
    summary = wanted(details="x" + letter * 12_000 + "x")["summary"]
    assert len(quote(summary, safe="")) <= fields.SUMMARY_BYTES
    assert len(summary) >= min(10_000, fields.SUMMARY_BYTES // 14)


@pytest.mark.parametrize(
    ("partial", "whole"),
    [
        ("2024-05-07", "2024-05-07"),
        ("2024-05", "2024-05-01"),
        ("2024", "2024-01-01"),
        (" 2024 ", "2024-01-01"),
        ("2024-02-29", "2024-02-29"),
        ("2023-02-29", ""),
        ("2024-13", ""),
        ("2024-00-01", ""),
        ("0000", ""),
        ("24", ""),
        ("2024-5-7", ""),
        ("2024-05-07T00:00:00Z", ""),
        ("٢٠٢٤", ""),
        ("soon", ""),
        ("", ""),
    ],
)
def test_partial_dates(partial, whole):
    assert fields.full_date(partial) == whole


@pytest.mark.parametrize(
    ("of_100", "of_10"), [(None, None), (0, None), (1, 0.1), (85, 8.5), (100, 10), (120, 10), (-5, None)]
)  # fmt: skip
def test_ratings(of_100, of_10):
    assert wanted(rating100=of_100)["rating"] == of_10


@pytest.mark.parametrize(
    ("typed", "people"),
    [
        ("", ()),
        ("Ann Lee", ("Ann Lee",)),
        ("Ann Lee, Bob Ray;Cy", ("Ann Lee", "Bob Ray", "Cy")),
        ("Ann Lee, Bob Ray, Jr., Cy", ("Ann Lee", "Bob Ray, Jr.", "Cy")),
        (" , Ann,, ann ,", ("Ann",)),
        ("Simon & Garfunkel", ("Simon & Garfunkel",)),
    ],
)
def test_directors(typed, people):
    assert wanted(director=typed)["directors"] == people


def test_names_are_clean_and_each_is_there_once():
    found = wanted(
        performers=refs("Zoe", "  Ann\nLee ", "zoe", "\x00", "e\u0301", "\u00c9", "n" * 300)
    )
    assert found["actors"] == ("Zoe", "Ann Lee", "e\u0301", "n" * 254 + "…")


def test_actors_keep_the_order_of_stash():
    assert wanted(performers=refs("B", "A", "C"))["actors"] == ("B", "A", "C")


def test_max_tags_takes_the_same_ones_whatever_the_order():
    names = ("b", "A", "ä", "C", "c, d", "Z")
    first = wanted(max_tags=3, tags=refs(*names))["genres"]
    assert first == wanted(max_tags=3, tags=refs(*reversed(names)))["genres"] == ("A", "b", "C")


def test_a_studio_is_a_collection_too():
    found = wanted(studio=Ref(1, " Studio\tA "))
    assert (found["studio"], found["collections"]) == ("Studio A", ("Studio A",))


@pytest.mark.parametrize("off", [name for name in SYNC_FIELDS if name != "poster"])
def test_a_field_that_is_switched_off_is_not_among_them(off):
    on = [name for name in SYNC_FIELDS if name != off]
    assert off not in wanted(sync_fields=on, title="t", studio=Ref(1, "s"))


def test_a_title_alone_leaves_an_item_bare():
    assert fields.is_bare({"title": "clip 1", "rating": 5.0})
    assert not fields.is_bare({"genres": ("a",)})

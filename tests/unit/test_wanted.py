"""Fields: what Plex should say about a scene."""

from __future__ import annotations

from urllib.parse import quote

import pytest

from plex.fields import registry, text
from stash.scene import GROUPS, PARENTS, PERFORMER_TAGS, Group, Performer, Ref, Scene, Studio
from tests.support.settings import sync_settings
from validation import template
from validation.values import SYNC_FIELDS

# Every field that can be on, with settings that say nothing by themselves.
EVERYTHING = {
    "sync_fields": "all, original_title", "title_template": "{title}", "tagline_template": "{title}",
    "sort_title_template": "{title}", "label_organized": "x",
}  # fmt: skip
EMOJI, RTL = "👩‍👩‍👧", "שלום"


def wanted(settings=None, **scene):
    return registry.wanted(Scene(id=1, **scene), sync_settings(**settings or {}))


def refs(*names):
    return tuple(Ref(number, name) for number, name in enumerate(names, 1))


def test_a_scene_with_nothing_to_say_says_nothing():
    assert not any(wanted().values())
    assert not any(wanted(EVERYTHING).values())


def test_the_usual_fields_are_on_and_the_others_wait_for_their_setting():
    usual = {
        "title",
        "summary",
        "studio",
        "date",
        "rating",
        "genres",
        "actors",
        "directors",
        "collections",
    }
    assert set(wanted()) == usual
    settings = EVERYTHING | {"content_rating": "XXX", "labels": "stash"}
    assert set(wanted(settings)) == set(registry.BY_NAME)
    waiting = [(field.name, setting) for field in registry.FIELDS for setting in field.needs]
    for name, setting in waiting:
        value = "{title}" if "template" in setting else "x"
        assert set(wanted({setting: value})) == usual | {name}
        assert name not in wanted({setting: "{title}", "sync_fields": "title"})


def test_what_a_setting_gives_shows_on_every_scene():
    found = wanted({"content_rating": " XXX ", "labels": "stash, Own"})
    assert (found["content_rating"], found["labels"]) == ("XXX", ("stash", "Own"))


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
    assert len(quote(summary, safe="")) <= text.SUMMARY_BYTES
    assert len(summary) >= min(10_000, text.SUMMARY_BYTES // 14)


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
    assert text.full_date(partial) == whole


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
    three = {"max_tags": 3}
    first = wanted(three, tags=refs(*names))["genres"]
    assert first == wanted(three, tags=refs(*reversed(names)))["genres"] == ("A", "b", "C")


@pytest.mark.parametrize(
    ("settings", "genres"),
    [
        ({}, ("a1", "B", "d")),
        ({"genre_ignore": "a*, D"}, ("B",)),
        ({"genre_only": "b, d, x"}, ("B", "d")),
        ({"genre_only": "b, d", "genre_ignore": "d"}, ("B",)),
        ({"performer_tags": True}, ("a1", "B", "d", "A2", "c")),
        ({"performer_tags": True, "max_tags": 4}, ("a1", "B", "d", "A2")),
        ({"performer_tags": True, "genre_ignore": "a*", "max_tags": 3}, ("B", "d", "c")),
    ],
)
def test_which_tags_become_genres(settings, genres):
    people = (Performer(1, "P", tags=refs("c", "b")), Performer(2, "Q", tags=refs("A2")))
    assert wanted(settings, tags=refs("d", "B", "a1"), performers=people)["genres"] == genres


def test_a_studio_is_a_collection_too():
    found = wanted(studio=Studio(1, " Studio\tA "))
    assert (found["studio"], found["collections"]) == ("Studio A", ("Studio A",))


@pytest.mark.parametrize(
    ("settings", "collections"),
    [
        ({}, ("S",)),
        ({"collections_from": "none"}, ()),
        ({"collections_from": "parent studio, studio"}, ("S", "Above")),
        ({"collections_from": "group"}, ("G", "H")),
        ({"collections_from": "performer"}, ("P", "Q")),
        ({"collection_tags": "t*"}, ("S", "t1", "T2")),
        ({"collections_from": "none", "collection_tags": "x"}, ("x",)),
        ({"collection_prefix": "Stash:"}, ("Stash: S",)),
        (
            {"collections_from": "studio, parent_studio, group, performer", "collection_tags": "x",
             "collection_prefix": "{kind}:"},
            ("Studio: S", "Studio: Above", "Group: G", "Group: H", "Performer: P", "Performer: Q", "Tag: x"),
        ),
    ],
)  # fmt: skip
def test_what_becomes_a_collection(settings, collections):
    found = wanted(
        settings, studio=Studio(1, "S", Ref(2, "Above")), groups=(Group(1, "G", 2), Group(2, "H")),
        performers=refs("P", "Q"), tags=refs("x", "T2", "t1"),
    )  # fmt: skip
    assert found["collections"] == collections


def test_a_studio_and_what_has_the_same_name_are_one_collection():
    settings = {"collections_from": "studio, parent_studio, group"}
    same = {"studio": Studio(1, "S", Ref(2, "s")), "groups": (Group(1, "S"),)}
    assert wanted(settings, **same)["collections"] == ("S",)
    assert wanted(settings | {"collection_prefix": "x"})["collections"] == ()


@pytest.mark.parametrize(
    ("settings", "organized", "labels"),
    [
        ({"labels": "b, a"}, False, ("b", "a")),
        ({"label_tags": "t*"}, False, ("t1", "T2")),
        ({"label_organized": "done"}, False, ()),
        ({"label_organized": "done"}, True, ("done",)),
        ({"labels": "T1", "label_tags": "t*", "label_organized": "t2"}, True, ("T1", "T2")),
    ],
)
def test_labels(settings, organized, labels):
    found = wanted(settings, tags=refs("x", "T2", "t1"), organized=organized)
    assert found["labels"] == labels


def test_texts_by_template_show_what_the_scene_says():
    every = " ".join(f"{{{place}}}," for place in template.PLACEHOLDERS)
    settings = {"title_template": every, "tagline_template": every, "sort_title_template": every}
    found = wanted(
        settings, title=" T\n1 ", performers=refs("P", "Q, Jr."), director="Ann; Bob, Jr.", code="C-1",
        studio=Studio(1, "S", Ref(2, "Above")), date="2024-05", groups=(Group(1, "G", 2), Group(2, "H")),
    )  # fmt: skip
    shown = "T 1, P, Q, Jr., S, Above, Ann, Bob, Jr., 2024-05, 2024, C-1, G, 2,"
    assert found["title"] == found["tagline"] == shown
    assert found["sort_title"] == shown.replace(" 2,", " 002,")


def test_a_template_without_anything_to_say_says_nothing():
    settings = {"title_template": "{performers} - {date} ({scene_index})"}
    assert wanted(settings, title="T", date="someday", groups=(Group(1, "G"),))["title"] == ""


@pytest.mark.parametrize(
    ("settings", "asked"),
    [
        ({}, set()),
        (EVERYTHING, set()),
        ({"title_template": "{group}"}, {GROUPS}),
        ({"sort_title_template": "{scene_index} {parent_studio}"}, {GROUPS, PARENTS}),
        ({"tagline_template": "{group}", "sync_fields": "title"}, set()),
        ({"collections_from": "group"}, {GROUPS}),
        ({"collections_from": "parent_studio, studio"}, {PARENTS}),
        ({"collections_from": "group", "sync_fields": "title"}, set()),
        ({"performer_tags": True}, {PERFORMER_TAGS}),
        ({"performer_tags": True, "sync_fields": "title"}, set()),
    ],
)
def test_stash_is_asked_for_what_is_costly_only_where_it_shows(settings, asked):
    assert registry.extras(sync_settings(**settings)) == asked


@pytest.mark.parametrize("off", [name for name in SYNC_FIELDS if name != "poster"])
def test_a_field_that_is_switched_off_is_not_among_them(off):
    on = [name for name in SYNC_FIELDS if name != off]
    found = wanted(EVERYTHING | {"sync_fields": on}, title="t", studio=Studio(1, "s"))
    assert off not in found


def test_a_title_alone_leaves_an_item_bare():
    assert registry.is_bare({"title": "clip 1", "rating": 5.0})
    assert not registry.is_bare({"genres": ("a",)})

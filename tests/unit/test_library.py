"""How a library of Plex is named in the setting."""

from __future__ import annotations

from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from validation import library_names, values


class Library(NamedTuple):
    id: int
    title: str


TITLES = (
    "Films", " Films, old ", 'The "best"', "films  of  mine", "#2", "Übers", "a; b", 'a", b', "2024",
)  # fmt: skip
LIBRARIES = [Library(number, title) for number, title in enumerate(TITLES, 1)]


@pytest.mark.parametrize(
    ("typed", "parts"),
    [
        (" Films,  Clips ,,Films", ("Films", "Clips")),
        ("Films\nClips", ("Films", "Clips")),
        ('"Films, old", Clips', ('"Films, old"', "Clips")),
        ('Clips,"Films, old"', ("Clips", '"Films, old"')),
        ('"a", "b"', ('"a"', '"b"')),
        ('"The ""best"", of all", #3', ('"The ""best"", of all"', "#3")),
        ('"The "best"", Clips', ('"The "best""', "Clips")),
        ('The "best", Clips', ('The "best"', "Clips")),
        ('"open, Clips', ('"open', "Clips")),
        ("#1, # 2", ("#1", "# 2")),
        ("a; b", ("a; b",)),
        (["Films, old", "Clips"], ("Films, old", "Clips")),
        (" , ", ()),
    ],
)
def test_the_names_in_a_text(typed, parts):
    assert values.libraries(typed) == parts


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("films", [1]), ('"Films"', [1]), ('"FILMS"', [1]), ("#1", [1]), ("# 1", [1]),
        ("Films, OLD", [2]), ('" Films, old "', [2]), ('"films, old"', [2]),
        ('"The ""best"""', [3]), ('"The "best""', [3]), ('the "BEST"', [3]),
        ("Films of mine", [4]), ("#2", [2]), ('"#2"', [5]), ("ÜBERS", [6]), ("A; b", [7]),
        ('"a"", b"', [8]), ("2024", [9]), ("#10", []), ("Film", []), ('""', []), ('"', []),
    ],
)  # fmt: skip
def test_what_a_name_means(name, meant):
    assert [one.id for one in library_names.libraries_named(name, LIBRARIES)] == meant


def test_a_title_in_quotes_means_the_very_title_where_several_are_alike():
    alike = [Library(1, "Films"), Library(2, "films"), Library(3, "Films ")]
    assert [one.id for one in library_names.libraries_named("FILMS", alike)] == [1, 2, 3]
    assert [one.id for one in library_names.libraries_named('"Films "', alike)] == [3]
    assert [one.id for one in library_names.libraries_named('"Films"', alike)] == [1]


def test_a_number_that_no_library_has_may_be_a_title():
    assert library_names.libraries_named("#2", [Library(1, "#2")]) == [Library(1, "#2")]


@pytest.mark.parametrize(
    ("title", "typed"),
    [
        ("Films", "Films"), ("My films 2", "My films 2"), ("x", "x"), (" x", '" x"'),
        ("a  b", '"a  b"'), ("a, b", '"a, b"'), ('"a"', '"""a"""'), ("#2", '"#2"'), ("", '""'),
    ],
)  # fmt: skip
def test_how_a_title_is_typed(title, typed):
    assert library_names.as_typed(title) == typed


@given(titles=st.lists(st.text('ab ,"#2\n', max_size=6), min_size=1, max_size=4, unique=True))
def test_what_is_offered_means_what_it_was_offered_for(titles):
    all_ = [Library(number, title) for number, title in enumerate(titles, 10)]
    quoted = ['"' + title.replace('"', '""') + '"' for title in titles]
    assert library_names.names_in(", ".join(quoted)) == quoted
    for one, name in zip(all_, quoted, strict=True):
        assert library_names.libraries_named(name, all_) == [one]
        assert one in library_names.libraries_named(library_names.as_typed(one.title), all_)

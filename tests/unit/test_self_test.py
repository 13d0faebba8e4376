"""Test Plex, its pure parts: words for what an item shows, their meaning, and what is put back."""

from __future__ import annotations

from typing import Any

import pytest

from app.setup_check import self_test
from app.setup_check.finding import NOTE, OK, WARNING
from plex.fields.item import Item
from plex.self_test import judge, names, put_back
from plex.self_test.steps import STEPS
from plex.state.database import Store
from plex.state.journal import TEST, Row
from plex.state.self_tests import Result, SelfTests
from plex.sync.undo_plan import Back, backs

FIRST, SECOND, THIRD = names.FIRST, names.SECOND, names.THIRD


def item(*genres: str, locks: frozenset[str] = frozenset(), **values: Any) -> Item:
    return Item(1, 1, ("/a",), {"genres": genres, "tagline": "", "labels": ()} | values, locks)


WORDS = [
    (judge.added, ("a",), ("a", FIRST, SECOND), "added"),
    (judge.added, ("a",), (FIRST, SECOND, "a"), "reordered"),
    (judge.added, ("a",), ("a", FIRST), "missing"),
    (judge.added, ("a",), (FIRST, SECOND), "lost"),
    (judge.case, (), (FIRST, SECOND), "first"),
    (judge.case, (), (names.OTHER_CASE,), "last"),
    (judge.case, (), (FIRST, names.OTHER_CASE), "two"),
    (judge.case, (), (), "missing"),
    (judge.listed, ("a",), ("a", FIRST, SECOND), "adds"),
    (judge.listed, ("a",), ("a", FIRST), "replaces"),
    (judge.listed, ("a",), (FIRST,), "lost"),
    (judge.special, (), (names.SPECIAL,), "kept"),
    (judge.special, (), tuple(names.SPECIAL.split(", ")), "cut"),
    (judge.special_off, (names.SPECIAL,), (), "removed"),
    (judge.special_off, (names.SPECIAL,), (names.SPECIAL,), "stays"),
    (judge.removals, (), ("a",), "all"),
    (judge.removals, (), (SECOND.upper(),), "one"),
    (judge.removals, (), (FIRST, SECOND), "none"),
]


@pytest.mark.parametrize(("judges", "before", "now", "word"), WORDS)
def test_a_list_is_summed_up_in_a_word(judges, before, now, word) -> None:
    assert judges(item(*before), item(*now)) == word


TIMES = [
    ([5, 3, 1], 1, 5, "kept"),
    ([5, 3, 1], 1, 3, "elsewhere"),
    ([3, 5, 1], 1, 5, "mixed"),
    ([5, 3, 1], 5, 5, "mixed"),
    ([5, 5], 5, 5, "untested"),
    ([5], 5, 5, "untested"),
    ([], 0, 5, "untested"),
]


@pytest.mark.parametrize(("latest", "oldest", "updated", "word"), TIMES)
def test_the_order_of_a_library_is_summed_up(latest, oldest, updated, word) -> None:
    assert judge.newest(latest, oldest, updated) == word


def test_two_items_are_summed_up_together() -> None:
    before = [item("a", FIRST), item(FIRST)]
    after = {
        "adds": [item("a", FIRST, THIRD), item(FIRST, THIRD)],
        "replaces": [item(THIRD), item(FIRST, THIRD)],
        "some": [item("a", FIRST, THIRD), item(FIRST)],
        "none": before,
    }
    assert {word: judge.several(before, now) for word, now in after.items()} == {
        w: w for w in after
    }


def test_every_step_has_its_line_and_every_line_an_expected_word() -> None:
    assert {step.line for step in STEPS} - {""} | {"updated", "newest", "back"} == set(
        self_test.LINES
    )
    assert all(
        OK in {one.level for one in line.answers.values()} for line in self_test.LINES.values()
    )


def test_a_word_of_another_version_is_not_tested() -> None:
    assert self_test.answer("add", "no such word").said == "not tested"
    assert self_test.answer("add", "refused").level == WARNING


def test_an_old_result_asks_for_another_test() -> None:
    result = Result(0.0, "1.0", {"add": "added", "removals": "one"})
    found = self_test.findings(result, "2.0")
    assert [one.level for one in found] == [NOTE, NOTE] and "2.0" in found[1].said
    assert [one.level for one in self_test.findings(result._replace(seen={}), "1.0")] == [OK]


def test_a_result_comes_back_as_it_was_kept(tmp_path) -> None:
    tests = SelfTests(Store(tmp_path))
    result = Result(1.5, "1.0", {"add": "added"}, ("text",))
    assert tests.result is None
    tests.keep(result)
    tests.begin(7)
    assert (tests.result, tests.run) == (result, 7)
    tests.end()
    assert tests.run == 0
    tests._store.set_meta("test_result", "[1, 2")
    assert tests.result is None


def back(field: str, before: Any, *after: Any, locked: bool = False) -> Back:
    values = [before, *after]
    rows = [Row(1, 1, field, a, b, locked, TEST) for a, b in zip(values, after, strict=False)]
    return backs(rows)[0]


GENRES = back("genres", ("b", "a"), ("b", "a", FIRST, SECOND), ("b", "a"))
RIGHT = [
    (GENRES, ("b", "a", FIRST), ("b", "a")),
    (GENRES, ("a", SECOND.upper()), ("b", "a")),
    (GENRES, ("b", "theirs", FIRST, "a"), ("b", "a", "theirs")),
    (back("tagline", "Old", names.TEXT, ""), "", "Old"),
    (back("tagline", "Old", names.TEXT, ""), names.TEXT.lower(), "Old"),
    (back("tagline", "Old", names.TEXT, ""), "New", "New"),
    (back("rating", 7.3, 7.0, None), None, 7.3),
    (back("rating", 7.3, 7.0), 2.0, 2.0),
]


@pytest.mark.parametrize(("one", "now", "wanted"), RIGHT)
def test_what_is_put_back_keeps_what_a_person_wrote(one, now, wanted) -> None:
    assert put_back.wanted(one, now) == wanted


def test_a_field_is_back_with_its_order_and_its_lock() -> None:
    locked = frozenset({"genre"})
    assert put_back.is_back(GENRES, item("b", "a"), {})
    assert not put_back.is_back(GENRES, item("a", "b"), {})
    assert not put_back.is_back(GENRES, item("b", "a", locks=locked), {})
    edit = put_back.edit_of([GENRES], item("b", "a", FIRST, locks=locked))
    assert edit[-1] == ("genre.locked", "0") and edit[-2][0] == "genre[].tag.tag-"


def test_no_poster_before_means_none_after() -> None:
    none = back("poster", "", "upload://posters/1")
    frame, ours = "media://frame", "upload://posters/1"
    assert put_back.is_back(none, item(), {frame: False, ours: False})
    assert not put_back.is_back(none, item(), {frame: False, ours: True})
    assert put_back.is_back(none, item(), {frame: False, "upload://posters/2": True})

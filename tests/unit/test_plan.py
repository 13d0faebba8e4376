"""The plan: one truth table, cell by cell, for each kind of field."""

from __future__ import annotations

import pytest

from plex import plan
from plex.fields import BY_NAME
from plex.plan import SCALAR, Written

OURS, FOUND = SCALAR, ()


def written(sent, got=None, ours=OURS, begun=False):
    return Written(sent, sent if got is None else got, ours, begun)


def decision(field, base, current, wanted, fill_only=False, guesses=frozenset()):
    """(why, after) of the one change, or None."""
    baseline = {field: base} if base else {}
    found = plan.changes(baseline, {field: current}, {field: wanted}, fill_only, guesses)
    assert len(found) <= 1
    return (found[0].why, found[0].after) if found else None


WRITE = ("write", "S")
NOTHING = None
SCALARS = [
    # baseline, Plex says, Stash says -> decision
    ("none", None, "", "S", WRITE),
    ("none, Plex differs", None, "P", "S", WRITE),
    ("none, in agreement", None, "S", "S", NOTHING),
    ("none, Stash is empty", None, "P", "", NOTHING),
    ("none, both empty", None, "", "", NOTHING),
    ("as written", written("S"), "S", "S", NOTHING),
    ("Plex altered it, known", written("S", "s…"), "s…", "S", NOTHING),
    ("Plex refused it, known", written("S", "", FOUND), "", "S", NOTHING),
    ("a person edited it", written("S"), "P", "S", ("drifted", "P")),
    ("a person emptied it", written("S"), "", "S", ("drifted", "")),
    ("a person edited what Plex altered", written("S", "s…"), "P", "S", ("drifted", "P")),
    ("Stash moved", written("R"), "R", "S", WRITE),
    ("Stash moved, found there", written("R", ours=FOUND), "R", "S", WRITE),
    ("both moved", written("R"), "P", "S", WRITE),
    ("both moved to the same", written("R"), "S", "S", NOTHING),
    ("emptied, as we wrote it", written("R"), "R", "", ("clear", "")),
    ("emptied, as Plex altered it", written("R", "r…"), "r…", "", ("clear", "")),
    ("emptied, found there", written("R", ours=FOUND), "R", "", NOTHING),
    ("emptied, a person edited it", written("R"), "P", "", NOTHING),
    ("emptied, Plex is empty", written("R"), "", "", NOTHING),
    ("begun, not there yet", written("S", "", begun=True), "", "S", WRITE),
    ("begun, over another", written("S", "R", begun=True), "R", "S", WRITE),
    ("begun, is there", written("S", "", begun=True), "S", "S", NOTHING),
    ("begun, person in between", written("S", "", begun=True), "P", "S", WRITE),
    ("begun and emptied, is there", written("R", "", begun=True), "R", "", ("clear", "")),
    ("begun and emptied, was ours", written("R", "Q", begun=True), "Q", "", ("clear", "")),
    ("begun and emptied, theirs", written("R", "", begun=True), "P", "", NOTHING),
    ("begun clear", written("", "R", begun=True), "R", "", ("clear", "")),
    ("begun clear, Stash speaks again", written("", "R", begun=True), "R", "S", WRITE),
]


@pytest.mark.parametrize(
    ("base", "current", "wanted", "expected"),
    [pytest.param(*row[1:], id=row[0]) for row in SCALARS],
)
@pytest.mark.parametrize("field", ["summary", "studio", "date"])
def test_scalars(field, base, current, wanted, expected):
    assert decision(field, base, current, wanted) == expected


@pytest.mark.parametrize(
    ("base", "current", "wanted", "expected"),
    [pytest.param(*row[1:], id=row[0]) for row in SCALARS],
)
def test_titles_are_the_same_but_never_cleared(base, current, wanted, expected):
    cleared = expected is not None and expected[0] == "clear"
    assert decision("title", base, current, wanted) == (None if cleared else expected)


@pytest.mark.parametrize(
    ("base", "current", "wanted", "expected"),
    [
        (None, None, 7.0, ("write", 7.0)),
        (None, 7.04, 7.0, None),
        (None, 6.9, 7.0, ("write", 7.0)),
        (None, 7.0, None, None),
        (written(7.0), 7.0, None, ("clear", None)),
        (written(7.0, ours=FOUND), 7.0, None, None),
        (written(7.0), 5.0, None, None),
        (written(7.0), 5.0, 7.0, ("drifted", 5.0)),
        (written(7.0), None, 7.0, ("drifted", None)),
        (written(7.0), 5.0, 8.0, ("write", 8.0)),
        (written(7.0, begun=True), None, 7.0, ("write", 7.0)),
    ],
)
def test_ratings(base, current, wanted, expected):
    assert decision("rating", base, current, wanted) == expected


TAGS = [
    ("none, empty", None, (), ("a", "b"), ("write", ("a", "b"))),
    ("none, theirs stays", None, ("p",), ("a",), ("write", ("a", "p"))),
    ("none, in agreement in any order and case", None, ("B", "a"), ("A", "b"), None),
    ("none, casing as Plex has it", None, ("JANE",), ("jane", "bob"), ("write", ("JANE", "bob"))),
    ("none, nothing to say", None, ("p",), (), None),
    ("as written", written(("a",), ours=("a",)), ("a",), ("a",), None),
    ("theirs was added", written(("a",), ours=("a",)), ("a", "p"), ("a",), None),
    ("ours was taken off", written(("a", "b"), ours=("a", "b")), ("b",), ("a", "b"), ("drifted", ("b",))),
    ("refused, known", written(("a", "x"), ("a",), ("a",)), ("a",), ("a", "x"), None),
    ("dropped in Stash", written(("a", "b"), ours=("a", "b")), ("a", "b"), ("a",), ("write", ("a",))),
    ("dropped, theirs stays", written(("a",), ours=("a",)), ("a", "p"), (), ("write", ("p",))),
    ("all dropped", written(("a",), ours=("a",)), ("a",), (), ("clear", ())),
    ("dropped, found there", written(("a", "b"), ours=("b",)), ("a", "b"), ("b",), None),
    ("dropped, gone already", written(("a", "b"), ours=("a", "b")), ("b",), ("b",), None),
    ("dropped in another casing", written(("a", "b"), ours=("a", "b")), ("A", "b"), ("b",), ("write", ("b",))),
    ("swapped", written(("a",), ours=("a",)), ("a", "p"), ("b",), ("write", ("b", "p"))),
    ("added", written(("a",), ours=("a",)), ("a", "p"), ("a", "b"), ("write", ("a", "b", "p"))),
    ("added after one was taken off", written(("a",), ours=("a",)), (), ("a", "b"), ("write", ("a", "b"))),
    ("begun, not there", written(("a",), (), ("a",), True), (), ("a",), ("write", ("a",))),
    ("begun, is there", written(("a",), (), ("a",), True), ("a",), ("a",), None),
    ("begun, dropped since", written(("a",), (), ("a",), True), ("a", "p"), (), ("write", ("p",))),
    ("begun, dropped before it was there", written(("a",), (), ("a",), True), ("p",), (), None),
    ("begun removal", written((), ("a",), ("a",), True), ("a",), (), ("clear", ())),
]  # fmt: skip


@pytest.mark.parametrize(
    ("base", "current", "wanted", "expected"),
    [pytest.param(*row[1:], id=row[0]) for row in TAGS],
)
@pytest.mark.parametrize("field", ["genres", "actors", "directors", "collections"])
def test_lists_are_decided_by_element(field, base, current, wanted, expected):
    assert decision(field, base, current, wanted) == expected


@pytest.mark.parametrize(
    ("field", "base", "current", "wanted", "expected"),
    [
        ("studio", None, "", "S", WRITE),
        ("studio", None, "P", "S", ("preserved", "P")),
        ("studio", written("R"), "R", "S", WRITE),
        ("studio", written("R"), "P", "S", ("preserved", "P")),
        ("studio", written("R", ours=FOUND), "R", "S", ("preserved", "R")),
        ("studio", written("S"), "P", "S", ("drifted", "P")),
        ("studio", written("R"), "R", "", ("clear", "")),
        ("studio", written("S", "", begun=True), "", "S", WRITE),
        ("studio", written("S", "", begun=True), "P", "S", ("preserved", "P")),
        ("rating", None, 5.0, 7.0, ("preserved", 5.0)),
        ("genres", None, (), ("a",), ("write", ("a",))),
        ("genres", None, ("p",), ("a",), ("preserved", ("p",))),
        ("genres", written(("a",), ours=("a",)), ("a", "p"), ("b",), ("write", ("b", "p"))),
        ("genres", written(("a",), ours=("a",)), ("p",), ("b",), ("preserved", ("p",))),
        ("genres", written(("a", "b"), ours=("a", "b")), ("b",), ("a", "b", "c"), ("write", ("b", "c"))),
    ],
)  # fmt: skip
def test_preserve_fills_what_is_empty_and_maintains_what_it_filled(
    field, base, current, wanted, expected
):
    assert decision(field, base, current, wanted, fill_only=True) == expected


def test_a_title_that_plex_made_of_the_file_name_is_no_edit_to_preserve():
    assert decision("title", None, "clip 1", "S", True, frozenset({"title"})) == WRITE
    assert decision("title", None, "clip 1", "S", True) == ("preserved", "clip 1")


def test_a_field_that_is_switched_off_is_none_of_our_business():
    baseline = {"studio": written("R")}
    assert plan.changes(baseline, {"studio": "P", "title": "t"}, {"title": "t"}) == ()
    assert plan.confirmed(baseline, (), {"studio": "P"}, {})["studio"] == written("R")


# -- what is remembered


def synced(field, base, current, wanted, plex_makes=None, killed=False):
    """The baseline after a sync of one field; `plex_makes` is what Plex says of the value."""
    baseline = {field: base} if base else {}
    found = plan.changes(baseline, {field: current}, {field: wanted})
    if killed:
        return plan.begun(baseline, found, {field: wanted}).get(field)
    writes = [change for change in found if change.writes]
    now = (writes[0].after if plex_makes is None else plex_makes) if writes else current
    return plan.confirmed(baseline, found, {field: now}, {field: wanted}).get(field)


@pytest.mark.parametrize(
    ("field", "base", "current", "wanted", "plex_makes", "expected"),
    [
        ("studio", None, "", "S", None, written("S")),
        ("studio", None, "S", "S", None, written("S", ours=FOUND)),
        ("studio", None, "P", "S", "s…", written("S", "s…")),
        ("studio", None, "P", "S", "P", written("S", "P", FOUND)),
        ("studio", written("R"), "R", "S", "R", written("S", "R")),
        ("studio", written("R"), "R", "", None, None),
        ("studio", written("R"), "P", "", None, None),
        ("studio", written("R"), "P", "R", None, written("R")),
        ("studio", written("R"), "P", "P", None, written("P", ours=FOUND)),
        ("studio", written("S", "", begun=True), "S", "S", None, written("S")),
        ("studio", written("S", "", begun=True), "P", "P", None, written("P", ours=FOUND)),
        ("studio", written("S", "", begun=True), "P", "", None, None),
        ("title", written("R"), "R", "", None, written("R")),
        ("title", written("S", "", begun=True), "S", "", None, written("S")),
        ("rating", None, None, 7.0, None, written(7.0)),
        ("rating", written(7.0), 7.0, None, None, None),
        ("genres", None, ("p",), ("a",), None, written(("a",), ("a", "p"), ("a",))),
        ("genres", None, ("a",), ("a",), None, written(("a",), ours=())),
        ("genres", None, ("p",), ("a",), ("p", "A"), written(("a",), ("p", "A"), ("a",))),
        ("genres", None, (), ("a", "x"), ("a",), written(("a", "x"), ("a",), ("a",))),
        ("genres", written(("a",), ours=("a",)), ("a",), (), None, None),
        ("genres", written(("a",), ours=("a",)), ("a",), (), ("a",), written((), ("a",), ("a",))),
        ("genres", written(("a",), ours=("a",)), (), (), None, None),
        ("genres", written(("a",), (), ("a",), True), ("a",), ("a",), None, written(("a",), ours=("a",))),
    ],
)  # fmt: skip
def test_what_is_remembered_after_the_read_back(field, base, current, wanted, plex_makes, expected):
    assert synced(field, base, current, wanted, plex_makes) == expected


@pytest.mark.parametrize(
    ("field", "base", "current", "wanted", "expected"),
    [
        ("studio", None, "P", "S", Written("S", "", SCALAR, True)),
        ("studio", written("R"), "R", "S", Written("S", "R", SCALAR, True)),
        ("studio", written("R"), "P", "S", Written("S", "", SCALAR, True)),
        ("studio", written("R"), "R", "", Written("", "R", SCALAR, True)),
        ("rating", None, 3.0, 7.0, Written(7.0, None, SCALAR, True)),
        ("genres", None, ("p",), ("a",), Written(("a",), ("p",), ("a",), True)),
        ("genres", written(("a",), ours=("a",)), ("a",), ("b",), Written(("b",), ("a",), ("a", "b"), True)),
    ],
)  # fmt: skip
def test_what_is_noted_before_the_write(field, base, current, wanted, expected):
    assert synced(field, base, current, wanted, killed=True) == expected


def test_what_was_refused_is_told_but_not_looped():
    change = plan.Change("genres", ("p",), ("a", "p"), "write")
    field = BY_NAME["genres"]
    assert plan.refused(field, change, {"genres": ("p",)})
    assert not plan.refused(field, change, {"genres": ("A", "p")})
    assert not plan.refused(field, change, {"genres": ("a", "p", "somebody was quicker")})
    assert plan.refused(field, plan.Change("genres", ("a",), (), "clear"), {"genres": ("a",)})


def test_names_in_either_unicode_form_are_one_name():
    composed, decomposed = "\u00e9", "e\u0301"
    base = written((decomposed,), (composed,), (decomposed,))
    assert decision("genres", None, (composed,), (decomposed,)) is None
    assert decision("genres", base, (composed,), ()) == ("clear", ())

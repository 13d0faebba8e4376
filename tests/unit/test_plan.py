"""The plan in rows that read as sentences; every cell of the table is in test_plan_table.py."""

from __future__ import annotations

import pytest

from plex.fields.registry import BY_NAME
from plex.plan import baseline, plan
from plex.plan.plan import SCALAR, Written

OURS, FOUND = SCALAR, ()
USUAL = plan.Rules()


def written(sent, got=None, ours=OURS, begun=False):
    return Written(sent, sent if got is None else got, ours, begun)


def decision(field, base, current, wanted, rules=USUAL):
    """(why, after) of the one change, or None."""
    known = {field: base} if base else {}
    found = plan.changes(known, {field: current}, {field: wanted}, rules)
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
    ("Plex altered it, known", written("S", "s…"), "s…", "S", ("refused", "s…")),
    ("Plex refused it, known", written("S", "", FOUND), "", "S", ("refused", "")),
    ("it came after the read-back", written("S", "", FOUND), "S", "S", NOTHING),
    ("it came late, Stash moved", written("R", "", FOUND), "R", "S", WRITE),
    ("it came late, Stash is empty", written("R", "", FOUND), "R", "", ("clear", "")),
    ("Plex refused it, Stash moved", written("R", "", FOUND), "", "S", WRITE),
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
    ("refused, known", written(("a", "x"), ("a",), ("a",)), ("a",), ("a", "x"), ("refused", ("a",))),
    ("refused, Stash moved", written(("a", "x"), ("a",), ("a",)), ("a",), ("x",), ("write", ("x",))),
    ("refused removal, known", written((), ("a",), ("a",)), ("a",), (), ("refused", ("a",))),
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
    assert decision(field, base, current, wanted, plan.Rules(fill_only=True)) == expected


def test_a_title_from_the_file_name_is_no_edit():
    rules = plan.Rules(fill_only=True)
    guessed = plan.Rules(fill_only=True, guesses=frozenset({"title"}))
    assert decision("title", None, "clip 1", "S", guessed) == WRITE
    assert decision("title", None, "clip 1", "S", rules) == ("preserved", "clip 1")


def test_a_field_that_is_switched_off_is_none_of_our_business():
    known = {"studio": written("R")}
    assert plan.changes(known, {"studio": "P", "title": "t"}, {"title": "t"}) == ()
    assert baseline.after_read_back(known, (), {"studio": "P"}, {})["studio"] == written("R")


# -- the policies, on what they differ in

POLICIES = ("newest", "stash", "plex", "ask")
BOTH = written(("a", "b"), ours=("a", "b"))
CHOSEN = Written("S", "P", theirs=SCALAR)  # a person decided for Plex
EDITS = [
    # field, baseline, Plex says, Stash says -> newest, stash, plex, ask
    ("edited", "studio", written("S"), "P", "S", "drifted repair drifted conflict"),
    ("emptied by a person", "studio", written("S"), "", "S", "drifted repair drifted conflict"),
    ("edited, then Stash moved", "studio", written("R"), "P", "S", "write repair drifted conflict"),
    ("edited, and Stash agrees", "studio", written("R"), "P", "P", "- - - -"),
    ("edited, then emptied in Stash", "studio", written("R"), "P", "", "- clear - -"),
    ("only in Plex", "studio", None, "P", "", "- clear - -"),
    ("a title only in Plex", "title", None, "P", "", "- - - -"),
    ("never written", "studio", None, "P", "S", "write write write write"),
    ("only Stash moved", "studio", written("R"), "R", "S", "write write write write"),
    ("refused", "studio", written("S", "R", FOUND), "R", "S", "refused refused refused refused"),
    ("written by a person after we cleared it", "studio", Written("", ""), "P", "S", "write repair drifted conflict"),
    ("decided for Plex", "studio", CHOSEN, "P", "S", "drifted repair drifted drifted"),
    ("decided for Plex, edited again", "studio", CHOSEN, "Q", "S", "drifted repair drifted conflict"),
    ("decided for Plex, Stash moved", "studio", CHOSEN, "P", "T", "write repair drifted conflict"),
    ("rated, never written", "rating", None, 5.0, 7.0, "write repair drifted conflict"),
    ("rated, and taken away again", "rating", Written(None, 5.0, theirs=SCALAR), None, 7.0, "write repair drifted conflict"),
    ("rated, not in Stash", "rating", None, 5.0, None, "- clear - -"),
    ("one added", "genres", BOTH, ("a", "b", "p"), ("a", "b"), "- repair - -"),
    ("one taken off", "genres", BOTH, ("b",), ("a", "b"), "drifted repair drifted conflict"),
    ("one taken off, one new", "genres", BOTH, ("b",), ("a", "b", "c"), "write repair write conflict"),
    ("one taken off, one dropped", "genres", BOTH, ("b",), ("a",), "write repair clear conflict"),
    ("all taken off, in Stash as well", "genres", BOTH, (), (), "- - - -"),
    ("never written", "genres", None, ("p",), ("a",), "write repair write write"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("field", "base", "current", "wanted", "expected"),
    [pytest.param(*row[1:], id=f"{row[1]}: {row[0]}") for row in EDITS],
)
def test_the_policies(field, base, current, wanted, expected):
    found = [decision(field, base, current, wanted, plan.Rules(one)) for one in POLICIES]
    assert [one[0] if one else "-" for one in found] == expected.split()


def test_a_person_s_kept_rating_is_known_later():
    rules = plan.Rules("plex")
    found = plan.changes({}, {"rating": 5.0}, {"rating": 7.0}, rules)
    known = baseline.after_read_back({}, found, {"rating": 5.0}, {"rating": 7.0})
    assert decision("rating", known["rating"], None, 7.0, rules) == ("drifted", None)


LOCKS = [
    ("never written", "studio", None, "P", "S", "locked repair locked locked"),
    ("locked while empty", "studio", None, "", "S", "locked repair locked locked"),
    ("found, then Stash moved", "studio", written("R", ours=()), "R", "S", "locked repair locked locked"),
    ("ours: emptied in Stash", "studio", written("R"), "R", "", "clear clear clear clear"),
    ("ours: Stash moved", "studio", written("R"), "R", "S", "write write write write"),
    ("theirs, not in Stash", "studio", None, "P", "", "- clear - -"),
    ("in agreement", "studio", None, "S", "S", "- - - -"),
    ("a rating", "rating", None, 3.0, 7.0, "locked repair locked locked"),
    ("a list has room for both", "genres", None, ("p",), ("a",), "write repair locked locked"),
    ("a list that has all of Stash's", "genres", None, ("a", "p"), ("a",), "- repair - -"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("field", "base", "current", "wanted", "expected"),
    [pytest.param(*row[1:], id=f"{row[1]}: {row[0]}") for row in LOCKS],
)
def test_a_lock_of_a_person(field, base, current, wanted, expected):
    locked = frozenset({BY_NAME[field].plex_name})
    rules = [plan.Rules(one, locked=locked) for one in POLICIES]
    found = [decision(field, base, current, wanted, one) for one in rules]
    assert [one[0] if one else "-" for one in found] == expected.split()


def test_with_plex_what_a_person_took_off_stays_off_for_ever():
    rules, known = plan.Rules("plex"), {"genres": BOTH}
    have: tuple[str, ...] = ("b",)
    for wish in (("a", "b", "c"), ("a", "c"), ("a", "c", "d"), ("a",)):
        found = plan.changes(known, {"genres": have}, {"genres": wish}, rules)
        have = found[0].after
        known = baseline.after_read_back(known, found, {"genres": have}, {"genres": wish})
        assert set(have) == set(wish) - {"a"}
    known = baseline.after_read_back(known, (), {"genres": ()}, {"genres": ()})
    assert decision("genres", known.get("genres"), (), ("a",), rules) == ("write", ("a",)), "anew"


def test_with_stash_lists_are_exactly_those_of_stash():
    rules = plan.Rules("stash")
    assert decision("genres", None, ("P", "A"), ("b", "a"), rules) == ("repair", ("b", "A"))
    assert decision("genres", BOTH, ("p",), (), rules) == ("clear", ())


def test_preserving_wins_over_stash():
    rules = plan.Rules("stash", fill_only=True)
    assert decision("studio", written("S"), "P", "S", rules) == ("drifted", "P")
    assert decision("studio", written("R"), "P", "S", rules) == ("preserved", "P")
    assert decision("genres", None, ("p",), ("a",), rules) == ("preserved", ("p",))


# -- whose lock is it


def locks_after(known, locks, wanted, current, policy="newest"):
    """Which locks are ours after a sync of studio and summary that Plex takes."""
    rules = plan.Rules(policy, locked=locks - (locks if known is None else known))
    found = plan.changes({}, current, wanted, rules)
    now = locks | {BY_NAME[change.field].plex_name for change in found if change.writes}
    return baseline.our_locks(known, {}, found, wanted, now)


@pytest.mark.parametrize(
    ("known", "locks", "policy", "expected"),
    [
        ((), (), "newest", {"studio", "summary"}),
        ((), ("studio",), "newest", {"summary"}),
        ((), ("studio",), "stash", {"studio", "summary"}),
        (("studio",), ("studio",), "newest", {"studio", "summary"}),
        (("title",), ("title", "tagline"), "newest", {"studio", "summary", "title"}),
        (("title",), (), "newest", {"studio", "summary"}),
        (None, ("studio", "title"), "newest", {"studio", "summary", "title"}),
    ],
)
def test_locks_are_ours_if_we_set_them(known, locks, policy, expected):
    ours = None if known is None else frozenset(known)
    wanted, current = {"studio": "S", "summary": "s"}, {"studio": "P", "summary": ""}
    assert locks_after(ours, frozenset(locks), wanted, current, policy) == expected


def test_a_lock_on_stash_s_value_is_ours():
    locks = frozenset({"studio", "summary"})
    found = locks_after(frozenset(), locks, {"studio": "S", "summary": ""}, {"studio": "S"})
    assert found == {"studio"}


def test_before_a_write_its_locks_are_noted_as_ours():
    writes = [plan.Change("genres", (), ("a",), "write")]
    assert baseline.locks_ahead(frozenset({"title"}), writes) == {"title", "genre"}
    assert baseline.locks_ahead(None, writes) is None


# -- what a person decided

TO_DECIDE = [
    ("edited", "studio", written("S"), "P", "S"),
    ("both moved", "studio", written("R"), "P", "S"),
    ("emptied", "studio", written("S"), "", "S"),
    ("locked", "studio", None, "P", "S"),
    ("rated", "rating", None, 5.0, 7.0),
    ("taken off", "genres", BOTH, ("b", "p"), ("a", "b")),
    ("taken off, one new", "genres", BOTH, ("b", "p"), ("a", "b", "c")),
    ("a locked list", "genres", None, ("p",), ("a",)),
]


@pytest.mark.parametrize("fill_only", [False, True])
@pytest.mark.parametrize("policy", ["newest", "plex", "ask"])
@pytest.mark.parametrize(
    ("field", "base", "current", "wanted"),
    [pytest.param(*row[1:], id=f"{row[1]}: {row[0]}") for row in TO_DECIDE],
)
def test_a_decision_for_stash_is_written(field, base, current, wanted, policy, fill_only):
    known = baseline.after_decision(
        BY_NAME[field], base, baseline.Decision("stash", current, wanted)
    )
    why, after = decision(field, known, current, wanted, plan.Rules(policy, fill_only))
    assert why == "write"
    assert set(after) >= set(wanted) if field == "genres" else after == wanted


@pytest.mark.parametrize("locked", [False, True])
@pytest.mark.parametrize("policy", ["newest", "plex", "ask"])
@pytest.mark.parametrize(
    ("field", "base", "current", "wanted"),
    [pytest.param(*row[1:], id=f"{row[1]}: {row[0]}") for row in TO_DECIDE],
)
def test_a_decision_for_plex_is_kept_and_not_asked_again(
    field, base, current, wanted, policy, locked
):
    held = frozenset({BY_NAME[field].plex_name}) if locked else frozenset()
    rules = plan.Rules(policy, locked=held)
    if decision(field, base, current, wanted, rules)[0] == "write":
        return  # nothing to decide
    known = baseline.after_decision(
        BY_NAME[field], base, baseline.Decision("plex", current, wanted)
    )
    now = current
    for _ in range(2):
        found = plan.changes({field: known}, {field: now}, {field: wanted}, rules)
        assert found[0].why in ("drifted", "write", "locked")
        now = found[0].after
        known = baseline.after_read_back({field: known}, found, {field: now}, {field: wanted})[
            field
        ]
    assert found[0].why in ("drifted", "locked")
    assert "a" not in now if field == "genres" else now == current
    again = decision(field, known, now, ("a", "z") if field == "genres" else "T", plan.Rules("ask"))
    assert again[0] == ("write" if field == "genres" else "conflict")


def test_a_decision_is_about_what_both_sides_said():
    one = baseline.Decision("stash", ("P", "q"), ("a",))
    assert one.fits(BY_NAME["genres"], ("Q", "p"), ("A",))
    assert not one.fits(BY_NAME["genres"], ("p",), ("a",))
    assert not one.fits(BY_NAME["genres"], ("p", "q"), ("a", "b"))


# -- what is remembered


def synced(field, base, current, wanted, plex_makes=None, killed=False):
    """The baseline after a sync of one field; `plex_makes` is what Plex says of the value."""
    known = {field: base} if base else {}
    found = plan.changes(known, {field: current}, {field: wanted})
    writes = [change for change in found if change.writes]
    if killed:
        return baseline.before_write(known, writes, {field: wanted}).get(field)
    now = (writes[0].after if plex_makes is None else plex_makes) if writes else current
    return baseline.after_read_back(known, found, {field: now}, {field: wanted}).get(field)


@pytest.mark.parametrize(
    ("field", "base", "current", "wanted", "plex_makes", "expected"),
    [
        ("studio", None, "", "S", None, written("S")),
        ("studio", None, "S", "S", None, written("S", ours=FOUND)),
        ("studio", None, "P", "S", "s…", written("S", "s…")),
        ("studio", None, "P", "S", "P", written("S", "P", FOUND)),
        ("studio", written("R"), "R", "S", "R", written("S", "R")),
        ("studio", None, "", "", None, None),
        ("studio", None, "P", "", None, None),
        ("studio", written("R"), "R", "", None, Written("", "")),
        ("studio", Written("", ""), "", "", None, Written("", "")),
        ("studio", Written("", ""), "P", "", None, Written("", "P", theirs=SCALAR)),
        ("studio", written("R"), "R", "", "R", Written("", "R", OURS)),
        ("studio", written("R"), "P", "", None, Written("", "P", theirs=SCALAR)),
        ("studio", written("R"), "P", "R", None, written("R")),
        ("studio", written("R"), "P", "P", None, written("P", ours=FOUND)),
        ("studio", written("S", "", begun=True), "S", "S", None, written("S")),
        ("studio", written("S", "", begun=True), "P", "P", None, written("P", ours=FOUND)),
        ("studio", written("S", "", begun=True), "P", "", None, Written("", "P", theirs=SCALAR)),
        ("title", written("R"), "R", "", None, written("R")),
        ("title", written("S", "", begun=True), "S", "", None, written("S")),
        ("rating", None, None, 7.0, None, written(7.0)),
        ("rating", written(7.0), 7.0, None, None, Written(None, None)),
        ("genres", None, ("p",), ("a",), None, written(("a",), ("a", "p"), ("a",))),
        ("genres", None, ("a",), ("a",), None, written(("a",), ours=())),
        ("genres", None, ("p",), ("a",), ("p", "A"), written(("a",), ("p", "A"), ("a",))),
        ("genres", None, (), ("a", "x"), ("a",), written(("a", "x"), ("a",), ("a", "x"))),
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
        ("studio", None, "P", "S", Written("S", "P", (), True)),
        ("studio", written("R"), "R", "S", Written("S", "R", SCALAR, True)),
        ("studio", written("R"), "P", "S", Written("S", "P", (), True)),
        ("studio", written("R"), "R", "", Written("", "R", SCALAR, True)),
        ("rating", None, 3.0, 7.0, Written(7.0, 3.0, (), True)),
        ("genres", None, ("p",), ("a",), Written(("a",), ("p",), ("a",), True)),
        ("genres", written(("a",), ours=("a",)), ("a",), ("b",), Written(("b",), ("a",), ("a", "b"), True)),
    ],
)  # fmt: skip
def test_what_is_noted_before_the_write(field, base, current, wanted, expected):
    assert synced(field, base, current, wanted, killed=True) == expected


def test_what_was_refused_is_told_but_not_looped():
    change = plan.Change("genres", ("p",), ("a", "p"), "write")
    field = BY_NAME["genres"]
    assert baseline.refused(field, change, {"genres": ("p",)})
    assert not baseline.refused(field, change, {"genres": ("A", "p")})
    assert not baseline.refused(field, change, {"genres": ("a", "p", "somebody was quicker")})
    assert baseline.refused(field, plan.Change("genres", ("a",), (), "clear"), {"genres": ("a",)})


def test_names_in_either_unicode_form_are_one_name():
    composed, decomposed = "\u00e9", "e\u0301"
    base = written((decomposed,), (composed,), (decomposed,))
    assert decision("genres", None, (composed,), (decomposed,)) is None
    assert decision("genres", base, (composed,), ()) == ("clear", ())

"""The parameters of an edit, read back by the rules of a server that takes them apart."""

from __future__ import annotations

from urllib.parse import parse_qsl, quote, urlencode

import pytest

from devserver.plex import edits
from devserver.plex.message import decoded_pairs
from plex.client import edit_request
from plex.plan.plan import Change

ODD = ("a, b", "c & d", "50%", "%2C", "1+1", "it's “x”", 'a "b"', "😀", "שלום", "a=b;c#d?e/f")


def understood(found):
    """The edit as the server reads it off the request line."""
    return edits.parsed(decoded_pairs(urlencode(found, quote_via=quote)))


def shows(changes):
    """(values, locks) of an item on which these changes were made."""
    found = {change.field: change.after for change in changes}
    return found, {
        one.removesuffix(".locked") for one, _ in edit_request.parameters(changes) if "lock" in one
    }


EDIT = [
    Change("title", "", "T", "write"),
    Change("summary", "x", "", "clear"),
    Change("genres", ("gone", "a, b"), ODD, "write"),
    Change("actors", ODD, (), "clear"),
]


def test_of_an_edit_that_was_carried_out_nothing_is_left():
    assert edit_request.left(edit_request.parameters(EDIT), *shows(EDIT)) == []


def test_a_name_that_plex_writes_in_another_case_is_there():
    edit = [Change("genres", (), ("rain", "FOG"), "write")]
    assert (
        edit_request.left(
            edit_request.parameters(edit), {"genres": ("Fog", "Rain", "theirs")}, {"genre"}
        )
        == []
    )


@pytest.mark.parametrize(
    ("field", "now"),
    [
        ("title", "t"),
        ("title", None),
        ("summary", "x"),
        ("genres", ()),
        ("genres", ODD[1:]),
        ("genres", (*ODD, "Gone")),
        ("actors", (ODD[0],)),
    ],
)
def test_what_plex_does_not_show_is_left_as_a_whole_field(field, now):
    values, locks = shows(EDIT)
    left = edit_request.left(edit_request.parameters(EDIT), values | {field: now}, locks)
    assert left == edit_request.parameters([change for change in EDIT if change.field == field])


@pytest.mark.parametrize("lock", ["title", "genre", "thumb"])
def test_a_lock_that_is_missing_is_left(lock):
    values, locks = shows(EDIT)
    edit = [*edit_request.parameters(EDIT), ("thumb.locked", "1")]
    left = edit_request.left(edit, values, {*locks, "thumb"} - {lock})
    assert {name.partition(".")[0].partition("[")[0] for name, _ in left} == {lock}


def test_every_written_value_is_locked_in_the_same_request():
    changes = [
        Change("title", "", "T", "write"),
        Change("date", "", "2024-01-01", "write"),
        Change("summary", "x", "", "clear"),
        Change("rating", None, 7.0, "write"),
        Change("genres", (), ("a",), "write"),
        Change("actors", ("b",), (), "clear"),
    ]
    edit = understood(edit_request.parameters(changes))
    assert edit.scalars == {
        "title": "T", "originallyAvailableAt": "2024-01-01", "summary": "", "userRating": "7.0",
    }  # fmt: skip
    assert edit.locks == dict.fromkeys(
        ("title", "originallyAvailableAt", "summary", "genre", "actor"), True
    )
    assert [wish.name for wish in edit.wishes["genre"]] == ["a"]
    assert edit.removals == {"actor": ["b"]}
    assert edit.ignored == []


@pytest.mark.parametrize(("rating", "sent"), [(8.5, "8.5"), (10.0, "10"), (None, ""), (0, "")])
def test_a_rating_goes_into_the_edit_without_a_lock(rating, sent):
    change = Change("rating", 3.0, rating, "write")
    assert edit_request.parameters([change]) == [("userRating.value", sent)]
    assert edit_request.parameters([change], rates_apart=True) == []
    shown = {"rating": rating or None}
    assert edit_request.left(edit_request.parameters([change]), shown, ()) == []
    assert edit_request.left(edit_request.parameters([change]), {"rating": 3.0}, ()) != []


def test_a_sort_title_that_is_taken_back_is_plex_s_own_again():
    edit = understood(edit_request.parameters([Change("sort_title", "x", "", "clear")]))
    assert (edit.scalars, edit.locks) == ({"titleSort": ""}, {"titleSort": False})
    edit = understood(edit_request.parameters([Change("sort_title", "", "x", "write")]))
    assert (edit.scalars, edit.locks) == ({"titleSort": "x"}, {"titleSort": True})


def test_odd_names_arrive_as_they_are():
    edit = understood(edit_request.tag_list("genre", ODD, ODD[:3]))
    assert [wish.name for wish in edit.wishes["genre"]] == list(ODD[:3])
    assert edit.removals["genre"] == list(ODD[3:])
    assert understood([edit_request.removal("actor", ODD)]).removals["actor"] == list(ODD)


def test_a_name_in_another_casing_is_not_removed():
    assert understood(edit_request.tag_list("genre", ("JANE",), ("Jane",))).removals == {}


def test_a_short_edit_is_one_request():
    found = edit_request.parameters(
        [Change("title", "", "T", "write"), Change("genres", (), ODD, "write")]
    )
    assert list(edit_request.requests_for(found)) == [found]


def test_a_long_edit_is_split_by_field_and_never_within_one():
    many = tuple(f"tag number {n}" for n in range(150))
    found = edit_request.parameters([
        Change("summary", "", "word " * 2000, "write"),
        Change("title", "", "T", "write"),
        Change("genres", ("gone",), many, "write"),
        Change("actors", (), many, "write"),
        Change("studio", "", "S", "write"),
    ])  # fmt: skip
    sent = list(edit_request.requests_for(found))
    owners = [{name.partition(".")[0].partition("[")[0] for name, _ in some} for some in sent]
    assert owners[0] >= {"title", "studio"}
    assert sum(map(len, owners)) == 5 == len(set().union(*owners))
    assert sorted(pair for some in sent for pair in some) == sorted(found)
    assert not any(
        edit_request.is_long(s) for s, fields in zip(sent, owners, strict=True) if len(fields) > 1
    )


def test_only_text_can_be_made_shorter():
    text = edit_request.parameters([Change("summary", "", "漢" * 5000, "write")])
    short = edit_request.shorter(text)
    assert short is not None
    assert not edit_request.is_long(short)
    assert dict(short)["summary.value"].endswith("漢…")
    tags = edit_request.parameters(
        [Change("genres", (), tuple("x" * 99 + str(n) for n in range(99)), "write")]
    )
    assert edit_request.is_long(tags)
    assert edit_request.shorter(tags) is None


def test_what_is_left_over_of_a_removal():
    change = Change("genres", ("a", "B", "c"), ("c",), "write")
    assert edit_request.left_over(change, ("b", "c", "d")) == ["B"]
    assert edit_request.left_over(change, ("c",)) == []


@pytest.mark.parametrize("name", ODD)
def test_the_double_encoding_is_of_plex_not_of_ours(name):
    """The value of the query, decoded once as HTTP does, still holds the encoded name."""
    (pair,) = parse_qsl(urlencode([edit_request.removal("genre", [name])], quote_via=quote))
    assert pair == ("genre[].tag.tag-", quote(name, safe=""))

"""Which image an item is to show: looked at when that may have changed, decided by one table."""

from __future__ import annotations

import hashlib

import pytest

from plex.fields.item import KINDS, POSTER, Item
from plex.images import covers
from plex.images.images import picture
from plex.plan.plan import Rules
from plex.state.entry import Entry, ImageRecord

DATA, OTHER, THEIRS = b"cover", b"other", b"theirs"
SHA, OTHER_SHA = (hashlib.sha1(data).hexdigest() for data in (DATA, OTHER))
USUAL, HELD = Rules(), frozenset({"thumb"})


def item(*locks: str, shown: str = "/t") -> Item:
    return Item(1, 1, (), {}, frozenset(locks), {"thumb": shown, "art": shown})


def entry(kind=POSTER, *past, **more) -> Entry:
    return Entry(1, 1, **more).with_image(kind.field, ImageRecord(*past))


def locked(kind) -> Rules:
    return Rules(locked=frozenset({kind.lock}))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("version", "past", "due"),
    [
        ("7", (), True),
        ("7", ("7",), False),
        ("8", ("7",), True),
        ("7", ("7~",), False),
        ("8", ("7~",), True),
        ("7 2:3", ("7",), True),
        ("7", ("7 2:3~",), True),
        ("7 2:3", ("7 2:3~!",), True),
        ("7 2:3", ("7 2:3~",), False),
        ("7", ("7", "", True), True),
        ("", (), True),
    ],
)
def test_the_cover_is_looked_at_when_its_version_moved(kind, version, past, due):
    assert covers.is_due(kind, version, item(), entry(kind, *past), USUAL) is due


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("past", "how", "lock", "due"),
    [
        pytest.param(("7!",), {}, True, False, id="kept by a lock"),
        pytest.param(("7!",), {}, False, True, id="the lock was taken off"),
        pytest.param(("7!",), {"on_edit": "stash"}, True, True, id="it counts no more"),
        pytest.param((), {"fill_only": True}, True, False, id="preserved"),
        pytest.param((), {"fill_only": True}, False, True, id="a frame of the video"),
        pytest.param(("7", SHA), {}, False, False, id="moved in Plex, an edit stands"),
        pytest.param(("7", SHA), {"on_edit": "plex"}, False, False, id="for ever"),
        pytest.param(("7", SHA), {"on_edit": "stash"}, False, True, id="a mirror"),
        pytest.param(("7", SHA), {"on_edit": "ask"}, False, True, id="to be asked"),
        pytest.param(("7", SHA, False, "/t"), {"on_edit": "ask"}, False, False, id="not moved"),
    ],
)  # fmt: skip
def test_a_moved_image_is_checked_at_once(kind, past, how, lock, due):
    rules = Rules(**how, locked=frozenset({kind.lock} if lock else ()))
    assert covers.is_due(kind, "7", item(), entry(kind, *past), rules) is due


@pytest.mark.parametrize(
    ("version", "now", "lags"),
    [("100", 100.5, True), ("100 2:3", 102.9, True), ("100", 103, False), ("", 100, False), ("x", 100, False)],
)  # fmt: skip
def test_a_look_within_the_same_second_is_not_the_last(version, now, lags):
    assert covers.may_lag(ImageRecord(covers.seen(version, now))) is lags


@pytest.mark.parametrize(
    ("data", "known", "same"),
    [
        (DATA, entry(POSTER, "", SHA), True),
        (OTHER, entry(POSTER, "", SHA), False),
        (DATA, entry(), False),
        (DATA, entry(POSTER, "", SHA, True), False),
        (DATA, entry(POSTER, "", SHA, asked=("poster",)), False),
    ],
)
def test_the_very_bytes_of_the_last_time_are_not_thought_about_again(data, known, same):
    found = covers.as_before(picture(POSTER, data), "100", item(), known, USUAL)
    assert bool(found) is same


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("known", "shows", "lock", "expected"),
    [
        ("never uploaded", None, False, "write write write write"),
        ("never uploaded", THEIRS, True, "locked repair locked locked"),
        ("never uploaded", DATA, True, "- - - -"),
        ("ours", OTHER, False, "write write write write"),
        ("ours", THEIRS, False, "write repair drifted conflict"),
        ("begun", THEIRS, False, "write repair drifted conflict"),
        ("begun", DATA, False, "- - - -"),
    ],
)
def test_an_image_is_decided_by_the_table_of_all_fields(kind, known, shows, lock, expected):
    entries = {
        "never uploaded": entry(kind),
        "ours": entry(kind, "7", OTHER_SHA),
        "begun": entry(kind, "7", OTHER_SHA, True),
    }
    key = picture(kind, shows).key if shows else ""
    decisions = [
        covers.decided(
            picture(kind, DATA), "7", key, entries[known],
            Rules(one, locked=frozenset({kind.lock} if lock else ())),
        )
        for one in ("newest", "stash", "plex", "ask")
    ]  # fmt: skip
    assert [one.change.why if one.change else "-" for one in decisions] == expected.split()
    assert [bool(one.picture) for one in decisions] == [
        why in ("write", "repair") for why in expected.split()
    ]


def test_preserving_keeps_an_image_that_was_picked_after_ours():
    key, rules = picture(POSTER, THEIRS).key, Rules(fill_only=True)
    found = covers.decided(picture(POSTER, DATA), "7", key, entry(POSTER, "7", OTHER_SHA), rules)
    assert found.change and found.change.why == "preserved"


@pytest.mark.parametrize("kind", KINDS)
def test_a_frame_of_the_video_is_nobodys_choice_unless_somebody_locked_it(kind):
    offered = {"media://frame": True, picture(kind, DATA).key: False}
    assert covers.shown_key(kind, offered, USUAL) == ""
    assert covers.shown_key(kind, offered, locked(kind)) == "media://frame"

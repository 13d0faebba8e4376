"""Posters: uploaded once, only when the bytes changed."""

from __future__ import annotations

import hashlib

import pytest

from plex import images
from plex.item import Item
from plex.ledger import Entry
from plex.plan import Rules

DATA, OTHER = b"cover", b"other"
SHA, OTHER_SHA = (hashlib.sha1(data).hexdigest() for data in (DATA, OTHER))


class Plex:
    """One item's posters."""

    def __init__(self, *known: bytes) -> None:
        self.known = [images.poster(data).key for data in known]
        self.shown = self.known[-1] if known else ""
        self.done: list[str] = []

    def posters(self, rating_key: int) -> dict[str, bool]:
        self.done.append("list")
        return {key: key == self.shown for key in self.known}

    def upload_poster(self, rating_key: int, image: bytes) -> None:
        self.done.append("upload")

    def select_poster(self, rating_key: int, key: str) -> None:
        self.done.append("select")


def item(*locks: str, thumb: str = "/t") -> Item:
    return Item(1, 1, (), {}, frozenset(locks), thumb)


@pytest.mark.parametrize(
    ("plex", "entry", "done"),
    [
        pytest.param(Plex(), Entry(1, 1), ["upload"], id="never uploaded: no need to ask"),
        pytest.param(Plex(OTHER), Entry(1, 1, poster=OTHER_SHA), ["list", "upload"], id="changed"),
        pytest.param(Plex(DATA), Entry(1, 1, poster_begun=True), ["list"], id="answer was lost"),
        pytest.param(Plex(), Entry(1, 1, poster_begun=True), ["list", "upload"], id="killed before"),
        pytest.param(Plex(DATA, OTHER), Entry(1, 1, poster=OTHER_SHA), ["list", "select"], id="an earlier one again"),
    ],
)  # fmt: skip
def test_an_upload_is_never_made_twice(plex, entry, done):
    images.show(plex, 1, images.poster(DATA), images.known(plex, item(), entry))
    assert plex.done == done


USUAL = Rules()


@pytest.mark.parametrize(
    ("version", "entry", "due"),
    [
        ("7", Entry(1, 1), True),
        ("7", Entry(1, 1, cover_version="7"), False),
        ("8", Entry(1, 1, cover_version="7"), True),
        ("7", Entry(1, 1, cover_version="7~"), False),
        ("8", Entry(1, 1, cover_version="7~"), True),
        ("7", Entry(1, 1, cover_version="7", poster_begun=True), True),
        ("", Entry(1, 1, cover_version=""), True),
    ],
)
def test_the_cover_is_looked_at_when_its_version_moved(version, entry, due):
    assert images.is_due(version, item(), entry, USUAL) is due


HELD = frozenset({"thumb"})


@pytest.mark.parametrize(
    ("entry", "rules", "due"),
    [
        pytest.param(Entry(1, 1, cover_version="7!"), Rules(locked=HELD), False, id="kept by a lock"),
        pytest.param(Entry(1, 1, cover_version="7!"), USUAL, True, id="the lock was taken off"),
        pytest.param(Entry(1, 1, cover_version="7!"), Rules("stash", locked=HELD), True, id="it counts no more"),
        pytest.param(Entry(1, 1), Rules(fill_only=True, locked=HELD), False, id="preserved"),
        pytest.param(Entry(1, 1, cover_version="7", poster=SHA), USUAL, False, id="moved in Plex, an edit stands"),
        pytest.param(Entry(1, 1, cover_version="7", poster=SHA), Rules("plex"), False, id="for ever"),
        pytest.param(Entry(1, 1, cover_version="7", poster=SHA), Rules("stash"), True, id="a mirror"),
        pytest.param(Entry(1, 1, cover_version="7", poster=SHA), Rules("ask"), True, id="to be asked"),
        pytest.param(Entry(1, 1, cover_version="7", poster=SHA, thumb="/t"), Rules("ask"), False, id="not moved"),
    ],
)  # fmt: skip
def test_where_an_edit_matters_at_once_a_poster_that_moved_is_looked_at(entry, rules, due):
    assert images.is_due("7", item(), entry, rules) is due


def look(data, entry, plex=None, rules=USUAL, version="100", now=200.0):
    return images.look(plex or Plex(), data, version, item(), entry, rules, now)[0]


@pytest.mark.parametrize(
    ("data", "entry", "poster"),
    [
        (DATA, Entry(1, 1), SHA),
        (DATA, Entry(1, 1, poster=SHA), None),
        (OTHER, Entry(1, 1, poster=SHA), OTHER_SHA),
        (DATA, Entry(1, 1, poster=SHA, poster_begun=True), SHA),
        (None, Entry(1, 1, poster=SHA), None),
    ],
)
def test_only_other_bytes_go_to_plex(data, entry, poster):
    found = look(data, entry)
    assert found.done
    assert (found.poster.sha1 if found.poster else None) == poster


@pytest.mark.parametrize(
    ("version", "now", "lags"),
    [("100", 100.5, True), ("100", 102.9, True), ("100", 103, False), ("", 100, False), ("x", 100, False)],
)  # fmt: skip
def test_a_look_within_the_same_second_is_not_the_last(version, now, lags):
    found = look(DATA, Entry(1, 1), version=version, now=now)
    assert images.may_lag(Entry(1, 1, cover_version=found.version)) is lags


OURS = Entry(1, 1, cover_version="7", poster=OTHER_SHA)
THEIRS = b"theirs"


@pytest.mark.parametrize(
    ("entry", "shows", "locked", "expected"),
    [
        ("never uploaded", None, (), "write write write write"),
        ("never uploaded", THEIRS, HELD, "locked repair locked locked"),
        ("never uploaded", DATA, HELD, "- - - -"),
        ("ours", OTHER, (), "write write write write"),
        ("ours", THEIRS, (), "write repair drifted conflict"),
        ("begun", THEIRS, (), "write repair drifted conflict"),
        ("begun", DATA, (), "- - - -"),
    ],
)
def test_a_poster_is_decided_by_the_table_of_all_fields(entry, shows, locked, expected):
    known = {"never uploaded": Entry(1, 1), "ours": OURS, "begun": OURS.but(poster_begun=True)}
    key = images.poster(shows).key if shows else ""
    decisions = [
        images.decided(images.poster(DATA), "7", key, known[entry], Rules(one, locked=frozenset(locked)))
        for one in ("newest", "stash", "plex", "ask")
    ]  # fmt: skip
    assert [one.change.why if one.change else "-" for one in decisions] == expected.split()
    assert [bool(one.poster) for one in decisions] == [
        why in ("write", "repair") for why in expected.split()
    ]


def test_preserving_keeps_a_poster_that_was_picked_after_ours():
    key, rules = images.poster(THEIRS).key, Rules(fill_only=True)
    found = images.decided(images.poster(DATA), "7", key, OURS, rules)
    assert found.change and found.change.why == "preserved"


def test_a_frame_of_the_video_is_nobodys_choice_unless_somebody_locked_it():
    offered = {"media://frame": True, images.poster(DATA).key: False}
    assert images.shown(offered, USUAL) == ""
    assert images.shown(offered, Rules(locked=HELD)) == "media://frame"

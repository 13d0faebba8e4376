"""Posters: uploaded once, only when the bytes changed."""

from __future__ import annotations

import hashlib

import pytest

from plex import images
from plex.item import Item
from plex.ledger import Entry

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
    offered = images.known(plex, Item(1, 1, (), {}), entry)
    images.show(plex, 1, images.poster(DATA), offered)
    assert plex.done == done


@pytest.mark.parametrize(
    ("version", "entry", "must"),
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
def test_the_cover_is_looked_at_when_its_version_moved(version, entry, must):
    assert images.must_look(version, entry) is must


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
    found = images.look(data, "100", entry, now=200)
    assert found.done
    assert (found.poster.sha1 if found.poster else None) == poster


@pytest.mark.parametrize(
    ("version", "now", "lags"),
    [("100", 100.5, True), ("100", 102.9, True), ("100", 103, False), ("", 100, False), ("x", 100, False)],
)  # fmt: skip
def test_a_look_within_the_same_second_is_not_the_last(version, now, lags):
    found = images.look(DATA, version, Entry(1, 1), now)
    assert images.may_lag(Entry(1, 1, cover_version=found.version)) is lags


@pytest.mark.parametrize(
    ("thumb", "locks", "entry", "fill_only", "may"),
    [
        ("/t", {"thumb"}, Entry(1, 1), False, True),
        ("/t", {"thumb"}, Entry(1, 1), True, False),
        ("/t", set(), Entry(1, 1), True, True),
        ("", {"thumb"}, Entry(1, 1), True, True),
        ("/t", {"thumb"}, Entry(1, 1, poster=SHA), True, True),
    ],
)
def test_a_poster_that_a_person_chose_can_be_preserved(thumb, locks, entry, fill_only, may):
    item = Item(1, 1, (), {}, frozenset(locks), thumb)
    assert images.may_show(item, entry, fill_only) is may

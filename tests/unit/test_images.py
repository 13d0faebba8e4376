"""Posters: uploaded once, only when the bytes changed."""

from __future__ import annotations

import hashlib

import pytest

from plex import images
from plex.images import POSTER, Kind
from plex.item import Item
from plex.ledger import Past

DATA, OTHER = b"cover", b"other"
SHA, OTHER_SHA = (hashlib.sha1(data).hexdigest() for data in (DATA, OTHER))


class Plex:
    """One item's posters."""

    def __init__(self, *known: bytes) -> None:
        self.known = [images.picture(POSTER, data).key for data in known]
        self.shown = self.known[-1] if known else ""
        self.done: list[str] = []

    def images(self, rating_key: int, kind: Kind) -> dict[str, bool]:
        self.done.append("list")
        return {key: key == self.shown for key in self.known}

    def upload_image(self, rating_key: int, kind: Kind, data: bytes) -> None:
        self.done.append("upload")

    def select_image(self, rating_key: int, kind: Kind, key: str) -> None:
        self.done.append("select")


@pytest.mark.parametrize(
    ("plex", "past", "done"),
    [
        pytest.param(Plex(), Past(), ["upload"], id="never uploaded: no need to ask"),
        pytest.param(Plex(OTHER), Past("", OTHER_SHA), ["list", "upload"], id="changed"),
        pytest.param(Plex(DATA), Past(begun=True), ["list"], id="answer was lost"),
        pytest.param(Plex(), Past(begun=True), ["list", "upload"], id="killed before"),
        pytest.param(Plex(DATA, OTHER), Past("", OTHER_SHA), ["list", "select"], id="an earlier one again"),
    ],
)  # fmt: skip
def test_an_upload_is_never_made_twice(plex, past, done):
    offered = images.known(plex, Item(1, 1, (), {}), POSTER, past)
    images.show(plex, 1, images.picture(POSTER, DATA), offered)
    assert plex.done == done


@pytest.mark.parametrize(
    ("version", "past", "must"),
    [
        ("7", Past(), True),
        ("7", Past("7"), False),
        ("8", Past("7"), True),
        ("7", Past("7~"), False),
        ("8", Past("7~"), True),
        ("7 2:3", Past("7"), True),
        ("7", Past("7 2:3~"), True),
        ("7 2:3", Past("7 2:3~"), False),
        ("7", Past("7", begun=True), True),
        ("", Past(), True),
    ],
)
def test_the_cover_is_looked_at_when_its_version_moved(version, past, must):
    assert images.must_look(version, past) is must


@pytest.mark.parametrize(
    ("data", "past", "shown"),
    [
        (DATA, Past(), SHA),
        (DATA, Past("", SHA), None),
        (OTHER, Past("", SHA), OTHER_SHA),
        (DATA, Past("", SHA, True), SHA),
        (None, Past("", SHA), None),
    ],
)
def test_only_other_bytes_go_to_plex(data, past, shown):
    found = images.look(data, POSTER, "100", past, now=200)
    assert (found.picture.sha1 if found.picture else None) == shown


@pytest.mark.parametrize(
    ("version", "now", "lags"),
    [("100", 100.5, True), ("100 2:3", 102.9, True), ("100", 103, False), ("", 100, False), ("x", 100, False)],
)  # fmt: skip
def test_a_look_within_the_same_second_is_not_the_last(version, now, lags):
    found = images.look(DATA, POSTER, version, Past(), now)
    assert images.may_lag(Past(found.version)) is lags


@pytest.mark.parametrize("kind", images.KINDS)
@pytest.mark.parametrize(
    ("shown", "locked", "past", "fill_only", "may"),
    [
        ("/t", True, Past(), False, True),
        ("/t", True, Past(), True, False),
        ("/t", False, Past(), True, True),
        ("", True, Past(), True, True),
        ("/t", True, Past("", SHA), True, True),
    ],
)
def test_an_image_that_a_person_chose_can_be_preserved(kind, shown, locked, past, fill_only, may):
    locks = frozenset({kind.lock} if locked else ())
    item = Item(1, 1, (), {}, locks, {kind.lock: shown})
    assert images.may_show(item, kind, past, fill_only) is may


def test_plex_names_an_image_by_its_kind_and_its_bytes():
    assert images.picture(images.BACKGROUND, DATA).key == f"upload://arts/{SHA}"

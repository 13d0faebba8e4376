"""Posters: uploaded once, only when the bytes changed."""

from __future__ import annotations

import hashlib

import pytest

from plex.fields.item import BACKGROUND, POSTER, Item, Kind
from plex.images import images
from plex.state.entry import ImageRecord

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
        pytest.param(Plex(), ImageRecord(), ["upload"], id="never uploaded: no need to ask"),
        pytest.param(Plex(OTHER), ImageRecord("", OTHER_SHA), ["list", "upload"], id="changed"),
        pytest.param(Plex(DATA), ImageRecord(begun=True), ["list"], id="answer was lost"),
        pytest.param(Plex(), ImageRecord(begun=True), ["list", "upload"], id="killed before"),
        pytest.param(Plex(DATA, OTHER), ImageRecord("", OTHER_SHA), ["list", "select"], id="an earlier one again"),
    ],
)  # fmt: skip
def test_an_upload_is_never_made_twice(plex, past, done):
    offered = images.known(plex, Item(1, 1, (), {}), POSTER, past)
    images.show(plex, 1, images.picture(POSTER, DATA), offered)
    assert plex.done == done


def test_plex_names_an_image_by_its_kind_and_its_bytes():
    assert images.picture(BACKGROUND, DATA).key == f"upload://arts/{SHA}"

"""Poster: has the cover changed since we uploaded it, and how does it get into Plex, once."""

import hashlib
from dataclasses import dataclass
from typing import Protocol

from plex.item import Item
from plex.ledger import Entry


class Posters(Protocol):
    """What images asks of Plex."""

    def posters(self, rating_key: int) -> dict[str, bool]: ...
    def upload_poster(self, rating_key: int, image: bytes) -> None: ...
    def select_poster(self, rating_key: int, key: str) -> None: ...


@dataclass(frozen=True)
class Poster:
    """An image that Plex is to show; `sha1` is also Plex's name for it."""

    data: bytes
    sha1: str

    @property
    def key(self) -> str:
        return f"upload://posters/{self.sha1}"


def poster(data: bytes) -> Poster:
    return Poster(data, hashlib.sha1(data, usedforsecurity=False).hexdigest())


def must_look(cover_version: str, entry: Entry) -> bool:
    """Whether the cover has to be downloaded to know if it changed."""
    return entry.poster_begun or not cover_version or cover_version != entry.cover_version


def may_show(item: Item, entry: Entry, fill_only: bool) -> bool:
    """Whether the poster is ours to set: with `fill_only` not where Plex shows one already."""
    return not fill_only or bool(entry.poster) or not item.thumb


def show(plex: Posters, rating_key: int, image: Poster, entry: Entry) -> None:
    """Make Plex show the image. Uploads can never be deleted, so none is made twice.

    Only after an earlier upload, or one whose answer was lost, can Plex have the bytes already.
    """
    if entry.poster or entry.poster_begun:
        known = plex.posters(rating_key)
        if image.key in known:
            if not known[image.key]:
                plex.select_poster(rating_key, image.key)
            return
    plex.upload_poster(rating_key, image.data)

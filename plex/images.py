"""Poster: has the cover changed since we uploaded it, and how does it get into Plex, once."""

import hashlib
from dataclasses import dataclass
from typing import NamedTuple, Protocol

import errors
from plex.item import Item
from plex.ledger import Entry
from plex.once import once

SETTLED = 3.0  # seconds
FRESH = "~"  # at the end of a version: looked at within that time


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


class Look(NamedTuple):
    """What a look at the cover found: the poster to show, if any, and the version looked at."""

    done: bool
    version: str = ""
    poster: "Poster | None" = None


NOT_LOOKED = Look(False)


def look(data: "bytes | None", version: str, entry: Entry, now: float) -> Look:
    """Whether these bytes have to go to Plex: not if we uploaded the very same last time."""
    found = poster(data) if data else None
    if found and found.sha1 == entry.poster and not entry.poster_begun:
        found = None
    # The version is a time in whole seconds: in the same second another cover may follow.
    fresh = version.isdigit() and now - int(version) < SETTLED
    return Look(True, version + FRESH if fresh else version, found)


def poster(data: bytes) -> Poster:
    return Poster(data, hashlib.sha1(data, usedforsecurity=False).hexdigest())


def must_look(cover_version: str, entry: Entry) -> bool:
    """Whether the cover has to be downloaded to know if it changed."""
    return (
        entry.poster_begun
        or not cover_version
        or cover_version != entry.cover_version.removesuffix(FRESH)
    )


def may_lag(entry: Entry) -> bool:
    """Whether the last look came so soon that the same version may stand for another cover.

    That change has an event of its own: a sync looks again, a reconciliation need not.
    """
    return entry.cover_version.endswith(FRESH)


def may_show(item: Item, entry: Entry, fill_only: bool) -> bool:
    """Whether the poster is ours to set: with `fill_only` not where a person chose one.

    Plex shows a frame of the video by itself; whoever picks a poster there locks it.
    """
    return not fill_only or bool(entry.poster) or not (item.thumb and "thumb" in item.locks)


def known(plex: Posters, item: Item, entry: Entry) -> "dict[str, bool] | None":
    """What Plex offers for the item, if it matters: after an earlier upload, or one whose answer
    was lost, it can have the bytes already; and what a person picked has to be known for an undo."""
    if entry.poster or entry.poster_begun or "thumb" in item.locks:
        return plex.posters(item.rating_key)
    return None


def show(plex: Posters, rating_key: int, image: Poster, offered: "dict[str, bool] | None") -> None:
    """Make Plex show the image. Uploads can never be deleted, so none is made twice."""
    if offered and _picked(plex, rating_key, image, offered):
        return
    once(
        lambda: plex.upload_poster(rating_key, image.data),
        lambda: _picked(plex, rating_key, image, plex.posters(rating_key)),
        doubts=(errors.Lost, errors.Busy),
    )


def _picked(plex: Posters, rating_key: int, image: Poster, offered: dict[str, bool]) -> bool:
    """Whether Plex has the bytes; it shows them then."""
    if image.key in offered and not offered[image.key]:
        once(
            lambda: plex.select_poster(rating_key, image.key),
            lambda: plex.posters(rating_key).get(image.key, False),
        )
    return image.key in offered

"""Posters and backgrounds: has the cover changed since we uploaded it, and how does it get into
Plex, once."""

import hashlib
from dataclasses import dataclass
from typing import NamedTuple, Protocol

import errors
from plex import fields
from plex.item import Item
from plex.ledger import Past
from plex.once import once

SETTLED = 3.0  # seconds
FRESH = "~"  # at the end of a version: looked at within that time


class Kind(NamedTuple):
    """One kind of image: our name of the field, and what Plex calls it where."""

    field: str
    lock: str  # also the attribute of an item
    one: str
    many: str


POSTER = Kind(fields.POSTER, "thumb", "poster", "posters")
BACKGROUND = Kind(fields.BACKGROUND, "art", "art", "arts")
KINDS = (POSTER, BACKGROUND)
BY_FIELD = {kind.field: kind for kind in KINDS}


class Images(Protocol):
    """What is asked of Plex."""

    def images(self, rating_key: int, kind: Kind) -> dict[str, bool]: ...
    def upload_image(self, rating_key: int, kind: Kind, data: bytes) -> None: ...
    def select_image(self, rating_key: int, kind: Kind, key: str) -> None: ...


@dataclass(frozen=True)
class Picture:
    """An image that Plex is to show; `sha1` is also Plex's name for it."""

    kind: Kind
    data: bytes
    sha1: str

    @property
    def key(self) -> str:
        return f"upload://{self.kind.many}/{self.sha1}"


class Look(NamedTuple):
    """What a look at the cover found: the picture to show, if any, and the version looked at."""

    version: str = ""
    picture: "Picture | None" = None


def look(data: "bytes | None", kind: Kind, version: str, past: Past, now: float) -> Look:
    """Whether these bytes have to go to Plex: not if we uploaded the very same last time."""
    found = picture(kind, data) if data else None
    if found and found.sha1 == past.sha1 and not past.begun:
        found = None
    # The version begins with a time in whole seconds: in the same second another may follow.
    time = version.partition(" ")[0]
    fresh = time.isdigit() and now - int(time) < SETTLED
    return Look(version + FRESH if fresh else version, found)


def picture(kind: Kind, data: bytes) -> Picture:
    return Picture(kind, data, hashlib.sha1(data, usedforsecurity=False).hexdigest())


def must_look(version: str, past: Past) -> bool:
    """Whether the cover has to be downloaded to know if it changed."""
    return past.begun or not version or version != past.version.removesuffix(FRESH)


def may_lag(past: Past) -> bool:
    """Whether the last look came so soon that the same version may stand for another cover.

    That change has an event of its own: a sync looks again, a reconciliation need not.
    """
    return past.version.endswith(FRESH)


def may_show(item: Item, kind: Kind, past: Past, fill_only: bool) -> bool:
    """Whether the image is ours to set: with `fill_only` not where a person chose one.

    Plex shows a frame of the video by itself; whoever picks a poster there locks it.
    """
    theirs = item.images.get(kind.lock) and kind.lock in item.locks
    return not fill_only or bool(past.sha1) or not theirs


def known(plex: Images, item: Item, kind: Kind, past: Past) -> "dict[str, bool] | None":
    """What Plex offers for the item, if it matters: after an earlier upload, or one whose answer
    was lost, it can have the bytes already; and what a person picked has to be known for an undo."""
    if past.sha1 or past.begun or kind.lock in item.locks:
        return plex.images(item.rating_key, kind)
    return None


def show(plex: Images, rating_key: int, image: Picture, offered: "dict[str, bool] | None") -> None:
    """Make Plex show the image. Uploads can never be deleted, so none is made twice."""
    kind = image.kind
    if offered and _picked(plex, rating_key, image, offered):
        return
    once(
        lambda: plex.upload_image(rating_key, kind, image.data),
        lambda: _picked(plex, rating_key, image, plex.images(rating_key, kind)),
        doubts=(errors.Lost, errors.Busy),
    )


def _picked(plex: Images, rating_key: int, image: Picture, offered: dict[str, bool]) -> bool:
    """Whether Plex has the bytes; it shows them then."""
    kind = image.kind
    if image.key in offered and not offered[image.key]:
        once(
            lambda: plex.select_image(rating_key, kind, image.key),
            lambda: plex.images(rating_key, kind).get(image.key, False),
        )
    return image.key in offered

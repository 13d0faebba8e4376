"""Poster: has the cover changed since we uploaded it, and how does it get into Plex, once."""

import hashlib
from dataclasses import dataclass, replace
from typing import NamedTuple, Protocol

import errors
from plex.baseline import settled
from plex.fields import POSTER, Field
from plex.item import Item
from plex.ledger import Entry
from plex.once import once
from plex.plan import ASK, LOCKED, PLEX, STASH, Change, Rules, scalar
from plex.written import SCALAR, Written

FIELD = Field(POSTER, "text", "thumb")  # decided like one: its value is Plex's key of the image
UPLOADED = "upload://"
SETTLED = 3.0  # seconds
FRESH = "~"  # at the end of a version: looked at within that time
HELD = "!"  # at the end of a version: a person's lock kept the cover from being shown


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
        return f"{UPLOADED}posters/{self.sha1}"


class Look(NamedTuple):
    """What a look at the cover found.

    `poster` is to be shown; `sha1` is that of the image of ours that Plex shows then; `wanted` is
    the key of the cover. `change` says why Plex gets it, or keeps another. `chosen` is what is
    known of a poster that a person decided for.
    """

    done: bool
    version: str = ""
    poster: "Poster | None" = None
    sha1: str = ""
    wanted: str = ""
    change: "Change | None" = None
    chosen: "Written | None" = None

    @property
    def is_kept(self) -> bool:
        """Whether Plex goes on showing another."""
        return self.change is not None and not self.change.writes


NOT_LOOKED = Look(False)


def poster(data: bytes) -> Poster:
    return Poster(data, hashlib.sha1(data, usedforsecurity=False).hexdigest())


def is_due(cover_version: str, item: Item, entry: Entry, rules: Rules) -> bool:
    """Whether the cover has to be downloaded to know if the poster is right."""
    if rules.fill_only and not entry.poster and item.thumb and rules.holds(FIELD):
        return False  # somebody chose it; Plex shows a frame of the video by itself
    seen = entry.cover_version
    released = seen.endswith(HELD) and (rules.policy == STASH or not rules.holds(FIELD))
    moved = not cover_version or cover_version != seen.rstrip(FRESH + HELD)
    return entry.poster_begun or moved or released or may_be_edited(item, entry, rules)


def may_be_edited(item: Item, entry: Entry, rules: Rules) -> bool:
    """Whether a person may have picked another poster since, where that matters at once."""
    return bool(entry.poster) and rules.policy in (STASH, ASK) and item.thumb != entry.thumb


def may_lag(entry: Entry) -> bool:
    """Whether the last look came so soon that the same version may stand for another cover.

    That change has an event of its own: a sync looks again, a reconciliation need not.
    """
    return FRESH in entry.cover_version


def look(
    plex: Posters, data: "bytes | None", version: str, item: Item, entry: Entry, rules: Rules,
    now: float,
) -> tuple[Look, "dict[str, bool] | None"]:  # fmt: skip
    """What is to become of the poster, and what Plex offers for it if that was asked."""
    # The version is a time in whole seconds: in the same second another cover may follow.
    version += FRESH if version.isdigit() and now - int(version) < SETTLED else ""
    if data is None:
        return Look(True, version), None
    image = poster(data)
    as_before = image.sha1 == entry.poster and not entry.poster_begun
    if as_before and not (may_be_edited(item, entry, rules) or POSTER in entry.asked):
        return Look(True, version, sha1=entry.poster if item.thumb == entry.thumb else ""), None
    offered = known(plex, item, entry)
    return decided(image, version, shown(offered, rules), entry, rules), offered


def decided(image: Poster, version: str, cur: str, entry: Entry, rules: Rules) -> Look:
    """The decision about the image, by the table of all fields; `cur` is the key of what is shown."""
    base, chosen = _base(image, entry), None
    decision = entry.decided.get(POSTER)
    if decision and decision.fits(FIELD, cur, image.key):
        base = settled(FIELD, base, decision)
        chosen = base if decision.side == PLEX else None
        if decision.side == STASH:
            rules = replace(rules, locked=rules.locked - {FIELD.wire})
    change = scalar(FIELD, base, cur, image.key, rules)
    if change and not change.writes:
        kept = version + HELD if change.why == LOCKED else version
        return Look(True, kept, wanted=image.key, change=change, chosen=chosen)
    return Look(True, version, image if change else None, image.sha1, image.key, change)


def shown(offered: "dict[str, bool] | None", rules: Rules) -> str:
    """The key of the poster that somebody uploaded or picked; '' for Plex's own."""
    key = next((key for key, selected in (offered or {}).items() if selected), "")
    return key if key.startswith(UPLOADED) or rules.holds(FIELD) else ""


def _base(image: Poster, entry: Entry) -> "Written | None":
    """The ledger's words about the poster in those of a field."""
    ours = f"{UPLOADED}posters/{entry.poster}" if entry.poster else ""
    if entry.poster_begun:
        return Written(image.key, ours, SCALAR if ours else (), begun=True)
    if POSTER in entry.baseline:
        return entry.baseline[POSTER]
    return Written(ours, ours, SCALAR) if ours else None


def remembered(entry: Entry, one: Look, thumb: str) -> Entry:
    """The entry after a look; `thumb` is Plex's address of what it shows now."""
    left = {name: base for name, base in entry.baseline.items() if name != POSTER}
    if one.chosen or (one.is_kept and POSTER in entry.baseline):
        left[POSTER] = one.chosen or entry.baseline[POSTER]
    ours = bool(one.poster) or bool(one.sha1 and not entry.poster)
    locks = entry.locks | {FIELD.wire} if ours and entry.locks is not None else entry.locks
    return entry.but(
        baseline=left,
        locks=locks,
        cover_version=one.version,
        poster=one.sha1 or entry.poster,
        poster_begun=False,
        thumb=thumb if one.sha1 or one.chosen or POSTER in left else entry.thumb,
    )


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

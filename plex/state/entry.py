"""What the ledger knows of one item, and how a row of it keeps that. Pure."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from plex.fields.registry import BACKGROUND, POSTER, Value
from plex.plan.baseline import Decision
from plex.plan.last_written import Written
from plex.state import file_id
from plex.state.file_id import FileIds

# Where an entry keeps what it knows of an image.
_IMAGES = {
    POSTER: ("cover_version", "poster", "poster_begun", "poster_shown"),
    BACKGROUND: ("art_version", "art", "art_begun", "art_shown"),
}


class ImageRecord(NamedTuple):
    """What we know of one image of an item: the version of the cover that was looked at, and the
    SHA-1 that we uploaded; `begun`: not yet confirmed; `shown`: Plex's address of what the item
    shows, when it showed ours."""

    version: str = ""
    sha1: str = ""
    begun: bool = False
    shown: str = ""


@dataclass(frozen=True)
class Entry:
    """One item's row. Of the poster and the background (`art`) it is better asked by `past`.

    A `scene_id` of 0 means that the scene is gone from Stash: what we wrote is known all the same.
    `locks` are those on the item that are ours, by Plex's names; None when that was not remembered
    yet. `files` are those that the item had; with none of them it is another item. `asked` names
    the fields that wait for a person's decision, `decided` those that have it.
    """

    rating_key: int
    scene_id: int
    baseline: Mapping[str, Written] = field(default_factory=dict)
    cover_version: str = ""
    poster: str = ""
    poster_begun: bool = False
    synced: float = 0.0
    locks: "frozenset[str] | None" = frozenset()
    asked: tuple[str, ...] = ()
    decided: Mapping[str, Decision] = field(default_factory=dict)
    poster_shown: str = ""
    art_version: str = ""
    art: str = ""
    art_begun: bool = False
    art_shown: str = ""
    files: FileIds = ()

    def image(self, image: str) -> ImageRecord:
        return ImageRecord(*(getattr(self, name) for name in _IMAGES[image]))

    def with_image(self, image: str, past: ImageRecord) -> "Entry":
        return self.but(**dict(zip(_IMAGES[image], past, strict=True)))

    def but(self, **changed: Any) -> "Entry":
        # As `replace` does, in a fifth of the time: this is asked for five times per scene.
        found = object.__new__(Entry)
        vars(found).update(vars(self), **changed)
        return found


COLUMNS = (
    "rating_key", "scene_id", "baseline", "cover_version", "poster", "poster_begun", "synced",
    "locks", "asked", "poster_shown", "art_version", "art", "art_begun", "art_shown", "files",
)  # fmt: skip


def row_of(entry: Entry) -> tuple[object, ...]:
    return (
        entry.rating_key,
        entry.scene_id,
        json.dumps({k: pack(w) for k, w in entry.baseline.items()}, ensure_ascii=False),
        entry.cover_version,
        entry.poster,
        int(entry.poster_begun),
        entry.synced,
        None if entry.locks is None else " ".join(sorted(entry.locks)),
        " ".join(entry.asked),
        entry.poster_shown,
        entry.art_version,
        entry.art,
        int(entry.art_begun),
        entry.art_shown,
        file_id.text(entry.files),
    )


def entry_of(row: tuple[Any, ...], decided: Mapping[str, Decision]) -> Entry:
    try:
        baseline = {name: unpack(packed) for name, packed in json.loads(row[2]).items()}
    except (ValueError, TypeError, AttributeError, IndexError):
        baseline = {}  # damaged: as if we had never written it
    found = dict(zip(COLUMNS, row, strict=True))
    locks = found["locks"]
    return Entry(**found | {
        "baseline": baseline, "decided": decided, "asked": names_of(found["asked"]),
        "locks": None if locks is None else frozenset(names_of(locks)),
        "poster_begun": bool(found["poster_begun"]), "art_begun": bool(found["art_begun"]),
        "files": file_id.from_text(found["files"]),
    })  # fmt: skip


def names_of(found: object) -> tuple[str, ...]:
    """Fields or locks, as one column keeps them."""
    return tuple(found.split()) if isinstance(found, str) else ()


def text_of(decision: Decision) -> str:
    return json.dumps(decision, ensure_ascii=False)


def decision_of(text: str) -> "Decision | None":
    try:
        side, current, wanted = json.loads(text)
    except (ValueError, TypeError):
        return None  # damaged: it is asked again
    return Decision(side, _value(current), _value(wanted))


def pack(written: Written) -> list[Any]:
    """[sent, got or null when Plex said the same, ours, begun, theirs], without empty tails."""
    got = None if written.got == written.sent else [written.got]
    packed: list[Any] = [written.sent, got, list(written.ours), int(written.begun)]
    packed.append(list(written.theirs))
    while packed and not packed[-1] and len(packed) > 1:
        packed.pop()
    return packed


def unpack(packed: list[Any]) -> Written:
    sent, got, ours, begun, theirs = packed + [None, [], 0, []][len(packed) - 1 :]
    was = _value(sent if got is None else got[0])
    return Written(_value(sent), was, tuple(ours), bool(begun), tuple(theirs))


def _value(found: Any) -> Value:
    return tuple(found) if isinstance(found, list) else found

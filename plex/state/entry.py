"""The ledger's entry of one item, and its row in the database. Pure."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from plex.fields.item import BY_FIELD, FileIds, file_ids_from, file_ids_text
from plex.fields.registry import BACKGROUND, BY_NAME, IMAGES, POSTER, Value
from plex.plan.baseline import Decision
from plex.plan.plan import Written

# The fields of an entry that hold the record of an image.
_IMAGES = {
    POSTER: ("cover_version", "poster", "poster_begun", "poster_shown"),
    BACKGROUND: ("art_version", "art", "art_begun", "art_shown"),
}


class ImageRecord(NamedTuple):
    """Our record of one image of an item.

    version  the version of the cover at the last check
    sha1     the SHA-1 of the image that we uploaded
    begun    the upload is not yet confirmed
    shown    Plex's address of the item's image, from when the item showed ours
    """

    version: str = ""
    sha1: str = ""
    begun: bool = False
    shown: str = ""


@dataclass(frozen=True)
class Entry:
    """One item. Use `image` for the record of the poster or the background (`art`).

    scene_id  the scene that the item shows; 0 if Stash no longer has the scene
    locks     our locks on the item, by Plex's names; None if they were not recorded
    files     the files of the item; an item with none of these files is another item
    asked     the fields that wait for a person's decision
    decided   a person's decisions that no sync has carried out yet
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

    def with_image(self, image: str, record: ImageRecord) -> "Entry":
        return self.but(**dict(zip(_IMAGES[image], record, strict=True)))

    def known(self, field: str) -> str:
        """Returns the ledger's knowledge of a field for the journal, as JSON; '' if there is none.
        `entry_history.restored` brings it back."""
        record: Any = None
        if field in IMAGES:
            image = self.image(field)
            record = list(image) if any(image) else None
        elif field in self.baseline:
            record = pack(self.baseline[field])
        own = self.locks is None or lock_of(field) in self.locks
        return json.dumps([record, int(own)], ensure_ascii=False) if record or own else ""

    def but(self, **changed: Any) -> "Entry":
        # Five times as fast as `dataclasses.replace`, and called five times per scene.
        copy = object.__new__(Entry)
        vars(copy).update(vars(self), **changed)
        return copy


COLUMNS = (
    "rating_key", "scene_id", "baseline", "cover_version", "poster", "poster_begun", "synced",
    "locks", "asked", "poster_shown", "art_version", "art", "art_begun", "art_shown", "files",
)  # fmt: skip


def row_of(entry: Entry) -> tuple[object, ...]:
    baseline = {name: pack(written) for name, written in entry.baseline.items()}
    values = vars(entry) | {
        "baseline": json.dumps(baseline, ensure_ascii=False), "asked": " ".join(entry.asked),
        "locks": None if entry.locks is None else " ".join(sorted(entry.locks)),
        "files": file_ids_text(entry.files),
    }  # fmt: skip
    return tuple(values[name] for name in COLUMNS)


def entry_of(row: tuple[Any, ...], decided: Mapping[str, Decision]) -> Entry:
    try:
        baseline = {name: unpack(packed) for name, packed in json.loads(row[2]).items()}
    except (ValueError, TypeError, AttributeError, IndexError):
        baseline = {}  # damaged: treated as never written
    values = dict(zip(COLUMNS, row, strict=True))
    locks = values["locks"]
    return Entry(**values | {
        "baseline": baseline, "decided": decided, "asked": names_of(values["asked"]),
        "locks": None if locks is None else frozenset(names_of(locks)),
        "poster_begun": bool(values["poster_begun"]), "art_begun": bool(values["art_begun"]),
        "files": file_ids_from(values["files"]),
    })  # fmt: skip


def names_of(column: object) -> tuple[str, ...]:
    """Returns the names of fields or locks in a column."""
    return tuple(column.split()) if isinstance(column, str) else ()


def text_of(decision: Decision) -> str:
    return json.dumps(decision, ensure_ascii=False)


def decision_of(text: str) -> "Decision | None":
    try:
        side, current, wanted = json.loads(text)
    except (ValueError, TypeError):
        return None  # damaged: the user is asked again
    return Decision(side, value_of(current), value_of(wanted))


def pack(written: Written) -> list[Any]:
    """Returns [sent, got, ours, begun, theirs] without empty ends. `got` is null if it equals `sent`."""
    got = None if written.got == written.sent else [written.got]
    ours, theirs = list(written.ours), list(written.theirs)
    packed = [written.sent, got, ours, int(written.begun), theirs]
    while packed and not packed[-1] and len(packed) > 1:
        packed.pop()
    return packed


def unpack(packed: list[Any]) -> Written:
    sent, got, ours, begun, theirs = packed + [None, [], 0, []][len(packed) - 1 :]
    was = value_of(sent if got is None else got[0])
    return Written(value_of(sent), was, tuple(ours), bool(begun), tuple(theirs))


def value_of(parsed: Any) -> Value:
    """Returns the value of a field after JSON, which has no tuples."""
    return tuple(parsed) if isinstance(parsed, list) else parsed


def lock_of(field: str) -> str:
    """Returns Plex's name of the field."""
    return BY_FIELD[field].lock if field in BY_FIELD else BY_NAME[field].plex_name

"""The ledger: per item the scene it shows, what we last sent and what Plex said back."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

from plex.fields import BACKGROUND, POSTER, Value
from plex.photos import Sent
from plex.plan import Written
from plex.store import Store

# Where an entry keeps what it knows of an image.
_IMAGES = {
    POSTER: ("cover_version", "poster", "poster_begun"),
    BACKGROUND: ("art_version", "art", "art_begun"),
}


class Past(NamedTuple):
    """What we know of one image of an item: the version of the cover that was looked at, and the
    SHA-1 that we uploaded; `begun`: not yet confirmed."""

    version: str = ""
    sha1: str = ""
    begun: bool = False


@dataclass(frozen=True)
class Entry:
    """One item's row. Of the poster and the background (`art`) it is better asked by `past`.

    A `scene_id` of 0 means that the scene is gone from Stash: what we wrote is known all the same.
    """

    rating_key: int
    scene_id: int
    baseline: Mapping[str, Written] = field(default_factory=dict)
    cover_version: str = ""
    poster: str = ""
    poster_begun: bool = False
    synced: float = 0.0
    art_version: str = ""
    art: str = ""
    art_begun: bool = False

    def past(self, image: str) -> Past:
        return Past(*(getattr(self, name) for name in _IMAGES[image]))

    def with_past(self, image: str, past: Past) -> "Entry":
        return self.but(**dict(zip(_IMAGES[image], past, strict=True)))

    def but(self, **changed: Any) -> "Entry":
        return replace(self, **changed)


_COLUMNS = (
    "rating_key, scene_id, baseline, cover_version, poster, poster_begun, synced,"
    " art_version, art, art_begun"
)


class Ledger:
    """Reads and writes entries; every write of a batch is one transaction."""

    def __init__(self, store: Store) -> None:
        self._store = self.store = store

    def entries(self, rating_keys: Sequence[int]) -> dict[int, Entry]:
        """What is known of these items, by rating key."""
        marks = ",".join("?" * len(rating_keys))
        rows = self._store.rows(
            f"SELECT {_COLUMNS} FROM item WHERE rating_key IN ({marks})",
            list(rating_keys),
        )
        return {row[0]: _entry(row) for row in rows}

    def put(
        self, entries: Iterable[Entry], refs: "Mapping[int, list[tuple[str, int]]] | None" = None
    ) -> None:
        """Record entries, and which performers, tags and studios their scenes show."""
        with self._store.writing() as db:
            db.executemany(
                f"INSERT OR REPLACE INTO item ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                [_row(entry) for entry in entries],
            )
            for scene_id, found in (refs or {}).items():
                db.execute("DELETE FROM ref WHERE scene_id = ?", (scene_id,))
                db.executemany(
                    "INSERT OR IGNORE INTO ref VALUES (?, ?, ?)",
                    [(kind, number, scene_id) for kind, number in found],
                )

    def photos(self, names: Iterable[str]) -> dict[str, Sent]:
        """What was sent for these names, by `name_key`."""
        asked = list(names)
        rows = self._store.rows(
            f"SELECT name, url, got FROM photo WHERE name IN ({','.join('?' * len(asked))})", asked
        )
        return {row[0]: Sent(row[1], row[2]) for row in rows}

    def put_photos(self, sent: Mapping[str, Sent]) -> None:
        if not sent:
            return
        with self._store.writing() as db:
            db.executemany(
                "INSERT OR REPLACE INTO photo VALUES (?, ?, ?)",
                [(name, *one) for name, one in sent.items()],
            )

    def forget_scene(self, scene_id: int) -> list[int]:
        """The scene is gone from Stash: its items are nobody's now. Gives their rating keys.

        What we wrote there stays known, for the scene that takes the item over.
        """
        keys = self.items_of(scene_id)
        with self._store.writing() as db:
            db.execute("UPDATE item SET scene_id = 0 WHERE scene_id = ?", (scene_id,))
            db.execute("DELETE FROM ref WHERE scene_id = ?", (scene_id,))
        return keys

    def items_of(self, scene_id: int) -> list[int]:
        """The rating keys on which the scene was written."""
        rows = self._store.rows(
            "SELECT rating_key FROM item WHERE scene_id = ? ORDER BY rating_key", (scene_id,)
        )
        return [row[0] for row in rows]

    def scenes_showing(self, kind: str, number: int) -> list[int]:
        """Scenes that showed this performer, tag or studio when we last wrote them.

        Stash cannot be asked that once the thing is destroyed.
        """
        rows = self._store.rows(
            "SELECT scene_id FROM ref WHERE kind = ? AND ref_id = ?", (kind, number)
        )
        return [row[0] for row in rows]

    def written(self, besides: int, most: int = 3) -> list[int]:
        """The rating keys of the items that were written last, and well."""
        rows = self._store.db.execute(
            "SELECT rating_key FROM item WHERE synced > 0 AND rating_key != ?"
            " ORDER BY synced DESC, rating_key LIMIT ?",
            (besides, most),
        )
        return [row[0] for row in rows]

    def size(self) -> int:
        """How many items show a scene."""
        return self._store.value("SELECT count(*) FROM item WHERE scene_id != 0")


def _row(entry: Entry) -> tuple[object, ...]:
    return (
        entry.rating_key,
        entry.scene_id,
        json.dumps({k: _pack(w) for k, w in entry.baseline.items()}, ensure_ascii=False),
        entry.cover_version,
        entry.poster,
        int(entry.poster_begun),
        entry.synced,
        entry.art_version,
        entry.art,
        int(entry.art_begun),
    )


def _pack(written: Written) -> list[Any]:
    """[sent, got or null when Plex said the same, ours, begun], without empty tails."""
    got = None if written.got == written.sent else [written.got]
    packed: list[Any] = [written.sent, got, list(written.ours), int(written.begun)]
    while packed and not packed[-1] and len(packed) > 1:
        packed.pop()
    return packed


def _entry(row: tuple[Any, ...]) -> Entry:
    try:
        baseline = {name: _unpack(packed) for name, packed in json.loads(row[2]).items()}
    except (ValueError, TypeError, AttributeError, IndexError):
        baseline = {}  # damaged: as if we had never written it
    poster, art = (row[3], row[4], bool(row[5])), (row[7], row[8], bool(row[9]))
    return Entry(row[0], row[1], baseline, *poster, row[6], *art)


def _unpack(packed: list[Any]) -> Written:
    sent, got, ours, begun = packed + [None, [], 0][len(packed) - 1 :]
    return Written(_value(sent), _value(sent if got is None else got[0]), tuple(ours), bool(begun))


def _value(found: Any) -> Value:
    return tuple(found) if isinstance(found, list) else found

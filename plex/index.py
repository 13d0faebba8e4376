"""The index: which item of Plex holds which file, kept on disk and refreshed from listings."""

import json
import time
from collections.abc import Iterable, Iterator, Sequence
from typing import Protocol

import errors
from plex import paths
from plex.item import Part
from plex.store import Store

# A drain that misses file after file asks Plex only this often whether it scanned meanwhile.
ASK_SECONDS = 10.0
# With no sign of a scan in Plex, a file that is not found is looked for again this much later.
RELIST_SECONDS = 600.0


class Section(Protocol):
    """A movie-type library. `stamp` changes whenever Plex scanned it."""

    id: int
    title: str
    stamp: str


class Listing(Protocol):
    """What the index asks of Plex."""

    def sections(self) -> Sequence[Section]: ...
    def listing(self, section: int) -> Iterator[list[Part]]: ...


class Index:
    """Path -> rating keys. Only a hint: whoever uses it checks the item's own files."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._asked = 0.0

    def find(self, keys: Iterable[str]) -> list[int]:
        """Rating keys of all items with a part at any of the path keys."""
        asked = list(keys)
        rows = self._store.db.execute(
            f"SELECT DISTINCT rating_key FROM part WHERE path_key IN ({','.join('?' * len(asked))})"
            " ORDER BY rating_key",
            asked,
        )
        return [row[0] for row in rows]

    def size(self) -> int:
        """How many files Plex listed."""
        return self._store.db.execute("SELECT count(*) FROM part").fetchone()[0]

    def refresh(
        self, plex: Listing, now: float, force: bool = False, progress=lambda fraction: None
    ) -> bool:
        """List again the sections that moved; whether any was listed.

        `force` lists all of them. LibraryEmpty when Plex suddenly shows nothing.
        """
        if not force and 0 <= now - self._asked < ASK_SECONDS:
            return False
        self._asked = now
        sections = list(plex.sections())
        known = self._sections()
        if not sections and known:
            raise errors.LibraryEmpty(
                "Plex shows none of the libraries that it had; nothing is changed until they are back"
            )
        due = [one for one in sections if force or _is_due(one, known.get(one.id), now)]
        for number, one in enumerate(due):
            self._list(plex, one, now)
            progress((number + 1) / len(due))
        self._drop_sections([number for number in known if number not in {s.id for s in sections}])
        return bool(due)

    def _sections(self) -> dict[int, tuple[str, float]]:
        rows = self._store.db.execute("SELECT id, stamp, listed FROM section")
        return {row[0]: (row[1], row[2]) for row in rows}

    def _list(self, plex: Listing, section: Section, now: float) -> None:
        """Read one section whole, then let go of what it no longer shows."""
        run, total = time.monotonic_ns(), 0
        for page in plex.listing(section.id):
            total += len(page)
            self._put(page, section.id, run)
        before = self._count(section.id, run)
        if not total and before:
            raise errors.LibraryEmpty(
                f"Plex lists nothing in “{section.title}”, where it had {before} files; "
                "nothing is changed until they are back (is a disk not mounted?)"
            )
        with self._store.writing() as db:
            db.execute("DELETE FROM part WHERE section = ? AND seen != ?", (section.id, run))
            db.execute(
                "INSERT OR REPLACE INTO section VALUES (?, ?, ?, ?)",
                (section.id, section.title, section.stamp, now),
            )

    def _put(self, page: Iterable[Part], section: int, run: int) -> None:
        with self._store.writing() as db:
            db.executemany(
                "INSERT OR REPLACE INTO part VALUES (?, ?, ?, ?, ?)",
                [(paths.key(p.file), p.rating_key, section, p.size, run) for p in page],
            )

    def _count(self, section: int, run: int) -> int:
        return self._store.db.execute(
            "SELECT count(*) FROM part WHERE section = ? AND seen != ?", (section, run)
        ).fetchone()[0]

    def _drop_sections(self, gone: Sequence[int]) -> None:
        with self._store.writing() as db:
            for number in gone:
                db.execute("DELETE FROM part WHERE section = ?", (number,))
                db.execute("DELETE FROM section WHERE id = ?", (number,))

    def forget(self, rating_keys: Iterable[int]) -> None:
        """These items are gone, or no longer hold the files they were found by."""
        with self._store.writing() as db:
            db.executemany("DELETE FROM part WHERE rating_key = ?", [(k,) for k in rating_keys])

    def titles(self) -> list[str]:
        """The libraries as last listed."""
        return [row[0] for row in self._store.db.execute("SELECT title FROM section ORDER BY id")]


def _is_due(section: Section, known: "tuple[str, float] | None", now: float) -> bool:
    if known is None:
        return True
    stamp, listed = known
    return stamp != section.stamp or not 0 <= now - listed < RELIST_SECONDS


def stamp(*parts: object) -> str:
    """A comparable form of what tells that a section was scanned."""
    return json.dumps(parts)

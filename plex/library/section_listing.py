"""A library of the index, read anew page by page; what it shows no more is let go.

All files of an item are put at once, with the mark of the row that told them: whoever else lists
meanwhile, what is known of an item is what one telling said.
"""

import sqlite3
from collections.abc import Collection, Iterable, Sequence
from typing import NamedTuple

from disk.database import batches
from net.prefetch import read_ahead
from plex.client.listing import Page
from plex.client.pages import Hole
from plex.client.port import PlexPort
from plex.client.section import Section
from plex.fields.item import Part
from plex.path_map import paths
from plex.state.database import Store

# Plex tells its times in seconds: what changed in the very second in which it was listed looks the
# same afterwards. And its clock need not be ours.
SETTLED = 600.0


class Result(NamedTuple):
    """`emptied`: how many files a section had that shows nothing, else 0; the `holes` in what it
    shows, in words."""

    emptied: int
    holes: Sequence[str] = ()


class Listed:
    """The files of each library as Plex told them last."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def read(self, plex: PlexPort, section: Section, now: float) -> "Result":
        """Read one section whole and let go of what it no longer shows. If it shows nothing at all,
        or has holes, nothing is let go."""
        reading = Reading(self._store, section.id, now)
        for page in read_ahead(plex.listing(section.id)):
            if isinstance(page, Hole):
                reading.holes.append(page.words)
            else:
                reading.page(page)
        if not (reading.rows or reading.holes) and (before := _count(self._store, section.id)):
            return Result(before)
        with self._store.writing() as db:
            if not reading.holes:
                reading.end()
            db.execute(
                "INSERT OR REPLACE INTO section VALUES (?, ?, ?, ?)",
                (section.id, section.title, section.stamp, now),
            )
        return Result(0, reading.holes)

    def add(self, page: Iterable[Part], section: int, now: float) -> int:
        """Put files of which no listing has told yet, or not so; gives how many are new to us."""
        rows = {_row(part, section, now) for part in page}
        with self._store.writing() as db:
            known = _rows(db, {row.rating_key for row in rows})
            if changed := {row.rating_key for row in rows ^ known}:
                _replace(db, changed, [row for row in rows if row.rating_key in changed])
        return len({row[:2] for row in rows} - {row[:2] for row in known})


class Row(NamedTuple):
    """A file, as the index keeps it: `file` is '' where the key spells it."""

    path_key: str
    rating_key: int
    section: int
    size: int
    file: str
    mark: int


class Reading:
    """One listing of a section, from its first page to its end. An item whose row has the mark that
    is known already is not parsed."""

    def __init__(self, store: Store, section: int, now: float) -> None:
        self._store, self._section, self._now = store, section, now
        self.rows = 0  # of Plex's listing
        self.holes: list[str] = []
        # Items of which Plex has not shown a row yet. What another process adds meanwhile is not
        # among them.
        sql = "SELECT rating_key FROM part WHERE section = ?"
        self._unseen = {key for (key,) in store.rows(sql, (section,))}

    def page(self, page: Page) -> None:
        """Puts the files of the next page."""
        self.rows += len(page)
        marks = page.marks
        known = {key for key, mark in self._marks(marks).items() if mark == marks[key]}
        self._unseen -= known
        if len(known) == len(page):
            return
        rows = [_row(part, self._section, self._now) for part in page.parts(known)]
        changed = {row.rating_key for row in rows}
        with self._store.writing() as db:
            _replace(db, changed, rows)
        self.holes += page.bad
        self._unseen -= changed

    def end(self) -> None:
        """Lets go of the items that no page had."""
        if self._unseen:
            with self._store.writing() as db:
                _replace(db, self._unseen, [])

    def _marks(self, keys: Collection[int]) -> dict[int, int]:
        """The marks of these items when they were listed last."""
        found: dict[int, int] = {}
        for some in batches(keys):
            sql = f"SELECT rating_key, mark FROM part WHERE {_among(some)} AND section = ?"
            found |= self._store.rows(sql, (*some, self._section))
        return found


_COLUMNS = ", ".join(Row._fields)


def _replace(db: sqlite3.Connection, rating_keys: Collection[int], rows: Sequence[Row]) -> None:
    """These are all files of these items, whatever was known of them, be it in another library."""
    for some in batches(rating_keys):
        db.execute(f"DELETE FROM part WHERE {_among(some)}", some)
    db.executemany(f"INSERT OR REPLACE INTO part ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?)", rows)


def _rows(db: sqlite3.Connection, rating_keys: Collection[int]) -> set[Row]:
    found: set[Row] = set()
    for some in batches(rating_keys):
        found.update(
            map(Row._make, db.execute(f"SELECT {_COLUMNS} FROM part WHERE {_among(some)}", some))
        )
    return found


def _count(store: Store, section: int) -> int:
    return int(store.value("SELECT count(*) FROM part WHERE section = ?", (section,)))


def _among(keys: Sequence[int]) -> str:
    return f"rating_key IN ({','.join('?' * len(keys))})"


def _row(part: Part, section: int, now: float) -> Row:
    key = paths.key(part.file)
    spelt = "" if key == part.file else part.file
    told = part.mark if _is_settled(part, now) else 0
    return Row(key, part.rating_key, section, part.size, spelt, told)


def _is_settled(part: Part, now: float) -> bool:
    return part.updated < now - SETTLED

"""Reads a library of the index again, page by page, and drops the items that it no longer shows.

All files of an item are written at once, with the mark of their row. When two processes list at the
same time, the index has each item as one row of a listing described it.
"""

import sqlite3
from collections.abc import Callable, Collection, Iterable, Sequence
from typing import NamedTuple

from disk.database import batches, parameters
from net.prefetch import read_ahead
from plex.client.listing import Page
from plex.client.pages import Hole
from plex.client.port import PlexPort
from plex.client.section import Section
from plex.fields.item import Part
from plex.path_map import paths
from plex.state.database import Store

# Seconds after which a row of an item counts as final. Plex gives times in seconds, so a change in the
# second of the listing would look the same afterwards; and its clock may differ from ours.
SETTLED = 600.0


class Result(NamedTuple):
    """`emptied`: the number of files that a section had if it shows nothing now, else 0. `holes`:
    the rows that it could not show, in words."""

    emptied: int
    holes: Sequence[str] = ()


class Count:
    """Adds up the rows of several listings: those that were read, and all. The first page of each listing
    tells how many it has."""

    def __init__(self, tell: Callable[[int, int], None] = lambda read, total: None) -> None:
        self._tell = tell
        self._read = self._total = 0

    def add(self, read: int, total: int) -> None:
        self._read, self._total = self._read + read, self._total + total
        self._tell(self._read, self._total)


class Row(NamedTuple):
    """A file in the index. `file` is '' if the path key has the same spelling."""

    path_key: str
    rating_key: int
    section: int
    size: int
    file: str
    mark: int


_COLUMNS = ", ".join(Row._fields)


class SectionListing:
    """The files of each library, as Plex listed them last."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def read(self, plex: PlexPort, section: Section, now: float, count: Count) -> Result:
        """Reads a whole section and drops the items that are gone; none if it is empty or has holes."""
        reading, total = Reading(self._store, section.id, now), 0
        for page in read_ahead(plex.listing(section.id)):
            if isinstance(page, Hole):
                reading.holes.append(page.words)
            else:
                reading.page(page)
                before, total = total, max(page.total or 0, reading.rows)
                count.add(len(page), total - before)
        if not (reading.rows or reading.holes):
            files = "SELECT count(*) FROM part WHERE section = ?"
            if before := self._store.value(files, (section.id,)):
                return Result(before)
        with self._store.writing() as db:
            if not reading.holes:
                reading.end()
            row = section.id, section.title, section.stamp, now
            db.execute("INSERT OR REPLACE INTO section VALUES (?, ?, ?, ?)", row)
        return Result(0, reading.holes)

    def add(self, page: Iterable[Part], section: int, now: float) -> int:
        """Writes the files that are new or differ. Returns how many are new."""
        rows = {_row(part, section, now) for part in page}
        known = self._put(rows, {row.rating_key for row in rows})
        return len({row[:2] for row in rows} - {row[:2] for row in known})

    def replace(
        self, rating_keys: Collection[int], parts: Iterable[Part], section: int, final: float
    ) -> set[int]:
        """Makes these files all the files of these items. Rows that changed before `final` (epoch seconds,
        by Plex's clock) are final. Returns the items that are new or have other files now."""
        rows = {_row(part, section, final + SETTLED) for part in parts}
        moved = {row[:2] for row in rows} ^ {row[:2] for row in self._put(rows, rating_keys)}
        return {rating_key for _, rating_key in moved}

    def _put(self, rows: set[Row], rating_keys: Collection[int]) -> set[Row]:
        """Makes these rows all the rows of these items. Returns their rows before."""
        with self._store.writing() as db:
            sql = f"SELECT {_COLUMNS} FROM part WHERE rating_key IN (...)"
            known = set(map(Row._make, self._store.rows_in(sql, rating_keys)))
            if changed := {row.rating_key for row in rows ^ known}:
                _replace(db, changed, [row for row in rows if row.rating_key in changed])
        return known


class Reading:
    """One listing of a section, from its first page to its end. Does not parse the row of an item
    whose mark is the same as before."""

    def __init__(self, store: Store, section: int, now: float) -> None:
        self._store, self._section, self._now = store, section, now
        self.rows = 0  # of Plex's listing
        self.holes: list[str] = []
        # Items that no page has shown yet, without those that another process adds meanwhile.
        sql = "SELECT rating_key FROM part WHERE section = ?"
        self._unseen = {key for (key,) in store.rows(sql, (section,))}

    def page(self, page: Page) -> None:
        """Writes the files of the next page that differ."""
        self.rows += len(page)
        marks = page.marks
        known = {key for key, mark in self._marks(marks).items() if mark == marks[key]}
        self._unseen -= known
        if len(known) == len(page):
            return
        rows = [_row(part, self._section, self._now) for part in page.parts(known)]
        changed = {row.rating_key for row in rows}
        self.holes += page.bad
        self._unseen -= changed
        with self._store.writing() as db:
            _replace(db, changed, rows)

    def end(self) -> None:
        """Drops the items that no page has shown."""
        if self._unseen:
            with self._store.writing() as db:
                _replace(db, self._unseen, [])

    def _marks(self, rating_keys: Collection[int]) -> dict[int, int]:
        """The marks of these items in the last listing."""
        sql = "SELECT rating_key, mark FROM part WHERE section = ? AND rating_key IN (...)"
        return dict(self._store.rows_in(sql, rating_keys, (self._section,)))


def _replace(db: sqlite3.Connection, rating_keys: Collection[int], rows: Sequence[Row]) -> None:
    """Makes these rows all the files of these items, also of items that were in another library."""
    for some in batches(rating_keys):
        db.execute(f"DELETE FROM part WHERE rating_key IN ({parameters(some)})", some)
    db.executemany(f"INSERT OR REPLACE INTO part ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?)", rows)


def _row(part: Part, section: int, now: float) -> Row:
    key = paths.key(part.file)
    spelling = "" if key == part.file else part.file
    mark = part.mark if part.updated < now - SETTLED else 0
    return Row(key, part.rating_key, section, part.size, spelling, mark)

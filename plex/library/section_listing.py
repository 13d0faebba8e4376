"""Reads a library of the index again, page by page, and drops the items that it no longer shows.

All files of an item are written at once, with the mark of their row. When two processes list at the
same time, the index has each item as one row of a listing described it. Nothing is concluded about scenes in
parts of Plex that could not be listed (`Unlisted`).
"""

import json
import sqlite3
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence, Set
from typing import NamedTuple

import errors
from disk.database import batches, parameters
from net.prefetch import read_ahead
from plex.client.listing import Page
from plex.client.pages import BAD_PART, Hole, in_words
from plex.client.port import PlexPort
from plex.client.section import Section
from plex.fields.item import Part
from plex.path_map import paths
from plex.state.database import Store
from plex.state.scene_state import HIDDEN

META = "unlisted"
AGAIN = 60.0  # seconds until a process tries to list such a library again


class UnlistedPart(NamedTuple):
    """A library that could not be listed completely, and why. `roots` are its folders."""

    title: str
    why: str
    whole: bool  # nothing of it could be listed
    roots: tuple[str, ...]

    @property
    def words(self) -> str:
        """Why the scenes in this library are not looked at."""
        what = "" if self.whole else "all of "
        return f"{HIDDEN} {what}its library “{self.title}”: {self.why}"

    @property
    def line(self) -> str:
        """The line for the log and the screens."""
        if self.whole:
            return f"{self.words}; its scenes wait, and the other libraries are synced"
        return f"{self.words}; scenes that it does not show wait, and all others are synced"


class Failure(NamedTuple):
    """Why a library could not be listed, and whether nothing of it came."""

    why: str
    whole: bool


Endings = Mapping[int, Failure | None]  # of listings, by library; None for a complete one


class Tries:
    """Listings of several libraries, each of which may fail."""

    def __init__(self) -> None:
        self.failed: dict[int, Failure] = {}
        self._error: errors.Stash2PlexError | None = None

    def run(self, section: int, ask: Callable[[], int]) -> int:
        """Returns what `ask` returns; 0 if Plex cannot do this for the library."""
        try:
            return ask()
        except BAD_PART as error:
            self._error, self.failed[section] = error, Failure(in_words(error), whole=True)
            return 0

    def raise_if_all_failed(self, sections: Set[int], rest: Set[int]) -> None:
        """Raises the error if every library failed, now or a moment ago (`rest`): then the server is at
        fault."""
        if self._error and sections <= self.failed.keys() | rest:
            raise self._error


class Unlisted:
    """The parts by the ids of their libraries, kept on disk for every process."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._tried = store.tried

    def parts(self) -> dict[int, UnlistedPart]:
        return self._read()[0]

    def resting(self, now: float) -> set[int]:
        """Returns the libraries that this process failed to list completely a moment ago."""
        return {number for number, at in self._tried.items() if 0 <= now - at < AGAIN}

    def note(self, sections: Sequence[Section], failed: Endings, now: float) -> None:
        """Keeps how some listings ended (None: complete), and what is known of other `sections`."""
        known = self.parts()
        parts = {
            s.id: part for s in sections
            if (part := _failed(s, failed[s.id]) if s.id in failed else known.get(s.id))
        }  # fmt: skip
        for number, why in failed.items():
            self._tried.pop(number, None)
            if why:
                self._tried[number] = now
        roots = [root for section in sections if section.id not in parts for root in section.roots]
        text = json.dumps([parts, roots]) if parts else ""
        if text != self._store.meta(META):
            self._store.set_meta(META, text)

    def hides(self, files: Iterable[str]) -> "UnlistedPart | None":
        """Returns the part that may have one of these files of Plex; None if all are in listed libraries."""
        parts, listed = self._read()
        if not parts:
            return None
        for file in files:
            for part in parts.values():
                if paths.is_in(file, part.roots):
                    return part
            if not paths.is_in(file, listed):  # the name of its folder in Plex is not known
                return next(iter(parts.values()))
        return None

    def _read(self) -> tuple[dict[int, UnlistedPart], list[str]]:
        return read_unlisted(self._store.meta(META))


def read_unlisted(text: str) -> tuple[dict[int, UnlistedPart], list[str]]:
    """Returns the kept parts, and the folders of the other libraries."""
    try:
        parts, roots = json.loads(text or "[{}, []]")
        return {int(n): _part(*part) for n, part in parts.items()}, list(map(str, roots))
    except (ValueError, TypeError, AttributeError):
        return {}, []  # damaged: the next listing replaces it


def _failed(section: Section, failure: "Failure | None") -> "UnlistedPart | None":
    return UnlistedPart(section.title, *failure, tuple(section.roots)) if failure else None


def _part(title: object, why: object, whole: object, roots: Iterable[object]) -> UnlistedPart:
    return UnlistedPart(str(title), str(why), bool(whole), tuple(map(str, roots)))


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

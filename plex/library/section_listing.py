"""A library of the index, read anew page by page; what it shows no more is let go.

All files of an item are put at once, with the mark of the row that told them: whoever else lists
meanwhile, what is known of an item is what one telling said.
"""

import sqlite3
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple, Protocol

from disk.database import batches
from net.ahead import ahead
from plex.client.listing import Page
from plex.client.outline import packed, unpacked
from plex.client.pages import Hole
from plex.fields.item import Part
from plex.path_map import paths
from plex.state.database import Store

# Plex tells its times in seconds: what changed in the very second in which it was listed looks the
# same afterwards. And its clock need not be ours.
SETTLED = 600.0


class Section(Protocol):
    """A movie-type library. `stamp` changes whenever Plex scanned it; `roots` are its folders as Plex
    sees them. An `id` below 0 is of one whose number cannot be read."""

    @property
    def id(self) -> int: ...
    @property
    def title(self) -> str: ...
    @property
    def stamp(self) -> str: ...
    @property
    def roots(self) -> Sequence[str]: ...


class Listing(Protocol):
    """What the index asks of Plex."""

    def sections(self) -> Sequence[Section]: ...
    def listing(self, section: int) -> "Iterator[Page | Hole]": ...
    def newest(self, section: int) -> Page: ...


class Result(NamedTuple):
    """`emptied`: how many files a section had that shows nothing, else 0; the `holes` in what it
    shows, in words."""

    emptied: int
    holes: Sequence[str] = ()


class Listed:
    """The files of each library as Plex told them last."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def read(self, plex: Listing, section: Section, now: float) -> "Result":
        """Read one section whole and let go of what it no longer shows. If it shows nothing at all,
        or has holes, nothing is let go."""
        reading = Reading(self._store, section.id, now)
        for page in ahead(plex.listing(section.id)):
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
                db.execute(_UNSEAL, (section,))
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
    """One listing of a section, from its first page to its end.

    What the pages told last is kept (`listed`): a number of their bytes, and the marks of their items.
    Once a section has been seen to have just what these pages tell it is sealed, by the number of its
    files at place 0: then a page that reads as before needs no look. A page is looked at and kept in
    one transaction; what is on none of those that are kept, by whomever, is let go.
    """

    def __init__(self, store: Store, section: int, now: float) -> None:
        self._store, self._section, self._now = store, section, now
        self.rows = 0  # of Plex's listing
        self.holes: list[str] = []
        self._place = 0
        self._sealed = 0 < _count(store, section) == self._number(0)
        self._changed = not self._sealed

    def page(self, page: Page) -> None:
        """The next one."""
        self._place += 1
        self.rows += len(page)
        if self._sealed and self._number(self._place) == page.print:
            return
        with self._store.writing() as db:
            self._look(page, db)

    def _look(self, page: Page, db: sqlite3.Connection) -> None:
        same = self._number(self._place) == page.print and self._marks_at(self._place)
        marks = same or page.marks
        had = self._marks_of(marks)
        known = {key: mark for key, mark in had.items() if mark == marks[key]}
        if same and len(known) == len(marks):
            return
        more = page.parts(known) if len(known) < len(page) else []
        self.holes += page.bad
        rows = [_row(part, self._section, self._now) for part in more]
        told = {row.rating_key: row.mark for row in rows}
        _replace(db, told.keys(), rows)
        # A page with an item that may still change unnoticed is another one the next time.
        settled = (
            bool(marks) and not page.bad and all(_is_settled(part, self._now) for part in more)
        )
        self._keep(db, page.print if settled else 0, known | told)

    def end(self) -> None:
        """Let go of what is on no page."""
        beyond = "DELETE FROM listed WHERE section = ? AND place > ?"
        with self._store.writing() as db:
            gone = db.execute(beyond, (self._section, self._place)).rowcount
            if self._changed or gone:
                self._seal(db)

    def _seal(self, db: sqlite3.Connection) -> None:
        db.execute(_UNSEAL, (self._section,))
        told = self._all_told(db)
        if told is None:
            return  # damaged: without a seal each page is looked at the next time
        gone = set()
        for key, mark in db.execute(_KNOWN, (self._section,)):
            if key not in told:
                gone.add(key)
            elif told[key] == mark:
                told[key] = None
        _replace(db, gone, [])
        if not any(mark is not None for mark in told.values()):
            seal = (self._section, 0, _count(self._store, self._section), b"")
            db.execute(_KEEP, seal)

    def _all_told(self, db: sqlite3.Connection) -> "dict[int, int | None] | None":
        """The marks of all items on the pages that are kept; None if any is damaged."""
        found: dict[int, int | None] = {}
        for (told,) in db.execute(_ALL, (self._section,)):
            marks = _marks(told)
            if marks is None:
                return None
            found.update(marks)
        return found

    def _number(self, place: int) -> int:
        """That of the page that had this place; 0 without one."""
        sql = "SELECT print FROM listed WHERE section = ? AND place = ?"
        return self._store.value(sql, (self._section, place)) or 0

    def _marks_at(self, place: int) -> "dict[int, int] | None":
        """Those of the page that had this place; None if they are damaged."""
        sql = "SELECT told FROM listed WHERE section = ? AND place = ?"
        return _marks(self._store.value(sql, (self._section, place)))

    def _keep(self, db: sqlite3.Connection, number: int, marks: Mapping[int, int]) -> None:
        self._changed = True
        db.execute(_UNSEAL, (self._section,))
        told = packed([list(marks), list(marks.values())])
        db.execute(_KEEP, (self._section, self._place, number, told))

    def _marks_of(self, keys: Collection[int]) -> dict[int, int]:
        """The marks of these items when they were told last."""
        found: dict[int, int] = {}
        for some in batches(keys):
            sql = f"SELECT DISTINCT rating_key, mark FROM part WHERE {_among(some)} AND section = ?"
            found |= self._store.rows(sql, (*some, self._section))
        return found


# Not DISTINCT: SQLite would go by the rating keys then, and look up each row.
_KNOWN = "SELECT rating_key, mark FROM part WHERE section = ?"
_ALL = "SELECT told FROM listed WHERE section = ? AND place > 0"
_KEEP = "INSERT OR REPLACE INTO listed VALUES (?, ?, ?, ?)"
_UNSEAL = "DELETE FROM listed WHERE section = ? AND place = 0"
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


# Who changes what is kept of a part empties `part` and `listed` by a step of the store: of pages that
# read as before nothing is put in again.
def _row(part: Part, section: int, now: float) -> Row:
    key = paths.key(part.file)
    spelt = "" if key == part.file else part.file
    told = part.mark if _is_settled(part, now) else 0
    return Row(key, part.rating_key, section, part.size, spelt, told)


def _is_settled(part: Part, now: float) -> bool:
    return part.updated < now - SETTLED


def _marks(told: object) -> "dict[int, int] | None":
    """What was kept of a page; None if that is damaged."""
    try:
        return dict(zip(*unpacked(told), strict=True))
    except (TypeError, ValueError):
        return None

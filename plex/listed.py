"""A library of the index, read anew page by page; what it shows no more is let go."""

import sqlite3
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from typing import Protocol

from net.ahead import ahead
from plex import paths
from plex.item import Part
from plex.listing import Page
from plex.outline import packed, unpacked
from plex.store import Store

ASKED = 500  # values that one statement asks for; an older SQLite takes 999
# Plex tells its times in seconds: what changed in the very second in which it was listed looks the
# same afterwards. And its clock need not be ours.
SETTLED = 600.0


class Section(Protocol):
    """A movie-type library. `stamp` changes whenever Plex scanned it."""

    @property
    def id(self) -> int: ...
    @property
    def title(self) -> str: ...
    @property
    def stamp(self) -> str: ...


class Listing(Protocol):
    """What the index asks of Plex."""

    def sections(self) -> Sequence[Section]: ...
    def listing(self, section: int) -> Iterator[Page]: ...
    def newest(self, section: int) -> Page: ...


class Listed:
    """The files of each library as Plex told them last. `ticks` is a clock in ns that starts with the
    machine."""

    def __init__(self, store: Store, ticks: Callable[[], int] = time.monotonic_ns) -> None:
        self._store, self._ticks = store, ticks

    def read(self, plex: Listing, section: Section, now: float) -> int:
        """Read one section whole, then let go of what it no longer shows: not of everything. Gives how
        many files it has lost then, 0 when it still shows some."""
        reading = Reading(self._store, self._ticks, section.id, now)
        for page in ahead(plex.listing(section.id)):
            reading.page(page)
        if not reading.rows and (before := reading.unseen()):
            return before
        with self._store.writing() as db:
            reading.end()
            db.execute(
                "INSERT OR REPLACE INTO section VALUES (?, ?, ?, ?)",
                (section.id, section.title, section.stamp, now),
            )
        return 0

    def add(self, page: Iterable[Part], section: int, now: float) -> None:
        """What Plex added last. A listing that has begun already has not seen it."""
        with self._store.writing() as db:
            db.executemany(_PUT, [(*_row(part, section, 0, now), self._ticks()) for part in page])


class Reading:
    """One listing of a section, from its first page to its end.

    At place 0 of the pages that are kept (`listed`) stands how many files the section has, if they
    are those of these pages: it is `sealed` then. Of a page that reads as before nothing needs to be
    looked at, and what is gone is what other pages have lost. In a section that is not sealed each
    file is marked as seen, and what is not is gone.
    """

    def __init__(self, store: Store, ticks: Callable[[], int], section: int, now: float) -> None:
        self._store, self._ticks, self._section, self._now = store, ticks, section, now
        self._run = ticks()
        self.rows = 0  # of Plex's listing
        self._place, self._items = 0, 0
        self._sealed = 0 < self._count("*") == self._kept(0)[0]
        self._changed = not self._sealed
        self._sure = True  # that it is known which items the pages have, and had
        self._moves = Moves()

    def page(self, page: Page) -> None:
        """The next one."""
        self._place += 1
        self.rows += len(page)
        number, before = self._kept(self._place)
        same = number == page.print
        if same and self._sealed:
            return
        marks = before if same and before else page.marks
        had = self._told(marks)
        known = {key: mark for key, mark in had.items() if mark == marks[key]}
        more = page.parts(known) if len(known) < len(page) else []
        self._items += len(known) + len({part.rating_key for part in more})
        self._sure = self._sure and bool(marks)
        if self._sealed:
            self._sure = self._sure and before is not None
            self._moves.see(before or (), marks, had)
        with self._store.writing():  # else a page could be kept whose files are not
            if not (same and before):
                self._keep(page.print, marks, more)
            self._put(more, had, {} if self._sealed else known)

    def unseen(self) -> int:
        """How many files the section had, of which nothing was seen."""
        return self._store.value(f"SELECT count(*) FROM part {_UNSEEN}", self._since())

    def end(self) -> None:
        """Let go of what no page had."""
        with self._store.writing() as db:
            if self._sealed:
                db.executemany(_GONE, [(*self._since(), key) for key in self._gone()])
            else:
                db.execute(f"DELETE FROM part {_UNSEEN}", self._since())
            beyond = "DELETE FROM listed WHERE section = ? AND place > ?"
            db.execute(beyond, (self._section, self._place))
            if self._changed:
                self._seal(db)

    def _gone(self) -> Collection[int]:
        """The items that were on pages, and are on none any more."""
        sql = "SELECT told FROM listed WHERE section = ? AND place > ?"
        for (told,) in self._store.rows(sql, (self._section, self._place)):
            marks = _marks(told)
            self._moves.see(marks or (), ())
            self._sure, self._changed = self._sure and marks is not None, True
        return self._moves.lost if self._sure else ()

    def _seal(self, db: sqlite3.Connection) -> None:
        db.execute(_UNSEAL, (self._section,))
        if self._sure and self._is_whole():
            db.execute(_KEEP, (self._section, 0, self._count("*"), b""))

    def _is_whole(self) -> bool:
        """Whether each item is on one page, and none is on no page."""
        if self._sealed:
            return not self._moves.doubled
        return self._count("DISTINCT rating_key") == self._items

    def _count(self, what: str) -> int:
        sql = f"SELECT count({what}) FROM part WHERE section = ?"
        return self._store.value(sql, (self._section,))

    def _since(self) -> tuple[int, int, int]:
        return self._section, self._run, self._ticks()

    def _kept(self, place: int) -> "tuple[int, dict[int, int] | None]":
        """The number of the page that had this place, and its marks: None if they are damaged."""
        sql = "SELECT print, told FROM listed WHERE section = ? AND place = ?"
        rows = self._store.rows(sql, (self._section, place))
        return (rows[0][0], _marks(rows[0][1])) if rows else (0, {})

    def _keep(self, number: int, marks: Mapping[int, int], more: Iterable[Part]) -> None:
        """A page with an item that may still change unnoticed is another one the next time."""
        self._changed = True
        told = packed([list(marks), list(marks.values())])
        settled = marks and all(_is_settled(part, self._now) for part in more)
        with self._store.writing() as db:
            db.execute(_UNSEAL, (self._section,))
            db.execute(_KEEP, (self._section, self._place, number if settled else 0, told))

    def _told(self, keys: Collection[int]) -> dict[int, int]:
        """The marks of these items when they were told last."""
        found: dict[int, int] = {}
        left = list(keys)
        for at in range(0, len(left), ASKED):
            some = left[at : at + ASKED]
            found |= self._store.rows(
                "SELECT rating_key, mark FROM part"
                f" WHERE rating_key IN ({','.join('?' * len(some))}) AND section = ?",
                (*some, self._section),
            )
        return found

    def _put(self, page: Sequence[Part], had: Collection[int], seen: Mapping[int, int]) -> None:
        """What a page tells anew; the items `seen`, with their marks, are as they were. What an item
        `had` and has no more is let go."""
        asked = self._ticks()
        with self._store.writing() as db:
            db.executemany(_SEEN, [(self._run, asked, *one) for one in seen.items()])
            rows = [_row(part, self._section, self._run, self._now) for part in page]
            db.executemany(_PUT, [(*row, asked) for row in rows])
            again = {part.rating_key for part in page}.intersection(had)
            db.executemany(_GONE, [(self._section, self._run, asked, key) for key in again])


class Moves:
    """How often pages have got an item, less how often pages have lost it."""

    def __init__(self) -> None:
        self._balance: dict[int, int] = {}
        self._known: set[int] = set()

    def see(self, before: Collection[int], now: Collection[int], had: Collection[int] = ()) -> None:
        """What a page had and has; `had` are the items that were there already, wherever."""
        come = set(now).difference(before)
        self._known |= come.intersection(had)
        for one, keys in ((1, come), (-1, set(before).difference(now))):
            for key in keys:
                self._balance[key] = self._balance.get(key, 0) + one
                if not self._balance[key]:
                    del self._balance[key]

    @property
    def lost(self) -> list[int]:
        """The items that are on no page any more."""
        return [key for key, balance in self._balance.items() if balance < 0]

    @property
    def doubled(self) -> bool:
        """Whether an item is on two pages: something has come in while they were read."""
        return any(self._balance.get(key, 0) > 0 for key in self._known)


# A listing is told by when it began, on a clock that starts with the machine. What a later one of
# another process has seen it leaves as it is; what is of the future is of an earlier start.
_UNSEEN = "WHERE section = ? AND NOT seen BETWEEN ? AND ?"
_GONE = f"DELETE FROM part {_UNSEEN} AND rating_key = ?"
_LATER = "CASE WHEN seen > {0} AND seen <= ?{1} THEN seen ELSE {0} END"
# A file with another mark is left from before: the listing that told so was not read to its end.
_SEEN = f"UPDATE part SET seen = {_LATER.format('?1', 2)} WHERE rating_key = ?3 AND mark = ?4"
# What is there already is updated in place: its entry in the other index stays as it is.
_PUT = (
    "INSERT INTO part (path_key, rating_key, section, size, seen, file, mark)"
    " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT (path_key, rating_key) DO UPDATE SET"
    f" section = excluded.section, size = excluded.size, seen = {_LATER.format('?5', 8)},"
    " file = excluded.file, mark = excluded.mark"
)
_KEEP = "INSERT OR REPLACE INTO listed VALUES (?, ?, ?, ?)"
_UNSEAL = "DELETE FROM listed WHERE section = ? AND place = 0"


# Who changes what is kept of a part empties `part` and `listed` by a step of the store: of pages that
# read as before nothing is put in again.
def _row(part: Part, section: int, run: int, now: float) -> tuple[object, ...]:
    key = paths.key(part.file)
    spelt = "" if key == part.file else part.file
    told = part.mark if _is_settled(part, now) else 0
    return key, part.rating_key, section, part.size, run, spelt, told


def _is_settled(part: Part, now: float) -> bool:
    return part.updated < now - SETTLED


def _marks(told: object) -> "dict[int, int] | None":
    found = unpacked(told)
    return found if found is None else dict(zip(*found, strict=True))

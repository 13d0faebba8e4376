"""The index: which item of Plex holds which file, kept on disk and refreshed from listings."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial

import errors
from plex.client.pages import BAD_PART
from plex.client.port import PlexPort
from plex.client.section import Section
from plex.library.section_listing import SectionListing
from plex.library.unlisted import Failure, Tries, Unlisted
from plex.path_map.file_pairs import File
from plex.state.database import Store

# A drain that misses file after file asks Plex only this often whether it scanned meanwhile.
ASK_SECONDS = 10.0
# With no sign of a scan in Plex, a file that is not found is looked for again this much later.
RELIST_SECONDS = 600.0
NAMED = 3  # holes of a listing
PAGE = 5000  # rows that are read at a time


class Index:
    """Path -> rating keys. Only a hint: whoever uses it checks the item's own files."""

    def __init__(self, store: Store, warn: Callable[[str], None] = lambda line: None) -> None:
        self._store, self._warn, self._files = store, warn, SectionListing(store)
        self._asked = 0.0
        self._outdated = False  # an item was not where the index had it
        self.unlisted = Unlisted(store)
        self.came_back = False  # the last refresh listed what could not be listed before
        self._told: set[str] = set()  # of these, what was said in this process

    def find(self, keys: Iterable[str]) -> list[int]:
        """Rating keys of all items with a part at any of the path keys."""
        sql = f"SELECT rating_key FROM part WHERE path_key IN (...) AND {self._listed()}"
        return sorted({row[0] for row in self._store.rows_in(sql, list(keys))})

    def marks(self, keys: Sequence[str]) -> dict[str, list[tuple[int, int]]]:
        """(rating key, mark) of all items with a part at each of these path keys; see `listing.mark`."""
        found: dict[str, list[tuple[int, int]]] = {}
        sql = (
            "SELECT path_key, rating_key, mark FROM part"
            f" WHERE path_key IN (...) AND {self._listed()}"
        )
        for key, rating_key, mark in self._store.rows_in(sql, keys):
            found.setdefault(key, []).append((rating_key, mark))
        return found

    def files(self, catches: Callable[[File], bool]) -> list[File]:
        """Plex's files that `catches` wants to have, in their own spelling."""
        found: list[File] = []
        last = ""
        while rows := self._store.rows(
            "SELECT path_key, file, size FROM part"
            f" WHERE path_key > ? AND {self._listed()} ORDER BY path_key LIMIT {PAGE}",
            (last,),
        ):
            found += filter(catches, (File(file or key, size) for key, file, size in rows))
            last = rows[-1][0]
        return found

    def _listed(self) -> str:
        """SQL: not of a library that lists nothing any more."""
        return f"section NOT IN ({','.join(map(str, self._store.emptied))})"

    def shows_written(self) -> bool:
        """Whether Plex, as last listed, has any item that we wrote."""
        return self._any(f"item JOIN part USING (rating_key) WHERE {self._listed()}")

    def _any(self, rows: str) -> bool:
        return self._store.value(f"SELECT 1 FROM {rows} LIMIT 1") is not None

    def size(self) -> int:
        """How many files Plex listed."""
        return int(self._store.value("SELECT count(*) FROM part"))

    def refresh(
        self,
        plex: PlexPort,
        now: float,
        force: bool = False,
        progress: Callable[[float], None] = lambda fraction: None,
    ) -> bool:
        """List again the sections that moved (`force`: all); whether more is known now.

        Of the others only what was added last is asked: not every scan leaves a trace in a
        section. A library that suddenly lists nothing is told of (`warn`), and what it had is
        kept, as of one that cannot be listed; LibraryEmpty when all of Plex shows nothing.
        """
        if not (force or self._outdated) and 0 <= now - self._asked < ASK_SECONDS:
            return False
        self._asked = 0.0  # nothing may be concluded until it ends well
        news = self._listed_anew(plex, now, force, progress)
        self._asked, self._outdated = now, False
        return news > 0

    def _listed_anew(
        self, plex: PlexPort, now: float, force: bool, progress: Callable[[float], None]
    ) -> int:
        """See `refresh`."""
        sections = list(plex.sections())
        self.keep_to(sections)
        told, bad = set(self._store.emptied), self.unlisted.parts()
        rest = self.unlisted.resting(now)
        due = self._due(sections, force, now)
        tries, news = Tries(), 0
        for number, one in enumerate(due):
            news += tries.of(one.id, partial(self._list, plex, one, tries, now))
            progress((number + 1) / len(due))
        for one in sections:
            if one not in due and one.id not in rest:
                news += tries.of(one.id, partial(self._glance, plex, one, tries, now))
        tries.refuse_all({one.id for one in sections}, {n for n in rest if bad[n].whole})
        listed = {one.id for one in due} - tries.failed.keys()
        self._note(sections, {**dict.fromkeys(listed), **tries.failed}, now)
        self._brake(told)
        return news

    def _due(self, sections: Sequence[Section], force: bool, now: float) -> list[Section]:
        """Those that are to be listed."""
        if force:
            return list(sections)
        known, rest, bad = self._sections(), self.unlisted.resting(now), self.unlisted.parts()
        again = self._store.emptied.keys() | {number for number in bad if bad[number].whole}
        return [
            one for one in sections
            if one.id not in rest and (one.id in again or _is_due(one, known.get(one.id), now))
        ]  # fmt: skip

    def _note(
        self, sections: Sequence[Section], tried: "Mapping[int, Failure | None]", now: float
    ) -> None:
        """Keep what could not be listed, and tell of it once."""
        before = self.unlisted.parts()
        self.unlisted.note(sections, tried, now)
        after = self.unlisted.parts()
        self.came_back = not before.keys() <= after.keys()
        for one in after.values():
            if one.line not in self._told:
                self._told.add(one.line)
                self._warn(one.line)

    def _brake(self, told: "set[int]") -> None:
        """One library may be emptied, which is told once; all of them cannot."""
        emptied, is_whole = self._store.emptied, not self.unlisted.parts()
        if is_whole and not self._any(f"part WHERE {self._listed()}"):
            if emptied:
                raise errors.LibraryEmpty(
                    f"Plex lists nothing in {', '.join(emptied.values())}; nothing is changed "
                    "until they are back (is a disk not mounted?)"
                ).of(errors.PLEX)
            if self._any("item"):
                raise errors.LibraryEmpty(
                    "Plex lists none of the files that were written from Stash (is the library "
                    "gone, or a disk not mounted?); nothing is changed"
                ).of(errors.PLEX)
        for number in emptied.keys() - told:
            self._warn(
                f"Plex lists nothing in {emptied[number]}: its scenes wait; if that is meant, "
                "take it out of plex_library or remove the library in Plex"
            )

    def _add_newest(self, plex: PlexPort, section: int, now: float) -> int:
        """How many files were new to us among those that Plex added last."""
        page = plex.newest(section)
        found = page.parts()
        if page.bad:
            raise errors.Busy(_some(page.bad)).of(errors.PLEX, "unreadable")
        return self._files.add(found, section, now)

    def keep_to(self, sections: Sequence[Section]) -> bool:
        """Forget libraries that are not among these: deleted in Plex, or left out by the user. None
        while the number of one cannot be read: it may be any of them.

        Gives whether Plex scanned any of the others since it was listed.
        """
        known = self._sections()
        if known and not sections:
            raise errors.LibraryEmpty(
                "Plex shows none of the libraries that it had; nothing is changed until they are back"
            ).of(errors.PLEX)
        numbers = {one.id for one in sections}
        gone = [(number,) for number in known.keys() - numbers if min(numbers, default=1) > 0]
        for number, *_ in gone:
            self._store.emptied.pop(number, None)
        if gone:
            with self._store.writing() as db:
                db.executemany("DELETE FROM part WHERE section = ?", gone)
                db.executemany("DELETE FROM section WHERE id = ?", gone)
        return any(one.id in known and known[one.id][0] != one.stamp for one in sections)

    def _sections(self) -> dict[int, tuple[str, float]]:
        rows = self._store.rows("SELECT id, stamp, listed FROM section")
        return {row[0]: (row[1], row[2]) for row in rows}

    def _glance(self, plex: PlexPort, section: Section, tries: Tries, now: float) -> int:
        """What was added last; all of it if Plex cannot give that."""
        try:
            return self._add_newest(plex, section.id, now)
        except BAD_PART:
            return self._list(plex, section, tries, now)

    def _list(self, plex: PlexPort, section: Section, tries: Tries, now: float) -> int:
        """1: of a library that was listed more may be known now."""
        before, holes = self._files.read(plex, section, now)
        if holes:
            tries.failed[section.id] = Failure(_some(holes), whole=False)
        if before:
            files = "1 file" if before == 1 else f"{before} files"
            self._store.emptied[section.id] = f"“{section.title}”, where it had {files}"
        else:
            self._store.emptied.pop(section.id, None)
        return 1

    def doubt(self, rating_keys: Iterable[int]) -> None:
        """These items are gone, or no longer hold the files they were found by.

        So their libraries changed since they were listed, whatever Plex says about its scans.
        What they held stays known until then: an emptied library has to be noticed.
        """
        with self._store.writing() as db:
            touched = db.executemany(
                "UPDATE section SET stamp = ''"
                " WHERE id IN (SELECT section FROM part WHERE rating_key = ?)",
                [(key,) for key in rating_keys],
            ).rowcount
        self._outdated = self._outdated or touched > 0

    def doubt_all(self) -> None:
        """Whatever the next listing shows is put in anew, and is all that there is then."""
        with self._store.writing() as db:
            db.execute("UPDATE part SET mark = 0")

    def look_again(self) -> None:
        """Something has told that Plex has more now: its libraries may be asked for it at once."""
        self._outdated = True

    def titles(self) -> dict[int, str]:
        """The libraries as last listed, by id."""
        return dict(self._store.rows("SELECT id, title FROM section ORDER BY id"))


def _some(holes: Sequence[str]) -> str:
    more = f"; and {len(holes) - NAMED} more" if len(holes) > NAMED else ""
    return "; ".join(holes[:NAMED]) + more


def _is_due(section: Section, known: "tuple[str, float] | None", now: float) -> bool:
    if known is None:
        return True
    stamp, listed = known
    return stamp != section.stamp or not 0 <= now - listed < RELIST_SECONDS

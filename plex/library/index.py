"""The index: which item of Plex holds which file, kept on disk and refreshed from listings."""

from collections.abc import Callable, Collection, Iterable, Sequence
from functools import cached_property, partial

import errors
from plex.client.pages import BAD_PART
from plex.client.port import PlexPort
from plex.client.section import Section, unnumbered
from plex.client.status import unreadable
from plex.fields.item import Part
from plex.library.section_listing import Count, Endings, Failure, SectionListing, Tries, Unlisted
from plex.path_map.file_pairs import File
from plex.state.database import Store

# The shortest time between two questions whether Plex scanned, for a drain that misses many files.
ASK_SECONDS = 10.0
# The time until a library without a sign of a scan is listed again for a file that was not found.
RELIST_SECONDS = 600.0
NAMED = 3  # holes that a message names
PAGE = 5000  # rows per read


class Index:
    """Path key -> rating keys. An answer is only a hint: the caller checks the files of the item."""

    def __init__(self, store: Store, warn: Callable[[str], None] = lambda line: None) -> None:
        self._store, self._warn = store, warn
        self._asked = 0.0
        self._outdated = False  # an item was not where the index had it
        self._count = Count()  # rows of the listings of a refresh
        self.came_back = False  # the last refresh listed what could not be listed before
        self._warned: set[str] = set()  # lines about them that this process has logged

    @cached_property
    def _files(self) -> SectionListing:
        return SectionListing(self._store)

    @cached_property
    def unlisted(self) -> Unlisted:
        """The parts of Plex that could not be listed."""
        return Unlisted(self._store)

    def find(self, keys: Iterable[str]) -> list[int]:
        """Returns the rating keys of all items with a file at any of the path keys."""
        sql = f"SELECT rating_key FROM part WHERE path_key IN (...) AND {self._listed()}"
        return sorted({row[0] for row in self._store.rows_in(sql, list(keys))})

    def marks(self, keys: Sequence[str]) -> dict[str, list[tuple[int, int]]]:
        """Returns (rating key, mark) of all items with a file at each path key. See `listing.Page.marks`."""
        marks: dict[str, list[tuple[int, int]]] = {}
        where = f"path_key IN (...) AND {self._listed()}"
        sql = f"SELECT path_key, rating_key, mark FROM part WHERE {where}"
        for key, rating_key, mark in self._store.rows_in(sql, keys):
            marks.setdefault(key, []).append((rating_key, mark))
        return marks

    def files(self, catches: Callable[[File], bool]) -> list[File]:
        """Returns the files for which `catches` is true, as Plex spells them."""
        files: list[File] = []
        last, where = "", f"path_key > ? AND {self._listed()}"
        sql = f"SELECT path_key, file, size FROM part WHERE {where} ORDER BY path_key LIMIT {PAGE}"
        while rows := self._store.rows(sql, (last,)):
            files += filter(catches, (File(file or key, size) for key, file, size in rows))
            last = rows[-1][0]
        return files

    def _listed(self) -> str:
        """SQL for rows of libraries that still list something."""
        return f"section NOT IN ({','.join(map(str, self._store.emptied))})"

    def shows_written(self) -> bool:
        """Whether the last listing has any item that we wrote."""
        return self._any(f"item JOIN part USING (rating_key) WHERE {self._listed()}")

    def _any(self, rows: str) -> bool:
        return self._store.value(f"SELECT 1 FROM {rows} LIMIT 1") is not None

    def size(self) -> int:
        """Returns the number of files in the index."""
        return int(self._store.value("SELECT count(*) FROM part"))

    def refresh(
        self,
        plex: PlexPort,
        now: float,
        force: bool = False,
        progress: Callable[[int, int], None] = lambda done, total: None,
    ) -> bool:
        """Lists again the sections that changed (`force`: all). Returns whether the index may have new
        files.

        Asks the other sections only for their newest items: not every scan leaves a trace in a
        section. `progress` gets the number of items that were listed, and of all in the libraries that have
        answered. Warns of a library that suddenly lists nothing, or cannot be listed, and keeps its
        files. Raises LibraryEmpty when all of Plex shows nothing.
        """
        if not (force or self._outdated) and 0 <= now - self._asked < ASK_SECONDS:
            return False
        self._asked = 0.0  # until the listing succeeds, nothing may be concluded from it
        news = self._list_again(plex, now, force, progress)
        self._asked, self._outdated = now, False
        return news > 0

    def _list_again(
        self, plex: PlexPort, now: float, force: bool, progress: Callable[[int, int], None]
    ) -> int:
        sections = list(plex.sections())
        self.keep_to(sections)
        emptied, bad = set(self._store.emptied), self.unlisted.parts()
        rest = self.unlisted.resting(now)
        due = self._due(sections, force, now)
        tries, news, self._count = Tries(), 0, Count(progress)
        for section in due:
            news += tries.run(section.id, partial(self._list, plex, section, tries, now))
        for section in sections:
            if section not in due and section.id not in rest:
                news += tries.run(section.id, partial(self._glance, plex, section, tries, now))
        tries.raise_if_all_failed({s.id for s in sections}, {n for n in rest if bad[n].whole})
        listed = {section.id for section in due} - tries.failed.keys()
        self._note(sections, {**dict.fromkeys(listed), **tries.failed}, now)
        self._brake(emptied)
        return news

    def _due(self, sections: Sequence[Section], force: bool, now: float) -> list[Section]:
        if force:
            return list(sections)
        known, rest, bad = self._sections(), self.unlisted.resting(now), self.unlisted.parts()
        again = self._store.emptied.keys() | {number for number in bad if bad[number].whole}
        return [
            section for section in sections
            if section.id not in rest
            and (section.id in again or _is_due(section, known.get(section.id), now))
        ]  # fmt: skip

    def _note(self, sections: Sequence[Section], tried: Endings, now: float) -> None:
        """Keeps the parts that could not be listed, and warns once of each."""
        before = self.unlisted.parts()
        self.unlisted.note(sections, tried, now)
        after = self.unlisted.parts()
        self.came_back = not before.keys() <= after.keys()
        for part in after.values():
            if part.line not in self._warned:
                self._warned.add(part.line)
                self._warn(part.line)

    def _brake(self, emptied_before: set[int]) -> None:
        """Warns once of an empty library. Raises when all of them are empty."""
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
        for number in emptied.keys() - emptied_before:
            self._warn(
                f"Plex lists nothing in {emptied[number]}: its scenes wait. If the library should be "
                "empty, take it out of “Plex Libraries” or remove it in Plex"
            )

    def _add_newest(self, plex: PlexPort, section: int, now: float) -> int:
        """Writes the newest items of a section. Returns how many of their files are new."""
        page = plex.newest(section)
        parts = page.parts()
        if page.bad:
            raise unreadable(_some(page.bad))
        return self._files.add(parts, section, now)

    def replace(
        self, rating_keys: Collection[int], parts: Iterable[Part], section: int, final: float
    ) -> set[int]:
        """See `SectionListing.replace`."""
        return self._files.replace(rating_keys, parts, section, final)

    def keep_to(self, sections: Sequence[Section]) -> bool:
        """Forgets the libraries that are not in `sections`: they were deleted in Plex, or the user left them
        out. Forgets none while the number of a library cannot be read: it may be any of them. Returns whether
        Plex scanned any other library since its last listing."""
        known = self._sections()
        if known and not sections:
            raise errors.LibraryEmpty(
                "Plex shows none of the libraries that it had; nothing is changed until they are back"
            ).of(errors.PLEX)
        missing = known.keys() - {section.id for section in sections}
        gone = [] if unnumbered(sections) else [(number,) for number in missing]
        for number, *_ in gone:
            self._store.emptied.pop(number, None)
        if gone:
            with self._store.writing() as db:
                db.executemany("DELETE FROM part WHERE section = ?", gone)
                db.executemany("DELETE FROM section WHERE id = ?", gone)
        return any(s.id in known and known[s.id][0] != s.stamp for s in sections)

    def _sections(self) -> dict[int, tuple[str, float]]:
        rows = self._store.rows("SELECT id, stamp, listed FROM section")
        return {row[0]: (row[1], row[2]) for row in rows}

    def _glance(self, plex: PlexPort, section: Section, tries: Tries, now: float) -> int:
        """Reads the newest items, or the whole section if Plex cannot give these."""
        try:
            return self._add_newest(plex, section.id, now)
        except BAD_PART:
            return self._list(plex, section, tries, now)

    def _list(self, plex: PlexPort, section: Section, tries: Tries, now: float) -> int:
        """Reads the whole section. Returns 1, since the index may have new files after it."""
        before, holes = self._files.read(plex, section, now, self._count)
        if holes:
            tries.failed[section.id] = Failure(_some(holes), whole=False)
        if before:
            files = "1 file" if before == 1 else f"{before} files"
            self._store.emptied[section.id] = f"“{section.title}”, where it had {files}"
        else:
            self._store.emptied.pop(section.id, None)
        return 1

    def doubt(self, rating_keys: Iterable[int]) -> None:
        """Makes the next refresh list the libraries of these items, which are gone or have other files now:
        the libraries changed, whatever Plex says about its scans. Their files stay in the index until then,
        so that an emptied library is noticed."""
        holding = "id IN (SELECT section FROM part WHERE rating_key = ?)"
        sql = f"UPDATE section SET stamp = '' WHERE {holding}"
        touched = self._store.change_each(sql, [(key,) for key in rating_keys])
        self._outdated = self._outdated or touched > 0

    def doubt_all(self) -> None:
        """Makes the next listing write every item again."""
        self._store.change("UPDATE part SET mark = 0")

    def look_again(self) -> None:
        """Lets the next refresh ask Plex at once: it has new items."""
        self._outdated = True

    def titles(self) -> dict[int, str]:
        """Returns the titles of the libraries by id."""
        return dict(self._store.rows("SELECT id, title FROM section ORDER BY id"))


def _some(holes: Sequence[str]) -> str:
    more = f"; and {len(holes) - NAMED} more" if len(holes) > NAMED else ""
    return "; ".join(holes[:NAMED]) + more


def _is_due(section: Section, known: "tuple[str, float] | None", now: float) -> bool:
    if known is None:
        return True
    stamp, listed = known
    return stamp != section.stamp or not 0 <= now - listed < RELIST_SECONDS

"""Collections that we made: recorded before they are made, put in order, and removed when empty.

Plex makes a collection when an item gets its tag, and may keep it when the last item loses the tag.
A collection that a person made, or changed in Plex, is left alone.
"""

import time
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

import errors
from disk.database import batches
from plex.client.pages import BAD_PART
from plex.client.port import PlexPort
from plex.client.section import CUSTOM, Collection, unnumbered
from plex.fields import text
from plex.fields.text import name_key
from plex.plan.plan import without
from plex.state.database import Store
from plex.state.ledger import Ledger
from plex.sync.work import Work
from validation.settings import SyncSettings

Membership = tuple[int, str, int]  # section, name of a collection, item
# Plex lists an item in a collection a second or so after the item got its tag. A collection that got
# an item less than this ago is not empty, whatever Plex lists.
LAG = 10.0  # seconds


class OurCollection(NamedTuple):
    """A collection that we made; `rating_key` is 0 until Plex lists it. `emptied`: an item has left it.
    `disordered`: an item of a group has come or moved. `sorted`: Plex sorts it by hand, because we asked for
    that."""

    section: int
    name: str
    title: str
    rating_key: int = 0
    emptied: int = 0
    disordered: int = 0
    sorted: int = 0


class Collections:
    """Lives as long as a process. `say` gets a line for each collection that was removed, or could not be
    removed."""

    def __init__(
        self,
        plex: PlexPort,
        store: Store,
        settings: SyncSettings,
        say: Callable[[str], None],
        timer: Callable[[], float] = time.monotonic,
    ) -> None:
        self._plex, self._store, self._settings, self._say = plex, store, settings, say
        self._timer = timer
        # Names by section; None where Plex cannot list them.
        self._known: dict[int, set[str] | None] = {}
        self._logged: set[str] = set()  # parts of Plex that could not be read
        self._left: dict[tuple[int, str], set[int]] = {}  # items that have just lost the tag
        self._joined: dict[tuple[int, str], float] = {}  # when an item got the tag last

    def expect(self, works: Sequence[Work]) -> None:
        """Records, before the writes, which collections they make, leave empty or put out of order."""
        gained, gone = list(_tags(works, gained=True)), list(_tags(works, gained=False))
        fresh = {}
        for section, title, _ in gained:
            names = self._names(section)
            # If Plex cannot list its collections, none is taken for ours.
            if names is not None and name_key(title) not in names:
                names.add(name_key(title))
                fresh[section, name_key(title)] = title
        now = self._timer()
        self._joined |= {(section, name_key(title)): now for section, title, _ in gained}
        for section, title, key in gone:
            self._left.setdefault((section, name_key(title)), set()).add(key)
        places, before = self._places_of(works), self._places_before(works)
        spots = {spot for spot in places.keys() | before if places.get(spot) != before.get(spot)}
        spots |= places.keys() & {(section, name_key(t), key) for section, t, key in gained}
        moved = {(section, name) for section, name, _ in spots}
        if not (fresh or gone or moved):
            return
        with self._store.writing() as db:
            create = "INSERT OR REPLACE INTO collection (section, name, title) VALUES (?, ?, ?)"
            db.executemany(create, [(*name, title) for name, title in fresh.items()])
            _mark(self._store, "emptied", {(section, name_key(t)) for section, t, _ in gone})
            _mark(self._store, "disordered", moved)
            forget = "DELETE FROM place WHERE section = ? AND name = ? AND rating_key = ?"
            db.executemany(forget, list(before))
            rows = [(*spot, place) for spot, place in places.items()]
            db.executemany("INSERT INTO place VALUES (?, ?, ?, ?)", rows)

    def _places_of(self, works: Iterable[Work]) -> dict[Membership, int]:
        return {
            (work.item.section, name, work.item.rating_key): place
            for work in works
            if "collections" in work.wanted
            for name, place in text.positions(work.scene, self._settings).items()
        }

    def _places_before(self, works: Sequence[Work]) -> dict[Membership, int]:
        keys = [work.item.rating_key for work in works if "collections" in work.wanted]
        sql = "SELECT section, name, rating_key, place FROM place WHERE rating_key IN (...)"
        return {row[:3]: row[3] for row in self._store.rows_in(sql, keys)}

    def left(self, section: int, titles: Iterable[str]) -> None:
        """Records that an item is about to leave these collections: `tidy` removes the empty ones."""
        _mark(self._store, "emptied", {(section, name_key(title)) for title in titles})

    def _names(self, section: int) -> "set[str] | None":
        """The names of a library's collections, read once; those that we make are added."""
        if section not in self._known:
            try:
                listed = self._plex.collections(section)
                self._known[section] = {name_key(collection.title) for collection in listed}
            except BAD_PART as error:
                self._pass_over(f"the collections of library {section}", error)
                self._known[section] = None
        return self._known[section]

    def tidy(self) -> None:
        """After the writes, finds the collections that were made, sorts them, and removes empty ones. An
        error here fails no scene: the collection is looked at again by a later sync."""
        try:
            waiting = self._open()
            for section in {ours.section for ours in waiting if not ours.rating_key}:
                self._see(section)
                waiting = self._open()
            for ours in waiting:
                if ours.rating_key:
                    self._try(ours)
        except errors.Stash2PlexError:
            return

    def _try(self, ours: OurCollection) -> None:
        """Tidies one collection. If Plex cannot give it, the others are tidied all the same."""
        try:
            self._settle(ours)
        except BAD_PART as error:
            self._pass_over(f"the collection “{ours.title}”", error)

    def _pass_over(self, what: str, error: errors.Stash2PlexError) -> None:
        if what not in self._logged:
            self._logged.add(what)
            self._say(f"{what} could not be looked at and waits for a later sync: {error}")

    def _open(self) -> list[OurCollection]:
        rows = self._store.rows(
            "SELECT section, name, title, rating_key, emptied, disordered, sorted FROM collection"
            " WHERE emptied OR disordered OR NOT rating_key ORDER BY section, name"
        )
        return [OurCollection(*row) for row in rows]

    def _see(self, section: int) -> None:
        """Keeps the rating keys of the collections that Plex made. The others never came to be."""
        fresh = [ours for ours in self._open() if ours.section == section and not ours.rating_key]
        try:
            keys = {name_key(c.title): c.rating_key for c in self._plex.collections(section)}
        except BAD_PART as error:
            if not self._is_deleted(section, error):
                self._pass_over(f"the collections of library {section}", error)
                return
            keys = {}
        self._forget([ours for ours in fresh if ours.name not in keys])
        for ours in fresh:
            if ours.name in keys:
                self._put(ours._replace(rating_key=keys[ours.name]))

    def _is_deleted(self, section: int, error: errors.Stash2PlexError) -> bool:
        if not isinstance(error, errors.Gone):
            return False
        libraries = self._plex.libraries()
        return not unnumbered(libraries) and section not in {library.id for library in libraries}

    def _settle(self, ours: OurCollection) -> None:
        theirs = self._plex.collection(ours.rating_key)
        if theirs is None or theirs.edited or name_key(theirs.title) != ours.name:
            return self._forget([ours])  # gone, or a person's by now
        members = self._plex.members(ours.rating_key)
        if not members and ours.emptied and not self._has_just_got_one(ours):
            return self._remove(ours)
        if ours.disordered and members:
            ours = self._arrange(ours, theirs, members)
        if set(members) - self._left.get((ours.section, ours.name), set()):
            ours = ours._replace(emptied=0)
        # Plex may still list an item that has left: then a later sync looks again.
        return self._put(ours)

    def _has_just_got_one(self, ours: OurCollection) -> bool:
        joined = self._joined.get((ours.section, ours.name))
        return joined is not None and self._timer() - joined < LAG

    def _arrange(
        self, ours: OurCollection, theirs: Collection, members: Sequence[int]
    ) -> OurCollection:
        """Sorts a collection by the numbers in the group, unless a person chose another order."""
        if not ours.sorted and theirs.sort != CUSTOM:
            self._plex.sort_by_hand(ours.rating_key)
            members = self._plex.members(ours.rating_key)
        elif theirs.sort != CUSTOM:
            return ours._replace(disordered=0)
        for key, after in moves(members, arranged(members, self._places(ours))):
            self._plex.move(ours.rating_key, key, after)
        return ours._replace(disordered=0, sorted=1)

    def _places(self, ours: OurCollection) -> dict[int, int]:
        sql = "SELECT rating_key, place FROM place WHERE section = ? AND name = ?"
        return dict(self._store.rows(sql, (ours.section, ours.name)))

    def _remove(self, ours: OurCollection) -> None:
        sentence = f"the collection “{ours.title}” was empty and is removed from Plex"
        try:
            self._plex.delete_collection(ours.rating_key)
        except (errors.Rejected, errors.Refused) as error:
            sentence = (
                f"the collection “{ours.title}” is empty, and Plex does not remove it: {error}"
            )
        self._forget([ours])
        self._say(sentence)

    def _put(self, ours: OurCollection) -> None:
        self._store.change("INSERT OR REPLACE INTO collection VALUES (?, ?, ?, ?, ?, ?, ?)", ours)

    def _forget(self, some: Sequence[OurCollection]) -> None:
        sql = "DELETE FROM collection WHERE section = ? AND name = ?"
        self._store.change_each(sql, [(ours.section, ours.name) for ours in some])
        for ours in some:
            (self._known.get(ours.section) or set()).discard(ours.name)


def _mark(store: Store, mark: str, names: Iterable[tuple[int, str]]) -> None:
    """Marks collections that we made; the table has no others."""
    sql = f"UPDATE collection SET {mark} = 1 WHERE section = ? AND name = ?"
    store.change_each(sql, sorted(names))


def _tags(works: Iterable[Work], gained: bool) -> Iterator[tuple[int, str, int]]:
    """(section, title, item) of the collections that items get by these works, or lose."""
    for work in works:
        for change in work.writes:
            if change.field != "collections":
                continue
            old, new = change.before, change.after
            have, other = (new, old) if gained else (old, new)
            for title in without(have, other):
                yield work.item.section, title, work.item.rating_key


# -- collections that Plex emptied: their items were deleted, or are in another library


def note_empty(plex: PlexPort, store: Store) -> None:
    """Marks our empty collections: the next drain removes them if they are still empty."""
    for (section,) in store.rows("SELECT DISTINCT section FROM collection WHERE rating_key != 0"):
        try:
            listed = plex.collections(section)
        except errors.Stash2PlexError:
            continue
        if empty := {name_key(collection.title) for collection in listed if collection.size == 0}:
            _mark_empty(store, section, empty)


def _mark_empty(store: Store, section: int, names: set[str]) -> None:
    sql = "SELECT name FROM collection WHERE section = ? AND rating_key != 0 AND NOT emptied"
    ours = {row[0] for row in store.rows(sql, (section,))} & names
    # Plex lists an item in a collection a moment after it got the tag.
    if vacant := ours and ours - _taken(store, section):
        _mark(store, "emptied", {(section, name) for name in vacant})


def _taken(store: Store, section: int) -> set[str]:
    """The collections of the library's items, as they were written last."""
    sql = "SELECT rating_key FROM item WHERE rating_key IN (SELECT rating_key FROM part WHERE section = ?)"
    keys = [row[0] for row in store.rows(sql, (section,))]
    names: set[str] = set()
    for some in batches(keys):
        for entry in Ledger(store).entries(some).values():
            written = entry.baseline.get("collections")
            names.update(map(name_key, written.ours if written else ()))
    return names


# -- the order inside a collection


def arranged(members: Sequence[int], places: Mapping[int, int]) -> list[int]:
    """The members by their places. Members without a place come last and keep their order."""
    known = sorted((key for key in members if key in places), key=lambda key: (places[key], key))
    return known + [key for key in members if key not in places]


def moves(have: Sequence[int], want: Sequence[int]) -> list[tuple[int, int]]:
    """The fewest moves from `have` to `want`, in order: (member, the member before it, 0 for the front)."""
    stay = _longest_rising(have, {key: number for number, key in enumerate(want)})
    before = [0, *want]
    return [(key, before[n]) for n, key in enumerate(want) if key not in stay]


def _longest_rising(have: Sequence[int], rank: Mapping[int, int]) -> set[int]:
    """The largest set of members whose order is right already, which can stay where they are."""
    ends: list[int] = []  # the last member of the best run of each length
    before: dict[int, int] = {}
    for key in have:
        at = bisect_left([rank[end] for end in ends], rank[key])
        before[key] = ends[at - 1] if at else 0
        ends[at:] = [key, *ends[at + 1 :]]
    stay: set[int] = set()
    key = ends[-1] if ends else 0
    while key:
        stay.add(key)
        key = before[key]
    return stay

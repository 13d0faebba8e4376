"""Collections that we made: known before they are made, removed when nothing is left in them.

Plex makes a collection when an item gets its tag, and may keep it when the last one loses it. One
that a person made, or changed in Plex, is left alone.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple, Protocol

import errors
from plex.collection import Collection
from plex.names import name_key
from plex.outcome import Work
from plex.store import Store


class Plex(Protocol):
    """What is asked of Plex."""

    def collections(self, section: int) -> Sequence[Collection]: ...
    def collection(self, rating_key: int) -> "Collection | None": ...
    def members(self, rating_key: int) -> Sequence[int]: ...
    def delete_collection(self, rating_key: int) -> None: ...


class Made(NamedTuple):
    """A collection that we made; `rating_key` is 0 until Plex was seen to have it."""

    section: int
    name: str
    title: str
    rating_key: int = 0
    emptied: int = 0


class Collections:
    """Lives as long as a process. `say` is told what was removed, and what Plex would not remove."""

    def __init__(self, plex: Plex, store: Store, say: Callable[[str], None]) -> None:
        self._plex, self._store, self._say = plex, store, say
        self._known: dict[int, set[str]] = {}  # names by section
        self._left: dict[tuple[int, str], set[int]] = {}  # items that lost the tag just now

    def expect(self, works: Iterable[Work]) -> None:
        """Say on disk, before the writes, what they will make and what they may leave empty."""
        found = list(works)
        fresh = {}
        for section, title in _tags(found, gained=True):
            name = name_key(title)
            if name not in self._names(section):
                self._names(section).add(name)
                fresh[section, name] = title
        left = [(section, name_key(title)) for section, title in _tags(found, gained=False)]
        if fresh or left:
            with self._store.writing() as db:
                db.executemany(
                    "INSERT OR REPLACE INTO collection (section, name, title) VALUES (?, ?, ?)",
                    [(*key, title) for key, title in fresh.items()],
                )
                db.executemany(
                    "UPDATE collection SET emptied = 1 WHERE section = ? AND name = ?", left
                )
        for work in found:
            for section, title in _tags([work], gained=False):
                self._left.setdefault((section, name_key(title)), set()).add(work.item.rating_key)

    def _names(self, section: int) -> set[str]:
        """The collections of a section, asked for once; those that we make are added."""
        if section not in self._known:
            listed = self._plex.collections(section)
            self._known[section] = {name_key(one.title) for one in listed}
        return self._known[section]

    def tidy(self) -> None:
        """After the writes: find what was made, and remove what was left empty.

        Nothing that fails here is worth an error: what could not be settled is looked at again.
        """
        try:
            for one in self._seen([one for one in self._open() if not one.rating_key]):
                self._put(one)
            for one in [one for one in self._open() if one.emptied]:
                self._settle(one)
        except errors.Stash2PlexError:
            return

    def _open(self) -> list[Made]:
        rows = self._store.rows(
            "SELECT section, name, title, rating_key, emptied FROM collection"
            " WHERE emptied OR NOT rating_key ORDER BY section, name"
        )
        return [Made(*row) for row in rows]

    def _seen(self, fresh: Sequence[Made]) -> Iterator[Made]:
        """Those that were made, with the keys that Plex gave them. The others never came to be."""
        for section in {one.section for one in fresh}:
            keys = {name_key(c.title): c.rating_key for c in self._plex.collections(section)}
            mine = [one for one in fresh if one.section == section]
            self._forget([one for one in mine if one.name not in keys])
            yield from (one._replace(rating_key=keys[one.name]) for one in mine if one.name in keys)

    def _settle(self, one: Made) -> None:
        found = self._plex.collection(one.rating_key)
        if found is None or found.edited or name_key(found.title) != one.name:
            return self._forget([one])  # gone, or a person's by now
        members = set(self._plex.members(one.rating_key))
        if not members:
            return self._remove(one)
        if members - self._left.get((one.section, one.name), set()):
            self._put(one._replace(emptied=0))
        return None  # else Plex still lists what it was told to take out: for another time

    def _remove(self, one: Made) -> None:
        said = f"the collection “{one.title}” was empty and is removed from Plex"
        try:
            self._plex.delete_collection(one.rating_key)
        except (errors.Rejected, errors.Refused) as error:
            said = f"the collection “{one.title}” is empty, and Plex does not remove it: {error}"
        self._forget([one])
        self._say(said)

    def _put(self, one: Made) -> None:
        with self._store.writing() as db:
            db.execute("INSERT OR REPLACE INTO collection VALUES (?, ?, ?, ?, ?)", one)

    def _forget(self, some: Sequence[Made]) -> None:
        with self._store.writing() as db:
            db.executemany(
                "DELETE FROM collection WHERE section = ? AND name = ?",
                [(one.section, one.name) for one in some],
            )
        for one in some:
            self._known.get(one.section, set()).discard(one.name)


def _tags(works: Iterable[Work], gained: bool) -> Iterator[tuple[int, str]]:
    """(section, title) of the collections that items get by these works, or lose."""
    for work in works:
        for change in work.writes:
            if change.field != "collections":
                continue
            old, new = change.before, change.after
            have, other = (new, old) if gained else (old, new)
            kept = {name_key(name) for name in other} if isinstance(other, tuple) else set()
            for title in have if isinstance(have, tuple) else ():
                if name_key(title) not in kept:
                    yield work.item.section, title

"""Whose fault is a refusal? Items that it is not about are asked, whatever library they are in."""

import random
from collections.abc import Callable, Sequence

import errors
from plex.client.port import PlexPort
from plex.state.database import Store

MOST = 4  # items that are asked; one that serves is enough


def take_edits(plex: PlexPort, rating_keys: Sequence[int]) -> "bool | None":
    """Whether Plex takes an edit of any of these items; None if none of them is there."""
    answers = []
    for key in rating_keys:
        answers.append(plex.takes_edits(key))
        if answers[-1]:
            return True
    return False if False in answers else None


class Witnesses:
    """Lives as long as a process. `chance` gives 0..1."""

    def __init__(self, store: Store, chance: Callable[[], float] = random.random) -> None:
        self._store, self._chance = store, chance
        self._took = 0

    def took(self, rating_key: int) -> None:
        """This item has taken an edit just now."""
        self._took = rating_key

    def besides(self, rating_key: int = 0) -> list[int]:
        """The rating keys to ask: the item that took an edit last, then some by chance, first those
        of other libraries. Were they always the same ones, a few bad items could stop every sync
        for good."""
        found = [rating_key, self._took or self._written_last()]
        for number in self._libraries(rating_key):
            found.append(self._by_chance("part WHERE section = ?", number, found))
        found.append(self._by_chance("item WHERE synced > ?", 0, found))
        return [key for key in found if key not in (0, rating_key)][:MOST]

    def _written_last(self) -> int:
        sql = (
            "SELECT rating_key FROM item WHERE synced > 0 ORDER BY synced DESC, rating_key LIMIT 1"
        )
        found: int = self._store.value(sql) or 0
        return found

    def _libraries(self, rating_key: int) -> list[int]:
        own = self._store.value("SELECT section FROM part WHERE rating_key = ?", (rating_key,))
        sections = [row[0] for row in self._store.rows("SELECT id FROM section ORDER BY id")]
        return sorted(sections, key=lambda number: (number == own, self._chance()))

    def _by_chance(self, rows: str, given: int, besides: Sequence[int]) -> int:
        """One of these rows that is not among `besides`, 0 if there is none."""
        rows = f"{rows} AND rating_key NOT IN ({','.join('?' * len(besides))})"
        values = (given, *besides)
        last = self._store.value(f"SELECT max(rating_key) FROM {rows}", values) or 0
        sql = f"SELECT min(rating_key) FROM {rows} AND rating_key >= ?"
        found: int = self._store.value(sql, (*values, int(self._chance() * (last + 1)))) or 0
        return found


def serves(plex: PlexPort, rating_keys: Sequence[int]) -> bool:
    """Whether Plex gives any of these items. Asked for one by one: a bad one may spoil the others."""
    return any(_gives(plex, key) for key in rating_keys)


def _gives(plex: PlexPort, rating_key: int) -> bool:
    try:
        return bool(plex.items([rating_key]))
    except (errors.Busy, errors.Rejected):
        return False

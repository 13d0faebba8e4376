"""Finds out whose fault a refusal is, by asking Plex about other items, in any library."""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import errors
from plex.client.port import PlexPort
from plex.state.database import Store

MOST = 4  # items that are asked about; a single good answer is enough


def take_edits(plex: PlexPort, rating_keys: Sequence[int]) -> "bool | None":
    """Whether Plex takes an edit of any of these items; None if none of them is there."""
    answers = []
    for key in rating_keys:
        answers.append(plex.takes_edits(key))
        if answers[-1]:
            return True
    return False if False in answers else None


@dataclass
class Witnesses:
    """Lives as long as a process. `chance` gives 0..1; `took` is the item that has just taken an edit."""

    _store: Store
    _chance: Callable[[], float] = random.random
    took: int = 0

    def besides(self, rating_key: int = 0) -> list[int]:
        """The rating keys to ask about: the item that took an edit last, then some by chance, other
        libraries first. If they were always the same, a few bad items could stop every sync for good."""
        keys = [rating_key, self.took or self._written_last()]
        for number in self._libraries(rating_key):
            keys.append(self._by_chance("part WHERE section = ?", number, keys))
        keys.append(self._by_chance("item WHERE synced > ?", 0, keys))
        return [key for key in keys if key not in (0, rating_key)][:MOST]

    def _written_last(self) -> int:
        order = "ORDER BY synced DESC, rating_key LIMIT 1"
        return int(self._store.value(f"SELECT rating_key FROM item WHERE synced > 0 {order}") or 0)

    def _libraries(self, rating_key: int) -> list[int]:
        own = self._store.value("SELECT section FROM part WHERE rating_key = ?", (rating_key,))
        sections = [row[0] for row in self._store.rows("SELECT id FROM section ORDER BY id")]
        return sorted(sections, key=lambda number: (number == own, self._chance()))

    def _by_chance(self, rows: str, given: int, besides: Sequence[int]) -> int:
        """The rating key of a random row that is not among `besides`, 0 if there is none."""
        rows = f"{rows} AND rating_key NOT IN ({','.join('?' * len(besides))})"
        values = (given, *besides)
        last = self._store.value(f"SELECT max(rating_key) FROM {rows}", values) or 0
        sql = f"SELECT min(rating_key) FROM {rows} AND rating_key >= ?"
        return int(self._store.value(sql, (*values, int(self._chance() * (last + 1)))) or 0)


def serves(plex: PlexPort, rating_keys: Sequence[int]) -> bool:
    """Whether Plex gives any of these items. Reads them one by one: a bad item may spoil the others."""
    return any(_gives(plex, key) for key in rating_keys)


def _gives(plex: PlexPort, rating_key: int) -> bool:
    try:
        return bool(plex.items([rating_key]))
    except (errors.Busy, errors.Rejected):
        return False

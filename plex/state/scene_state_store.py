"""Reads and writes the state of each scene from the last comparison."""

from collections.abc import Collection, Iterable, Mapping
from typing import TYPE_CHECKING

from disk.database import batches, insert, parameters
from plex.state.database import Store
from plex.state.journal import Journal
from plex.state.scene_state import HIDDEN, IN_SYNC, NOT_IN_PLEX, UNKNOWN

if TYPE_CHECKING:
    from plex.state.scene_state import State


class SceneStates:
    """The states of scenes. If a state changes, the next reconciliation compares the scene again, since
    its fingerprint belongs to the old state."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def put(self, states: "Mapping[int, State]") -> None:
        """Stores the states by scene id. Writes only the rows that change."""
        known = self.of(states)
        changed = {n: state for n, state in states.items() if known.get(n) != state}
        if not changed:
            return
        with self._store.writing() as db:
            rows = [(number, *state) for number, state in changed.items()]
            insert(db, "INSERT OR REPLACE INTO scene_state", rows)
            self._compare_again(changed)

    def of(self, ids: Collection[int]) -> "dict[int, State]":
        """Returns the known states of these scenes."""
        rows = self._store.rows_in("SELECT * FROM scene_state WHERE scene_id IN (...)", ids)
        return {number: (state, why) for number, state, why in rows}

    def between(self, after: int, last: int) -> list[int]:
        """Returns the scenes with a state and an id above `after`, up to `last`."""
        sql = "SELECT scene_id FROM scene_state WHERE scene_id > ? AND scene_id <= ?"
        return [row[0] for row in self._store.rows(sql, (after, last))]

    def absent(self) -> list[int]:
        """Returns the scenes whose file Plex did not have or could not list."""
        lost = "state = ? OR (state = ? AND why LIKE ?)"
        sql = f"SELECT scene_id FROM scene_state WHERE {lost} ORDER BY scene_id"
        return [row[0] for row in self._store.rows(sql, (NOT_IN_PLEX, UNKNOWN, f"{HIDDEN} %"))]

    def random_ids(self, most: int) -> list[int]:
        """Returns the ids of some random scenes that have a state."""
        sql = "SELECT scene_id FROM scene_state ORDER BY random() LIMIT ?"
        return [row[0] for row in self._store.rows(sql, (most,))]

    def doubt(self, ids: Iterable[int]) -> None:
        """Replaces *in sync* by *not looked at yet* for scenes that may have changed since the last
        comparison."""
        known = self.of(list(ids))
        self.put({n: (UNKNOWN, "") for n, (state, _) in known.items() if state == IN_SYNC})

    def doubt_items(self, rating_keys: Collection[int]) -> None:
        """Replaces *in sync* by *not looked at yet* for the scenes on these items."""
        sql = "SELECT DISTINCT scene_id FROM item WHERE rating_key IN (...)"
        self.doubt(row[0] for row in self._store.rows_in(sql, rating_keys))

    def forget(self, scene_id: int) -> None:
        """Removes the state of a scene that Stash no longer has. Its hold waits until the scene is back."""
        Journal(self._store).suspend_hold(scene_id)
        with self._store.writing() as db:
            for table in ("scene_state", "verified"):
                db.execute(f"DELETE FROM {table} WHERE scene_id = ?", (scene_id,))

    def _compare_again(self, ids: Iterable[int]) -> None:
        with self._store.writing() as db:
            for some in batches(list(ids)):
                db.execute(f"DELETE FROM verified WHERE scene_id IN ({parameters(some)})", some)

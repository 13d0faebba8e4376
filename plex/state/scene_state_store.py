"""The last verdict about each scene, as it was last seen: read and written, only where it changed."""

from collections.abc import Collection, Iterable, Mapping
from typing import TYPE_CHECKING

from disk.database import batches, insert, parameters
from plex.state.database import Store
from plex.state.journal import Journal
from plex.state.scene_state import HIDDEN, IN_SYNC, NOT_IN_PLEX, UNKNOWN

if TYPE_CHECKING:
    from plex.state.scene_state import State


class SceneStates:
    """The states of scenes. A scene whose state changes is compared once more by the next
    reconciliation: what was found to agree before is of another state."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def put(self, states: "Mapping[int, State]") -> None:
        """Keep these states by scene id; rows that say the same are not written."""
        known = self.of(states)
        changed = {n: one for n, one in states.items() if known.get(n) != one}
        if not changed:
            return
        with self._store.writing() as db:
            rows = [(number, *one) for number, one in changed.items()]
            insert(db, "INSERT OR REPLACE INTO scene_state", rows)
            self._compare_again(changed)

    def of(self, ids: Collection[int]) -> "dict[int, State]":
        """The states of these scenes, as far as they are known."""
        rows = self._store.rows_in("SELECT * FROM scene_state WHERE scene_id IN (...)", ids)
        return {number: (state, why) for number, state, why in rows}

    def between(self, after: int, last: int) -> list[int]:
        """The scenes with a state whose ids are in this range, without `after`."""
        sql = "SELECT scene_id FROM scene_state WHERE scene_id > ? AND scene_id <= ?"
        return [row[0] for row in self._store.rows(sql, (after, last))]

    def absent(self) -> list[int]:
        """The scenes whose file Plex did not have, or could not show."""
        sql = (
            "SELECT scene_id FROM scene_state WHERE state = ?"
            " OR (state = ? AND why LIKE ?) ORDER BY scene_id"
        )
        return [row[0] for row in self._store.rows(sql, (NOT_IN_PLEX, UNKNOWN, f"{HIDDEN} %"))]

    def random_ids(self, most: int) -> list[int]:
        """Some of the scenes that have a state."""
        sql = "SELECT scene_id FROM scene_state ORDER BY random() LIMIT ?"
        return [row[0] for row in self._store.rows(sql, (most,))]

    def doubt(self, ids: Iterable[int]) -> None:
        """These scenes changed, and nobody has looked since: none of them is known to be in sync."""
        known = self.of(list(ids))
        self.put({number: (UNKNOWN, "") for number, one in known.items() if one[0] == IN_SYNC})

    def doubt_items(self, rating_keys: Collection[int]) -> None:
        """The same for the scenes on these items."""
        sql = "SELECT DISTINCT scene_id FROM item WHERE rating_key IN (...)"
        self.doubt(row[0] for row in self._store.rows_in(sql, rating_keys))

    def forget(self, scene_id: int) -> None:
        """Stash no longer has the scene: it has no state, and its hold waits for its return."""
        Journal(self._store).suspend_hold(scene_id)
        with self._store.writing() as db:
            for table in ("scene_state", "verified"):
                db.execute(f"DELETE FROM {table} WHERE scene_id = ?", (scene_id,))

    def _compare_again(self, ids: Iterable[int]) -> None:
        with self._store.writing() as db:
            for some in batches(list(ids)):
                db.execute(f"DELETE FROM verified WHERE scene_id IN ({parameters(some)})", some)

"""The ledger: for each item its scene, our last write of each field, and Plex's answer. Also the state of each
scene from the last comparison (`SceneStates`)."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from disk.database import batches, insert, parameters
from plex.fields.actor_photos import Sent, holder
from plex.fields.item import FileIds, Item, file_ids_from, is_same_file
from plex.fields.registry import BY_NAME, IMAGES
from plex.plan.baseline import Decision
from plex.state import entry_history
from plex.state.database import LOST, Store
from plex.state.entry import COLUMNS, Entry, decision_of, entry_of, names_of, row_of, text_of
from plex.state.journal import Journal
from plex.state.scene_state import HIDDEN, IN_SYNC, NOT_IN_PLEX, UNKNOWN

if TYPE_CHECKING:
    from plex.state.scene_state import State


_PUT = f"INSERT OR REPLACE INTO item ({', '.join(COLUMNS)})"
# As bytes, since `leniently` decodes every text with a call of its own. NULL differs from ''.
_KNOWN = [f"ifnull({name}, '?')" for name in COLUMNS if name not in ("rating_key", "synced")]
_AS_BYTES = "SELECT rating_key, CAST({} AS BLOB) FROM {} WHERE rating_key IN (...)"
_PRINT = _AS_BYTES.format(" || char(31) || ".join(_KNOWN), "item")
_PRINT_OF_DECISIONS = _AS_BYTES.format("field || char(31) || choice", "decision")

Ref = tuple[str, int]  # kind and id of what a scene shows


@dataclass
class Ledger:
    """Reads and writes entries. Each write of a batch is one transaction."""

    store: Store

    def new_entries(self, scenes: Mapping[int, int], items: Mapping[int, Item]) -> dict[int, Entry]:
        """Returns entries for items that have none. `scenes` has the scene of each by rating key. Values in
        the journal are ours. After the whole file was lost, existing locks are probably ours: treating them
        as the user's would freeze those fields for good."""
        if self.store.meta(LOST):
            return {key: Entry(key, number, locks=None) for key, number in scenes.items()}
        journal, keys = Journal(self.store), list(scenes)
        rows, origins = journal.written(keys), journal.origins(keys)
        return {
            key: entry_history.rebuilt(key, n, items[key], rows.get(key, ()), origins.get(key, {}))
            for key, n in scenes.items()
        }

    def entries_of(self, items: Iterable[Item]) -> dict[int, Entry]:
        """Returns the entries of these items, by rating key, without entries about another file."""
        ids = {item.rating_key: item.file_ids for item in items}
        entries = self.entries(list(ids)).items()
        return {key: entry for key, entry in entries if is_same_file(entry.files, ids[key])}

    def entries(self, rating_keys: Sequence[int]) -> dict[int, Entry]:
        """Returns the entries under these rating keys."""
        sql = f"SELECT {', '.join(COLUMNS)} FROM item WHERE rating_key IN (...)"
        rows = self.store.rows_in(sql, rating_keys)
        decided = self._decided(rating_keys)
        return {row[0]: entry_of(row, decided.get(row[0], {})) for row in rows}

    def known(self, rating_keys: Sequence[int]) -> set[int]:
        """Returns the rating keys that have an entry."""
        sql = "SELECT rating_key FROM item WHERE rating_key IN (...)"
        return {row[0] for row in self.store.rows_in(sql, rating_keys)}

    def prints(self, rating_keys: Sequence[int]) -> dict[int, bytes]:
        """Returns everything in these entries that decides anything, as bytes to compare."""
        prints: dict[int, bytes] = dict(self.store.rows_in(_PRINT, rating_keys))
        for key, decision in self.store.rows_in(_PRINT_OF_DECISIONS, rating_keys):
            prints[key] = prints.get(key, b"") + decision
        return prints

    def put(self, entries: Iterable[Entry], refs: "Mapping[int, list[Ref]] | None" = None) -> None:
        """Stores entries. `refs` has the performers, tags and studios that each scene shows. Deletes a
        decision when the entry contains it in its baseline."""
        some, changed = list(entries), self._changed_refs(refs) if refs else {}
        if not (some or changed):
            return
        with self.store.writing() as db:
            insert(db, _PUT, [row_of(entry) for entry in some])
            # Decisions under the key of a new entry were about another file.
            new = [(entry.rating_key,) for entry in some if not (entry.synced or entry.decided)]
            db.executemany("DELETE FROM decision WHERE rating_key = ?", new)
            sql = "DELETE FROM decision WHERE rating_key = ? AND field = ? AND choice = ?"
            for entry in some:
                done = [(entry.rating_key, name, text_of(d)) for name, d in entry.decided.items()]
                db.executemany(sql, done)
            for scene_id, shown in changed.items():
                db.execute("DELETE FROM ref WHERE scene_id = ?", (scene_id,))
                insert(db, "INSERT OR IGNORE INTO ref", [(*ref, scene_id) for ref in shown])

    def _changed_refs(self, refs: Mapping[int, list[Ref]]) -> dict[int, list[Ref]]:
        """Returns the scenes whose refs differ from their last write, with their refs now."""
        known: dict[int, set[Ref]] = {}
        sql = "SELECT scene_id, kind, ref_id FROM ref WHERE scene_id IN (...)"
        for scene_id, kind, number in self.store.rows_in(sql, refs):
            known.setdefault(scene_id, set()).add((kind, number))
        return {n: shown for n, shown in refs.items() if known.get(n, set()) != set(shown)}

    def photos(self, names: Iterable[str]) -> dict[str, Sent]:
        """Returns the photos that were sent for these names. Names are in the form of `name_key`."""
        sql = "SELECT name, url, got FROM photo WHERE name IN (...)"
        return {row[0]: Sent(row[1], row[2]) for row in self.store.rows_in(sql, list(names))}

    def holders(self, sent: Mapping[str, Sent]) -> dict[str, int]:
        """Returns the performer whose photo each name has, if any scene still shows that performer."""
        performers = {name: holder(photo) for name, photo in sent.items()}
        sql = "SELECT DISTINCT ref_id FROM ref WHERE kind = 'performer' AND ref_id IN (...)"
        shown = {row[0] for row in self.store.rows_in(sql, performers.values())}
        return {name: number for name, number in performers.items() if number in shown}

    def put_photos(self, sent: Mapping[str, Sent]) -> None:
        rows = [(name, *photo) for name, photo in sent.items()]
        self.store.change_each("INSERT OR REPLACE INTO photo VALUES (?, ?, ?)", rows)

    def forget_scene(self, scene_id: int) -> list[int]:
        """Removes the scene from its items, since Stash no longer has it. Returns their rating keys. The
        entries stay, for the scene that takes an item over."""
        keys = self.items_of(scene_id)
        with self.store.writing() as db:
            db.execute("UPDATE item SET scene_id = 0 WHERE scene_id = ?", (scene_id,))
            db.execute("DELETE FROM ref WHERE scene_id = ?", (scene_id,))
        return keys

    def items_of(self, scene_id: int, files: "FileIds | None" = None) -> list[int]:
        """Returns the rating keys on which the scene was written. With `files` only the items that had one
        of these files, since the scene id may have belonged to another scene."""
        sql = "SELECT rating_key, files FROM item WHERE scene_id = ? ORDER BY rating_key"
        return [
            key for key, known in self.store.rows(sql, (scene_id,))
            if files is None or is_same_file(file_ids_from(known), files)
        ]  # fmt: skip

    def scenes_on(self, rating_keys: Collection[int]) -> dict[int, int]:
        """Returns the scene that was written on each of these items."""
        sql = "SELECT rating_key, scene_id FROM item WHERE scene_id != 0 AND rating_key IN (...)"
        return dict(self.store.rows_in(sql, rating_keys))

    def showing(self, scene_ids: Sequence[int]) -> list[int]:
        """Returns the scenes that were written on any item."""
        sql = "SELECT DISTINCT scene_id FROM item WHERE scene_id IN (...)"
        return [row[0] for row in self.store.rows_in(sql, scene_ids)]

    def latest_scenes(self, limit: int) -> list[int]:
        """Returns the scenes that were synced last, the latest first."""
        sql = "SELECT scene_id FROM item WHERE scene_id != 0 AND synced > 0 ORDER BY synced DESC LIMIT ?"
        return [row[0] for row in self.store.rows(sql, (limit,))]

    def scenes_showing(self, kind: str, number: int) -> list[int]:
        """Returns the scenes that showed this performer, tag or studio at their last write. After the
        performer, tag or studio was deleted, Stash can no longer answer this."""
        sql = "SELECT scene_id FROM ref WHERE kind = ? AND ref_id = ?"
        return [row[0] for row in self.store.rows(sql, (kind, number))]

    # -- decisions of a person

    def decide(self, rating_key: int, decisions: Mapping[str, Decision]) -> None:
        """Stores a person's decisions about fields of an item until a sync carries them out."""
        rows = [(rating_key, name, text_of(decision)) for name, decision in decisions.items()]
        self.store.change_each("INSERT OR REPLACE INTO decision VALUES (?, ?, ?)", rows)

    def undecided(self) -> list[tuple[int, int, tuple[str, ...]]]:
        """Returns (rating key, scene id, fields) of the items that wait for a decision."""
        sql = "SELECT rating_key, scene_id, asked FROM item WHERE asked != '' AND scene_id != 0"
        rows = self.store.rows(f"{sql} ORDER BY rating_key")
        return [(key, scene_id, names_of(asked)) for key, scene_id, asked in rows]

    def ask(self, asked: Mapping[int, Sequence[str]]) -> None:
        """Sets the fields of items that wait for a decision."""
        rows = [(" ".join(names), key) for key, names in asked.items()]
        self.store.change_each("UPDATE item SET asked = ? WHERE rating_key = ?", rows)

    def asking(self, scene_ids: Sequence[int]) -> dict[int, int]:
        """Returns the items on which these scenes wait for a decision, each with its scene id."""
        sql = "SELECT rating_key, scene_id FROM item WHERE asked != '' AND scene_id IN (...)"
        return dict(self.store.rows_in(sql, scene_ids))

    def _decided(self, rating_keys: Sequence[int]) -> dict[int, dict[str, Decision]]:
        decisions: dict[int, dict[str, Decision]] = {}
        sql = "SELECT rating_key, field, choice FROM decision WHERE rating_key IN (...)"
        for key, name, choice in self.store.rows_in(sql, rating_keys):
            if name in (*BY_NAME, *IMAGES) and (decision := decision_of(choice)):
                decisions.setdefault(key, {})[name] = decision
        return decisions

    def size(self) -> int:
        """Counts the items that show a scene."""
        return int(self.store.value("SELECT count(*) FROM item WHERE scene_id != 0"))


@dataclass
class SceneStates:
    """The states of scenes. If a state changes, the next reconciliation compares the scene again, since
    its fingerprint belongs to the old state."""

    _store: Store

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

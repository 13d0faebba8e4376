"""The ledger: for each item its scene, our last write of each field, and Plex's answer."""

from collections.abc import Collection, Iterable, Mapping, Sequence

from disk.database import insert
from plex.fields.actor_photos import Sent, holder
from plex.fields.item import Item
from plex.fields.registry import BY_NAME, IMAGES
from plex.plan.baseline import Decision
from plex.state import entry_history, file_id
from plex.state.database import LOST, Store
from plex.state.entry import COLUMNS, Entry, decision_of, entry_of, names_of, row_of, text_of
from plex.state.file_id import FileIds
from plex.state.journal import Journal

_PUT = f"INSERT OR REPLACE INTO item ({', '.join(COLUMNS)})"
# As bytes, since `leniently` decodes every text with a call of its own. NULL differs from ''.
_KNOWN = [f"ifnull({name}, '?')" for name in COLUMNS if name not in ("rating_key", "synced")]
_AS_BYTES = "SELECT rating_key, CAST({} AS BLOB) FROM {} WHERE rating_key IN (...)"
_PRINT = _AS_BYTES.format(" || char(31) || ".join(_KNOWN), "item")
_PRINT_OF_DECISIONS = _AS_BYTES.format("field || char(31) || choice", "decision")

Ref = tuple[str, int]  # kind and id of what a scene shows


class Ledger:
    """Reads and writes entries. Each write of a batch is one transaction."""

    def __init__(self, store: Store) -> None:
        self._store = self.store = store

    def new_entries(self, scenes: Mapping[int, int], items: Mapping[int, Item]) -> dict[int, Entry]:
        """Returns entries for items that have none. `scenes` has the scene of each by rating key. Values in
        the journal are ours. After the whole file was lost, existing locks are probably ours: treating them
        as the user's would freeze those fields for good."""
        if not scenes:
            return {}
        if self._store.meta(LOST):
            return {key: Entry(key, number, locks=None) for key, number in scenes.items()}
        journal, keys = Journal(self._store), list(scenes)
        rows, origins = journal.written(keys), journal.origins(keys)
        return {
            key: entry_history.rebuilt(key, n, items[key], rows.get(key, ()), origins.get(key, {}))
            for key, n in scenes.items()
        }

    def entries_of(self, items: Iterable[Item]) -> dict[int, Entry]:
        """Returns the entries of these items, by rating key, without entries about another file."""
        ids = {item.rating_key: file_id.of_item(item) for item in items}
        entries = self.entries(list(ids)).items()
        return {key: entry for key, entry in entries if file_id.is_same(entry.files, ids[key])}

    def entries(self, rating_keys: Sequence[int]) -> dict[int, Entry]:
        """Returns the entries under these rating keys."""
        sql = f"SELECT {', '.join(COLUMNS)} FROM item WHERE rating_key IN (...)"
        rows = self._store.rows_in(sql, rating_keys)
        decided = self._decided(rating_keys)
        return {row[0]: entry_of(row, decided.get(row[0], {})) for row in rows}

    def known(self, rating_keys: Sequence[int]) -> set[int]:
        """Returns the rating keys that have an entry."""
        sql = "SELECT rating_key FROM item WHERE rating_key IN (...)"
        return {row[0] for row in self._store.rows_in(sql, rating_keys)}

    def prints(self, rating_keys: Sequence[int]) -> dict[int, bytes]:
        """Returns everything in these entries that decides anything, as bytes to compare."""
        prints: dict[int, bytes] = dict(self._store.rows_in(_PRINT, rating_keys))
        for key, decision in self._store.rows_in(_PRINT_OF_DECISIONS, rating_keys):
            prints[key] = prints.get(key, b"") + decision
        return prints

    def put(self, entries: Iterable[Entry], refs: "Mapping[int, list[Ref]] | None" = None) -> None:
        """Stores entries. `refs` has the performers, tags and studios that each scene shows. Deletes a
        decision when the entry contains it in its baseline."""
        some = list(entries)
        with self._store.writing() as db:
            insert(db, _PUT, map(row_of, some))
            # Decisions under the key of a new entry were about another file.
            new = [(entry.rating_key,) for entry in some if not (entry.synced or entry.decided)]
            db.executemany("DELETE FROM decision WHERE rating_key = ?", new)
            sql = "DELETE FROM decision WHERE rating_key = ? AND field = ? AND choice = ?"
            for entry in some:
                done = [(entry.rating_key, name, text_of(d)) for name, d in entry.decided.items()]
                db.executemany(sql, done)
            for scene_id, shown in self.changed_refs(refs or {}).items():
                db.execute("DELETE FROM ref WHERE scene_id = ?", (scene_id,))
                insert(db, "INSERT OR IGNORE INTO ref", [(*ref, scene_id) for ref in shown])

    def changed_refs(self, refs: Mapping[int, list[Ref]]) -> dict[int, list[Ref]]:
        """Returns the scenes whose refs differ from their last write, with their refs now."""
        known: dict[int, set[Ref]] = {}
        sql = "SELECT scene_id, kind, ref_id FROM ref WHERE scene_id IN (...)"
        for scene_id, kind, number in self._store.rows_in(sql, refs):
            known.setdefault(scene_id, set()).add((kind, number))
        return {n: shown for n, shown in refs.items() if known.get(n, set()) != set(shown)}

    def photos(self, names: Iterable[str]) -> dict[str, Sent]:
        """Returns the photos that were sent for these names. Names are in the form of `name_key`."""
        sql = "SELECT name, url, got FROM photo WHERE name IN (...)"
        return {row[0]: Sent(row[1], row[2]) for row in self._store.rows_in(sql, list(names))}

    def holders(self, sent: Mapping[str, Sent]) -> dict[str, int]:
        """Returns the performer whose photo each name has, if any scene still shows that performer."""
        performers = {name: holder(photo) for name, photo in sent.items()}
        sql = "SELECT DISTINCT ref_id FROM ref WHERE kind = 'performer' AND ref_id IN (...)"
        shown = {row[0] for row in self._store.rows_in(sql, performers.values())}
        return {name: number for name, number in performers.items() if number in shown}

    def put_photos(self, sent: Mapping[str, Sent]) -> None:
        rows = [(name, *photo) for name, photo in sent.items()]
        if rows:
            self._store.change_each("INSERT OR REPLACE INTO photo VALUES (?, ?, ?)", rows)

    def forget_scene(self, scene_id: int) -> list[int]:
        """Removes the scene from its items, since Stash no longer has it. Returns their rating keys. The
        entries stay, for the scene that takes an item over."""
        keys = self.items_of(scene_id)
        with self._store.writing() as db:
            db.execute("UPDATE item SET scene_id = 0 WHERE scene_id = ?", (scene_id,))
            db.execute("DELETE FROM ref WHERE scene_id = ?", (scene_id,))
        return keys

    def items_of(self, scene_id: int, files: "FileIds | None" = None) -> list[int]:
        """Returns the rating keys on which the scene was written. With `files` only the items that had one
        of these files, since the scene id may have belonged to another scene."""
        sql = "SELECT rating_key, files FROM item WHERE scene_id = ? ORDER BY rating_key"
        return [
            key for key, known in self._store.rows(sql, (scene_id,))
            if files is None or file_id.is_same(file_id.from_text(known), files)
        ]  # fmt: skip

    def scenes_on(self, rating_keys: Collection[int]) -> dict[int, int]:
        """Returns the scene that was written on each of these items."""
        sql = "SELECT rating_key, scene_id FROM item WHERE scene_id != 0 AND rating_key IN (...)"
        return dict(self._store.rows_in(sql, rating_keys))

    def showing(self, scene_ids: Sequence[int]) -> list[int]:
        """Returns the scenes that were written on any item."""
        sql = "SELECT DISTINCT scene_id FROM item WHERE scene_id IN (...)"
        return [row[0] for row in self._store.rows_in(sql, scene_ids)]

    def latest_scenes(self, limit: int) -> list[int]:
        """Returns the scenes that were synced last, the latest first."""
        sql = "SELECT scene_id FROM item WHERE scene_id != 0 AND synced > 0 ORDER BY synced DESC LIMIT ?"
        return [row[0] for row in self._store.rows(sql, (limit,))]

    def scenes_showing(self, kind: str, number: int) -> list[int]:
        """Returns the scenes that showed this performer, tag or studio at their last write. After the
        performer, tag or studio was deleted, Stash can no longer answer this."""
        sql = "SELECT scene_id FROM ref WHERE kind = ? AND ref_id = ?"
        return [row[0] for row in self._store.rows(sql, (kind, number))]

    # -- decisions of a person

    def decide(self, rating_key: int, decisions: Mapping[str, Decision]) -> None:
        """Stores a person's decisions about fields of an item until a sync carries them out."""
        rows = [(rating_key, name, text_of(decision)) for name, decision in decisions.items()]
        self._store.change_each("INSERT OR REPLACE INTO decision VALUES (?, ?, ?)", rows)

    def undecided(self) -> list[tuple[int, int, tuple[str, ...]]]:
        """Returns (rating key, scene id, fields) of the items that wait for a decision."""
        sql = "SELECT rating_key, scene_id, asked FROM item WHERE asked != '' AND scene_id != 0"
        rows = self._store.rows(f"{sql} ORDER BY rating_key")
        return [(key, scene_id, names_of(asked)) for key, scene_id, asked in rows]

    def ask(self, asked: Mapping[int, Sequence[str]]) -> None:
        """Sets the fields of items that wait for a decision."""
        rows = [(" ".join(names), key) for key, names in asked.items()]
        self._store.change_each("UPDATE item SET asked = ? WHERE rating_key = ?", rows)

    def asking(self, scene_ids: Sequence[int]) -> dict[int, int]:
        """Returns the items on which these scenes wait for a decision, each with its scene id."""
        sql = "SELECT rating_key, scene_id FROM item WHERE asked != '' AND scene_id IN (...)"
        return dict(self._store.rows_in(sql, scene_ids))

    def _decided(self, rating_keys: Sequence[int]) -> dict[int, dict[str, Decision]]:
        decisions: dict[int, dict[str, Decision]] = {}
        sql = "SELECT rating_key, field, choice FROM decision WHERE rating_key IN (...)"
        for key, name, choice in self._store.rows_in(sql, rating_keys):
            if name in (*BY_NAME, *IMAGES) and (decision := decision_of(choice)):
                decisions.setdefault(key, {})[name] = decision
        return decisions

    def size(self) -> int:
        """Counts the items that show a scene."""
        return int(self._store.value("SELECT count(*) FROM item WHERE scene_id != 0"))

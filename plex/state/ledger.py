"""The ledger: per item the scene it shows, what we last sent and what Plex said back."""

from collections.abc import Iterable, Mapping, Sequence

from disk.database import insert
from plex.fields.actor_photos import Sent, holder
from plex.fields.item import Item
from plex.fields.registry import BY_NAME, IMAGES
from plex.plan.baseline import Decision
from plex.state import entry_history, file_id
from plex.state.database import LOST, Store
from plex.state.entry import (
    COLUMNS,
    Entry,
    decision_of,
    entry_of,
    names_of,
    row_of,
    text_of,
)
from plex.state.file_id import FileIds
from plex.state.journal import Journal

_PUT = f"INSERT OR REPLACE INTO item ({', '.join(COLUMNS)})"
# As bytes: a text would be read leniently, one by one. What is not there is told from an empty one.
_KNOWN = [f"ifnull({name}, '?')" for name in COLUMNS if name not in ("rating_key", "synced")]
_PRINT = (
    f"SELECT rating_key, CAST({' || char(31) || '.join(_KNOWN)} AS BLOB) FROM item"
    " WHERE rating_key IN (...)"
)
_PRINT_OF_DECISIONS = (
    "SELECT rating_key, CAST(field || char(31) || choice AS BLOB) FROM decision"
    " WHERE rating_key IN (...)"
)

Ref = tuple[str, int]  # kind and id of what a scene shows


class Ledger:
    """Reads and writes entries; every write of a batch is one transaction."""

    def __init__(self, store: Store) -> None:
        self._store = self.store = store

    def new_entries(self, scenes: Mapping[int, int], items: Mapping[int, Item]) -> dict[int, Entry]:
        """The entries of items of which nothing is known, for these scenes by rating key. What the
        journal knows of an item is ours. After the whole file was lost, locks are probably ours:
        treating them as a person's would freeze those fields for good."""
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
        """What is known of these items, by rating key. The entry of a key that stood for another file
        is about another item."""
        ids = {item.rating_key: file_id.of_item(item) for item in items}
        found = self.entries(list(ids))
        return {
            key: entry for key, entry in found.items() if file_id.is_same(entry.files, ids[key])
        }

    def entries(self, rating_keys: Sequence[int]) -> dict[int, Entry]:
        """What is known of these items, by rating key."""
        sql = f"SELECT {', '.join(COLUMNS)} FROM item WHERE rating_key IN (...)"
        rows = self._store.rows_in(sql, rating_keys)
        decided = self._decided(rating_keys)
        return {row[0]: entry_of(row, decided.get(row[0], {})) for row in rows}

    def known(self, rating_keys: Sequence[int]) -> set[int]:
        """Those of these items that have an entry."""
        sql = "SELECT rating_key FROM item WHERE rating_key IN (...)"
        return {row[0] for row in self._store.rows_in(sql, rating_keys)}

    def prints(self, rating_keys: Sequence[int]) -> dict[int, bytes]:
        """All that is known of these items and decides anything, as bytes to be compared."""
        found: dict[int, bytes] = dict(self._store.rows_in(_PRINT, rating_keys))
        for key, decision in self._store.rows_in(_PRINT_OF_DECISIONS, rating_keys):
            found[key] = found.get(key, b"") + decision
        return found

    def put(self, entries: Iterable[Entry], refs: "Mapping[int, list[Ref]] | None" = None) -> None:
        """Record entries, and which performers, tags and studios their scenes show.

        What was decided is in the baseline of its entry by now, and is not waited with any more.
        """
        some = list(entries)
        rows = list(map(row_of, some))
        with self._store.writing() as db:
            insert(db, _PUT, rows)
            # What was decided under a key that stands for another file now is not about this item.
            anew = [(entry.rating_key,) for entry in some if not (entry.synced or entry.decided)]
            db.executemany("DELETE FROM decision WHERE rating_key = ?", anew)
            db.executemany(
                "DELETE FROM decision WHERE rating_key = ? AND field = ? AND choice = ?",
                [
                    (e.rating_key, name, text_of(one))
                    for e in some
                    for name, one in e.decided.items()
                ],
            )
            for scene_id, found in self.changed_refs(refs or {}).items():
                db.execute("DELETE FROM ref WHERE scene_id = ?", (scene_id,))
                insert(db, "INSERT OR IGNORE INTO ref", [(*one, scene_id) for one in found])

    def _refs(self, scene_ids: Sequence[int]) -> dict[int, set[Ref]]:
        """What these scenes showed when they were written last."""
        found: dict[int, set[Ref]] = {}
        sql = "SELECT scene_id, kind, ref_id FROM ref WHERE scene_id IN (...)"
        for scene_id, kind, number in self._store.rows_in(sql, scene_ids):
            found.setdefault(scene_id, set()).add((kind, number))
        return found

    def changed_refs(self, refs: Mapping[int, list[Ref]]) -> dict[int, list[Ref]]:
        """Those of these scenes that show others than when they were written last."""
        known = self._refs(list(refs))
        return {n: found for n, found in refs.items() if known.get(n, set()) != set(found)}

    def photos(self, names: Iterable[str]) -> dict[str, Sent]:
        """What was sent for these names, by `name_key`."""
        sql = "SELECT name, url, got FROM photo WHERE name IN (...)"
        return {row[0]: Sent(row[1], row[2]) for row in self._store.rows_in(sql, list(names))}

    def holders(self, sent: Mapping[str, Sent]) -> dict[str, int]:
        """Which performer's photo each name has, of those that any scene shows, as last written."""
        found = {name: holder(one) for name, one in sent.items()}
        sql = "SELECT DISTINCT ref_id FROM ref WHERE kind = 'performer' AND ref_id IN (...)"
        shown = {row[0] for row in self._store.rows_in(sql, found.values())}
        return {name: number for name, number in found.items() if number in shown}

    def put_photos(self, sent: Mapping[str, Sent]) -> None:
        if not sent:
            return
        with self._store.writing() as db:
            db.executemany(
                "INSERT OR REPLACE INTO photo VALUES (?, ?, ?)",
                [(name, *one) for name, one in sent.items()],
            )

    def forget_scene(self, scene_id: int) -> list[int]:
        """The scene is gone from Stash: its items are nobody's now. Gives their rating keys.

        What we wrote there stays known, for the scene that takes the item over.
        """
        keys = self.items_of(scene_id)
        with self._store.writing() as db:
            db.execute("UPDATE item SET scene_id = 0 WHERE scene_id = ?", (scene_id,))
            db.execute("DELETE FROM ref WHERE scene_id = ?", (scene_id,))
        return keys

    def items_of(self, scene_id: int, files: "FileIds | None" = None) -> list[int]:
        """The rating keys on which the scene was written; with `files`, only if it had one of these
        then: its number may have been another scene's."""
        rows = self._store.rows(
            "SELECT rating_key, files FROM item WHERE scene_id = ? ORDER BY rating_key", (scene_id,)
        )
        return [
            key for key, known in rows
            if files is None or file_id.is_same(file_id.from_text(known), files)
        ]  # fmt: skip

    def showing(self, scene_ids: Sequence[int]) -> list[int]:
        """Those of the scenes that were written on any item."""
        sql = "SELECT DISTINCT scene_id FROM item WHERE scene_id IN (...)"
        return [row[0] for row in self._store.rows_in(sql, scene_ids)]

    def scenes_showing(self, kind: str, number: int) -> list[int]:
        """Scenes that showed this performer, tag or studio when we last wrote them.

        Stash cannot be asked that once the thing is destroyed.
        """
        rows = self._store.rows(
            "SELECT scene_id FROM ref WHERE kind = ? AND ref_id = ?", (kind, number)
        )
        return [row[0] for row in rows]

    # -- what a person has to decide, and has decided

    def decide(self, rating_key: int, decisions: Mapping[str, Decision]) -> None:
        """Keep what a person decided about fields of an item until a sync carries it out."""
        with self._store.writing() as db:
            db.executemany(
                "INSERT OR REPLACE INTO decision VALUES (?, ?, ?)",
                [(rating_key, name, text_of(one)) for name, one in decisions.items()],
            )

    def undecided(self) -> list[tuple[int, int, tuple[str, ...]]]:
        """(rating key, scene, fields) of the items on which a person has something to decide."""
        rows = self._store.rows(
            "SELECT rating_key, scene_id, asked FROM item WHERE asked != '' AND scene_id != 0"
            " ORDER BY rating_key"
        )
        return [(row[0], row[1], names_of(row[2])) for row in rows]

    def ask(self, asked: Mapping[int, Sequence[str]]) -> None:
        """List these fields of items for a decision, and no others."""
        with self._store.writing() as db:
            db.executemany(
                "UPDATE item SET asked = ? WHERE rating_key = ?",
                [(" ".join(names), key) for key, names in asked.items()],
            )

    def asking(self, scene_ids: Sequence[int]) -> dict[int, int]:
        """The items on which these scenes wait for a decision, and the scene of each."""
        sql = "SELECT rating_key, scene_id FROM item WHERE asked != '' AND scene_id IN (...)"
        return dict(self._store.rows_in(sql, scene_ids))

    def _decided(self, rating_keys: Sequence[int]) -> dict[int, dict[str, Decision]]:
        found: dict[int, dict[str, Decision]] = {}
        sql = "SELECT rating_key, field, choice FROM decision WHERE rating_key IN (...)"
        for key, name, choice in self._store.rows_in(sql, rating_keys):
            if name in (*BY_NAME, *IMAGES) and (one := decision_of(choice)):
                found.setdefault(key, {})[name] = one
        return found

    def size(self) -> int:
        """How many items show a scene."""
        return int(self._store.value("SELECT count(*) FROM item WHERE scene_id != 0"))

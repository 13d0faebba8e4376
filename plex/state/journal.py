"""The journal: each write before it is made, the values before our first write, and the held scenes.

A row is about one field of one item in one run. Undo reads the rows backwards. Every row names the
files of the item, since its rating key may belong to another file later.
"""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from disk.database import insert
from plex.fields.item import FileIds, file_ids_from, file_ids_of_scene, file_ids_text, is_same_file
from plex.fields.registry import Value
from plex.path_map import paths
from plex.state.database import Store
from plex.state.entry import value_of
from stash.scene import Scene

# Why a value is restored: a person asked, or the scene left the selection.
UNDO, LEFT = "undo", "left"
TEST = "test"  # a value of Test Plex, which puts back its writes: they are no origin and never ours
DAYS, ROWS = 90, 100_000  # defaults of the limits
LATEST = 100  # runs that are kept at any age, since the clock may be a year ahead for a moment


@dataclass(frozen=True)
class Row:
    """One write.

    before, locked  the value and the lock in Plex before the write
    after           the value that we sent
    known           the ledger's knowledge of the field before the write (`Entry.known`)
    """

    rating_key: int
    scene_id: int
    field: str
    before: Value
    after: Value
    locked: bool
    why: str
    run: int = 0
    number: int = 0
    files: FileIds = ()
    known: str = ""


class Origin(NamedTuple):
    """The value and the lock of a field before our first write, and the files of the item then."""

    before: Value
    locked: bool
    files: FileIds


class Hold(NamedTuple):
    """Why a scene is held, since when (epoch seconds), and its files at that time."""

    why: str
    since: float
    files: FileIds


@dataclass(frozen=True)
class RunEntry:
    """One run that wrote: its time (epoch seconds), its command, and the number of fields and items."""

    run: int
    at: float
    command: str
    fields: int
    items: int
    undone: int


@dataclass
class Journal:
    """Reads and writes rows. `command` names the run of this process, which begins with its first write.
    Runs are kept for some days, and up to a number of rows."""

    _store: Store
    _command: str = ""
    _days: int = DAYS
    _rows: int = ROWS
    _run: int = 0

    @property
    def run(self) -> int:
        """The run of this process, 0 before its first write."""
        return self._run

    def record(self, rows: Sequence[Row], now: float) -> None:
        """Records writes before they are made, and the original value of each field at its first write."""
        if not rows:
            return
        with self._store.writing() as db:
            if not self._run:
                self._run = self._begun(db, now)
            writes = [(self._run, *_to_columns(row)) for row in rows]
            insert(db, f"INSERT INTO journal (run, {_COLUMNS})", writes)
            db.execute("UPDATE run SET noted = noted + ? WHERE id = ?", (len(writes), self._run))
            if origins := self._new_origins(rows):
                insert(db, "INSERT OR REPLACE INTO origin", origins)

    def _new_origins(self, rows: Sequence[Row]) -> list[tuple[object, ...]]:
        """Returns the columns of an origin for each field that was never written on this file."""
        known = self.origins(list({row.rating_key for row in rows}))
        new: dict[tuple[int, str], tuple[object, ...]] = {}
        for row in rows:
            origin = known.get(row.rating_key, {}).get(row.field)
            is_known = origin is not None and is_same_file(origin.files, row.files)
            if not is_known and row.why != TEST:
                key = (row.rating_key, row.field)
                columns = (*key, _dumps(row.before), int(row.locked), file_ids_text(row.files))
                new.setdefault(key, columns)
        return list(new.values())

    def _begun(self, db: Any, now: float) -> int:
        """Begins a run, and deletes rows beyond the limits: runs that are old by the clock and by number."""
        run = db.execute("INSERT INTO run (at, command) VALUES (?, ?)", (now, self._command))
        last = db.execute("SELECT max(number) FROM journal").fetchone()[0] or 0
        oldest = now - self._days * 86400, run.lastrowid - LATEST
        db.execute("DELETE FROM run WHERE at < ? AND id <= ?", oldest)
        db.execute("DELETE FROM journal WHERE number <= ?", (last - self._rows,))
        db.execute("DELETE FROM journal WHERE run < (SELECT min(id) FROM run)")
        return int(run.lastrowid)

    # -- reading

    def runs(self, limit: int = 20, before: "int | None" = None) -> list[RunEntry]:
        """Returns the latest runs, the newest first. `before` is the last run of the previous page."""
        rows = self._store.rows(
            "SELECT r.id, r.at, r.command, count(j.number), count(DISTINCT j.rating_key),"
            " coalesce(sum(j.undone), 0) FROM run r JOIN journal j ON j.run = r.id"
            " WHERE r.id < ? GROUP BY r.id ORDER BY r.id DESC LIMIT ?",
            (before or 2**62, limit),
        )
        return [RunEntry(*row) for row in rows]

    def last_run(self) -> int:
        """Returns the last run that is no undo and has rows to undo, or 0."""
        run: int | None = self._store.value(
            "SELECT max(r.id) FROM run r WHERE r.command != 'undo' AND EXISTS"
            " (SELECT 1 FROM journal j WHERE j.run = r.id AND NOT j.undone)"
        )
        return run or 0

    def pruned(self, run: int) -> int:
        """Counts the rows of a run that are no longer in the journal."""
        written = "(SELECT count(*) FROM journal WHERE run = r.id)"
        sql = f"SELECT noted - {written} FROM run r WHERE r.id = ? AND noted"
        return int(self._store.value(sql, (run,)) or 0)

    def rows(
        self, run: int = 0, rating_key: int = 0, scene_id: int = 0, field: str = "",
        limit: int = -1, after: int = 0,
    ) -> list[Row]:  # fmt: skip
        """Returns the rows that are not undone, in order. Each argument is a filter."""
        filters = {"run": run, "rating_key": rating_key, "scene_id": scene_id, "field": field}
        given = {name: value for name, value in filters.items() if value}
        where = " AND ".join(["NOT undone", "number > ?", *(f"{name} = ?" for name in given)])
        rows = self._store.rows(
            f"{_ROWS} {where} {_IN_ORDER} LIMIT ?", (after, *given.values(), limit)
        )
        return [_from_columns(row) for row in rows]

    def written(self, rating_keys: Sequence[int]) -> dict[int, list[Row]]:
        """Returns the writes on each item, in order, without those that were undone or made by an undo or a
        test."""
        writes: dict[int, list[Row]] = {}
        where = "NOT undone AND why NOT IN (?, ?, ?) AND rating_key IN (...)"
        sql = f"{_ROWS} {where} {_IN_ORDER}"
        for row in self._store.rows_in(sql, rating_keys, (UNDO, LEFT, TEST)):
            writes.setdefault(row[0], []).append(_from_columns(row))
        return writes

    def origins(self, rating_keys: Sequence[int]) -> dict[int, dict[str, Origin]]:
        """Returns the origin of each field of these items, by rating key and field."""
        origins: dict[int, dict[str, Origin]] = {}
        columns = "rating_key, field, before, locked, files"
        sql = f"SELECT {columns} FROM origin WHERE rating_key IN (...)"
        for key, field, before, locked, files in self._store.rows_in(sql, rating_keys):
            origin = Origin(_loads(before), bool(locked), file_ids_from(files))
            origins.setdefault(key, {})[field] = origin
        return origins

    def touched(self) -> list[int]:
        """Returns all items that we wrote to and did not restore."""
        return [row[0] for row in self._store.rows("SELECT DISTINCT rating_key FROM origin")]

    def undone(self, rows: Iterable[Row], original: bool = False) -> None:
        """Marks these rows as undone. `original`: the fields are as they were before our first write."""
        done = list(rows)
        undo, fields = "UPDATE journal SET undone = 1 WHERE", "rating_key = ? AND field = ?"
        with self._store.writing() as db:
            db.executemany(f"{undo} number = ?", [(row.number,) for row in done])
            if original:  # then all earlier writes are undone too
                earlier = [(row.rating_key, row.field, row.number) for row in done]
                db.executemany(f"{undo} {fields} AND number < ?", earlier)
                db.executemany(f"DELETE FROM origin WHERE {fields}", [row[:2] for row in earlier])

    # -- holds

    def hold(self, scenes: Mapping[int, FileIds], why: str, now: float) -> None:
        """Holds scenes, each for as long as it has one of these files."""
        rows = [(number, now, why, file_ids_text(files)) for number, files in scenes.items()]
        self._store.change_each("INSERT OR REPLACE INTO held VALUES (?, ?, ?, ?)", rows)

    def resume(self, scene_ids: "Iterable[int] | None" = None) -> list[int]:
        """Releases these scenes, or all. Returns the scenes that were held."""
        chosen = None if scene_ids is None else set(scene_ids)
        released = [number for number in self.held() if chosen is None or number in chosen]
        with self._store.writing() as db:
            db.executemany("DELETE FROM held WHERE scene_id = ?", [(n,) for n in released])
            if chosen is None:
                db.execute("DELETE FROM former_hold")
        return released

    def held(self) -> dict[int, Hold]:
        """Returns the holds in force, by scene id."""
        return self._holds("held")

    def suspended_holds(self) -> dict[int, Hold]:
        """Returns the holds of scenes whose id now belongs to another file, by scene id."""
        return self._holds("former_hold")

    def _holds(self, table: str) -> dict[int, Hold]:
        sql = f"SELECT scene_id, why, since, files FROM {table} ORDER BY scene_id"
        return {
            number: Hold(why, since, file_ids_from(files))
            for number, why, since, files in self._store.rows(sql)
        }

    def suspend_hold(self, scene_id: int) -> None:
        """Suspends a hold, since the scene id now belongs to another file."""
        self._move(scene_id, "held", "former_hold")

    def resume_hold(self, scene_id: int) -> None:
        """Puts a suspended hold in force again, since its scene is back."""
        self._move(scene_id, "former_hold", "held")

    def _move(self, scene_id: int, source: str, target: str) -> None:
        columns, of_scene = "scene_id, since, why, files", f"FROM {source} WHERE scene_id = ?"
        copy = f"INSERT OR REPLACE INTO {target} ({columns}) SELECT {columns} {of_scene}"
        with self._store.writing() as db:
            db.execute(copy, (scene_id,))
            db.execute(f"DELETE {of_scene}", (scene_id,))


_COLUMNS = "rating_key, scene_id, field, before, after, locked, why, files, known"
_ROWS, _IN_ORDER = f"SELECT {_COLUMNS}, run, number FROM journal WHERE", "ORDER BY number"


def _to_columns(row: Row) -> tuple[object, ...]:
    return (
        row.rating_key, row.scene_id, row.field, _dumps(row.before), _dumps(row.after),
        int(row.locked), row.why, file_ids_text(row.files), row.known,
    )  # fmt: skip


def _from_columns(row: tuple[Any, ...]) -> Row:
    key, scene, field, before, after, locked, why, files, known, run, number = row
    values = _loads(before), _loads(after), bool(locked)
    return Row(key, scene, field, *values, why, run, number, file_ids_from(files), known)


def _dumps(value: Value) -> str:
    return json.dumps(value, ensure_ascii=False)


def _loads(text: str) -> Value:
    return value_of(json.loads(text))


class Holds:
    """The holds at this moment. After Stash's database was replaced, a scene id may belong to another
    scene, which nobody held. The hold is then suspended, and resumes when its scene is back."""

    def __init__(
        self,
        journal: Journal,
        path_map: paths.PathMap,
        freed: bool = False,
        warn: Callable[[str], None] = lambda line: None,
    ) -> None:
        """With `freed` all scenes count as released."""
        self._journal, self._path_map, self._warn = journal, path_map, warn
        self._held = {} if freed else journal.held()
        self._suspended = {} if freed else journal.suspended_holds()

    def __contains__(self, scene_id: object) -> bool:
        """Whether the scene id may have a hold."""
        return scene_id in self._held or scene_id in self._suspended

    def why(self, scene: Scene) -> str:
        """Returns why the scene is held, or ''."""
        if scene.id not in self:
            return ""
        ids = file_ids_of_scene(scene, self._path_map)
        if hold := self._held.get(scene.id):
            if is_same_file(hold.files, ids):
                return hold.why
            self._journal.suspend_hold(scene.id)
            self._suspended[scene.id] = self._held.pop(scene.id)
            self._warn(
                f"{scene.label()} has another file than the held scene with the same id had. It is synced, "
                "and the hold waits until its own scene is back"
            )
        elif is_same_file((hold := self._suspended[scene.id]).files, ids):
            self._journal.resume_hold(scene.id)
            self._held[scene.id] = self._suspended.pop(scene.id)
            return hold.why
        return ""

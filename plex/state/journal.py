"""The journal: each write before it is made, what each item said before our first, and who is held.

A row tells of one field of one item in one run: what Plex said, whether that was locked, what it was
told, and what was known of the field. Undo reads it backwards. Every row names the files that the item
had, since its rating key may stand for others later.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from disk.database import insert
from plex.fields.registry import Value
from plex.state import file_id
from plex.state.database import Store
from plex.state.file_id import FileIds

UNDO, LEFT = "undo", "left"  # why something is put back: a person wants it, or its scene left
DAYS, ROWS = 90, 100_000  # what is kept, unless the settings say otherwise
LATEST = 100  # runs that are kept whatever their age: a clock may stand a year ahead for one


@dataclass(frozen=True)
class Row:
    """`before` and `after` are what Plex said and what it was told; `locked` is from before. `known` is
    what the ledger said of the field before the write (`plex.state.entry_history`), '' if that was nothing."""

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
    """What a field of an item said before our first touch, whether it was locked, and which files the
    item had."""

    before: Value
    locked: bool
    files: FileIds


class Hold(NamedTuple):
    """Why a scene is held, since when (epoch seconds), and which files it had."""

    why: str
    since: float
    files: FileIds


@dataclass(frozen=True)
class RunEntry:
    """One run that wrote: when (epoch seconds), by which command, and how many fields of how many
    items."""

    run: int
    at: float
    command: str
    fields: int
    items: int
    undone: int


class Journal:
    """Reads and writes rows. `command` names the run that this process is; it begins with its
    first write."""

    def __init__(self, store: Store, command: str = "", days: int = DAYS, rows: int = ROWS) -> None:
        self._store, self._command = store, command
        self._days, self._rows = days, rows
        self._run = 0

    def record(self, rows: Sequence[Row], now: float) -> None:
        """Note what is about to be written, and for each field that is touched for the first time
        what it said."""
        if not rows:
            return
        with self._store.writing() as db:
            if not self._run:
                self._run = self._begun(db, now)
            noted = [(self._run, *_row(one)) for one in rows]
            insert(db, f"INSERT INTO journal (run, {_COLUMNS})", noted)
            db.execute("UPDATE run SET noted = noted + ? WHERE id = ?", (len(noted), self._run))
            insert(db, "INSERT OR REPLACE INTO origin", self._first_touches(rows))

    def _first_touches(self, rows: Sequence[Row]) -> list[tuple[object, ...]]:
        """Of the fields that were not touched yet, on the item as it is now."""
        known = self.origins(list({one.rating_key for one in rows}))
        found: dict[tuple[int, str], tuple[object, ...]] = {}
        for one in rows:
            origin = known.get(one.rating_key, {}).get(one.field)
            if origin is None or not file_id.is_same(origin.files, one.files):
                row = (one.rating_key, one.field, _dumps(one.before), int(one.locked))
                found.setdefault(row[:2], (*row, file_id.text(one.files)))
        return list(found.values())

    def _begun(self, db: Any, now: float) -> int:
        """A new run; what is too old, or too much, goes. Age is that of the clock and of runs."""
        run = db.execute("INSERT INTO run (at, command) VALUES (?, ?)", (now, self._command))
        last = db.execute("SELECT max(number) FROM journal").fetchone()[0] or 0
        db.execute(
            "DELETE FROM run WHERE at < ? AND id <= ?",
            (now - self._days * 86400, run.lastrowid - LATEST),
        )
        db.execute("DELETE FROM journal WHERE number <= ?", (last - self._rows,))
        db.execute("DELETE FROM journal WHERE run < (SELECT min(id) FROM run)")
        return int(run.lastrowid)

    # -- looking back

    def runs(self, limit: int = 20, before: "int | None" = None) -> list[RunEntry]:
        """The latest runs, the newest first; `before` a run for the next page."""
        found = self._store.rows(
            "SELECT r.id, r.at, r.command, count(j.number), count(DISTINCT j.rating_key),"
            " coalesce(sum(j.undone), 0) FROM run r JOIN journal j ON j.run = r.id"
            " WHERE r.id < ? GROUP BY r.id ORDER BY r.id DESC LIMIT ?",
            (before or 2**62, limit),
        )
        return [RunEntry(*row) for row in found]

    def last_run(self) -> int:
        """The last run with anything left to undo, other than an undo; 0 if there is none."""
        return (
            self._store.value(
                "SELECT max(r.id) FROM run r WHERE r.command != 'undo' AND EXISTS"
                " (SELECT 1 FROM journal j WHERE j.run = r.id AND NOT j.undone)"
            )
            or 0
        )

    def pruned(self, run: int) -> int:
        """How many changes of a run are not in the journal any more."""
        return (
            self._store.value(
                "SELECT noted - (SELECT count(*) FROM journal WHERE run = r.id) FROM run r"
                " WHERE r.id = ? AND noted",
                (run,),
            )
            or 0
        )

    def rows(
        self, run: int = 0, rating_key: int = 0, scene_id: int = 0, field: str = "",
        limit: int = -1, after: int = 0,
    ) -> list[Row]:  # fmt: skip
        """What was written and not undone, in the order it was; each argument narrows it down."""
        asked = {"run": run, "rating_key": rating_key, "scene_id": scene_id, "field": field}
        given = {name: value for name, value in asked.items() if value}
        where = " AND ".join(["NOT undone", "number > ?", *(f"{name} = ?" for name in given)])
        found = self._store.rows(
            f"SELECT {_COLUMNS}, run, number FROM journal WHERE {where} ORDER BY number LIMIT ?",
            (after, *given.values(), limit),
        )
        return [_of(row) for row in found]

    def written(self, rating_keys: Sequence[int]) -> dict[int, list[Row]]:
        """The writes on these items that stand, in the order they were made: neither undone nor made
        by an undo."""
        found: dict[int, list[Row]] = {}
        sql = (
            f"SELECT {_COLUMNS}, run, number FROM journal WHERE NOT undone AND why NOT IN (?, ?)"
            " AND rating_key IN (...) ORDER BY number"
        )
        for row in self._store.rows_in(sql, rating_keys, (UNDO, LEFT)):
            found.setdefault(row[0], []).append(_of(row))
        return found

    def origins(self, rating_keys: Sequence[int]) -> dict[int, dict[str, Origin]]:
        """What each item said before our first touch, by field."""
        found: dict[int, dict[str, Origin]] = {}
        sql = (
            "SELECT rating_key, field, before, locked, files FROM origin WHERE rating_key IN (...)"
        )
        for key, field, before, locked, files in self._store.rows_in(sql, rating_keys):
            origin = Origin(_loads(before), bool(locked), file_id.from_text(files))
            found.setdefault(key, {})[field] = origin
        return found

    def touched(self) -> list[int]:
        """All items that we ever wrote to and did not restore."""
        return [row[0] for row in self._store.rows("SELECT DISTINCT rating_key FROM origin")]

    def undone(self, rows: Iterable[Row], original: bool = False) -> None:
        """These are taken back; `original`: to what the item said before our first touch."""
        done = list(rows)
        with self._store.writing() as db:
            db.executemany(
                "UPDATE journal SET undone = 1 WHERE number = ?", [(one.number,) for one in done]
            )
            if original:  # and with the last one all that came before it
                db.executemany(
                    "UPDATE journal SET undone = 1"
                    " WHERE rating_key = ? AND field = ? AND number < ?",
                    [(one.rating_key, one.field, one.number) for one in done],
                )
                db.executemany(
                    "DELETE FROM origin WHERE rating_key = ? AND field = ?",
                    [(one.rating_key, one.field) for one in done],
                )

    # -- scenes that a person wants left alone

    def hold(self, scenes: Mapping[int, FileIds], why: str, now: float) -> None:
        """Leave scenes alone, each as long as it has one of these files."""
        with self._store.writing() as db:
            db.executemany(
                "INSERT OR REPLACE INTO held VALUES (?, ?, ?, ?)",
                [(number, now, why, file_id.text(files)) for number, files in scenes.items()],
            )

    def resume(self, scene_ids: "Iterable[int] | None" = None) -> list[int]:
        """Let go of these, or of all; gives those that were held."""
        asked = None if scene_ids is None else set(scene_ids)
        found = [number for number in self.held() if asked is None or number in asked]
        with self._store.writing() as db:
            db.executemany("DELETE FROM held WHERE scene_id = ?", [(n,) for n in found])
            if asked is None:
                db.execute("DELETE FROM former_hold")
        return found

    def held(self) -> dict[int, Hold]:
        """The scenes that are held, by their numbers."""
        return self._holds("held")

    def suspended_holds(self) -> dict[int, Hold]:
        """Holds of scenes whose numbers stand for other files now."""
        return self._holds("former_hold")

    def _holds(self, table: str) -> dict[int, Hold]:
        rows = self._store.rows(
            f"SELECT scene_id, why, since, files FROM {table} ORDER BY scene_id"
        )
        return {row[0]: Hold(row[1], row[2], file_id.from_text(row[3])) for row in rows}

    def suspend_hold(self, scene_id: int) -> None:
        """The number of this held scene stands for another file now: its hold waits for the old one."""
        self._move(scene_id, "held", "former_hold")

    def resume_hold(self, scene_id: int) -> None:
        """The scene that was held under this number is back."""
        self._move(scene_id, "former_hold", "held")

    def _move(self, scene_id: int, source: str, target: str) -> None:
        columns = "scene_id, since, why, files"
        with self._store.writing() as db:
            db.execute(
                f"INSERT OR REPLACE INTO {target} ({columns})"
                f" SELECT {columns} FROM {source} WHERE scene_id = ?",
                (scene_id,),
            )
            db.execute(f"DELETE FROM {source} WHERE scene_id = ?", (scene_id,))


_COLUMNS = "rating_key, scene_id, field, before, after, locked, why, files, known"


def _row(one: Row) -> tuple[object, ...]:
    return (
        one.rating_key, one.scene_id, one.field, _dumps(one.before), _dumps(one.after),
        int(one.locked), one.why, file_id.text(one.files), one.known,
    )  # fmt: skip


def _of(row: tuple[Any, ...]) -> Row:
    key, scene, field, before, after, locked, why, files, known, run, number = row
    values = _loads(before), _loads(after), bool(locked)
    return Row(key, scene, field, *values, why, run, number, file_id.from_text(files), known)


def _dumps(value: Value) -> str:
    return json.dumps(value, ensure_ascii=False)


def _loads(text: str) -> Value:
    found = json.loads(text)
    return tuple(found) if isinstance(found, list) else found

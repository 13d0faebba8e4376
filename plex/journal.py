"""The journal: each write before it is made, what each item said before our first, and who is held.

A row tells of one field of one item in one run: what Plex said, whether that was locked, and what
it was told. Undo reads it backwards.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from disk.database import insert
from plex.fields import Value
from plex.store import Store

DAYS, ROWS = 90, 100_000  # what is kept, unless the settings say otherwise


@dataclass(frozen=True)
class Row:
    """`before` and `after` are what Plex said and what it was told; `locked` is from before."""

    rating_key: int
    scene_id: int
    field: str
    before: Value
    after: Value
    locked: bool
    why: str
    run: int = 0
    number: int = 0


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
            columns = "run, rating_key, scene_id, field, before, after, locked, why"
            noted = [(self._run, *_row(one)) for one in rows]
            insert(db, f"INSERT INTO journal ({columns})", noted)
            first = [(o.rating_key, o.field, _dumps(o.before), int(o.locked)) for o in rows]
            insert(db, "INSERT OR IGNORE INTO origin", first)

    def _begun(self, db: Any, now: float) -> int:
        """A new run; what is too old, or too much, goes."""
        run = db.execute("INSERT INTO run (at, command) VALUES (?, ?)", (now, self._command))
        last = db.execute("SELECT max(number) FROM journal").fetchone()[0] or 0
        db.execute("DELETE FROM run WHERE at < ?", (now - self._days * 86400,))
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

    def rows(
        self, run: int = 0, rating_key: int = 0, scene_id: int = 0, field: str = "",
        limit: int = -1, after: int = 0,
    ) -> list[Row]:  # fmt: skip
        """What was written and not undone, in the order it was; each argument narrows it down."""
        asked = {"run": run, "rating_key": rating_key, "scene_id": scene_id, "field": field}
        given = {name: value for name, value in asked.items() if value}
        where = " AND ".join(["NOT undone", "number > ?", *(f"{name} = ?" for name in given)])
        found = self._store.rows(
            "SELECT rating_key, scene_id, field, before, after, locked, why, run, number"
            f" FROM journal WHERE {where} ORDER BY number LIMIT ?",
            (after, *given.values(), limit),
        )
        return [_of(row) for row in found]

    def origins(self, rating_keys: Sequence[int]) -> dict[int, dict[str, tuple[Value, bool]]]:
        """What each item said before our first touch: field -> (value, locked)."""
        marks = ",".join("?" * len(rating_keys))
        found: dict[int, dict[str, tuple[Value, bool]]] = {}
        for key, field, before, locked in self._store.rows(
            f"SELECT rating_key, field, before, locked FROM origin WHERE rating_key IN ({marks})",
            list(rating_keys),
        ):
            found.setdefault(key, {})[field] = (_loads(before), bool(locked))
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

    def hold(self, scene_ids: Iterable[int], why: str, now: float) -> None:
        with self._store.writing() as db:
            db.executemany(
                "INSERT OR REPLACE INTO held VALUES (?, ?, ?)",
                [(number, now, why) for number in scene_ids],
            )

    def resume(self, scene_ids: "Iterable[int] | None" = None) -> list[int]:
        """Let go of these, or of all; gives those that were held."""
        asked = None if scene_ids is None else set(scene_ids)
        found = [number for number in self.held() if asked is None or number in asked]
        with self._store.writing() as db:
            db.executemany("DELETE FROM held WHERE scene_id = ?", [(n,) for n in found])
        return found

    def held(self) -> Mapping[int, str]:
        """The scenes that are held, and why."""
        return dict(self._store.rows("SELECT scene_id, why FROM held ORDER BY scene_id"))


def _row(one: Row) -> tuple[object, ...]:
    return (
        one.rating_key, one.scene_id, one.field, _dumps(one.before), _dumps(one.after),
        int(one.locked), one.why,
    )  # fmt: skip


def _of(row: tuple[Any, ...]) -> Row:
    key, scene, field, before, after, locked, why, run, number = row
    return Row(key, scene, field, _loads(before), _loads(after), bool(locked), why, run, number)


def _dumps(value: Value) -> str:
    return json.dumps(value, ensure_ascii=False)


def _loads(text: str) -> Value:
    found = json.loads(text)
    return tuple(found) if isinstance(found, list) else found

"""The rows of a preview in an SQLite file, so that a page can leaf through them by field and reason."""

import json
import os
import sqlite3
from pathlib import Path
from typing import Any

from app.dashboard.read_only_db import PREVIEW, VERSIONS

BATCH = 500
_SCHEMA = f"""
CREATE TABLE change (
  number INTEGER PRIMARY KEY, scene INTEGER NOT NULL, title TEXT NOT NULL, item INTEGER NOT NULL,
  field TEXT NOT NULL, before TEXT NOT NULL, after TEXT NOT NULL, why TEXT NOT NULL,
  writes INTEGER NOT NULL);
CREATE TABLE about (value TEXT NOT NULL);
PRAGMA user_version = {VERSIONS[PREVIEW]};
"""
_INDEXES = """
CREATE INDEX of_field ON change (field, number);
CREATE INDEX of_why ON change (why, number);
CREATE INDEX of_both ON change (field, why, number);
"""


class Table:
    """A new file beside the old one, which it replaces when it is whole."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / PREVIEW
        self._fresh = folder / f"{PREVIEW}.tmp"
        self._rows: list[tuple[object, ...]] = []

    def __enter__(self) -> "Table":
        self._fresh.unlink(missing_ok=True)
        self._fresh.touch(mode=0o600)
        self._db = sqlite3.connect(self._fresh, isolation_level=None)
        # It is made anew if anything cuts in: nothing in it is worth a wait for the disk.
        self._db.executescript(f"PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; {_SCHEMA}")
        return self

    def add(self, row: dict[str, Any]) -> None:
        before, after = (
            json.dumps(row[name], ensure_ascii=False, default=str) for name in ("before", "after")
        )
        self._rows.append(
            (row["scene"], _plain(row["title"]), row["item"], row["field"], _plain(before),
             _plain(after), row["why"], int(row["writes"]))
        )  # fmt: skip
        if len(self._rows) >= BATCH:
            self._put()

    def about(self, summary: dict[str, Any]) -> None:
        """What there is to say of all of it."""
        self._db.execute("INSERT INTO about VALUES (?)", (json.dumps(summary),))

    def _put(self) -> None:
        self._db.execute("BEGIN")
        self._db.executemany(
            "INSERT INTO change (scene, title, item, field, before, after, why, writes)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            self._rows,
        )
        self._db.execute("COMMIT")
        self._rows.clear()

    def __exit__(self, kind: Any, *rest: object) -> None:
        if kind is None:
            self._put()
            self._db.executescript(_INDEXES)
        self._db.close()
        if kind is None:
            os.replace(self._fresh, self._path)
        else:
            self._fresh.unlink(missing_ok=True)


def _plain(text: str) -> str:
    """SQLite takes no half of a surrogate pair."""
    return text.encode("utf-8", "replace").decode()

"""The SQLite file of the queue: persist-queue makes its table, `Database` opens, migrates and mends it."""

import os
import sqlite3
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from persistqueue import SQLiteAckQueue
from persistqueue.serializers import json as json_serializer

import errors
from disk.database import BUSY_SECONDS, Database, leniently
from disk.migrations import refuse_newer
from sync_queue import salvage
from sync_queue.schema import FILE, FOLDER, STEPS, TABLE

OPENING = "open.lock"


class _Queue(SQLiteAckQueue):
    """persist-queue's table with a due time, a rank, an error, and a key that is unique among waiting jobs."""

    _SQL_CREATE = (
        "CREATE TABLE IF NOT EXISTS {table_name} ("
        "{key_column} INTEGER PRIMARY KEY AUTOINCREMENT, data BLOB, timestamp FLOAT,"
        " status INTEGER, key TEXT, due FLOAT, rank INTEGER, error TEXT)"
    )

    def _new_db_connection(self, *given: Any) -> sqlite3.Connection:
        """Check the version first: a file of a later version stays untouched."""
        db: sqlite3.Connection = super()._new_db_connection(*given)
        try:
            refuse_newer(db, FILE, len(STEPS))
        except BaseException:
            db.close()
            raise
        return db


class QueueFile(Database):
    """The queue's open file in one data dir. `Jobs` knows its content."""

    FILE, LOCK, STEPS = FILE, OPENING, STEPS

    def __init__(
        self,
        data_dir: "str | os.PathLike[str]",
        clock: Callable[[], float] = time.time,
        warn: Callable[[str], None] = lambda line: None,
    ) -> None:
        super().__init__(os.path.join(data_dir, FOLDER), clock, warn)

    def _connect(self, path: Path) -> sqlite3.Connection:
        queue: Any = _Queue(
            os.fspath(path.parent), auto_resume=False, multithreading=False,
            timeout=BUSY_SECONDS, serializer=json_serializer, db_file_name=path.name,
        )  # fmt: skip
        # persist-queue closes its connections when the object is deleted, which may be too early.
        db: sqlite3.Connection = queue._putter
        queue._getter = queue._putter = None
        db.text_factory = leniently
        return db

    def _salvage(self, damaged: Path, db: sqlite3.Connection) -> str:
        return salvage.from_file(damaged, db, self._clock())

    def _take_along(self, before: sqlite3.Connection) -> None:
        salvage.adopt(salvage.rows(before)[0], self.db, self._clock())

    def close(self) -> None:
        """Close the file. If somebody deleted it meanwhile, its jobs go on in a new file."""
        try:
            if not self._lost and self.value(f"SELECT 1 FROM {TABLE} LIMIT 1"):
                self.follow()
        except errors.SetupError as error:
            self._warn(str(error))
        super().close()

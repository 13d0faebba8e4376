"""The SQLite file of the queue, opened by persist-queue and kept by our rules for files."""

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
    """persist-queue's table with a due time, a rank and a key that is unique while owed."""

    _SQL_CREATE = (
        "CREATE TABLE IF NOT EXISTS {table_name} ("
        "{key_column} INTEGER PRIMARY KEY AUTOINCREMENT, data BLOB, timestamp FLOAT,"
        " status INTEGER, key TEXT, due FLOAT, rank INTEGER, error TEXT)"
    )

    def _new_db_connection(self, *given: Any) -> sqlite3.Connection:
        """Before a table is made in it: a file of a later version is left untouched."""
        db: sqlite3.Connection = super()._new_db_connection(*given)
        try:
            refuse_newer(db, FILE, len(STEPS))
        except BaseException:
            db.close()
            raise
        return db


class QueueFile(Database):
    """The queue's file in one data dir, open. What it holds is the business of `Jobs`."""

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
        # The queue would close its connection when it goes, which may be too early.
        db: sqlite3.Connection = queue._putter
        queue._getter = queue._putter = None
        db.text_factory = leniently
        return db

    def _salvage(self, damaged: Path, db: sqlite3.Connection) -> str:
        return salvage.from_file(damaged, db, self._clock())

    def _take_along(self, before: sqlite3.Connection) -> None:
        salvage.adopt(salvage.rows(before)[0], self.db, self._clock())

    def close(self) -> None:
        """What is owed does not go with a file that somebody deleted meanwhile."""
        try:
            if not self._lost and self.value(f"SELECT 1 FROM {TABLE} LIMIT 1"):
                self.follow()
        except errors.SetupError as error:
            self._warn(str(error))
        super().close()

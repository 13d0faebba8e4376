"""The SQLite file of the queue: persist-queue makes its table, `Database` opens, migrates and mends it."""

import os
import sqlite3
import time
from collections.abc import Callable
from pathlib import Path

import errors
from disk.database import Database, leniently
from sync_queue import salvage
from sync_queue.schema import FILE, FOLDER, STEPS, TABLE

OPENING = "open.lock"


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
        db = super()._connect(path)
        try:
            if not db.execute("SELECT 1 FROM sqlite_master WHERE name = ?", (TABLE,)).fetchone():
                # Only a new queue needs the library.
                from sync_queue.queue_table import make

                make(db, path)
        except BaseException:
            db.close()
            raise
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

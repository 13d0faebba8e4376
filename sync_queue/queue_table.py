"""Makes the table of the queue with persist-queue. The only file that imports it."""

import os
import sqlite3
from pathlib import Path
from typing import Any

from persistqueue import SQLiteAckQueue
from persistqueue.serializers import json as json_serializer

from disk.database import BUSY_SECONDS
from disk.migrations import refuse_newer
from sync_queue.schema import FILE, STEPS


class _Queue(SQLiteAckQueue):
    """persist-queue's table with a due time, a rank, an error, and a key that is unique among waiting jobs."""

    _SQL_CREATE = (
        "CREATE TABLE IF NOT EXISTS {table_name} ("
        "{key_column} INTEGER PRIMARY KEY AUTOINCREMENT, data BLOB, timestamp FLOAT,"
        " status INTEGER, key TEXT, due FLOAT, rank INTEGER, error TEXT)"
    )


def make(db: sqlite3.Connection, path: Path) -> None:
    """Make the table in the file at `path`, which `db` has open. A file of a later version stays untouched."""
    refuse_newer(db, FILE, len(STEPS))
    queue: Any = _Queue(
        os.fspath(path.parent), auto_resume=False, multithreading=False,
        timeout=BUSY_SECONDS, serializer=json_serializer, db_file_name=path.name,
    )  # fmt: skip
    # persist-queue closes its connections when the object is deleted, which may be too early.
    queue._putter.close()
    queue._getter = queue._putter = None

"""Copies the jobs of a damaged queue into a new one: the rows that can be read, and jobs whose text is
anywhere in the file."""

import mmap
import re
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

from disk.database import leniently
from disk.quarantine import PARTS
from sync_queue.job import BACKLOG, BULK, RANKS, UNREADABLE, Job, dumps, loads
from sync_queue.schema import DEAD, READY, TABLE

Row = tuple[Any, ...]
_COLUMNS = "data, timestamp, status, key, due, rank, error"
# A job as `job.dumps` writes it.
_TEXT = rb'\{"kind": "[a-z]{1,20}", "thing": \d{1,19}, [^{}]{1,1000}\}'


def from_file(path: Path, db: sqlite3.Connection, now: float) -> str:
    """Copy what can be read of the file into the new queue. Returns a phrase that says how much."""
    readable, whole = _rows_of(path)
    count = adopt(readable, db, now)
    if not whole:
        dead = _dead(db)
        lost = (job for job in _jobs_of(path) if job.key not in dead)
        count += adopt((_row(job, now) for job in lost), db, now)
    phrase = f"{count} of its jobs {'goes' if count == 1 else 'go'} on"
    return phrase if whole else f"{phrase}; Reconcile Library finds the others"


def rows(db: sqlite3.Connection) -> tuple[list[Row], bool]:
    """The rows from both ends up to the damage, in order, and whether these are all rows."""
    readable: dict[int, Row] = {}
    whole = False
    for order in ("ASC", "DESC"):
        try:
            for row in db.execute(f"SELECT _id, {_COLUMNS} FROM {TABLE} ORDER BY _id {order}"):
                readable[row[0]] = row
        except sqlite3.Error:
            continue
        whole = True
        break
    return [readable[number] for number in sorted(readable)], whole


def adopt(rows: Iterable[Row], db: sqlite3.Connection, now: float) -> int:
    """Add rows that the queue does not have; claimed jobs become ready. Returns how many are new."""
    dead, before = _dead(db), db.total_changes
    sane = [row for given in rows if (row := _sane(given, now))]
    db.execute("BEGIN IMMEDIATE")
    db.executemany(
        f"INSERT OR IGNORE INTO {TABLE} ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?)",
        [row for row in sane if row[2] == READY or row[3] not in dead],
    )
    db.execute("COMMIT")
    return db.total_changes - before


def _dead(db: sqlite3.Connection) -> set[str]:
    return {row[0] for row in db.execute(f"SELECT key FROM {TABLE} WHERE status = {DEAD}")}


def _sane(row: Row, now: float) -> "Row | None":
    """The row for the new queue, None if it makes no sense."""
    number, data, at, status, key, due, rank, error = row
    job = loads(number, data, key)
    if job.kind == UNREADABLE:
        return None
    at, due = (time if isinstance(time, (int, float)) else now for time in (at, due))
    rank = rank if rank in RANKS else BULK
    if status == DEAD:
        return data, at, DEAD, job.key, due, rank, str(error or "")
    return data, at, READY, job.key, due, rank, None


def _row(job: Job, now: float) -> Row:
    """The row of a job, ranked after edits: it may be done already, and doing it again is harmless."""
    rank = BULK if job.rank >= BULK else BACKLOG
    return 0, dumps(replace(job, rank=rank)), now, READY, job.key, now, rank, None


def _rows_of(path: Path) -> tuple[list[Row], bool]:
    """The rows of a file that no process has open. The file is not changed."""
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as db:
            db.text_factory = leniently
            return rows(db)
    except sqlite3.Error:
        return [], False


def _jobs_of(path: Path) -> Iterator[Job]:
    seen = set()
    for part in PARTS:
        for data in _texts(Path(f"{path}{part}")):
            job = loads(0, data, None)
            if job.kind != UNREADABLE and job.key not in seen:
                seen.add(job.key)
                yield job


def _texts(path: Path) -> Iterator[bytes]:
    try:
        with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as view:
            yield from (match[0] for match in re.finditer(_TEXT, view))
    except (OSError, ValueError):  # missing, a folder, or empty
        return

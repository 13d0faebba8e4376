"""What can still be read of a queue that is damaged goes on in a new one: its rows, and where these
cannot be reached, the jobs whose text is anywhere in the file."""

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
# As `job.dumps` writes it.
_TEXT = rb'\{"kind": "[a-z]{1,20}", "thing": \d{1,19}, [^{}]{1,1000}\}'


def from_file(path: Path, db: sqlite3.Connection, now: float) -> str:
    """Bring what can be read of the file into the new queue; says in words how much that is."""
    found, whole = _rows_of(path)
    count = adopt(found, db, now)
    if not whole:
        dead = _dead(db)
        lost = (job for job in _jobs_of(path) if job.key not in dead)
        count += adopt((_row(job, now) for job in lost), db, now)
    said = f"{count} of its jobs {'goes' if count == 1 else 'go'} on"
    return said if whole else f"{said}; Reconcile Library finds what else was in it"


def rows(db: sqlite3.Connection) -> tuple[list[Row], bool]:
    """The rows from both ends up to where it is damaged, in order, and whether these are all."""
    found: dict[int, Row] = {}
    whole = False
    for order in ("ASC", "DESC"):
        try:
            for row in db.execute(
                "SELECT _id, data, timestamp, status, key, due, rank, error"
                f" FROM {TABLE} ORDER BY _id {order}"
            ):
                found[row[0]] = row
        except sqlite3.Error:
            continue
        whole = True
        break
    return [found[number] for number in sorted(found)], whole


def adopt(found: Iterable[Row], db: sqlite3.Connection, now: float) -> int:
    """Owe these, or keep them as dead letters; what the queue knows already is not doubled. Gives
    how many are new. What was in hand is owed again."""
    dead, before = _dead(db), db.total_changes
    sane = [row for one in found if (row := _sane(one, now))]
    db.execute("BEGIN IMMEDIATE")
    db.executemany(
        f"INSERT OR IGNORE INTO {TABLE} (data, timestamp, status, key, due, rank, error)"
        " VALUES (?, ?, ?, ?, ?, ?, ?)",
        [row for row in sane if row[2] == READY or row[3] not in dead],
    )
    db.execute("COMMIT")
    return db.total_changes - before


def _dead(db: sqlite3.Connection) -> set[str]:
    return {row[0] for row in db.execute(f"SELECT key FROM {TABLE} WHERE status = {DEAD}")}


def _sane(row: Row, now: float) -> "Row | None":
    """The row as it goes on; None when it makes no sense."""
    number, data, at, status, key, due, rank, error = row
    job = loads(number, data, key)
    if job.kind == UNREADABLE:
        return None
    at, due = (one if isinstance(one, (int, float)) else now for one in (at, due))
    rank = rank if rank in RANKS else BULK
    if status == DEAD:
        return data, at, DEAD, job.key, due, rank, str(error or "")
    return data, at, READY, job.key, due, rank, None


def _row(job: Job, now: float) -> Row:
    """As owed after the edits: it may have been done long ago, and to do it again is harmless."""
    rank = BULK if job.rank >= BULK else BACKLOG
    return 0, dumps(replace(job, rank=rank)), now, READY, job.key, now, rank, None


def _rows_of(path: Path) -> tuple[list[Row], bool]:
    """Of a file that nobody has open; it is left as it is."""
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
        with (
            path.open("rb") as file,
            mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as view,
        ):
            yield from (match[0] for match in re.finditer(_TEXT, view))
    except (OSError, ValueError):  # not there, a folder, or empty
        return

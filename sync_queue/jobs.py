"""The queue: the jobs that wait, one row per thing (`scene:42`), and the jobs that were given up.

Indexes over due time, rank and key answer "what is due, edits first" and "is it queued already". A batch
is one transaction.
"""

import os
import sqlite3
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import islice, starmap
from pathlib import Path
from typing import Any

import errors
from disk.database import Database, leniently
from sync_queue import salvage
from sync_queue.job import BACKLOG, BULK, EDIT, UNREADABLE, DeadLetter, Job, QueuedJob, dumps, loads
from sync_queue.retry_policy import LONGEST
from sync_queue.schema import (
    CLAIMED,
    COUNTS,
    DEAD,
    FILE,
    FOLDER,
    IS_SCENE,
    READY,
    STATES,
    STEPS,
    TABLE,
    UNCLAIMED,
)

OPENING = "open.lock"
AT_ONCE = 1000  # rows that are held in memory
# The plus keeps SQLite from using the index: reading the rows in their order is faster here.
LOOK_THROUGH = "+status"
_JOBS = f"SELECT _id, data, key FROM {TABLE} WHERE"
_BULK = f"{TABLE} WHERE status = {READY} AND rank = {BULK} AND due <= ? AND {IS_SCENE}"
_DEAD = f"status = {DEAD}"
_LETTERS = f"SELECT _id, data, key, timestamp, error FROM {TABLE} WHERE {_DEAD}"
CLOCK_SLACK = 60.0  # seconds by which a clock may be wrong


class QueueFile(Database):
    """The open file: persist-queue makes its table, `Database` opens, migrates and mends it."""

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


class Jobs(QueueFile):
    """The queue in one data dir. Any process may put jobs; only the holder of the drain lock claims."""

    def put(self, jobs: Iterable[Job], now: "float | None" = None) -> int:
        """Queue these jobs, each thing only once. Returns how many are new. An edit moves a queued job to the
        front and makes it due. A BACKLOG job lifts a BULK job to its rank."""
        now = time.time() if now is None else now
        left, new = iter(jobs), 0
        with self.writing() as db:
            while some := list(islice(left, AT_ONCE)):
                new += self._put(db, [(dumps(job), now, job.key, now, job.rank) for job in some])
        return new

    def _put(self, db: sqlite3.Connection, rows: list[tuple[Any, ...]]) -> int:
        columns, values = "data, timestamp, status, key, due, rank", f"?, ?, {READY}, ?, ?, ?"
        sql = f"INSERT OR IGNORE INTO {TABLE} ({columns}) VALUES ({values})"
        new = db.executemany(sql, rows).rowcount
        db.executemany(
            f"UPDATE {TABLE} SET data = ?, due = ?, rank = ?"
            f" WHERE key = ? AND {UNCLAIMED} AND (rank > ? OR due > ?)",
            [(data, now, rank, key, rank, now) for data, now, key, _, rank in rows if rank == EDIT],
        )
        db.executemany(
            f"UPDATE {TABLE} SET data = ?, rank = ? WHERE key = ? AND {UNCLAIMED} AND rank > ?",
            [(data, rank, key, rank) for data, _, key, _, rank in rows if rank == BACKLOG],
        )
        return max(0, new)

    def put_scenes(
        self, ids: Sequence[int], reason: str, now: float, rank: int = BULK, hasten: bool = True
    ) -> int:
        """Queue these scenes for one reason, and make delayed jobs of them due if `hasten` is on. Returns
        how many are new. Other processes can write in between."""
        new = 0
        for at in range(0, len(ids), AT_ONCE):
            jobs = [Job(scene, reason=reason, rank=rank) for scene in ids[at : at + AT_ONCE]]
            new += self.put(jobs, now)
            if hasten:
                self.hasten(jobs, now)
        return new

    def hasten(self, jobs: Iterable[Job], now: float) -> None:
        """Make delayed jobs due now, with unchanged counts."""
        sql = f"UPDATE {TABLE} SET due = ? WHERE key = ? AND {UNCLAIMED} AND due > ?"
        self.change_each(sql, [(now, job.key, now) for job in jobs])

    def hasten_all(self, now: float) -> int:
        """Make every delayed job due now. Returns how many."""
        return self.change(f"UPDATE {TABLE} SET due = ? WHERE {UNCLAIMED} AND due > ?", (now, now))

    def hasten_waits(self, now: float) -> None:
        """Make the jobs that wait for a file due now, since Plex has scanned."""
        for jobs in self._pages(f"{LOOK_THROUGH} = {READY} AND due > ?", now):
            waiting = [(now, job.number) for job in jobs if job.waits]
            self.change_each(f"UPDATE {TABLE} SET due = ? WHERE _id = ?", waiting)

    def take_over(self, other: "Jobs", now: float) -> None:
        """Copy the waiting jobs of another queue, as if they were new."""
        for jobs in other._pages(f"{LOOK_THROUGH} <= {CLAIMED}"):
            self.put((replace(job, attempts=0, waits=0, look_at=0.0) for job in jobs), now)

    def _pages(self, where: str, *values: object) -> Iterator[list[Job]]:
        last, sql = 0, f"{_JOBS} _id > ? AND {where} ORDER BY _id LIMIT {AT_ONCE}"
        while rows := self.rows(sql, (last, *values)):
            last = rows[-1][0]
            yield [loads(*row) for row in rows]

    def settle(self) -> None:
        """Flush new jobs to the disk, before their flags are removed."""
        self.follow()
        self.rows("PRAGMA wal_checkpoint(PASSIVE)")

    def resume(self, now: float) -> None:
        """Release the jobs that a dead process had claimed. For the holder of the drain lock. A job with a
        future timestamp shows that the clock was set back: it waits only as long as was meant. A job that is
        due later than any rule allows was delayed while the clock was ahead: it is due now."""
        meant = f"timestamp > :late AND due - timestamp <= {LONGEST}"
        with self.writing() as db:
            db.execute(
                f"DELETE FROM {TABLE} AS mine WHERE status = {CLAIMED} AND EXISTS"
                f" (SELECT 1 FROM {TABLE} AS other"
                f" WHERE other.key = mine.key AND other.{UNCLAIMED})"
            )
            db.execute(f"UPDATE OR REPLACE {TABLE} SET status = {READY} WHERE status = {CLAIMED}")
            db.execute(
                f"UPDATE {TABLE} SET timestamp = min(timestamp, :now),"
                f" due = :now + CASE WHEN {meant} THEN max(0, due - timestamp) ELSE 0 END"
                f" WHERE {LOOK_THROUGH} < {CLAIMED}"
                f" AND (timestamp > :late OR due > :late + {LONGEST})",
                {"now": now, "late": now + CLOCK_SLACK},
            )

    def claim(self, limit: int, now: float, only: str = "", last: int = BULK) -> list[Job]:
        """Claim up to `limit` due jobs by rank, up to `last`, and age; or `only` the job of that key."""
        # `+`: a single key is found by its own index.
        which = "AND key = ? ORDER BY +rank" if only else f"AND rank <= {last} ORDER BY rank"
        rows = self.rows(
            f"{_JOBS} status = {READY} AND due <= ? {which}, _id LIMIT ?",
            (now, only, limit) if only else (now, limit),
        )
        claim = f"UPDATE {TABLE} SET status = {CLAIMED} WHERE _id = ?"
        if rows:
            self.change_each(claim, [(row[0],) for row in rows])
        return [loads(*row) for row in rows]

    def done(self, jobs: Sequence[Job]) -> None:
        """The work is on Plex: remove the jobs, and older dead letters of the same things."""
        sql = f"DELETE FROM {TABLE} WHERE _id = ? OR (key = ? AND status = {DEAD})"
        self.change_each(sql, [(job.number, job.key) for job in jobs])

    def give_back(self, job: Job, due_at: float) -> None:
        """Queue a claimed job again for `due_at` (epoch seconds), with the counts that it has now. A delayed
        job goes to the end of the line, otherwise each claim would read past it. If the same thing was queued
        meanwhile, that row stays and this one goes."""
        with self.writing() as db:
            db.execute(
                f"DELETE FROM {TABLE} WHERE _id = ? AND status = {CLAIMED} AND EXISTS"
                f" (SELECT 1 FROM {TABLE} WHERE key = ? AND {UNCLAIMED})",
                (job.number, job.key),
            )
            db.execute(
                f"UPDATE {TABLE} SET status = {READY}, due = ?, rank = ?, data = ?,"
                f" _id = CASE WHEN ? THEN (SELECT max(_id) + 1 FROM {TABLE}) ELSE _id END"
                f" WHERE _id = ? AND status = {CLAIMED}",
                (due_at, job.rank, dumps(job), due_at > self._clock(), job.number),
            )

    def find(self, key: str) -> "QueuedJob | None":
        """The job of this key: a waiting one before a dead letter, None if there is neither."""
        rows = self.rows(
            f"SELECT _id, data, key, due, status, error FROM {TABLE} WHERE key = ?"
            f" ORDER BY status = {DEAD}",
            (key,),
        )
        jobs = [QueuedJob(loads(*row[:3]), row[3], row[4] == DEAD, row[5] or "") for row in rows]
        return jobs[0] if jobs else None

    def next_due(self, last: int = BULK) -> "float | None":
        """When the next job up to the rank `last` is due (epoch seconds), None if no job waits."""
        sql = f"SELECT min(due) FROM {TABLE} WHERE status = {READY} AND rank <= ?"
        due: float | None = self.value(sql, (last,))
        return due

    def is_much(self, most: int, now: float) -> bool:
        """Whether more than `most` scenes are due that nobody picked one by one."""
        sql = f"SELECT count(*) FROM (SELECT 1 FROM {_BULK} LIMIT ?)"
        return bool(self.value(sql, (now, most + 1)) > most)

    def bulk(self, most: int, now: float) -> tuple[list[int], int]:
        """A sample of at most `most` of these scenes, spread evenly, and the number of all."""
        count = self.value(f"SELECT count(*) FROM {_BULK}", (now,))
        step = max(1, -(-count // most))
        rows = self.rows(
            f"SELECT thing FROM (SELECT CAST(substr(key, 7) AS INTEGER) AS thing,"
            f" row_number() OVER (ORDER BY _id) - 1 AS place FROM {_BULK})"
            " WHERE place % ? = 0 ORDER BY place",
            (now, step),
        )
        return [row[0] for row in rows], count

    def counts(self, now: float) -> dict[str, int]:
        """The number of jobs in each state: pending (due), waiting (due later), in_progress, dead."""
        return dict(zip(STATES, self.rows(COUNTS, {"now": now})[0], strict=True))

    def to_do(self, now: float, last: int = BULK) -> tuple[int, int]:
        """The number of jobs up to the rank `last` that are due or claimed, and of those that are due later."""
        sql = (
            f"SELECT (SELECT count(*) FROM {TABLE} WHERE status = {READY} AND rank <= ? AND due <= ?)"
            f" + (SELECT count(*) FROM {TABLE} WHERE status = {CLAIMED}),"
            f" (SELECT count(*) FROM {TABLE} WHERE status = {READY} AND due > ?)"
        )
        due, later = self.rows(sql, (last, now, now))[0]
        return due, later

    def pending(self) -> Iterator[Job]:
        """The jobs that no drain has claimed."""
        return starmap(loads, self.rows(f"{_JOBS} {UNCLAIMED}"))

    def clear_pending(self) -> int:
        """Delete the jobs that no drain has claimed. Returns how many."""
        return self.change(f"DELETE FROM {TABLE} WHERE {UNCLAIMED}")

    # -- dead letters: jobs that were given up, until a person retries or clears them

    def bury(self, job: Job, error: str, now: float) -> None:
        """Give the job up, and keep it with the reason."""
        kept = None if job.kind == UNREADABLE else dumps(job)
        with self.writing() as db:
            db.execute(f"DELETE FROM {TABLE} WHERE key = ? AND {_DEAD}", (job.key,))
            db.execute(
                f"UPDATE {TABLE} SET {_DEAD}, timestamp = ?, error = ?,"
                " data = coalesce(?, data) WHERE _id = ?",
                (now, error, kept, job.number),
            )

    def dead_by_error(self) -> dict[str, int]:
        """The number of dead letters by error, the most frequent first."""
        sql = f"SELECT error, count(*) FROM {TABLE} WHERE {_DEAD} GROUP BY error"
        return dict(self.rows(f"{sql} ORDER BY count(*) DESC, error"))

    def dead_letters(self, limit: int = 200) -> list[DeadLetter]:
        """The latest dead letters."""
        rows = self.rows(f"{_LETTERS} ORDER BY timestamp DESC LIMIT ?", (limit,))
        return list(map(_letter, rows))

    def dead_scenes(self) -> list[int]:
        """The ids of scenes that were given up."""
        return [letter.job.id for letter in self.dead() if letter.job.kind == "scene"]

    def dead(self) -> Iterator[DeadLetter]:
        """All readable dead letters, the oldest first."""
        for letter in map(_letter, self.rows(f"{_LETTERS} ORDER BY _id")):
            if letter.job.kind != UNREADABLE:
                yield letter

    def revive(self, wanted: Callable[[DeadLetter], bool], now: float, recovered: bool) -> int:
        """Queue the `wanted` dead letters again, as if for the first time. Returns how many. `recovered`
        notes that they were retried after an outage. A thing that is queued already is not queued twice."""
        chosen = [letter.job for letter in self.dead() if wanted(letter)]
        several = len(chosen) > 1
        rows = [(_again(job, several, recovered), job.number) for job in chosen]
        with self.writing() as db:
            db.executemany(
                f"UPDATE OR IGNORE {TABLE} SET status = {READY}, data = ?, key = ?,"
                " timestamp = ?, due = ?, rank = ?, error = NULL WHERE _id = ?",
                [(dumps(job), job.key, now, now, job.rank, number) for job, number in rows],
            )
            db.executemany(  # a row that could not be updated is queued already
                f"DELETE FROM {TABLE} WHERE _id = ? AND {_DEAD}", [(number,) for _, number in rows]
            )
        return len(rows)

    def clear_dead(self, before: "float | None" = None) -> int:
        """Delete dead letters, all or those that were buried before a time. Returns how many."""
        sql = f"DELETE FROM {TABLE} WHERE {_DEAD}"
        if before is None:
            return self.change(sql)
        return self.change(f"{sql} AND timestamp < ?", (before,))

    def clear_letters(self, numbers: Iterable[int]) -> int:
        """Delete these dead letters. Returns how many there were."""
        sql = f"DELETE FROM {TABLE} WHERE _id = ? AND {_DEAD}"
        return self.change_each(sql, [(number,) for number in numbers])


def _again(job: Job, several: bool, recovered: bool) -> Job:
    """The job as it is queued again. Nobody picked each of several scenes, so they are bulk."""
    rank = BULK if several and job.kind == "scene" else BACKLOG
    return replace(job, attempts=0, waits=0, rank=rank, recovered=recovered)


def _letter(row: tuple[Any, ...]) -> DeadLetter:
    return DeadLetter(loads(*row[:3]), row[3], row[4] or "")

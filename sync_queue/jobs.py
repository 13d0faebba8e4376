"""The queue: what is owed to Plex, one row per thing (`scene:42`). Its dead letters are in
`dead_letters`.

The columns for the due time, the rank and the key answer "what is due, edits first" and "owed already"
by an index, and a batch is one transaction.
"""

import sqlite3
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import islice
from typing import Any

from sync_queue.dead_letters import DeadLetters
from sync_queue.job import BACKLOG, BULK, EDIT, Job, QueuedJob, dumps, loads
from sync_queue.retry_policy import LONGEST
from sync_queue.schema import CLAIMED, DEAD, IS_SCENE, READY, TABLE, UNCLAIMED, conditions

AT_ONCE = 1000  # rows that are held in memory
# The plus keeps SQLite off the index: going through the rows in their order is quicker then.
LOOK_THROUGH = "+status"
_BULK = f"{TABLE} WHERE status = {READY} AND rank = {BULK} AND due <= ? AND {IS_SCENE}"
CLOCK_SLACK = 60.0  # seconds that a clock may jump without our minding it


class Jobs(DeadLetters):
    """The queue of one data dir. Any process may put; only the holder of the drain lock claims."""

    def put(self, jobs: Iterable[Job], now: "float | None" = None) -> int:
        """Owe these; what is owed already is not owed twice. Gives how many are new.

        A fresh edit of something that waits, or stands far back, brings it to the front; what
        follows from an edit is no longer bulk.
        """
        now = time.time() if now is None else now
        left, fresh = iter(jobs), 0
        with self.writing() as db:
            while some := list(islice(left, AT_ONCE)):
                fresh += self._put(db, [(dumps(job), now, job.key, now, job.rank) for job in some])
        return fresh

    def _put(self, db: sqlite3.Connection, rows: list[tuple[Any, ...]]) -> int:
        fresh = db.executemany(
            f"INSERT OR IGNORE INTO {TABLE} (data, timestamp, status, key, due, rank)"
            f" VALUES (?, ?, {READY}, ?, ?, ?)",
            rows,
        ).rowcount
        db.executemany(
            f"UPDATE {TABLE} SET data = ?, due = ?, rank = ?"
            f" WHERE key = ? AND {UNCLAIMED} AND (rank > ? OR due > ?)",
            [(data, now, rank, key, rank, now) for data, now, key, _, rank in rows if rank == EDIT],
        )
        db.executemany(
            f"UPDATE {TABLE} SET data = ?, rank = ? WHERE key = ? AND {UNCLAIMED} AND rank > ?",
            [(data, rank, key, rank) for data, _, key, _, rank in rows if rank == BACKLOG],
        )
        return max(0, fresh)

    def put_scenes(
        self, ids: Sequence[int], reason: str, now: float, rank: int = BULK, put_off: bool = True
    ) -> int:
        """Owe these scenes for one reason; what was put off (`put_off`) is due now as well. Gives
        how many are new. Others have their turn in between."""
        fresh = 0
        for at in range(0, len(ids), AT_ONCE):
            jobs = [Job(one, reason=reason, rank=rank) for one in ids[at : at + AT_ONCE]]
            fresh += self.put(jobs, now)
            if put_off:
                self.hasten(jobs, now)
        return fresh

    def hasten(self, jobs: Iterable[Job], now: float) -> None:
        """What was put off is due now, its counts as they were: what it waited for may be there."""
        with self.writing() as db:
            db.executemany(
                f"UPDATE {TABLE} SET due = ? WHERE key = ? AND {UNCLAIMED} AND due > ?",
                [(now, job.key, now) for job in jobs],
            )

    def hasten_all(self, now: float) -> int:
        """The same for everything that was put off; gives how many that is."""
        with self.writing() as db:
            return db.execute(
                f"UPDATE {TABLE} SET due = ? WHERE {UNCLAIMED} AND due > ?",
                (now, now),
            ).rowcount

    def hasten_waits(self, now: float) -> None:
        """What waits until Plex has its file is due now: Plex has scanned meanwhile."""
        last = 0
        while rows := self.rows(
            f"SELECT _id, data, key FROM {TABLE}"
            f" WHERE _id > ? AND {LOOK_THROUGH} = {READY} AND due > ?"
            f" ORDER BY _id LIMIT {AT_ONCE}",
            (last, now),
        ):
            last = rows[-1][0]
            waiting = [(now, job.number) for row in rows if (job := loads(*row)).waits]
            with self.writing() as db:
                db.executemany(f"UPDATE {TABLE} SET due = ? WHERE _id = ?", waiting)

    def take_over(self, other: "Jobs", now: float) -> None:
        """Owe what the other queue owes, as if it were new; it stays owed there as well."""
        last = 0
        while rows := other.rows(
            f"SELECT _id, data, key FROM {TABLE}"
            f" WHERE _id > ? AND {LOOK_THROUGH} <= {CLAIMED} ORDER BY _id LIMIT {AT_ONCE}",
            (last,),
        ):
            last = rows[-1][0]
            jobs = (loads(*row) for row in rows)
            self.put((replace(job, attempts=0, waits=0, look_at=0.0) for job in jobs), now)

    def settle(self) -> None:
        """Bring what was put to the disk itself, before the flags it came from are taken down."""
        self.follow()
        self.rows("PRAGMA wal_checkpoint(PASSIVE)")

    def resume(self, now: float) -> None:
        """Jobs claimed by a process that died are owed again. For the holder of the drain lock.

        A job that was put in the future tells that the clock was set back: it waits only for as
        long as it was meant to wait. One that is due later than any rule allows was put off while
        the clock stood ahead: it is due now.
        """
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

    def claim(
        self, limit: int, now: float, only: "str | None" = None, last: int = BULK
    ) -> list[Job]:
        """Up to `limit` due jobs by rank, the `last` one included, then in the order they came; or
        `only` that key's, whatever its rank."""
        # `+`: one key's are found by that, not by their rank.
        which = "AND key = ? ORDER BY +rank" if only else f"AND rank <= {last} ORDER BY rank"
        rows = self.rows(
            f"SELECT _id, data, key FROM {TABLE} WHERE status = {READY}"
            f" AND due <= ? {which}, _id LIMIT ?",
            (now, only, limit) if only else (now, limit),
        )
        with self.writing() as db:
            db.executemany(
                f"UPDATE {TABLE} SET status = {CLAIMED} WHERE _id = ?",
                [(row[0],) for row in rows],
            )
        return [loads(*row) for row in rows]

    def done(self, jobs: Sequence[Job]) -> None:
        """The work is on Plex: neither the jobs nor older dead letters of the same things remain."""
        with self.writing() as db:
            db.executemany(
                f"DELETE FROM {TABLE} WHERE _id = ? OR (key = ? AND status = {DEAD})",
                [(job.number, job.key) for job in jobs],
            )

    def give_back(self, job: Job, due_at: float) -> None:
        """Owe the job again from `due_at` on (epoch seconds), with its counts as they are in it.

        What is put off goes to the end of the line: else each claim would look through all that
        waits at its front. If the same thing was put anew meanwhile, that row stands and this one
        goes.
        """
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
        """Where the job of this key stands: owed before dead; None when it is neither."""
        rows = self.rows(
            f"SELECT _id, data, key, due, status, error FROM {TABLE} WHERE key = ?"
            f" ORDER BY status = {DEAD} LIMIT 1",
            (key,),
        )
        return next(
            (QueuedJob(loads(*row[:3]), row[3], row[4] == DEAD, row[5] or "")
             for row in rows), None,
        )  # fmt: skip

    def next_due(self, last: int = BULK) -> "float | None":
        """When the next job is due (epoch seconds), the `last` rank included; None when none waits."""
        sql = f"SELECT min(due) FROM {TABLE} WHERE status = {READY} AND rank <= ?"
        due: float | None = self.value(sql, (last,))
        return due

    def is_much(self, most: int, now: float) -> bool:
        """Whether more than so many scenes are due that nobody picked one by one."""
        sql = f"SELECT count(*) FROM (SELECT 1 FROM {_BULK} LIMIT ?)"
        return bool(self.value(sql, (now, most + 1)) > most)

    def bulk(self, most: int, now: float) -> tuple[list[int], int]:
        """At most so many of these scenes, spread over all of them, and how many there are."""
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
        """pending (due), waiting (due later), in_progress, dead."""
        sql = f"SELECT count(*) FROM {TABLE} WHERE "
        return {name: self.value(sql + where) for name, where in conditions(now).items()}

    def pending(self) -> Iterator[Job]:
        """All that is owed and not being done right now."""
        for row in self.rows(f"SELECT _id, data, key FROM {TABLE} WHERE {UNCLAIMED}"):
            yield loads(*row)

    def clear_pending(self) -> int:
        """Forget all that is owed and not being done right now; gives how many."""
        return self._delete(f"{UNCLAIMED}")

"""The dead letters of the queue: jobs that were given up, until a person retries or clears them."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import Any

from sync_queue.job import BACKLOG, BULK, UNREADABLE, DeadLetter, Job, dumps, loads
from sync_queue.queue_file import QueueFile
from sync_queue.schema import DEAD, READY, TABLE

_DEAD = f"status = {DEAD}"
_LETTERS = f"SELECT _id, data, key, timestamp, error FROM {TABLE} WHERE {_DEAD}"


class DeadLetters(QueueFile):
    """The part of `Jobs` about dead letters, which are rows of the same table."""

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

"""The dead letters of the queue: what was given up, until a person retries or clears it."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import Any

from sync_queue.job import BACKLOG, BULK, UNREADABLE, DeadLetter, Job, dumps, loads
from sync_queue.queue_file import QueueFile
from sync_queue.schema import DEAD, READY, TABLE

_DEAD = f"status = {DEAD}"
_LETTERS = f"SELECT _id, data, key, timestamp, error FROM {TABLE} WHERE {_DEAD}"


class DeadLetters(QueueFile):
    """The part of `Jobs` that is about them. They are rows of the same table."""

    def bury(self, job: Job, error: str, now: float) -> None:
        """Keep the job with the reason for which it is given up."""
        kept = None if job.kind == UNREADABLE else dumps(job)
        with self.writing() as db:
            db.execute(
                f"DELETE FROM {TABLE} WHERE key = ? AND {_DEAD}",
                (job.key,),
            )
            db.execute(
                f"UPDATE {TABLE} SET {_DEAD}, timestamp = ?, error = ?,"
                " data = coalesce(?, data) WHERE _id = ?",
                (now, error, kept, job.number),
            )

    def dead_by_error(self) -> dict[str, int]:
        """How many dead letters died of what, the most frequent first."""
        return dict(
            self.rows(
                f"SELECT error, count(*) FROM {TABLE} WHERE {_DEAD}"
                " GROUP BY error ORDER BY count(*) DESC, error"
            )
        )

    def dead_letters(self, limit: int = 200) -> list[DeadLetter]:
        """The latest dead letters."""
        rows = self.rows(f"{_LETTERS} ORDER BY timestamp DESC LIMIT ?", (limit,))
        return [_letter(row) for row in rows]

    def dead_scenes(self) -> list[int]:
        """The scenes that were given up."""
        return [one.job.id for one in self.dead() if one.job.kind == "scene"]

    def dead(self) -> Iterator[DeadLetter]:
        """All dead letters that can be read, the oldest first."""
        for found in map(_letter, self.rows(f"{_LETTERS} ORDER BY _id")):
            if found.job.kind != UNREADABLE:
                yield found

    def revive(self, wanted: Callable[[DeadLetter], bool], now: float, recovered: bool) -> int:
        """Owe again the dead letters that are `wanted`, as if for the first time; gives how many.

        `recovered` notes that they have had this chance. What is owed already is not owed twice.
        """
        chosen = [one.job for one in self.dead() if wanted(one)]
        several = len(chosen) > 1
        rows = [(_again(job, several, recovered), job.number) for job in chosen]
        with self.writing() as db:
            db.executemany(
                f"UPDATE OR IGNORE {TABLE} SET status = {READY}, data = ?, key = ?,"
                " timestamp = ?, due = ?, rank = ?, error = NULL WHERE _id = ?",
                [(dumps(job), job.key, now, now, job.rank, number) for job, number in rows],
            )
            db.executemany(  # what could not be updated is owed already
                f"DELETE FROM {TABLE} WHERE _id = ? AND {_DEAD}",
                [(number,) for _, number in rows],
            )
        return len(rows)

    def clear_dead(self, before: "float | None" = None) -> int:
        """Forget dead letters, all or those buried before a time; gives how many."""
        if before is None:
            return self._delete(_DEAD)
        return self._delete(f"{_DEAD} AND timestamp < ?", before)

    def clear_letters(self, numbers: Iterable[int]) -> int:
        """Forget these dead letters; gives how many there were."""
        with self.writing() as db:
            return db.executemany(
                f"DELETE FROM {TABLE} WHERE _id = ? AND {_DEAD}",
                [(number,) for number in numbers],
            ).rowcount

    def _delete(self, where: str, *values: Any) -> int:
        with self.writing() as db:
            return db.execute(f"DELETE FROM {TABLE} WHERE {where}", values).rowcount


def _again(job: Job, several: bool, recovered: bool) -> Job:
    """The job as it is owed again; of several scenes nobody picked each."""
    rank = BULK if several and job.kind == "scene" else BACKLOG
    return replace(job, attempts=0, waits=0, rank=rank, recovered=recovered)


def _letter(row: tuple[Any, ...]) -> DeadLetter:
    return DeadLetter(loads(*row[:3]), row[3], row[4] or "")

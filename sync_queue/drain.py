"""The one loop: sweep the inbox, claim a batch, sync it, judge, record. Knows neither Plex nor Stash.

Exactly one drain runs at a time (the lock). It releases the lock and then looks once more: either
it sees a late flag, or whoever set the flag saw the free lock.
"""

import os
import random
import sqlite3
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

import errors
from sync_queue import inbox, verdict
from sync_queue.jobs import BACKLOG, EDIT, UNREADABLE, Job, Jobs
from sync_queue.lock import FileLock
from sync_queue.tally import Outcome, Tally

BATCH = 20
POLL = 0.1  # seconds between two looks at the inbox while nothing comes


SyncBatch = Callable[[Sequence[int]], Sequence[Outcome]]
# (kind, id) -> the ids of the scenes that show it, in pages
Expand = Callable[[str, int], Iterable[list[int]]]


class Pace(Protocol):
    """How fast a server that was away gets its work back."""

    def pace(self) -> "tuple[int, float] | None": ...
    def went_well(self) -> None: ...


class FullSpeed:
    """The pace of a server that was not away."""

    def pace(self) -> "tuple[int, float] | None":
        return None

    def went_well(self) -> None:
        pass


@dataclass
class Drain:
    """All that a drain needs; clocks, chance and sleep are arguments."""

    data_dir: str
    jobs: Jobs
    sync_batch: SyncBatch
    expand: Expand
    max_retries: int = 5
    # Whether the server that this error is about answers otherwise; asked for a job that fails alone.
    is_up: Callable[[Exception], bool] = lambda error: True
    pace: Pace = field(default_factory=FullSpeed)
    only: int = 0  # a scene: nothing but it is swept and claimed
    linger: float = 0.0  # seconds to wait for more flags before the process ends
    patience: float = 0.0  # seconds to wait for a job that is due soon, such as a first retry
    # Whether what jobs wait for is on its way: asked while there is nothing to do.
    stay: Callable[[], bool] = lambda: False
    clock: Callable[[], float] = time.time
    sleep: Callable[[float], None] = time.sleep
    chance: Callable[[], float] = random.random
    warn: Callable[[str], None] = lambda line: None
    progress: Callable[[float], None] = lambda fraction: None
    tally: Tally = field(default_factory=Tally)
    _claimed: dict[int, Job] = field(default_factory=dict)  # of this batch, without a verdict yet

    def run(self) -> Tally:
        """Do all that is due now, then go; nothing at all when another drain is at it."""
        try:
            while not self.tally.paused and self._once() and self._owed():
                pass
        except errors.SetupError as error:  # the file of the queue says what is wrong with it
            self._pause(error)
        except (OSError, sqlite3.Error) as error:
            # The disk is full, or not ours to write. What was claimed is owed again next time.
            self._pause(error, f"the queue cannot be kept on disk ({error})")
        return self.tally

    def _once(self) -> bool:
        lock = FileLock(os.path.join(self.data_dir, inbox.LOCK))
        if not lock.acquire():
            self._arrive()  # whoever woke us is served by the other one
            self.tally.busy = not self.tally.counts
            return False
        try:
            self._work()
        finally:
            lock.release()
        return True

    def _arrive(self) -> None:
        if not self.only:  # else the drain that is on its way is not this one
            inbox.drop_wake(self.data_dir)

    def _owed(self) -> bool:
        return not self.only and is_owed(self.data_dir, self.jobs, self.clock())

    def _work(self) -> None:
        # Only now, with the lock: a hook sees the marker, or else the lock.
        self._arrive()
        self.jobs.resume(self.clock())
        quiet = 0.0
        while not self.tally.paused:
            self._sweep()
            if self._batch():
                quiet = 0.0
                self._tell_progress()
            elif self._stays(quiet):
                # A bulk edit comes as one event after the other: stay for the next one.
                self.sleep(POLL)
                quiet += POLL
            else:
                return

    def _stays(self, quiet: float) -> bool:
        return quiet < self.linger or (quiet < self.patience and self._soon()) or self.stay()

    def _soon(self) -> bool:
        due = self.jobs.next_due()
        return due is not None and due - self.clock() <= self.patience

    def _sweep(self) -> None:
        """Flags become jobs; a flag goes only when its job is on disk."""
        found = inbox.flags(self.data_dir)
        if self.only:
            found = [flag for flag in found if flag == ("scene", self.only)]
        if not found:
            return
        self.jobs.put((Job(number, kind) for kind, number in found), self.clock())
        self.jobs.settle()
        for kind, number in found:
            inbox.clear(self.data_dir, kind, number)

    # -- one batch: every claimed job gets a verdict, or is given back as it was

    def _batch(self) -> int:
        batch = self._claim()
        for job in batch:
            if job.kind not in inbox.KINDS:
                self._bury(job, _strange(job))
            elif job.kind != "scene":
                self._attempt([job])
        self._attempt([job for job in batch if job.kind == "scene"])
        if batch and not self.tally.paused:
            self.pace.went_well()
        for job in list(self._claimed.values()):  # a pause has cut in
            self._give_back(job, self.clock())
        return len(batch)

    def _claim(self) -> list[Job]:
        size, rest = self.pace.pace() or (BATCH, 0.0)
        if rest and self.jobs.next_due() is not None:
            self.sleep(rest)
        key = Job(self.only).key if self.only else None
        batch = self.jobs.claim(size, self.clock(), key)
        self._claimed = {job.number: job for job in batch}
        return batch

    def _attempt(self, jobs: Sequence[Job]) -> None:
        """Do these together; should that fail, each of them alone: it may be the fault of one."""
        if not jobs or self.tally.paused:
            return
        error = self._try(jobs)
        if error is None:
            return
        left = [job for job in jobs if job.number in self._claimed]
        if len(left) > 1 and self._action(error) != verdict.PAUSE:
            self._one_by_one(left)
        elif self._action(error) == verdict.BURY:
            # With nothing to compare to, it may as well be the server that refuses everything.
            self._pause(error)
        else:
            self._judge_all({job.number: error for job in left})

    def _one_by_one(self, jobs: Sequence[Job]) -> None:
        failed: dict[int, Exception] = {}
        for job in jobs:
            if error := self._try([job]):
                failed[job.number] = error
            if error and self._action(error) == verdict.PAUSE:
                self._pause(error)
                return
        if len(failed) == len(jobs):  # none fares better: it is not the fault of a job
            self._pause(failed[jobs[0].number])
        self._judge_all(failed)

    def _try(self, jobs: Sequence[Job]) -> "Exception | None":
        try:
            if jobs[0].kind == "scene":
                self._sync(jobs)
            else:
                self._expand(jobs[0])
        except Exception as error:  # one bad job must not end the drain
            return error
        return None

    def _expand(self, job: Job) -> None:
        """A renamed performer, studio or tag: owe every scene that shows it."""
        for page in self.expand(job.kind, job.id):
            rank = EDIT if len(page) <= BATCH else BACKLOG
            reason = f"{job.kind} {job.id}"
            self.jobs.put((Job(n, reason=reason, rank=rank) for n in page), self.clock())
        self._done([job])

    def _sync(self, batch: Sequence[Job]) -> None:
        outcomes = {one.scene_id: one for one in self.sync_batch([job.id for job in batch])}
        finished: list[Job] = []
        failed: dict[int, Exception] = {}
        for job in batch:
            outcome = outcomes[job.id]
            if outcome.error:
                failed[job.number] = outcome.error
            elif outcome.missing:
                self._await(job, finished)
            elif outcome.unsettled:
                self._let_settle(job)
            else:
                self.tally.count(outcome)
                finished.append(job)
        self._done(finished)
        if len(failed) == len(batch) > 1 and not any(map(_alone, failed.values())):
            # None fares better: it is not the fault of a job.
            self._pause(next(iter(failed.values())))
        self._judge_all(failed)

    # -- verdicts

    def _judge_all(self, failed: dict[int, Exception]) -> None:
        for number, error in failed.items():
            if len(failed) == 1 and self._is_down(error):
                self._pause(error)
            if self.tally.paused:
                return
            self._judge(self._claimed[number], error)

    def _is_down(self, error: Exception) -> bool:
        """Whether the job that met this would have met it on any other."""
        trouble = _server(error) and self._action(error) != verdict.PAUSE
        return bool(trouble) and not self.is_up(error)

    def _judge(self, job: Job, error: Exception) -> None:
        now, attempts = self.clock(), job.attempts + 1
        said = verdict.of_error(error, attempts, self.max_retries, now, self.chance())
        if said.action == verdict.PAUSE:
            self._pause(error)
        elif said.action == verdict.RETRY:
            self.tally.counts["retried"] += 1
            self._give_back(replace(job, attempts=attempts), said.due_at)
            self.warn(f"{job.kind} {job.id}: {said.words}; tried again later")
        else:
            outage = bool(_server(error))
            self._bury(replace(job, attempts=attempts, outage=outage), said.words)

    def _action(self, error: Exception) -> str:
        return verdict.of_error(error, 0, self.max_retries, self.clock(), 0.0).action

    def _await(self, job: Job, finished: list[Job]) -> None:
        said = verdict.of_missing(job.waits, self.clock())
        self.tally.counts["waiting"] += 1
        if said.action == verdict.DONE:
            finished.append(job)
        else:
            self._give_back(replace(job, waits=job.waits + 1, rank=BACKLOG), said.due_at)

    def _let_settle(self, job: Job) -> None:
        self.tally.counts["waiting"] += 1
        # As one that waits for its file: it is looked at as soon as Plex has scanned.
        waits = max(1, job.waits)
        self._give_back(replace(job, waits=waits), self.clock() + verdict.SETTLE_SECONDS)

    def _done(self, jobs: Sequence[Job]) -> None:
        self.jobs.done(jobs)
        for job in jobs:
            del self._claimed[job.number]

    def _give_back(self, job: Job, due_at: float) -> None:
        self.jobs.give_back(job, due_at)
        del self._claimed[job.number]

    def _bury(self, job: Job, words: str) -> None:
        self.tally.counts["buried"] += 1
        self.jobs.bury(job, words, self.clock())
        del self._claimed[job.number]
        self.warn(f"{job.kind} {job.id}: {words}; put among the dead letters")

    def _pause(self, error: Exception, words: str = "") -> None:
        """Nothing is wrong with the jobs: they are owed as before, and the drain ends."""
        if not self.tally.paused:
            words = words or verdict.in_words(error)
            self.tally.paused, self.tally.reason = words, error
            rest = "It" if words.endswith("is kept.") else "The queue is kept, and"
            self.warn(f"paused: {words.rstrip('.')}. {rest} goes on when that is over")

    def _tell_progress(self) -> None:
        done = sum(self.tally.counts.values())
        left = self.jobs.counts(self.clock())["pending"]
        self.progress(done / (done + left) if done + left else 1.0)


def _server(error: Exception) -> str:
    """The server whose trouble the error is, if it is that of one."""
    if isinstance(error, errors.Stash2PlexError) and not error.alone:
        return error.server
    return ""


def _alone(error: Exception) -> bool:
    """Whether the server is known to be fine with others."""
    return isinstance(error, errors.Stash2PlexError) and error.alone


def is_owed(data_dir: str, jobs: Jobs, now: float) -> bool:
    """Whether a drain would find anything to do: a flag, or a job that is due."""
    due = jobs.next_due()
    return not inbox.is_empty(data_dir) or (due is not None and due <= now)


def _strange(job: Job) -> str:
    if job.kind == UNREADABLE:
        return "this row of the queue cannot be read"
    return f"this version does not know what a {job.kind} is"

"""The one loop: sweep the inbox, claim a batch, sync it, judge, record. Knows neither Plex nor Stash.

Exactly one drain runs at a time (the lock). A drain releases the lock and then looks into the inbox once
more: either it sees a late flag, or whoever set the flag saw the free lock.

While a batch is written, the next batch is claimed already, so that it can be read ahead; the batch before
is judged afterwards, so that its read-back overlaps. A person's edit overtakes a claimed batch. A scene
that is edited after it was claimed gets a new row and is done again, so what was read ahead is never final.
"""

import os
import random
import sqlite3
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import errors
from disk.lock import FileLock
from sync_queue import inbox
from sync_queue.circuit_breaker import Pace
from sync_queue.in_flight import InFlight, Outcome, Tally
from sync_queue.job import BACKLOG, BULK, EDIT, FEW, SAMPLE, UNREADABLE, Job
from sync_queue.jobs import Jobs

BATCH = 20
RECOUNT = 2.0  # seconds between two counts of the jobs
POLL = 0.1  # seconds between two looks at the inbox while nothing comes

Outcomes = Callable[[], Sequence[Outcome]]
# Writes what these scenes need. The function that it returns is called once, for the outcomes.
SyncBatch = Callable[[Sequence[int]], Outcomes]
# (kind, id) -> the ids of the scenes that show this performer, studio, tag or group, in pages
Expand = Callable[[str, int], Iterable[list[int]]]


class Written(NamedTuple):
    """A batch that is written and not judged yet."""

    jobs: Sequence[Job]
    outcomes: Outcomes


@dataclass
class Drain:
    """Everything that a drain needs. Clock, chance and sleep are arguments."""

    data_dir: str
    jobs: Jobs
    sync_batch: SyncBatch
    expand: Expand
    ahead: Callable[[Sequence[int]], None] = lambda ids: None  # gets the scenes of the next batch
    # Gets a sample of the scenes that nobody picked one by one, and their number, before the first of
    # them is done. With an error they are not done by this run.
    brake: Callable[[Sequence[int], int], None] = lambda ids, count: None
    max_retries: int = 5
    is_up: Callable[[Exception], bool] = lambda error: True  # see `InFlight`
    serves_others: Callable[[Exception], bool] = lambda error: False  # see `InFlight`
    pace: Pace = field(default_factory=Pace)
    size: Callable[[], int] = lambda: 0  # jobs of the next batch, if not BATCH
    rest: Callable[[], float] = lambda: 0.0  # seconds for which to leave the server alone now
    only: int = 0  # sweep and claim nothing but this scene; 0 for everything
    linger: float = 0.0  # seconds to wait for more flags before the process ends
    patience: float = 0.0  # seconds to wait for a job that is due soon, such as a first retry
    # Asked while there is nothing to do: whether something that jobs wait for will soon be there.
    stay: Callable[[], bool] = lambda: False
    clock: Callable[[], float] = time.time
    sleep: Callable[[float], None] = time.sleep
    chance: Callable[[], float] = random.random
    warn: Callable[[str], None] = lambda line: None
    say: Callable[[str], None] = lambda line: None
    # Gets the number of jobs that are done, that were put off, and of all that this run has to do.
    progress: Callable[[int, int, int], None] = lambda done, later, total: None
    tally: Tally = field(default_factory=Tally)
    _next: list[Job] = field(default_factory=list)  # the next batch, claimed already
    _has_edits: bool = False  # jobs were put since that claim
    _has_more: bool = False  # more jobs may be due than the last claim took
    _written: "Written | None" = None
    _slow: "tuple[int, float] | None" = None  # the pace of the next batch, None for full speed
    _brake_asked: bool = False
    _braked: "Exception | None" = None  # why this run does no bulk jobs
    _total: int = 0  # jobs that this run has done, and has to do
    _counted: float = 0.0  # when they were counted
    _gone: int = 0  # those that needed no work then

    def __post_init__(self) -> None:
        self._in_flight = InFlight(
            self.jobs, self.tally, self.max_retries, self.is_up, self.clock, self.chance, self.warn,
            self.say, self.serves_others,
        )  # fmt: skip

    def run(self) -> Tally:
        """Do every job that is due, then return. Does nothing while another drain runs."""
        try:
            while not self.tally.paused and self._once() and self._has_work():
                pass
            if self._braked:
                self._in_flight.pause(self._braked)
        except errors.SetupError as error:  # the queue's file cannot be used
            self._in_flight.pause(error)
        except (OSError, sqlite3.Error) as error:
            # The disk is full or not writable. The next drain does the claimed jobs again.
            self._in_flight.pause(error)
        return self.tally

    def _once(self) -> bool:
        lock = FileLock(os.path.join(self.data_dir, inbox.LOCK))
        if not lock.acquire():
            self._arrive()  # the other drain does the work that this one was started for
            self.tally.busy = not self.tally.counts
            return False
        try:
            self._work()
        finally:
            lock.release()
        return True

    def _arrive(self) -> None:
        if not self.only:  # a run for one scene is not the drain that was promised
            inbox.drop_wake(self.data_dir)

    def _has_work(self) -> bool:
        return not self.only and has_work(self.data_dir, self.jobs, self.clock(), self._last)

    def _work(self) -> None:
        # Only now, under the lock: a hook sees either the marker or the lock.
        self._arrive()
        self.jobs.resume(self.clock())
        self._count()
        self._slow, self._has_more = self.pace.pace(), True
        quiet = 0.0
        while not self.tally.paused:
            self._sweep()
            self._tell_progress()
            if self._batch():
                quiet = 0.0
            elif self._stays(quiet):
                # The events of a bulk edit come one after the other: wait for the next.
                self.sleep(POLL)
                quiet, self._has_more = quiet + POLL, True
            else:
                return
        self._in_flight.give_all_back()

    def _stays(self, quiet: float) -> bool:
        return quiet < self.linger or (quiet < self.patience and self._soon()) or self.stay()

    def _soon(self) -> bool:
        due = self.jobs.next_due(self._last)
        return due is not None and due - self.clock() <= self.patience

    def _sweep(self) -> None:
        """Turn flags into jobs. A flag is removed only after its job is on disk."""
        flags = inbox.flags(self.data_dir)
        if self.only:
            flags = [flag for flag in flags if flag == ("scene", self.only)]
        if not flags:
            return
        self._put([Job(number, kind) for kind, number in flags])
        self.jobs.settle()
        for kind, number in flags:
            inbox.clear(self.data_dir, kind, number)

    def _put(self, jobs: Iterable[Job]) -> None:
        self._total += self.jobs.put(jobs, self.clock())
        self._has_edits = self._has_more = True

    # -- batch by batch

    def _batch(self) -> int:
        """Do the next batch and judge the batch before. Returns the number of jobs in it."""
        batch = self._edits()
        if not batch:
            batch = self._next or self._claim()
            self._next = self._claim_ahead(batch)
        self._rest(batch)
        for job in batch:
            if job.kind != "scene":
                self._end()  # the ledger has to know what the scenes before show
                self._do_name(job)
        self._do_scenes([job for job in batch if job.kind == "scene"])
        if not self._next:
            self._end()
        if batch and self._slow and not self.tally.paused:
            self.pace.went_well()
            self._slow = self.pace.pace()
        return len(batch)

    def _claim(self) -> list[Job]:
        if not self._has_more:
            return []
        size, rest = self._slow or (self.size() or BATCH, 0.0)
        self._ask_brake()
        if rest and self.jobs.next_due(self._last) is not None:
            self.sleep(rest)
        return self._claimed(size, Job(self.only).key if self.only else "")

    def _claimed(self, size: int, only: str = "") -> list[Job]:
        jobs = self._in_flight.claim(size, only, self._last)
        self._has_more = len(jobs) == size
        return jobs

    def _ask_brake(self) -> None:
        """Ask before the first of many scenes that nobody picked one by one."""
        if self._brake_asked or self.only or not self.jobs.is_much(FEW, self.clock()):
            return
        self._brake_asked = True
        try:
            self.brake(*self.jobs.bulk(SAMPLE, self.clock()))
        except Exception as error:  # a brake that cannot answer brakes
            self._braked, self._counted = error, 0.0

    @property
    def _last(self) -> int:
        """The last rank of jobs that this run does."""
        return BACKLOG if self._braked else BULK

    def _edits(self) -> list[Job]:
        """Edits that came after a batch of lower rank was claimed."""
        if not (self._has_edits and self._next and self._next[-1].rank >= BACKLOG):
            return []
        edits = self._in_flight.claim(BATCH, last=EDIT)
        self._has_edits = len(edits) == BATCH
        return edits

    def _claim_ahead(self, batch: Sequence[Job]) -> list[Job]:
        """The batch after this one. None while a server that was away gets its work slowly."""
        if not self._has_more or not batch or self.only or self._slow:
            return []
        self._ask_brake()
        jobs, self._has_edits = self._claimed(self.size() or BATCH), False
        if scenes := [job.id for job in jobs if job.kind == "scene"]:
            self.ahead(scenes)
        return jobs

    def _rest(self, batch: Sequence[Job]) -> None:
        if batch and (seconds := self.rest()):
            self._end()
            self.sleep(seconds)

    def _do_name(self, job: Job) -> None:
        if self.tally.paused:
            return
        if job.kind not in inbox.KINDS:
            self._in_flight.bury(job, _unknown(job))
        elif error := self._try([job]):
            self._failed([job], error)

    def _do_scenes(self, jobs: Sequence[Job]) -> None:
        """Write these together, then judge the batch that was written before."""
        if not jobs or self.tally.paused:
            return
        error: Exception | None = None
        before, self._written = self._written, None
        try:
            self._written = Written(jobs, self.sync_batch([job.id for job in jobs]))
        except Exception as raised:  # one bad job does not end the drain
            error = raised
        self._judge(before)
        if error and not self.tally.paused:
            self._failed(jobs, error)

    def _end(self) -> None:
        before, self._written = self._written, None
        self._judge(before)

    def _judge(self, batch: "Written | None") -> None:
        if batch is None or self.tally.paused:
            return
        try:
            self._take(batch.jobs, batch.outcomes())
        except Exception as error:
            self._failed(batch.jobs, error)

    def _take(self, jobs: Sequence[Job], outcomes: Sequence[Outcome]) -> None:
        self._in_flight.judge_outcomes(jobs, {outcome.scene_id: outcome for outcome in outcomes})

    # -- jobs that failed together are tried one by one

    def _failed(self, jobs: Sequence[Job], error: Exception) -> None:
        self._in_flight.judge_batch(jobs, error, lambda job: self._try([job]))

    def _try(self, jobs: Sequence[Job]) -> "Exception | None":
        try:
            if jobs[0].kind == "scene":
                self._take(jobs, self.sync_batch([job.id for job in jobs])())
            else:
                self._expand(jobs[0])
        except Exception as error:
            return error
        return None

    def _expand(self, job: Job) -> None:
        """Queue every scene that shows a renamed performer, studio, tag or group."""
        for page in self.expand(job.kind, job.id):
            rank = EDIT if len(page) <= BATCH else BACKLOG
            reason = f"{job.kind} {job.id}"
            self._put(Job(n, reason=reason, rank=rank) for n in page)
        self._in_flight.done([job])

    def _count(self) -> None:
        """Counting takes long in a long queue, so `_put` adds to this number in between."""
        flight, self._counted = self._in_flight, self.clock()
        self._gone = flight.finished + flight.later
        due, waiting = self.jobs.to_do(self._counted, self._last)
        # Jobs that were put off, and are due again, are among the due ones.
        later = flight.buried + min(len(flight.delayed), waiting)
        self._total = max(1, self._gone) if self.only else flight.finished + due + later

    def _tell_progress(self) -> None:
        flight = self._in_flight
        gone = flight.finished + flight.later
        is_end = gone >= self._total and gone != self._gone  # other processes put jobs as well
        if is_end or abs(self.clock() - self._counted) >= RECOUNT:
            self._count()
        self.progress(flight.finished, flight.later, self._total)


def has_work(data_dir: str, jobs: Jobs, now: float, last: int = BULK) -> bool:
    """Whether a drain would find a flag, or a due job up to the rank `last`."""
    due = jobs.next_due(last)
    return not inbox.is_empty(data_dir) or (due is not None and due <= now)


def _unknown(job: Job) -> str:
    if job.kind == UNREADABLE:
        return "this row of the queue cannot be read"
    return f"this version does not know what a {job.kind} is"

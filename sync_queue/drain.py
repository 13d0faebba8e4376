"""The one loop: sweep the inbox, claim a batch, sync it, judge, record. Knows neither Plex nor Stash.

Exactly one drain runs at a time (the lock). It releases the lock and then looks once more: either
it sees a late flag, or whoever set the flag saw the free lock.

The line is kept full: the batch after this one is claimed before this one is written, so that it
can be read meanwhile, and the one before is judged after, when it was read back meanwhile. What a
person edits overtakes a batch that was claimed already. What is edited after it was claimed gets a
row of its own and is done again, so what was read ahead is never the last word.
"""

import os
import random
import sqlite3
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

import errors
from disk.lock import FileLock
from sync_queue import inbox, retry_policy
from sync_queue.in_flight import Claimed
from sync_queue.job import BACKLOG, BULK, EDIT, FEW, UNREADABLE, Job
from sync_queue.jobs import Jobs
from sync_queue.tally import Outcome, Tally

BATCH = 20
SAMPLE = 100  # scenes that the brake looks at
POLL = 0.1  # seconds between two looks at the inbox while nothing comes


Outcomes = Callable[[], Sequence[Outcome]]
# Writes what these scenes need; what it gives is called, once, for what became of them.
SyncBatch = Callable[[Sequence[int]], Outcomes]
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


class Open(NamedTuple):
    """A batch that is written, and not judged yet."""

    jobs: Sequence[Job]
    outcomes: Outcomes


@dataclass
class Drain:
    """All that a drain needs; clocks, chance and sleep are arguments."""

    data_dir: str
    jobs: Jobs
    sync_batch: SyncBatch
    expand: Expand
    ahead: Callable[[Sequence[int]], None] = lambda ids: None  # told the scenes of the next batch
    # Told a sample of the scenes that nobody picked one by one, and how many there are, before the
    # first of them is done: an error says that they are not to be done now.
    brake: Callable[[Sequence[int], int], None] = lambda ids, count: None
    max_retries: int = 5
    is_up: Callable[[Exception], bool] = lambda error: True  # see `Claimed`
    serves_others: Callable[[Exception], bool] = lambda error: False  # see `Claimed`
    pace: Pace = field(default_factory=FullSpeed)
    rest: Callable[[], float] = lambda: 0.0  # seconds that the server is to be left alone now
    only: int = 0  # a scene: nothing but it is swept and claimed
    linger: float = 0.0  # seconds to wait for more flags before the process ends
    patience: float = 0.0  # seconds to wait for a job that is due soon, such as a first retry
    # Whether what jobs wait for is on its way: asked while there is nothing to do.
    stay: Callable[[], bool] = lambda: False
    clock: Callable[[], float] = time.time
    sleep: Callable[[float], None] = time.sleep
    chance: Callable[[], float] = random.random
    warn: Callable[[str], None] = lambda line: None
    say: Callable[[str], None] = lambda line: None
    progress: Callable[[float], None] = lambda fraction: None
    tally: Tally = field(default_factory=Tally)
    _coming: list[Job] = field(default_factory=list)  # claimed already
    _fresh: bool = False  # edits have come since then
    _open: "Open | None" = None
    _looked: bool = False  # the brake has had its look
    _braked: "Exception | None" = None  # why what is bulk is not done by this run
    _known: int = 0  # how many jobs this run has seen, for the progress

    def __post_init__(self) -> None:
        self._claimed = Claimed(
            self.jobs, self.tally, self.max_retries, self.is_up, self.clock, self.chance, self.warn,
            self.say, self.serves_others,
        )  # fmt: skip

    def run(self) -> Tally:
        """Do all that is due now, then go; nothing at all when another drain is at it."""
        try:
            while not self.tally.paused and self._once() and self._owed():
                pass
            if self._braked:
                self._claimed.pause(self._braked)
        except errors.SetupError as error:  # the file of the queue says what is wrong with it
            self._claimed.pause(error)
        except (OSError, sqlite3.Error) as error:
            # The disk is full, or not ours to write. What was claimed is owed again next time.
            self._claimed.pause(error)
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
        return not self.only and is_owed(self.data_dir, self.jobs, self.clock(), self._last)

    def _work(self) -> None:
        # Only now, with the lock: a hook sees the marker, or else the lock.
        self._arrive()
        self.jobs.resume(self.clock())
        self._count(sum(self.tally.counts.values()))
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
        self._claimed.give_all_back()

    def _stays(self, quiet: float) -> bool:
        return quiet < self.linger or (quiet < self.patience and self._soon()) or self.stay()

    def _soon(self) -> bool:
        due = self.jobs.next_due(self._last)
        return due is not None and due - self.clock() <= self.patience

    def _sweep(self) -> None:
        """Flags become jobs; a flag goes only when its job is on disk."""
        found = inbox.flags(self.data_dir)
        if self.only:
            found = [flag for flag in found if flag == ("scene", self.only)]
        if not found:
            return
        self._put(Job(number, kind) for kind, number in found)
        self.jobs.settle()
        for kind, number in found:
            inbox.clear(self.data_dir, kind, number)

    def _put(self, jobs: Iterable[Job]) -> None:
        self._known += self.jobs.put(jobs, self.clock())
        self._fresh = True

    # -- a batch after the other

    def _batch(self) -> int:
        """Do the next batch, and judge the one before; how many jobs that is."""
        batch = self._edits()
        if not batch:
            batch = self._coming or self._claim()
            self._coming = self._claim_ahead(batch)
        self._rest(batch)
        for job in batch:
            if job.kind != "scene":
                self._end()  # who shows a name has to be remembered before that is asked
                self._do_name(job)
        self._do_scenes([job for job in batch if job.kind == "scene"])
        if not self._coming:
            self._end()
        if batch and not self.tally.paused:
            self.pace.went_well()
        return len(batch)

    def _claim(self) -> list[Job]:
        size, rest = self.pace.pace() or (BATCH, 0.0)
        self._look()
        if rest and self.jobs.next_due(self._last) is not None:
            self.sleep(rest)
        only = Job(self.only).key if self.only else None
        return self._claimed.claim(size, only, self._last)

    def _look(self) -> None:
        """Before the first of many scenes that nobody picked: whether they may be done."""
        if self._looked or self.only or not self.jobs.is_much(FEW, self.clock()):
            return
        self._looked = True
        try:
            self.brake(*self.jobs.bulk(SAMPLE, self.clock()))
        except Exception as error:  # without a look there is no write
            self._braked = error

    @property
    def _last(self) -> int:
        """The last rank that this run does."""
        return BACKLOG if self._braked else BULK

    def _edits(self) -> list[Job]:
        """Those that came after a batch of others was claimed."""
        if not (self._fresh and self._coming and self._coming[-1].rank >= BACKLOG):
            return []
        found = self._claimed.claim(BATCH, last=EDIT)
        self._fresh = len(found) == BATCH
        return found

    def _claim_ahead(self, batch: Sequence[Job]) -> list[Job]:
        """The batch after this one; none while a server is taken up with care."""
        if not batch or self.only or self.pace.pace():
            return []
        self._look()
        found, self._fresh = self._claimed.claim(BATCH, last=self._last), False
        if scenes := [job.id for job in found if job.kind == "scene"]:
            self.ahead(scenes)
        return found

    def _rest(self, batch: Sequence[Job]) -> None:
        if batch and (seconds := self.rest()):
            self._end()
            self.sleep(seconds)

    def _do_name(self, job: Job) -> None:
        if self.tally.paused:
            return
        if job.kind not in inbox.KINDS:
            self._claimed.bury(job, _strange(job))
        elif error := self._try([job]):
            self._failed([job], error)

    def _do_scenes(self, jobs: Sequence[Job]) -> None:
        """Write these together, then judge those that were written before."""
        if not jobs or self.tally.paused:
            return
        error: Exception | None = None
        before, self._open = self._open, None
        try:
            self._open = Open(jobs, self.sync_batch([job.id for job in jobs]))
        except Exception as raised:  # one bad job must not end the drain
            error = raised
        self._judge(before)
        if error and not self.tally.paused:
            self._failed(jobs, error)

    def _end(self) -> None:
        before, self._open = self._open, None
        self._judge(before)

    def _judge(self, one: "Open | None") -> None:
        if one is None or self.tally.paused:
            return
        try:
            self._take(one.jobs, one.outcomes())
        except Exception as error:
            self._failed(one.jobs, error)

    def _take(self, jobs: Sequence[Job], outcomes: Sequence[Outcome]) -> None:
        self._claimed.judge_outcomes(jobs, {one.scene_id: one for one in outcomes})

    # -- what failed together is tried alone

    def _failed(self, jobs: Sequence[Job], error: Exception) -> None:
        """It may be the fault of one."""
        left, action = self._claimed.left(jobs), self._claimed.action(error)
        if len(left) > 1 and action != retry_policy.PAUSE:
            self._one_by_one(left)
            return
        if action == retry_policy.BURY:
            # With nothing to compare to, it may as well be the server that refuses everything.
            self._claimed.pause_unless_alone(error)
        self._claimed.judge_all({job.number: error for job in left})

    def _one_by_one(self, jobs: Sequence[Job]) -> None:
        failed: dict[int, Exception] = {}
        for job in jobs:
            if error := self._try([job]):
                failed[job.number] = error
            if error and self._claimed.action(error) == retry_policy.PAUSE:
                self._claimed.pause(error)
                return
        if len(failed) == len(jobs):
            self._claimed.pause_unless_alone(failed[jobs[0].number])
        self._claimed.judge_all(failed)

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
        """A renamed performer, studio or tag: owe every scene that shows it."""
        for page in self.expand(job.kind, job.id):
            rank = EDIT if len(page) <= BATCH else BACKLOG
            reason = f"{job.kind} {job.id}"
            self._put(Job(n, reason=reason, rank=rank) for n in page)
        self._claimed.done([job])

    def _count(self, done: int) -> None:
        """It takes long in a long queue, so what comes afterwards is added to it."""
        counts = self.jobs.counts(self.clock())
        self._known = done + counts["pending"] + counts["in_progress"]

    def _tell_progress(self) -> None:
        done = sum(self.tally.counts.values())
        if done >= self._known:  # others put jobs as well
            self._count(done)
        self.progress(done / self._known if self._known else 1.0)


def is_owed(data_dir: str, jobs: Jobs, now: float, last: int = BULK) -> bool:
    """Whether a drain would find anything to do: a flag, or a job that is due, up to this rank."""
    due = jobs.next_due(last)
    return not inbox.is_empty(data_dir) or (due is not None and due <= now)


def _strange(job: Job) -> str:
    if job.kind == UNREADABLE:
        return "this row of the queue cannot be read"
    return f"this version does not know what a {job.kind} is"

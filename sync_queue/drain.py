"""The one loop: sweep the inbox, claim a batch, sync it, judge, record. Knows neither Plex nor Stash.

Exactly one drain runs at a time (the lock). It releases the lock and then looks once more: either
it sees a late flag, or whoever set the flag saw the free lock.
"""
import os
import random
import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

from sync_queue import inbox, verdict
from sync_queue.jobs import BACKLOG, EDIT, Job, Jobs
from sync_queue.lock import FileLock

BATCH = 20


class Outcome(Protocol):
    """What became of one scene: `missing` when Plex lacks its file, `error` when it failed."""

    @property
    def scene_id(self) -> int: ...
    @property
    def missing(self) -> bool: ...
    @property
    def error(self) -> "Exception | None": ...
    @property
    def wrote(self) -> bool: ...


SyncBatch = Callable[[Sequence[int]], Sequence[Outcome]]
# (kind, id) -> the ids of the scenes that show it, in pages
Expand = Callable[[str, int], Iterable[list[int]]]


@dataclass
class Tally:
    """What a run did: scenes `written` and `unchanged`, and the verdicts on the others."""

    counts: Counter[str] = field(default_factory=Counter)
    paused: str = ""
    busy: bool = False  # another drain holds the lock

    def as_dict(self) -> dict[str, object]:
        names = ("written", "unchanged", "waiting", "retried", "buried")
        return {name: self.counts[name] for name in names} | {"paused": self.paused or None}


@dataclass
class Drain:
    """All that a drain needs; clocks, chance and sleep are arguments."""

    data_dir: str
    jobs: Jobs
    sync_batch: SyncBatch
    expand: Expand
    max_retries: int = 5
    linger: float = 0.0  # seconds to wait for more flags before the process ends
    clock: Callable[[], float] = time.time
    sleep: Callable[[float], None] = time.sleep
    chance: Callable[[], float] = random.random
    warn: Callable[[str], None] = lambda line: None
    progress: Callable[[float], None] = lambda fraction: None
    tally: Tally = field(default_factory=Tally)

    def run(self) -> Tally:
        """Do all that is due now, then go; nothing at all when another drain is at it."""
        lock = FileLock(os.path.join(self.data_dir, inbox.LOCK))
        inbox.end_wake(self.data_dir)
        while not self.tally.paused:
            if not lock.acquire():
                self.tally.busy = not self.tally.counts
                break
            try:
                self._work()
            finally:
                lock.release()
            if not self._owed():
                break
        return self.tally

    def _work(self) -> None:
        inbox.end_wake(self.data_dir)
        self.jobs.resume()
        quiet = 0.0
        while not self.tally.paused:
            self._sweep()
            if self._batch():
                quiet = 0.0
                self._tell_progress()
            elif quiet >= self.linger:
                return
            else:
                # A bulk edit comes as one event after the other: stay for the next one.
                self.sleep(0.1)
                quiet += 0.1

    def _owed(self) -> bool:
        due = self.jobs.next_due()
        return not inbox.is_empty(self.data_dir) or (due is not None and due <= self.clock())

    def _sweep(self) -> None:
        """Flags become jobs; a flag goes only when its job is on disk."""
        found = inbox.flags(self.data_dir)
        if not found:
            return
        self.jobs.put((Job(number, kind) for kind, number in found), self.clock())
        self.jobs.settle()
        for kind, number in found:
            inbox.clear(self.data_dir, kind, number)

    def _batch(self) -> int:
        batch = self.jobs.claim(BATCH, self.clock())
        scenes = [job for job in batch if job.kind == "scene"]
        try:
            for job in batch:
                if job.kind != "scene":
                    self._expand(job)
            if scenes:
                self._sync(scenes)
        except Exception as error:  # one bad batch must not end the drain
            self._failed(batch, error)
        return len(batch)

    def _expand(self, job: Job) -> None:
        """A renamed performer, studio or tag: owe every scene that shows it."""
        for page in self.expand(job.kind, job.id):
            rank = EDIT if len(page) <= BATCH else BACKLOG
            self.jobs.put((Job(n, reason=f"{job.kind} {job.id}", rank=rank) for n in page), self.clock())
        self.jobs.done([job])

    def _sync(self, batch: Sequence[Job]) -> None:
        outcomes = {one.scene_id: one for one in self.sync_batch([job.id for job in batch])}
        finished = []
        for job in batch:
            outcome = outcomes[job.id]
            if outcome.error:
                self._judge(job, outcome.error)
            elif outcome.missing:
                self._await(job, finished)
            else:
                self.tally.counts["written" if outcome.wrote else "unchanged"] += 1
                finished.append(job)
        self.jobs.done(finished)

    def _await(self, job: Job, finished: list[Job]) -> None:
        said = verdict.of_missing(job.waits, self.clock())
        self.tally.counts["waiting"] += 1
        if said.action == verdict.DONE:
            finished.append(job)
        else:
            self.jobs.give_back(replace(job, waits=job.waits + 1, rank=BACKLOG), said.due_at)

    def _failed(self, batch: Sequence[Job], error: Exception) -> None:
        """The batch as a whole met an error: what of it is still claimed is judged by it."""
        for job in batch:
            self._judge(job, error, together=True)

    def _judge(self, job: Job, error: Exception, together: bool = False) -> None:
        now, attempts = self.clock(), job.attempts + 1
        said = verdict.of_error(error, attempts, self.max_retries, now, self.chance())
        if said.action == verdict.PAUSE or (together and said.action == verdict.BURY):
            self._pause(job, said.words)
        elif said.action == verdict.RETRY:
            self.tally.counts["retried"] += 1
            self.jobs.give_back(replace(job, attempts=attempts), said.due_at)
            self.warn(f"{job.kind} {job.id}: {said.words}; tried again later")
        else:
            self.tally.counts["buried"] += 1
            self.jobs.bury(replace(job, attempts=attempts), said.words, now)
            self.warn(f"{job.kind} {job.id}: {said.words}; put among the dead letters")

    def _pause(self, job: Job, words: str) -> None:
        """Nothing is wrong with the job: it is owed as before, and the drain ends."""
        self.jobs.give_back(job, self.clock())
        if not self.tally.paused:
            self.tally.paused = words
            self.warn(f"paused: {words}. Nothing is lost: the queue is kept until it works again")

    def _tell_progress(self) -> None:
        done = sum(self.tally.counts.values())
        left = self.jobs.counts(self.clock())["pending"]
        self.progress(done / (done + left) if done + left else 1.0)

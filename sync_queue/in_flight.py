"""The jobs that a drain has claimed: each gets a verdict, or goes back as it was."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

import errors
from sync_queue import retry_policy
from sync_queue.job import BACKLOG, BULK, Job
from sync_queue.jobs import Jobs


class Outcome(Protocol):
    """The outcome of one scene. `missing`: Plex does not have its file. `unsettled`: Plex has not read the
    file yet. `hidden`: the file may be in a part of Plex that cannot be listed. `skipped`: why the scene
    is not synced."""

    scene_id: int
    missing: bool
    unsettled: bool
    hidden: bool
    error: "Exception | None"
    wrote: bool
    refused: bool
    skipped: str


@dataclass
class Tally:
    """Scenes by outcome: written, unchanged, refused, waiting, retried, buried, skipped by reason."""

    counts: Counter[str] = field(default_factory=Counter)
    skipped: Counter[str] = field(default_factory=Counter)  # by reason
    paused: str = ""
    reason: "Exception | None" = None  # for the pause
    busy: bool = False  # another drain holds the lock

    def as_dict(self) -> dict[str, object]:
        names = ("written", "unchanged", "refused", "waiting", "retried", "buried")
        counts: dict[str, object] = {name: self.counts[name] for name in names}
        return counts | {"skipped": dict(self.skipped), "paused": self.paused or None}

    def count(self, outcome: Outcome) -> None:
        """Count a scene that did not fail."""
        self.counts[result(outcome)] += 1
        if outcome.skipped:
            self.skipped[outcome.skipped] += 1


def result(outcome: Outcome) -> str:
    if outcome.wrote or outcome.skipped:
        return "written" if outcome.wrote else "skipped"
    return "refused" if outcome.refused else "unchanged"


Attempt = Callable[[Job], "Exception | None"]  # does a job alone


@dataclass
class InFlight:
    """The claimed jobs. Clock and chance are arguments."""

    jobs: Jobs
    tally: Tally
    max_retries: int
    # Asked when a single job failed: whether the server that the error names still answers.
    is_up: Callable[[Exception], bool]
    clock: Callable[[], float]
    chance: Callable[[], float]
    warn: Callable[[str], None]
    say: Callable[[str], None]
    # Asked when every job failed: whether the server did for other things what it refuses here.
    serves_others: Callable[[Exception], bool] = lambda error: False
    finished: int = 0  # jobs that need nothing more
    buried: int = 0
    delayed: set[str] = field(default_factory=set)  # keys of jobs that wait for a later time
    _held: dict[int, Job] = field(default_factory=dict)  # jobs without a verdict, by number

    def claim(self, size: int, only: str = "", last: int = BULK) -> list[Job]:
        """Claim up to `size` more jobs that are due now; see `Jobs.claim`."""
        jobs = self.jobs.claim(size, self.clock(), only, last)
        self._held |= {job.number: job for job in jobs}
        self.delayed.difference_update(job.key for job in jobs)
        return jobs

    @property
    def later(self) -> int:
        """How many jobs were put off, or given up."""
        return self.buried + len(self.delayed)

    def give_all_back(self) -> None:
        """Put every job back into the queue unchanged, after a pause."""
        for job in list(self._held.values()):
            self._give_back(job, self.clock())

    # -- verdicts

    def done(self, jobs: Sequence[Job]) -> None:
        self.jobs.done(jobs)
        self.finished += len(jobs)
        for job in jobs:
            del self._held[job.number]

    def judge_outcomes(self, batch: Sequence[Job], outcomes: Mapping[int, Outcome]) -> None:
        """Judge a batch of scenes by their outcomes; `outcomes` is by scene id."""
        finished: list[Job] = []
        failed: dict[int, Exception] = {}
        for job in batch:
            outcome = outcomes[job.id]
            if outcome.error:
                failed[job.number] = outcome.error
            elif outcome.missing:
                self._await(job, finished)
            elif outcome.hidden:
                self._let_show(job)
            elif outcome.unsettled:
                self._let_settle(job)
            else:
                self.tally.count(outcome)
                finished.append(job)
        self.done(finished)
        if len(failed) == len(batch) > 1 and not any(map(_alone, failed.values())):
            self.pause_unless_alone(next(iter(failed.values())))
        self.judge_all(failed)

    def judge_all(self, failed: Mapping[int, Exception]) -> None:
        """Judge failed jobs; `failed` is by job number."""
        for number, error in failed.items():
            if len(failed) == 1 and self._is_down(error):
                self.pause(error)
            if self.tally.paused:
                return
            self._judge(self._held[number], error)

    def judge_batch(self, jobs: Sequence[Job], error: Exception, attempt: Attempt) -> None:
        """Judge jobs that failed together. One may be the cause, so each gets an attempt of its own."""
        left, action = [job for job in jobs if job.number in self._held], self.action(error)
        if len(left) > 1 and action != retry_policy.PAUSE:
            self._one_by_one(left, attempt)
            return
        if action == retry_policy.BURY:
            # A single job has nothing to compare with: the server may refuse everything.
            self.pause_unless_alone(error)
        self.judge_all({job.number: error for job in left})

    def _one_by_one(self, jobs: Sequence[Job], attempt: Attempt) -> None:
        failed: dict[int, Exception] = {}
        for job in jobs:
            if error := attempt(job):
                failed[job.number] = error
            if error and self.action(error) == retry_policy.PAUSE:
                self.pause(error)
                return
        if len(failed) == len(jobs):
            self.pause_unless_alone(failed[jobs[0].number])
        self.judge_all(failed)

    def action(self, error: Exception) -> str:
        """The action that follows the first failure of a job with this error."""
        return retry_policy.of_error(error, 0, self.max_retries, self.clock(), 0.0).action

    def pause(self, error: Exception) -> None:
        """End the drain without blaming a job."""
        if not self.tally.paused:
            words = retry_policy.in_words(error)
            self.tally.paused, self.tally.reason = words, error
            rest = "The sync" if words.endswith("is kept.") else "The queue is kept, and the sync"
            self.warn(f"paused: {words.rstrip('.')}. {rest} goes on when that is over")

    def pause_unless_alone(self, error: Exception) -> None:
        """Pause because every job failed, unless the server serves other things."""
        if not self.serves_others(error):
            self.pause(error)

    def bury(self, job: Job, words: str) -> None:
        self.tally.counts["buried"] += 1
        self.buried += 1
        self.jobs.bury(job, words, self.clock())
        del self._held[job.number]
        self.warn(f"{job.kind} {job.id}: {words}; put among the dead letters")

    def _judge(self, job: Job, error: Exception) -> None:
        now, attempts = self.clock(), job.attempts + 1
        verdict = retry_policy.of_error(error, attempts, self.max_retries, now, self.chance())
        if verdict.action == retry_policy.PAUSE:
            self.pause(error)
        elif verdict.action == retry_policy.RETRY:
            self.tally.counts["retried"] += 1
            self._give_back(replace(job, attempts=attempts), verdict.due_at)
            self.warn(f"{job.kind} {job.id}: {verdict.words}; tried again later")
        else:
            outage = bool(_server(error))
            self.bury(replace(job, attempts=attempts, outage=outage), verdict.words)

    def _is_down(self, error: Exception) -> bool:
        """Whether every other job would have failed in the same way."""
        trouble = _server(error) and self.action(error) != retry_policy.PAUSE
        return bool(trouble) and not self.is_up(error)

    def _await(self, job: Job, finished: list[Job]) -> None:
        """Wait for the file. A look before its time, when a person starts Process Queue, does not count."""
        now, later = self.clock(), replace(job, rank=max(job.rank, BACKLOG))
        if retry_policy.is_early(job.look_at, now):
            self.tally.counts["waiting"] += 1
            return self._give_back(later, job.look_at)
        verdict = retry_policy.of_missing(job.waits, now)
        if verdict.action == retry_policy.DONE:
            self.tally.counts["left"] += 1
            self.say(f"{job.kind} {job.id}: {verdict.words}")
            return finished.append(job)
        self.tally.counts["waiting"] += 1
        later = replace(later, waits=job.waits + 1, look_at=verdict.due_at)
        return self._give_back(later, verdict.due_at)

    def _let_settle(self, job: Job) -> None:
        self.tally.counts["waiting"] += 1
        # A job with waits is due at once when Plex has scanned.
        later = replace(job, waits=max(1, job.waits))
        self._give_back(later, self.clock() + retry_policy.SETTLE_SECONDS)

    def _let_show(self, job: Job) -> None:
        """Wait, ever longer, until that part of Plex can be listed again."""
        self.tally.counts["waiting"] += 1
        due_at, waits = retry_policy.of_hidden(job.waits, self.clock())
        self._give_back(replace(job, rank=max(job.rank, BACKLOG), waits=waits), due_at)

    def _give_back(self, job: Job, due_at: float) -> None:
        self.jobs.give_back(job, due_at)
        self.delayed.add(job.key)
        del self._held[job.number]


def _server(error: Exception) -> str:
    """The server that has the trouble, '' if the error is not about a whole server."""
    if isinstance(error, errors.Stash2PlexError) and not error.alone:
        return error.server
    return ""


def _alone(error: Exception) -> bool:
    """Whether the server is known to serve other things."""
    return isinstance(error, errors.Stash2PlexError) and error.alone

"""The jobs in hand: each gets a verdict, or is given back as it was."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import errors
from sync_queue import retry_policy
from sync_queue.job import BACKLOG, BULK, Job
from sync_queue.jobs import Jobs
from sync_queue.tally import Outcome, Tally


@dataclass
class Claimed:
    """What a drain has claimed; clock and chance are arguments."""

    jobs: Jobs
    tally: Tally
    max_retries: int
    # Whether the server that this error is about answers otherwise; asked for a job that fails alone.
    is_up: Callable[[Exception], bool]
    clock: Callable[[], float]
    chance: Callable[[], float]
    warn: Callable[[str], None]
    say: Callable[[str], None]
    # Whether the server was seen to do for others what it refuses here; asked if all jobs fail alike.
    serves_others: Callable[[Exception], bool] = lambda error: False
    _held: dict[int, Job] = field(default_factory=dict)  # without a verdict yet, by number

    def claim(self, size: int, only: "str | None" = None, last: int = BULK) -> list[Job]:
        """Up to so many more that are due now; see `Jobs.claim`."""
        found = self.jobs.claim(size, self.clock(), only, last)
        self._held |= {job.number: job for job in found}
        return found

    def left(self, jobs: Iterable[Job]) -> list[Job]:
        """Those without a verdict."""
        return [job for job in jobs if job.number in self._held]

    def give_all_back(self) -> None:
        """A pause has cut in: they are owed as before."""
        for job in list(self._held.values()):
            self._give_back(job, self.clock())

    # -- what became of them

    def done(self, jobs: Sequence[Job]) -> None:
        self.jobs.done(jobs)
        for job in jobs:
            del self._held[job.number]

    def judge_outcomes(self, batch: Sequence[Job], outcomes: Mapping[int, Outcome]) -> None:
        """Of a batch of scenes, by their ids."""
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
        """Of those that failed, by their numbers."""
        for number, error in failed.items():
            if len(failed) == 1 and self._is_down(error):
                self.pause(error)
            if self.tally.paused:
                return
            self._judge(self._held[number], error)

    def action(self, error: Exception) -> str:
        """What becomes of a job that meets this the first time."""
        return retry_policy.of_error(error, 0, self.max_retries, self.clock(), 0.0).action

    def pause(self, error: Exception) -> None:
        """Nothing is wrong with the jobs: they are owed as before, and the drain ends."""
        if not self.tally.paused:
            words = retry_policy.in_words(error)
            self.tally.paused, self.tally.reason = words, error
            rest = "It" if words.endswith("is kept.") else "The queue is kept, and"
            self.warn(f"paused: {words.rstrip('.')}. {rest} goes on when that is over")

    def pause_unless_alone(self, error: Exception) -> None:
        """None of the jobs fares better: it is not their fault, unless the server serves others."""
        if not self.serves_others(error):
            self.pause(error)

    def bury(self, job: Job, words: str) -> None:
        self.tally.counts["buried"] += 1
        self.jobs.bury(job, words, self.clock())
        del self._held[job.number]
        self.warn(f"{job.kind} {job.id}: {words}; put among the dead letters")

    def _judge(self, job: Job, error: Exception) -> None:
        now, attempts = self.clock(), job.attempts + 1
        said = retry_policy.of_error(error, attempts, self.max_retries, now, self.chance())
        if said.action == retry_policy.PAUSE:
            self.pause(error)
        elif said.action == retry_policy.RETRY:
            self.tally.counts["retried"] += 1
            self._give_back(replace(job, attempts=attempts), said.due_at)
            self.warn(f"{job.kind} {job.id}: {said.words}; tried again later")
        else:
            outage = bool(_server(error))
            self.bury(replace(job, attempts=attempts, outage=outage), said.words)

    def _is_down(self, error: Exception) -> bool:
        """Whether the job that met this would have met it on any other."""
        trouble = _server(error) and self.action(error) != retry_policy.PAUSE
        return bool(trouble) and not self.is_up(error)

    def _await(self, job: Job, finished: list[Job]) -> None:
        """Looks are counted by time: one before its time, as when a person presses Process Queue,
        uses up none."""
        now, later = self.clock(), replace(job, rank=max(job.rank, BACKLOG))
        if retry_policy.is_early(job.look_at, now):
            self.tally.counts["waiting"] += 1
            return self._give_back(later, job.look_at)
        said = retry_policy.of_missing(job.waits, now)
        if said.action == retry_policy.DONE:
            self.tally.counts["left"] += 1
            self.say(f"{job.kind} {job.id}: {said.words}")
            return finished.append(job)
        self.tally.counts["waiting"] += 1
        later = replace(later, waits=job.waits + 1, look_at=said.due_at)
        return self._give_back(later, said.due_at)

    def _let_settle(self, job: Job) -> None:
        self.tally.counts["waiting"] += 1
        # As one that waits for its file: it is looked at as soon as Plex has scanned.
        waits = max(1, job.waits)
        self._give_back(replace(job, waits=waits), self.clock() + retry_policy.SETTLE_SECONDS)

    def _let_show(self, job: Job) -> None:
        """It waits ever longer, and for as long as that part of Plex cannot be seen."""
        self.tally.counts["waiting"] += 1
        due_at, waits = retry_policy.of_hidden(job.waits, self.clock())
        later = replace(job, rank=max(job.rank, BACKLOG), waits=waits)
        self._give_back(later, due_at)

    def _give_back(self, job: Job, due_at: float) -> None:
        self.jobs.give_back(job, due_at)
        del self._held[job.number]


def _server(error: Exception) -> str:
    """The server whose trouble the error is, if it is that of one."""
    if isinstance(error, errors.Stash2PlexError) and not error.alone:
        return error.server
    return ""


def _alone(error: Exception) -> bool:
    """Whether the server is known to be fine with others."""
    return isinstance(error, errors.Stash2PlexError) and error.alone

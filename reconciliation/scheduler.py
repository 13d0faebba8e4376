"""Is it time to reconcile? Stash has no timer, so this is asked on every invocation.

Two kinds of runs come by themselves: at the interval of the settings, and once after Stash has
started. The interval counts from the last interval or manual run, never from a startup run: else
a weekly run would not come on a Stash that restarts every day.

Standard library, `disk` and `sync_queue.lock` only.
"""

from __future__ import annotations

import contextlib
import math
import os
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

from reconciliation import deep
from reconciliation.state import HISTORY, STATE_FILE, ReconciliationState, read, write
from sync_queue.lock import FileLock, is_held

__all__ = [
    "INTERVAL_SECONDS",
    "SCOPE_MAP",
    "STATE_FILE",
    "ReconciliationScheduler",
    "ReconciliationState",
]

INTERVAL_SECONDS = {"never": math.inf, "hourly": 3600, "daily": 86400, "weekly": 604800}
# The wording of the settings -> the scope of the engine; a custom range is its own.
SCOPE_MAP = {"all": "all", "24h": "recent", "7days": "recent_7days"}
STARTUP_GAP = 3600
FIRST_RETRY, LONGEST_RETRY = 300, 6 * 3600
RUN_LOCK = "reconciliation.lock"
STATE_LOCK = "reconciliation_state.lock"
NO_RUNS = "No reconciliation runs yet"
STOPPED = "The run was stopped before its end"


class ReconciliationScheduler:
    """Answers whether a run is due, and remembers how runs went, in `data_dir`.

    `identity` names the Stash process that started us (None: cannot be told). Every `now` is in
    epoch seconds and defaults to `clock()`. `notices` collects sentences about a state file that
    could not be used.
    """

    def __init__(
        self,
        data_dir: str | os.PathLike[str],
        clock: Callable[[], float] | None = None,
        identity: str | None = None,
    ) -> None:
        self.data_dir = Path(data_dir)
        self.state_path = self.data_dir / STATE_FILE
        self.identity = identity
        self.notices: list[str] = []
        self._clock = clock or (lambda: time.time())
        self._run_lock = FileLock(self.data_dir / RUN_LOCK)
        self._claimed = False
        # What the history looked like when a run was last said to be due.
        self._seen: tuple[float, ...] | None = None

    # --- the state ---

    def load_state(self) -> ReconciliationState:
        state, notice = read(self.state_path, self._clock())
        if notice:
            self.notices.append(notice)
        return state

    def save_state(self, state: ReconciliationState) -> None:
        """Replace the state as a whole; SetupError when the disk does not take it."""
        with self._alone():
            write(self.state_path, state)

    @contextlib.contextmanager
    def _changing(self) -> Iterator[ReconciliationState]:
        """Read, change, and write if it did change, with no other process in between."""
        with self._alone():
            state = self.load_state()
            before = asdict(state)
            yield state
            if asdict(state) != before:
                write(self.state_path, state)

    @contextlib.contextmanager
    def _alone(self) -> Iterator[None]:
        lock = FileLock(self.data_dir / STATE_LOCK)
        lock.acquire(blocking=True, poll=0.01)
        try:
            yield
        finally:
            lock.release()

    # --- is it time? ---

    def is_due(self, interval: str, now: float | None = None) -> bool:
        """Whether the interval run is due. An unknown interval never is."""
        now = self._now(now)
        state = self.load_state()
        due = self._due_at(state, interval, now)
        return self._remember(state, due is not None and now >= due)

    def is_startup_due(self, now: float | None = None, interval: str | None = None) -> bool:
        """Whether Stash has started since the last run, and that run is over an hour ago.

        `interval` (default: the one last seen) matters only as `never`, which switches this off.
        """
        now = self._now(now)
        state = self.load_state()
        off = _tidy(interval if interval is not None else state.interval) == "never"
        known = self.identity is not None and self.identity == state.stash_identity
        due = not (off or known or _just_ran(state, now)) and now >= self._retry_at(state, now)
        return self._remember(state, due)

    def next_due(self, interval: str, now: float | None = None) -> float | None:
        """When the interval run is due: epoch seconds, in the past if overdue (0.0 if it never
        ran), None for `never`."""
        return self._due_at(self.load_state(), interval, self._now(now))

    def is_deep_due(self, interval: str, now: float | None = None) -> bool:
        """Whether the next run is to compare everything by value."""
        now = self._now(now)
        due = deep.due_at(self.load_state(), interval, now)
        return due is not None and now >= due

    def refresh(
        self, interval: str, now: float | None = None, deep_interval: str | None = None
    ) -> float | None:
        """Write down what others read from the file (`next_due`, `interval`, and the identity
        when this start of Stash needs no run of its own); nothing is written when nothing changed.
        Gives `next_due`."""
        now = self._now(now)
        with self._changing() as state:
            state.interval = _tidy(interval)
            state.deep_interval = deep_interval or state.deep_interval
            state.next_due = self._due_at(state, interval, now)
            if self.identity is not None and (state.interval == "never" or _just_ran(state, now)):
                state.stash_identity = self.identity
        return state.next_due

    def _due_at(self, state: ReconciliationState, interval: str, now: float) -> float | None:
        seconds = INTERVAL_SECONDS.get(_tidy(interval), math.inf)
        if math.isinf(seconds):
            return None
        counted = _counted_from(state)
        # A last run in the future: the clock was set back. Waiting for it might take years.
        due = counted + seconds if 0 < counted <= now else 0.0
        return max(due, self._retry_at(state, now))

    def _retry_at(self, state: ReconciliationState, now: float) -> float:
        """When the next try is allowed after a failure, or after a run that was killed."""
        retry = state.retry_at
        if self._abandoned(state):
            retry = max(retry, state.claimed_at + backoff(state.failure_count + 1))
        # Further away than any back-off: the clock was set back.
        return retry if retry <= now + LONGEST_RETRY else 0.0

    def _abandoned(self, state: ReconciliationState) -> bool:
        return state.claimed_by is not None and not is_held(self._run_lock.path)

    def _remember(self, state: ReconciliationState, due: bool) -> bool:
        if due:
            self._seen = _history(state)
        return due

    # --- runs ---

    def claim(self, now: float | None = None) -> bool:
        """Become the one process that reconciles. False when another one does, or did since this
        scheduler last said that a run is due. The claim ends with the process at the latest."""
        if self._claimed or not self._run_lock.acquire():
            return False
        seen, self._seen = self._seen, None
        try:
            with self._changing() as state:
                free = seen in (None, _history(state))
                if free:
                    _begin(state, self._now(now))
            self._claimed = free
        finally:
            if not self._claimed:
                self._run_lock.release()
        return self._claimed

    def release(self) -> None:
        """Give the claim back; harmless without one."""
        if not self._claimed:
            return
        self._claimed = False
        try:
            with self._changing() as state:
                state.claimed_by, state.claimed_at = None, 0.0
        finally:
            self._run_lock.release()

    def record_run(
        self, result: Any, scope: str, is_startup: bool = False, now: float | None = None
    ) -> None:
        """A run came to its end. `result` is a GapDetectionResult or anything that has its counts;
        every run but one at startup lets the interval begin anew."""
        now = self._now(now)
        with self._changing() as state:
            # Before the new time is in: states of older versions have only that.
            state.last_interval_time = _counted_from(state) if is_startup else now
            state.last_run_time, state.last_run_scope = now, scope
            state.is_startup_run = is_startup
            state.run_count += 1
            state.last_scenes_checked = _count(result, "scenes_checked")
            state.last_gaps_found = _count(result, "total_gaps")
            state.last_gaps_by_type = _by_type(result)
            state.last_enqueued = _count(result, "enqueued_count")
            state.history = [*state.history, _told(state)][-HISTORY:]
            deep.record(state, result, now)
            state.failure_count, state.retry_at = 0, 0.0
            state.claimed_by, state.claimed_at = None, 0.0
            if self.identity is not None:
                state.stash_identity = self.identity
            state.next_due = self._due_at(state, state.interval, now)

    def record_failure(
        self, error: object, now: float | None = None, longest: float = LONGEST_RETRY
    ) -> None:
        """A run failed: it does not count as done, and is tried again later and later, but no
        later than after `longest` seconds."""
        now = self._now(now)
        with self._changing() as state:
            _fail(state, str(error), now)
            state.retry_at = min(state.retry_at, now + longest)
            # This run has told how it went: a kill after this is not a second failure.
            state.claimed_by, state.claimed_at = None, 0.0
            state.next_due = self._due_at(state, state.interval, now)

    # --- what people see ---

    def status(
        self,
        now: float | None = None,
        interval: str | None = None,
        deep_interval: str | None = None,
    ) -> dict[str, Any]:
        """The block of View Queue Status, ready for JSON. Times are epoch seconds or None."""
        now = self._now(now)
        state = self.load_state()
        interval = _tidy(interval if interval is not None else state.interval) or "never"
        due = self._due_at(state, interval, now)
        return {
            "message": _message(state) if state.run_count else NO_RUNS,
            "last_run_time": state.last_run_time or None,
            "scope": state.last_run_scope or None,
            "scenes_checked": state.last_scenes_checked,
            "gaps_found": state.last_gaps_found,
            "gaps_by_type": dict(state.last_gaps_by_type),
            "enqueued": state.last_enqueued,
            "startup": state.is_startup_run,
            "total_runs": state.run_count,
            "running": state.claimed_by is not None and is_held(self._run_lock.path),
            "interval": interval,
            "next_due": due,
            "due_now": due is not None and now >= due,
            **deep.status(state, deep_interval or state.deep_interval, now),
            **self._failures(state, now),
        }

    def _failures(self, state: ReconciliationState, now: float) -> dict[str, Any]:
        killed = self._abandoned(state)
        return {
            "failures_in_a_row": state.failure_count + killed,
            "last_failure": (STOPPED if killed else state.last_failure) or None,
            "last_failure_time": (state.claimed_at if killed else state.last_failure_time) or None,
            "retry_at": self._retry_at(state, now) or None,
        }

    def _now(self, now: float | None) -> float:
        return self._clock() if now is None else now


def backoff(failures: int) -> float:
    """Seconds to wait after so many failures in a row: 5 minutes, doubling up to 6 hours."""
    return min(FIRST_RETRY * 2.0 ** min(max(failures - 1, 0), 30), LONGEST_RETRY)


def _tidy(interval: str) -> str:
    return interval.strip().lower()


def _counted_from(state: ReconciliationState) -> float:
    """The last run that the interval counts from; 0 if there was none."""
    last = 0.0 if state.is_startup_run else state.last_run_time
    return max(last, state.last_interval_time or 0.0)


def _just_ran(state: ReconciliationState, now: float) -> bool:
    """Less than an hour from any run, in either direction: a clock may have been set back."""
    return state.last_run_time > 0 and abs(now - state.last_run_time) < STARTUP_GAP


def _history(state: ReconciliationState) -> tuple[float, ...]:
    return state.run_count, state.last_run_time, state.failure_count, state.last_failure_time


def _told(state: ReconciliationState) -> dict[str, Any]:
    """The run that has just been recorded, as the history keeps it."""
    return {
        "at": state.last_run_time, "scope": state.last_run_scope,
        "checked": state.last_scenes_checked, "gaps": dict(state.last_gaps_by_type),
        "enqueued": state.last_enqueued, "startup": state.is_startup_run,
    }  # fmt: skip


def _begin(state: ReconciliationState, now: float) -> None:
    """Only under the lock: whoever claimed before and did not say how it went is dead."""
    if state.claimed_by is not None:
        _fail(state, STOPPED, state.claimed_at)
    state.claimed_by, state.claimed_at = os.getpid(), now


def _fail(state: ReconciliationState, sentence: str, when: float) -> None:
    state.failure_count += 1
    state.last_failure, state.last_failure_time = sentence, when
    state.retry_at = when + backoff(state.failure_count)


def _count(result: Any, name: str) -> int:
    return int(getattr(result, name, 0) or 0)


def _by_type(result: Any) -> dict[str, int]:
    return {
        "empty_metadata": _count(result, "empty_metadata_count"),
        "stale_sync": _count(result, "stale_sync_count"),
        "missing": _count(result, "missing_count"),
        "drifted": _count(result, "drifted_count"),
    }


def _message(state: ReconciliationState) -> str:
    when = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(state.last_run_time))
    why = ", when Stash had started" if state.is_startup_run else ""
    kinds = ", ".join(f"{count} {name}" for name, count in state.last_gaps_by_type.items() if count)
    return (
        f"Last run {when}{why}: scope {state.last_run_scope}, scenes checked "
        f"{state.last_scenes_checked}{deep.words(state)}, gaps found {state.last_gaps_found}"
        f"{f' ({kinds})' if kinds else ''}, "
        f"enqueued {state.last_enqueued}"
    )

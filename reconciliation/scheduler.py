"""Decides whether it is time to reconcile. Stash has no timer, so every invocation asks this.

A run starts automatically at the interval of the settings, and once after a start of Stash. The
interval counts from the last interval or manual run, never from a startup run: a Stash that restarts
every day would otherwise never get its weekly run.

Standard library, `disk`, `validation.scope` and `disk.lock` only.
"""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import reconciliation.report as report
from disk.lock import FileLock, is_held
from reconciliation.state import (
    INTERVAL_SECONDS,
    LONGEST_RETRY,
    STATE_FILE,
    ReconciliationState,
    deep_due_at,
    due_at,
    just_ran,
    next_usual,
    read,
    retry_at,
    tidy,
    usual_due_at,
    write,
)

__all__ = [
    "INTERVAL_SECONDS",
    "SCOPE_MAP",
    "STATE_FILE",
    "ReconciliationScheduler",
    "ReconciliationState",
]

# The wording of the settings -> the scope of the engine; a custom range is its own.
SCOPE_MAP = {"all": "all", "24h": "recent", "7days": "recent_7days"}
RUN_LOCK = "reconciliation.lock"
STATE_LOCK = "reconciliation_state.lock"
WHOLE, INTERVAL, STARTUP = "whole", "interval", "startup"  # why a run is due


class ReconciliationScheduler:
    """Answers whether a run is due, and keeps how runs went, in `data_dir`. `identity` names the Stash
    process that started us (None if unknown). Every `now` is in epoch seconds and defaults to `clock()`.
    `notices` collects sentences about a state file that could not be used."""

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
        # The history when this scheduler last answered that a run is due.
        self._seen: tuple[float, ...] | None = None

    # --- the state ---

    def load_state(self) -> ReconciliationState:
        state, notice = read(self.state_path, self._clock())
        if notice:
            self.notices.append(notice)
        return state

    def save_state(self, state: ReconciliationState) -> None:
        """Replaces the state as a whole. Raises SetupError when the disk refuses it."""
        with self._alone():
            write(self.state_path, state)

    @contextlib.contextmanager
    def _changing(self) -> Iterator[ReconciliationState]:
        """Reads the state, and writes it after a change, with no other process in between."""
        with self._alone():
            state = self.load_state()
            before = dict(vars(state))
            yield state
            if vars(state) != before:
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

    def reason(self, interval: str, now: float, startup: bool = True) -> str:
        """Returns why a run is due: WHOLE (see `expect_whole`), INTERVAL or, with `startup`, STARTUP; '' if
        none is."""
        state = self.load_state()
        if self._is_whole_due(state, now):
            return WHOLE
        if self._is_due(state, interval, now):
            return INTERVAL
        return STARTUP if startup and self._is_startup_due(state, interval, now) else ""

    def is_due(self, interval: str, now: float | None = None) -> bool:
        """Whether the interval run is due. With an unknown interval it never is."""
        return self._is_due(self.load_state(), interval, self._now(now))

    def _is_due(self, state: ReconciliationState, interval: str, now: float) -> bool:
        due = self._due_at(state, interval, now)
        return self._remember(state, due is not None and now >= due)

    def is_startup_due(self, now: float | None = None, interval: str | None = None) -> bool:
        """Whether Stash has started since the last run, and that run is over an hour ago. `interval`
        (default: the last one seen) matters only as `never`, which switches this off."""
        state = self.load_state()
        given = state.interval if interval is None else interval
        return self._is_startup_due(state, given, self._now(now))

    def _is_startup_due(self, state: ReconciliationState, interval: str, now: float) -> bool:
        known = self.identity is not None and self.identity == state.stash_identity
        if known or tidy(interval) == "never" or just_ran(state, now):
            return False
        return self._remember(state, now >= retry_at(state, now, self._abandoned(state)))

    def next_due(self, interval: str, now: float | None = None) -> float | None:
        """Returns when the interval run is due: epoch seconds, in the past if overdue (0.0 if it never
        ran), None for `never`."""
        return self._due_at(self.load_state(), interval, self._now(now))

    def is_whole_due(self, now: float | None = None) -> bool:
        """Whether all scenes have to be compared, whatever the interval is (see `expect_whole`)."""
        return self._is_whole_due(self.load_state(), self._now(now))

    def _is_whole_due(self, state: ReconciliationState, now: float) -> bool:
        return state.whole_due and now >= retry_at(state, now, self._abandoned(state))

    def expect_whole(self) -> None:
        """Makes the next run compare all scenes: this Plex server missed recent changes."""
        with self._changing() as state:
            state.whole_due = True

    def seen_until(self) -> str | None:
        """Returns the latest `updated_at` of Stash that runs have reached without leaving anything out;
        '' if that is not known, None before the first run."""
        state = self.load_state()
        return state.seen_until if state.run_count else None

    def is_deep_due(self, interval: str, now: float | None = None) -> bool:
        """Whether the next run is to compare everything by value."""
        now = self._now(now)
        due = deep_due_at(self.load_state(), interval, now)
        return due is not None and now >= due

    def is_usual_due(self, now: float | None = None) -> bool:
        """Whether the next automatic run is to be a usual one, and not a quick one."""
        now = self._now(now)
        return now >= usual_due_at(self.load_state(), now)

    def refresh(
        self, interval: str, now: float | None = None, deep_interval: str | None = None
    ) -> float | None:
        """Writes what others read from the file: `next_due`, `interval`, and the identity when this
        start of Stash needs no run of its own. Writes only a change. Returns `next_due`."""
        now = self._now(now)
        state = self.load_state()
        before = dict(vars(state))
        self._refresh(state, interval, now, deep_interval)
        if vars(state) != before:
            with self._changing() as state:
                self._refresh(state, interval, now, deep_interval)
        return state.next_due

    def _refresh(
        self, state: ReconciliationState, interval: str, now: float, deep_interval: str | None
    ) -> None:
        state.interval = tidy(interval)
        state.deep_interval = deep_interval or state.deep_interval
        self._note_next(state, now)
        if self.identity is not None and (state.interval == "never" or just_ran(state, now)):
            state.stash_identity = self.identity

    def _due_at(self, state: ReconciliationState, interval: str, now: float) -> float | None:
        return due_at(state, interval, now, self._abandoned(state))

    def _note_next(self, state: ReconciliationState, now: float) -> None:
        """Writes when the next runs are due, for others that read the file."""
        state.next_due = self._due_at(state, state.interval, now)
        state.next_usual = next_usual(state, state.next_due, now)
        state.next_deep = deep_due_at(state, state.deep_interval, now)

    def _abandoned(self, state: ReconciliationState) -> bool:
        return state.claimed_by is not None and not self._is_running(state)

    def _is_running(self, state: ReconciliationState) -> bool:
        return state.claimed_by is not None and is_held(self._run_lock.path)

    def _remember(self, state: ReconciliationState, due: bool) -> bool:
        if due:
            self._seen = report.so_far(state)
        return due

    # --- runs ---

    def claim(self, now: float | None = None) -> bool:
        """Makes this process the only one that reconciles. Returns False when another process does, or
        did since this scheduler last answered that a run is due. The claim ends with the process."""
        if self._claimed or not self._run_lock.acquire():
            return False
        seen, self._seen = self._seen, None
        try:
            with self._changing() as state:
                free = seen in (None, report.so_far(state))
                if free:
                    report.begin(state, os.getpid(), self._now(now))
            self._claimed = free
        finally:
            if not self._claimed:
                self._run_lock.release()
        return self._claimed

    def release(self) -> None:
        """Gives the claim back. Does nothing without a claim."""
        if not self._claimed:
            return
        self._claimed = False
        try:
            with self._changing() as state:
                report.end(state)
        finally:
            self._run_lock.release()

    def record_run(
        self, result: Any, scope: str, is_startup: bool = False, now: float | None = None
    ) -> None:
        """Records the end of a run. `result` is a GapDetectionResult or anything that has its counts.
        Every run except one at startup starts the interval again."""
        now = self._now(now)
        with self._changing() as state:
            report.succeed(state, result, scope, is_startup, now)
            if self.identity is not None:
                state.stash_identity = self.identity
            self._note_next(state, now)

    def record_failure(
        self, error: object, now: float | None = None, longest: float = LONGEST_RETRY
    ) -> None:
        """Records a failed run: it is not done, and the next try comes later after each failure, but
        no later than after `longest` seconds."""
        now = self._now(now)
        with self._changing() as state:
            report.fail(state, str(error), now, longest)
            self._note_next(state, now)

    # --- what people see ---

    def status(
        self,
        now: float | None = None,
        interval: str | None = None,
        deep_interval: str | None = None,
    ) -> dict[str, Any]:
        """Returns the block of View Queue Status, ready for JSON. Times are epoch seconds or None."""
        now = self._now(now)
        state = self.load_state()
        return report.status(
            state,
            state.interval if interval is None else interval,
            deep_interval or state.deep_interval,
            now,
            self._is_running(state),
        )

    def _now(self, now: float | None) -> float:
        return self._clock() if now is None else now

"""When a run is due: at its interval, after a start of Stash, and again after one that failed. Pure.

`abandoned` means that the last run was killed: it did not end, and it does not go on.
A time of a last run that lies in the future means that the clock was set back.
"""

from __future__ import annotations

import math

from reconciliation.state import ReconciliationState

DAY = 86400
INTERVAL_SECONDS = {"never": math.inf, "hourly": 3600, "daily": DAY, "weekly": 7 * DAY}
DEEP_SECONDS = {"never": math.inf, "daily": DAY, "weekly": 7 * DAY, "monthly": 30 * DAY}
STARTUP_GAP = 3600
FIRST_RETRY, LONGEST_RETRY = 300, 6 * 3600


def tidy(interval: str) -> str:
    return interval.strip().lower()


def due_at(
    state: ReconciliationState, interval: str, now: float, abandoned: bool = False
) -> float | None:
    """Returns when the interval run is due: epoch seconds, in the past if overdue (0.0 if it never
    ran), None for `never`."""
    seconds = INTERVAL_SECONDS.get(tidy(interval), math.inf)
    if math.isinf(seconds):
        return None
    counted = counted_from(state)
    due = counted + seconds if 0 < counted <= now else 0.0
    return max(due, retry_at(state, now, abandoned))


def deep_due_at(state: ReconciliationState, interval: str, now: float) -> float | None:
    """Returns when the deep pass, which compares everything by value, is due: epoch seconds, in the past if
    overdue; None for `never`, and before the first run. It counts from the last deep pass, and before that
    from the first run: the first day reads enough as it is."""
    seconds = DEEP_SECONDS.get(tidy(interval), math.inf)
    counted = state.last_deep_time or state.deep_since
    if math.isinf(seconds) or not counted:
        return None
    return counted + seconds if counted <= now else 0.0


def usual_due_at(state: ReconciliationState, now: float) -> float:
    """Returns when the next automatic run has to be a usual one: epoch seconds, in the past if overdue;
    0.0 before the first, and after the clock was set back."""
    last = state.last_usual_time
    return last + DAY if last and max(last, state.last_run_time) <= now else 0.0


def next_usual(state: ReconciliationState, due: float | None, now: float) -> float | None:
    """Returns when the next automatic run that is a usual one is due at the earliest; None for never."""
    return None if due is None else max(due, usual_due_at(state, now))


def retry_at(state: ReconciliationState, now: float, abandoned: bool) -> float:
    """Returns when the next try is allowed after a failure, or after a run that was killed."""
    retry = state.retry_at
    if abandoned:
        retry = max(retry, state.claimed_at + backoff(state.failure_count + 1))
    # Further away than any back-off: the clock was set back.
    return retry if retry <= now + LONGEST_RETRY else 0.0


def backoff(failures: int) -> float:
    """Returns the seconds to wait after this many failures in a row: 5 minutes, doubling up to 6 hours."""
    return min(FIRST_RETRY * 2.0 ** min(max(failures - 1, 0), 30), LONGEST_RETRY)


def counted_from(state: ReconciliationState) -> float:
    """Returns the time of the run that the interval counts from; 0 without one."""
    last = 0.0 if state.is_startup_run else state.last_run_time
    return max(last, state.last_interval_time or 0.0)


def just_ran(state: ReconciliationState, now: float) -> bool:
    """Whether the last run of any kind was less than an hour before `now`, or after it (then a clock was
    set back)."""
    return state.last_run_time > 0 and abs(now - state.last_run_time) < STARTUP_GAP

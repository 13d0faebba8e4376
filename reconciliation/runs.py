"""What a run leaves in the state: that it began, how it ended, what it found. Pure."""

from __future__ import annotations

from typing import Any

from reconciliation import deep
from reconciliation.due import backoff, counted_from
from reconciliation.state import HISTORY, ReconciliationState
from reconciliation.window import covers

STOPPED = "The run was stopped before its end"


def begin(state: ReconciliationState, process: int, now: float) -> None:
    """Only under the lock: whoever claimed before and did not say how it went is dead."""
    if state.claimed_by is not None:
        _fail(state, STOPPED, state.claimed_at)
    state.claimed_by, state.claimed_at = process, now


def end(state: ReconciliationState) -> None:
    """This run has told how it went: a kill after this is not a second failure."""
    state.claimed_by, state.claimed_at = None, 0.0


def succeed(
    state: ReconciliationState, result: Any, scope: str, is_startup: bool, now: float
) -> None:
    """`result` is a GapDetectionResult or anything that has its counts; every run but one at
    startup lets the interval begin anew."""
    state.seen_until = _seen_until(state, result)
    # Before the new time is in: states of older versions have only that.
    state.last_interval_time = counted_from(state) if is_startup else now
    state.last_run_time, state.last_run_scope = now, scope
    state.is_startup_run = is_startup
    state.run_count += 1
    state.last_scenes_checked = _count(result, "scenes_checked")
    state.last_gaps_found = _count(result, "total_gaps")
    state.last_gaps_by_type = _by_type(result)
    state.last_enqueued = _count(result, "enqueued_count")
    state.history = [*state.history, _told(state)][-HISTORY:]
    deep.record(state, result, now)
    state.whole_due = state.whole_due and scope != "all"
    state.failure_count, state.retry_at = 0, 0.0
    state.last_failure, state.last_failure_time = "", 0.0
    end(state)


def fail(state: ReconciliationState, sentence: str, now: float, longest: float) -> None:
    """It is tried again later and later, but no later than after `longest` seconds."""
    _fail(state, sentence, now)
    state.retry_at = min(state.retry_at, now + longest)
    end(state)


def so_far(state: ReconciliationState) -> tuple[float, ...]:
    """What is another when any run has ended in between."""
    return state.run_count, state.last_run_time, state.failure_count, state.last_failure_time


def _fail(state: ReconciliationState, sentence: str, when: float) -> None:
    state.failure_count += 1
    state.last_failure, state.last_failure_time = sentence, when
    state.retry_at = when + backoff(state.failure_count)


def _seen_until(state: ReconciliationState, result: Any) -> str:
    """A run that left something out says nothing of what is newer. The very first one is where the
    counting begins."""
    newest = str(getattr(result, "newest", "") or "")
    bounds = getattr(result, "since", None), getattr(result, "until", None)
    if newest and (not state.run_count or covers(*bounds, state.seen_until)):
        return newest
    return state.seen_until


def _told(state: ReconciliationState) -> dict[str, Any]:
    """The run that has just been recorded, as the history keeps it."""
    return {
        "at": state.last_run_time, "scope": state.last_run_scope,
        "checked": state.last_scenes_checked, "gaps": dict(state.last_gaps_by_type),
        "enqueued": state.last_enqueued, "startup": state.is_startup_run,
    }  # fmt: skip


def _count(result: Any, name: str) -> int:
    return int(getattr(result, name, 0) or 0)


def _by_type(result: Any) -> dict[str, int]:
    return {
        "empty_metadata": _count(result, "empty_metadata_count"),
        "stale_sync": _count(result, "stale_sync_count"),
        "missing": _count(result, "missing_count"),
        "drifted": _count(result, "drifted_count"),
    }

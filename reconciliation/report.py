"""Writes the beginning and the end of a run into the state, and puts the state into words."""

from __future__ import annotations

import time
from typing import Any

from reconciliation.state import (
    HISTORY,
    QUICK,
    ReconciliationState,
    backoff,
    counted_from,
    deep_due_at,
    due_at,
    next_usual,
    retry_at,
    tidy,
    usual_due_at,
)
from reconciliation.window import covers

NO_RUNS = "No reconciliation runs yet"
STOPPED = "The run was stopped before its end"


# --- what a run leaves


def begin(state: ReconciliationState, process: int, now: float) -> None:
    """Notes the claim of a process. Call this only under the lock: if an earlier claim is still noted,
    its process is dead, and its run counts as failed."""
    if state.claimed_by is not None:
        _fail(state, STOPPED, state.claimed_at)
    state.claimed_by, state.claimed_at = process, now


def end(state: ReconciliationState) -> None:
    """Ends the claim of a run whose outcome is in the state: a kill after this does not count as a
    failure."""
    state.claimed_by, state.claimed_at = None, 0.0


def succeed(
    state: ReconciliationState, result: Any, scope: str, is_startup: bool, now: float
) -> None:
    """Writes a successful run into the state. `result` is a GapDetectionResult or anything that has its
    counts. Every run except one at startup starts the interval again."""
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
    note_deep(state, result, now)
    note_kind(state, result, now)
    state.history = [*state.history, _as_history(state)][-HISTORY:]
    state.whole_due = state.whole_due and (scope != "all" or state.last_run_kind == QUICK)
    state.failure_count, state.retry_at = 0, 0.0
    state.last_failure, state.last_failure_time = "", 0.0
    end(state)


def fail(state: ReconciliationState, sentence: str, now: float, longest: float) -> None:
    """The run is tried again later and later, but no later than after `longest` seconds."""
    _fail(state, sentence, now)
    state.retry_at = min(state.retry_at, now + longest)
    end(state)


def so_far(state: ReconciliationState) -> tuple[float, ...]:
    """Returns values that change whenever a run ends: a caller compares them to see whether one has ended
    meanwhile."""
    return state.run_count, state.last_run_time, state.failure_count, state.last_failure_time


def _fail(state: ReconciliationState, sentence: str, when: float) -> None:
    state.failure_count += 1
    state.last_failure, state.last_failure_time = sentence, when
    state.retry_at = when + backoff(state.failure_count)


def note_deep(state: ReconciliationState, result: Any, now: float) -> None:
    state.last_run_deep = bool(getattr(result, "deep", False))
    state.last_unmoved = _count(result, "unmoved")
    if state.last_run_deep:
        state.last_deep_time = now
    state.deep_since = state.deep_since or now


def note_kind(state: ReconciliationState, result: Any, now: float) -> None:
    state.last_run_kind = str(getattr(result, "kind", "") or "")
    if getattr(result, "began_marks", False):
        state.last_usual_time = now


def _seen_until(state: ReconciliationState, result: Any) -> str:
    """A run that left something out proves nothing about newer changes. The very first run begins
    the counting."""
    newest = str(getattr(result, "newest", "") or "")
    bounds = getattr(result, "since", None), getattr(result, "until", None)
    if newest and (not state.run_count or covers(*bounds, state.seen_until)):
        return newest
    return state.seen_until


def _as_history(state: ReconciliationState) -> dict[str, Any]:
    """The run that is in the state now, as the history keeps it."""
    return {
        "at": state.last_run_time, "scope": state.last_run_scope,
        "checked": state.last_scenes_checked, "gaps": dict(state.last_gaps_by_type),
        "enqueued": state.last_enqueued, "startup": state.is_startup_run,
        "kind": state.last_run_kind,
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


# --- what people see


def status(
    state: ReconciliationState, interval: str, deep_interval: str, now: float, running: bool
) -> dict[str, Any]:
    """Returns the block of View Queue Status, ready for JSON. Times are epoch seconds or None."""
    abandoned = state.claimed_by is not None and not running
    due = due_at(state, interval, now, abandoned)
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
        "running": running,
        "interval": tidy(interval) or "never",
        "next_due": due,
        "due_now": due is not None and now >= due,
        "kind": state.last_run_kind or None,
        **_next(state, due, now),
        "deep": state.last_run_deep,
        "unmoved": state.last_unmoved,
        "last_deep_time": state.last_deep_time or None,
        "deep_interval": tidy(deep_interval) or "never",
        "next_deep": deep_due_at(state, deep_interval, now),
        **_failures(state, now, abandoned),
    }


def _next(state: ReconciliationState, due: float | None, now: float) -> dict[str, Any]:
    """Returns when the next quick and the next usual run are due, None for never."""
    quick = due if due is not None and due < usual_due_at(state, now) else None
    last = state.last_usual_time or None
    return {
        "next_quick": quick, "next_usual": next_usual(state, due, now), "last_usual_time": last,
    }  # fmt: skip


def _failures(state: ReconciliationState, now: float, abandoned: bool) -> dict[str, Any]:
    when = state.claimed_at if abandoned else state.last_failure_time
    return {
        "failures_in_a_row": state.failure_count + abandoned,
        "last_failure": (STOPPED if abandoned else state.last_failure) or None,
        "last_failure_time": when or None,
        "retry_at": retry_at(state, now, abandoned) or None,
    }


def _message(state: ReconciliationState) -> str:
    when = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(state.last_run_time))
    why = ", when Stash had started" if state.is_startup_run else ""
    kinds = ", ".join(f"{count} {name}" for name, count in state.last_gaps_by_type.items() if count)
    return (
        f"Last run {when}{why}{_kind(state)}: scope {state.last_run_scope}, scenes checked "
        f"{state.last_scenes_checked}{_depth(state)}, gaps found {state.last_gaps_found}"
        f"{f' ({kinds})' if kinds else ''}, "
        f"enqueued {state.last_enqueued}"
    )


def _kind(state: ReconciliationState) -> str:
    return f", {state.last_run_kind}" if state.last_run_kind else ""


def _depth(state: ReconciliationState) -> str:
    """How the last run compared, in brackets; '' if there is nothing to add."""
    if state.last_run_deep:
        return " (deep: all by value)"
    return f" ({state.last_unmoved} unchanged since they agreed)" if state.last_unmoved else ""

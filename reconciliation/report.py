"""What people see of the runs: the last one, the next one, what failed."""

from __future__ import annotations

import time
from typing import Any

from reconciliation import deep
from reconciliation.due import due_at, retry_at, tidy
from reconciliation.runs import STOPPED
from reconciliation.state import ReconciliationState

NO_RUNS = "No reconciliation runs yet"


def status(
    state: ReconciliationState, interval: str, deep_interval: str, now: float, running: bool
) -> dict[str, Any]:
    """The block of View Queue Status, ready for JSON. Times are epoch seconds or None."""
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
        **deep.status(state, deep_interval, now),
        **_failures(state, now, abandoned),
    }


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
        f"Last run {when}{why}: scope {state.last_run_scope}, scenes checked "
        f"{state.last_scenes_checked}{deep.words(state)}, gaps found {state.last_gaps_found}"
        f"{f' ({kinds})' if kinds else ''}, "
        f"enqueued {state.last_enqueued}"
    )

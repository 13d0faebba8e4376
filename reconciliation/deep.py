"""The deep pass, which compares everything by value: when it is due, and what is told of it. Pure.

It counts from the last one, and before that from the first run there was: whoever installs this
does not want everything read on the first day.
"""

from __future__ import annotations

import math
from typing import Any

from reconciliation.state import ReconciliationState

DAY = 86400
INTERVAL_SECONDS = {"never": math.inf, "daily": DAY, "weekly": 7 * DAY, "monthly": 30 * DAY}


def due_at(state: ReconciliationState, interval: str, now: float) -> float | None:
    """When it is due: epoch seconds, in the past if overdue; None for `never`, and before the
    first run."""
    seconds = INTERVAL_SECONDS.get(interval.strip().lower(), math.inf)
    counted = state.last_deep_time or state.deep_since
    if math.isinf(seconds) or not counted:
        return None
    # A last one in the future: the clock was set back. Waiting for it might take years.
    return counted + seconds if counted <= now else 0.0


def record(state: ReconciliationState, result: Any, now: float) -> None:
    """What a run tells: its result has `deep` and `unmoved`."""
    state.last_run_deep = bool(getattr(result, "deep", False))
    state.last_unmoved = int(getattr(result, "unmoved", 0) or 0)
    if state.last_run_deep:
        state.last_deep_time = now
    state.deep_since = state.deep_since or now


def status(state: ReconciliationState, interval: str, now: float) -> dict[str, Any]:
    """What View Queue Status shows; times are epoch seconds or None."""
    return {
        "deep": state.last_run_deep,
        "unmoved": state.last_unmoved,
        "last_deep_time": state.last_deep_time or None,
        "deep_interval": interval.strip().lower() or "never",
        "next_deep": due_at(state, interval, now),
    }


def words(state: ReconciliationState) -> str:
    """How the last run compared, in brackets; '' if there is nothing to say of that."""
    if state.last_run_deep:
        return " (deep: all by value)"
    return f" ({state.last_unmoved} had not moved)" if state.last_unmoved else ""

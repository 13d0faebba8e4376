"""The memory between runs, in one JSON document, and when the next run is due by it: at its interval, after a
start of Stash, and again after a run that failed.

Standard library only. An unknown key is ignored. A key that is missing or has the wrong type gets its
default.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from disk import json_file

STATE_FILE = "reconciliation_state.json"
VERSION = 1
HISTORY = 30  # runs that are kept
QUICK, USUAL, DEEP = "quick", "usual", "deep"  # the kinds of runs
# The year 2920: a later time cannot be shown.
_LATEST = 3e10


@dataclass
class ReconciliationState:
    """Times are epoch seconds; 0 means "never yet"."""

    last_run_time: float = 0.0
    last_run_scope: str = ""
    last_gaps_found: int = 0
    last_gaps_by_type: dict[str, int] = field(default_factory=dict)
    last_enqueued: int = 0
    last_scenes_checked: int = 0
    is_startup_run: bool = False
    run_count: int = 0
    version: int = VERSION
    # The last run that was not a startup run: the interval counts from here.
    last_interval_time: float | None = None
    last_failure: str = ""
    last_failure_time: float = 0.0
    # Failures in a row, and when the next try is allowed.
    failure_count: int = 0
    retry_at: float = 0.0
    # Settings and times that others read from the file.
    interval: str = ""
    next_due: float | None = None
    next_usual: float | None = None
    next_deep: float | None = None
    stash_identity: str | None = None
    # The latest runs, the newest last, for the page.
    history: list[dict[str, Any]] = field(default_factory=list)
    # The process that runs now; it stays here when that process is killed.
    claimed_by: int | None = None
    claimed_at: float = 0.0
    # Whether the last run was deep (compared everything by value), and how many scenes it did not
    # have to compare; the time of the last deep run, and from when its interval counts.
    last_run_deep: bool = False
    last_unmoved: int = 0
    last_deep_time: float = 0.0
    deep_since: float = 0.0
    deep_interval: str = ""
    # QUICK, USUAL or DEEP; and the time of the last run after which quick runs may follow.
    last_run_kind: str = ""
    last_usual_time: float = 0.0
    # The latest `updated_at` of Stash, as Stash writes it, up to which nothing was left out.
    seen_until: str = ""
    # Another Plex server was in force meanwhile: all scenes have to be compared.
    whole_due: bool = False


def read(path: Path, now: float) -> tuple[ReconciliationState, str]:
    """Returns the state, and a sentence when the file could not be used and was set aside. Raises SetupError
    when the file has a later version, or cannot be opened."""
    document, notice = json_file.read(path, VERSION, now)
    return from_map(document), notice


def from_map(document: dict[str, Any]) -> ReconciliationState:
    """Returns the state in the document, as far as that is usable."""
    state = ReconciliationState()
    for field_ in fields(state):
        value = _CHECKS[str(field_.type)](document.get(field_.name))
        if value is not None:
            setattr(state, field_.name, value)
    return state


def write(path: Path, state: ReconciliationState) -> None:
    """Replaces the file as a whole. Raises SetupError when the disk refuses it."""
    json_file.write(path, vars(state))


def _real(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    return float(value) if 0 <= value < _LATEST else None


def _whole(value: object) -> int | None:
    real = _real(value)
    return int(real) if real is not None and real == int(real) else None


def _flag(value: object) -> bool | None:
    return value if isinstance(value, bool) else None


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _counts(value: object) -> dict[str, int] | None:
    if not isinstance(value, dict):
        return None
    counts = {str(name): _whole(count) for name, count in value.items()}
    return {name: count for name, count in counts.items() if count is not None}


def _list(value: object) -> list[dict[str, Any]] | None:
    if not isinstance(value, list):
        return None
    return [run for run in value if isinstance(run, dict)][-HISTORY:]


_CHECKS: dict[str, Callable[[object], Any]] = {
    "float": _real,
    "float | None": _real,
    "int": _whole,
    "int | None": _whole,
    "bool": _flag,
    "str": _text,
    "str | None": _text,
    "dict[str, int]": _counts,
    "list[dict[str, Any]]": _list,
}


# -- when a run is due
#
# `abandoned` means that the last run was killed: it did not end, and it does not go on. A time of a last run
# that lies in the future means that the clock was set back.

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

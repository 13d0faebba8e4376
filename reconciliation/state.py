"""The memory between runs, in one JSON document.

Standard library only. An unknown key is ignored. A key that is missing or has the wrong type gets its
default.
"""

from __future__ import annotations

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

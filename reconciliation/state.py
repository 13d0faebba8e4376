"""What is remembered between runs, in a JSON file that is always either whole or set aside.

Standard library only. A key that is unknown is ignored, one that is missing or of the wrong type
has its default, so that states of older and newer versions load.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any, TypeVar

STATE_FILE = "reconciliation_state.json"
VERSION = 1
_T = TypeVar("_T")
_TRIES = 5
# The year 2920: a later time would fail wherever it is shown.
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
    # The settings and times that others read without asking the scheduler.
    interval: str = ""
    next_due: float | None = None
    stash_identity: str | None = None
    # Who runs now; left behind when that process is killed.
    claimed_by: int | None = None
    claimed_at: float = 0.0


def read(path: Path) -> tuple[ReconciliationState, str]:
    """The state, and a sentence when the file could not be used and was set aside."""
    try:
        found = json.loads(_patiently(lambda: path.read_text(encoding="utf-8")))
    except FileNotFoundError:
        return ReconciliationState(), ""
    except (OSError, ValueError, RecursionError) as error:
        return ReconciliationState(), _set_aside(path, str(error))
    if not isinstance(found, dict):
        return ReconciliationState(), _set_aside(path, "it holds something else")
    return from_map(found), ""


def from_map(found: dict[str, Any]) -> ReconciliationState:
    """The state that `found` holds, as far as it is usable."""
    state = ReconciliationState()
    for one in fields(state):
        value = _CHECKS[str(one.type)](found.get(one.name))
        if value is not None:
            setattr(state, one.name, value)
    return state


def write(path: Path, state: ReconciliationState) -> None:
    """Replace the file as a whole: a reader sees the old or the new state, never a half.

    One writer at a time, please. What a killed one leaves behind is overwritten by the next.
    """
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    temporary = path.with_name(f"{path.name}.tmp")
    handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        json.dump(asdict(state), file, indent=1)
        file.flush()
        os.fsync(file.fileno())
    _patiently(lambda: os.replace(temporary, path))


def _patiently(work: Callable[[], _T], sleep: Callable[[float], None] = time.sleep) -> _T:
    """Windows refuses for the instant in which another process reads or replaces the file."""
    for attempt in range(_TRIES - 1):
        try:
            return work()
        except PermissionError:
            sleep(0.02 * 2**attempt)
    return work()


def _set_aside(path: Path, reason: str) -> str:
    stamp = time.strftime("%Y%m%d-%H%M%S", time.gmtime())
    aside = path.with_name(f"{path.name}.bad-{stamp}")
    number = 1
    while aside.exists():
        number += 1
        aside = path.with_name(f"{path.name}.bad-{stamp}-{number}")
    try:
        _patiently(lambda: os.replace(path, aside))
    except OSError as refused:
        return f"{path.name} cannot be used ({reason}) nor moved ({refused}): defaults apply."
    return f"{path.name} cannot be used ({reason}): it is now {aside.name}, and defaults apply."


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


_CHECKS: dict[str, Callable[[object], Any]] = {
    "float": _real,
    "float | None": _real,
    "int": _whole,
    "int | None": _whole,
    "bool": _flag,
    "str": _text,
    "str | None": _text,
    "dict[str, int]": _counts,
}

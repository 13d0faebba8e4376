"""Reads the setting that says which scenes a reconciliation checks: `all`, `24h`, `7days`, `30d`,
`12h`, `2026-01-01..2026-06-30`. Pure.
"""

from __future__ import annotations

import re
from datetime import date, datetime, time, timedelta, tzinfo
from typing import NamedTuple

HOUR, DAY = 3600, 86400
NAMED = {"all": None, "24h": DAY, "7days": 7 * DAY}
# The engine's own names for two scopes (see `reconciliation.scheduler.SCOPE_MAP`).
ENGINE_NAMES = {"recent": "24h", "recent_7days": "7days"}
ALLOWED = "all, 24h, 7days, or a custom range such as 30d, 12h or 2026-01-01..2026-06-30"
LONGEST = 100 * 366 * DAY

_SPAN = re.compile(r"([0-9]{1,6})([hd])")
_DATE = r"([0-9]{4}-[0-9]{2}-[0-9]{2})"
_RANGE = re.compile(rf"{_DATE}\s*\.\.\s*{_DATE}")


class Scope(NamedTuple):
    """`kind` is `all`, `last` (`seconds` before now) or `dates` (first and last day, both included).
    `text` is the normalized setting."""

    kind: str
    text: str
    seconds: int | None = None
    dates: tuple[date, date] | None = None


def parse_scope(text: str) -> Scope:
    """Returns the scope that a setting names. Raises ValueError with the list of allowed values."""
    tidy = text.strip().lower()
    if tidy in NAMED:
        seconds = NAMED[tidy]
        return Scope("last" if seconds else "all", tidy, seconds)
    scope = _span(tidy) or _range(tidy)
    if scope is None:
        raise ValueError(f"must be one of {ALLOWED}")
    return scope


def engine_scope(name: str) -> Scope:
    """Returns the scope for a setting or for one of the engine's names (`recent`)."""
    return parse_scope(ENGINE_NAMES.get(name, name))


def bounds(
    scope: Scope, now: float, zone: tzinfo | None = None
) -> tuple[float | None, float | None]:
    """Returns the begin (included) and the end (excluded) in epoch seconds, None for no bound. Days
    begin at midnight in `zone`, None for the zone of this machine."""
    if scope.seconds is not None:
        return now - scope.seconds, None
    if scope.dates is not None:
        first, last = scope.dates
        return _midnight(first, zone), _midnight(last + timedelta(days=1), zone)
    return None, None


def _span(tidy: str) -> Scope | None:
    match = _SPAN.fullmatch(tidy)
    if match is None:
        return None
    seconds = int(match[1]) * (HOUR if match[2] == "h" else DAY)
    return Scope("last", tidy, seconds) if 0 < seconds <= LONGEST else None


def _range(tidy: str) -> Scope | None:
    match = _RANGE.fullmatch(tidy)
    if match is None:
        return None
    try:
        first, last = date.fromisoformat(match[1]), date.fromisoformat(match[2])
    except ValueError:
        return None
    # The day after the last day must exist, and the first day must not come after the last.
    if not date.min < first <= last < date.max:
        return None
    return Scope("dates", f"{first}..{last}", dates=(first, last))


def _midnight(day: date, zone: tzinfo | None) -> float:
    return datetime.combine(day, time(), zone).timestamp()

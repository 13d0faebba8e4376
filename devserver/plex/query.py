"""Filters and sorts of a listing: the official operators, boolean groups, comma as OR.

Unknown filters are ignored, so that a misspelt one returns everything, as on a real server.
"""

from __future__ import annotations

import re
from calendar import timegm
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any
from urllib.parse import unquote_plus

from .collection import Collection
from .items import Item, basename, folder
from .kinds import TAG_BY_WIRE
from .message import Pairs

Test = Callable[[Any], bool]
NAME = re.compile(r"(?:\w+\.)?(\w+)(!=|>>|<<|=|!|<|>)?")
STRINGS = (
    "title",
    "titleSort",
    "originalTitle",
    "summary",
    "studio",
    "tagline",
    "contentRating",
    "guid",
    "editionTitle",
)
NUMBERS = (
    "year",
    "decade",
    "userRating",
    "rating",
    "audienceRating",
    "viewCount",
    "duration",
    "viewOffset",
)
DATES = ("addedAt", "updatedAt", "lastViewedAt", "originallyAvailableAt")
GROUPING = ("push", "pop", "or", "and")
CLOSED_SETS = ("contentRating",)  # string fields that are picked from a list: exact
SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800, "mon": 2629746, "y": 31556952}


def matching(items: Iterable[Any], pairs: Pairs, now: float, file_mode: str) -> list[Any]:
    """The items that satisfy the query."""
    test = _parsed(list(pairs), now, file_mode)
    return list(items) if test is None else [item for item in items if test(item)]


def is_filter(name: str) -> bool:
    match = NAME.fullmatch(name)
    known = (*STRINGS, *NUMBERS, *DATES, *TAG_BY_WIRE, *GROUPING, "id", "file", "unwatched")
    return match is not None and match[1] in (*known, "trash", "resolution")


def _parsed(pairs: Pairs, now: float, file_mode: str) -> Test | None:
    """Tests joined by AND unless an `or=1` stands between; `push`/`pop` are brackets."""
    tests: list[Test] = []
    any_of = False
    while pairs:
        name, value = pairs.pop(0)
        if name == "pop":
            break
        if name == "push":
            inner = _parsed(pairs, now, file_mode)
            if inner:
                tests.append(inner)
        elif name in ("or", "and"):
            any_of = any_of or name == "or"
        else:
            test = _condition(name, value, now, file_mode)
            if test:
                tests.append(test)
    if not tests:
        return None
    if any_of:
        return lambda item: any(test(item) for test in tests)
    return lambda item: all(test(item) for test in tests)


def _condition(name: str, value: str, now: float, file_mode: str) -> Test | None:
    match = NAME.fullmatch(name)
    if not match:
        return None
    field, operator = match[1], match[2] or ""
    values = [unquote_plus(piece) for piece in value.split(",")]
    if field == "file":
        return _file_test(value, file_mode)
    if field == "id":
        return lambda item: (str(item.rk) in values) == (operator != "!")
    if field in ("unwatched", "trash"):
        on = (value == "1") == (operator != "!")
        if field == "trash":
            return lambda item: bool(getattr(item, "deleted_at", 0)) == on
        return lambda item: (getattr(item, "view_count", 0) == 0) == on
    if field == "resolution":
        return lambda item: ("1080" in values) == (operator != "!")
    if field in TAG_BY_WIRE:
        return _tag_test(field, operator, {piece.casefold() for piece in values})
    if field in STRINGS:
        return _string_test(field, operator, [piece.casefold() for piece in values])
    if field in NUMBERS:
        return _number_test(field, operator, [float(v) for v in values if _is_number(v)])
    if field in DATES:
        return _date_test(field, operator, [epoch(v, now) for v in values])
    return None


def _file_test(value: str, mode: str) -> Test | None:
    if mode == "basename":
        return lambda item: any(basename(file) == value for file in item.files)
    if mode == "path":
        return lambda item: value in item.files
    if mode == "folder":
        where = folder(value)
        return lambda item: any(folder(file) == where for file in item.files)
    return None


def _tag_test(kind: str, operator: str, wanted: set[str]) -> Test:
    def has(item: Item) -> bool:
        tags = item.tags.get(kind, ())
        return any(str(t.id) in wanted or t.name.casefold() in wanted for t in tags)

    return (lambda item: not has(item)) if operator == "!" else has


def _string_test(field: str, operator: str, wanted: list[str]) -> Test:
    exact = operator in ("=", "!=") or field in CLOSED_SETS
    compare: dict[str, Callable[[str, str], bool]] = {
        "<": str.startswith,
        ">": str.endswith,
    }
    test = compare.get(operator, str.__eq__ if exact else str.__contains__)

    def has(item: Item) -> bool:
        text = str(value_of(item, field) or "").casefold()
        return any(test(text, piece) for piece in wanted)

    return (lambda item: not has(item)) if operator in ("!", "!=") else has


def _number_test(field: str, operator: str, wanted: list[float]) -> Test | None:
    if not wanted:
        return None

    def has(item: Item) -> bool:
        number = value_of(item, field)
        if operator in (">>", ">"):
            return number is not None and number > wanted[0]
        if operator in ("<<", "<"):
            return number is not None and number < wanted[0]
        return (number in wanted) == (operator != "!")

    return has


def _date_test(field: str, operator: str, wanted: list[float]) -> Test:
    def has(item: Item) -> bool:
        when = value_of(item, field)
        if when is None:
            return False
        return when < wanted[0] if operator in ("<<", "<") else when > wanted[0]

    return has


def _is_number(text: str) -> bool:
    return bool(re.fullmatch(r"-?\d+(\.\d+)?", text))


def epoch(text: str, now: float) -> float:
    """A date as Plex writes it: an epoch, `2024-02-03`, or `-30d` ago."""
    if match := re.fullmatch(r"-(\d+)(s|m|h|d|w|mon|y)", text):
        return now - int(match[1]) * SECONDS[match[2]]
    if _is_number(text):
        return float(text)
    try:
        return float(timegm(datetime.fromisoformat(text).timetuple()))
    except ValueError:
        return 0.0


def value_of(item: Item | Collection, field: str) -> Any:
    """What a filter or a sort compares."""
    if field in ("addedAt", "updatedAt"):
        return item.added_at if field == "addedAt" else item.updated_at
    if field == "guid" and isinstance(item, Collection):
        return f"collection://{item.rk}"
    if isinstance(item, Collection):
        text = item.attrs.get(field, item.title if field == "titleSort" else None)
        return float(text) if text and field in NUMBERS else text
    if field == "viewOffset":
        return 0
    if field in ("viewCount", "lastViewedAt"):
        return item.view_count if field == "viewCount" else item.viewed_at or None
    if field in ("duration", "guid"):
        return getattr(item, field)
    if field == "titleSort":
        return item.title_sort
    if field == "year":
        return int(item.year(True) or 0) or None
    if field == "decade":
        return int(item.year(True) or 0) // 10 * 10 or None
    text = item.attrs.get(field)
    if field == "originallyAvailableAt":
        return epoch(text, 0) if text else None
    return float(text) if text and field in NUMBERS else text


def ordered(items: list[Any], sort: str) -> list[Any]:
    """`sort=addedAt:desc,titleSort`; an unknown key changes nothing."""
    for term in reversed([t for t in sort.split(",") if t]):
        name, _, direction = term.rpartition(".")[2].partition(":")
        if name in ("random",):
            continue
        items = sorted(items, key=lambda item: _sort_key(item, name), reverse=direction == "desc")
    return items


def _sort_key(item: Any, name: str) -> tuple[int, Any]:
    value = value_of(item, name)
    if value is None:
        return (0, 0)
    return (1, value.casefold()) if isinstance(value, str) else (1, value)

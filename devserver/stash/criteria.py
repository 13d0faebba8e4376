"""Filter criteria as predicates, with the comparisons that Stash's SQL really makes."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import Any

from .store import Store

Test = Callable[[Any], bool]


class BadFilter(Exception):
    """The filter is typed correctly, but Stash refuses it when it builds the SQL."""


@lru_cache(maxsize=512)
def like(pattern: str) -> re.Pattern[str]:
    """SQL LIKE: `%` and `_` are wildcards, ASCII letters compare without case."""
    parts = [{"%": ".*", "_": "."}.get(c, re.escape(c)) for c in pattern]
    return re.compile("".join(parts) + r"\Z", re.DOTALL | re.IGNORECASE)


def matches(pattern: str, value: str | None) -> bool:
    return value is not None and like(pattern).match(value) is not None


def string(criterion: dict, value: Callable[[Any], str | None]) -> Test:
    return _strings(criterion, lambda row: [value(row)])


def path(criterion: dict, paths: Callable[[Any], list[str]]) -> Test:
    """Any file of the scene counts; a scene without files has no path at all."""
    return _strings(criterion, lambda row: list(paths(row)) or [None])


def _strings(criterion: dict, values: Callable[[Any], list]) -> Test:
    modifier, wanted = criterion["modifier"], criterion["value"]
    if modifier in ("EQUALS", "NOT_EQUALS"):
        tests = [wanted]
    else:
        tests = ["%" + word + "%" for word in words(wanted)]
    if modifier in ("EQUALS", "INCLUDES"):
        return lambda row: any(matches(t, v) for v in values(row) for t in tests)
    if modifier in ("NOT_EQUALS", "EXCLUDES"):
        return lambda row: any(
            v is not None and not any(matches(t, v) for t in tests) for v in values(row)
        )
    if modifier in ("MATCHES_REGEX", "NOT_MATCHES_REGEX"):
        return _regex(modifier, wanted, values)
    if modifier == "IS_NULL":
        return lambda row: any(v is None or not v.strip() for v in values(row))
    if modifier == "NOT_NULL":
        return lambda row: any(v is not None and v.strip() for v in values(row))
    raise BadFilter("Internal system error. Error <unsupported string filter modifier>")


def _regex(modifier: str, wanted: str, values: Callable[[Any], list]) -> Test:
    try:
        pattern = re.compile(wanted)
    except re.error as error:
        raise BadFilter(f"error parsing regexp: {error}") from error
    if modifier == "MATCHES_REGEX":
        return lambda row: any(v is not None and pattern.search(v) for v in values(row))
    return lambda row: any(v is None or not pattern.search(v) for v in values(row))


def words(text: str) -> list[str]:
    """Unquoted text searches for any of its words, quoted text for the whole."""
    text = text.strip()
    trimmed = text.strip('"')
    return re.split(r"\s+", text) if trimmed == text else [trimmed]


def ordered(criterion: dict, value: Callable[[Any], Any]) -> Test:
    """Numbers, dates and timestamps. Text compares as text, whatever its offset says."""
    modifier, low, high = criterion["modifier"], criterion["value"], criterion.get("value2")
    if high is None:
        high = 0 if isinstance(low, int) else ""

    def known(test: Callable[[Any], bool]) -> Test:
        def check(row: Any) -> bool:
            got = value(row)
            return got is not None and test(got)

        return check

    tests: dict[str, Test] = {
        "EQUALS": known(lambda got: got == low),
        "NOT_EQUALS": known(lambda got: got != low),
        "GREATER_THAN": known(lambda got: got > low),
        "LESS_THAN": known(lambda got: got < low),
        "BETWEEN": known(lambda got: low <= got <= high),
        "NOT_BETWEEN": known(lambda got: not low <= got <= high),
        "IS_NULL": lambda row: value(row) in (None, ""),
        "NOT_NULL": lambda row: value(row) not in (None, ""),
    }
    if modifier not in tests:
        raise BadFilter("Internal system error. Error <unsupported int modifier type provided>")
    return tests[modifier]


def boolean(wanted: bool, value: Callable[[Any], bool]) -> Test:
    return lambda row: bool(value(row)) == wanted


def multi(criterion: dict, ids: Callable[[Any], Iterable[int]], below: Callable | None) -> Test:
    """A relation by ids. `below(id, depth)` widens an id to its descendants."""
    modifier = criterion["modifier"]
    depth = criterion.get("depth") or 0
    wanted = [_family(int(i), depth, below) for i in criterion.get("value") or ()]
    excluded = set().union(
        *[_family(int(i), depth, below) for i in criterion.get("excludes") or ()]
    )
    anyone = set().union(*wanted)

    def allowed(row: Any) -> bool:
        return not excluded.intersection(ids(row))

    tests: dict[str, Test] = {
        "INCLUDES": lambda row: not wanted or bool(anyone.intersection(ids(row))),
        "INCLUDES_ALL": lambda row: all(family.intersection(ids(row)) for family in wanted),
        "EXCLUDES": lambda row: not anyone.intersection(ids(row)),
        "EQUALS": lambda row: set(ids(row)) == anyone,
        "NOT_EQUALS": lambda row: set(ids(row)) != anyone,
        "IS_NULL": lambda row: not list(ids(row)),
        "NOT_NULL": lambda row: bool(list(ids(row))),
    }
    if modifier not in tests:
        raise BadFilter(f"Internal system error. Error <unsupported modifier {modifier}>")
    test = tests[modifier]
    return lambda row: test(row) and allowed(row)


def _family(id_: int, depth: int, below: Callable | None) -> set[int]:
    return below(id_, depth) if below and depth else {id_}


def descendants(store: Store, kind: str) -> Callable[[int, int], set[int]]:
    """Sub-tags or sub-studios down to `depth` levels (-1 = all)."""

    def children(id_: int) -> list[int]:
        rows = store.named[kind].values()
        if kind == "studio":
            return [row.id for row in rows if row.parent == id_]
        return [row.id for row in rows if id_ in row.parents]

    def below(id_: int, depth: int) -> set[int]:
        found, level = {id_}, [id_]
        while level and depth != 0:
            level = [c for parent in level for c in children(parent) if c not in found]
            found.update(level)
            depth -= 1
        return found

    return below

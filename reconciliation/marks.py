"""The marks of a quick run: how far the newest-first lists of both servers were read. Pure.

Every time in a mark is the server's own value. Plex's times are epoch seconds. Stash's times are text,
and Stash compares and sorts them as text.
"""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, Generic, NamedTuple, TypeVar

VERSION = 1
HELD = 10.0  # seconds after which a list whose newest time did not move is complete down from it
MOST, SHARE = 2000, 4  # more changed rows, and more than a quarter of all: a usual run is cheaper
FRESH = 2  # seconds: rows that are that close to the newest time may still change within it

Time = TypeVar("Time", int, str)


class Unsure(Exception):
    """A quick run cannot know what changed. `whole`: something was lost, so that all scenes have to be
    compared, whatever the scope is."""

    def __init__(self, why: str, whole: bool = False) -> None:
        super().__init__(why)
        self.whole = whole


class Row(NamedTuple):
    """A row of a list: its id, its time (of the type of its list), and a digest of its content (0: not
    known)."""

    key: int
    time: Any
    print: int


@dataclass(frozen=True)
class Mark(Generic[Time]):
    """How far a list was read. `key` is the row with the `newest` time. A row above `reach` is new. A row
    between `reach` and `floor` is new only if `rows` does not have it, or has it with another digest.

    `reach` is the newest time that does not lie in the future: the next changes are above it.
    `since` is when a run first saw these times, by our clock. `held`: that was long enough before the mark,
    so that no other row can get these times.
    """

    newest: Time
    reach: Time
    floor: Time
    key: int = 0
    rows: Mapping[int, int] = field(default_factory=dict)
    since: float = 0.0
    held: bool = False


@dataclass(frozen=True)
class SectionMark:
    """A library of Plex: the number of its items, the highest rating key, and both lists."""

    total: int
    highest: int
    updated: Mark[int]
    added: Mark[int]
    sorts: bool = True  # whether Plex gives the lists in the order asked for


@dataclass(frozen=True)
class KindMark:
    """The scenes of Stash, or one kind of things that they show."""

    count: int
    highest: int
    updated: Mark[str]


@dataclass(frozen=True)
class Marks:
    """`at` is when the lists were read, by our clock. `whole`: the run that began them compared all
    scenes. `rules` changes with the settings and the code."""

    at: float
    rules: str
    whole: bool
    plex: Mapping[int, SectionMark]
    stash: Mapping[str, KindMark]


def check_order(rows: Sequence[Row]) -> None:
    """Raises Unsure if the rows do not come newest first."""
    for before, after in pairwise(rows):
        if after.time > before.time:
            raise Unsure("the newest rows did not come first", whole=True)


def check_few(what: str, count: int, total: int) -> None:
    """Raises Unsure if `count` rows of `total` are too many to look at one by one."""
    if count > max(MOST, total // SHARE):
        raise Unsure(f"too many {what} changed", whole=True)


def is_read(rows: Sequence[Row], mark: Mark[Time]) -> bool:
    """Whether no later row can be new. Rows of one time come in any order, also on different pages."""
    if not rows or rows[-1].time > mark.reach:
        return False
    return mark.held or not _is_fresh(rows[-1].time, mark.reach)


def changed(rows: Sequence[Row], mark: Mark[Time]) -> list[int]:
    """Returns the keys of the rows that are new or differ since the mark. Raises Unsure if the row of the
    mark is gone: then the list is another one."""
    keys = {row.key for row in rows}
    newest = max((row.time for row in rows), default=mark.floor)
    if mark.key and (mark.key not in keys or newest < mark.newest):
        raise Unsure("the newest row of the last run is gone", whole=True)
    return list(
        dict.fromkeys(
            row.key for row in rows
            if row.time >= mark.floor and (not row.print or mark.rows.get(row.key) != row.print)
        )
    )  # fmt: skip


def next_mark(
    rows: Sequence[Row],
    reach: Time,
    before: "Mark[Time] | None",
    now: float,
    lowest: "Time | None" = None,
) -> Mark[Time]:
    """Returns the mark of a list that was read. `rows` are its first page; `reach` is the present time,
    as the server writes times. `before` is the earlier mark of the list. `lowest`: the floor if the page
    has all rows.

    Rows that may change again within their second are left out, so that the next run looks at them.
    """
    if not rows:
        none = reach if lowest is None else lowest
        return Mark(none, none, none)
    newest = rows[0].time
    top = next((row.time for row in rows if row.time <= reach), min(newest, reach))
    is_same = before is not None and (before.newest, before.reach) == (newest, top)
    since = before.since if before and is_same else now
    is_held = now - since >= HELD
    kept = {
        row.key: row.print for row in rows
        if row.print and (is_held or not _is_fresh(row.time, newest, top))
    }  # fmt: skip
    floor = rows[-1].time if lowest is None else lowest
    return Mark(newest, top, floor, rows[0].key, kept, since, is_held)


def _is_fresh(time: Any, *tops: Any) -> bool:
    if isinstance(time, int):
        return any(0 <= top - time <= FRESH for top in tops)
    return time in tops


def check_total(what: str, total: int, known: int, new: Collection[int]) -> None:
    """Raises Unsure if the total is not what the last run and the new rows make."""
    if total != known + len(new):
        raise Unsure(
            f"{what}: {total} are listed instead of {known} from the last run and {len(new)} new",
            whole=True,
        )


def to_text(marks: Marks) -> str:
    return json.dumps({"version": VERSION, **vars(marks)}, default=vars)


def from_text(text: str) -> "Marks | None":
    """Returns the marks; None if there are none, or if they cannot be used."""
    try:
        found = json.loads(text)
        if found["version"] != VERSION:
            return None
        plex = {int(number): _section(one) for number, one in found["plex"].items()}
        stash = {str(kind): _kind(one) for kind, one in found["stash"].items()}
        return Marks(float(found["at"]), str(found["rules"]), bool(found["whole"]), plex, stash)
    except (ValueError, TypeError, KeyError, AttributeError):
        return None


def _section(one: Any) -> SectionMark:
    updated, added = _mark(one["updated"], int), _mark(one["added"], int)
    return SectionMark(int(one["total"]), int(one["highest"]), updated, added, bool(one["sorts"]))


def _kind(one: Any) -> KindMark:
    return KindMark(int(one["count"]), int(one["highest"]), _mark(one["updated"], str))


def _mark(one: Any, of: "type[Time]") -> "Mark[Time]":
    newest, reach, floor = (of(one[name]) for name in ("newest", "reach", "floor"))
    rows = {int(key): int(value) for key, value in one["rows"].items()}
    since, held = float(one["since"]), bool(one["held"])
    return Mark(newest, reach, floor, int(one["key"]), rows, since, held)

"""Reads what changed last in Stash: scenes and the things that they show, by `updated_at`, newest first.

Stash compares and sorts these times as text, with the offset of its server. Rows out of order after a
change of the offset are found by their content, among the newest thousand of each kind.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from plex.fields.item import digest64
from reconciliation.marks import (
    KindMark,
    Mark,
    Row,
    Unsure,
    changed,
    check_few,
    check_order,
    check_total,
    is_read,
    next_mark,
)
from reconciliation.window import reached
from stash.port import StashPort
from stash.recent import KINDS, PAGE, SCENE, Recent

THINGS = 200  # changed things; beyond that a usual run is cheaper


class SceneChanges(NamedTuple):
    """The scenes that changed, and (kind, id) of the changed things that scenes show."""

    marks: Mapping[str, KindMark]
    scenes: Sequence[int]
    things: Sequence[tuple[str, int]]


def begin(stash: StashPort, before: Mapping[str, KindMark], now: float) -> dict[str, KindMark]:
    """Returns the marks of a run that begins now and reads all scenes, after the marks `before`."""
    return {kind: _mark(page, before.get(kind), now) for kind, page in stash.recent().items()}


def changes(stash: StashPort, before: Mapping[str, KindMark], now: float) -> SceneChanges:
    """Returns what changed since the marks. Raises Unsure if the lists do not tell."""
    pages, keys = stash.recent(), dict[str, list[int]]()
    for kind in KINDS:
        mark = before.get(kind)
        if mark is None:
            raise Unsure("the marks of the last run are incomplete")
        keys[kind] = _changed(stash, kind, pages[kind], mark)
        new = [key for key in keys[kind] if key > mark.highest]
        check_total(f"{kind}s in Stash", pages[kind].total, mark.count, new)
    things = [(kind, key) for kind in KINDS if kind != SCENE for key in keys[kind]]
    if len(things) > THINGS:
        raise Unsure("too many performers, studios, tags and groups changed", whole=True)
    marks = {kind: _mark(pages[kind], before[kind], now) for kind in KINDS}
    return SceneChanges(marks, keys[SCENE], things)


def _changed(stash: StashPort, kind: str, page: Recent, mark: KindMark) -> list[int]:
    rows, number = _rows(page), 1
    while not (len(rows) >= page.total or is_read(rows, mark.updated)):
        check_few(f"{kind}s of Stash", len(rows), page.total)
        number += 1
        more = _rows(stash.recent([kind], number)[kind])
        if not more:
            break
        rows += more
    check_order(rows)
    return changed(rows, mark.updated)


def _mark(page: Recent, before: "KindMark | None", now: float) -> KindMark:
    rows = _rows(page)
    check_order(rows)
    reach = reached(rows[0].time if rows else "", now)
    lowest = "" if page.total <= PAGE else None
    mark: Mark[str] = next_mark(rows, reach, before.updated if before else None, now, lowest)
    return KindMark(page.total, page.highest, mark)


def _rows(page: Recent) -> list[Row]:
    rows = [Row(key, time, digest64(content)) for key, time, content in page.rows]
    if page.total <= PAGE:  # the order does not matter then
        rows.sort(key=lambda row: row.time, reverse=True)
    return rows

"""Reads what changed last, newest first: in a library of Plex its items by `updatedAt` and by `addedAt`, in
Stash the scenes and the things that they show by `updated_at`.

Stash compares and sorts its times as text, with the offset of its server. Rows out of order after a change of
the offset are found by their content, among the newest thousand of each kind.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

from plex.client.listing import Page
from plex.client.port import PlexPort
from plex.client.section import Section
from plex.fields.item import Part, digest64
from plex.library.section_listing import SETTLED
from reconciliation.marks import (
    FRESH,
    KindMark,
    Mark,
    Row,
    SectionMark,
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
from stash.queries import KINDS, SCENE, Recent
from stash.queries import PAGE as STASH_PAGE

THINGS = 200  # changed things of Stash; beyond that a usual run is cheaper
HEAD, PAGE = 200, 1000  # rows of the first page, and of the later ones


class ItemChanges(NamedTuple):
    """The items of a library that changed, and their files. Rows that changed before `final` (epoch
    seconds, by Plex's clock) cannot change again within their second."""

    mark: SectionMark
    keys: Sequence[int]
    parts: Sequence[Part]
    final: float


class _List(NamedTuple):
    rows: "list[Row]"
    pages: "list[Page]"
    total: int

    @property
    def is_whole(self) -> bool:
        return len(self.rows) >= self.total

    @property
    def head(self) -> "list[Row]":
        return self.rows[:HEAD]

    @property
    def lowest(self) -> "int | None":
        """The floor of the mark if the first page has all rows."""
        return 0 if self.total <= HEAD else None


class SectionReader:
    """Reads one library. Raises Unsure if the lists do not tell what changed."""

    def __init__(self, plex: PlexPort, section: Section, now: float) -> None:
        self._plex, self._section, self._now = plex, section, now

    def begin(self, before: "SectionMark | None") -> SectionMark:
        """Returns the mark of a run that begins now and lists everything, after the mark `before`."""
        updated, added = self._read("updatedAt", None), self._read("addedAt", None)
        lists = ((updated, "updatedAt"), (added, "addedAt"))
        sorts = all(self._is_sorted(one, name) for one, name in lists)
        return replace(self._mark(updated, added, before), sorts=sorts)

    def changes(self, before: SectionMark) -> ItemChanges:
        """Returns what changed since the mark `before`."""
        if not before.sorts:
            raise Unsure("Plex does not give its items in the order asked for")
        updated = self._read("updatedAt", before.updated)
        added = self._read("addedAt", before.added)
        keys = {*changed(updated.rows, before.updated), *changed(added.rows, before.added)}
        new = [key for key in keys if key > before.highest]
        check_total(f"“{self._section.title}” in Plex", added.total, before.total, new)
        mark = self._mark(updated, added, before)
        newest = mark.updated.newest
        final = newest + 1 if mark.updated.held else min(self._now - SETTLED, newest - FRESH)
        parts = _parts([*updated.pages, *added.pages], keys)
        return ItemChanges(mark, sorted(keys), parts, final)

    def _mark(self, updated: _List, added: _List, before: "SectionMark | None") -> SectionMark:
        keys = [row.key for row in (*updated.rows, *added.rows)]
        now, reach = self._now, int(self._now)
        return SectionMark(
            added.total,
            max([*keys, before.highest if before else 0]),
            next_mark(updated.head, reach, before.updated if before else None, now, updated.lowest),
            next_mark(added.head, reach, before.added if before else None, now, added.lowest),
        )

    def _read(self, name: str, mark: "Mark[int] | None") -> _List:
        """Reads a list down to the mark; only its first page without a mark."""
        found = _List([], [], 0)
        while True:
            start = len(found.rows)
            size = PAGE if start else HEAD
            page = self._plex.sorted_page(self._section.id, f"{name}:desc", start, size)
            rows = [Row(key, time, page.marks.get(key, 0)) for key, time in page.times(name)]
            total = self._total(page, start, size)
            if start and total != found.total:
                raise Unsure("Plex's list changed while it was read", whole=True)
            found = _List(found.rows + rows, [*found.pages, page], total)
            if not rows or found.is_whole or mark is None or is_read(found.rows, mark):
                return _checked(found)
            check_few("items of Plex", len(found.rows), total)

    def _total(self, page: Page, start: int, size: int) -> int:
        if page.total is not None:
            return page.total
        total = start + len(page) if len(page) < size else self._plex.count(self._section.id)
        if total is None:
            raise Unsure("Plex does not give the number of its items")
        return total

    def _is_sorted(self, listed: _List, name: str) -> bool:
        """Whether Plex honours the order: the oldest item comes first when that is asked for."""
        if listed.is_whole:
            return True
        page = self._plex.sorted_page(self._section.id, f"{name}:asc", 0, 1)
        return all(time < listed.rows[0].time for _, time in page.times(name))


def _checked(found: _List) -> _List:
    if any(not row.key for row in found.rows):
        raise Unsure("Plex sent an item without a number")
    if found.is_whole:  # the order does not matter then
        found.rows.sort(key=lambda row: -row.time)
    check_order(found.rows)
    return found


def _parts(pages: Sequence[Page], keys: "set[int]") -> list[Part]:
    parts: dict[int, list[Part]] = {}
    for page in pages:
        known = [key for key in page.marks if key not in keys]
        for part in page.parts(known):
            if part.rating_key in keys:
                parts.setdefault(part.rating_key, []).append(part)
        if page.bad:
            raise Unsure(page.bad[0])
    return list({part[:4]: part for some in parts.values() for part in some}.values())


# -- Stash


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
    lowest = "" if page.total <= STASH_PAGE else None
    mark: Mark[str] = next_mark(rows, reach, before.updated if before else None, now, lowest)
    return KindMark(page.total, page.highest, mark)


def _rows(page: Recent) -> list[Row]:
    rows = [Row(key, time, digest64(content)) for key, time, content in page.rows]
    if page.total <= STASH_PAGE:  # the order does not matter then
        rows.sort(key=lambda row: row.time, reverse=True)
    return rows

"""The quick run: finds the scenes that may differ from what changed last on both servers.

It keeps its marks in the store of the Plex server, after everything that they cover is queued.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from plex.client.pages import BAD_PART
from plex.client.port import PlexPort
from plex.library.index import Index
from plex.path_map import paths
from plex.state.database import Store
from plex.state.ledger import Ledger
from reconciliation import recent_changes
from reconciliation.marks import (
    Marks,
    SectionMark,
    Unsure,
    from_text,
    to_text,
)
from reconciliation.recent_changes import ItemChanges, SectionReader
from reconciliation.window import covers
from stash import scene
from stash.port import StashPort
from stash.queries import EVERYTHING, INDIRECT, SCENE, SceneFilter

if TYPE_CHECKING:
    from stash.api import ScenePage


META = "quick"


class Changes(NamedTuple):
    """Scenes that may differ, (kind, id) of things whose scenes may differ, and the marks that cover
    them."""

    marks: Marks
    ids: Sequence[int]
    things: Sequence[tuple[str, int]]


class Quick:
    """Finds the changes since the marks. `rules` changes with everything else that decides."""

    def __init__(
        self,
        stash: StashPort,
        plex: PlexPort,
        store: Store,
        path_map: paths.PathMap,
        extras: Collection[str],
        rules: str,
        keeps_whole: bool,
    ) -> None:
        """`keeps_whole`: a run with a narrower scope does not replace marks of a run over all scenes."""
        self._stash, self._plex, self._store = stash, plex, store
        self._index, self._ledger = Index(store), Ledger(store)
        self._path_map, self._extras, self._rules = path_map, extras, rules
        self._keeps_whole = keeps_whole

    def begin(self, only: SceneFilter, kind: str, now: float) -> "Marks | None":
        """Returns the marks of a run that begins `now` and compares the scenes in `only`; `kind` is the
        kind of its scope. Returns None if the run would leave out changes since the known marks, or if a
        server does not give what marks need."""
        whole, known = only == EVERYTHING, self._known()
        if not (whole or self._may_begin(only, kind, known)):
            return None
        sections, kinds = (known.plex, known.stash) if known else ({}, {})
        try:
            plex = {
                s.id: SectionReader(self._plex, s, now).begin(sections.get(s.id))
                for s in self._plex.sections()
            }
            stash = recent_changes.begin(self._stash, kinds, now)
            return Marks(now, self._rules, whole, plex, stash)
        except (*BAD_PART, Unsure):
            return None

    def _may_begin(self, only: SceneFilter, kind: str, known: "Marks | None") -> bool:
        if kind != "last":
            return False
        if known is None or known.rules != self._rules:
            return True
        seen = known.stash[SCENE].updated.newest
        return not (known.whole and self._keeps_whole) and covers(only.since, only.until, seen)

    def _known(self) -> "Marks | None":
        """Returns the marks of the last run."""
        return from_text(self._store.meta(META))

    def keep(self, marks: Marks) -> None:
        """Replaces the marks."""
        # The path map may have been inferred since the run began.
        self._store.set_meta(META, to_text(replace(marks, rules=self._rules)))

    def find(self, whole: bool, now: float) -> Changes:
        """Returns what changed since the last run. `whole`: changes to any scene count, so the run that
        began the marks must have compared all. Raises Unsure if that cannot be known."""
        known = self._usable(whole, now)
        try:
            items = self._items(known.plex, now)
            scenes = recent_changes.changes(self._stash, known.stash, now)
            ids = {*scenes.scenes, *self._scenes_of(items)}
        except BAD_PART as error:
            raise Unsure(str(error)) from None
        plex = {number: one.mark for number, one in items.items()}
        marks = replace(known, at=now, plex=plex, stash=scenes.marks)
        return Changes(marks, sorted(ids), self._shown(scenes.things))

    def pages(self, changes: Changes) -> "Iterator[ScenePage]":
        """Yields the scenes that may differ, each once."""
        met: set[int] = set()
        for page in self._pages(changes):
            rows = {number: row for number, row in page.rows.items() if number not in met}
            met.update(rows)
            if rows or page.unread:
                yield page._replace(rows=rows)

    def _pages(self, changes: Changes) -> "Iterator[ScenePage]":
        yield from self._stash.pages_of(changes.ids, self._extras)
        for thing in changes.things:
            yield from self._stash.pages(SceneFilter(refs=thing), extras=self._extras)

    def _usable(self, whole: bool, now: float) -> Marks:
        known = self._known()
        if known is None:
            raise Unsure("no earlier run has left marks")
        if known.at > now:
            raise Unsure("the clock was set back")
        if known.rules != self._rules:
            raise Unsure("the settings or the plugin changed")
        if whole and not known.whole:
            raise Unsure("the last usual run had a narrower scope")
        if self._index.unlisted.parts():
            raise Unsure("Plex could not list all of its libraries")
        return known

    def _items(self, known: Mapping[int, SectionMark], now: float) -> dict[int, ItemChanges]:
        sections = self._plex.sections()
        if {section.id for section in sections} != known.keys():
            raise Unsure("Plex has other libraries than before", whole=True)
        readers = {s.id: SectionReader(self._plex, s, now) for s in sections}
        return {number: one.changes(known[number]) for number, one in readers.items()}

    def _scenes_of(self, items: Mapping[int, ItemChanges]) -> set[int]:
        """Returns the scenes that these items show, or that have one of their files."""
        moved: set[int] = set()
        for number, one in items.items():
            moved |= self._index.replace(one.keys, one.parts, number, one.final)
        keys = [key for one in items.values() for key in one.keys]
        written = self._ledger.scenes_on(keys)
        asked = moved | (set(keys) - written.keys())
        files = {p.file for one in items.values() for p in one.parts if p.rating_key in asked}
        endings = {end for file in files for end in paths.endings(file, self._path_map)}
        return {*written.values(), *self._stash.ids_ending(sorted(endings))}

    def _shown(self, things: Sequence[tuple[str, int]]) -> list[tuple[str, int]]:
        """Returns these things, and the ways in which scenes show them through others."""
        shown = [thing for thing in things if thing[0] != "group" or scene.GROUPS in self._extras]
        for kind, number in things:
            extra, way = INDIRECT.get(kind, ("", ""))
            if extra in self._extras:
                shown.append((way, number))
        return shown

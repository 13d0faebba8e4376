"""Which scenes a run compares: those whose fingerprint changed since both sides last agreed."""

from array import array
from collections.abc import Callable, Collection, Container, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Any, NamedTuple

import errors
from net.prefetch import read_ahead
from plex.fields import selection
from plex.library import match
from plex.library.index import Index
from plex.path_map.paths import PathMap
from plex.state import file_id, scene_state
from plex.state.holds import Holds
from plex.state.ledger import Ledger
from plex.state.scene_state_store import Seen
from plex.sync.restore import RESTORE
from plex.sync.work import extras
from reconciliation.fingerprints import ByScene, Fingerprints
from reconciliation.result import Findings, GapDetectionResult
from stash.api import EVERYTHING, SceneFilter
from stash.scene import Scene
from validation.settings import SyncSettings

if TYPE_CHECKING:
    from stash.api import StashApi

CHUNK = 25  # scenes per look at Plex: one batch of full items
IN_A_ROW = 3  # scenes that cannot be read
LEFT = "left"  # the reason for a scene that left the selection
HIGHEST_ID = 2**63 - 1
Scanned = tuple[Scene, "int | None"]  # with its fingerprint, if it has one


class Scan:
    """Walks through Stash page by page, one page ahead. Calls `tell` after each page."""

    def __init__(
        self,
        stash: "StashApi",
        settings: SyncSettings,
        fingerprints: Fingerprints,
        held: Container[int],
        tell: Callable[[], None],
        deleted: "DeletedScenes",
    ) -> None:
        self._stash, self._extras = stash, extras(settings)
        self._fingerprints = fingerprints
        self._held, self._tell, self._deleted = held, tell, deleted
        self._unread = 0  # scenes in a row

    def changed(
        self, only: SceneFilter, deep: bool, result: GapDetectionResult
    ) -> Iterator[Scanned]:
        """Yields the scenes whose fingerprint changed since both sides last agreed, with their new
        fingerprints; all scenes if the run is `deep`. Counts the other scenes."""
        for page in read_ahead(self._stash.pages(only, extras=self._extras)):
            ids, fingerprints = page.rows.keys(), self._fingerprints.compute(page.rows)
            result.left_out += [f"scene {number}: {why}" for number, why in page.unread.items()]
            if only == EVERYTHING:
                self._deleted.page(page.last, {*ids, *page.unread})
            moved = ids if deep else self._moved(ids, fingerprints, result)
            if moved:
                rows = {number: page.rows[number] for number in moved}
                for scene in self._read(rows, result):
                    yield scene, fingerprints.get(scene.id)
            self._tell()
        if only == EVERYTHING:
            self._deleted.end()

    def _moved(
        self, ids: Collection[int], fingerprints: ByScene, result: GapDetectionResult
    ) -> list[int]:
        agreed = self._fingerprints.agreed(ids)
        moved = [
            number for number in ids
            if number in self._held or number not in agreed
            or agreed[number] != fingerprints.get(number)
        ]  # fmt: skip
        unmoved = len(ids) - len(moved)
        result.unmoved += unmoved
        result.scenes_checked += unmoved
        result.compared += unmoved
        return moved

    def _read(self, rows: Mapping[int, Any], result: GapDetectionResult) -> Iterator[Scene]:
        """Leaves out a scene that cannot be read. Raises when several in a row cannot."""
        for number, row in rows.items():
            try:
                yield from self._stash.read({number: row}, self._extras)
                self._unread = 0
            except errors.Busy as error:
                self._unread += 1
                if self._unread == IN_A_ROW:  # the fault is Stash's, not the scene's
                    raise
                result.left_out.append(f"scene {number}: {error}")


class DeletedScenes:
    """Finds the scenes that are known here and that no page of a whole walk has.

    Takes the pages in order, and holds no more than a page. `others` are scenes that are known
    without a state.
    """

    def __init__(self, seen: Seen, others: Iterable[int] = ()) -> None:
        self._seen, self._others = seen, set(others)
        self._last = 0
        self.ids = array("q")

    def page(self, last: int, ids: Collection[int]) -> None:
        """Takes the ids of the page that ends with the id `last`."""
        known = {*self._seen.between(self._last, last), *self._others_to(last)}
        self.ids.extend(sorted(known.difference(ids)))
        self._last = last

    def end(self) -> None:
        """There is no other page."""
        self.page(HIGHEST_ID, ())

    def _others_to(self, last: int) -> set[int]:
        passed = {number for number in self._others if number <= last}
        self._others -= passed
        return passed


class Chunk(NamedTuple):
    """Some scenes; those of them that are compared; what Plex may have of these; fingerprints."""

    scenes: Sequence[Scene]
    chosen: Sequence[Scene]
    hints: match.Hints
    fingerprints: ByScene


class Selection:
    """Passes over scenes that are not selected, and scenes that a person holds."""

    def __init__(
        self, index: Index, ledger: Ledger, settings: SyncSettings, held: Holds, path_map: PathMap
    ) -> None:
        self._index, self._ledger, self._settings = index, ledger, settings
        self._held, self._path_map = held, path_map

    def chunks(self, scanned: Iterable[Scanned], findings: Findings) -> Iterator[Chunk]:
        rest = iter(scanned)
        while some := list(islice(rest, CHUNK)):
            scenes = [scene for scene, _ in some]
            selected = self._selected(scenes, findings)
            chosen = [scene for scene in selected if not self._held.why(scene)]
            findings.result.held_count += len(selected) - len(chosen)
            hints = match.hints(chosen, self._index, self._path_map)
            fingerprints = {scene.id: number for scene, number in some if number is not None}
            yield Chunk(scenes, chosen, hints, fingerprints)

    def _selected(self, scenes: Sequence[Scene], findings: Findings) -> list[Scene]:
        skips = [(scene, selection.skip(scene, self._settings)) for scene in scenes]
        skipped = [(scene, why) for scene, why in skips if why]
        findings.result.skipped.update(why.reason for _, why in skipped)
        findings.states |= {s.id: (scene_state.LEFT_OUT, why.words) for s, why in skipped}
        self._add_left([scene for scene, _ in skipped], findings)
        return [scene for scene, why in skips if not why]

    def _add_left(self, skipped: Sequence[Scene], findings: Findings) -> None:
        """Adds the scenes that left the selection unnoticed, if their items have to be restored or
        their open decision is void."""
        if not skipped:
            return
        ids = [scene.id for scene in skipped]
        if self._settings.on_leave != RESTORE:
            left = set(self._ledger.asking(ids).values())
        else:
            shown = set(self._ledger.showing(ids))
            left = {s.id for s in skipped if s.id in shown and self._is_to_be_restored(s)}
            findings.result.compared += len(left)
            findings.result.losing += len(left)
        for number in sorted(left):
            findings.to_sync.add(number, LEFT)

    def _is_to_be_restored(self, scene: Scene) -> bool:
        """Whether an item was written from this very scene, and nobody holds the scene."""
        ids = file_id.of_scene(scene, self._path_map)
        return scene.id not in self._held and bool(self._ledger.items_of(scene.id, ids))

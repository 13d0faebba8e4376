"""Which scenes a run compares: those whose fingerprint changed since both sides last agreed."""

from array import array
from collections.abc import Callable, Collection, Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any, NamedTuple

import errors
from net.prefetch import read_ahead
from plex.fields.registry import extras
from plex.library import match
from plex.state import scene_state
from plex.state.journal import Holds
from plex.state.ledger import Ledger, SceneStates
from plex.sync.decide import RESTORE, Decider
from plex.sync.decision import SceneDecision
from reconciliation.fingerprints import ByScene, Fingerprints
from reconciliation.result import Findings, GapDetectionResult
from stash.port import StashPort
from stash.queries import EVERYTHING, SceneFilter
from stash.scene import Scene
from validation.settings import SyncSettings

if TYPE_CHECKING:
    from stash.api import ScenePage

CHUNK = 25  # scenes per look at Plex: one batch of full items
IN_A_ROW = 3  # scenes that cannot be read
LEFT = "left"  # the reason for a scene that left the selection
HIGHEST_ID = 2**63 - 1
Scanned = tuple[Scene, "int | None"]  # with its fingerprint, if it has one


class Scan:
    """Walks through Stash page by page, one page ahead. Calls `tell` after each page."""

    def __init__(
        self,
        stash: StashPort,
        settings: SyncSettings,
        fingerprints: Fingerprints,
        held: Container[int],
        tell: Callable[[], None],
        deleted: "DeletedScenes",
    ) -> None:
        self._stash, self._extras = stash, extras(settings)
        self._fingerprints = fingerprints
        self._held, self._tell, self.deleted = held, tell, deleted
        self._unread = 0  # scenes in a row

    def changed(
        self, only: SceneFilter, deep: bool, result: GapDetectionResult
    ) -> Iterator[Scanned]:
        """Yields the scenes whose fingerprint changed since both sides last agreed, with their new
        fingerprints; all scenes if the run is `deep`. Counts the other scenes."""
        for page in read_ahead(self._stash.pages(only, extras=self._extras)):
            if only == EVERYTHING:
                self.deleted.page(page.last, {*page.rows, *page.unread})
            yield from self._changed(page, deep, result)
        if only == EVERYTHING:
            self.deleted.end()

    def changed_of(
        self, pages: "Iterator[ScenePage]", result: GapDetectionResult
    ) -> Iterator[Scanned]:
        """Like `changed`, for these pages of scenes."""
        for page in read_ahead(pages):
            yield from self._changed(page, False, result)

    def _changed(
        self, page: "ScenePage", deep: bool, result: GapDetectionResult
    ) -> Iterator[Scanned]:
        ids, fingerprints = page.rows.keys(), self._fingerprints.compute(page.rows)
        result.left_out += [f"scene {number}: {why}" for number, why in page.unread.items()]
        moved = ids if deep else self._moved(ids, fingerprints, result)
        if moved:
            rows = {number: page.rows[number] for number in moved}
            for scene in self._read(rows, result):
                yield scene, fingerprints.get(scene.id)
        self._tell()

    def _moved(
        self, ids: Collection[int], fingerprints: ByScene, result: GapDetectionResult
    ) -> list[int]:
        if not ids:
            return []
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
    """Finds the scenes that are known here and that no page of a whole walk has. Takes the pages in order,
    and holds no more than a page. `others` are scenes that are known without a state."""

    def __init__(self, seen: SceneStates, others: Iterable[int] = ()) -> None:
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
    """Some scenes; the decisions about those that are compared; what Plex may have of these."""

    scenes: Sequence[Scene]
    chosen: Sequence[SceneDecision]
    hints: match.Hints
    fingerprints: ByScene


@dataclass
class Selection:
    """Passes over scenes that are not selected, and scenes that a person holds."""

    _decider: Decider
    _ledger: Ledger
    _settings: SyncSettings
    _held: Holds
    _warn: Callable[[str], None]

    def chunks(self, scanned: Iterable[Scanned], findings: Findings) -> Iterator[Chunk]:
        rest = iter(scanned)
        while some := list(islice(rest, CHUNK)):
            scenes = [scene for scene, _ in some]
            decisions = self._decider.choose(scenes, self._held)
            for decision in decisions:
                for line in decision.warnings:
                    self._warn(f"{decision.scene.label()} {line}")
            self._pass_over([decision for decision in decisions if decision.skip], findings)
            findings.result.held_count += sum(bool(d.held and not d.skip) for d in decisions)
            chosen = [decision for decision in decisions if decision.is_chosen]
            fingerprints = {scene.id: number for scene, number in some if number is not None}
            yield Chunk(scenes, chosen, self._decider.hints(chosen), fingerprints)

    def _pass_over(self, skipped: Sequence[SceneDecision], findings: Findings) -> None:
        """Counts the scenes, and adds those that left the selection unnoticed, if their items have to
        be restored or their open decision is void."""
        if not skipped:
            return
        findings.result.skipped.update(one.skip.reason for one in skipped if one.skip)
        findings.states |= {d.scene.id: scene_state.worst(d.states.values()) for d in skipped}
        if self._settings.on_leave != RESTORE:
            left = set(self._ledger.asking([one.scene.id for one in skipped]).values())
        else:
            left = {one.scene.id for one in skipped if one.restores}
            findings.result.compared += len(left)
            findings.result.losing += len(left)
        for number in sorted(left):
            findings.to_sync.add(number, LEFT)

"""When a run must stop before it changes anything: what it would do looks like a fault.

An unmounted disk, a library that is gone, a Stash with a new or an older database: each would make
every scene a gap, or take from Plex what Stash seems to have lost.
"""

from collections.abc import Callable, Collection, Sequence
from typing import TYPE_CHECKING

import errors
from plex.client.port import PlexPort
from plex.library import match
from plex.library.index import Index
from plex.path_map import paths
from plex.state.ledger import Ledger
from plex.sync.decide import Decider
from reconciliation.compare import Comparison
from reconciliation.result import Findings, GapDetectionResult
from reconciliation.scan import CHUNK, Chunk, Selection
from stash.port import StashPort
from sync_queue.job import FEW

if TYPE_CHECKING:
    from plex.state.scene_state import State

IN_A_ROW = 3  # scenes that fail before any other was compared: the fault is the server's


def stash_is_empty(stash: StashPort, ledger: Ledger) -> None:
    """Raises LibraryEmpty when Stash has no scene at all, while Plex was written from some."""
    known = ledger.size()
    if known and stash.count() == 0:
        raise errors.LibraryEmpty(
            f"Stash lists no scene at all, while {known} items in Plex were written from it; "
            "nothing is changed"
        ).of(errors.STASH)


def plex_lost_everything(
    stash: StashPort, index: Index, ledger: Ledger, path_map: paths.PathMap
) -> None:
    """Raises LibraryEmpty when the listing, just refreshed, has none of the items that we wrote, and
    no file of any scene either: a new library has the same files under other keys. A listing with
    gaps proves nothing."""
    known = ledger.size()
    if not known or index.unlisted.parts() or index.shows_written():
        return
    for page in stash.walk():
        for scene in page:
            if index.find(paths.candidates((f.path for f in scene.files), path_map)):
                return
    raise errors.LibraryEmpty(
        f"Plex lists none of the files in Stash, while {known} of its items were written from them "
        "(is the library gone, or a disk not mounted?); nothing is changed"
    ).of(errors.PLEX)


def too_much(losing: int, compared: int, share: int, whole: float = 1.0) -> None:
    """Raises Braked when more than `share` percent of the compared scenes would lose something in
    Plex, and more than a few. Each of them represents `whole` scenes."""
    if losing * whole <= FEW or losing * 100 <= compared * share:
        return
    part, sample = losing * 100 / compared, "a sample of " if whole > 1 else ""
    raise errors.Braked(
        f"{losing} of {sample}{compared} scenes ({part:.0f} %) would lose something in Plex, and "
        f"“Brake, Share” allows {share} %: nothing is changed. Preview shows what they would lose. If that "
        "is right, set “Brake, Share” to 100 until the run is done"
    )


def too_many(touching: int, most: int) -> None:
    """Raises Braked when an automatic run would change more than `most` scenes."""
    if touching > most:
        raise errors.Braked(
            f"{touching} scenes differ, and an automatic run may change {most} (“Brake, Scenes”): "
            "nothing is changed. Preview shows the changes, and Reconcile Library (All) makes them"
        )


class Sample:
    """Compares some scenes with their items, before many scenes are written. Leaves out a scene that
    cannot be compared, reports it to `warn`, and concludes nothing from it."""

    def __init__(
        self,
        decider: Decider,
        plex: PlexPort,
        selection: Selection,
        comparison: Comparison,
        warn: Callable[[str], None],
    ) -> None:
        self._decider, self._plex = decider, plex
        self._selection, self._comparison, self._warn = selection, comparison, warn
        self._result = GapDetectionResult()
        self.states: dict[int, State] = {}  # of the compared scenes
        self._left_out: dict[int, errors.Stash2PlexError] = {}
        self._compared = 0

    def compare(
        self, ids: Sequence[int], tell: Callable[[int, int], None] = lambda done, total: None
    ) -> GapDetectionResult:
        """Returns the counts. Raises the error of a scene when more than half cannot be compared."""
        for at in range(0, len(ids), CHUNK):
            tell(at, len(ids))
            self._try(ids[at : at + CHUNK])
            if len(self._left_out) * 2 > len(ids):
                raise next(iter(self._left_out.values()))
        for number, error in self._left_out.items():
            self._warn(f"scene {number} is left out of the sample: {error}")
        return self._result

    def _try(self, ids: Sequence[int]) -> None:
        """Compares these scenes together, or each alone if a scene makes that fail."""
        findings = Findings()
        try:
            self._compare(ids, findings)
        except (errors.Busy, errors.Gone, errors.Rejected) as error:
            self._failed(ids, error)
        else:
            self._compared += len(ids)
            self._result.compared += findings.result.compared
            self._result.losing += findings.result.losing
            self.states |= findings.states

    def _failed(self, ids: Sequence[int], error: errors.Stash2PlexError) -> None:
        if len(ids) > 1:
            for number in ids:
                self._try([number])
            return
        self._left_out[ids[0]] = error
        if not self._compared and len(self._left_out) >= IN_A_ROW:
            raise error

    def _compare(self, ids: Sequence[int], findings: Findings) -> None:
        scenes = self._decider.scenes(ids)
        for chunk in self._selection.chunks(((scene, None) for scene in scenes.values()), findings):
            items = self._plex.items(chunk.hints.rating_keys)
            self._check_absent(chunk, items)
            self._comparison.compare(chunk, match.ItemsRead(items, {}), findings)

    def _check_absent(self, chunk: Chunk, items: Collection[int]) -> None:
        """An item that does not come with the others is gone, or cannot be read: asked alone, Plex
        says which."""
        for key in set(chunk.hints.rating_keys) - set(items):
            self._plex.items([key])

"""Scenes -> chunks: those of them that are to be compared, and what Plex may have of these."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import NamedTuple

from plex.fields import selection
from plex.library import match
from plex.library.index import Index
from plex.path_map.paths import PathMap
from plex.state import file_id, scene_state
from plex.state.holds import Holds
from plex.state.ledger import Ledger
from plex.sync.restore import RESTORE
from reconciliation.found import Found
from reconciliation.verified import Prints
from reconciliation.walking import Walked
from stash.scene import Scene
from validation.settings import SyncSettings

CHUNK = 25  # scenes per look at Plex: one batch of full items
LEFT = "left"  # why a scene is owed that left the selection


class Chunk(NamedTuple):
    """Some scenes, those of them that are to be compared, what Plex may have of these, and their
    numbers (see `Verified`)."""

    scenes: Sequence[Scene]
    chosen: Sequence[Scene]
    hints: match.Hints
    prints: Prints


class Choosing:
    """Passes over what is not selected, and what a person holds (`held`)."""

    def __init__(
        self,
        index: Index,
        ledger: Ledger,
        settings: SyncSettings,
        held: Holds,
        path_map: PathMap,
    ) -> None:
        self._index, self._ledger, self._settings = index, ledger, settings
        self._held, self._path_map = held, path_map

    def __call__(self, walked: Iterable[Walked], found: Found) -> Iterator[Chunk]:
        left = iter(walked)
        while some := list(islice(left, CHUNK)):
            scenes = [scene for scene, _ in some]
            selected = self._selected(scenes, found)
            chosen = [scene for scene in selected if not self._held.why(scene)]
            found.result.held_count += len(selected) - len(chosen)
            hints = match.hints(chosen, self._index, self._path_map)
            prints = {scene.id: number for scene, number in some if number is not None}
            yield Chunk(scenes, chosen, hints, prints)

    def _selected(self, scenes: Sequence[Scene], found: Found) -> list[Scene]:
        whys = [selection.skip(scene, self._settings) for scene in scenes]
        found.result.skipped.update(why.reason for why in whys if why)
        found.states |= {
            s.id: (scene_state.LEFT_OUT, why.words)
            for s, why in zip(scenes, whys, strict=True) if why
        }  # fmt: skip
        self._owe_left([s for s, why in zip(scenes, whys, strict=True) if why], found)
        return [scene for scene, why in zip(scenes, whys, strict=True) if not why]

    def _owe_left(self, passed_over: Sequence[Scene], found: Found) -> None:
        """Scenes that left the selection while nobody was looking, if they are to be restored, or
        wait for a decision, which is void."""
        if not passed_over:
            return
        ids = [scene.id for scene in passed_over]
        if self._settings.on_leave != RESTORE:
            left = set(self._ledger.asking(ids).values())
        else:
            shown = set(self._ledger.showing(ids))
            left = {s.id for s in passed_over if s.id in shown and self._is_to_be_restored(s)}
            found.result.compared += len(left)
            found.result.losing += len(left)
        for number in sorted(left):
            found.owed.add(number, LEFT)

    def _is_to_be_restored(self, scene: Scene) -> bool:
        """Whether it was written, as the scene that it is, and nobody holds it."""
        ids = file_id.of_scene(scene, self._path_map)
        return scene.id not in self._held and bool(self._ledger.items_of(scene.id, ids))

"""A chunk of scenes beside the items that Plex has of it: which is whose, what is owed of it."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from plex import match, scene_state, selection
from plex.index import Index
from plex.item import Item
from plex.ledger import Ledger
from plex.paths import PathMap
from plex.work import extras, refuse_partial
from reconciliation.choosing import Chunk
from reconciliation.detector import MISSING
from reconciliation.found import Found
from reconciliation.judging import COVER, Judged, Judging
from reconciliation.result import GapDetectionResult
from stash.scene import Scene

if TYPE_CHECKING:
    from plex.scene_state import State


class Comparing:
    """Calls with a chunk and its full items."""

    def __init__(
        self,
        stash: Any,
        index: Index,
        ledger: Ledger,
        config: Any,
        judge: Judging,
        path_map: PathMap,
    ) -> None:
        self._stash, self._index, self._ledger = stash, index, ledger
        self._config, self._judge, self._path_map = config, judge, path_map
        self._extras = extras(config)

    def __call__(self, chunk: Chunk, items: Mapping[int, Item], found: Found) -> None:
        refuse_partial(chunk.chosen, self._extras)
        matches, result = match.matched(chunk.hints, items, self._index), found.result
        found.states |= _without_item(matches, chunk.chosen)
        pairs = [
            (scene, item) for scene in chunk.chosen if self._usable(matches, scene, found)
            for item in matches.of(scene)
        ]  # fmt: skip
        entries = self._ledger.about(item for _, item in pairs)
        owner = match.owners(
            pairs, {key: e.scene_id for key, e in entries.items()}, self._still_there
        )
        new = {key: owner[key] for key in owner.keys() - entries.keys()}
        entries |= self._ledger.new(new, items)
        for scene in self._missing(matches, chunk.chosen, result):
            found.owed.add(scene.id, MISSING)
        for scene in chunk.chosen:
            its = [i for s, i in pairs if s is scene]
            mine = [i for i in its if owner[i.rating_key] == scene.id]
            result.conflict_count += bool(its) and not mine
            states = [
                scene_state.shared(i.rating_key, owner[i.rating_key]) for i in its if i not in mine
            ]
            if mine:
                judged = self._judge(scene, mine, entries)
                states += judged.states
                _note(judged, scene, mine, found)
                if judged.agrees and mine == its and scene.id in chunk.prints:
                    found.agreed[scene.id] = chunk.prints[scene.id]
            if states:
                found.states[scene.id] = scene_state.worst(states)

    def _usable(self, matches: match.Matches, scene: Scene, found: Found) -> bool:
        items = matches.of(scene)
        if len(items) > 1 and not self._config.allow_ambiguous_match:
            found.result.conflict_count += 1
            found.states[scene.id] = scene_state.several(item.rating_key for item in items)
            return False
        return True

    def _missing(
        self, matches: match.Matches, scenes: Sequence[Scene], result: GapDetectionResult
    ) -> list[Scene]:
        lost = [scene for scene in scenes if scene.files and not matches.of(scene)]
        if self._config.skip_not_found or not self._config.reconcile_missing:
            return []
        result.missing_count += len(lost)
        return lost

    def _still_there(self, scene_id: int, item: Item) -> bool:
        holder = self._stash.scenes([scene_id], self._extras).get(scene_id)
        if holder is None or selection.skip(holder, self._config):
            return False
        return match.holds(item, holder, self._path_map)


def _without_item(matches: match.Matches, scenes: Sequence[Scene]) -> "dict[int, State]":
    """The states of those of the scenes that have no item."""
    return {
        scene.id: scene_state.MISSING if scene.files else scene_state.NO_FILE
        for scene in scenes if not matches.of(scene)
    }  # fmt: skip


def _note(one: Judged, scene: Scene, items: Sequence[Item], found: Found) -> None:
    found.result.compared += 1
    found.result.losing += one.loses
    found.result.cover_checks += one.reason == COVER
    if one.gap:
        found.result.count(one.gap, [item.rating_key for item in items])
    if one.reason:
        found.owed.add(scene.id, one.reason)

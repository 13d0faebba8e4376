"""A chunk of scenes beside the items that Plex has of it: which is whose, what is owed of it."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from plex.fields.item import Item
from plex.library import claims, match
from plex.library.claims import Claims, Owners
from plex.library.index import Index
from plex.path_map.paths import PathMap
from plex.state import scene_state
from plex.state.ledger import Ledger
from plex.sync.work import extras, refuse_partial
from reconciliation.choosing import Chunk
from reconciliation.detector import MISSING
from reconciliation.found import Found
from reconciliation.judging import COVER, Judged, Judging
from reconciliation.result import GapDetectionResult
from stash.scene import Scene
from validation.settings import SyncSettings

if TYPE_CHECKING:
    from plex.state.scene_state import State


class Comparing:
    """Calls with a chunk and its full items."""

    def __init__(
        self,
        stash: Any,
        index: Index,
        ledger: Ledger,
        settings: SyncSettings,
        judge: Judging,
        path_map: PathMap,
        finds_missing: bool,
    ) -> None:
        """`finds_missing`: a scene without an item in Plex is a gap."""
        self._stash, self._index, self._ledger = stash, index, ledger
        self._settings, self._judge, self._path_map = settings, judge, path_map
        self._finds_missing = finds_missing
        self._extras = extras(settings)
        self._claims = Claims(stash, settings, self._extras)

    def __call__(self, chunk: Chunk, had: match.Read, found: Found) -> None:
        refuse_partial(chunk.chosen, self._extras)
        matches, result = match.matched(chunk.hints, had, self._index), found.result
        for scene in chunk.chosen:
            if error := matches.unread.get(scene.id):
                found.leave_out(scene, error)
        lost, hidden = self._without_item(matches, chunk.chosen)
        found.states |= {scene.id: scene_state.MISSING for scene in lost}
        found.states |= hidden
        pairs = [
            (scene, item) for scene in chunk.chosen
            for item in self._usable(matches, scene, found)
        ]  # fmt: skip
        entries = self._ledger.about(item for _, item in pairs)
        holders = {key: e.scene_id for key, e in entries.items()}
        owners = self._claims.owners(pairs, holders, self._path_map)
        new = {key: owners.of[key] for key in owners.of.keys() - entries.keys()}
        entries |= self._ledger.new(new, had.items)
        for scene in self._missing(lost, result):
            found.owed.add(scene.id, MISSING)
        for scene in chunk.chosen:
            its = [i for s, i in pairs if s is scene]
            mine = [i for i in its if owners.of[i.rating_key] == scene.id]
            states = _lost(scene, its, owners)
            result.conflict_count += bool(its) and not mine and scene_state.NO_TEXT not in states
            # Of further files that fit several items it is known already.
            states += [found.states[scene.id]] if scene.id in found.states else []
            if mine:
                judged = self._judge(scene, mine, entries)
                states += judged.states
                _note(judged, scene, mine, found)
                if judged.agrees and mine == matches.of(scene) and scene.id in chunk.prints:
                    found.agreed[scene.id] = chunk.prints[scene.id]
            if states:
                found.states[scene.id] = scene_state.worst(states)

    def _usable(self, matches: match.Matches, scene: Scene, found: Found) -> list[Item]:
        if scene.id in matches.unread:
            return []
        sure, unsure = claims.fit(scene, matches.of(scene), self._path_map, self._settings)
        if unsure:
            found.result.conflict_count += not sure
            found.states[scene.id] = scene_state.several(item.rating_key for item in unsure)
        return sure

    def _without_item(
        self, matches: match.Matches, scenes: Sequence[Scene]
    ) -> "tuple[list[Scene], dict[int, State]]":
        """The scenes whose file Plex lacks; the states of the others that have no item."""
        lost, states = [], {}
        for scene in scenes:
            if matches.of(scene) or scene.id in matches.unread:
                continue
            if not scene.files:
                states[scene.id] = scene_state.NO_FILE
            elif why := match.hidden(scene, self._index, self._path_map):
                states[scene.id] = scene_state.hidden(why)
            else:
                lost.append(scene)
        return lost, states

    def _missing(self, lost: Sequence[Scene], result: GapDetectionResult) -> Sequence[Scene]:
        if not self._finds_missing:
            return []
        result.missing_count += len(lost)
        return lost


def _lost(scene: Scene, items: Sequence[Item], owners: Owners) -> "list[State]":
    """The states of the scene beside those of its items that show another one."""
    found: list[State] = []
    for item in items:
        standing = owners.standing(scene, item, items)
        if standing == claims.SILENT:
            found.append(scene_state.NO_TEXT)
        elif standing == claims.SHARED:
            owner = owners.of[item.rating_key]
            found.append(scene_state.shared(item.rating_key, owner))
    return found


def _note(one: Judged, scene: Scene, items: Sequence[Item], found: Found) -> None:
    found.result.compared += 1
    found.result.losing += one.loses
    found.result.cover_checks += one.reason == COVER
    if one.gap:
        found.result.count(one.gap, [item.rating_key for item in items])
    if one.reason:
        found.owed.add(scene.id, one.reason)

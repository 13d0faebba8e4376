"""Decides which items are a scene's own: one file may fit several items, and several scenes may have
files in one item."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple

from plex.fields import registry, selection
from plex.fields.item import Item
from plex.library import match
from plex.path_map.paths import PathMap
from stash.port import StashPort
from stash.scene import Scene
from validation.settings import SyncSettings

SHOWN, SILENT, YIELDED, SHARED = "shown", "silent", "yielded", "shared"


class Fit(NamedTuple):
    """The items of a scene: `sure` if an item alone has one of its files, `unsure` if several items have
    one file. If several have the first file that Plex knows, none is sure."""

    sure: list[Item]
    unsure: list[Item]


def fit(scene: Scene, items: Sequence[Item], path_map: PathMap, settings: SyncSettings) -> Fit:
    """Each file of a scene may have an item of its own: the user merges duplicates in Stash."""
    if len(items) < 2 or settings.allow_ambiguous_match:
        return Fit(list(items), [])
    by_file = [having for having in match.by_file(scene, items, path_map) if having]
    if not by_file or len(by_file[0]) > 1:
        return Fit([], list(items))
    sure = {having[0].rating_key for having in by_file if len(having) == 1}
    unsure = {item.rating_key for having in by_file if len(having) > 1 for item in having}
    chosen = ([item for item in items if item.rating_key in keys] for keys in (sure, unsure))
    return Fit(*chosen)


class Claim(NamedTuple):
    """The claim of a scene on an item with its files. `place`: the number of the first of these files
    among the files of the item."""

    scene_id: int
    says: bool
    is_primary: bool
    place: int

    @property
    def weight(self) -> tuple[bool, bool]:
        """Decides whether a scene takes an item over: its claim must weigh more than the claim of the
        scene that the item shows."""
        return self.says, self.is_primary

    @property
    def rank(self) -> tuple[bool, bool, int, int]:
        """Orders the claims on an item that shows no scene yet: the claim with the lowest rank wins."""
        return not self.says, not self.is_primary, self.place, self.scene_id


def claim(scene: Scene, item: Item, path_map: PathMap, settings: SyncSettings) -> Claim:
    places, says = match.places(scene, item, path_map), registry.says_something(scene, settings)
    return Claim(scene.id, says, 0 in places, min(places.values(), default=0))


@dataclass(frozen=True)
class Owners:
    """Which scene each item shows. `contested` holds the claims on items that several scenes want."""

    of: Mapping[int, int]
    contested: Mapping[tuple[int, int], Claim]

    def role(self, scene: Scene, item: Item, items: Iterable[Item]) -> str:
        """Says whether the item, one of the scene's `items`, shows the scene (SHOWN), and why not: the
        scene says nothing (SILENT), or has another item and its primary file is not here (YIELDED), or
        the item shows another scene (SHARED)."""
        key = item.rating_key
        if self.of[key] == scene.id:
            return SHOWN
        mine = self.contested[scene.id, key]
        if not mine.says:
            return SILENT
        elsewhere = any(self.of.get(other.rating_key) == scene.id for other in items)
        return YIELDED if elsewhere and not mine.is_primary else SHARED


class Claims:
    """Decides between scenes that have files in one item."""

    def __init__(self, stash: StashPort, settings: SyncSettings, extras: Collection[str]) -> None:
        self._stash, self._settings, self._extras = stash, settings, extras

    def owners(
        self, pairs: Iterable[tuple[Scene, Item]], written_for: Mapping[int, int], path_map: PathMap
    ) -> Owners:
        """The scene that was written last (`written_for`) keeps an item while it still has a file
        there, says something, and no other has its primary file there instead: two scenes never
        overwrite each other in turn."""
        by_item: dict[int, tuple[Item, list[Scene]]] = {}
        for scene, item in pairs:
            by_item.setdefault(item.rating_key, (item, []))[1].append(scene)
        owners: dict[int, int] = {}
        contested: dict[tuple[int, int], Claim] = {}
        for key, (item, scenes) in by_item.items():
            holder = written_for.get(key, 0)
            if len(scenes) == 1 and holder in (0, scenes[0].id):
                owners[key] = scenes[0].id
                continue
            claims = [claim(scene, item, path_map, self._settings) for scene in scenes]
            contested |= {(rival.scene_id, key): rival for rival in claims}
            owners[key] = chosen(claims, holder, partial(self._read, holder, item, path_map))
        return Owners(owners, contested)

    def _read(self, scene_id: int, item: Item, path_map: PathMap) -> "Claim | None":
        """Reads the claim of a scene that is not at hand; None when the scene has left the item."""
        holder = self._stash.scenes([scene_id], self._extras).get(scene_id)
        if holder is None or selection.skip_reason(holder, self._settings):
            return None
        is_here = match.holds(item, holder, path_map)
        return claim(holder, item, path_map, self._settings) if is_here else None


def chosen(
    claims: Sequence[Claim], holder: int, look: "Callable[[], Claim | None]" = lambda: None
) -> int:
    """The scene that the item shows. `look` reads the claim of a holder that is not among the claims."""
    best = min(claims, key=lambda claim: claim.rank)
    held = next((claim for claim in claims if claim.scene_id == holder), None)
    held = held or (look() if holder else None)
    return best.scene_id if held is None or best.weight > held.weight else held.scene_id

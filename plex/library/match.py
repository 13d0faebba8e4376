"""Scenes -> items: by full path through the index, each hit checked against the item's own files.

Also decides which of these items are a scene's own (`fit`, `Claims`).
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import NamedTuple

import errors
from plex.client.port import PlexPort, Unread
from plex.fields import registry, selection
from plex.fields.item import Item
from plex.library.index import Index
from plex.library.witnesses import serves
from plex.path_map import paths
from stash.port import StashPort
from stash.scene import Scene
from validation.settings import SyncSettings

Files = Mapping[str, int]  # path key -> size, 0 for any


class ItemsRead(NamedTuple):
    """Full items, and why others could not be read."""

    items: Mapping[int, Item]
    unread: Unread


@dataclass(frozen=True)
class Hints:
    """By scene id: the files as Plex would call them, and the rating keys of items that may have them."""

    wanted: Mapping[int, Files]
    keys: Mapping[int, Sequence[int]]

    @property
    def rating_keys(self) -> list[int]:
        return sorted({key for keys in self.keys.values() for key in keys})


@dataclass
class Matches:
    """The items by scene id, without the scenes that have none. `unread`: scene id -> why Plex could not
    give an item that may be the scene's."""

    items: dict[int, list[Item]] = field(default_factory=dict)
    unread: dict[int, errors.Stash2PlexError] = field(default_factory=dict)


def match(
    scenes: Sequence[Scene],
    index: Index,
    path_map: paths.PathMap,
    read_items: Callable[[Sequence[int]], ItemsRead],
    refresh: Callable[[], bool],
) -> Matches:
    """Finds the items of some scenes. Lists Plex anew (`refresh`) only if one is not found."""
    first = hints(scenes, index, path_map)
    matches = matched(first, read_items(first.rating_keys), index)
    known = matches.items.keys() | matches.unread.keys()
    lost = [scene for scene in scenes if first.wanted[scene.id] and scene.id not in known]
    if lost and refresh():
        again = hints(lost, index, path_map)
        more = matched(again, read_items(again.rating_keys), index)
        matches.items.update(more.items)
        matches.unread.update(more.unread)
    return matches


def read(
    plex: PlexPort,
    items: Callable[[Sequence[int], Unread], Mapping[int, Item]],
    rating_keys: Sequence[int],
    others: Callable[[], Sequence[int]],
) -> ItemsRead:
    """Reads these items. Raises Unreachable if Plex gives none of them, and none of the `others` either:
    then it is not the fault of an item."""
    unread: Unread = {}
    given = items(rating_keys, unread)
    if unread and not given and not serves(plex, [key for key in others() if key not in unread]):
        error = next(iter(unread.values()))
        sentence = f"Plex gives none of its items: {error}"
        raise errors.Unreachable(sentence).of(error.server, error.cause)
    return ItemsRead(given, {key: _named(error, key) for key, error in unread.items()})


def _named(error: errors.Stash2PlexError, key: int) -> errors.Stash2PlexError:
    named = type(error)(f"Plex item {key} cannot be read: {error}").of(error.server, error.cause)
    named.alone = True
    return named


def hints(scenes: Sequence[Scene], index: Index, path_map: paths.PathMap) -> Hints:
    """Looks up the scenes' files in the index, which may be outdated."""
    wanted = {scene.id: _wanted(scene, path_map) for scene in scenes}
    marks = index.marks(list({key for keys in wanted.values() for key in keys}))
    return Hints(wanted, {
        number: sorted({item for key in keys for item, _ in marks.get(key, ())})
        for number, keys in wanted.items() if keys
    })  # fmt: skip


def matched(hints: Hints, had: ItemsRead, index: Index) -> Matches:
    """Keeps the items that contain the files, and marks stale index rows for re-listing."""
    matches = Matches()
    wrong: set[int] = set()
    for number, keys in hints.keys.items():
        for key in keys:
            item = had.items.get(key)
            if key in had.unread:
                matches.unread[number] = had.unread[key]
            elif item and _holds(item, hints.wanted[number]):
                matches.items.setdefault(number, []).append(item)
            elif not item or hints.wanted[number].keys().isdisjoint(map(paths.key, item.files)):
                wrong.add(key)
    if wrong:
        index.doubt(wrong)
    return matches


def _wanted(scene: Scene, path_map: paths.PathMap) -> Files:
    """The scene's files as Plex would call them. Sizes count only where the path map is a guess: one of
    the servers may not have seen yet that a file was replaced."""
    is_guess = isinstance(path_map, paths.Inferred)
    there = [(paths.plex_path(file.path, path_map), file.size) for file in scene.files]
    return {paths.key(path): size if is_guess else 0 for path, size in there}


def _holds(item: Item, wanted: Files) -> bool:
    files = ((wanted.get(paths.key(file)), size) for file, size in item.sized_files)
    return any(known == size or 0 in (known, size) for known, size in files if known is not None)


def holds(item: Item, scene: Scene, path_map: paths.PathMap) -> bool:
    """Whether one of the scene's files is one of the item's."""
    return _holds(item, _wanted(scene, path_map))


def hidden(scene: Scene, index: Index, path_map: paths.PathMap) -> str:
    """Why nobody can know whether Plex has one of the scene's files; '' if that is known."""
    part = index.unlisted.hides([paths.plex_path(f.path, path_map) for f in scene.files])
    return part.words if part else ""


def _by_file(scene: Scene, items: Sequence[Item], path_map: paths.PathMap) -> list[list[Item]]:
    """The items that have each file of the scene, in the order of the files."""
    files = [dict([file]) for file in _wanted(scene, path_map).items()]
    return [[item for item in items if _holds(item, file)] for file in files]


def _places(scene: Scene, item: Item, path_map: paths.PathMap) -> dict[int, int]:
    """Number of a file of the scene -> number of that file among those of the item."""
    there = {paths.key(file): at for at, file in reversed(list(enumerate(item.files)))}
    return {
        number: there[key]
        for number, (key, size) in enumerate(_wanted(scene, path_map).items())
        if _holds(item, {key: size})
    }


# -- claims: one file may fit several items, and several scenes may have files in one item

SHOWN, SILENT, YIELDED, SHARED = "shown", "silent", "yielded", "shared"


class Fit(NamedTuple):
    """The items of a scene: `sure` if an item alone has one of its files, `unsure` if several items have
    one file. If several have the first file that Plex knows, none is sure."""

    sure: list[Item]
    unsure: list[Item]


def fit(
    scene: Scene, items: Sequence[Item], path_map: paths.PathMap, settings: SyncSettings
) -> Fit:
    """Each file of a scene may have an item of its own: the user merges duplicates in Stash."""
    if len(items) < 2 or settings.allow_ambiguous_match:
        return Fit(list(items), [])
    by_file = [having for having in _by_file(scene, items, path_map) if having]
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


def claim(scene: Scene, item: Item, path_map: paths.PathMap, settings: SyncSettings) -> Claim:
    places, says = _places(scene, item, path_map), registry.says_something(scene, settings)
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


@dataclass
class Claims:
    """Decides between scenes that have files in one item."""

    _stash: StashPort
    _settings: SyncSettings
    _extras: Collection[str]

    def owners(
        self,
        pairs: Iterable[tuple[Scene, Item]],
        written_for: Mapping[int, int],
        path_map: paths.PathMap,
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

    def _read(self, scene_id: int, item: Item, path_map: paths.PathMap) -> "Claim | None":
        """Reads the claim of a scene that is not at hand; None when the scene has left the item."""
        holder = self._stash.scenes([scene_id], self._extras).get(scene_id)
        if holder is None or selection.skip_reason(holder, self._settings):
            return None
        is_here = holds(item, holder, path_map)
        return claim(holder, item, path_map, self._settings) if is_here else None


def chosen(
    claims: Sequence[Claim], holder: int, look: "Callable[[], Claim | None]" = lambda: None
) -> int:
    """The scene that the item shows. `look` reads the claim of a holder that is not among the claims."""
    best = min(claims, key=lambda claim: claim.rank)
    held = next((claim for claim in claims if claim.scene_id == holder), None)
    held = held or (look() if holder else None)
    return best.scene_id if held is None or best.weight > held.weight else held.scene_id

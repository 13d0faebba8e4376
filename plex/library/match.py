"""Scenes -> items: by full path through the index, each hit checked against the item's own files."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import errors
from plex.client.port import PlexPort, Unread
from plex.fields.item import Item
from plex.library.index import Index
from plex.library.witnesses import serves
from plex.path_map import paths
from stash.scene import Scene

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

    def of(self, scene: Scene) -> list[Item]:
        return self.items.get(scene.id, [])


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
    lost = [
        scene for scene in scenes
        if first.wanted[scene.id] and not matches.of(scene) and scene.id not in matches.unread
    ]  # fmt: skip
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
    return any(_same_size(wanted.get(paths.key(file)), size) for file, size in item.sized_files)


def _same_size(wanted: "int | None", size: int) -> bool:
    return wanted is not None and (wanted == size or 0 in (wanted, size))


def holds(item: Item, scene: Scene, path_map: paths.PathMap) -> bool:
    """Whether one of the scene's files is one of the item's."""
    return _holds(item, _wanted(scene, path_map))


def hidden(scene: Scene, index: Index, path_map: paths.PathMap) -> str:
    """Why nobody can know whether Plex has one of the scene's files; '' if that is known."""
    part = index.unlisted.hides([paths.plex_path(f.path, path_map) for f in scene.files])
    return part.words if part else ""


def by_file(scene: Scene, items: Sequence[Item], path_map: paths.PathMap) -> list[list[Item]]:
    """The items that have each file of the scene, in the order of the files."""
    files = [dict([file]) for file in _wanted(scene, path_map).items()]
    return [[item for item in items if _holds(item, file)] for file in files]


def places(scene: Scene, item: Item, path_map: paths.PathMap) -> dict[int, int]:
    """Number of a file of the scene -> number of that file among those of the item."""
    there = {paths.key(file): at for at, file in reversed(list(enumerate(item.files)))}
    return {
        number: there[key]
        for number, (key, size) in enumerate(_wanted(scene, path_map).items())
        if _holds(item, {key: size})
    }

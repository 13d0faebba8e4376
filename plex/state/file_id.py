"""Which file an item of Plex, or a scene, has: a number for its path, and its size. Pure.

A rating key, like the number of a scene, is only an address. After a database was begun anew the same
key stands for another file, and what is remembered under it is about something else.
"""

from collections.abc import Iterable
from typing import NamedTuple

from plex.fields.item import Item, digest64
from plex.path_map import paths
from stash.scene import Scene

_MASK = 2**64 - 1


class FileId(NamedTuple):
    """`path` is a number for the path in Plex; `size` is in bytes, 0 if it is not known."""

    path: int
    size: int


FileIds = tuple[FileId, ...]


def of_item(item: Item) -> FileIds:
    """The files of the item."""
    sizes = item.sizes or (0,) * len(item.files)
    return _of(zip(item.files, sizes, strict=True))


def of_scene(scene: Scene, path_map: paths.PathMap) -> FileIds:
    """The files of the scene, under the paths that they should have in Plex."""
    return _of((paths.plex_path(one.path, path_map), one.size) for one in scene.files)


def _of(files: Iterable[tuple[str, int]]) -> FileIds:
    return tuple(
        FileId(digest64(paths.key(path).encode("utf-8", "replace")) & _MASK, max(0, size))
        for path, size in files
    )


def is_same(known: FileIds, now: FileIds) -> bool:
    """Whether any of the files is still the one that is remembered. One that was moved or renamed
    keeps its size, one that was replaced keeps its path. Rows that were written before files were
    remembered have none, and are trusted."""
    if not known:
        return True
    found, sizes = {one.path for one in now}, {one.size for one in now}
    return any(one.path in found or (one.size and one.size in sizes) for one in known)


def text(ids: FileIds) -> str:
    """As one column keeps them."""
    return " ".join(f"{one.path:x}:{one.size:x}" for one in ids)


def from_text(found: object) -> FileIds:
    """The reverse; what is damaged is as if it was never remembered."""
    try:
        pairs = [word.split(":") for word in str(found or "").split()]
        return tuple(FileId(int(path, 16), int(size, 16)) for path, size in pairs)
    except ValueError:
        return ()

"""Identifies the file of an item or a scene, by a digest of its path and by its size. Pure.

A rating key and a scene id are only addresses. In a new database the same key belongs to another file,
and the records under that key are about the old file.
"""

from collections.abc import Iterable
from typing import NamedTuple

from plex.fields.item import Item, digest64
from plex.path_map import paths
from stash.scene import Scene

_MASK = 2**64 - 1


class FileId(NamedTuple):
    """`path` is a digest of the path in Plex. `size` is in bytes, 0 if unknown."""

    path: int
    size: int


FileIds = tuple[FileId, ...]


def of_item(item: Item) -> FileIds:
    """Returns the files of the item."""
    return _of(item.sized_files)


def of_scene(scene: Scene, path_map: paths.PathMap) -> FileIds:
    """Returns the files of the scene, under the paths that they should have in Plex."""
    return _of((paths.plex_path(file.path, path_map), file.size) for file in scene.files)


def _of(files: Iterable[tuple[str, int]]) -> FileIds:
    return tuple(
        FileId(digest64(paths.key(path).encode("utf-8", "replace")) & _MASK, max(0, size))
        for path, size in files
    )


def is_same(known: FileIds, now: FileIds) -> bool:
    """Whether any of the recorded files is still there. A moved file keeps its size, a replaced file
    keeps its path. Older rows have no files, and are trusted."""
    if not known:
        return True
    digests, sizes = {file.path for file in now}, {file.size for file in now}
    return any(file.path in digests or (file.size and file.size in sizes) for file in known)


def text(ids: FileIds) -> str:
    """Returns the files as a column stores them."""
    return " ".join(f"{file.path:x}:{file.size:x}" for file in ids)


def from_text(column: object) -> FileIds:
    """Reads the column of `text`. A damaged column counts as never recorded."""
    try:
        pairs = [word.split(":") for word in str(column or "").split()]
        return tuple(FileId(int(path, 16), int(size, 16)) for path, size in pairs)
    except ValueError:
        return ()

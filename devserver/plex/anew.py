"""A database that is begun anew: the same files, made into items that know nothing."""

from __future__ import annotations

from .images import ImageStore
from .items import Item, Media
from .library import Library
from .sections import Section
from .tags import TagTables

SAME, SHIFTED = "same", "shifted"
Versions = list[list[tuple[str, int]]]  # the files of each version: (path, size)


def begin(library: Library, keys: str) -> dict[int, int]:
    """Old rating key -> the new one of the same files."""
    if keys not in (SAME, SHIFTED):
        raise ValueError(keys)
    old = [library.items[key] for key in sorted(library.items)]
    new = [item.rk for item in old]
    if keys == SHIFTED and new:
        new = [*new[1:], new[0] if len(new) > 1 else library.next_key()]
    known = [(item.section, _versions(item)) for item in old]
    _forget_all(library)
    for (section, versions), key in sorted(zip(known, new, strict=True), key=lambda one: one[1]):
        _make(library, section, versions, key)
    return {item.rk: key for item, key in zip(old, new, strict=True)}


def _versions(item: Item) -> Versions:
    return [[(part.file, part.size) for part in media.parts] for media in item.media]


def _forget_all(library: Library) -> None:
    for item in list(library.items.values()):
        library.forget(item)
    for collection in list(library.collections.values()):
        library.drop_collection(collection)
    library.tags, library.images = TagTables(), ImageStore()
    now = int(library.now())
    for section in library.sections.values():
        section.created_at = section.updated_at = section.scanned_at = now


def _make(library: Library, section: Section, versions: Versions, key: int) -> None:
    first, *others = versions
    item = library.add_item(section, first, key)
    for files in others:
        parts = [library.new_part(path, size) for path, size in files]
        item.media.append(Media(parts[0].id, parts))
        for path, _ in files:
            library.name_file(path, key)

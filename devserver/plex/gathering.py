"""Filling, renaming and dissolving collections."""

from __future__ import annotations

from . import edits
from .collection import Collection
from .edits import Edit, TagWish
from .items import Item
from .library import Library
from .message import Refusal
from .sections import Section


def gather(library: Library, section: Section, title: str, items: list[Item]) -> Collection:
    """Put items into the collection of that title."""
    collection = library.make_collection(section, title)
    edit = Edit(wishes={"collection": [TagWish(title)]})
    edits.apply(library, items, edit, "add")
    return collection


def remove(library: Library, collection: Collection, items: list[Item]) -> None:
    edits.apply(library, items, Edit(removals={"collection": [collection.tag.name]}))


def dissolve(library: Library, collection: Collection) -> None:
    """The items stay, without its tag."""
    remove(library, collection, collection.members)
    library.drop_collection(collection)


def edit(library: Library, collection: Collection, edit: Edit) -> None:
    """Edit the collection itself. A title that another one has is a conflict."""
    title = edit.scalars.get("title", "")
    if title and title.casefold() != collection.title.casefold():
        if library.collection_named(collection.section, title):
            raise Refusal(409)
        library.rename_collection(collection, title)
    edits.apply_to_collection(library, collection, edit)

"""A metadata refresh: every unlocked field becomes what the agent says.

The agent of a personal library knows what the scanner made of the file's name and nothing else,
unless a test gave it words (`item.agent`).
"""

from __future__ import annotations

from .items import NO_LOCKS, Item
from .kinds import IMAGES, SCALARS, TAGS
from .library import Library
from .person import set_fields

KEPT = ("userRating", "addedAt")  # these are the account's and the server's, not the agent's


def item(library: Library, item: Item) -> None:
    says = {**item.scanned(), **(item.agent or {})}
    for name in SCALARS:
        if name not in KEPT and name not in item.locks:
            item.attrs.pop(name, None)
    for kind in TAGS:
        if kind.wire not in item.locks:
            library.set_tags(item, kind.wire, [])
    locked = {name for name in says if _lock_name(name) in item.locks}
    set_fields(library, item, {k: v for k, v in says.items() if k not in locked})
    _images(library, item)
    item.section.moved(item)
    with library.authored(by_client=False):
        library.changed(item)


def unmatch(library: Library, item: Item) -> None:
    """Whatever was known of it is gone, with the account's rating."""
    item.agent, item.locks, item.roles, item.shelves = None, NO_LOCKS, None, None
    item.guid = f"local://{item.rk}"
    item.attrs = item.scanned()
    for kind in TAGS:
        library.set_tags(item, kind.wire, [])
    item.section.moved(item)
    library.changed(item)


def _images(library: Library, item: Item) -> None:
    """The frame of the video comes back; uploads stay on the shelf."""
    thumb = IMAGES[0]
    shelf = item.shelf(thumb)
    unlocked = thumb.attribute not in item.locks
    if not shelf.selected or (unlocked and library.options.refresh_resets_unlocked_images):
        shelf.show(shelf.keys[0])


def _lock_name(name: str) -> str:
    return next((kind.wire for kind in TAGS if kind.plural == name), name)

"""Changes from outside the API: what a person does in Plex Web, or a test sets up."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from . import edits
from .edits import Edit, TagWish
from .items import Item
from .kinds import IMAGE_BY_ATTRIBUTE, SCALARS, TAG_BY_PLURAL
from .library import Library

ATTRIBUTES = {"guid": "guid", "duration": "duration", "updatedAt": "updated_at"}
ATTRIBUTES |= {"viewCount": "view_count", "lastViewedAt": "viewed_at"}


def set_fields(library: Library, item: Item, fields: dict[str, Any]) -> set[str]:
    """Set fields under their snapshot names; returns the lock names of what was touched.

    Tags: `genres=[..]` sets the list, `add_genres=[..]` and `remove_genres=[..]` change it.
    An actor is a name, or `(name, role, thumb)`. `poster` and `art` are image bytes,
    `locks` and `unlock` are names.
    """
    added, updated = item.added_at, item.updated_at
    touched: set[str] = set()
    for name, value in fields.items():
        if name in ("locks", "unlock") or name in ATTRIBUTES:
            continue
        with library.authored(by_client=False):
            touched.add(_set(library, item, name, value))
    for name, attribute in ATTRIBUTES.items():
        if name in fields:
            setattr(item, attribute, fields[name])
    if "updatedAt" not in fields and not touched:
        item.updated_at = updated
    if "addedAt" not in fields:
        item.added_at = added
    item.locks = (item.locks | set(fields.get("locks", ()))) - set(fields.get("unlock", ()))
    item.listing = None
    return touched


def _set(library: Library, item: Item, name: str, value: Any) -> str:
    if name in SCALARS:
        text = "" if value is None else str(value)
        edits.apply(library, [item], Edit(scalars={name: edits.checked(name, text)}))
        item.authorship.claim(name)
        return name
    if name in ("poster", "art"):
        kind = IMAGE_BY_ATTRIBUTE["thumb" if name == "poster" else name]
        item.shelf(kind).show(library.images.upload(kind, value))
        library.changed(item)
        item.authorship.claim(kind.select)
        return kind.attribute
    verb, _, plural = (
        name.partition("_") if name.startswith(("add_", "remove_")) else ("", "", name)
    )
    if plural not in TAG_BY_PLURAL:
        raise TypeError(f"no such field: {name}")
    wire = TAG_BY_PLURAL[plural].wire
    item.authorship.claim(plural, [one if isinstance(one, str) else one[0] for one in value])
    edits.apply(library, [item], _tag_edit(wire, verb, value), "add" if verb else "replace")
    return wire


def _tag_edit(wire: str, verb: str, value: Iterable[Any]) -> Edit:
    if verb == "remove":
        return Edit(removals={wire: list(value)})
    wishes = [_wish(name) for name in value]
    return Edit(wishes={wire: wishes}, clears=set() if verb else {wire})


def _wish(name: str | tuple[str, ...]) -> TagWish:
    if isinstance(name, str):
        return TagWish(name)
    full = (*name, "", "")
    return TagWish(full[0], thumb=full[2], text=full[1])

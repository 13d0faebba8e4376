"""What an edit request asks for, and what it does to an item."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import NamedTuple
from urllib.parse import unquote_plus

from .collection import Collection
from .items import Item
from .kinds import FLOATS, IMAGE_BY_ATTRIBUTE, INTS, SCALARS, TAG_BY_WIRE
from .library import Library
from .message import Pairs, Refusal
from .tags import Tag

TAG_PARAMETER = re.compile(r"(\w+)\[(\d*)\]\.(tag\.tag-|tag\.tag|tag\.thumb|tagging\.text|tag)")
LOCKABLE = frozenset((*SCALARS, *TAG_BY_WIRE, *IMAGE_BY_ATTRIBUTE, "theme"))
DATE = re.compile(r"\d{4}-\d{2}-\d{2}")


@dataclass
class TagWish:
    """One tag to set or add."""

    name: str = ""
    thumb: str = ""
    text: str = ""


@dataclass
class Edit:
    """A parsed edit; tag names of removals are decoded already."""

    scalars: dict[str, str] = field(default_factory=dict)
    locks: dict[str, bool] = field(default_factory=dict)
    wishes: dict[str, list[TagWish]] = field(default_factory=dict)
    removals: dict[str, list[str]] = field(default_factory=dict)
    clears: set[str] = field(default_factory=set)
    ignored: list[str] = field(default_factory=list)


class TagParameter(NamedTuple):
    """`genre[0].tag.tag` taken apart."""

    kind: str
    position: str
    what: str


def removal_pieces(value: str) -> list[str]:
    """Plex splits on commas first and percent-decodes each piece after that.

    So a name with `,` `&` `%` or `+` survives only when it was encoded twice.
    """
    pieces = (unquote_plus(raw.split("&")[0]) for raw in value.split(","))
    return [piece.strip() for piece in pieces if piece.strip()]


def parsed(pairs: Pairs) -> Edit:
    """The edit in a query string. Unknown names are ignored, malformed values refused."""
    edit = Edit()
    numbered: dict[tuple[str, str], TagWish] = {}
    for name, value in pairs:
        base, _, ending = name.partition(".")
        if ending == "value" and base in SCALARS:
            edit.scalars[base] = checked(base, value)
        elif ending == "locked" and base in LOCKABLE:
            edit.locks[base] = value == "1"
        elif (match := TAG_PARAMETER.fullmatch(name)) and match[1] in TAG_BY_WIRE:
            _tag_parameter(edit, numbered, TagParameter(*match.groups()), value)
        else:
            edit.ignored.append(name)
    for kind, position in sorted(numbered, key=lambda key: int(key[1] or 0)):
        wish = numbered[kind, position]
        if wish.name:
            edit.wishes.setdefault(kind, []).append(wish)
    return edit


def _tag_parameter(
    edit: Edit, numbered: dict[tuple[str, str], TagWish], parameter: TagParameter, value: str
) -> None:
    kind, position, what = parameter
    if what == "tag.tag-" and value:
        edit.removals.setdefault(kind, []).extend(removal_pieces(value))
    elif what in ("tag", "tag.tag-"):
        edit.clears.add(kind)
    else:
        wish = numbered.setdefault((kind, position), TagWish())
        setattr(wish, {"tag.tag": "name", "tag.thumb": "thumb"}.get(what, "text"), value.strip())


def checked(name: str, value: str) -> str:
    """The value as Plex stores it, or a refusal. Empty means clear."""
    if not value:
        return ""
    try:
        if name == "originallyAvailableAt":
            value = value[:10] if value[10:11] in (" ", "T") else value
            if not DATE.fullmatch(value):
                raise ValueError(value)
            date.fromisoformat(value)
        elif name in FLOATS:
            value = str(float(value))
        elif name in INTS:
            value = str(int(float(value)))
    except ValueError:
        raise Refusal(500, "Field data is not valid") from None
    return value


def apply(library: Library, items: Sequence[Item], edit: Edit, mode: str = "") -> None:
    """Do to every item what the edit says. `mode` overrides the server's tag mode."""
    chosen = mode or library.tag_mode
    replace = chosen == "replace" or (chosen == "mixed" and len(items) == 1)
    if library.options.only_first_removal:
        edit.removals = {kind: names[:1] for kind, names in list(edit.removals.items())[:1]}
    for name in library.options.deaf_to & edit.scalars.keys():
        del edit.scalars[name]
    for item in items:
        _apply_scalars(item, edit)
        for kind in {*edit.wishes, *edit.removals, *edit.clears}:
            _apply_tags(library, item, kind, edit, replace)
        _apply_locks(item, edit)
        library.changed(item, bump=library.options.edit_bumps_updated_at)
        if "title" in edit.scalars or "titleSort" in edit.scalars:
            item.section.moved(item)


def apply_to_collection(library: Library, collection: Collection, edit: Edit) -> None:
    """A collection's own fields and labels."""
    _apply_scalars(collection, edit)
    for kind in {*edit.wishes, *edit.removals, *edit.clears} - {"collection"}:
        _apply_tags(library, collection, kind, edit, library.tag_mode != "add")
    _apply_locks(collection, edit)
    library.changed(collection)


def _apply_scalars(item: Item | Collection, edit: Edit) -> None:
    for name, value in edit.scalars.items():
        if name == "addedAt":
            item.added_at = int(value or 0)
        elif value:
            item.attrs[name] = value
        else:
            item.attrs.pop(name, None)


def _apply_locks(item: Item | Collection, edit: Edit) -> None:
    on = {name for name, locked in edit.locks.items() if locked}
    off = {name for name, locked in edit.locks.items() if not locked}
    item.locks = (item.locks | on) - off


def _apply_tags(
    library: Library, item: Item | Collection, kind: str, edit: Edit, replace: bool
) -> None:
    wishes = edit.wishes.get(kind, [])
    emptied = kind in edit.clears or (replace and wishes)
    gone = {name.casefold() for name in edit.removals.get(kind, [])}
    kept = [] if emptied else item.tags.get(kind, [])
    wanted = [_wished(library, item, kind, wish) for wish in wishes]
    tags = [t for t in dict.fromkeys((*kept, *wanted)) if t.name.casefold() not in gone]
    library.set_tags(item, kind, tags)


def _wished(library: Library, item: Item | Collection, kind: str, wish: TagWish) -> Tag:
    tag = library.tags.named(kind, wish.name, library.options.labels_get_capital)
    if wish.thumb:
        tag.thumb = wish.thumb
    if wish.text and library.options.keep_role_text:
        item.roles = {**(item.roles or {}), tag.id: wish.text}
    return tag

"""Plain-data pictures of items, for tests to compare."""

from __future__ import annotations

from typing import Any

from .items import Item
from .kinds import IMAGES, SCALARS, TAGS
from .library import Library


def of(library: Library, item: Item) -> dict[str, Any]:
    """Unset strings are None, unset numbers too; lists are always there."""
    get = item.attrs.get
    year = item.year(library.options.date_sets_year)
    picture: dict[str, Any] = {"ratingKey": item.rk, "section": item.section.id}
    picture |= {name: get(name) for name in SCALARS}
    picture |= {
        "titleSort": item.title_sort,
        "year": int(year) if year else None,
        "addedAt": item.added_at,
        "updatedAt": item.updated_at,
        "deletedAt": item.deleted_at or None,
        "viewCount": item.view_count,
        "guid": item.guid,
        "locks": set(item.locks),
        "files": item.files,
        "media": [[part.file for part in media.parts] for media in item.media],
    }
    for name in ("rating", "audienceRating", "userRating"):
        picture[name] = float(get(name, "")) if get(name) else None
    picture |= {kind.plural: [tag.name for tag in item.tags.get(kind.wire, ())] for kind in TAGS}
    picture["actor_details"] = [
        {"name": tag.name, "role": (item.roles or {}).get(tag.id, ""), "thumb": tag.thumb}
        for tag in item.tags.get("actor", ())
    ]
    return picture | images(item)


def images(item: Item) -> dict[str, Any]:
    """`poster` and `art` are the keys shown, `posters` and `arts` all that is offered."""
    found: dict[str, Any] = {}
    for kind in IMAGES:
        shelf = (item.shelves or {}).get(kind.attribute)
        shown = item.shows(kind)
        found[kind.select] = shown or None
        found[kind.plural] = list(shelf.keys) if shelf else [shown] if shown else []
    thumb = f"/library/metadata/{item.rk}/thumb/{item.updated_at}"
    return found | {"thumb": thumb if found["poster"] else None}


def state(library: Library) -> dict[str, Any]:
    """Everything a client could have changed, in a fixed order."""
    pictures = [of(library, library.items[rk]) for rk in sorted(library.items)]
    for picture in pictures:
        picture["locks"] = sorted(picture["locks"])
    return {
        "items": {picture["ratingKey"]: picture for picture in pictures},
        "collections": {
            rk: {
                "title": gathered.title,
                "section": gathered.section.id,
                "fields": dict(gathered.attrs),
                "items": [item.rk for item in gathered.members],
            }
            for rk, gathered in sorted(library.collections.items())
        },
    }

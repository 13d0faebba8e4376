"""Does Plex say what Stash says? Answered without any code of the plugin's own.

A field is wrong if Plex does not say what Stash says, or if Plex still says what the plugin wrote and
Stash no longer says. A value, a name or an image that somebody else wrote is never a leftover. The
last title and the last image stay in Plex when Stash has none.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from fnmatch import fnmatchcase
from typing import Any

from devserver.plex import PlexServer
from devserver.stash import StashServer
from devserver.stash.changes import content_type

Settings = Mapping[str, Any]
Row = Mapping[str, Any]

# What a field of Plex is called in the setting `sync_fields`.
NAMES = {
    "title": "title", "summary": "summary", "studio": "studio", "originallyAvailableAt": "date",
    "userRating": "rating", "genres": "genres", "actors": "actors", "directors": "directors",
    "collections": "collections", "labels": "labels", "contentRating": "content_rating",
    "originalTitle": "original_title", "poster": "poster", "art": "background",
}  # fmt: skip
ON_REQUEST = ("originalTitle", "art")
WAITING = {
    "contentRating": ("content_rating",),
    "labels": ("labels", "label_tags", "label_organized"),
}
IMAGES = {"poster": "posters", "art": "arts"}
PICTURES = ("image/jpeg", "image/png", "image/webp", "image/gif")
KINDS = {"studio": "Studio", "parent_studio": "Studio", "group": "Group", "performer": "Performer"}


def differences(
    stash: StashServer,
    plex: PlexServer,
    scene_id: int,
    path: str,
    settings: Settings | None = None,
) -> dict[str, Any]:
    """Field -> (expected, found) for one scene and the item that holds `path`."""
    item = plex.item_by_file(path)
    wanted = expected(stash, scene_id, settings)
    wrote = plex.written_by_plugin(item["ratingKey"])
    return {
        field: (wanted.get(field), said(item, field))
        for field in fields(settings or {})
        if _differs(field, wanted.get(field), said(item, field), wrote.get(field, set()))
    }


def _differs(field: str, value: Any, found: Any, wrote: set[str]) -> bool:
    """`wrote` is the part of `found` that the plugin wrote."""
    if field in IMAGES:
        somebody_else_s = str(found or "").startswith("upload://") and not wrote
        return bool(value) and value != found and not somebody_else_s
    if isinstance(found, set):
        said_by_stash = value or set()
        return bool(said_by_stash - found or names(wrote) - said_by_stash)
    if not value:
        return bool(wrote) and field != "title"
    return bool(value != found)


def fields(settings: Settings) -> list[str]:
    """The fields that are switched on and that the proof can tell: not those by template."""
    asked = words(settings, "sync_fields")
    usual = not asked or "all" in asked
    return [
        field for field, called in NAMES.items()
        if ((usual and field not in ON_REQUEST) or called in asked)
        and (field not in WAITING or any(settings.get(one) for one in WAITING[field]))
        and not (field == "title" and settings.get("title_template"))
        and not (field == "poster" and settings.get("poster_fit"))
    ]  # fmt: skip


def expected(stash: StashServer, scene_id: int, settings: Settings | None = None) -> dict[str, Any]:
    """What a person who knows the scene, and the settings of the plugin, expects to see in Plex;
    empty things are left out."""
    row, chosen = stash.scene(scene_id), settings or {}
    day = row["date"] or ""
    found = {
        "title": row["title"],
        "summary": row["details"],
        "studio": name(stash, "studio", row["studio"]) if row["studio"] else "",
        "originallyAvailableAt": day + {4: "-01-01", 7: "-01"}.get(len(day), ""),
        "userRating": row["rating100"] / 10 if row["rating100"] else None,
        "genres": names(_genres(stash, row, chosen)),
        "actors": names(name(stash, "performer", one) for one in row["performers"]),
        "directors": names(filter(None, [row["director"]])),
        "collections": names(_collections(stash, row, chosen)),
        "labels": names(_labels(stash, row, chosen)),
        "contentRating": chosen.get("content_rating"),
        "originalTitle": row["code"],
        **_images(row.get("cover")),
    }
    told = fields(chosen)
    return {field: value for field, value in found.items() if value and field in told}


def _images(cover: tuple[bytes, str] | None) -> dict[str, str]:
    """The cover as poster and background, if it is a picture."""
    if cover is None or not {cover[1], content_type(cover[0])} <= set(PICTURES):
        return {}
    return {field: image_key(cover[0], plural) for field, plural in IMAGES.items()}


def _genres(stash: StashServer, row: Row, settings: Settings) -> list[str]:
    """Its own tags by the alphabet, then those of its performers, and of these as many as may be."""
    found = sorted(_tags(stash, row), key=str.casefold)
    if settings.get("performer_tags"):
        people = [stash.named("performer", one) for one in row["performers"]]
        theirs = [name(stash, "tag", tag) for one in people for tag in one["tags"]]
        found += sorted(theirs, key=str.casefold)
    if words(settings, "genre_only"):
        found = listed(found, settings, "genre_only")
    ignored = names(listed(found, settings, "genre_ignore"))
    kept = dict.fromkeys(one.casefold() for one in found if one.casefold() not in ignored)
    return list(kept)[: int(settings.get("max_tags") or 100)]


def _collections(stash: StashServer, row: Row, settings: Settings) -> list[str]:
    studio = row["studio"]
    above = stash.named("studio", studio)["parent"] if studio else None
    numbers = {
        "studio": [studio] if studio else [],
        "parent_studio": [above] if above else [],
        "group": [pair[0] for pair in row["groups"]],
        "performer": row["performers"],
    }
    found = [
        (kind, name(stash, kind.removeprefix("parent_"), number))
        for kind in words(settings, "collections_from") or ["studio"]
        for number in numbers.get(kind, [])
    ]
    found += [("tag", one) for one in listed(_tags(stash, row), settings, "collection_tags")]
    prefix = str(settings.get("collection_prefix") or "")
    return [
        f"{prefix} {one}".replace("{kind}", KINDS.get(kind, "Tag")).strip() for kind, one in found
    ]


def _labels(stash: StashServer, row: Row, settings: Settings) -> list[str]:
    organized = [settings.get("label_organized") or ""] if row["organized"] else []
    found = listed(_tags(stash, row), settings, "label_tags")
    return [*words(settings, "labels"), *found, *filter(None, organized)]


def _tags(stash: StashServer, row: Row) -> list[str]:
    return [name(stash, "tag", one) for one in row["tags"]]


def listed(tags: Iterable[str], settings: Settings, setting: str) -> list[str]:
    """The tags that a setting names, with `*` for anything."""
    forms = [form.casefold() for form in words(settings, setting)]
    return [tag for tag in tags if any(fnmatchcase(tag.casefold(), form) for form in forms)]


def words(settings: Settings, setting: str) -> list[str]:
    """What stands between the commas of a setting."""
    return [one.strip() for one in str(settings.get(setting) or "").split(",") if one.strip()]


def name(stash: StashServer, kind: str, number: int) -> str:
    """What a performer, studio or tag is called in Stash now."""
    return str(stash.named(kind, number)["name"])


def names(found: Iterable[str]) -> set[str]:
    """Names as Plex tells them apart: without regard to case."""
    return {one.casefold() for one in found}


def said(item: Mapping[str, Any], field: str) -> Any:
    """What Plex says in a field, in the form of `expected`."""
    found = item.get(field)
    return names(found) if isinstance(found, (list, tuple)) else found


def image_key(cover: bytes, plural: str) -> str:
    """The key under which Plex keeps an uploaded image."""
    return f"upload://{plural}/{hashlib.sha1(cover, usedforsecurity=False).hexdigest()}"


def poster_key(cover: bytes) -> str:
    return image_key(cover, "posters")

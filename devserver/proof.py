"""Does Plex say what Stash says? Answered without any code of the plugin's own."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from fnmatch import fnmatchcase
from typing import Any

from devserver.plex import PlexServer
from devserver.stash import StashServer


def expected(
    stash: StashServer, scene_id: int, settings: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """What a person who knows the scene, and the settings of the plugin, expects to see in Plex;
    empty things are left out."""
    row = stash.scene(scene_id)
    studio = name(stash, "studio", row["studio"]) if row["studio"] else ""
    day = row["date"] or ""
    said = {
        "title": row["title"],
        "summary": row["details"],
        "studio": studio,
        "originallyAvailableAt": day + {4: "-01-01", 7: "-01"}.get(len(day), ""),
        "userRating": row["rating100"] / 10 if row["rating100"] else None,
        "genres": names(name(stash, "tag", one) for one in row["tags"]),
        "actors": names(name(stash, "performer", one) for one in row["performers"]),
        "directors": names(filter(None, [row["director"]])),
        "collections": names([studio] if studio else []),
    }
    said |= by_settings(stash, row, settings or {})
    return {field: value for field, value in said.items() if value}


def by_settings(
    stash: StashServer, row: Mapping[str, Any], settings: Mapping[str, Any]
) -> dict[str, Any]:
    """The fields that a setting switches on, or makes another; what a template gives is not told."""
    said: dict[str, Any] = {"contentRating": settings.get("content_rating")}
    if "original_title" in words(settings, "sync_fields"):
        said["originalTitle"] = row["code"]
    if settings.get("title_template"):
        said["title"] = None
    tags = [name(stash, "tag", one) for one in row["tags"]]
    labels = [*words(settings, "labels"), *listed(tags, settings, "label_tags")]
    said["labels"] = names(labels)
    if settings.get("performer_tags"):
        people = [stash.named("performer", one) for one in row["performers"]]
        tags += [name(stash, "tag", tag) for one in people for tag in one["tags"]]
    if settings.get("performer_tags") or settings.get("genre_ignore"):
        said["genres"] = names(tags) - names(listed(tags, settings, "genre_ignore"))
    if sources := words(settings, "collections_from"):
        above = stash.named("studio", row["studio"])["parent"] if row["studio"] else None
        found = {
            "studio": [name(stash, "studio", row["studio"])] if row["studio"] else [],
            "parent_studio": [name(stash, "studio", above)] if above else [],
            "group": [name(stash, "group", pair[0]) for pair in row["groups"]],
            "performer": [name(stash, "performer", one) for one in row["performers"]],
        }
        own = [name(stash, "tag", one) for one in row["tags"]]
        gathered = [one for kind in sources for one in found.get(kind, [])]
        said["collections"] = names([*gathered, *listed(own, settings, "collection_tags")])
    return said


def listed(tags: Iterable[str], settings: Mapping[str, Any], setting: str) -> list[str]:
    """The tags that a setting names, with `*` for anything."""
    forms = [form.casefold() for form in words(settings, setting)]
    return [tag for tag in tags if any(fnmatchcase(tag.casefold(), form) for form in forms)]


def words(settings: Mapping[str, Any], setting: str) -> list[str]:
    """What stands between the commas of a setting."""
    return [one.strip() for one in str(settings.get(setting) or "").split(",") if one.strip()]


def name(stash: StashServer, kind: str, number: int) -> str:
    """What a performer, studio or tag is called in Stash now."""
    return str(stash.named(kind, number)["name"])


def names(found: Iterable[str]) -> set[str]:
    """Names as Plex tells them apart: without regard to case."""
    return {one.casefold() for one in found}


def differences(
    stash: StashServer,
    plex: PlexServer,
    scene_id: int,
    path: str,
    settings: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Field -> (expected, found) for one scene and the item that holds `path`."""
    item = plex.item_by_file(path)
    return {
        field: (value, said(item, field))
        for field, value in expected(stash, scene_id, settings).items()
        if not _agrees(value, said(item, field))
    }


def said(item: Mapping[str, Any], field: str) -> Any:
    """What Plex says in a field, in the form of `expected`."""
    found = item.get(field)
    return names(found) if isinstance(found, (list, tuple)) else found


def _agrees(value: Any, found: Any) -> bool:
    # A person's own genres and labels may stand beside ours.
    return value <= found if isinstance(value, set) else value == found


def poster_key(cover: bytes) -> str:
    """The key under which Plex keeps an uploaded image."""
    return f"upload://posters/{hashlib.sha1(cover, usedforsecurity=False).hexdigest()}"

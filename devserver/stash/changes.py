"""Turns mutation inputs into changes of rows: checked first, then applied in one go."""

from __future__ import annotations

import base64
import binascii
import re
from typing import Any

from .store import ROW_OF, Scene, Store

SCENE_TEXT = ("title", "code", "details", "director")
DATE = re.compile(r"\d{4}(-\d{2}(-\d{2})?)?\Z")
DATA_URL = re.compile(r"data:(?P<type>[^;,]*)[^,]*;base64,(?P<body>.*)", re.DOTALL)


class Refused(Exception):
    """A resolver's error: HTTP 200 with `errors`."""


def number(value: Any, what: str = "id") -> int:
    try:
        return int(value)
    except (TypeError, ValueError) as error:
        raise Refused(f'converting {what}: strconv.Atoi: parsing "{value}": invalid syntax') from (
            error
        )


def partial_date(value: str | None) -> str | None:
    """A year, a month or a day."""
    if not value:
        return None
    if not DATE.match(value):
        raise Refused(f"converting date: parsing date {value!r}: invalid format")
    return value


def image_bytes(text: str) -> bytes:
    """A data URL or plain base64; remote URLs are not fetched here."""
    if text.startswith(("http://", "https://")):
        raise Refused("processing cover image: the simulator does not fetch images")
    found = DATA_URL.match(text)
    try:
        return base64.b64decode(found["body"] if found else text)
    except (binascii.Error, ValueError) as error:
        raise Refused(f"processing cover image: {error}") from error


def content_type(data: bytes) -> str:
    """What Go's DetectContentType says, with Stash's rule for SVG."""
    if data.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "image/webp"
    if data.startswith(b"GIF8"):
        return "image/gif"
    head = data[:64].lstrip().lower()
    return "image/svg+xml" if head.startswith((b"<svg", b"<?xml")) else "application/octet-stream"


def related_ids(store: Store, kind: str, ids: list | None, field: str) -> tuple[int, ...]:
    found = tuple(dict.fromkeys(number(i, field) for i in ids or ()))
    for id_ in found:
        if id_ not in store.named[kind]:
            raise Refused("FOREIGN KEY constraint failed")
    return found


def bulk_ids(store: Store, kind: str, now: tuple, change: dict | None, field: str) -> tuple:
    """SET, ADD or REMOVE relative to what a row has."""
    if change is None:
        return now
    ids = related_ids(store, kind, change.get("ids"), field)
    return merged(now, ids, change["mode"])


def merged(now: tuple, values: tuple, mode: str) -> tuple:
    if mode == "SET":
        return values
    if mode == "ADD":
        return tuple(dict.fromkeys((*now, *values)))
    return tuple(v for v in now if v not in values)


def stash_ids(store: Store, given: list | None) -> tuple[dict, ...]:
    now = store.now()
    return tuple({**one, "updated_at": one.get("updated_at") or now} for one in given or ())


def custom_fields(row: Any, change: dict | None) -> dict:
    if change is None:
        return {}
    if change.get("full") is not None:
        return dict(change["full"])
    mixed = {**(row.custom_fields or {}), **(change.get("partial") or {})}
    return {k: v for k, v in mixed.items() if k not in (change.get("remove") or ())}


def scene_changes(store: Store, scene: Scene, given: dict, bulk: bool = False) -> dict[str, Any]:
    """Column -> new value. Fields that were not sent do not appear; null clears."""
    changes: dict[str, Any] = {
        name: (given[name] or "").strip() for name in SCENE_TEXT if name in given
    }
    if "date" in given:
        changes["date"] = partial_date(given["date"])
    if "rating100" in given:
        changes["rating100"] = given["rating100"]
    if "organized" in given:
        changes["organized"] = bool(given["organized"])
    if "studio_id" in given:
        one = [given["studio_id"]] if given["studio_id"] is not None else []
        changes["studio"] = next(iter(related_ids(store, "studio", one, "studio id")), None)
    if "play_duration" in given and given["play_duration"] is not None:
        changes["play_duration"] = given["play_duration"]
    if "custom_fields" in given:
        changes["custom_fields"] = custom_fields(scene, given["custom_fields"])
    changes.update(_relations(store, scene, given, bulk))
    if not bulk:
        changes.update(_single_scene(store, scene, given))
    if changes.get("title") == "" and not scene.files and not bulk:
        raise Refused("title must be set if scene has no files")
    return changes


def _relations(store: Store, scene: Scene, given: dict, bulk: bool) -> dict[str, Any]:
    changes: dict[str, Any] = {}
    for kind in ("performer", "tag"):
        field = kind + "_ids"
        if field in given:
            now = getattr(scene, kind + "s")
            changes[kind + "s"] = (
                bulk_ids(store, kind, now, given[field], field)
                if bulk
                else related_ids(store, kind, given[field], field)
            )
    if "urls" in given:
        changes["urls"] = _urls(scene.urls, given["urls"], bulk)
    elif "url" in given:
        changes["urls"] = (given["url"].strip(),) if given["url"] else ()
    if bulk:
        for field in ("group_ids", "movie_ids"):
            if field in given:
                had = dict(scene.groups)
                ids = bulk_ids(store, "group", tuple(had), given[field], field)
                changes["groups"] = tuple((id_, had.get(id_)) for id_ in ids)
                break
    return changes


def _urls(now: tuple, given: Any, bulk: bool) -> tuple[str, ...]:
    if bulk:
        values = tuple(v.strip() for v in (given or {}).get("values") or ())
        return merged(now, values, given["mode"]) if given else now
    return tuple(v.strip() for v in given or ())


def _single_scene(store: Store, scene: Scene, given: dict) -> dict[str, Any]:
    changes: dict[str, Any] = {}
    for field, key in (("groups", "group_id"), ("movies", "movie_id")):
        if field in given:
            pairs = [(number(g[key], "groups"), g.get("scene_index")) for g in given[field] or ()]
            related_ids(store, "group", [id_ for id_, _ in pairs], "groups")
            changes["groups"] = tuple(dict(pairs).items())
            break
    if "stash_ids" in given:
        changes["stash_ids"] = stash_ids(store, given["stash_ids"])
    if given.get("cover_image"):
        data = image_bytes(given["cover_image"])
        changes["cover"] = (data, content_type(data))
    if given.get("primary_file_id"):
        first = number(given["primary_file_id"], "primary file id")
        if first not in scene.files:
            raise Refused(f"file with id {first} not associated with scene")
        changes["files"] = (first, *(f for f in scene.files if f != first))
    return changes


NAMED_IDS = {"tag_ids": ("tag", "tags"), "parent_ids": ("tag", "parents")}
NAMED_ONE = {"parent_id": ("studio", "parent"), "studio_id": ("studio", "studio")}
NAMED_LISTS = ("urls", "aliases", "alias_list")
IMAGES = {"image": "image", "front_image": "image", "back_image": "back_image"}


def named_changes(store: Store, kind: str, row: Any, given: dict) -> dict[str, Any]:
    """The same for a performer, studio, tag or group; `row` is None for a new one."""
    changes: dict[str, Any] = {}
    for field, value in given.items():
        if field in ("id", "child_ids"):
            continue
        if field in NAMED_IDS:
            other, column = NAMED_IDS[field]
            changes[column] = related_ids(store, other, value, field)
        elif field in NAMED_ONE:
            other, column = NAMED_ONE[field]
            ids = related_ids(store, other, [value] if value is not None else [], field)
            changes[column] = next(iter(ids), None)
        elif field in NAMED_LISTS and not (kind == "group" and field == "aliases"):
            changes[field] = tuple(value or ())
        elif field in IMAGES:
            data = image_bytes(value) if value else b""
            changes[IMAGES[field]] = (data, content_type(data)) if data else None
        elif field == "stash_ids":
            changes[field] = stash_ids(store, value)
        elif field == "custom_fields":
            changes[field] = custom_fields(row, value) if row else dict(value or {})
        elif field in ROW_OF[kind].__slots__:
            changes[field] = value
    _check_name(store, kind, row, changes)
    return changes


def _check_name(store: Store, kind: str, row: Any, changes: dict) -> None:
    if "name" not in changes:
        return
    name = (changes["name"] or "").strip()
    if not name:
        blank = "name cannot be empty" if kind == "group" else f"{kind} name must not be blank"
        raise Refused(blank)
    changes["name"] = name
    other = store.names[kind].get(name)
    same_person = kind == "performer" and changes.get("disambiguation")
    if kind != "group" and not same_person and other is not None and (not row or other != row.id):
        raise Refused(f"{kind} with name '{name}' already exists")


def apply(row: Any, changes: dict[str, Any], now: str) -> None:
    """Writes the changes; updated_at moves even when there are none."""
    for column, value in changes.items():
        setattr(row, column, value)
    row.updated_at = now

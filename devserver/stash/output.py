"""Output fields that are not plain columns: relations, counts and URLs."""

from __future__ import annotations

import calendar
import posixpath
from collections.abc import Callable
from datetime import datetime
from operator import itemgetter
from typing import TYPE_CHECKING, Any

from .projection import Getter
from .store import Scene, Store, VideoFile

Getters = dict[str, dict[str, Callable[[dict], Getter]]]


def epoch(stamp: str) -> int:
    """Stash's RFC 3339 text -> seconds since 1970, the `t` of an image URL."""
    return calendar.timegm(datetime.fromisoformat(stamp.replace("Z", "+00:00")).utctimetuple())


def _plain(get: Getter) -> Callable[[dict], Getter]:
    """A getter that ignores the field's arguments."""
    return lambda args: get


def _constant(value: Any) -> Callable[[dict], Getter]:
    return _plain(lambda row: value)


class Entry:
    """A row that exists only in an answer: a page of results, a version, a plugin."""

    if TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any: ...

        def __setattr__(self, name: str, value: Any) -> None: ...

    def __init__(self, **fields: Any) -> None:
        self.__dict__.update(fields)


def getters(store: Store, base_url: str) -> Getters:
    """All special fields, bound to one store and to the base URL of one request."""
    return {
        "Scene": _scene(store, base_url),
        "ScenePathsType": _paths(base_url),
        "VideoFile": _file(store),
        "Folder": _folder(store),
        "Performer": _performer(store, base_url),
        "Studio": _studio(store, base_url),
        "Tag": _tag(store, base_url),
        "Group": _group(store, base_url),
        "SceneGroup": {
            "group": _plain(lambda pair: store.named["group"][pair[0]]),
            "scene_index": _plain(lambda pair: pair[1]),
        },
        "SceneMovie": {
            "movie": _plain(lambda pair: store.named["group"][pair[0]]),
            "scene_index": _plain(lambda pair: pair[1]),
        },
        "ConfigResult": {"plugins": _plugin_settings},
        "FindScenesResultType": {
            "duration": _total(store, "duration"),
            "filesize": _total(store, "size"),
        },
        "StashID": {
            name: _plain(itemgetter(name)) for name in ("endpoint", "stash_id", "updated_at")
        },
        "Fingerprint": {
            "type": _plain(lambda pair: pair[0]),
            "value": _plain(lambda pair: pair[1]),
        },
    }


def _total(store: Store, column: str) -> Callable[[dict], Getter]:
    """Over all matches, by their primary files."""

    def total(answer: Any) -> float:
        firsts = (store.files[scene.files[0]] for scene in answer.rows if scene.files)
        return float(sum(getattr(file, column) for file in firsts))

    return _plain(total)


def _plugin_settings(args: dict) -> Getter:
    """Only plugins that have something saved appear: `{}` before the first save."""
    include = args.get("include")

    def settings(row: Any) -> dict[str, dict]:
        saved = {k: v for k, v in row.settings.items() if v}
        return saved if not include else {k: v for k, v in saved.items() if k in include}

    return settings


def _related(store: Store, kind: str, attribute: str) -> Callable[[dict], Getter]:
    rows = store.named[kind]
    return _plain(lambda row: [rows[i] for i in getattr(row, attribute)])


def _scene(store: Store, base_url: str) -> dict[str, Callable[[dict], Getter]]:
    files, studios = store.files, store.named["studio"]
    return {
        "url": _plain(lambda row: row.urls[0] if row.urls else None),
        "o_counter": _plain(lambda row: len(row.o_history)),
        "interactive": _constant(False),
        "interactive_speed": _constant(None),
        "captions": _constant(None),
        "galleries": _constant(()),
        "sceneStreams": _constant(()),
        "scene_markers": _plain(lambda row: row.markers),
        "movies": _plain(lambda row: row.groups),
        "last_played_at": _plain(lambda row: max(row.play_history, default=None)),
        "play_count": _plain(lambda row: len(row.play_history)),
        "files": _plain(lambda row: [files[i] for i in row.files]),
        "paths": _plain(lambda row: row),
        "studio": _plain(lambda row: None if row.studio is None else studios[row.studio]),
        "tags": _related(store, "tag", "tags"),
        "performers": _related(store, "performer", "performers"),
        "custom_fields": _plain(lambda row: row.custom_fields or {}),
    }


def _paths(base_url: str) -> dict[str, Callable[[dict], Getter]]:
    def under(tail: str) -> Callable[[dict], Getter]:
        return _plain(lambda row: f"{base_url}/scene/{row.id}/{tail}")

    def screenshot(row: Scene) -> str:
        return f"{base_url}/scene/{row.id}/screenshot?t={epoch(row.updated_at)}"

    plain = {
        name: under(name)
        for name in ("preview", "stream", "webp", "funscript", "interactive_heatmap", "caption")
    }
    return {
        **plain,
        "screenshot": _plain(screenshot),
        "vtt": under("_thumbs.vtt"),
        "sprite": under("_sprite.jpg"),
    }


def _file(store: Store) -> dict[str, Callable[[dict], Getter]]:
    def parent(row: VideoFile) -> Any:
        return store.folder(posixpath.dirname(row.path))

    def fingerprint(args: dict) -> Getter:
        return lambda row: dict(row.fingerprints).get(args["type"])

    return {
        "parent_folder": _plain(parent),
        "parent_folder_id": _plain(lambda row: parent(row).id),
        "zip_file": _constant(None),
        "zip_file_id": _constant(None),
        "fingerprint": fingerprint,
    }


def _folder(store: Store) -> dict[str, Callable[[dict], Getter]]:
    def parent(row: Any) -> Any:
        above = posixpath.dirname(row.path)
        return None if above == row.path else store.folder(above)

    return {
        "parent_folder": _plain(parent),
        "parent_folder_id": _plain(lambda row: getattr(parent(row), "id", None)),
        "zip_file": _constant(None),
        "zip_file_id": _constant(None),
    }


def _image(base_url: str, kind: str, tail: str = "image", attribute: str = "image") -> Any:
    def url(row: Any) -> str:
        address = f"{base_url}/{kind}/{row.id}/{tail}?t={epoch(row.updated_at)}"
        return address if getattr(row, attribute) else address + "&default=true"

    return _plain(url)


def _common(store: Store, kind: str) -> dict[str, Callable[[dict], Getter]]:
    def scenes(row: Any) -> list[Scene]:
        return store.scenes_with(kind, row.id)

    return {
        "url": _plain(lambda row: row.urls[0] if row.urls else None),
        "scenes": _plain(scenes),
        "scene_count": _plain(lambda row: len(scenes(row))),
        "o_counter": _plain(lambda row: sum(len(s.o_history) for s in scenes(row))),
        "custom_fields": _plain(lambda row: row.custom_fields or {}),
        "groups": _constant(()),
        "tags": _related(store, "tag", "tags"),
    }


def _performer(store: Store, base_url: str) -> dict[str, Callable[[dict], Getter]]:
    return {**_common(store, "performer"), "image_path": _image(base_url, "performer")}


def _studio(store: Store, base_url: str) -> dict[str, Callable[[dict], Getter]]:
    studios = store.named["studio"]
    return {
        **_common(store, "studio"),
        "image_path": _image(base_url, "studio"),
        "parent_studio": _plain(lambda row: studios.get(row.parent)),
        "child_studios": _plain(lambda row: [s for s in studios.values() if s.parent == row.id]),
    }


def _tag(store: Store, base_url: str) -> dict[str, Callable[[dict], Getter]]:
    tags = store.named["tag"]

    def children(row: Any) -> list[Any]:
        return [t for t in tags.values() if row.id in t.parents]

    return {
        **_common(store, "tag"),
        "image_path": _image(base_url, "tag"),
        "parents": _plain(lambda row: [tags[i] for i in row.parents]),
        "children": _plain(children),
        "parent_count": _plain(lambda row: len(row.parents)),
        "child_count": _plain(lambda row: len(children(row))),
    }


def _group(store: Store, base_url: str) -> dict[str, Callable[[dict], Getter]]:
    studios = store.named["studio"]
    return {
        **_common(store, "group"),
        "front_image_path": _image(base_url, "group", "frontimage"),
        "back_image_path": _image(base_url, "group", "backimage", "back_image"),
        "studio": _plain(lambda row: studios.get(row.studio)),
        "containing_groups": _constant(()),
        "sub_groups": _constant(()),
    }

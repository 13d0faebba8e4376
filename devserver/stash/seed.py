"""Fills a library without a trace: no hook, no request, as an import or an old database would."""

from __future__ import annotations

from typing import Any

from .changes import content_type, stash_ids
from .library import Library
from .store import Scene, VideoFile


def facts(given: dict[str, Any]) -> dict[str, Any]:
    """File attributes by their short names: oshash, md5 and phash become fingerprints."""
    facts = dict(given)
    prints = tuple((t, facts.pop(t)) for t in ("oshash", "md5", "phash") if t in facts)
    if prints:
        facts["fingerprints"] = prints
    return facts


def _file(library: Library, given: str | dict[str, Any]) -> VideoFile:
    fields = {"path": given} if isinstance(given, str) else dict(given)
    path = fields.pop("path")
    known = facts(fields)
    library.disk[path] = known
    return library.store.add_file(path, **known)


def add_scene(
    library: Library,
    *,
    path: str | None = None,
    files: list[str | dict[str, Any]] | None = None,
    studio: str | None = None,
    performers: list[str] | None = None,
    tags: list[str] | None = None,
    groups: list[str | tuple[str, int]] | None = None,
    cover: bytes | None = None,
    urls: list[str] | None = None,
    stash_id_list: list[dict] | None = None,
    **fields: Any,
) -> int:
    """Names of related objects are created on demand; files are paths or dicts with `path`."""
    store = library.store
    with store.lock:
        given = files if files is not None else ([path] if path is not None else [])
        rows = [_file(library, one) for one in given]
        ids = fields.pop("stash_ids", stash_id_list)
        pairs = [(g, None) if isinstance(g, str) else g for g in groups or ()]
        scene = store.add_scene(
            rows,
            studio=None if studio is None else store.id_of("studio", studio),
            performers=tuple(store.id_of("performer", name) for name in performers or ()),
            tags=tuple(store.id_of("tag", name) for name in tags or ()),
            groups=tuple((store.id_of("group", name), index) for name, index in pairs),
            cover=None if cover is None else (cover, content_type(cover)),
            urls=tuple(urls or ()),
            stash_ids=stash_ids(store, ids),
            **fields,
        )
    return scene.id


def replace_database(library: Library, updated_at: str = "") -> dict[int, int]:
    """Another database of the same files: each scene has the id of the next one, and the last one
    that of the first. Old id -> new id of the same file; `updated_at` is for all of them.
    """
    store = library.store
    with store.lock:
        old = sorted(store.scenes)
        new = dict(zip(old, [*old[1:], *old[:1]], strict=True))
        for scene in store.scenes.values():
            scene.id = new[scene.id]
            scene.updated_at = updated_at or scene.updated_at
        store.scenes = {scene.id: scene for scene in sorted(store.scenes.values(), key=_id)}
    return new


def _id(scene: Scene) -> int:
    return int(scene.id)


def scene_at(library: Library, path: str) -> int:
    scene = library.store.scene_of_file(library.store.file_by_path[path].id)
    if scene is None:
        raise LookupError(f"no scene has {path}")
    return scene.id

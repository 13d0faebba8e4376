"""Jobs that walk the library: scan, clean, auto-tag, identify."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from .changes import apply, scene_changes
from .context import Cancelled, Context
from .hook_input import full
from .mutations import destroy_context, fire
from .store import Scene, VideoFile, oshash

if TYPE_CHECKING:
    from .library import Library


def under(path: str, paths: list[str] | None) -> bool:
    return not paths or any(path == p or path.startswith(p.rstrip("/") + "/") for p in paths)


# ---- scan --------------------------------------------------------------------------------


def scan(library: Library, context: Context, given: dict) -> None:
    """Every file on the disk: new, moved, changed, or left alone. Hooks run inside the workers."""
    wanted = [path for path in sorted(library.disk) if under(path, given.get("paths"))]
    rescan = bool(given.get("rescan"))
    with ThreadPoolExecutor(max(library.parallel_tasks, 1)) as workers:
        list(workers.map(lambda path: _scan_file(library, context, path, rescan), wanted))


def _scan_file(library: Library, context: Context, path: str, rescan: bool) -> None:
    if context.cancelled():
        return
    with library.store.lock:
        scene, event = _seen(library, path, library.disk[path], rescan)
    try:
        if scene is not None:
            fire(library, context, "scene", event, scene.id, None)
    except Cancelled:
        return


def _seen(library: Library, path: str, facts: dict, rescan: bool) -> tuple[Scene | None, str]:
    store = library.store
    known = store.file_by_path.get(path)
    if known is not None:
        changed = rescan or any(getattr(known, k) != v for k, v in facts.items())
        if not changed:
            return None, ""
        for name, value in facts.items():
            setattr(known, name, value)
        known.updated_at = store.now()
        return store.scene_of_file(known.id), "Update"
    twin = _same_content(library, facts, path)
    if twin is not None and twin.path not in library.disk:
        return _moved(library, twin, path), "Update"
    file = store.add_file(path, **facts)
    if twin is not None:
        return _joined(library, twin, file), "Update"
    return store.add_scene([file]), "Create"


def _same_content(library: Library, facts: dict, path: str) -> VideoFile | None:
    prints = set(facts.get("fingerprints") or (("oshash", oshash(path)),))
    files = library.store.files.values()
    return next((f for f in files if prints.intersection(f.fingerprints)), None)


def _moved(library: Library, file: VideoFile, path: str) -> Scene | None:
    """A move is an Update with null input, and updated_at stays."""
    store = library.store
    store.file_by_path.pop(file.path, None)
    file.path = path
    store.file_by_path[path] = file
    return store.scene_of_file(file.id)


def _joined(library: Library, twin: VideoFile, file: VideoFile) -> Scene | None:
    """Same content at a second place: one more file of the scene, and updated_at moves."""
    scene = library.store.scene_of_file(twin.id)
    if scene is None:
        return library.store.add_scene([file])
    scene.files += (file.id,)
    scene.updated_at = library.store.now()
    return scene


# ---- clean -------------------------------------------------------------------------------


def clean(library: Library, context: Context, given: dict) -> None:
    """Files that are gone from the disk; a scene without files goes too, with its path as trace."""
    store = library.store
    gone = [f for f in store.files.values() if f.path not in library.disk]
    for file in gone:
        if given.get("dryRun") or not under(file.path, given.get("paths")):
            continue
        if context.cancelled():
            return
        with store.lock:
            destroyed = _clean_file(library, file)
        if destroyed is not None:
            scene, what = destroyed
            empty = {"id": "", "delete_file": None, "delete_generated": None}
            fire(library, context, "scene", "Destroy", scene.id, {**empty, **what})


def _clean_file(library: Library, file: VideoFile) -> tuple[Scene, dict[str, str]] | None:
    store = library.store
    scene = store.scene_of_file(file.id)
    what = destroy_context(library, scene) if scene is not None else {}
    store.drop_file(file.id)
    if scene is None:
        return None
    was_primary = scene.files[0] == file.id
    scene.files = tuple(f for f in scene.files if f != file.id)
    if not scene.files:
        del store.scenes[scene.id]
        return scene, what
    if was_primary:
        scene.updated_at = store.now()
    return None


# ---- auto-tag ----------------------------------------------------------------------------


def auto_tag(library: Library, context: Context, given: dict) -> None:
    """Adds objects whose name is in a path. No hook at all; updated_at moves."""
    store = library.store
    for kind in ("performer", "studio", "tag"):
        wanted = given.get(kind + "s") or ()
        for row in list(store.named[kind].values()):
            if row.ignore_auto_tag or not {"*", str(row.id)}.intersection(wanted):
                continue
            for scene in list(store.scenes.values()):
                context.check()
                if _mentions(library, scene, row.name, given.get("paths")):
                    with store.lock:
                        _tag(library, scene, kind, row.id)


def _mentions(library: Library, scene: Scene, name: str, paths: list[str] | None) -> bool:
    words = [re.escape(word) for word in name.split()]
    pattern = re.compile(r"(?:^|[\W_])" + r"[.\-_ ]*".join(words) + r"(?:[\W_]|$)", re.IGNORECASE)
    found = [library.store.files[i].path for i in scene.files]
    return any(under(path, paths) and pattern.search(path) for path in found)


def _tag(library: Library, scene: Scene, kind: str, id_: int) -> None:
    if kind == "studio":
        if scene.studio is not None:
            return
        scene.studio = id_
    elif id_ in getattr(scene, kind + "s"):
        return
    else:
        setattr(scene, kind + "s", (*getattr(scene, kind + "s"), id_))
    scene.updated_at = library.store.now()


# ---- identify ----------------------------------------------------------------------------


def identify(library: Library, context: Context, given: dict) -> None:
    """Applies `library.identified` (scene id -> input), one scene after the other. Only scenes
    that change get a hook, with an input that Stash makes up from the change."""
    wanted = given.get("sceneIDs")
    ids = [int(i) for i in wanted] if wanted is not None else sorted(library.identified)
    for id_ in ids:
        context.check()
        scene, found = library.store.scenes.get(id_), library.identified.get(id_)
        if scene is None or not found:
            continue
        with library.store.lock:
            changes = _differing(scene, scene_changes(library.store, scene, found))
            if changes:
                apply(scene, changes, library.store.now())
        if changes:
            given_ = {"id": str(id_), **found}
            input_ = full(library.schema, "SceneUpdateInput", given_)
            fire(library, context, "scene", "Update", id_, input_, list(given_))


def _differing(scene: Scene, changes: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in changes.items() if getattr(scene, name) != value}

"""Mutations of the library: what they change and which hooks they fire, before they answer."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from .changes import Refused, apply, named_changes, number, scene_changes
from .context import Context
from .hook_input import full
from .output import Entry
from .store import KINDS, Scene, detach

if TYPE_CHECKING:
    from .library import Library

Resolver = Callable[["Library", Context, dict], Any]
# Groups were called movies: every event of a group also fires under the old name.
ALIASES = {"group": ("Group", "Movie")}
GENERATED_COVER = b"\xff\xd8\xff\xe0" + b"\x00" * 16 + b"generated" + b"\xff\xd9"


def fire(
    library: Library,
    context: Context,
    kind: str,
    event: str,
    id_: int,
    input_: Any,
    fields: list[str] | None = None,
) -> None:
    for name in ALIASES.get(kind, (kind.capitalize(),)):
        library.host.run_hooks(context, id_, f"{name}.{event}.Post", input_, fields)


def scene_of(library: Library, id_: Any) -> Scene:
    found = library.store.scenes.get(number(id_))
    if found is None:
        raise Refused(f"scene with id {id_} not found")
    return found


# ---- scenes ------------------------------------------------------------------------------


def scene_create(library: Library, context: Context, args: dict) -> Scene:
    given, store = args["input"], library.store
    with store.lock:
        files = [store.files[number(i)] for i in given.get("file_ids") or ()]
        if not files and not (given.get("title") or "").strip():
            raise Refused("title must be set if scene has no files")
        draft = Scene(id=0, files=tuple(f.id for f in files))
        fields = {k: v for k, v in given.items() if k != "custom_fields"}
        changes = scene_changes(store, draft, fields)
        changes["custom_fields"] = given.get("custom_fields")
        changes.pop("files", None)
        scene = store.add_scene(files, **changes)
    fire(library, context, "scene", "Create", scene.id, None)
    return scene


def scene_update(library: Library, context: Context, args: dict) -> Scene:
    given, store = args["input"], library.store
    with store.lock:
        scene = scene_of(library, given["id"])
        apply(scene, scene_changes(store, scene, given), store.now())
    input_ = full(library.schema, "SceneUpdateInput", given)
    fire(library, context, "scene", "Update", scene.id, input_, list(given))
    return scene


def scenes_update(library: Library, context: Context, args: dict) -> list[Scene]:
    """One transaction; then one hook per scene, each with the whole array as its input."""
    store, inputs = library.store, args["input"]
    with store.lock:
        scenes = [scene_of(library, one["id"]) for one in inputs]
        changes = [scene_changes(store, s, one) for s, one in zip(scenes, inputs, strict=True)]
        for scene, change in zip(scenes, changes, strict=True):
            apply(scene, change, store.now())
    whole = [full(library.schema, "SceneUpdateInput", one) for one in inputs]
    for scene, one in zip(scenes, inputs, strict=True):
        fire(library, context, "scene", "Update", scene.id, whole, list(one))
    return scenes


def bulk_scene_update(library: Library, context: Context, args: dict) -> list[Scene]:
    store, given = library.store, args["input"]
    with store.lock:
        scenes = [scene_of(library, id_) for id_ in given.get("ids") or ()]
        changes = [scene_changes(store, scene, given, bulk=True) for scene in scenes]
        for scene, change in zip(scenes, changes, strict=True):
            apply(scene, change, store.now())
    input_ = full(library.schema, "BulkSceneUpdateInput", given)
    for scene in scenes:
        fire(library, context, "scene", "Update", scene.id, input_, list(given))
    return scenes


def destroy_context(library: Library, scene: Scene) -> dict[str, str]:
    """What a destroy hook still learns about a scene that is gone."""
    file = library.store.files.get(scene.files[0]) if scene.files else None
    prints = dict(file.fingerprints) if file else {}
    return {
        "checksum": prints.get("md5", ""),
        "oshash": prints.get("oshash", ""),
        "path": file.path if file else "",
    }


def scene_destroy(library: Library, context: Context, args: dict) -> bool:
    return _destroy_scenes(library, context, args["input"], [args["input"]["id"]])


def scenes_destroy(library: Library, context: Context, args: dict) -> bool:
    return _destroy_scenes(library, context, args["input"], args["input"]["ids"])


def _destroy_scenes(library: Library, context: Context, given: dict, ids: list) -> bool:
    type_name = "SceneDestroyInput" if "id" in given else "ScenesDestroyInput"
    with library.store.lock:
        scenes = [scene_of(library, id_) for id_ in ids]
        known = [destroy_context(library, scene) for scene in scenes]
        for scene in scenes:
            del library.store.scenes[scene.id]
            for file_id in scene.files:
                if given.get("delete_file"):
                    library.disk.pop(library.store.files[file_id].path, None)
                library.store.drop_file(file_id)
    for scene, what in zip(scenes, known, strict=True):
        input_ = {**full(library.schema, type_name, given), **what}
        fire(library, context, "scene", "Destroy", scene.id, input_)
    return True


def scene_merge(library: Library, context: Context, args: dict) -> Scene:
    """Silent: neither an Update of the target nor a Destroy of the sources is fired."""
    given, store = args["input"], library.store
    with store.lock:
        target = scene_of(library, given["destination"])
        sources = [scene_of(library, id_) for id_ in given["source"]]
        if target in sources:
            raise Refused("cannot merge a scene into itself")
        target.files += tuple(f for s in sources for f in s.files)
        for wanted, column in (("play_history", "play_history"), ("o_history", "o_history")):
            if given.get(wanted):
                both = [*getattr(target, column), *(t for s in sources for t in getattr(s, column))]
                setattr(target, column, tuple(both))
        values = {k: v for k, v in (given.get("values") or {}).items() if k != "id"}
        apply(target, scene_changes(store, target, values), store.now())
        for source in sources:
            del store.scenes[source.id]
    return target


def scene_assign_file(library: Library, context: Context, args: dict) -> bool:
    """Silent, and neither scene's updated_at moves."""
    given, store = args["input"], library.store
    with store.lock:
        scene, file_id = scene_of(library, given["scene_id"]), number(given["file_id"])
        if file_id not in store.files:
            raise Refused(f"assigning file to scene: file with id {file_id} not found")
        owner = store.scene_of_file(file_id)
        if owner is not None:
            owner.files = tuple(f for f in owner.files if f != file_id)
        scene.files += (file_id,)
    return True


def scene_generate_screenshot(library: Library, context: Context, args: dict) -> str:
    """Silent, but the new cover moves updated_at."""
    with library.store.lock:
        scene = scene_of(library, args["id"])
        apply(scene, {"cover": (GENERATED_COVER, "image/jpeg")}, library.store.now())
    return "todo"


def _add_history(column: str) -> Resolver:
    def resolve(library: Library, context: Context, args: dict) -> Entry:
        with library.store.lock:
            scene = scene_of(library, args["id"])
            times = args.get("times") or [library.store.now()]
            setattr(scene, column, (*times, *getattr(scene, column)))
            return Entry(count=len(getattr(scene, column)), history=list(getattr(scene, column)))

    return resolve


def scene_save_activity(library: Library, context: Context, args: dict) -> bool:
    """The duration is added, the position replaced; both silent."""
    with library.store.lock:
        scene = scene_of(library, args["id"])
        scene.play_duration += args.get("playDuration") or 0.0
        if args.get("resume_time") is not None:
            scene.resume_time = args["resume_time"]
    return True


# ---- performers, studios, tags, groups ---------------------------------------------------


def named_of(library: Library, kind: str, id_: Any) -> Any:
    found = library.store.named[kind].get(number(id_))
    if found is None:
        raise Refused(f"{kind} with id {id_} not found")
    return found


def _create(kind: str) -> Resolver:
    def resolve(library: Library, context: Context, args: dict) -> Any:
        with library.store.lock:
            changes = named_changes(library.store, kind, None, args["input"])
            row = library.store.add_named(kind, **changes)
        input_ = full(library.schema, f"{kind.capitalize()}CreateInput", args["input"])
        fire(library, context, kind, "Create", row.id, input_)
        return row

    return resolve


def _update(kind: str) -> Resolver:
    """Fires its own hook only: the scenes get none, and keep their updated_at."""

    def resolve(library: Library, context: Context, args: dict) -> Any:
        given, store = args["input"], library.store
        with store.lock:
            row = named_of(library, kind, given["id"])
            changes = named_changes(store, kind, row, given)
            if "name" in changes:
                store.renamed(kind, row, changes.pop("name"))
            apply(row, changes, store.now())
        input_ = full(library.schema, f"{kind.capitalize()}UpdateInput", given)
        fire(library, context, kind, "Update", row.id, input_, list(given))
        return row

    return resolve


def _destroy(kind: str) -> Resolver:
    def resolve(library: Library, context: Context, args: dict) -> bool:
        with library.store.lock:
            row = named_of(library, kind, args["input"]["id"])
            library.store.drop_named(kind, row.id)
        input_ = full(library.schema, f"{kind.capitalize()}DestroyInput", args["input"])
        fire(library, context, kind, "Destroy", row.id, input_)
        return True

    return resolve


def _destroy_many(kind: str) -> Resolver:
    """The hook's input is the plain list of ids, once per object."""

    def resolve(library: Library, context: Context, args: dict) -> bool:
        with library.store.lock:
            rows = [named_of(library, kind, id_) for id_ in args["ids"]]
            for row in rows:
                library.store.drop_named(kind, row.id)
        for row in rows:
            fire(library, context, kind, "Destroy", row.id, list(args["ids"]))
        return True

    return resolve


def _absorb(library: Library, kind: str, sources: list[Any], target: Any) -> None:
    """Scenes of the sources, and what else had a tag among them, now refer to the target; no
    scene's updated_at moves."""
    for source in sources:
        for row in library.store.tagged(source.id) if kind == "tag" else ():
            row.tags = tuple(dict.fromkeys((*row.tags, target.id)))
        for scene in library.store.scenes_with(kind, source.id):
            detach(scene, kind, source.id)
            have = getattr(scene, kind + "s")
            setattr(scene, kind + "s", tuple(dict.fromkeys((*have, target.id))))
        library.store.drop_named(kind, source.id)


def tags_merge(library: Library, context: Context, args: dict) -> Any:
    """Only Tag.Merge.Post of the target; the sources vanish without a hook of their own."""
    given = args["input"]
    if not given["source"]:
        return None
    with library.store.lock:
        target = named_of(library, "tag", given["destination"])
        sources = [named_of(library, "tag", id_) for id_ in given["source"]]
        names = [name for s in sources for name in (s.name, *s.aliases)]
        _absorb(library, "tag", sources, target)
        target.aliases = tuple(dict.fromkeys((*target.aliases, *names)))
    input_ = full(library.schema, "TagsMergeInput", given)
    fire(library, context, "tag", "Merge", target.id, input_)
    return target


def performer_merge(library: Library, context: Context, args: dict) -> Any:
    """Silent."""
    given, store = args["input"], library.store
    with store.lock:
        target = named_of(library, "performer", given["destination"])
        sources = [named_of(library, "performer", id_) for id_ in given["source"]]
        _absorb(library, "performer", sources, target)
        changes = named_changes(store, "performer", target, given.get("values") or {})
        if "name" in changes:
            store.renamed("performer", target, changes.pop("name"))
        apply(target, changes, store.now())
    return target


RESOLVERS: dict[str, Resolver] = {
    "sceneCreate": scene_create,
    "sceneUpdate": scene_update,
    "scenesUpdate": scenes_update,
    "bulkSceneUpdate": bulk_scene_update,
    "sceneDestroy": scene_destroy,
    "scenesDestroy": scenes_destroy,
    "sceneMerge": scene_merge,
    "sceneAssignFile": scene_assign_file,
    "sceneGenerateScreenshot": scene_generate_screenshot,
    "sceneAddPlay": _add_history("play_history"),
    "sceneAddO": _add_history("o_history"),
    "sceneSaveActivity": scene_save_activity,
    "tagsMerge": tags_merge,
    "performerMerge": performer_merge,
    **{kind + "Create": _create(kind) for kind in KINDS},
    **{kind + "Update": _update(kind) for kind in KINDS},
    **{kind + "Destroy": _destroy(kind) for kind in KINDS},
    **{kind + "sDestroy": _destroy_many(kind) for kind in KINDS},
}

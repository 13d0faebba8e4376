"""Queries and mutations about the server itself: find*, configuration, jobs, logs, plugins."""

from __future__ import annotations

import os
import secrets
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from . import scans
from .changes import Refused, number
from .context import Context
from .find import found
from .manifest import Plugin
from .output import Entry
from .plugins import PluginFailed

if TYPE_CHECKING:
    from .library import Library

Resolver = Callable[["Library", Context, dict], Any]
SCHEMA_NUMBER = 75


# ---- finding -----------------------------------------------------------------------------


def _find_many(kind: str) -> Resolver:
    def resolve(library: Library, context: Context, args: dict) -> Entry:
        rows, shown = found(library.store, kind, args)
        return Entry(count=len(rows), rows=rows, **{kind + "s": shown})

    return resolve


def _find_one(kind: str) -> Resolver:
    def resolve(library: Library, context: Context, args: dict) -> Any:
        return library.store.named[kind].get(number(args["id"]))

    return resolve


def find_scene(library: Library, context: Context, args: dict) -> Any:
    store = library.store
    if args.get("id") is not None:
        return store.scenes.get(number(args["id"]))
    wanted = ("md5", args.get("checksum"))
    for scene in store.scenes.values():
        if any(wanted in store.files[i].fingerprints for i in scene.files):
            return scene
    return None


def find_file(library: Library, context: Context, args: dict) -> Any:
    """Unlike a scene's path filter this is an exact comparison; nothing found is an error."""
    store = library.store
    if args.get("id") is not None:
        file = store.files.get(number(args["id"]))
    else:
        file = store.file_by_path.get(args.get("path") or "")
    if file is None:
        raise Refused("file not found")
    return file


# ---- the server --------------------------------------------------------------------------


def version(library: Library, context: Context, args: dict) -> Entry:
    return Entry(version=library.version, hash="0123abcd", build_time="2026-04-13 00:00:00")


def system_status(library: Library, context: Context, args: dict) -> Entry:
    return Entry(
        databaseSchema=SCHEMA_NUMBER,
        databasePath=str(library.root / "stash-go.sqlite"),
        configPath=library.config_path,
        appSchema=SCHEMA_NUMBER,
        status="OK",
        os="windows" if sys.platform == "win32" else "linux",
        workingDir=str(library.cwd),
        homeDir=os.path.expanduser("~"),
        ffmpegPath=None,
        ffprobePath=None,
    )


def configuration(library: Library, context: Context, args: dict) -> Entry:
    root = library.root
    general = Entry(
        stashes=[Entry(path="/media", excludeVideo=False, excludeImage=False)],
        databasePath=str(root / "stash-go.sqlite"),
        generatedPath=str(root / "generated"),
        metadataPath=str(root / "metadata"),
        configFilePath=str(library.config_file),
        scrapersPath=str(root / "scrapers"),
        pluginsPath=str(library.plugins_dir),
        cachePath=str(root / "cache"),
        blobsPath=str(root / "blobs"),
        parallelTasks=library.parallel_tasks,
        apiKey=library.sessions.api_key,
        username=library.sessions.username,
        password="********" if library.sessions.password else "",
        maxSessionAge=int(library.sessions.max_age),
        logLevel="Info",
        pythonPath="",
    )
    interface = Entry(language=library.language)
    return Entry(general=general, interface=interface, ui={}, settings=library.host.settings)


def configure_interface(library: Library, context: Context, args: dict) -> Entry:
    library.language = args["input"].get("language") or library.language
    library.write_config()
    return Entry(language=library.language)


def configure_plugin(library: Library, context: Context, args: dict) -> dict:
    """The whole map of one plugin is replaced; keys that are not sent are gone."""
    with library.store.lock:
        library.host.settings = {**library.host.settings, args["plugin_id"]: dict(args["input"])}
        library.write_config()
    return args["input"]


def generate_api_key(library: Library, context: Context, args: dict) -> str:
    if args["input"].get("clear"):
        key = ""
    elif not library.sessions.password:
        raise Refused("cannot generate API key without a username")
    else:
        key = secrets.token_hex(32)
    library.sessions.api_key = key
    library.write_config()
    return key


def logs(library: Library, context: Context, args: dict) -> list[Any]:
    return list(library.log.recent)


# ---- plugins -----------------------------------------------------------------------------


def plugin_entry(library: Library, plugin: Plugin) -> Entry:
    ui = plugin.ui
    entry = Entry(
        id=plugin.id,
        name=plugin.name or plugin.id,
        description=plugin.description,
        url=plugin.url,
        version=plugin.version,
        enabled=plugin.id not in library.host.disabled,
        requires=ui.get("requires"),
        settings=[
            Entry(
                name=key,
                display_name=one.get("displayName", ""),
                description=one.get("description", ""),
                type=one.get("type") or "STRING",
            )
            for key, one in sorted(plugin.settings.items())
        ],
        paths=Entry(
            javascript=_asset(plugin, "javascript"),
            css=_asset(plugin, "css"),
        ),
    )
    entry.tasks = [
        Entry(name=t.name, description=t.description, plugin=entry) for t in plugin.tasks
    ]
    entry.hooks = [
        Entry(name=h.name, description=h.description, hooks=h.triggered_by, plugin=entry)
        for h in plugin.hooks
    ]
    return entry


def _asset(plugin: Plugin, kind: str) -> list[str] | None:
    return [f"/plugin/{plugin.id}/{kind}"] if plugin.ui.get(kind) else None


def plugins(library: Library, context: Context, args: dict) -> list[Entry] | None:
    """None at all is null, not an empty list."""
    return [plugin_entry(library, plugin) for plugin in library.host.plugins] or None


def plugin_tasks(library: Library, context: Context, args: dict) -> list[Entry] | None:
    found = plugins(library, context, args) or ()
    return [t for p in found if p.enabled for t in p.tasks] or None


def set_plugins_enabled(library: Library, context: Context, args: dict) -> bool:
    for plugin_id, enabled in args["enabledMap"].items():
        (library.host.disabled.discard if enabled else library.host.disabled.add)(plugin_id)
    return True


def reload_plugins(library: Library, context: Context, args: dict) -> bool:
    library.host.reload()
    return True


def old_args(given: list[dict] | None) -> dict[str, Any]:
    """The deprecated `args` list as a map."""
    return {one["key"]: _old_value(one.get("value")) for one in given or ()}


def _old_value(value: dict | None) -> Any:
    for key in ("str", "i", "b", "f"):
        if value and value.get(key) is not None:
            return value[key]
    if value and value.get("o") is not None:
        return old_args(value["o"])
    if value and value.get("a") is not None:
        return [_old_value(one) for one in value["a"]]
    return None


def run_plugin_task(library: Library, context: Context, args: dict) -> str:
    """Queues a job and answers with its id at once, even when the plugin does not exist."""
    given = args.get("args_map")
    if given is None:
        given = old_args(args.get("args"))
    name = args.get("task_name")
    shown = next(x for x in (args.get("description"), name, args["plugin_id"]) if x is not None)
    job = library.jobs.add(
        f"Running plugin task: {shown}",
        lambda job: library.host.task(
            context.for_job(job.stop), args["plugin_id"], name, dict(given), job
        ),
    )
    return str(job.id)


def run_plugin_operation(library: Library, context: Context, args: dict) -> Any:
    try:
        return library.host.operation(context, args["plugin_id"], dict(args.get("args") or {}))
    except PluginFailed as error:
        raise Refused(str(error)) from error


# ---- jobs --------------------------------------------------------------------------------


def job_queue(library: Library, context: Context, args: dict) -> list[Any] | None:
    """An empty queue is null, not an empty list."""
    return list(library.jobs.queue) or None


def find_job(library: Library, context: Context, args: dict) -> Any:
    return library.jobs.find(number(args["input"]["id"]))


def stop_job(library: Library, context: Context, args: dict) -> bool:
    library.jobs.cancel(number(args["job_id"]))
    return True


def stop_all_jobs(library: Library, context: Context, args: dict) -> bool:
    library.jobs.cancel_all()
    return True


def _job(description: str, body: Callable[[Library, Context, dict], None]) -> Resolver:
    def resolve(library: Library, context: Context, args: dict) -> str:
        job = library.jobs.add(
            description, lambda job: body(library, context.for_job(job.stop), args["input"])
        )
        return str(job.id)

    return resolve


QUERIES: dict[str, Resolver] = {
    "findScene": find_scene,
    "findFile": find_file,
    "findScenes": _find_many("scene"),
    **{f"find{k.capitalize()}": _find_one(k) for k in ("performer", "studio", "tag", "group")},
    **{f"find{k.capitalize()}s": _find_many(k) for k in ("performer", "studio", "tag", "group")},
    "version": version,
    "systemStatus": system_status,
    "configuration": configuration,
    "jobQueue": job_queue,
    "findJob": find_job,
    "logs": logs,
    "plugins": plugins,
    "pluginTasks": plugin_tasks,
}
MUTATIONS: dict[str, Resolver] = {
    "configureInterface": configure_interface,
    "configurePlugin": configure_plugin,
    "setPluginsEnabled": set_plugins_enabled,
    "reloadPlugins": reload_plugins,
    "runPluginTask": run_plugin_task,
    "runPluginOperation": run_plugin_operation,
    "stopJob": stop_job,
    "stopAllJobs": stop_all_jobs,
    "generateAPIKey": generate_api_key,
    "metadataScan": _job("Scanning...", scans.scan),
    "metadataClean": _job("Cleaning...", scans.clean),
    "metadataAutoTag": _job("Auto-tagging...", scans.auto_tag),
    "metadataIdentify": _job("Identifying...", scans.identify),
}

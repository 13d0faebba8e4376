"""Who may import whom, held by parsing every file; and what a hook really loads."""

from __future__ import annotations

import ast
import inspect
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from app.commands import registry
from disk.lock import FileLock
from sync_queue import inbox
from tests.support.product import FOLDERS, ROOT, TREES

OURS = {*FOLDERS, "errors", "Stash2Plex"}
# The measuring of coverage loads half of the standard library into every process.
BARE = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE")}

FEATHER = {
    "stash.stdio", "stash.light", "stash.hook", "sync_queue.inbox", "disk.lock", "app.entry", "Stash2Plex",
}  # fmt: skip
PACKAGES = {"app", "disk", "stash", "sync_queue"}
FEATHER_MAY = {"posix", "nt", "sys", "time", "errno", "_json"}
# Inside functions, on the way that only some invocations take.
FEATHER_MAY_LATE = {
    "stash.light": {"json", "socket", "_socket", "ssl"},
    "stash.stdio": {"validation.clean_text"},
    "sync_queue.inbox": {"os"},
    "disk.lock": {"msvcrt", "os"},
}
PURE = {
    "errors", "app.phrasing", "app.setup_check.finding", "app.setup_check.diagnosis", "app.setup_check.settings_report", "app.modes",
    "disk.messages", "net.response", "net.retry", "stash.scene", "sync_queue.job", "sync_queue.schema", "sync_queue.retry_policy",
    "sync_queue.circuit_breaker", "plex.path_map.paths", "plex.fields.registry", "plex.plan.plan",
    "plex.state.entry", "plex.state.scene_state", "plex.fields.item", "plex.client.listing", "plex.client.pages", "plex.client.status", "plex.fields.actor_photos", "plex.fields.text", "plex.fields.selection",
    "plex.path_map.file_pairs", "plex.path_map.infer", "plex.plan.baseline", "plex.client.edit_request",
    "reconciliation.detector", "reconciliation.window", "validation.clean_text",
    "validation.scope", "validation.address", "validation.values",
    "validation.template", "validation.settings", "validation.library_names", "validation.rules",
    "validation.notify_address", "app.notify.causes", "app.notify.message",
}  # fmt: skip
WITH_EFFECTS = {
    "http", "io", "logging", "os", "pathlib", "shutil", "signal", "socket", "sqlite3", "ssl",
    "subprocess", "sys", "tempfile", "threading", "urllib.request", "random", "time",
}  # fmt: skip
NAMES_ERRORS_OF = {"sync_queue.retry_policy": {"sqlite3"}}
HOMES = {
    "pydantic": {"validation.config"},
    "pydantic_core": {"validation.config"},
    "plexapi": {"plex.client.plexapi_greeting"},
    "stashapi": {"stash.stashapi_line"},
    "persistqueue": {"sync_queue.queue_table"},
    "requests": {"net.session", "net.shortcut"},
    "urllib3": {"net.session"},
    "PIL": {"plex.images.letterbox"},
    "apprise": {"app.notify.sender"},
}
SPINES = {
    "plex.sync.pipeline", "plex.sync.decide", "plex.sync.write",
    "sync_queue.drain", "reconciliation.engine", "reconciliation.scan",
    "reconciliation.compare",
}  # fmt: skip
CLIENTS = {
    "plex.client.client",
    "plex.client.transport",
    "plex.client.plex_tv",
    "stash.api",
    "stash.transport",
    "net.session",
    "net.plain",
}


def _is_for_types_only(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"


def imports(tree: ast.Module, late: bool) -> Iterator[str]:
    """Dotted names of what the module imports at its start; with `late` also inside functions."""

    def walk(nodes: list[Any]) -> Iterator[str]:
        for node in nodes:
            if isinstance(node, ast.Import):
                yield from (alias.name for alias in node.names)
            elif isinstance(node, ast.ImportFrom):
                yield from _from(node)
            elif _is_for_types_only(node):
                yield from walk(node.orelse)
            elif late or not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
                yield from walk(list(ast.iter_child_nodes(node)))

    return walk(tree.body)


def _from(node: ast.ImportFrom) -> Iterator[str]:
    """`from stash import stdio` is the module stash.stdio; `from os import path` is os."""
    assert node.level == 0 and node.module
    inside = [f"{node.module}.{alias.name}" for alias in node.names]
    submodules = [name for name in inside if name in TREES]
    yield from submodules or [node.module]


def imported(name: str, late: bool = True) -> set[str]:
    return set(imports(TREES[name], late))


def top(name: str) -> str:
    return name.partition(".")[0]


def is_of(name: str, group: set[str]) -> bool:
    return name in group or top(name) in group


def is_library(name: str) -> bool:
    return top(name) not in OURS | set(sys.stdlib_module_names) | {"_json", "_socket", "_sqlite3"}


# -- the table


def test_every_module_in_the_table_exists() -> None:
    named = FEATHER | PURE | SPINES | CLIENTS | set().union(*HOMES.values())
    assert named - set(TREES) == set()


@pytest.mark.parametrize("name", sorted(FEATHER))
def test_the_feather_lane_imports_what_costs_nothing_and_itself(name: str) -> None:
    assert imported(name, late=False) - FEATHER_MAY - FEATHER == set()


@pytest.mark.parametrize("name", sorted(FEATHER - {"Stash2Plex", "app.entry"}))
def test_the_feather_lane_imports_little_even_inside_functions(name: str) -> None:
    may = FEATHER_MAY | FEATHER | FEATHER_MAY_LATE.get(name, set())
    assert imported(name) - may == set()


@pytest.mark.parametrize("name", sorted(PURE))
def test_a_pure_module_imports_nothing_that_has_effects(name: str) -> None:
    found = imported(name)
    effects = WITH_EFFECTS - NAMES_ERRORS_OF.get(name, set())
    assert {one for one in found if is_of(one, effects)} == set()
    assert {one for one in found if is_library(one)} == set()
    assert {one for one in found if top(one) in OURS} - PURE == set()


@pytest.mark.parametrize("library", sorted(HOMES))
def test_each_library_has_its_home(library: str) -> None:
    users = {name for name in TREES if any(top(one) == library for one in imported(name))}
    assert users - HOMES[library] == set()


def test_there_is_no_library_without_a_home() -> None:
    found = {top(one) for name in TREES for one in imported(name) if is_library(one)}
    assert found - set(HOMES) == set()


@pytest.mark.parametrize("name", sorted(SPINES))
def test_a_spine_is_handed_its_clients(name: str) -> None:
    at_start = imported(name, late=False)
    assert at_start & CLIENTS == set()
    assert {one for one in at_start if is_library(one)} == set()


# What each package may import besides itself and `errors`. Inside plex/ the arrows point down.
_BELOW_SYNC = {
    "plex.library", "plex.images", "plex.state", "plex.client", "plex.plan", "plex.fields",
    "plex.path_map",
}  # fmt: skip
_SERVERS = {"disk", "net", "stash", "validation"}
_APP = {
    "app",
    *_BELOW_SYNC,
    "plex.sync",
    "plex.self_test",
    *_SERVERS,
    "sync_queue",
    "reconciliation",
}
MAY_IMPORT: dict[str, set[str]] = {
    "disk": set(),
    "net": set(),
    "validation": set(),
    "sync_queue": {"disk"},
    "stash": {"disk", "net", "sync_queue", "validation"},
    "plex": set(),
    "plex.path_map": set(),
    "plex.fields": {"plex.path_map", "stash", "validation"},
    "plex.plan": {"plex.fields"},
    "plex.client": {"plex.plan", "plex.fields", "net", "validation"},
    "plex.state": {"plex.plan", "plex.fields", "plex.path_map", "disk", "stash"},
    "plex.images": {
        "plex.client", "plex.state", "plex.plan", "plex.fields", "net", "stash", "validation",
    },
    "plex.library": {
        "plex.client", "plex.state", "plex.fields", "plex.path_map", "disk", "net", "stash",
        "validation",
    },
    "plex.sync": _BELOW_SYNC | _SERVERS,
    "plex.self_test": {"plex.sync", "plex.client", "plex.fields", "plex.images", "plex.plan", "plex.state"},
    "reconciliation": {"plex.sync", *_BELOW_SYNC, *_SERVERS, "sync_queue"},
    "app.packages": {"disk"},
    "app.dashboard": {"app", "disk", "plex.state", "stash", "sync_queue"},
    "app.notify": {"app", "app.dashboard", "app.packages", "disk", "stash", "sync_queue"},
    "app.setup_check": _APP | {"app.dashboard", "app.packages"},
    "app.commands": _APP | {"app.dashboard", "app.setup_check", "app.packages", "app.notify"},
    "app": _APP | {"app.commands", "app.dashboard", "app.packages", "app.notify"},
}  # fmt: skip


def package_of(name: str) -> str:
    """`plex.sync` of plex.sync.decide, `app` of app.run, `disk` of disk.lock."""
    parent = name if name in MAY_IMPORT else name.rpartition(".")[0]
    return parent or name


def test_every_package_is_in_the_table() -> None:
    assert {package_of(name) for name in TREES} - {"errors", "Stash2Plex"} == set(MAY_IMPORT)


@pytest.mark.parametrize("package", sorted(MAY_IMPORT))
def test_a_package_imports_only_what_its_row_allows(package: str) -> None:
    users = [name for name in TREES if package_of(name) == package]
    wrong = {
        f"{name} -> {one}"
        for name in users
        for one in imported(name)
        if top(one) in OURS and package_of(one) not in {package, "errors"} | MAY_IMPORT[package]
    }
    assert wrong == set()


def test_the_packages_inside_plex_import_no_circle() -> None:
    inside = {name: row for name, row in MAY_IMPORT.items() if name.startswith("plex.")}
    while inside:
        leaves = [name for name, row in inside.items() if not row & set(inside)]
        assert leaves, f"a circle among {sorted(inside)}"
        for name in leaves:
            del inside[name]


def classes(*packages: str) -> Iterator[tuple[str, ast.ClassDef]]:
    for name, tree in TREES.items():
        if top(name) in packages:
            yield from ((name, one) for one in ast.walk(tree) if isinstance(one, ast.ClassDef))


def test_each_server_has_one_port() -> None:
    found = {
        f"{name}.{one.name}"
        for name, one in classes("plex", "stash", "reconciliation")
        if "Protocol" in map(ast.unparse, one.bases)
    }
    assert found == {"plex.client.port.PlexPort", "stash.port.StashPort", "plex.client.pages.Rows"}


def test_no_object_of_plex_is_called_like_a_function() -> None:
    found = {
        f"{name}.{one.name}"
        for name, one in classes("plex", "reconciliation")
        for inner in one.body
        if isinstance(inner, ast.FunctionDef) and inner.name == "__call__"
    }
    assert found == set()


def test_the_drain_knows_neither_plex_nor_stash() -> None:
    assert {one for one in imported("sync_queue.drain") if top(one) in ("plex", "stash")} == set()


def test_the_product_never_imports_its_box_or_its_tests() -> None:
    strange = {
        (name, one)
        for name in TREES
        for one in imported(name)
        if top(one) in ("devserver", "tests", "scripts", "conftest")
    }
    assert strange == set()


def test_the_entry_script_imports_the_full_lane_inside_functions_only() -> None:
    assert imported("Stash2Plex", late=False) <= FEATHER_MAY | FEATHER


@pytest.mark.parametrize("path", sorted(ROOT.glob("*/__init__.py")), ids=lambda p: p.parent.name)
def test_importing_a_package_imports_no_library(path: Path) -> None:
    if path.parent.name not in FOLDERS:
        return
    name = path.parent.name
    code = (
        f"import sys; sys.path.insert(0, {str(ROOT)!r}); before = set(sys.modules)\n"
        f"import {name}; print(*sorted(set(sys.modules) - before))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=BARE
    )
    assert {one for one in done.stdout.split() if is_library(one)} == set()


# -- what a process really loads

# Which of those with a home a look, or a task without work, loads: settings at hand, no servers.
SETTINGS, QUEUE = {"pydantic", "pydantic_core"}, {"persistqueue"}
STASH = {"stashapi", "requests", "urllib3"}
LOADS: dict[str, set[str]] = {
    "status": set(),
    "overview": set(),
    "journal": set(),
    "undo": SETTINGS,
    "decide": SETTINGS,
    "clear_queue": QUEUE,
    "purge_dlq": QUEUE,
    "outage_summary": QUEUE,
    "settings": SETTINGS,
    "retry_dlq": QUEUE | SETTINGS,
    "process_queue": QUEUE | SETTINGS,
    "health_check": QUEUE | STASH,
    "queue_status": QUEUE | SETTINGS | STASH | {"plexapi"},
}


@pytest.mark.parametrize("mode", sorted(LOADS))
def test_a_command_loads_only_the_libraries_that_it_uses(tmp_path: Path, mode: str) -> None:
    _, found = loaded(from_stash(tmp_path, {"mode": mode}, settings={}))
    assert found & set(HOMES) <= LOADS[mode]
    assert "asyncio" not in found


def test_every_command_is_where_it_is_said_to_be() -> None:
    for command in registry.OPERATIONS.values():
        if place := inspect.getclosurevars(command).nonlocals:
            assert callable(
                getattr(import_module(f"app.commands.{place['module']}"), place["name"])
            )


def from_stash(folder: Path, args: dict[str, Any], **more: Any) -> bytes:
    """What starts a process, with a Stash that does not answer."""
    connection = {
        "Scheme": "http", "Host": "127.0.0.1", "Port": 1, "Dir": str(folder),
        "SessionCookie": {"Name": "session", "Value": "MTYabc"}, "PluginDir": str(ROOT),
    }  # fmt: skip
    return json.dumps({"server_connection": connection, "args": args, **more}).encode()


def loaded(given: bytes) -> tuple[dict[str, Any], set[str]]:
    """The answer of a whole process, and what it has loaded beyond a bare interpreter."""
    code = (
        "import sys; before = set(sys.modules)\n"
        f"sys.path.insert(0, {str(ROOT)!r}); sys.argv = ['Stash2Plex.py']\n"
        "source = open(sys.path[0] + '/Stash2Plex.py', encoding='utf-8').read()\n"
        "names = {'__name__': 'entry', '__file__': sys.path[0] + '/Stash2Plex.py'}\n"
        "exec(compile(source, 'Stash2Plex.py', 'exec'), names)\n"
        "code = names['main']([])\n"
        "found = {name for name, module in sys.modules.items() if module} - before\n"
        "sys.stderr.write(' '.join(found))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], input=given, capture_output=True,
        env={**BARE, "PYTHONPATH": ""}, check=True,
    )  # fmt: skip
    found = done.stderr.decode().splitlines()[-1].split()  # its log comes before
    return json.loads(done.stdout), set(found)


def hook_modules(tmp_path: Path) -> set[str]:
    context = {"id": 42, "type": "Scene.Update.Post", "input": {"title": "\u2603"}}
    answer, found = loaded(from_stash(tmp_path, {"mode": "hook", "hookContext": context}))
    assert answer == {"output": "scene 42 is marked"}
    return found


def test_a_hook_that_only_marks_loads_nothing_but_the_feather_lane(tmp_path: Path) -> None:
    lock = tmp_path / "plugin_data" / "Stash2Plex" / inbox.LOCK
    with FileLock(lock):
        found = hook_modules(tmp_path)
    assert found - FEATHER - {"errno", "_json", *PACKAGES} == set()


def test_a_hook_that_wakes_a_drain_adds_the_socket_only(tmp_path: Path) -> None:
    found = hook_modules(tmp_path)
    assert "_socket" in found
    assert found - FEATHER - {"errno", "_json", "_socket", *PACKAGES} == set()

"""docs/operations.md, the operations and the modes say the same; the looks load no package."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from app import entry
from app.commands import preview, registry
from app.dashboard import read_only_db, routes
from app.modes import ARGUMENTS
from plex.state.database import Store
from sync_queue.jobs import Jobs

ROOT = Path(__file__).resolve().parent.parent.parent
TABLE = [
    [cell.strip() for cell in line.strip("|").split("|")]
    for line in (ROOT / "docs" / "operations.md").read_text(encoding="utf-8").splitlines()
    if line.startswith("| `") and line.count(" | ") + line.count(" ||") > 1
]
LEAN = {
    "app.dashboard", "app.dashboard.routes", "app.dashboard.lists", "app.dashboard.job_lists", "app.dashboard.glance", "app.dashboard.preview_lists", "app.dashboard.read_only_db", "app.dashboard.scene_states", "app.dashboard.overview", "app.dashboard.notifications",
    "plex", "plex.state", "plex.state.scene_state",
}  # fmt: skip
FEATHER = {
    "app", "app.entry", "stash", "stash.stdio", "stash.light", "sync_queue", "sync_queue.inbox", "sync_queue.schema",
    "disk", "disk.lock",
}  # fmt: skip
CORES = {"_sqlite3", "_json", "errno"}
NEEDED = {"scene_states": {"scenes": [1, 2]}, "list_scenes": {"state": "differs"}}
LOADED = "; sys.stderr.write(' '.join(set(sys.modules) - before))"


def loaded(code: str, stdin: bytes = b"") -> set[str]:
    """The modules that this loads into a bare interpreter."""
    code = (
        f"import sys; before = set(sys.modules); sys.path.insert(0, {str(ROOT)!r})\n{code}{LOADED}"
    )
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", code], input=stdin, capture_output=True, check=True
    )
    return set(done.stderr.decode().split())


def test_the_table_names_every_operation_with_its_arguments() -> None:
    told = {row[0].strip("`"): tuple(re.findall(r"`(\w+)`", row[1])) for row in TABLE}

    assert told == ARGUMENTS


def test_every_mode_is_an_operation() -> None:
    modes = {*registry.MODES, *routes.PAGE_OPERATIONS}

    assert set(ARGUMENTS) == modes


def test_the_entry_knows_the_looks() -> None:
    assert set(entry.PAGE_OPERATIONS) == set(routes.PAGE_OPERATIONS)


def test_the_looks_know_the_versions_of_the_files() -> None:
    assert read_only_db.VERSIONS[read_only_db.PLEX] == len(Store.STEPS)
    assert preview.PREVIEW in read_only_db.VERSIONS


@pytest.mark.parametrize("mode", sorted(routes.PAGE_OPERATIONS))
def test_a_look_loads_nothing_but_the_lean_lane(mode: str, tmp_path: Path) -> None:
    data = tmp_path / "plugin_data" / "Stash2Plex"
    data.mkdir(parents=True)
    Store(data).close()
    Jobs(data).close()
    given = {
        "server_connection": {"Scheme": "http", "Host": "h", "Port": 1, "Dir": str(tmp_path)},
        "args": {"mode": mode, **NEEDED.get(mode, {})},
    }
    found = loaded("import Stash2Plex; Stash2Plex.main([])", json.dumps(given).encode())
    assert "app.dashboard.read_only_db" in found
    brought = loaded("import _sqlite3")  # what the C core brings along
    assert found - LEAN - FEATHER - CORES - brought - {"Stash2Plex"} == set()

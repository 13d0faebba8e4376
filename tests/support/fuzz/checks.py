"""What holds of every process, whatever it was given; and of the state that it leaves behind."""

from __future__ import annotations

import json
import sqlite3
import stat
from contextlib import closing
from pathlib import Path
from typing import Any

from tests.support.fuzz.zygote import Ended

LEVELS = b"tdiwep"
LINE = 60_000
NAMES = {
    "inbox", "queue", "drain.lock", "plex.sqlite", "plex.lock", "reconciliation.lock", "wake", "wake.lock",
    "reconciliation_state.json", "reconciliation_state.lock", "hook_inline", "hook_shows", "hook_settings", "clock", "badges", "notes.lock", "preview.lock", "outages.json", "outages.lock", "plex_away", "deps", "preview.json",
    "preview.sqlite", "activity.lock", "packages", "contacts", "failure", "server", "servers",
    "server.lock", "settings_checked", "sign_in.json", "plex_client", "no_packages",
    "removal", "apprise", "notified.json", "notified.lock",
}  # fmt: skip


def answer(ended: Ended) -> dict[str, Any]:
    """The one document. Nothing else is on stdout, and only lines for Stash are on stderr."""
    found = json.loads(ended.stdout, parse_constant=_refuse)
    assert ended.stdout.count(b"\n") == 1 and ended.stdout.endswith(b"}\n")
    assert isinstance(found, dict) and {"output"} <= set(found) <= {"output", "error"}
    assert ended.code == (1 if "error" in found else 0)
    assert found.get("error", "a sentence"), "an error has words"
    for line in ended.stderr.split(b"\n")[:-1]:
        assert line[:1] == b"\x01" and line[1:2] in LEVELS and line[2:3] == b"\x02", line[:200]
        assert len(line) < LINE + 100 and len(line) > 3
        line.decode()
    assert ended.stderr == b"" or ended.stderr.endswith(b"\n")
    said = ended.stdout + ended.stderr
    for word in (b"Traceback", b"unexpected", b"Error:"):
        assert word not in said, said.decode("utf-8", "replace")[-3000:]
    return found


def _refuse(word: str) -> Any:
    raise AssertionError(f"{word} is no JSON")


def whole(data: Path) -> None:
    """Nothing in the data dir is broken, set aside, left over, or open to others."""
    strange = [one.name for one in data.iterdir() if one.name not in NAMES]
    strange = [name for name in strange if not name.startswith("plex.sqlite-")]
    assert not strange, strange
    for path in (data / "queue" / "queue.sqlite", data / "plex.sqlite"):
        if path.exists():
            _intact(path)
    state = data / "reconciliation_state.json"
    assert not state.exists() or isinstance(json.loads(state.read_bytes()), dict)
    for path in data.rglob("*"):
        mode = stat.S_IMODE(path.stat().st_mode)
        assert mode & 0o077 == 0, f"{path} has mode {mode:o}"


def _intact(path: Path) -> None:
    with closing(sqlite3.connect(path)) as db:
        assert db.execute("PRAGMA quick_check").fetchone() == ("ok",)


def rows(data: Path) -> list[tuple[str, int, dict[str, Any], str]]:
    """(key, status, data, error) of the queue; each row is JSON."""
    path = data / "queue" / "queue.sqlite"
    if not path.exists():
        return []
    with closing(sqlite3.connect(path)) as db:
        [table] = db.execute("SELECT name FROM sqlite_master WHERE name LIKE 'ack_queue%'")
        found = db.execute(f"SELECT key, status, data, error FROM {table[0]} ORDER BY _id")
        return [(key, status, json.loads(blob), error or "") for key, status, blob, error in found]


def owed(data: Path) -> set[str]:
    """Keys of what Plex is owed: flags, and jobs that are not dead."""
    inbox = data / "inbox"
    flags = [one.name.replace("-", ":") for one in inbox.iterdir()] if inbox.exists() else []
    return {*flags, *(key for key, status, _, _ in rows(data) if status < 5)}


def dead(data: Path) -> dict[str, str]:
    """Key -> reason of the dead letters."""
    return {key: error for key, status, _, error in rows(data) if status > 5}

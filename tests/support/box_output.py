"""What system tests ask a box again and again: its log lines, its progress, its state file."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from devserver.box import Box
from devserver.stash.child import Child
from devserver.stash.logs import classify
from sync_queue import inbox
from sync_queue.schema import OUTAGES

STATE = "reconciliation_state.json"
GAPS = ("empty_metadata", "stale_sync", "missing", "drifted")


def lines(box: Box, *levels: str) -> list[str]:
    """What the plugin logged, at these levels or at any."""
    return [line.text for line in box.stash.logs if not levels or line.level in levels]


def raw_lines(stderr: str) -> list[tuple[str, str]]:
    """(level, text) of what one process wrote, progress included."""
    return [classify(line, "error") for line in stderr.splitlines() if line]


def progress(stderr: str) -> list[float]:
    return [float(text) for level, text in raw_lines(stderr) if level == "progress"]


def gaps(found: dict[str, Any]) -> dict[str, int]:
    """The gap types of an answer that are not 0."""
    return {name: count for name, count in found["gaps_by_type"].items() if count}


def state(box: Box) -> dict[str, Any]:
    return json.loads((box.data_dir / STATE).read_text())


def set_state(box: Box, **values: Any) -> None:
    """As if the plugin had left these values behind."""
    known = state(box) if (box.data_dir / STATE).exists() else {}
    box.data_dir.mkdir(parents=True, exist_ok=True)
    (box.data_dir / STATE).write_text(json.dumps(known | values))


def ran_ago(box: Box, seconds: float, **more: Any) -> None:
    """As if the last reconciliation of the interval had been so long ago."""
    then = time.time() - seconds
    usual = {"last_run_time": then, "last_interval_time": then, "run_count": 1, "interval": ""}
    set_state(box, **usual | {"last_run_scope": "recent", "next_due": None} | more)


def quiet(box: Box) -> None:
    """Forget what was asked and logged so far."""
    box.plex.clear_requests()
    box.stash.requests.clear()
    box.stash.logs.clear()
    box.stash.server_log.clear()


def look_is_due(box: Box, at: float = 1.0) -> None:
    """As if the time until the next look at Plex had passed; or were over `at` another one."""
    known = json.loads((box.data_dir / OUTAGES).read_text())
    known["circuit"]["next_look"] = at
    (box.data_dir / OUTAGES).write_text(json.dumps(known))
    if (box.data_dir / inbox.AWAY).exists():
        os.utime(box.data_dir / inbox.AWAY, (at, at))


def script(box: Box) -> Path:
    return next(box.stash.plugins_dir.rglob("Stash2Plex.py"))


def put_a_bug_into(box: Box, module: str) -> None:
    """The module raises what nobody expects; a file and its line are in the traceback."""
    path = box.folder / module
    path.write_text("raise KeyError('/data/deep folder/unexpected.mp4')\n")
    for compiled in path.parent.rglob(f"{path.stem}.*.pyc"):
        compiled.unlink()


def terminal(
    box: Box, *words: str, env: dict[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """The entry script as a person or cron starts it, from a foreign folder."""
    done = run(box, *words, env=env)
    box.said += [done.stdout, done.stderr]
    return done


def run(
    box: Box, *words: str, stdin: bytes = b"", env: dict[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """The entry script with these words and this stdin, from a foreign folder."""
    without = ("STASH_", "PYTHONDONTWRITEBYTECODE")
    environment = {k: v for k, v in os.environ.items() if not k.startswith(without)}
    environment |= env or {}
    command, folder = [sys.executable, str(script(box)), *words], str(box.stash.config_dir)
    child = Child(
        command, stdin, cwd=folder, env=environment, on_stderr=lambda line: None, line_limit=None,
        spawn=box.spawn or subprocess.Popen,
    )  # fmt: skip
    child.begin()
    assert child.done.wait(120), "the process did not end"
    return subprocess.CompletedProcess(
        command, child.exit_code or 0, child.stdout.decode(), child.stderr.decode()
    )


def start(box: Box, *words: str) -> subprocess.Popen[str]:
    """The same, not waited for."""
    return subprocess.Popen(
        [sys.executable, str(script(box)), *words],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def until(condition: Callable[[], object], seconds: float = 60) -> None:
    """Wait for something that other threads or processes bring about."""
    ends = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > ends:
            raise TimeoutError("it did not come about")
        time.sleep(0.01)


def is_of_plugin(request: Any) -> bool:
    """Not of the person who edits in Stash meanwhile."""
    agent = {name.lower(): value for name, value in request.headers.items()}.get("user-agent", "")
    return "Stash2Plex" in agent

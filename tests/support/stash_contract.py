"""Fixtures and tiny fake plugins for the contract tests of the simulated Stash."""

from __future__ import annotations

import http.client
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from devserver.stash import StashServer

PREAMBLE = """\
import json, os, sys, time
given = json.loads(sys.stdin.read())
args = given["args"]
def log(level, text):
    sys.stderr.write("\\x01" + level + "\\x02" + text + "\\n")
    sys.stderr.flush()
def answer(output):
    print(json.dumps({"output": output}))
def ready():
    open(args["ready"], "w").close()  # waits until the test opens the other end
def until(path):
    open(path).read()  # waits until the test closes the other end
"""


@pytest.fixture
def stash(tmp_path: Path) -> Iterator[StashServer]:
    with StashServer(tmp_path / "config") as server:
        yield server


@pytest.fixture
def old_stash(tmp_path: Path) -> Iterator[StashServer]:
    with StashServer(tmp_path / "config", version="v0.30.1") as server:
        yield server


@pytest.fixture
def locked(tmp_path: Path) -> Iterator[StashServer]:
    """A server with credentials and an API key."""
    with StashServer(tmp_path / "config", password="secret") as server:
        server.api_key = "the-key"
        yield server


class Clock:
    """A clock that only a test moves."""

    def __init__(self, now: float = 1_790_000_000) -> None:
        self.now = float(now)

    def __call__(self) -> float:
        return self.now

    def pass_(self, seconds: float) -> None:
        self.now += seconds


def write_plugin(folder: Path, body: str, name: str = "Fake", **manifest: Any) -> Path:
    """A folder with `name`.yml and a script; the manifest has what `manifest` says."""
    folder.mkdir(parents=True, exist_ok=True)
    fields = {"name": name, "exec": ["python", "{pluginDir}/fake.py"], "interface": "raw"}
    text = yaml.safe_dump({**fields, **manifest}, sort_keys=False)
    (folder / f"{name}.yml").write_text(text)
    (folder / "fake.py").write_text(PREAMBLE + body)
    return folder


def install(stash: StashServer, body: str, name: str = "Fake", **manifest: Any) -> None:
    stash.install_plugin(write_plugin(stash.config_dir / "src" / name, body, name, **manifest))


def hook(*triggers: str, **default_args: str) -> dict[str, Any]:
    return {"name": "hook", "triggeredBy": list(triggers), "defaultArgs": default_args}


def task(name: str = "Run", **default_args: str) -> dict[str, Any]:
    return {"name": name, "description": "", "defaultArgs": default_args}


def recording(stash: StashServer, *triggers: str) -> None:
    """A plugin that answers each of these triggers at once."""
    install(stash, "answer(None)\n", hooks=[hook(*triggers)])


def fired(stash: StashServer) -> list[tuple[str, Any]]:
    """(trigger, id) of all hook processes, in their order."""
    return [(r.trigger, r.args["hookContext"].get("id")) for r in stash.runs if r.kind == "hook"]


def contexts(stash: StashServer) -> list[dict]:
    return [r.args["hookContext"] for r in stash.runs if r.kind == "hook"]


def fifo(path: Path) -> str:
    os.mkfifo(path)
    return str(path)


def wait_for(path: str) -> None:
    """Returns when the plugin has called ready()."""
    open(path).close()


def release(path: str) -> None:
    """Lets the plugin's until() return."""
    open(path, "w").close()


def get(stash: StashServer, path: str, **headers: str) -> tuple[int, dict[str, str], bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", stash.port, timeout=20)
    connection.request("GET", path, headers=headers)
    answer = connection.getresponse()
    body = answer.read()
    connection.close()
    return answer.status, {k.lower(): v for k, v in answer.getheaders()}, body


def ask(
    stash: StashServer, query: str, variables: dict | None = None, **headers: str
) -> tuple[int, dict[str, str], Any]:
    """One raw POST, without the session that StashServer.gql sends."""
    connection = http.client.HTTPConnection("127.0.0.1", stash.port, timeout=20)
    body = json.dumps({"query": query, "variables": variables or {}})
    sent = {"Content-Type": "application/json", **headers}
    connection.request("POST", "/graphql", body, sent)
    answer = connection.getresponse()
    data = answer.read()
    connection.close()
    kept = {k.lower(): v for k, v in answer.getheaders()}
    try:
        return answer.status, kept, json.loads(data)
    except ValueError:
        return answer.status, kept, data

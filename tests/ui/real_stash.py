"""A real Stash at STASH_URL, to be used as the simulated one is: over its GraphQL alone."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from devserver.stash.client import TITLE, Client

URL, KEY = "STASH_URL", "STASH_API_KEY"
POLL = 0.05
PEOPLE = "id name tags { id }"
SHOWN = {"performer": PEOPLE, "studio": "id name parent_studio { id }"}
SCENE = (
    "title code details director date rating100 organized studio { id } tags { id }"
    " performers { id } groups { group { id } scene_index }"
)
ABOUT = (
    "query { version { version hash } configuration { general"
    " { stashes { path } pluginsPath configFilePath pythonPath } } }"
)
AT = (
    "query($path: String!) { findScenes(scene_filter: {"
    " path: { value: $path, modifier: EQUALS } }) { scenes { id } } }"
)
BELOW = (
    "query($path: String!) { findScenes(filter: { per_page: -1 },"
    " scene_filter: { path: { value: $path, modifier: INCLUDES } }) { scenes { id } } }"
)


class RealStash(Client):
    """Its folders are on this machine, and it has no scenes of its own."""

    libraries: Path | None = None  # it brings its own page

    def __init__(self, url: str, api_key: str = "") -> None:
        parts = urlsplit(url)
        self.url, self.api_key = url.rstrip("/"), api_key
        self.name, self.port = parts.hostname or "127.0.0.1", parts.port or 80
        self.path = parts.path.rstrip("/")
        found = self.gql(ABOUT)
        self.version = found["version"]
        self.general = found["configuration"]["general"]

    @classmethod
    def named_by(cls, environment: dict[str, str]) -> RealStash | None:
        url = environment.get(URL)
        return cls(url, environment.get(KEY, "")) if url else None

    def credentials(self) -> dict[str, str]:
        return {"ApiKey": self.api_key} if self.api_key else {}

    def post(
        self, body: Any, headers: dict[str, str] | None = None, path: str = "/graphql"
    ) -> tuple[int, Any]:
        return super().post(body, headers, self.path + path)

    # -- its folders -----------------------------------------------------------------------

    @property
    def media(self) -> Path:
        return Path(self.general["stashes"][0]["path"])

    @property
    def plugins_dir(self) -> Path:
        return Path(self.general["pluginsPath"])

    @property
    def config_dir(self) -> Path:
        return Path(self.general["configFilePath"]).parent

    def hold_jobs(self) -> None:
        pytest.skip("a real Stash begins its jobs at once")

    # -- plugins and jobs ------------------------------------------------------------------

    def use_python(self, path: str) -> None:
        query = (
            "mutation($p: String) { configureGeneral(input: { pythonPath: $p }) { pythonPath } }"
        )
        self.gql(query, {"p": path})

    def use_source(self, name: str, url: str, folder: str) -> None:
        """Makes this the only source of plugins; its packages are installed below `folder`."""
        query = (
            "mutation($s: [PackageSourceInput!]) { configureGeneral(input:"
            " { pluginPackageSources: $s }) { pythonPath } }"
        )
        self.gql(query, {"s": [{"name": name, "url": url, "local_path": folder}]})

    def read_release_notes(self) -> None:
        """A new Stash shows them above everything, until they are closed."""
        query = "mutation($seen: Map) { configureUI(partial: $seen) }"
        self.gql(query, {"seen": {"lastNoteSeen": 20991231}})

    def reload_plugins(self) -> None:
        self.gql("mutation { reloadPlugins }")

    def queue(self) -> list[dict[str, Any]]:
        return self.gql("query { jobQueue { id status description } }")["jobQueue"] or []

    def wait_idle(self, timeout: float = 60) -> None:
        self.wait_for(lambda: not self.queue(), timeout)

    def wait_for(self, condition: Callable[[], bool], timeout: float = 10) -> None:
        end = time.monotonic() + timeout
        while not condition():
            if time.monotonic() > end:
                raise TimeoutError(f"not true after {timeout} s; in the queue: {self.queue()}")
            time.sleep(POLL)

    def said(self) -> list[str]:
        """The last lines of its log."""
        return [f"{line['level']}: {line['message']}" for line in self._lines()]

    def _lines(self) -> list[dict[str, str]]:
        return list(self.gql("query { logs { level message } }")["logs"])

    # -- the library -----------------------------------------------------------------------

    def count(self) -> int:
        query = "query { findScenes(filter: { per_page: 1 }) { count } }"
        return int(self.gql(query)["findScenes"]["count"])

    def scenes_below(self, folder: Path) -> list[int]:
        found = self.gql(BELOW, {"path": f"{folder}{os.sep}"})["findScenes"]["scenes"]
        return sorted(int(one["id"]) for one in found)

    def scan(self, paths: list[Path]) -> list[int]:
        """The scenes that a scan makes of the files. A folder must be known before a file in it is,
        so all of them are scanned."""
        self.start_scan([str(self.media)])
        self.wait_idle(timeout=60 + 2 * len(paths))
        return [self._scene_at(path) for path in paths]

    def _scene_at(self, path: Path) -> int:
        found = self.gql(AT, {"path": str(path)})["findScenes"]["scenes"]
        if not found:
            raise LookupError(f"the scan made no scene of {path}: {self.said()}")
        return int(found[0]["id"])

    def destroy_scenes(self, ids: Iterable[int]) -> None:
        given = {"ids": [str(one) for one in ids], "delete_file": True, "delete_generated": True}
        if given["ids"]:
            self._mutate("scenesDestroy", "ScenesDestroyInput!", given, "")

    def id_of(self, kind: str, name: str) -> tuple[int, bool]:
        """The object with that name, and whether it had to be made."""
        query = (
            f"query($name: String!) {{ find{TITLE[kind]}s({kind}_filter: {{ name: {{ value: $name,"
            f" modifier: EQUALS }} }}) {{ {kind}s {{ id name }} }} }}"
        )
        found = self.gql(query, {"name": name})[f"find{TITLE[kind]}s"][f"{kind}s"]
        for one in found:
            if one["name"] == name:
                return int(one["id"]), False
        made = self._mutate(f"{kind}Create", f"{TITLE[kind]}CreateInput!", {"name": name})
        return int(made["id"]), True

    def scene(self, id_: int) -> dict[str, Any]:
        """In the form of the simulated one's rows."""
        query = f"query($id: ID) {{ findScene(id: $id) {{ {SCENE} }} }}"
        found = self.gql(query, {"id": str(id_)})["findScene"]
        row = {**found, "studio": _number(found["studio"])}
        for name in ("title", "code", "details", "director"):
            row[name] = found[name] or ""
        for name in ("tags", "performers"):
            row[name] = tuple(int(one["id"]) for one in found[name])
        row["groups"] = tuple(
            (_number(one["group"]), one["scene_index"]) for one in found["groups"]
        )
        return row

    def named(self, kind: str, id_: int) -> dict[str, Any]:
        shown = SHOWN.get(kind, "id name")
        query = f"query($id: ID!) {{ find{TITLE[kind]}(id: $id) {{ {shown} }} }}"
        found = self.gql(query, {"id": str(id_)})[f"find{TITLE[kind]}"]
        tags = tuple(int(one["id"]) for one in found.get("tags") or ())
        return {"name": found["name"], "parent": _number(found.get("parent_studio")), "tags": tags}


def _number(one: dict[str, Any] | None) -> int | None:
    return int(one["id"]) if one else None

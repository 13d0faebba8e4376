"""Box: a Stash and a Plex over real HTTP with the plugin installed, for the demo and the tests."""

from __future__ import annotations

import contextlib
import os
import shutil
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from devserver import proof
from devserver.plex import PlexServer
from devserver.plex_tv import PlexTv
from devserver.plex_tv.resources import Connection
from devserver.stash import StashServer

PLUGIN = "Stash2Plex"
STASH_ROOT, PLEX_ROOT = "/data", "/media"
TOKEN, TOKEN_2 = "plex-token-of-the-box", "second-plex-token-of-the-box"
ACCOUNT = "account-token-of-the-box"
PLEX_TV = "STASH2PLEX_PLEX_TV"  # names another plex.tv to the plugin
NOWHERE = "http://127.0.0.1:1"


class Box:
    """Both servers. Files are below /data in Stash and below /media in Plex."""

    stash_root = STASH_ROOT

    def __init__(
        self,
        root: Path,
        plugin: Path,
        stash: dict[str, Any] | None = None,
        plex: dict[str, Any] | None = None,
        compiled: Path | None = None,
        spawn: Callable[..., Any] | None = None,
    ) -> None:
        """`compiled` is a folder of the plugin whose compiled modules this one starts with. `spawn`
        starts the plugin's processes in place of `subprocess.Popen`."""
        self.stash = StashServer(root / "stash", **(stash or {}))
        self.spawn = self.stash.library.host.spawn = spawn
        # The plugin runs with the libraries that this process has.
        self.stash.python = sys.executable
        # As where Stash runs: compiled modules are kept, whatever the shell of the tests says.
        self.temporary = root / "tmp"
        self.temporary.mkdir(parents=True)
        self.stash.env = {"PYTHONDONTWRITEBYTECODE": "", "TMPDIR": str(self.temporary)}
        self.stash.env[PLEX_TV] = NOWHERE  # no test asks the real one
        self.plex = PlexServer(token=TOKEN, **(plex or {}))
        self.plexes = [self.plex]
        self.plugin, self.compiled = plugin, compiled
        self.section = 0
        self.paths: dict[int, str] = {}
        self.tokens = {TOKEN}  # all that were ever configured
        self.said: list[str] = []  # what the plugin said to somebody else than this Stash
        self.plex_tv: PlexTv | None = None

    def __enter__(self) -> Box:
        self.plex.start()
        self.section = self.plex.add_section("Scenes", roots=[PLEX_ROOT])
        self.stash.start()
        self.stash.install_plugin(self.plugin)
        for cache in self.compiled.rglob("__pycache__") if self.compiled else ():
            place = self.folder / cache.relative_to(self.compiled or cache)
            # Python replaces a compiled module and never writes into it: links are copies.
            shutil.copytree(cache, place, copy_function=_link)
        if self.stash.plugin_errors:
            raise RuntimeError(f"Stash did not load the plugin: {self.stash.plugin_errors}")
        self.configure()
        return self

    def __exit__(self, *_: object) -> None:
        self.stash.stop()
        for server in (*self.plexes, *filter(None, [self.plex_tv])):
            server.stop()

    @property
    def folder(self) -> Path:
        """Where the plugin is installed."""
        return self.stash.plugins_dir / "local" / PLUGIN

    @property
    def data_dir(self) -> Path:
        return self.stash.config_dir / "plugin_data" / PLUGIN

    @property
    def path_map(self) -> str:
        return f"{self.stash_root} => {PLEX_ROOT}"

    def configure(self, **settings: Any) -> None:
        """The settings that make the plugin work here, and these."""
        usual = {
            "plex_url": self.plex.url,
            "plex_token": self.plex.token,
            "path_map": self.path_map,
        }
        self.tokens.add(str({**usual, **settings}["plex_token"]))
        self.tokens.update(str(settings.get("notify") or "").split())
        self.stash.configure(PLUGIN, **{**usual, **settings})

    @contextlib.contextmanager
    def silence(self) -> Iterator[None]:
        """As if the plugin were not there: as an import, or an old database."""
        self.stash.enable(PLUGIN, False)
        try:
            yield
        finally:
            self.stash.enable(PLUGIN, True)

    def add(self, name: str, in_plex: bool = True, **scene: Any) -> int:
        """A scene with the file `name` in Stash, and (`in_plex`) its item, known by file name."""
        number = self.stash.add_scene(
            files=[{"path": f"{STASH_ROOT}/{name}", "size": 1000 + len(self.paths)}], **scene
        )
        self.paths[number] = f"{PLEX_ROOT}/{name}"
        if in_plex:
            self.plex.add_file(self.paths[number], size=1000 + len(self.paths) - 1)
        return number

    def add_all(self, scenes: dict[str, dict[str, Any]], in_plex: bool = True) -> list[int]:
        """File name -> fields of its scene; where files are real, they are scanned together."""
        return [self.add(name, in_plex, **scene) for name, scene in scenes.items()]

    def second_plex(self, files: bool = True, token: str = TOKEN_2, **plex: Any) -> PlexServer:
        """One more server, which nobody has written to; with the same files as ours, or none."""
        second = PlexServer(token=token, **plex).start()
        self.plexes.append(second)
        self.tokens.add(token)
        section = second.add_section("Scenes", roots=[PLEX_ROOT])
        known = [part for item in self.plex.library.items.values() for part in item.parts]
        for part in known if files else ():
            second.add_file(part.file, section, part.size)
        return second

    def look_at(self, plex: PlexServer, **settings: Any) -> None:
        """Set the plugin (and `item`, `differences`) to another server, with these settings."""
        self.plex = plex
        self.section = next(iter(plex.library.sections))
        self.configure(**settings)

    def sign_in_at(self, token: str = ACCOUNT) -> PlexTv:
        """A plex.tv for this box: its account owns the box's Plex, at its local address."""
        self.plex_tv = PlexTv(token=token).start()
        self.stash.env[PLEX_TV] = self.plex_tv.url
        self.tokens.add(token)
        here = Connection("127.0.0.1", self.plex.port)
        self.plex_tv.add_server(self.plex.machine_identifier, "Sim", self.plex.token, here)
        return self.plex_tv

    def replace_stash_database(self, updated_at: str = "") -> dict[int, int]:
        """Old id -> new id of the same scene; `paths` follows."""
        new = self.stash.replace_database(updated_at)
        self.paths = {new[number]: path for number, path in self.paths.items()}
        return new

    def item(self, scene_id: int) -> dict[str, Any]:
        """What Plex says about the scene's file."""
        return self.plex.item_by_file(self.paths[scene_id])

    def differences(self, scene_ids: Iterable[int] | None = None) -> dict[int, dict[str, Any]]:
        """Scene -> field -> (expected, found), for the scenes that Plex does not show right."""
        asked = self.paths if scene_ids is None else scene_ids
        settings = self.settings()
        found = {
            n: proof.differences(self.stash, self.plex, n, self.paths[n], settings) for n in asked
        }
        return {number: fields for number, fields in found.items() if fields}

    def settings(self) -> dict[str, Any]:
        """What Stash has of the plugin's settings."""
        return dict(self.stash.library.host.settings.get(PLUGIN) or {})

    def task(self, name: str, timeout: float = 120) -> Any:
        """Press a task button and wait until Stash's queue is empty; the last plugin run."""
        self.stash.run_task(PLUGIN, name)
        self.settle(timeout)
        return [run for run in self.stash.runs if run.kind == "task"][-1]

    def operation(self, mode: str, **args: Any) -> Any:
        """Run a command as the page does; its JSON."""
        return self.stash.operation(PLUGIN, {"mode": mode, **args})

    def settle(self, timeout: float = 120) -> None:
        """Wait until no job is queued or running in Stash."""
        if self.stash.wait_idle(timeout) is False:
            raise TimeoutError("Stash's jobs did not end")


def _link(source: str, target: str) -> None:
    try:
        os.link(source, target)
    except OSError:  # another file system, or one without links
        shutil.copyfile(source, target)

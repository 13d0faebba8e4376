"""A box whose Stash is a real one: it is filled over GraphQL, and left as empty as it was found."""

from __future__ import annotations

import base64
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from devserver.box import ACCOUNT, PLEX_ROOT, PLEX_TV, PLUGIN, TOKEN, Box
from devserver.plex import PlexServer
from devserver.plex_tv import PlexTv
from devserver.plex_tv.resources import Connection
from devserver.stash.packages import install
from tests.ui.real_stash import RealStash

FOLDER = "stash2plex-tests"  # below its library; nothing else of it is touched
FRAME = ("-f", "lavfi", "-i", "color=size=64x64:rate=25", "-frames:v", "1", "-pix_fmt", "yuv420p")
NAMES = {"tags": "tag", "performers": "performer"}


class RealBox(Box):
    """`frame` is a film of one frame, which every scene gets a copy of."""

    stash: RealStash  # type: ignore[assignment]

    def __init__(self, stash: RealStash, plugin: Path, compiled: Path, frame: bytes) -> None:
        self.stash, self.plugin, self.compiled, self.frame = stash, plugin, compiled, frame
        self.plex = PlexServer(token=TOKEN)
        self.plexes = [self.plex]
        self.section = 0
        self.paths: dict[int, str] = {}
        self.tokens = {TOKEN}
        self.plex_tv: PlexTv | None = None
        self.made: list[tuple[str, int]] = []
        self.stash_root = str(stash.media / FOLDER)

    def __enter__(self) -> RealBox:
        self._empty()
        if self.stash.count():
            raise RuntimeError(
                "The Stash at STASH_URL has scenes: these tests want one without any"
            )
        self.plex.start()
        self.section = self.plex.add_section("Scenes", roots=[PLEX_ROOT])
        Path(self.stash_root).mkdir(parents=True, exist_ok=True)
        install(self.plugin, self.folder.parent)
        for cache in (self.compiled or self.folder).rglob("__pycache__"):
            where = self.folder / cache.relative_to(self.compiled or self.folder)
            shutil.copytree(cache, where, dirs_exist_ok=True)
        self.stash.use_python(sys.executable)
        self.stash.read_release_notes()
        self.stash.reload_plugins()
        self.configure()
        self.stash.enable(PLUGIN, True)
        return self

    def __exit__(self, *_: object) -> None:
        self.stash.gql("mutation { stopAllJobs }")
        self.settle()
        self._empty()
        for server in (*self.plexes, *filter(None, [self.plex_tv])):
            server.stop()
        self.stash.use_python(self.stash.general["pythonPath"])
        self.stash.configure(PLUGIN)

    def uninstall(self) -> None:
        """The Stash of a person who has not installed the plugin yet."""
        self.stash.configure(PLUGIN)
        shutil.rmtree(self.folder, ignore_errors=True)
        shutil.rmtree(self.data_dir, ignore_errors=True)
        self.stash.reload_plugins()

    def sign_in_at(self, token: str = ACCOUNT) -> PlexTv:
        """Stash hands its own environment on, so its Python is a script that names the plex.tv."""
        self.plex_tv = PlexTv(token=token).start()
        self.tokens.add(token)
        here = Connection("127.0.0.1", self.plex.port)
        self.plex_tv.add_server(self.plex.machine_identifier, "Sim", self.plex.token, here)
        script = Path(self.stash_root) / "python"
        script.write_text(f'#!/bin/sh\n{PLEX_TV}={self.plex_tv.url} exec {sys.executable} "$@"\n')
        script.chmod(0o755)
        self.stash.use_python(str(script))
        return self.plex_tv

    def _empty(self) -> None:
        """Without our scenes, our plugin and what it remembers."""
        shutil.rmtree(self.folder, ignore_errors=True)
        self.stash.reload_plugins()
        self.stash.destroy_scenes(self.stash.scenes_below(Path(self.stash_root)))
        for kind, number in self.made:
            self.stash.destroy(kind, number)
        for folder in (self.data_dir, Path(self.stash_root)):
            shutil.rmtree(folder, ignore_errors=True)

    def add(self, name: str, in_plex: bool = True, **scene: Any) -> int:
        return self.add_all({name: scene}, in_plex)[0]

    def add_all(self, scenes: dict[str, dict[str, Any]], in_plex: bool = True) -> list[int]:
        paths = [self._film(name) for name in scenes]
        with self.silence():
            numbers = self.stash.scan(paths)
            for number, scene in zip(numbers, scenes.values(), strict=True):
                self.stash.update_scene(number, **self._fields(scene))
        for number, path, name in zip(numbers, paths, scenes, strict=True):
            self.paths[number] = f"{PLEX_ROOT}/{name}"
            if in_plex:
                self.plex.add_file(self.paths[number], size=path.stat().st_size)
        return numbers

    def _film(self, name: str) -> Path:
        path = Path(self.stash_root) / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(film(self.frame, name))
        return path

    def _fields(self, scene: dict[str, Any]) -> dict[str, Any]:
        given = dict(scene)
        if "updated_at" in given:
            pytest.skip("a real Stash dates its scenes itself")
        for plural, kind in NAMES.items():
            if plural in given:
                given[f"{kind}_ids"] = [self._id(kind, one) for one in given.pop(plural)]
        if "studio" in given:
            given["studio_id"] = self._id("studio", given.pop("studio"))
        if "cover" in given:
            encoded = base64.b64encode(given.pop("cover")).decode()
            given["cover_image"] = f"data:image/png;base64,{encoded}"
        return given

    def _id(self, kind: str, name: str) -> str:
        number, made = self.stash.id_of(kind, name)
        if made:
            self.made.append((kind, number))
        return str(number)

    def settings(self) -> dict[str, Any]:
        return self.stash.settings(PLUGIN)

    def task(self, name: str, timeout: float = 120) -> Any:
        """Press a task button and wait for its end; what Stash says of the job."""
        job = self.stash.run_task(PLUGIN, name)
        self.settle(timeout)
        return self.stash.job(job)

    def settle(self, timeout: float = 120) -> None:
        self.stash.wait_idle(timeout)

    def leaks(self) -> list[str]:
        """Where the token stands that should not: in a file of ours, or in Stash's log."""
        files = [path for path in self.data_dir.rglob("*") if path.is_file()]
        texts = {path.name: path.read_bytes() for path in files}
        texts["Stash's log"] = "\n".join(self.stash.said()).encode()
        return [
            f"a token is in {where}"
            for where, text in texts.items()
            for token in self.tokens
            if token and token.encode() in text
        ]


def film(frame: bytes, name: str) -> bytes:
    """The frame, and a box that players skip: each file has a fingerprint of its own."""
    unique = name.encode() * 50
    return frame + (8 + len(unique)).to_bytes(4, "big") + b"free" + unique


def one_frame(folder: Path) -> bytes:
    path = folder / "frame.mp4"
    ffmpeg = shutil.which("ffmpeg")
    if ffmpeg is None:
        raise RuntimeError("ffmpeg is not installed: Stash itself needs it to scan a film")
    subprocess.run([ffmpeg, "-loglevel", "error", *FRAME, str(path)], check=True, timeout=60)
    return path.read_bytes()

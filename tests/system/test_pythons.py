"""Whatever Python Path names, a save reaches Plex with the packages that are there."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
import sysconfig
import venv
from collections.abc import Callable
from pathlib import Path

import pytest

from devserver.box import Box
from tests.support.box_output import lines

pytestmark = [
    pytest.mark.uncovered,
    pytest.mark.cold,
    pytest.mark.skipif(os.name == "nt", reason="a wrapper is a shell script"),
]
PACKAGES = sysconfig.get_path("purelib")
BASE = getattr(sys, "_base_executable", sys.executable)


def wrapper(box: Box, folder: Path) -> None:
    path = folder / "python"
    path.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} "$@"\n', encoding="utf-8")
    path.chmod(0o755)
    box.stash.python = str(path)


def virtual_environment(box: Box, folder: Path) -> None:
    venv.create(folder, symlinks=True)
    [site_packages] = folder.glob("lib/python*/site-packages")
    (site_packages / "ours.pth").write_text(f"{PACKAGES}\n", encoding="utf-8")
    box.stash.python = str(folder / "bin" / "python")


def packages_of_a_user(box: Box, folder: Path) -> None:
    box.stash.env = {**box.stash.env, "PYTHONUSERBASE": str(folder)}
    env = {**os.environ, **box.stash.env}
    where = subprocess.check_output([BASE, "-m", "site", "--user-site"], env=env, text=True)
    Path(where.strip()).parent.mkdir(parents=True)
    Path(where.strip()).symlink_to(PACKAGES, target_is_directory=True)
    box.stash.python = BASE


def manifest_of_before(box: Box, folder: Path) -> None:
    """As Stash holds it in memory until its plugins are reloaded."""
    for plugin in box.stash.library.host.plugins:
        plugin.exec.remove("-S")


def chatty_packages(box: Box, folder: Path) -> None:
    (folder / "sitecustomize.py").write_text("print('hello from the administrator')")
    box.stash.env = {**box.stash.env, "PYTHONPATH": str(folder)}


@pytest.mark.parametrize(
    "arrange",
    [wrapper, virtual_environment, packages_of_a_user, manifest_of_before, chatty_packages],
)
@pytest.mark.parametrize("mode", ["background", "inline"])
def test_a_save_reaches_plex(
    box: Box, tmp_path: Path, arrange: Callable[[Box, Path], None], mode: str
) -> None:
    box.configure(hook_mode=mode)
    (tmp_path / "python").mkdir()
    arrange(box, tmp_path / "python")
    scene = box.add("a.mp4", title="old")
    box.settle()
    box.stash.update_scene(scene, title="new")
    box.settle()
    assert box.item(scene)["title"] == "new" and box.differences() == {}
    assert not (box.data_dir / "deps").exists()
    assert lines(box, "error") == []

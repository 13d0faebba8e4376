"""The package as Stash's package manager installs it: from index.yml and the zip, nothing else."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import pytest
import yaml

import package
from devserver.box import PLUGIN, Box

pytestmark = [pytest.mark.uncovered, pytest.mark.cold]


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """What a plugin source serves."""
    package.build(tmp_path / "source")
    return tmp_path / "source"


@pytest.fixture
def offered(source: Path) -> Path:
    """The zip that the index names, after the check that Stash makes."""
    (entry,) = yaml.safe_load((source / "index.yml").read_text(encoding="utf-8"))
    archive = source / entry["path"]
    assert hashlib.sha256(archive.read_bytes()).hexdigest() == entry["sha256"]
    return archive


@pytest.fixture
def box(tmp_path: Path, offered: Path):
    with Box(tmp_path / "box", offered) as box:
        yield box


def test_the_installed_files_are_those_of_the_package(box: Box) -> None:
    folder = box.stash.plugins_dir / "local" / PLUGIN
    found = {p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file()}
    assert found - {"manifest"} == {path.as_posix() for path in package.contents()}


def test_it_runs_with_a_foreign_cwd_and_a_relative_plugin_dir(box: Box) -> None:
    scene = box.add("clips/one.mp4", title="One")

    run = box.task("Sync All Scenes to Plex")

    named = run.stdin["server_connection"]["PluginDir"]
    assert not os.path.isabs(named)
    cwd = box.stash.library.host.cwd
    assert cwd.resolve() != (cwd / named).resolve()
    assert (cwd / named / "Stash2Plex.py").is_file()
    assert (run.exit_code, run.error) == (0, None)
    assert box.item(scene)["title"] == "One"


def test_every_way_in_works(box: Box) -> None:
    scene = box.add("clips/one.mp4", title="One")
    box.stash.update_scene(scene, title="Two")
    box.settle()
    box.operation("queue_status")

    assert {run.kind for run in box.stash.runs} == {"hook", "task", "operation"}
    assert [run.error for run in box.stash.runs if run.error] == []
    assert box.differences() == {}


def test_state_is_kept_beside_the_plugins_and_without_any_yml(box: Box) -> None:
    box.add("clips/one.mp4", title="One")
    box.task("Sync All Scenes to Plex")

    assert box.data_dir.is_dir()
    assert list(box.data_dir.rglob("*.yml")) == []
    assert not box.data_dir.is_relative_to(box.stash.plugins_dir)


def test_an_update_keeps_the_state_and_drops_old_files(box: Box, offered: Path) -> None:
    box.add("clips/one.mp4", title="One")
    box.task("Sync All Scenes to Plex")
    folder = box.stash.plugins_dir / "local" / PLUGIN
    with open(folder / "manifest", "a", encoding="utf-8") as listed:
        listed.write("\nold_module.py")
    (folder / "old_module.py").touch()

    box.stash.install_plugin(offered)
    run = box.task("Sync All Scenes to Plex")

    assert not (folder / "old_module.py").exists()
    assert (run.output["written"], run.output["unchanged"]) == (0, 1)

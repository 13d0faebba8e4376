"""Remove Data: everything of ours goes on the second press, and nothing while something works."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from app.commands.remove_data import remove_files
from devserver.box import TOKEN, Box
from devserver.stash.client import StashError
from disk.lock import FileLock
from tests.support.box_output import lines, terminal, until
from tests.support.fuzz.checks import NAMES

pytestmark = pytest.mark.uncovered
TASK = "Remove Data"


@pytest.fixture
def used(box: Box) -> Box:
    """It has synced, reconciled, previewed, failed and kept a damaged file."""
    scene = box.add("a.mp4", title="T", tags=["Rain"])
    box.configure(reconcile_interval="hourly", hook_mode="inline", card_badge=True, labels="Mine")
    for mode in ("all", "reconcile_all", "preview", "doctor"):
        box.operation(mode)
    (box.data_dir / "outages.json").write_text("{")
    box.plex.go_down()
    box.stash.update_scene(scene, title="New")
    box.settle()
    box.plex.come_up()
    return box


def files(box: Box) -> list[str]:
    return sorted(path.name for path in box.data_dir.iterdir()) if box.data_dir.exists() else []


def test_the_first_press_removes_nothing_and_says_what_goes(used: Box) -> None:
    before, item = used.settings(), used.item(1)
    known = set(files(used))
    used.task(TASK)
    assert used.settings() == before and known <= set(files(used)) and used.item(1) == item
    said = " ".join(lines(used, "warning"))
    assert "Plex Token" in said and "wrote to 1 item" in said and "undo --original" in said


def test_the_second_press_removes_files_and_token_and_nothing_else(used: Box) -> None:
    before, item = used.settings(), used.item(1)
    for _ in range(2):
        used.task(TASK)
    assert not used.data_dir.exists()
    del before["plex_token"]
    assert used.settings() == before and used.item(1) == item
    assert TOKEN not in (used.stash.config_dir / "config.yml").read_text("utf-8")
    assert used.folder.is_dir(), "Stash removes the plugin"


def test_with_confirm_one_call_is_enough(used: Box) -> None:
    used.configure(notify="ntfy://a-topic", plex_url=f"{used.plex.url}/?X-Plex-Token={TOKEN}")
    answer = used.operation("remove_data", confirm=True)
    assert answer["removed"] and answer["left"] == [] and answer["plex"].endswith("1 item")
    assert sorted(answer["settings"]) == ["notify", "plex_token", "plex_url"]
    assert set(used.settings()) == {"path_map"} and not used.data_dir.exists()


def test_a_press_long_after_the_first_asks_again(used: Box) -> None:
    used.task(TASK)
    os.utime(used.data_dir / "removal", (1.0, 1.0))
    used.task(TASK)
    assert used.settings()["plex_token"] == TOKEN and "plex.sqlite" in files(used)


@pytest.mark.parametrize(
    "name", ["drain.lock", "reconciliation.lock", "preview.lock", "deps/install.lock"]
)
def test_nothing_is_removed_while_something_works(used: Box, name: str) -> None:
    before = files(used)
    with FileLock(used.data_dir / name):
        with pytest.raises(StashError, match="Stash2Plex is at work"):
            used.operation("remove_data", confirm=True)
        assert set(before) <= set(files(used)) and used.settings()["plex_token"] == TOKEN
    assert used.operation("remove_data", confirm=True)["removed"]


def test_a_drain_that_works_is_not_disturbed(box: Box) -> None:
    scenes = [box.add(f"{n}.mp4", title=f"T {n}") for n in range(3)]
    box.plex.latency = 0.2
    box.stash.run_task("Stash2Plex", "Sync All Scenes to Plex")
    until(lambda: box.operation("status")["draining"])
    with pytest.raises(StashError, match="Stash2Plex is at work"):
        box.operation("remove_data", confirm=True)
    box.plex.latency = 0.0
    box.settle()
    assert box.differences(scenes) == {}


def test_files_of_others_stay_in_a_folder_that_a_terminal_names(box: Box, tmp_path: Path) -> None:
    folder = tmp_path / "own"
    folder.mkdir()
    (folder / "letter.txt").write_text("mine")
    given = ("--stash", box.stash.url, "--data-dir", str(folder), "--confirm")
    box.add("a.mp4", title="T")
    assert terminal(box, "all", *given[:4]).returncode == 0 and len(list(folder.iterdir())) > 3
    done = terminal(box, "remove-data", *given)
    assert json.loads(done.stdout)["output"]["removed"]
    assert [path.name for path in folder.iterdir()] == ["letter.txt"]


def test_after_the_removal_a_new_start_works(used: Box) -> None:
    used.operation("remove_data", confirm=True)
    used.configure()
    scene = used.add("b.mp4", title="Another")
    used.operation("reconcile_all")
    assert used.differences([scene]) == {}


def test_every_file_that_may_be_there_is_known_to_the_removal(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    folder.mkdir()
    for name in NAMES:
        (folder / name).touch()
    assert remove_files(folder) == [] and not folder.exists()

"""A terminal of root beside a Stash of another user: whatever is written stays Stash's."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from devserver.box import Box
from tests.support.box_output import terminal

USER, GROUP = 12345, 23456


def reaches_python(folder: Path) -> bool:
    """Whether that user can read what Python needs here, and the folder."""
    command = [sys.executable, "-c", f"import os, plexapi, pydantic; os.listdir({str(folder)!r})"]
    try:
        return not subprocess.run(
            command, user=USER, group=GROUP, extra_groups=[], check=False, stderr=subprocess.DEVNULL
        ).returncode
    except OSError:
        return False


@pytest.fixture
def shared(plugin_zip: Path) -> Iterator[Box]:
    """A box whose folders belong to that user."""
    if not hasattr(os, "geteuid") or os.geteuid() != 0:
        pytest.skip("only root can be somebody else")
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o755)
    try:
        if not reaches_python(folder):
            pytest.skip("another user cannot read this Python")
        with Box(folder / "box", plugin_zip) as box:
            give(folder / "box")
            yield box
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def give(folder: Path) -> None:
    for path in (folder, *folder.rglob("*")):
        os.chown(path, USER, GROUP, follow_symlinks=False)


def foreign(box: Box) -> list[str]:
    """What in the data dir does not belong to that user and group."""
    found = [box.data_dir, box.data_dir.parent, *box.data_dir.rglob("*")]
    return [
        str(path) for path in found if (path.lstat().st_uid, path.lstat().st_gid) != (USER, GROUP)
    ]


def test_files_of_root_belong_to_the_data_dir_s_owner(shared: Box) -> None:
    shared.add("a.mp4", title="A")
    ended = terminal(shared, "reconcile-all", "--stash", shared.stash.url)
    assert (ended.returncode, shared.differences()) == (0, {}), ended.stderr
    assert foreign(shared) == [] and (shared.data_dir / "plex.sqlite").exists()


def test_what_an_earlier_run_of_root_left_there_is_given_back(shared: Box) -> None:
    shared.add("a.mp4", title="A")
    shared.operation("all")  # of root, as Stash is here
    for folder in (shared.data_dir, shared.data_dir.parent):
        os.chown(folder, USER, GROUP)
    assert foreign(shared) != []
    assert terminal(shared, "queue-status", "--stash", shared.stash.url).returncode == 0
    assert foreign(shared) == []

"""The packages are not there: a task installs them, an operation only asks for that task."""

from __future__ import annotations

from pathlib import Path

import pytest

from devserver.box import Box
from devserver.stash.client import StashError
from tests.support.box_output import lines, until
from tests.support.hooks import queued

pytestmark = [pytest.mark.uncovered, pytest.mark.cold]
STUB = Path(__file__).parents[1] / "torture" / "stub"


@pytest.fixture
def bare(box: Box) -> Box:
    """Its plugin needs a package that only the stub of pip can deliver."""
    requirements = box.folder / "requirements.txt"
    requirements.write_text(requirements.read_text() + "s2p-tiny>=1,<2\n")
    box.stash.env = {**box.stash.env, "PYTHONPATH": str(STUB)}
    box.add("a.mp4", title="A")
    return box


def installed(box: Box) -> list[Path]:
    return list((box.data_dir / "deps").glob("*/s2p_tiny.py"))


def doing(box: Box) -> str:
    return str((box.operation("status")["activity"] or {}).get("mode"))


def test_an_operation_asks_for_a_task_that_installs_and_then_works(bare: Box) -> None:
    bare.stash.hold_jobs()
    for _ in range(2):
        with pytest.raises(StashError, match="A task of Stash installs them now"):
            bare.operation("sync", scene=1)
    assert installed(bare) == []
    assert queued(bare) == 1
    assert bare.operation("status")["packages_missing"]
    bare.stash.release_jobs()
    bare.settle()
    assert not bare.operation("status")["packages_missing"]
    assert len(installed(bare)) == 1
    bare.operation("sync", scene=1)
    assert bare.differences() == {}


def test_what_the_page_asks_again_and_again_needs_no_packages(bare: Box) -> None:
    assert bare.operation("status")["busy"] is False


def test_the_page_sees_how_far_the_installation_is(bare: Box) -> None:
    bare.stash.run_task("Stash2Plex", "Process Queue")
    until(lambda: doing(bare) == "install_packages")
    bare.settle()
    assert any("The packages are installed" in line for line in lines(bare, "info"))

"""The plugin's own files are replaced while a drain runs: it pauses and ends, and no job is charged."""

from __future__ import annotations

from pathlib import Path

import pytest

from devserver.box import Box
from tests.support.box_output import lines
from tests.support.jobs import attempts, dead, fill

pytestmark = pytest.mark.uncovered

# A module that is imported in the middle of a job; what stands in its file for a moment, or nothing.
HALVES = {
    "ModuleNotFoundError": ("library/scans", None),
    "SyntaxError": ("library/scans", "def half("),
    "AttributeError": ("images/letterbox", ""),
}


@pytest.mark.parametrize("kind", HALVES)
def test_a_module_that_is_not_whole_for_a_moment_charges_no_job(box: Box, kind: str) -> None:
    name, half = HALVES[kind]
    box.configure(poster_fit=True, trigger_plex_scan=True, max_retries=1)
    box.stash.hold_jobs()
    for scene in [*fill(box, 3), box.add("new.mp4", in_plex=False)]:
        box.stash.update_scene(scene, details="It rains.")
    module = box.folder / "plex" / f"{name}.py"
    whole = module.read_text()
    replaced(module, half)
    found = box.operation("process_queue")
    assert "the plugin is being updated or is not whole" in found["paused"]
    assert [line for line in lines(box, "warning") if kind in line]
    assert (attempts(box), dead(box)) == ({0}, 0)
    replaced(module, whole)
    found = box.operation("process_queue")
    assert (found["paused"], found["buried"]) == (None, 0)
    assert box.differences([1, 2, 3]) == {}


def replaced(module: Path, text: str | None) -> None:
    for compiled in module.parent.glob(f"__pycache__/{module.stem}.*"):
        compiled.unlink()
    module.unlink(missing_ok=True)
    if text is not None:
        module.write_text(text)

"""Quick runs: what they cost, when they become usual ones, and what their marks survive."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest

from devserver.box import Box
from devserver.stash.client import StashError
from plex.state.database import Store
from reconciliation.quick import META
from reconciliation.recent_changes import HEAD
from tests.support.box_output import lines, quiet, ran_ago, set_state

HOUR = 3600.0
pytestmark = pytest.mark.uncovered


@pytest.fixture
def library(box: Box) -> Box:
    """Three scenes that agree, and marks of a usual run."""
    box.plex.clock = lambda: time.time() - HOUR
    box.configure(reconcile_interval="hourly", reconcile_scope="all")
    for number in range(3):
        box.add(f"{number}.mp4", title=f"Scene {number}", details="Told.")
    box.operation("all")
    box.operation("reconcile_all", deep=True)
    quiet(box)
    return box


def quick(box: Box) -> Any:
    """The next run of the interval, an hour later."""
    now = time.time()
    ran_ago(box, 2 * HOUR, last_usual_time=now - 3 * HOUR, last_deep_time=now, retry_at=0.0)
    return box.operation("process_queue")["auto_reconcile"]


def marks(box: Box) -> dict[str, Any]:
    with closing(Store(box.data_dir)) as store:
        return dict(json.loads(store.meta(META)))


def put_marks(box: Box, **changed: Any) -> None:
    text = json.dumps(marks(box) | changed)
    with closing(Store(box.data_dir)) as store:
        store.set_meta(META, text)


def edit(box: Box, scene: int, title: str) -> None:
    """By an import: no hook fires."""
    with box.silence():
        box.stash.update_scene(scene, title=title)


def test_what_changed_is_written_once_and_then_nothing(library: Box) -> None:
    edit(library, 1, "New")
    found = quick(library)
    assert (found["kind"], found["enqueued"], library.differences()) == ("quick", 1, {})
    quiet(library)
    again = quick(library)
    assert (again["kind"], again["enqueued"], library.plex.writes()) == ("quick", 0, [])
    assert not any("/all?type=1&" not in one.raw_target and one.path.endswith("/all")
                   for one in library.plex.requests), "no listing was read"  # fmt: skip


def test_the_status_tells_the_kind_and_when_the_next_are_due(library: Box) -> None:
    quick(library)
    found = library.operation("queue_status")["reconciliation"]
    assert found["kind"] == "quick"
    assert found["next_quick"] == pytest.approx(found["last_run_time"] + HOUR)
    assert found["next_usual"] == pytest.approx(found["last_usual_time"] + 24 * HOUR)
    assert any("next quick run 20" in line for line in lines(library, "info"))
    page = library.operation("overview")["reconciliation"]
    assert (page["kind"], page["next_usual"]) == ("quick", found["next_usual"])


def sort_is_ignored(box: Box) -> None:
    """Ignored from now on; and a sort shows only among more items than the first page has."""
    for number in range(HEAD):
        box.plex.add_file(f"/media/other {number}.mp4")
    for place, item in enumerate(box.plex.library.items.values()):
        item.updated_at, item.added_at, item.listing = item.updated_at + place, place + 1, None
    box.operation("reconcile_all")
    box.plex.options.ignored_sorts = {"updatedAt", "addedAt"}


def no_total(box: Box) -> None:
    box.plex.remove_item(box.item(1)["ratingKey"])


UNSURE: dict[str, tuple[Callable[[Box], object], str]] = {
    "the order": (sort_is_ignored, "gone|first"),
    "a total": (no_total, "gone|are listed instead of"),
    "the clock": (lambda box: put_marks(box, at=time.time() + HOUR), "clock was set back"),
    "the settings": (lambda box: box.configure(
        reconcile_interval="hourly", reconcile_scope="all", max_tags=7), "settings"),
    "no marks": (lambda box: put_marks(box, version=0), "no earlier run"),
    "a library": (lambda box: box.plex.add_section("Other", roots=["/other"]), "other libraries"),
    "older data": (lambda box: box.stash.replace_database("2020-01-02T03:04:05Z"), "gone|do not"),
}  # fmt: skip


@pytest.mark.parametrize("case", UNSURE)
def test_a_run_that_is_not_sure_is_a_usual_one(library: Box, case: str) -> None:
    change, why = UNSURE[case]
    change(library)
    found = quick(library)
    assert found["kind"] != "quick"
    assert any(word in found["unsure"] for word in why.split("|")), found["unsure"]


def test_once_a_day_the_run_is_a_usual_one(library: Box) -> None:
    ran_ago(library, 2 * HOUR, last_usual_time=time.time() - 25 * HOUR, last_deep_time=time.time())
    found = library.operation("process_queue")["auto_reconcile"]
    assert (found["kind"], found["unsure"]) == ("usual", "")
    set_state(library, last_run_time=time.time() + HOUR)
    assert quick(library)["kind"] == "quick"


@pytest.mark.parametrize("hours", [-9.0, 9.0])
def test_a_plex_with_another_clock_hides_no_change(library: Box, hours: float) -> None:
    library.plex.clock = lambda: time.time() + hours * HOUR
    library.operation("reconcile_all")
    for number in (1, 2):
        key = library.item(number)["ratingKey"]
        library.plex.edit_as_person(key, title="Edited in Plex")
        found = quick(library)
        assert (found["kind"], found["gaps_by_type"]["drifted"]) == ("quick", number)


def test_a_zone_of_stash_that_moved_hides_no_change(library: Box) -> None:
    library.stash.library.store.tz_offset = "-07:00"
    edit(library, 2, "New")
    found = quick(library)
    assert (found["kind"], library.differences()) == ("quick", {})


def test_a_run_that_the_brake_stopped_keeps_the_old_marks(library: Box) -> None:
    before = marks(library)
    library.configure(reconcile_interval="hourly", reconcile_scope="all", brake_scenes=1)
    edit(library, 1, "New")
    edit(library, 2, "New")
    assert "nothing is changed" in quick(library)["error"] and marks(library) == before
    library.configure(reconcile_interval="hourly", reconcile_scope="all")
    assert quick(library)["kind"] == "quick" and library.differences() == {}


# Where the process dies: a module, the line before which it does, and the condition.
KILLS = {
    "before it queues": ("sync_queue/jobs.py", "new = 0", "ids"),
    "between queue and marks": ("disk/database.py", "with self.writing() as db:\n"
        "            return db.execute(", f"values[:1] == ({META!r},)"),
    "after the marks": ("app/commands/reconcile.py", "run.scheduler.record_run(", "True"),
}  # fmt: skip


@contextmanager
def mortal(box: Box, module: str, line: str, when: str) -> Iterator[None]:
    path = box.folder / module
    text = path.read_text(encoding="utf-8")
    assert text.count(line) == 1
    kill = f"if {when}: import os; os.kill(os.getpid(), 9)\n        "
    put_module(path, text.replace(line, kill + line))
    try:
        yield
    finally:
        put_module(path, text)


def put_module(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")
    for compiled in path.parent.rglob(f"{path.stem}.*.pyc"):
        compiled.unlink()


@pytest.mark.cold  # a fork has the modules of another folder
@pytest.mark.parametrize("kill", KILLS)
def test_a_kill_around_the_marks_loses_nothing(library: Box, kill: str) -> None:
    before = marks(library)
    edit(library, 1, "New")
    with library.silence():
        library.add("late.mp4", title="Late", details="Told.")
    with mortal(library, *KILLS[kill]), pytest.raises(StashError):
        quick(library)
    assert len(library.differences()) == 2
    assert (marks(library) == before) == (kill != "after the marks")
    set_state(library, claimed_at=time.time() - HOUR)
    assert quick(library)["kind"] == "quick"
    assert library.differences() == {}


def test_each_plex_server_has_its_own_marks(library: Box) -> None:
    first = library.plex
    library.look_at(library.second_plex(), reconcile_interval="hourly", reconcile_scope="all")
    assert quick(library)["kind"] != "quick"
    library.look_at(first, reconcile_interval="hourly", reconcile_scope="all")
    assert quick(library)["kind"] != "quick", "a server that comes back is compared whole"

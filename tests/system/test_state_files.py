"""Whatever becomes of a state file: one answer, a clear sentence, and in the end Plex is right."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import sys
import sysconfig
import venv
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from devserver.box import Box
from devserver.leaks import leaks
from disk.quarantine import PARTS, asides
from plex.state.database import Store
from sync_queue import inbox
from sync_queue.job import Job
from sync_queue.jobs import Jobs
from tests.support.box_output import lines
from tests.support.boxes import NewBox
from tests.support.platforms import full, linux, ordinary, slow, without_locks
from tests.support.state_files import (
    KNOWING,
    LOCKS,
    OUTAGES,
    PLEX,
    QUEUE,
    STATE,
    Change,
    State,
    a_folder,
    cut_in_half,
    emptied,
    garbage,
    named,
    no_header,
)

pytestmark = pytest.mark.uncovered

FOREIGNER = 12345


@pytest.fixture(scope="module")
def box(new_box: NewBox, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Box]:
    """One for all of these tests: only what the plugin keeps is new for each."""
    with new_box(tmp_path_factory.mktemp("box")) as found:
        found.configure(reconcile_interval="daily")
        yield found


@pytest.fixture(scope="module")
def scenes(box: Box) -> list[int]:
    return [box.add(f"{n}.mp4", title="at first", tags=["a"]) for n in (1, 2, 3)]


@pytest.fixture(scope="module")
def before(box: Box, scenes: list[int], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the plugin keeps when all is well."""
    for mode in ("reconcile_all", "process_queue"):
        box.operation(mode)
    return box.data_dir.rename(tmp_path_factory.mktemp("before") / "data")


@pytest.fixture
def state(box: Box, scenes: list[int], before: Path) -> Iterator[State]:
    yield State(box, scenes, before)
    box.stash.python = sys.executable
    box.stash.env = {"PYTHONDONTWRITEBYTECODE": ""}
    box.plex.faults.clear()
    box.stash.release_jobs()
    box.settle()
    assert not leaks(box)
    shutil.rmtree(box.data_dir)


# -- damaged, or of another version


DAMAGES = (no_header, cut_in_half, emptied, garbage, a_folder)


@pytest.mark.parametrize("damage", DAMAGES, ids=named)
@pytest.mark.parametrize("names", [(QUEUE,), (PLEX,), (STATE, OUTAGES)], ids=" and ".join)
def test_a_damaged_file_is_kept_aside_and_begun_anew(
    state: State, names: tuple[str, ...], damage: Change
) -> None:
    paths = [state.path(name) for name in names]
    for path in paths:
        damage(path)
    state.live_on()
    for path in paths:
        (aside,) = asides(path)
        assert aside.name in state.said(path.name, "could not be read")
    # What nobody can read any more is found by a reconciliation.
    lost = names == (QUEUE,) and damage is not no_header
    state.is_right("reconcile_all" if lost else "process_queue")
    assert [len(asides(path)) for path in paths] == [1] * len(paths)


def newer(path: Path) -> None:
    if path.suffix == ".json":
        path.write_text(json.dumps(json.loads(path.read_text()) | {"version": 99}))
        return
    with closing(sqlite3.connect(path)) as db:
        db.execute("PRAGMA user_version = 99")


def as_before(path: Path) -> None:
    if path.suffix == ".json":
        path.write_text(json.dumps(json.loads(path.read_text()) | {"version": 1}))
        return
    steps = (Store if path.name == "plex.sqlite" else Jobs).STEPS
    with closing(sqlite3.connect(path)) as db:
        db.execute(f"PRAGMA user_version = {len(steps)}")


@pytest.mark.parametrize("name", KNOWING)
def test_a_file_of_a_newer_version_is_refused_and_left_untouched(state: State, name: str) -> None:
    path = state.path(name)
    newer(path)
    before = path.read_bytes()
    state.live_on()
    assert "install that one again" in state.said(path.name, "was written by a newer Stash2Plex")
    assert path.read_bytes() == before and asides(path) == []
    as_before(path)
    state.is_right()


# -- files that nothing is lost with


@pytest.mark.parametrize("damage", [emptied, garbage, a_folder], ids=named)
def test_a_wake_marker_that_makes_no_sense_costs_no_edit(state: State, damage: Change) -> None:
    damage(state.path(inbox.WAKE))
    state.live_on()
    if damage is a_folder:
        assert "is noted" in state.said("could not be asked to sync this now")
        state.path(inbox.WAKE).rmdir()
    state.is_right()


def test_what_is_in_a_lock_does_not_matter(state: State) -> None:
    for number, name in enumerate(LOCKS):
        (garbage if number % 2 else emptied)(state.path(name))
    state.live_on()
    assert state.box.differences() == {}
    state.is_right()


def meet(state: State, name: str) -> None:
    """See to it that somebody wants this lock."""
    inbox.drop_wake(str(state.box.data_dir))
    state.path(OUTAGES).unlink()
    state.live_on("reconcile_recent")
    # The hook does not say which file it was.
    state.said("could not be asked to sync this now" if name == "wake.lock" else Path(name).name)


@pytest.mark.parametrize("name", LOCKS)
def test_a_folder_in_place_of_a_lock_is_logged(state: State, name: str) -> None:
    path = state.path(name)
    a_folder(path)
    meet(state, name)
    path.rmdir()
    state.is_right()


def test_a_file_in_place_of_the_inbox_is_logged(state: State) -> None:
    flags = state.path(inbox.FOLDER)
    kept = flags.with_name("kept")
    flags.rename(kept)
    flags.touch(mode=0o600)
    state.live_on("queue_status")
    assert "Reconcile Library finds it" in state.said("could not be noted on disk")
    flags.unlink()
    kept.rename(flags)
    state.is_right("reconcile_all")


# -- rights


def read_only(path: Path) -> None:
    path.chmod(0o500 if path.is_dir() else 0o400)


def of_somebody_else(path: Path) -> None:
    """Of another user; or, where only root could do that, as good as that."""
    if os.getuid() == 0:
        os.chown(path, FOREIGNER, FOREIGNER)
        path.chmod(0o700 if path.is_dir() else 0o600)
    else:
        path.chmod(0)


def ours_again(path: Path) -> None:
    path.chmod(0o700)
    for one in [path, *path.rglob("*")]:
        os.chown(one, os.getuid(), os.getgid())
        one.chmod(0o700 if one.is_dir() else 0o600)


@linux
@pytest.mark.parametrize(
    ("name", "change"),
    [
        *((name, of_somebody_else) for name in [*KNOWING, inbox.FOLDER, "queue", "."]),
        *((name, read_only) for name in [QUEUE, PLEX, inbox.FOLDER, "queue", "."]),
    ],
)
def test_a_foreign_file_is_logged_and_left(
    state: State, name: str, change: Change, tmp_path: Path
) -> None:
    state.box.stash.python = ordinary(tmp_path)
    change(state.path(name))
    state.live_on("reconcile_recent")
    state.said("cannot be")
    assert not list(state.box.data_dir.rglob("*.aside*"))
    ours_again(state.box.data_dir)
    state.is_right("reconcile_all")


@linux
@pytest.mark.parametrize("name", ["drain.lock", "wake.lock", "plex.lock"])
def test_a_lock_of_somebody_else_is_told_until_it_is_ours(
    state: State, name: str, tmp_path: Path
) -> None:
    state.box.stash.python = ordinary(tmp_path)
    of_somebody_else(state.path(name))
    meet(state, name)
    ours_again(state.box.data_dir)
    state.is_right()


@linux
def test_what_is_only_replaced_may_be_read_only(state: State, tmp_path: Path) -> None:
    state.box.stash.python = ordinary(tmp_path)
    for name in (STATE, OUTAGES, inbox.WAKE):
        read_only(state.path(name))
    state.live_on("reconcile_recent")
    assert state.box.differences() == {}
    ours_again(state.box.data_dir)
    state.is_right()


@linux
def test_a_wake_marker_of_somebody_else_goes_with_the_next_drain(
    state: State, tmp_path: Path
) -> None:
    state.box.stash.python = ordinary(tmp_path)
    of_somebody_else(state.path(inbox.WAKE))
    state.live_on()
    assert "Permission denied" in state.said("could not be asked to sync this now")
    assert not state.path(inbox.WAKE).exists()
    state.is_right()


# -- disks and shares


@linux
@pytest.mark.parametrize("size", [0, 8192, 33_000, 70_000])
def test_on_a_full_disk_everything_waits_until_there_is_room(
    state: State, size: int, tmp_path: Path
) -> None:
    with closing(Jobs(state.box.data_dir)) as jobs:
        jobs.put(Job(number) for number in range(1000, 1200))
    state.box.stash.python = full(tmp_path, size)
    state.live_on("reconcile_all")
    state.said("cannot be read or written")
    assert not list(state.box.data_dir.rglob("*.aside*"))
    state.box.stash.python = sys.executable
    state.is_right()


@linux
def test_on_a_slow_share_everything_takes_its_time(state: State, tmp_path: Path) -> None:
    state.box.stash.python = slow(tmp_path, state.box.data_dir, 0.02)
    state.live_on("reconcile_all")
    assert state.box.differences() == {}
    state.is_right("queue_status")


@linux
def test_without_locks_the_log_names_the_way_out(state: State, tmp_path: Path) -> None:
    state.box.stash.python = without_locks(tmp_path)
    state.live_on("reconcile_recent")
    state.said(
        ".lock cannot be read or written",
        "No locks available",
        "no locks or no shared memory",
        "on a local disk",
    )
    state.box.stash.python = sys.executable
    state.is_right()


# -- in the middle of a run


def in_the_middle(state: State, act: Callable[[], None]) -> None:
    """Do it when the drain writes to Plex for the first time, with more to write after that."""

    def first_write(call: Any) -> bool:
        if call.method == "PUT":
            act()
        return call.method == "PUT"

    with closing(Jobs(state.box.data_dir)) as jobs:
        jobs.put(Job(number) for number in range(1000, 1200))  # scenes that are gone
    state.box.plex.faults.arm("slow", first_write, seconds=0)
    state.live_on()


def ruined(path: Path) -> None:
    """All but its first page, and as nobody has read it before."""
    with closing(sqlite3.connect(path)) as db:
        db.execute("CREATE TABLE so_that_what_was_read_is_read_again (x)")
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    with path.open("r+b") as file:
        file.seek(4096)
        file.write(b"\x5a" * (path.stat().st_size - 4096))


@pytest.mark.parametrize("name", [QUEUE, PLEX])
def test_damage_in_a_run_pauses_it(state: State, name: str) -> None:
    path = state.path(name)
    in_the_middle(state, lambda: ruined(path))
    (aside,) = asides(path)
    assert aside.name in state.said("paused", f"{path.name} is damaged")
    assert len([one for one in lines(state.box, "warning") if aside.name in one]) == 1
    state.is_right(*["process_queue"] if name == PLEX else ["process_queue", "reconcile_all"])
    assert len(asides(path)) == 1


@pytest.mark.parametrize(
    "names",
    [(QUEUE,), (PLEX,), (STATE, OUTAGES, inbox.WAKE), LOCKS, (inbox.FOLDER,), ("queue",), (".",)],
    ids=" and ".join,
)
def test_what_is_deleted_in_the_middle_of_a_run_takes_nothing_along(
    state: State, names: tuple[str, ...]
) -> None:
    def delete() -> None:
        for path in map(state.path, names):
            if path.is_dir():
                shutil.rmtree(path)
            for part in PARTS:
                Path(f"{path}{part}").unlink(missing_ok=True)

    in_the_middle(state, delete)
    state.is_right()


def test_what_is_owed_is_not_deleted_with_the_queue(state: State) -> None:
    """Plex goes away in the same moment, so that the drain cannot finish what it has in hand."""

    away: list[bool] = []

    def delete() -> None:
        shutil.rmtree(state.path("queue"))
        away.append(True)

    state.box.plex.faults.arm("503", lambda call: bool(away), times=9999)
    in_the_middle(state, delete)
    state.said("queue.sqlite was deleted")
    state.said("paused")
    state.box.plex.faults.clear()
    state.is_right()


# -- the packages


@pytest.fixture
def packages(state: State, tmp_path: Path) -> Path:
    """The folder of the packages, filled, with its marker, for a Python that has none itself."""
    from app.packages import install
    from app.packages.requirements import parse_all

    venv.create(tmp_path / "bare", symlinks=True)
    state.box.stash.python = str(tmp_path / "bare" / "bin" / "python")
    state.box.stash.env = state.box.stash.env | {"PIP_NO_INDEX": "1"}
    requirements = (state.box.folder / "requirements.txt").read_text()
    folder = state.path("deps") / install.folder_name(parse_all(requirements))
    folder.mkdir(parents=True, mode=0o700)
    for one in Path(sysconfig.get_path("purelib")).iterdir():
        (folder / one.name).symlink_to(one)
    (folder / install.MARKER).touch()
    return folder


@linux
def test_what_becomes_of_the_marker_of_whole_packages_does_not_matter(
    state: State, packages: Path
) -> None:
    for damage in (garbage, read_only, a_folder, Path.rmdir):
        damage(packages / ".complete")
        state.live_on()
        assert state.box.differences() == {}


@linux
def test_packages_that_are_not_whole_and_cannot_be_had_are_told(
    state: State, packages: Path
) -> None:
    (gone,) = packages.glob("persist_queue-*")
    gone.unlink()
    state.live_on()
    assert "Run this once where Stash runs" in state.said("could not be installed")
    gone.symlink_to(Path(sysconfig.get_path("purelib")) / gone.name)
    state.box.operation("process_queue")
    assert state.box.differences() == {}

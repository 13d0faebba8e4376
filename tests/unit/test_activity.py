"""What a run says of itself, and that nobody believes it once the run is dead."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from app.activity import Activity
from app.dashboard import overview
from app.progress import Step
from disk.lock import FileLock
from stash import stdio

ROOT = Path(__file__).resolve().parent.parent.parent


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def at(fraction: float, **more: object) -> Step:
    return Step(fraction)._replace(**more)


def told(data: Path) -> dict[str, object] | None:
    found = overview.status(str(data))["activity"]
    names = ("mode", "since", "progress")
    return found if found is None else {name: found[name] for name in names}


def test_a_run_says_how_far_it_is_and_takes_it_back(tmp_path: Path) -> None:
    clock = Clock()
    activity = Activity(str(tmp_path), "all", clock)
    activity.note(at(0.25))
    assert told(tmp_path) == {"mode": "all", "since": 1000.0, "progress": 0.25}
    activity.note(at(0.3))
    assert told(tmp_path) == {"mode": "all", "since": 1000.0, "progress": 0.25}, "not at every step"
    clock.now += 1
    activity.note(at(0.5))
    assert told(tmp_path) == {"mode": "all", "since": 1000.0, "progress": 0.5}
    activity.close()
    assert told(tmp_path) is None and not (tmp_path / overview.ACTIVITY).exists()


def test_the_note_counts_the_work_in_hand(tmp_path: Path) -> None:
    activity = Activity(str(tmp_path), "all", Clock())
    activity.note(
        at(0.5, phase="sync", done=3, later=1, total=8, title="A", pace=12.34567, left=9.0)
    )
    assert overview.status(str(tmp_path))["activity"] == {
        "mode": "all", "since": 1000.0, "title": "A", "phase": "sync", "progress": 0.5, "done": 3,
        "later": 1, "total": 8, "pace": 12.3457, "left": 9.0,
    }  # fmt: skip
    activity.note(at(0.5, phase="compare", total=9))
    shown = overview.status(str(tmp_path))["activity"]
    assert (shown["phase"], shown["total"], shown["left"]) == ("compare", 9, None), "at once"
    activity.close()


def test_the_note_has_no_secret_and_no_endless_title(tmp_path: Path) -> None:
    activity = Activity(str(tmp_path), "all", Clock())
    stdio.hide("hunter2-hunter2")
    try:
        activity.note(at(0.5, title="hunter2-hunter2 " + "x" * 5000))
    finally:
        stdio.hide("", instead_of="hunter2-hunter2")
    shown = overview.status(str(tmp_path))["activity"]["title"]
    assert shown.startswith("*** xxx") and len(shown) == 200
    activity.close()


def test_what_is_over_at_once_says_nothing(tmp_path: Path) -> None:
    activity = Activity(str(tmp_path), "hold", Clock())
    activity.note(at(1.0))
    activity.close()
    assert list(tmp_path.iterdir()) == []


def test_what_did_not_end_well_is_known_until_it_does(tmp_path: Path) -> None:
    clock = Clock()
    Activity(str(tmp_path), "all", clock).ended("Plex does not answer")
    Activity(str(tmp_path), "preview", clock).ended("")
    said = {"mode": "all", "at": 1000.0, "said": "Plex does not answer"}
    assert overview.status(str(tmp_path))["failure"] == said
    Activity(str(tmp_path), "all", clock).ended("")
    assert overview.status(str(tmp_path))["failure"] is None
    assert list(tmp_path.iterdir()) == []


def test_a_failure_is_shown_until_a_run_of_its_kind_ends_well(tmp_path: Path) -> None:
    clock = Clock()

    def ended(mode: str, problem: str = "") -> str | None:
        clock.now += 1
        Activity(str(tmp_path), mode, clock).ended(problem)
        found = overview.status(str(tmp_path))["failure"]
        return found and str(found["mode"])

    assert ended("all", "braked") == "all"
    assert ended("reconcile_all", "braked") == "reconcile_all"
    assert ended("preview", "no") == "preview"
    assert ended("preview") == "reconcile_all" == ended("doctor")
    assert ended("process_queue") == "reconcile_all"
    Activity(str(tmp_path), "process_queue", clock).reconciled()
    assert overview.status(str(tmp_path))["failure"] is None and list(tmp_path.iterdir()) == []


def test_the_failure_of_one_kind_can_be_asked_for(tmp_path: Path) -> None:
    clock = Clock()
    for mode in ("recent", "reconcile_all", "preview"):
        clock.now += 1
        Activity(str(tmp_path), mode, clock).ended(f"{mode} failed")

    def of(mode: str) -> str | None:
        found = overview.status(str(tmp_path), {"of": mode})["failure"]
        return found and str(found["said"])

    assert of("all") == of("process_queue") == "recent failed"
    assert of("reconcile_recent") == "reconcile_all failed"
    assert of("preview") == of("") == "preview failed" and of("undo") is None


def test_the_note_of_another_run_is_left_alone(tmp_path: Path) -> None:
    with FileLock(tmp_path / overview.ACTIVITY_LOCK):
        (tmp_path / overview.ACTIVITY).write_text(
            '{"mode": "preview", "since": 5.0, "progress": 0.5}'
        )
        second = Activity(str(tmp_path), "all", Clock())
        second.note(at(0.1))
        second.close()
        assert told(tmp_path) == {"mode": "preview", "since": 5.0, "progress": 0.5}


def test_a_run_is_shown_once_a_shorter_one_has_ended(tmp_path: Path) -> None:
    clock, first = Clock(), Activity(str(tmp_path), "doctor", Clock())
    first.note(at(0.2))
    second = Activity(str(tmp_path), "all", clock)
    second.note(at(0.1))
    first.close()
    clock.now += 1
    second.note(at(0.4))
    assert told(tmp_path) == {"mode": "all", "since": 1000.0, "progress": 0.4}
    second.close()


def test_a_killed_run_is_not_believed(tmp_path: Path) -> None:
    code = (
        f"import sys, os, time; sys.path.insert(0, {str(ROOT)!r})\n"
        "from app.activity import Activity\nfrom app.progress import Step\n"
        f"Activity({str(tmp_path)!r}, 'all', time.time).note(Step(0.5)); os.kill(os.getpid(), 9)"
    )
    subprocess.run([sys.executable, "-c", code], check=False)
    assert (tmp_path / overview.ACTIVITY).exists()
    assert told(tmp_path) is None


def test_a_mode_that_is_no_word_is_not_written_down(tmp_path: Path) -> None:
    activity = Activity(str(tmp_path), "a b\nc", Clock())
    activity.note(at(0.5))
    assert told(tmp_path) == {"mode": "inline", "since": 1000.0, "progress": 0.5}
    activity.close()


def test_a_disk_that_takes_nothing_does_not_stop_the_run(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    activity = Activity(str(tmp_path / "file"), "all", Clock())
    activity.note(at(0.5))
    activity.close()

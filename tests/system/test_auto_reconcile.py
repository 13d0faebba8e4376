"""Reconciliations that come by themselves: at the interval, and once after Stash has started."""

from __future__ import annotations

import threading
import time

import pytest

from tests.support.box_output import gaps, lines, quiet, ran_ago, set_state, start, state, until

pytestmark = pytest.mark.uncovered

HOUR, DAY = 3600, 86400


def drain(box):
    """Any full-lane invocation will do; what its automatic reconciliation answered, if there was."""
    return box.task("Process Queue").output.get("auto_reconcile")


def drains(box):
    return [run for run in box.stash.runs if run.kind == "task" and run.mode == "process_queue"]


def nothing_to_mark(box):
    """An event of no interest to Plex."""
    box.stash.update("performer", box.stash.performer_id("Jane"), details="tall")
    return box.stash.runs[-1] if box.stash.runs[-1].kind == "hook" else box.stash.runs[-2]


@pytest.fixture
def daily(box):
    """A box that reconciles daily, with one scene that only reconciliation finds."""
    box.configure(reconcile_interval="daily", reconcile_scope="all")
    box.add("a/clip.mp4", title="A title", details="Told", performers=["Jane"])
    return box


@pytest.fixture
def restartable(make_box):
    box = make_box(spawner="child")
    box.configure(reconcile_interval="weekly", reconcile_scope="all")
    box.add("a/clip.mp4", title="A title", details="Told", performers=["Jane"])
    return box


# --- the interval --------------------------------------------------------------------------


def test_never_is_the_default_and_nothing_runs(box):
    box.add("a/clip.mp4", title="A title")
    assert drain(box) is None
    assert box.operation("queue_status")["reconciliation"]["next_due"] is None
    assert state(box)["run_count"] == 0


def test_the_first_run_comes_at_once_and_closes_what_it_finds(daily):
    found = drain(daily)
    assert (found["scope"], gaps(found)) == ("all", {"empty_metadata": 1})
    assert not daily.differences()
    assert drain(daily) is None


@pytest.mark.parametrize("interval", ["hourly", "weekly"])
def test_a_run_comes_when_the_interval_is_over_and_not_before(box, interval):
    seconds = {"hourly": HOUR, "weekly": 7 * DAY}[interval]
    box.configure(reconcile_interval=f" {interval.upper()} ")
    drain(box)
    ran_ago(box, seconds - 60)
    assert drain(box) is None
    assert state(box)["next_due"] == pytest.approx(time.time() + 60, abs=30)
    ran_ago(box, seconds + 60)
    assert drain(box)["scope"] == "recent", "the default scope is 24h"
    assert state(box)["run_count"] == 2
    assert drain(box) is None


def test_seven_days_means_seven_days(box):
    store = box.stash.library.store
    for days in (5, 8):
        stamp = store.timestamp(time.time() - days * DAY)
        box.add(f"a/{days} days.mp4", title=f"{days} days", updated_at=stamp)
    box.configure(reconcile_interval="daily", reconcile_scope="7days")
    found = drain(box)
    assert (found["scope"], found["scenes_checked"]) == ("recent_7days", 1)


def test_never_switches_off_what_was_due(daily):
    drain(daily)
    ran_ago(daily, 2 * DAY)
    daily.configure(reconcile_interval="never")
    assert drain(daily) is None
    assert state(daily)["next_due"] is None


def test_a_manual_run_resets_the_timer(daily):
    ran_ago(daily, 2 * DAY)
    assert daily.operation("reconcile_recent").get("auto_reconcile") is None
    assert drain(daily) is None
    assert state(daily)["next_due"] == pytest.approx(time.time() + DAY, abs=60)


@pytest.mark.parametrize("ahead", [HOUR, 400 * DAY])
def test_a_clock_set_back_does_not_stop_runs(daily, ahead):
    ran_ago(daily, -ahead, next_due=time.time() + ahead + DAY, interval="daily")
    assert drain(daily)["scenes_checked"] == 1
    assert drain(daily) is None


def test_while_paused_nothing_runs_and_then_it_does(daily):
    daily.configure(reconcile_interval="daily", paused=True)
    assert drain(daily) is None
    assert daily.operation("reconcile_all")["paused"]
    assert not daily.plex.writes()
    daily.configure(reconcile_interval="daily")
    assert drain(daily) is not None


# --- who notices that a run is due ---------------------------------------------------------


def test_a_hook_that_marks_nothing_still_wakes_a_run_that_is_due(daily):
    drain(daily)
    before = len(drains(daily))
    assert nothing_to_mark(daily).output == "nothing that Plex shows has changed"
    daily.settle()
    assert len(drains(daily)) == before
    ran_ago(daily, 2 * DAY, interval="daily", next_due=time.time() - 1)
    nothing_to_mark(daily)
    daily.settle()
    assert len(drains(daily)) == before + 1
    assert drains(daily)[-1].output["auto_reconcile"]["scenes_checked"] == 1


def test_the_queue_status_reconciles_nothing_itself_but_wakes_a_run(daily):
    ran_ago(daily, 2 * DAY)
    found = daily.operation("queue_status")
    assert "auto_reconcile" not in found and found["reconciliation"]["due_now"]
    daily.settle()
    assert [run.output["auto_reconcile"]["scope"] for run in drains(daily)] == ["all"]


def test_a_status_with_nothing_due_wakes_nothing(daily):
    drain(daily)
    before = len(drains(daily))
    daily.operation("queue_status")
    daily.settle()
    assert len(drains(daily)) == before


def test_an_inline_hook_does_not_make_a_save_wait_for_a_reconciliation(daily):
    daily.configure(reconcile_interval="daily", reconcile_scope="all", hook_mode="inline")
    drain(daily)
    other = daily.add("a/other.mp4", title="Found by reconciling")
    ran_ago(daily, 2 * DAY, interval="daily", next_due=time.time() - 1)
    daily.stash.hold_jobs()
    scene = min(daily.paths)
    daily.stash.update_scene(scene, title="New title")
    assert daily.item(scene)["title"] == "New title"
    assert daily.differences([other])
    daily.stash.release_jobs()
    daily.settle()
    assert not daily.differences()


# --- the start of Stash --------------------------------------------------------------------


def test_the_first_invocation_after_a_start_reconciles_the_recent_scenes(restartable):
    assert drain(restartable)["scope"] == "all"
    ran_ago(restartable, 3 * DAY)
    assert drain(restartable) is None
    restartable.stash.restart()
    assert drain(restartable)["scope"] == "recent"
    assert state(restartable)["is_startup_run"]
    assert drain(restartable) is None
    assert any("at the start of Stash" in line for line in lines(restartable, "info"))


def test_a_start_within_an_hour_of_a_run_needs_none(restartable):
    drain(restartable)
    ran_ago(restartable, HOUR - 60)
    restartable.stash.restart()
    assert drain(restartable) is None
    ran_ago(restartable, 2 * HOUR)
    assert drain(restartable) is None, "this start was dealt with"


def test_a_startup_run_neither_postpones_nor_replaces_the_interval_run(restartable):
    drain(restartable)
    ran_ago(restartable, 6 * DAY)
    restartable.stash.restart()
    assert drain(restartable)["scope"] == "recent"
    assert state(restartable)["next_due"] == pytest.approx(time.time() + DAY, abs=60)
    set_state(restartable, last_interval_time=time.time() - 8 * DAY)
    assert drain(restartable)["scope"] == "all"


def test_at_a_start_a_due_interval_run_comes_alone(restartable):
    drain(restartable)
    ran_ago(restartable, 8 * DAY)
    restartable.stash.restart()
    assert drain(restartable)["scope"] == "all"
    assert not state(restartable)["is_startup_run"]
    assert drain(restartable) is None


def test_never_switches_the_startup_run_off_as_well(restartable):
    restartable.configure(reconcile_interval="never")
    restartable.stash.restart()
    assert drain(restartable) is None


def test_after_a_start_a_hook_that_marks_nothing_wakes_the_run(restartable):
    drain(restartable)
    ran_ago(restartable, 3 * DAY, interval="weekly", next_due=time.time() + DAY)
    restartable.stash.restart()
    nothing_to_mark(restartable)
    restartable.settle()
    assert drains(restartable)[-1].output["auto_reconcile"]["scope"] == "recent"
    before = len(drains(restartable))
    nothing_to_mark(restartable)
    restartable.settle()
    assert len(drains(restartable)) == before


# --- failures ------------------------------------------------------------------------------


def test_a_run_that_failed_is_not_done_and_is_tried_again_later(daily):
    daily.plex.go_down()
    assert "Plex does not answer" in drain(daily)["error"]
    assert (state(daily)["run_count"], state(daily)["failure_count"]) == (0, 1)
    assert any("tried again at" in line for line in lines(daily, "warning"))
    assert drain(daily) is None, "not at once"
    before = len(drains(daily))
    told = daily.operation("queue_status")["reconciliation"]
    daily.settle()
    assert len(drains(daily)) == before, "and nobody is woken in vain"
    assert told["failures_in_a_row"] == 1 and "Plex does not answer" in told["last_failure"]
    assert told["retry_at"] == pytest.approx(time.time() + 300, abs=60) == told["next_due"]
    daily.plex.come_up()
    set_state(daily, retry_at=time.time() - 1)
    assert drain(daily)["scenes_checked"] == 1
    assert (state(daily)["run_count"], state(daily)["failure_count"]) == (1, 0)


def test_the_back_off_grows(daily):
    daily.plex.go_down()
    waits = []
    for _ in range(3):
        drain(daily)
        waits.append(round((state(daily)["retry_at"] - state(daily)["last_failure_time"]) / 60))
        set_state(daily, retry_at=time.time() - 1)
    assert waits == [5, 10, 20]


def test_a_failed_reconciliation_does_not_fail_the_drain_before_it(daily):
    scene = min(daily.paths)
    drain(daily)
    ran_ago(daily, 2 * DAY)
    daily.stash.hold_jobs()
    daily.stash.update_scene(scene, title="New title")
    daily.plex.faults.arm("500", match="/library/sections/1/all", method="GET", times=30)
    daily.stash.release_jobs()
    daily.settle()
    run = drains(daily)[-1]
    assert run.error is None and run.output["written"] == 1
    assert "500" in run.output["auto_reconcile"]["error"]
    assert daily.item(scene)["title"] == "New title"


def test_a_run_that_was_stopped_counts_as_failed_and_is_tried_again(daily):
    daily.plex.faults.arm("slow", match="/library/sections/1/all", seconds=30)
    job = daily.stash.run_task("Stash2Plex", "Reconcile Library (All)")
    # It has claimed the run, and waits for Plex.
    until(lambda: any("/library/sections/1/all" in one.path for one in daily.plex.requests))
    daily.stash.stop_job(job)
    daily.settle()
    told = daily.operation("queue_status")["reconciliation"]
    daily.settle()
    assert told["last_failure"] == "The run was stopped before its end"
    assert not told["running"] and told["total_runs"] == 0
    daily.plex.faults.clear()
    set_state(daily, claimed_at=time.time() - HOUR)
    assert drain(daily)["scenes_checked"] == 1


def test_an_unreadable_state_file_is_set_aside_with_a_word(daily):
    drain(daily)
    (daily.data_dir / "reconciliation_state.json").write_text('{"last_run_time": 17')
    assert drain(daily)["scenes_checked"] == 1
    assert any("is begun anew" in line for line in lines(daily, "warning"))
    assert list(daily.data_dir.glob("reconciliation_state.json.*.aside"))


# --- several processes at once -------------------------------------------------------------


def test_several_processes_at_once_reconcile_once(daily):
    ran_ago(daily, 2 * DAY)
    words = ("process-queue", "--stash", daily.stash.url, "--data-dir", str(daily.data_dir))
    processes = [start(daily, *words) for _ in range(4)]
    said = "".join(process.communicate(timeout=60)[1] for process in processes)
    assert said.count("reconciling scope all") == 1
    assert [process.returncode for process in processes] == [0] * 4
    assert state(daily)["run_count"] == 2
    assert not daily.differences()


def test_several_operations_at_once_reconcile_once(daily):
    ran_ago(daily, 2 * DAY)
    threads = [threading.Thread(target=daily.operation, args=("process_queue",)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len([line for line in lines(daily) if line.startswith("reconciling scope")]) == 1
    assert state(daily)["run_count"] == 2
    assert daily.plex.overlapping_writes == 0


def test_a_terminal_reconciles_at_the_interval_but_knows_no_start_of_stash(daily):
    words = ("process-queue", "--stash", daily.stash.url, "--data-dir", str(daily.data_dir))
    drain(daily)
    ran_ago(daily, 3 * HOUR, stash_identity="another Stash")
    assert "reconciling" not in start(daily, *words).communicate(timeout=60)[1]
    ran_ago(daily, 2 * DAY)
    quiet(daily)
    assert "reconciling scope all" in start(daily, *words).communicate(timeout=60)[1]

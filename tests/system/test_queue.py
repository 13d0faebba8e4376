"""What is owed to Plex survives everything: Plex down, pauses, kills, bad rows; and the buttons."""

from __future__ import annotations

from typing import Any

import pytest

from devserver.box import Box
from sync_queue.job import Job
from sync_queue.jobs import Jobs
from sync_queue.schema import TABLE
from tests.support.box_output import look_is_due, until
from tests.support.hooks import DRAIN, drain, flags, right, runs, silent
from tests.support.jobs import attempts, fill, queue

pytestmark = pytest.mark.uncovered


def said(box: Box, words: str) -> bool:
    return any(words in line.text for line in box.stash.logs)


# -- Plex is away, the user says stop, the settings are not there yet


def test_the_queue_survives_an_outage(box: Box) -> None:
    scenes = fill(box, 3)
    box.plex.go_down()
    box.stash.update_scene(scenes[0], title="new 0")
    until(lambda: said(box, "paused"))
    assert "Plex does not answer" in drain(box)["paused"]
    assert queue(box)["pending"] == 1 and queue(box)["dead"] == 0
    assert attempts(box) == {0}
    box.plex.come_up()
    look_is_due(box)
    box.stash.update_scene(scenes[1], title="new 1")
    right(box, *scenes[:2])
    assert silent(box)


@pytest.mark.parametrize("status", ["404", "502"])
def test_a_single_job_waits_behind_a_proxy_without_plex(box: Box, status: str) -> None:
    (scene,) = fill(box, 1)
    box.plex.faults.arm(status, times=9999)
    box.stash.update_scene(scene, title="new")
    until(lambda: said(box, "paused"))
    assert status in drain(box)["paused"]
    assert queue(box)["pending"] == 1 and queue(box)["dead"] == 0
    assert attempts(box) == {0}
    box.plex.faults.clear()
    drain(box)
    right(box, scene)
    assert silent(box)


def test_while_paused_changes_are_remembered_and_nothing_is_written(box: Box) -> None:
    (scene,) = fill(box, 1)
    box.configure(paused=True)
    box.stash.update_scene(scene, title="new")
    until(lambda: said(box, "paused by the setting"))
    box.settle()
    assert box.plex.requests == []
    assert queue(box)["pending"] == 1 and silent(box)
    box.configure()
    box.stash.update_scene(scene, title="newer")
    right(box)


@pytest.mark.parametrize(
    ("settings", "name"),
    [({"plex_token": ""}, "Plex Token"), (None, "Plex URL")],
)
def test_without_address_or_token_the_log_names_the_setting(
    box: Box, settings: dict[str, Any] | None, name: str
) -> None:
    (scene,) = fill(box, 1)
    if settings is None:
        box.stash.configure("Stash2Plex")  # as installed
    else:
        box.configure(**settings)
    box.stash.update_scene(scene, title="new")
    until(lambda: said(box, "Settings"))
    (line,) = [x.text for x in box.stash.logs if "Settings" in x.text][:1]
    assert name in line and "Plugins" in line
    assert queue(box)["pending"] == 1 and attempts(box) == {0} and silent(box)
    box.configure()
    drain(box)
    assert box.differences() == {}


def test_a_token_that_plex_refuses_keeps_the_queue(box: Box) -> None:
    (scene,) = fill(box, 1)
    box.configure(plex_token="an old token")
    box.stash.hold_jobs()
    box.stash.update_scene(scene, title="new")
    assert drain(box)["paused"]
    assert queue(box)["pending"] == 1 and attempts(box) == {0}
    assert not any("an old token" in line.text for line in box.stash.logs)


@pytest.mark.parametrize("status", ["500", "503"])
def test_a_hiccup_of_plex_is_not_even_told(box: Box, status: str) -> None:
    fill(box, 3)
    box.plex.faults.arm(status, method="PUT")
    run = box.task("Sync All Scenes to Plex")
    assert run.output["retried"] == 0 and run.output["written"] == 3
    assert box.differences() == {} and not said(box, status)


def test_a_spell_of_trouble_with_plex_is_over_within_the_same_run(box: Box) -> None:
    fill(box, 3)
    box.plex.faults.arm("500", method="PUT", times=2)
    run = box.task("Sync All Scenes to Plex")
    assert run.output["retried"] == 1 and run.output["written"] == 3
    assert box.differences() == {}


# -- killed


def test_the_next_drain_completes_a_stopped_drain(
    box: Box,
) -> None:
    scenes = fill(box, 40, tags=["Rain", "Fog"], studio="Acme", performers=["Jane"])
    box.plex.latency = 0.02
    job = box.stash.run_task("Stash2Plex", "Sync All Scenes to Plex")
    until(lambda: len(box.plex.writes()) > 5)
    box.stash.stop_job(job)
    box.settle()
    until(lambda: runs(box, "task")[-1].exit_code == -9)
    assert box.differences()
    box.plex.latency = 0
    run = box.task(DRAIN)
    assert box.differences() == {} and run.output["buried"] == 0
    left = queue(box)
    assert [left[name] for name in ("pending", "waiting", "in_progress", "dead")] == [0, 0, 0, 0]
    assert not left["draining"]
    for scene in scenes:
        item = box.item(scene)
        assert sorted(item["genres"]) == ["Fog", "Rain"] and item["actors"] == ["Jane"]
    box.plex.clear_requests()
    assert box.task("Sync All Scenes to Plex").output["unchanged"] == 40
    assert box.plex.writes() == []


def test_a_drain_killed_while_it_sweeps_loses_no_flag(box: Box) -> None:
    """Jobs that a dead process had in hand, and flags that nobody swept, are all done."""
    scenes = fill(box, 30)
    box.stash.hold_jobs()
    box.stash.bulk_update(scenes[:15], rating100=60)
    jobs = Jobs(box.data_dir)
    jobs.put([Job(number) for number in scenes[10:]])
    jobs.claim(12, 9e12)
    jobs.close()
    drain(box)
    assert box.differences() == {} and flags(box) == [] and queue(box)["in_progress"] == 0


# -- the buttons


def test_process_queue_pressed_five_times_does_the_work_once(box: Box) -> None:
    fill(box, 5)
    box.stash.hold_jobs()
    for scene in list(box.paths):
        box.stash.update_scene(scene, title=f"new {scene}")
    for _ in range(5):
        box.stash.run_task("Stash2Plex", DRAIN)
    box.stash.release_jobs()
    box.settle()
    tasks = runs(box, "task")
    assert [run.exit_code for run in tasks] == [0] * 6
    assert sum(run.output["written"] for run in tasks) == 5 and box.differences() == {}
    assert box.plex.overlapping_writes == 0


def test_two_drains_at_once_do_not_write_at_once(box: Box) -> None:
    """A task and a command of the page run side by side in Stash."""
    fill(box, 40)
    box.plex.latency = 0.05
    box.stash.run_task("Stash2Plex", "Sync All Scenes to Plex")
    until(box.plex.writes)
    other = box.operation("process_queue")
    assert other["busy"] is True and other["written"] == 0
    box.settle()
    assert box.differences() == {} and box.plex.overlapping_writes == 0


def test_clear_pending_queue_forgets_flags_and_jobs_and_reconcile_finds_them_again(
    box: Box,
) -> None:
    scenes = fill(box, 3)
    box.stash.hold_jobs()
    box.stash.update_scene(scenes[0], title="new")
    assert box.operation("clear_queue") == {"cleared": 1}
    assert flags(box) == [] and queue(box)["pending"] == 0
    drain(box)
    assert box.plex.writes() == []
    box.operation("reconcile_all")
    assert box.differences() == {}


def test_dead_letters_are_kept_until_they_are_cleared_or_old(box: Box) -> None:
    one, two = fill(box, 2)
    box.plex.faults.arm("400", method="PUT", times=1)
    assert box.operation("all")["buried"] == 1
    (error,) = queue(box)["dead_by_error"]
    assert "400" in error and said(box, "dead letters")
    assert box.operation("purge_dlq") == {"cleared": 0}  # none is 30 days old
    assert box.operation("clear_dlq") == {"cleared": 1}
    assert queue(box)["dead"] == 0 and len(box.differences([one, two])) == 1


def test_old_dead_letters_are_purged(box: Box) -> None:
    box.operation("queue_status")
    jobs = Jobs(box.data_dir)
    jobs.put([Job(1), Job(2)])
    old, new = jobs.claim(2, 9e12)
    jobs.bury(old, "long ago", 1_000_000.0)
    jobs.bury(new, "just now", 9e9)
    jobs.close()
    assert box.operation("purge_dlq") == {"cleared": 1}
    assert queue(box)["dead_by_error"] == {"just now": 1}


def test_a_row_that_makes_no_sense_is_kept_and_stops_nobody(box: Box) -> None:
    fill(box, 2)
    box.operation("queue_status")
    jobs = Jobs(box.data_dir)
    jobs.put([Job(1, "gallery"), Job(7)])
    with jobs.writing() as db:
        db.execute(f"UPDATE {TABLE} SET key = 'x', data = 'y' WHERE key = 'scene:7'")
    jobs.close()
    done = box.operation("all")
    assert (done["written"], done["buried"]) == (2, 2)
    assert sum(queue(box)["dead_by_error"].values()) == 2


def test_a_queue_that_is_no_database_is_set_aside(box: Box) -> None:
    (scene,) = fill(box, 1)
    (box.data_dir / "queue").mkdir(parents=True)
    (box.data_dir / "queue" / "queue.sqlite").write_bytes(b"garbage " * 999)
    box.stash.update_scene(scene, title="new")
    right(box)
    assert said(box, "queue.sqlite could not be read") and silent(box)

"""View Queue Status: everything a person needs to know, in the log and as JSON."""

from __future__ import annotations

import time

import pytest

from tests.support.box_output import lines, ran_ago, state, terminal, until

NO_RUNS = "No reconciliation runs yet"


def status(box):
    box.stash.logs.clear()
    return box.operation("queue_status")


def test_before_anything_happened(box):
    found = status(box)
    assert found["queue"] == {
        "pending": 0,
        "waiting": 0,
        "in_progress": 0,
        "dead": 0,
        "dead_by_error": {},
        "dead_letters": [],
        "draining": False,
    }
    assert found["stash"] == {"reachable": True, "version": "v0.31.1"}
    assert found["plex"]["reachable"] is True
    assert found["reconciliation"]["message"] == NO_RUNS
    assert found["reconciliation"]["total_runs"] == 0
    assert lines(box) == [
        "queue: 0 pending, 0 waiting, 0 in progress, 0 dead",
        "Stash v0.31.1 answers",
        "Plex 1.43.3.10861-sim answers",
        "scenes: none",
        f"reconciliation: {NO_RUNS}",
        "reconciliation: 0 runs in all; Reconcile Interval never; next due never",
        "reconciliation: Deep Pass Interval weekly; last deep pass not yet",
    ]


def test_pending_waiting_and_dead_letters_by_error(box):
    box.add("a/lost.mp4", in_plex=False, title="Lost")
    good, bad = (box.add(f"a/{name}.mp4", title=f"A {name} one") for name in ("good", "bad"))
    refused = str(box.item(bad)["ratingKey"])
    box.plex.faults.arm("400", match=lambda call: dict(call.query).get("id") == refused)
    box.operation("all")
    box.stash.hold_jobs()
    box.stash.update_scene(good, title="better")
    found = status(box)["queue"]
    assert (found["pending"], found["waiting"], found["dead"]) == (1, 1, 1)
    [(error, count)] = found["dead_by_error"].items()
    assert count == 1 and "Plex answered 400" in error
    assert f"dead letters: 1 × {error} (scene {bad})" in lines(box, "info")
    assert [(one["id"], one["error"]) for one in found["dead_letters"]] == [(bad, error)]
    assert "queue: 1 pending, 1 waiting, 0 in progress, 1 dead" in lines(box, "info")


def test_what_a_drain_works_on_is_in_progress(box):
    box.add("a/clip.mp4", title="A title")
    box.plex.faults.arm("slow", match="/library/metadata/", seconds=60)
    box.stash.run_task("Stash2Plex", "Sync All Scenes to Plex")
    until(lambda: any("/library/metadata/" in one.path for one in box.plex.requests))
    found = status(box)["queue"]
    assert (found["pending"], found["in_progress"], found["draining"]) == (0, 1, True)


def test_after_a_run_the_block_tells_all_of_it(box):
    box.configure(reconcile_interval="weekly", reconcile_scope="all")
    box.add("a/clip.mp4", title="A title", details="Told")
    box.add("a/lost.mp4", in_plex=False, title="Lost")
    box.operation("reconcile_7days")
    found = status(box)["reconciliation"]
    assert found["last_run_time"] == pytest.approx(time.time(), abs=60)
    assert found["next_due"] == pytest.approx(time.time() + 7 * 86400, abs=60)
    assert found["gaps_by_type"] == {
        "empty_metadata": 1,
        "stale_sync": 0,
        "missing": 1,
        "drifted": 0,
    }
    told = {name: found[name] for name in ("scope", "scenes_checked", "gaps_found", "enqueued")}
    assert told == {"scope": "recent_7days", "scenes_checked": 2, "gaps_found": 2, "enqueued": 2}
    assert (found["startup"], found["total_runs"], found["last_failure"]) == (False, 1, None)
    said = " / ".join(line for line in lines(box, "info") if line.startswith("reconciliation"))
    for words in (
        "scope recent_7days",
        "scenes checked 2",
        "gaps found 2 (1 empty_metadata, 1 missing)",
    ):
        assert words in said
    assert "enqueued 2" in said and "1 run in all; Reconcile Interval weekly; next due 20" in said


def test_a_run_at_the_start_of_stash_is_named_as_such(make_box):
    box = make_box(spawner="child")
    box.configure(reconcile_interval="weekly")
    box.operation("process_queue")
    ran_ago(box, 3 * 86400)
    box.stash.restart()
    box.operation("process_queue")
    found = status(box)["reconciliation"]
    assert found["startup"] is True and found["scope"] == "recent"
    assert any("when Stash had started" in line for line in lines(box, "info"))


def test_a_failure_is_told_with_the_time_of_the_next_try(box):
    box.plex.go_down()
    with pytest.raises(Exception, match="does not answer"):
        box.operation("reconcile_all")
    found = status(box)["reconciliation"]
    assert found["message"] == NO_RUNS
    assert "Plex does not answer" in found["last_failure"]
    assert found["retry_at"] > time.time()
    assert any("last failure 20" in line for line in lines(box, "info"))


# --- it works whatever is wrong ------------------------------------------------------------


def test_with_plex_down(box):
    box.plex.go_down()
    found = status(box)
    assert found["plex"]["reachable"] is False
    assert f"Plex does not answer at {box.plex.url}" in found["plex"]["problem"]
    assert found["plex"]["problem"] in lines(box, "warning")
    assert found["stash"]["reachable"] is True


def test_with_a_wrong_token(box):
    box.configure(plex_token="not-the-token-of-the-box")
    found = status(box)
    assert "does not accept “Plex Token” (401)" in found["plex"]["problem"]
    assert "not-the-token" not in str(found) + str(lines(box))


def test_with_no_settings_at_all(box):
    box.stash.configure("Stash2Plex")
    found = status(box)
    assert "Plex URL" in found["plex"]["problem"]
    assert "Settings > Plugins > Stash2Plex" in found["plex"]["problem"]
    assert found["queue"]["pending"] == 0


def test_with_a_library_name_that_plex_does_not_have(box):
    box.configure(plex_library="Films")
    found = box.operation("health_check")
    assert found["healthy"] is False
    assert "no movie-type library “films”" in found["plex"]["problem"].casefold()


def test_while_paused(box):
    box.configure(paused=True)
    found = status(box)
    assert found["paused"] is True
    assert any("paused by the setting" in line for line in lines(box, "info"))


def test_with_stash_down_what_is_on_disk_is_told_and_nothing_forgotten(box):
    box.configure(reconcile_interval="weekly")
    box.operation("process_queue")
    before = state(box)
    box.stash.stop()
    words = ("queue-status", "--stash", box.stash.url, "--data-dir", str(box.data_dir))
    ended = terminal(box, *words)
    assert ended.returncode == 0
    assert "Stash does not answer at http://127.0.0.1" in ended.stderr
    assert "1 run in all; Reconcile Interval weekly" in ended.stderr
    assert state(box) == before


def test_healthy_is_said_when_all_is_well(box):
    found = box.operation("health_check")
    assert found["healthy"] is True and found["libraries"] == ["Scenes"]
    assert lines(box, "info")[-1] == "healthy"

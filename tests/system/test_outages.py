"""Plex is away in the middle of work: nothing is lost, counted or buried, and Plex is left alone."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest

from devserver.box import Box
from sync_queue.drain import BATCH
from sync_queue.job import Job
from sync_queue.jobs import Jobs
from sync_queue.schema import OUTAGES
from tests.support.box_output import lines, look_is_due, quiet, until
from tests.support.hooks import DRAIN, drain, flags, queued
from tests.support.jobs import attempts, dead, fill, outage, queue
from tests.support.sizes import size

pytestmark = pytest.mark.uncovered

MANY = size(100, 500)
Break = Callable[[Box], None]


def fault(action: str, **options: Any) -> Break:
    return lambda box: box.plex.faults.arm(action, times=10**9, **options) and None


def without_library(box: Box) -> None:
    rename(box, "Renamed")
    for path in (f"/library/sections/{box.section}", "/library/metadata"):
        box.plex.faults.arm("404", path, times=10**9)


def rename(box: Box, title: str) -> None:
    box.plex.library.section(box.section).title = title


KINDS: dict[str, Break] = {
    "refused": lambda box: box.plex.go_down(),
    "timeout": fault("slow", seconds=3.0),
    "503": fault("503"),
    "start-up 400": fault(
        "400", method="PUT", text="the server is still starting up. Please retry later"
    ),
    "401": fault("401"),
    "dropped after write": fault("drop_after"),
    "truncated body": fault("truncated"),
    "library missing": without_library,
}


def mend(box: Box) -> None:
    box.plex.faults.clear()
    box.plex.come_up()
    rename(box, "Scenes")


def woken(box: Box) -> Any:
    """One invocation as a hook wakes it; its answer."""
    box.stash.run_task("Stash2Plex", DRAIN, {"mode": "process_queue", "trigger": "hook"})
    box.settle()
    return [run for run in box.stash.runs if run.kind == "task"][-1].output


def at_work(box: Box, kind: str) -> list[int]:
    """Many scenes owed, and Plex fails in the middle of them."""
    box.configure(plex_library="Scenes", read_timeout=1)
    scenes = fill(box, MANY)
    box.plex.latency = 0.003
    box.stash.run_task("Stash2Plex", "Sync All Scenes to Plex")
    until(lambda: len(box.plex.writes()) > 2 * BATCH)  # the first of three batches is judged
    KINDS[kind](box)
    box.settle()
    box.plex.latency = 0
    return scenes


@pytest.mark.parametrize("kind", KINDS)
def test_an_outage_in_the_middle_of_the_work(box: Box, kind: str) -> None:
    at_work(box, kind)
    if kind == "library missing":  # so far it was known of some items only
        woken(box)
        box.stash.logs.clear()
        look_is_due(box)
        woken(box)
    told = [line for line in lines(box, "warning") if line.startswith("paused")]
    assert len(told) == 1, "one line instead of one per job"
    assert attempts(box) == {0} and dead(box) == 0
    assert outage(box)["state"] == "open" and 0 < outage(box)["held"] < MANY
    look_is_due(box, at=time.time() + 100)
    begun = time.monotonic()
    for _ in range(3):
        assert woken(box)["paused"]
    assert asked_since(box, begun) == [], "Plex is left alone until it is time to look"
    for _ in range(3):
        look_is_due(box)
        begun = time.monotonic()
        assert woken(box)["paused"]
        asked = asked_since(box, begun)
        assert asked.count("/identity") == 1 or kind == "refused"
        # The sample of the brake, before what nobody picked is written again, is four batches of items.
        assert len(asked) <= 12 + 4 and asked[:1] in (["/identity"], [])
    assert attempts(box) == {0} and dead(box) == 0
    mend(box)
    look_is_due(box)
    done = woken(box)
    assert (done["paused"], done["buried"], done["retried"]) == (None, 0, 0)
    assert box.differences() == {} and queue(box)["pending"] == 0
    (over,) = box.operation("outage_summary")["history"]
    assert over["end"] > over["start"] > 0 and 0 < over["held"] <= MANY and over["cause"]


def asked_since(box: Box, begun: float) -> list[str]:
    """What Plex was asked; it may still be busy with what came before."""
    return [request.path for request in box.plex.requests if request.started > begun]


def test_hooks_during_an_outage_mark_and_ask_nobody(box: Box) -> None:
    scenes = fill(box, 3)
    box.plex.go_down()
    box.stash.update_scene(scenes[0], title="new 0")
    until(lambda: (box.data_dir / OUTAGES).exists())
    box.settle()
    box.plex.come_up()
    quiet(box)
    box.stash.hold_jobs()
    for scene in scenes:
        box.stash.update_scene(scene, title=f"newer {scene}")
    assert queued(box) == 0 and box.plex.requests == []
    assert flags(box) == [("scene", scene) for scene in scenes]
    look_is_due(box)
    box.stash.update_scene(scenes[0], title="newest")
    assert queued(box) == 1
    box.stash.release_jobs()
    box.settle()
    assert box.differences() == {} and flags(box) == []


def test_a_reconciliation_that_is_due_waits_for_the_end_of_the_outage(box: Box) -> None:
    (scene,) = fill(box, 1)
    box.configure(reconcile_interval="hourly")
    box.plex.go_down()
    box.stash.update_scene(scene, title="new")
    until(lambda: (box.data_dir / OUTAGES).exists())
    box.settle()
    assert box.operation("queue_status")["reconciliation"]["failures_in_a_row"] == 0
    box.plex.come_up()
    look_is_due(box)
    woken(box)
    box.settle()
    assert box.operation("queue_status")["reconciliation"]["total_runs"] == 1


def test_a_task_that_a_person_starts_looks_at_once(box: Box) -> None:
    (scene,) = fill(box, 1)
    box.plex.go_down()
    drain(box)
    box.stash.hold_jobs()
    box.stash.update_scene(scene, title="new")
    box.plex.come_up()
    assert drain(box)["written"] == 1 and box.differences() == {}


def test_after_an_outage_the_work_begins_slowly(box: Box) -> None:
    fill(box, 40)
    box.plex.go_down()
    box.operation("all")
    box.plex.come_up()
    quiet(box)
    assert drain(box)["written"] == 40
    looked, sizes = sum(batches(box)[:2]), batches(box)[2:]
    assert looked == 40, "the brake looks first"
    # At full speed the last batch is read while the one before it is, in any order.
    assert (sizes[:4], sorted(sizes[4:])) == ([1, 2, 5, 10], [2, 20])


def batches(box: Box) -> list[int]:
    """How many scenes each read of full scenes asked Stash for."""
    asked = [r.query or "" for r in box.stash.requests if "query Scenes(" in (r.query or "")]
    return [query.count(": findScene(") for query in asked]


# -- what trouble left behind


def bury(box: Box, **reasons: bool) -> None:
    """A dead letter per scene: reason -> whether an outage was the cause."""
    box.operation("queue_status")
    jobs = Jobs(box.data_dir)
    for (reason, from_outage), scene in zip(reasons.items(), box.paths, strict=False):
        jobs.put([Job(scene, outage=from_outage)], 1.0)
        jobs.bury(jobs.claim(1, 9e12)[0], reason.replace("_", " "), 1e9)
    jobs.close()


def test_recover_outage_jobs_tries_what_an_outage_killed_and_nothing_else(box: Box) -> None:
    fill(box, 3)
    bury(box, Plex_answered_500=True, Plex_answered_400=False)
    assert box.operation("outage_summary")["recoverable"] == 1
    found = box.operation("recover_outage_jobs")
    assert (found["requeued"], found["written"]) == (1, 1)
    assert queue(box)["dead"] == 1 and len(box.differences()) == 2


def test_it_gives_each_of_them_one_chance(box: Box) -> None:
    fill(box, 1)
    box.configure(max_retries=1)
    bury(box, Plex_answered_500=True)
    box.plex.faults.arm("500", method="PUT", times=10**9)
    found = box.operation("recover_outage_jobs")
    assert (found["requeued"], found["buried"]) == (1, 1)
    assert box.operation("recover_outage_jobs")["requeued"] == 0
    box.plex.faults.clear()
    assert box.operation("retry_dlq")["written"] == 1 and box.differences() == {}


@pytest.mark.parametrize(
    ("error", "count"), [("", 2), ("answered 400", 1), ("ANSWERED", 2), ("nothing of it", 0)]
)
def test_dead_letters_are_retried_all_or_by_their_reason(box: Box, error: str, count: int) -> None:
    fill(box, 2)
    bury(box, Plex_answered_500=True, Plex_answered_400=False)
    args = {"error": error} if error else {}
    found = box.operation("retry_dlq", **args)
    assert found["requeued"] == count and found.get("written", 0) == count
    assert queue(box)["dead"] == 2 - count and len(box.differences()) == 2 - count


def test_the_outage_report_in_the_log(box: Box) -> None:
    fill(box, 2)
    assert "no request was sent to Plex yet" in " ".join(told(box))
    box.operation("all")
    assert "0 outages since" in " ".join(told(box))
    box.plex.go_down()
    box.operation("all")
    assert any("Plex has been away since" in line and "2 jobs wait" in line for line in told(box))
    box.plex.come_up()
    box.operation("process_queue")
    said = " ".join(told(box))
    assert "Plex is not away" in said and "1 outage since" in said and "2 jobs waited" in said


def told(box: Box) -> list[str]:
    quiet(box)
    box.operation("outage_summary")
    return [line for line in lines(box, "info") if line.startswith("outages: ")]

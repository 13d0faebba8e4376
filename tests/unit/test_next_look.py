"""When an open tab of Stash wakes the next drain: from the files that other runs left."""

from __future__ import annotations

import json
import os
import time
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from app.dashboard.overview import next_look, status
from stash import stdio
from sync_queue import inbox
from sync_queue.job import BULK, EDIT, Job
from sync_queue.jobs import Jobs
from sync_queue.schema import HALF_OPEN, OPEN, OUTAGES

NOW = 1000.0


def away(state: str, probe: Any) -> dict[str, Any]:
    return {"state": state, "next_look": probe}


@pytest.mark.parametrize(
    ("due", "circuit", "at"),
    [
        ([None, None], {}, None),
        ([None, None], away(OPEN, NOW + 9), None),
        ([900.0, None], {}, 900.0),
        ([None, 1100.0], {}, 1100.0),
        ([1200.0, 1100.0], {}, 1100.0),
        ([900.0, None], away(OPEN, NOW + 9), NOW + 9),
        ([1100.0, None], away(OPEN, NOW + 9), 1100.0),
        ([900.0, None], away(OPEN, NOW - 9), 900.0),
        ([900.0, None], away(HALF_OPEN, NOW + 9), 900.0),
        # Further away than any probe: the clock was set back.
        ([900.0, None], away(OPEN, NOW + 9999), 900.0),
        ([900.0, None], away(OPEN, "soon"), 900.0),
    ],
)
def test_the_next_look_is_the_earliest_that_can_succeed(due: Any, circuit: Any, at: Any) -> None:
    assert next_look(due, circuit, NOW) == at


@pytest.fixture
def data(tmp_path: Path) -> Path:
    folder = tmp_path / "plugin_data" / "Stash2Plex"
    folder.mkdir(parents=True)
    return folder


def look(data: Path) -> float | None:
    found: float | None = status(str(data))["next_look"]
    return found


def put(data: Path, rank: int, delay: float = 0.0) -> float:
    """A job, which a drain gave back if there is a delay. Returns when it is due."""
    now = time.time()
    with closing(Jobs(data)) as jobs:
        jobs.put([Job(1, rank=rank)], now)
        if delay:
            (job,) = jobs.claim(1, now)
            jobs.give_back(job, now + delay)
    return now + delay


def test_without_anything_to_do_there_is_no_look(data: Path) -> None:
    assert look(data) is None and status(str(data))["clock"] == "on"


def test_a_save_that_nobody_swept_is_due(data: Path) -> None:
    inbox.mark(str(data), "scene", 1)
    assert look(data) == 0.0


@pytest.mark.parametrize("rank", [EDIT, BULK])
def test_a_job_that_waits_is_due_at_its_time(data: Path, rank: int) -> None:
    assert look(data) is None
    due = put(data, rank, delay=500.0)
    assert look(data) == pytest.approx(due)


@pytest.mark.parametrize(("rank", "is_due"), [(EDIT, True), (BULK, False)])
def test_what_a_person_stopped_is_not_started_again(data: Path, rank: int, is_due: bool) -> None:
    put(data, rank)
    assert (look(data) is not None) is is_due


def test_all_jobs_wait_for_a_plex_that_is_away(data: Path) -> None:
    put(data, BULK)
    probe = time.time() + 100
    circuit = {"state": OPEN, "next_look": probe}
    (data / OUTAGES).write_text(json.dumps({"circuit": circuit}))
    assert look(data) == pytest.approx(probe)


def test_a_reconciliation_is_due_at_its_time(data: Path) -> None:
    known = {"interval": "daily", "next_due": 5e9, "stash_identity": stdio.server_identity()}
    (data / "reconciliation_state.json").write_text(json.dumps(known))
    assert look(data) == 5e9
    (data / "reconciliation_state.json").write_text(json.dumps(known | {"interval": "never"}))
    assert look(data) is None


@pytest.mark.parametrize("word", ["off", "paused"])
def test_a_clock_that_is_off_has_no_next_look(data: Path, word: str) -> None:
    inbox.mark(str(data), "scene", 1)
    (data / inbox.CLOCK).write_text(word)
    assert look(data) is None and status(str(data))["clock"] == word


def test_changed_settings_are_read_even_if_the_clock_is_off(data: Path) -> None:
    config = data.parent.parent / "config.yml"
    config.write_text("plugins: {}")
    (data / inbox.SETTINGS).write_text(inbox.state_of_settings(str(config.parent)))
    (data / inbox.CLOCK).write_text("off")
    assert look(data) is None
    os.utime(config, (1, 1))
    assert look(data) == 0.0

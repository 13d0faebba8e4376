"""What SQLite does for the hot paths of the queue: it goes to the rows that are meant, by an index."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from sync_queue.job import Job
from sync_queue.jobs import Jobs

NOW = 1_790_000_000.0


@pytest.fixture
def jobs(tmp_path: Path) -> Iterator[Jobs]:
    found = Jobs(tmp_path)
    found.put([Job(number) for number in range(1, 101)], NOW)
    yield found
    found.close()


def plans(jobs: Jobs, act: Callable[[], object]) -> list[str]:
    """The steps of all statements of `act` that find something."""
    said: list[str] = []
    jobs.db.set_trace_callback(said.append)
    act()
    jobs.db.set_trace_callback(None)
    found = [one for one in said if one.split()[0] in ("SELECT", "UPDATE", "DELETE")]
    return [row[3] for one in found for row in jobs.db.execute(f"EXPLAIN QUERY PLAN {one}")]


def batch(jobs: Jobs, act: Callable[[Job], object]) -> Callable[[], object]:
    (job,) = jobs.claim(1, NOW)
    return lambda: act(job)


HOT: dict[str, Callable[[Jobs], Callable[[], object]]] = {
    "put": lambda jobs: lambda: jobs.put([Job(5), Job(500)], NOW),
    "hasten": lambda jobs: lambda: jobs.hasten([Job(5)], NOW + 1),
    "claim": lambda jobs: lambda: jobs.claim(20, NOW),
    "claim of one": lambda jobs: lambda: jobs.claim(1, NOW, only="scene:50"),
    "done": lambda jobs: batch(jobs, lambda job: jobs.done([job])),
    "give back": lambda jobs: batch(jobs, lambda job: jobs.give_back(job, NOW + 9)),
    "bury": lambda jobs: batch(jobs, lambda job: jobs.bury(job, "no", NOW)),
    "find": lambda jobs: lambda: jobs.find("scene:9"),
    "next due": lambda jobs: jobs.next_due,
}


@pytest.mark.parametrize("name", sorted(HOT))
def test_no_step_of_a_hot_path_goes_through_all_rows(jobs: Jobs, name: str) -> None:
    steps = plans(jobs, HOT[name](jobs))
    assert steps and [step for step in steps if step.startswith("SCAN")] == []


@pytest.mark.parametrize("name", ["put", "claim of one", "find", "bury"])
def test_what_is_known_by_its_key_is_found_by_it(jobs: Jobs, name: str) -> None:
    steps = plans(jobs, HOT[name](jobs))
    by_other_means = [
        step for step in steps if "SEARCH" in step and "key=?" not in step and "rowid=?" not in step
    ]
    assert by_other_means == []


def test_what_is_due_comes_in_its_order_without_being_sorted(jobs: Jobs) -> None:
    assert not [step for step in plans(jobs, HOT["claim"](jobs)) if "ORDER BY" in step]


def test_waiting_rows_are_read_once_in_order(jobs: Jobs) -> None:
    """By the index each thousand would be sought, and sorted, among all of them."""
    steps = plans(jobs, lambda: jobs.hasten_waits(NOW - 1))
    assert {step for step in steps if "PRIMARY KEY" not in step} == set()


def test_resuming_makes_no_list_of_all_jobs(jobs: Jobs) -> None:
    jobs.claim(3, NOW)
    steps = plans(jobs, lambda: jobs.resume(NOW))
    assert not [step for step in steps if "LIST" in step or "TEMP" in step]
    assert len([step for step in steps if step.startswith("SCAN")]) == 1  # for a clock set back


def test_a_count_reads_an_index_and_no_row(jobs: Jobs) -> None:
    steps = plans(jobs, lambda: jobs.counts(NOW))
    reads = [
        step for step in steps if step.startswith(("SCAN", "SEARCH")) and "CONSTANT" not in step
    ]
    postponed = [step for step in reads if "INDEX put_off" in step]  # twice: pending is the rest
    assert len(reads) == 5 and len(postponed) == 2
    assert all("COVERING INDEX" in step for step in reads if step not in postponed)

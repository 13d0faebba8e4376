"""When everything is compared by value again, and what is told of it."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from reconciliation.report import note_deep
from reconciliation.scheduler import ReconciliationScheduler
from reconciliation.state import ReconciliationState, deep_due_at

NOW = 1_700_000_000.0
DAY = 86400.0
RUN, DEEP = SimpleNamespace(unmoved=7), SimpleNamespace(deep=True)


@pytest.mark.parametrize(
    ("interval", "days"),
    [("daily", 1), ("weekly", 7), (" Monthly ", 30), ("never", None), ("?", None)],
)
def test_it_is_due_an_interval_after_the_last_one(interval, days):
    state = ReconciliationState(last_deep_time=NOW)
    assert deep_due_at(state, interval, NOW) == (None if days is None else NOW + days * DAY)


def test_the_deep_interval_counts_from_the_first_run():
    state = ReconciliationState()
    assert deep_due_at(state, "weekly", NOW) is None
    note_deep(state, RUN, NOW)
    note_deep(state, RUN, NOW + DAY)
    assert deep_due_at(state, "weekly", NOW + DAY) == NOW + 7 * DAY
    note_deep(state, DEEP, NOW + 2 * DAY)
    assert deep_due_at(state, "weekly", NOW + 2 * DAY) == NOW + 9 * DAY


def test_a_clock_that_was_set_back_makes_it_due():
    assert deep_due_at(ReconciliationState(last_deep_time=NOW + DAY), "weekly", NOW) == 0.0


def test_the_scheduler_tells_of_it(tmp_path):
    scheduler = ReconciliationScheduler(tmp_path, clock=lambda: NOW)
    scheduler.record_run(DEEP, "all")
    scheduler.record_run(RUN, "all", now=NOW + DAY)
    assert not scheduler.is_deep_due("weekly", NOW + DAY)
    assert scheduler.is_deep_due("weekly", NOW + 7 * DAY)
    assert not scheduler.is_deep_due("never", NOW + 7 * DAY)
    scheduler.refresh("never", NOW, "weekly")
    told = scheduler.status(NOW + DAY)
    assert (told["deep"], told["unmoved"], told["deep_interval"]) == (False, 7, "weekly")
    assert (told["last_deep_time"], told["next_deep"]) == (NOW, NOW + 7 * DAY)
    assert "(7 unchanged since they agreed)" in told["message"]

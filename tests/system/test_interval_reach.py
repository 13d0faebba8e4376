"""An interval run covers all that changed since the last one that ended well, by Stash's own times."""

from __future__ import annotations

import time
from datetime import datetime, timedelta
from typing import Any

import pytest

from devserver.box import Box
from tests.support.box_output import set_state, state

pytestmark = pytest.mark.uncovered
HOUR = 3600.0


@pytest.fixture
def daily(box: Box) -> Box:
    """A box that reconciles once a day what changed in the last 24 hours, and has just done so."""
    box.configure(reconcile_interval="daily", reconcile_scope="24h")
    box.add_all({f"{n}.mp4": {"title": f"T{n}"} for n in range(3)})
    assert drain(box)["scenes_checked"] == 3
    return box


def drain(box: Box) -> Any:
    return box.task("Process Queue").output.get("auto_reconcile")


def later(box: Box, hours: float) -> None:
    """As if all that has happened so far had been so many hours earlier."""
    for scene in box.stash.library.store.scenes.values():
        scene.updated_at = _earlier(scene.updated_at, hours)
    known = state(box)
    moved = {name: known[name] - hours * HOUR for name in ("last_run_time", "last_interval_time")}
    set_state(box, **moved, next_due=None, seen_until=_earlier(known["seen_until"], hours))


def _earlier(stamp: str, hours: float) -> str:
    return (datetime.fromisoformat(stamp) - timedelta(hours=hours)).isoformat()


def change(box: Box, scene: int, title: str) -> None:
    """By an import: no hook tells of it."""
    one = box.stash.library.store.scenes[scene]
    one.title, one.updated_at = title, box.stash.library.store.timestamp(time.time())


def test_a_late_interval_run_finds_an_early_change(daily: Box) -> None:
    later(daily, 3)
    change(daily, 1, "New")
    later(daily, 37)
    assert drain(daily) and daily.differences() == {}


def test_a_run_after_a_long_rest_reaches_back_to_the_one_before(daily: Box) -> None:
    later(daily, 24 * 30)
    change(daily, 1, "New")
    later(daily, 24 * 30)
    assert drain(daily) and daily.differences() == {}


@pytest.mark.parametrize(("before", "after"), [("+05:00", "-05:00"), ("-11:00", "+13:00")])
def test_a_zone_of_stash_that_moved_hides_no_change(daily: Box, before: str, after: str) -> None:
    store = daily.stash.library.store
    store.tz_offset = before
    change(daily, 2, "Known")
    later(daily, 25)
    assert drain(daily) and daily.differences() == {}
    later(daily, 1)
    store.tz_offset = after
    change(daily, 1, "New")
    later(daily, 47)
    assert drain(daily) and daily.differences() == {}


@pytest.mark.parametrize("apart", [-9, 9])
def test_clocks_that_are_hours_apart_hide_no_change(daily: Box, apart: float) -> None:
    """Stash's clock is that much off; the plugin runs by its own."""
    later(daily, -apart)
    later(daily, 3 + apart)
    for day in range(3):
        change(daily, 1, f"Day {day}")
        one = daily.stash.library.store.scenes[1]
        one.updated_at = _earlier(one.updated_at, -apart)
        later(daily, 24.5)
        assert drain(daily) and daily.differences() == {}, day


def test_a_partial_manual_run_does_not_count(
    daily: Box,
) -> None:
    later(daily, 3)
    change(daily, 1, "New")
    later(daily, 37)
    daily.configure(reconcile_interval="never")
    daily.operation("reconcile_recent")
    assert set(daily.differences()) == {1}
    daily.configure(reconcile_interval="daily", reconcile_scope="24h")
    later(daily, 25)
    assert drain(daily) and daily.differences() == {}


def test_a_state_of_before_this_was_noted_has_everything_looked_at_once(daily: Box) -> None:
    change(daily, 1, "New")
    later(daily, 24 * 30)
    set_state(daily, seen_until="")
    assert drain(daily)["scenes_checked"] == 3 and daily.differences() == {}
    assert state(daily)["seen_until"] != ""

"""The journal's limits: a run is deleted once it is old by the clock and by its number."""

from __future__ import annotations

import pytest

from plex.state.database import Store
from plex.state.journal import LATEST, Journal, Row

DAY = 86400.0
DAYS = 30
BEGAN = 1_000_000_000.0
ROW = Row(1, 1, "title", "Before", "After", locked=False, why="")


@pytest.mark.parametrize("runs", [LATEST - 1, LATEST + 1])
@pytest.mark.parametrize("days", [DAYS - 1, DAYS + 1])
def test_a_run_is_deleted_only_when_it_is_old_in_both_ways(
    store: Store, days: int, runs: int
) -> None:
    Journal(store, "the first", DAYS).record([ROW], BEGAN)
    for _ in range(runs):
        Journal(store, "a later one", DAYS).record([ROW], BEGAN + days * DAY)
    kept = "the first" in [run.command for run in Journal(store).runs(runs + 1)]
    assert kept == (days < DAYS or runs < LATEST)

"""A rating rides along in the edit; a server that ignores it there gets a request of its own."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from plex.state.database import Store
from plex.state.journal import Journal
from plex.state.ledger import Ledger
from plex.sync.undo import Undo
from tests.support.in_process import Bench

APART = "PUT /:/rate"


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    with Bench(tmp_path) as found:
        yield found


def rate(bench: Bench, rated: dict[int, int], of_100: int | None) -> dict[str, int]:
    """Rates the scenes in Stash and syncs them. Returns the number of requests of each kind."""
    for scene in rated:
        bench.stash.update_scene(scene, rating100=of_100)
    bench.plex.clear_requests()
    bench.sync(*rated)
    shown = {bench.plex.item(key)["userRating"] for key in rated.values()}
    assert shown == {of_100 / 10 if of_100 else None}
    sent = bench.writes("PUT")
    return {"edits": len(sent) - sent.count(APART), "apart": sent.count(APART)}


def test_a_rating_and_its_removal_need_no_request_of_their_own(bench: Bench) -> None:
    rated = dict(bench.add(title=f"T{n}", rating100=70) for n in range(3))
    bench.sync(*rated)
    assert len(bench.writes("PUT")) == 3 and APART not in bench.writes("PUT")
    assert rate(bench, rated, 85) == rate(bench, rated, None) == {"edits": 3, "apart": 0}


@pytest.mark.parametrize("first", [70, None])
def test_a_server_that_ignores_ratings_in_edits_is_remembered(
    bench: Bench, first: int | None
) -> None:
    bench.plex.options.deaf_to = {"userRating"}
    rated = dict(bench.add(title=f"T{n}", rating100=first) for n in range(3))
    bench.sync(*rated)
    if first is None:
        assert rate(bench, rated, 60) == {"edits": 3, "apart": 3}
    assert rate(bench, rated, 85) == rate(bench, rated, None) == {"edits": 0, "apart": 3}


def test_a_server_that_refuses_edits_with_a_rating_is_remembered(bench: Bench) -> None:
    bench.plex.faults.arm("400", lambda call: call.has("userRating.value"), "PUT", times=99)
    rated = dict(bench.add(title=f"T{n}", rating100=70) for n in range(3))
    assert [outcome.error for outcome in bench.sync(*rated)] == [None] * 3
    assert rate(bench, rated, 85) == {"edits": 0, "apart": 3}


@pytest.mark.parametrize("server", ["takes it", "ignores it", "refuses it"])
def test_an_undo_takes_a_rating_back(bench: Bench, server: str) -> None:
    rated = dict(bench.add(title=f"T{n}", rating100=70) for n in range(2))
    bench.sync(*rated)
    rate(bench, rated, 90)
    if server == "ignores it":
        bench.plex.options.deaf_to = {"userRating"}
    if server == "refuses it":
        bench.plex.faults.arm("400", lambda call: call.has("userRating.value"), "PUT", times=99)
    with closing(Store(bench.data)) as store:
        ledger, journal = Ledger(store), Journal(store)
        rows = journal.rows(run=journal.last_run())
        done = Undo(bench.client(), ledger, journal, time.time).undo(rows)
    assert (done.fields, done.left) == (2, {})
    assert [bench.plex.item(key)["userRating"] for key in rated.values()] == [7.0, 7.0]

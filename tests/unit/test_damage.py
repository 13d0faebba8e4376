"""A file that turns out damaged in the middle of a drain: nobody is charged, the next drain ends right."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path

import pytest

from disk.database import Database
from disk.quarantine import asides
from plex.state.database import Store
from plex.state.entry import Entry
from plex.state.ledger import Ledger
from sync_queue import inbox
from sync_queue.drain import Drain, Tally
from sync_queue.job import Job
from sync_queue.jobs import Jobs

NOW = 1_790_000_000.0
PAGE = 4096


@dataclass
class Done:
    scene_id: int
    missing: bool = False
    unsettled: bool = False
    hidden: bool = False
    error: Exception | None = None
    wrote: bool = True
    refused: bool = False
    skipped: str = ""


def ruin(db: Database) -> None:
    """As another process or the disk would: everything but the first page."""
    with closing(sqlite3.connect(db.path)) as other:
        other.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    with db.path.open("r+b") as file:
        file.seek(PAGE)
        file.write(b"\x5a" * (db.path.stat().st_size - PAGE))


class World:
    """Jobs, a ledger, and a Plex that takes everything."""

    def __init__(self, data: Path) -> None:
        self.data = str(data)
        self.said: list[str] = []
        self.synced: list[int] = []
        self.then: Callable[[], None] = lambda: None  # called after the first batch is on Plex
        self.jobs = Jobs(data, lambda: NOW, self.said.append)
        self.store = Store(data, lambda: NOW, self.said.append)
        Ledger(self.store).put([Entry(n, n) for n in range(1, 2000)])

    def sync(self, ids: Sequence[int]) -> Callable[[], list[Done]]:
        Ledger(self.store).entries(list(ids))
        self.synced += ids
        then, self.then = self.then, lambda: None
        then()
        Ledger(self.store).put([Entry(n, n) for n in ids])
        return lambda: [Done(n) for n in ids]

    def drain(self) -> Tally:
        return Drain(
            self.data, self.jobs, self.sync, lambda kind, number: [], clock=lambda: NOW,
            sleep=lambda seconds: None, warn=self.said.append,
        ).run()  # fmt: skip


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with ExitStack() as stack:
        found = World(tmp_path)
        stack.callback(found.jobs.close)
        stack.callback(found.store.close)
        yield found


@pytest.mark.parametrize("name", ["jobs", "store"])
def test_a_drain_that_meets_damage_pauses_and_the_next_one_ends_right(
    world: World, name: str
) -> None:
    world.jobs.put([Job(n, reason="x" * 200, attempts=2) for n in range(1, 101)], NOW)
    broken: Database = getattr(world, name)
    world.then = lambda: ruin(broken)
    tally = world.drain()
    assert f"{broken.FILE} is damaged" in tally.paused
    assert tally.as_dict()["buried"] == tally.as_dict()["retried"] == 0
    assert len([line for line in world.said if "damaged" in line]) == 1
    assert len(asides(broken.path)) == 1
    _ends_right(world, name)


def _ends_right(world: World, name: str) -> None:
    if name == "store":  # of the queue itself only the texts are left, and here not even these
        assert {job.attempts for job in _owed(world.jobs)} == {2}
    world.jobs.put([Job(n) for n in range(1, 101)], NOW)  # as Reconcile Library finds them
    assert world.drain().as_dict()["paused"] is None
    assert set(world.synced) == set(range(1, 101))
    assert sum(world.jobs.counts(NOW).values()) == 0


def _owed(jobs: Jobs) -> list[Job]:
    found = jobs.claim(9999, NOW)
    jobs.resume(NOW)
    return found


def test_a_queue_of_which_one_page_is_damaged_loses_nothing_at_all(world: World) -> None:
    world.jobs.put([Job(n, reason="x" * 200, attempts=2) for n in range(1, 1001)], NOW)

    def ruin_a_leaf() -> None:
        world.jobs.rows("PRAGMA wal_checkpoint(TRUNCATE)")
        with closing(sqlite3.connect(world.jobs.path)) as other:
            other.execute("CREATE TABLE so_that_nobody_trusts_what_they_read_before (x)")
            other.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        with world.jobs.path.open("r+b") as file:
            at = file.read().index(b'"thing": 5,') // PAGE
            file.seek(at * PAGE)
            file.write(b"\x5a" * 8)  # what the page is

    world.then = ruin_a_leaf
    assert "queue.sqlite is damaged" in world.drain().paused
    found = _owed(world.jobs)
    assert {job.id for job in found} == set(range(1, 1001))
    assert {job.attempts for job in found} == {2}
    world.drain()
    assert set(world.synced) == set(range(1, 1001)) and world.jobs.next_due() is None


def test_flags_stay_up_when_the_queue_that_they_went_into_is_damaged(world: World) -> None:
    world.jobs.put([Job(n, reason="x" * 200) for n in range(1, 1001)], NOW)
    inbox.mark(world.data, "scene", 4711)
    world.jobs.rows("PRAGMA wal_checkpoint(TRUNCATE)")
    ruin(world.jobs)
    world.jobs.close()
    world.jobs = Jobs(world.data, lambda: NOW, world.said.append)
    world.drain()
    assert 4711 in world.synced and inbox.is_empty(world.data)

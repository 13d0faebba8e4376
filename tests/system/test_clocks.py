"""Random histories on clocks that jump by an hour, a day or a year, both ways, and in zones that move:
nothing is deleted, nothing waits beyond its rule, and the next interval run misses no change."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.support.boxes import NewBox
from tests.support.quick_box import quicken
from tests.support.sizes import size

HOUR, DAY, YEAR = 3600.0, 86400.0, 365 * 86400.0
FILES = 4
file, word = st.integers(0, FILES - 1), st.integers(0, 9)


def just(name: str, *given_: Any) -> st.SearchStrategy[Any]:
    return st.tuples(st.just(name), *given_)


step = st.one_of(
    just("saves", file, word),
    just("drifts", file, word),
    just("drifts", file, word),
    just("jumps", st.sampled_from([n * s for n in (HOUR, DAY, YEAR) for s in (-1, 1)])),
    just("passes", st.sampled_from([HOUR, 5 * HOUR, 30 * HOUR, 9 * DAY])),
    just("moves", st.sampled_from(["-11:00", "+00:00", "+05:30", "+13:00"])),
    just("drains"),
    just("drains"),
    just("fails"),
    just("gets_file"),
)


class World:
    """`apart` is how far the clock of this machine, which both go by, is from the true time."""

    def __init__(self, root: Path, new_box: NewBox) -> None:
        self.apart, self.rows = 0.0, 0
        self.box = new_box(root)

    def __enter__(self) -> World:
        box = quicken(self.box.__enter__(), self.clock)
        box.stash.library.store.clock = self.clock
        self.scenes = [box.add(f"{n}.mp4", in_plex=n > 0, title=f"0 of {n}") for n in range(FILES)]
        box.configure(reconcile_interval="daily", reconcile_scope="24h")
        self.drains()
        return self

    def __exit__(self, *error: object) -> None:
        self.box.__exit__(*error)

    def clock(self) -> float:
        return time.time() + self.apart

    def saves(self, file: int, word: int) -> None:
        self.box.stash.update_scene(self.scenes[file], title=f"{word} of {file}")

    def drifts(self, file: int, word: int) -> None:
        """No hook tells of it."""
        store = self.box.stash.library.store
        row = store.scenes[self.scenes[file]]
        row.title, row.updated_at = f"{word} of {file}", store.now()

    def passes(self, seconds: float) -> None:
        self.apart += seconds

    def jumps(self, seconds: float) -> None:
        """Some event comes while the clock is there: only so can anybody know of it."""
        self.passes(seconds)
        self.drains()

    def moves(self, offset: str) -> None:
        self.box.stash.tz_offset = offset

    def drains(self) -> None:
        self.box.operation("process_queue")

    def fails(self) -> None:
        """Once Plex is busy: what is tried again is due later."""
        self.box.plex.faults.arm("500", "/library/sections/1/all", method="PUT", times=4)
        self.drifts(1, 9)
        self.box.operation("sync", scene=self.scenes[1])
        self.box.plex.faults.clear()

    def gets_file(self) -> None:
        """The first scene's file, for which a job may be waiting."""
        if not any("/0.mp4" in one.files[0] for one in self.box.plex.library.items.values()):
            self.box.plex.add_file("/media/0.mp4", size=1000)

    # -- what holds

    def nothing_was_deleted(self) -> None:
        kept = sum(one["items"] for one in self.box.operation("list_runs", limit=200)["rows"])
        assert kept >= self.rows
        self.rows = kept

    def comes_to_rest(self) -> None:
        """Only time passes, and events come: by their rules all jobs and runs are due by then."""
        self.gets_file()
        for _ in range(3):
            self.passes(25 * HOUR)
            self.drains()
        assert self.box.differences() == {}
        queue = self.box.operation("queue_status")["queue"]
        assert (queue["waiting"], queue["pending"], queue["dead"]) == (0, 0, 0)


@pytest.fixture
def roots(tmp_path: Path) -> Iterator[Iterator[Path]]:
    yield (tmp_path / f"world{number}" for number in count())


@pytest.mark.uncovered
@given(steps=st.lists(step, min_size=6, max_size=16))
@settings(
    max_examples=size(12, 100),
    deadline=None,
    derandomize=True,
    phases=[Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_no_jump_of_a_clock_loses_or_hides_anything(new_box, roots, steps):
    root = next(roots)
    with World(root, new_box) as world:
        for name, *given_ in steps:
            getattr(world, name)(*given_)
            world.nothing_was_deleted()
        world.comes_to_rest()
    shutil.rmtree(root)

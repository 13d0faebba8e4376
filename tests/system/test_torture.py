"""A sample of what `make torture` does: processes killed at chosen points, in every lane."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from devserver.box import Box
from sync_queue import inbox
from tests.torture.installing import Installing
from tests.torture.lanes import DAMAGED, FIRST, HOOK, INLINE, LIBRARY, OUTAGE, QUEUE, Lane, kind_of
from tests.torture.rounds import Rounds
from tests.torture.traps import Point, Traps, places
from tests.torture.world import World

pytestmark = pytest.mark.uncovered


@pytest.fixture(scope="module")
def rounds(
    plugin_zip: Path, compiled: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Rounds]:
    root, chance = tmp_path_factory.mktemp("torture"), random.Random(3)
    with Box(root / "box", plugin_zip, compiled=compiled) as box:
        world = World(box, 8, chance)
        world.warm_up()
        yield Rounds(world, Traps(box, root / "traps"), chance)


@pytest.fixture
def inline(rounds: Rounds) -> Iterator[Rounds]:
    rounds.switch(inline=True)
    yield rounds
    rounds.switch(inline=False)


def spread(points: list[Point], count: int) -> list[Point]:
    """Some of them, from the first to the last."""
    return [points[at * (len(points) - 1) // (count - 1)] for at in range(count)]


def test_a_hook_killed_anywhere_loses_nothing_that_it_had_marked(rounds):
    points = rounds.points(HOOK)
    assert points[0].place.startswith("sync_queue/inbox.py"), "the mark comes first"
    for point in spread(points, 4):
        result = rounds.hook(HOOK, point)
        assert result.at == [str(point)] and not result.faults, result
        assert result.unmarked == (points.index(point) < 1), result


def test_an_inline_drain_killed_anywhere(inline):
    result = inline.hook(INLINE, *spread(places(inline.points(INLINE)), 3))
    assert result.kills and not result.faults, result


@pytest.mark.parametrize("lane", [QUEUE, FIRST, OUTAGE, DAMAGED], ids=lambda lane: lane.name)
def test_a_task_killed_anywhere_while_people_edit(rounds: Rounds, lane: Lane) -> None:
    result = rounds.task(lane, *spread(places(rounds.points(lane)), 3))
    assert result.kills and not result.faults, result


def test_a_reconciliation_killed_at_each_step_of_writing_its_state(rounds):
    points = [one for one in rounds.points(LIBRARY) if kind_of(one) == "state file"]
    at = [one.kind for one in points].index("fsync")
    steps = points[at - 1 : at + 2]
    assert [one.kind for one in steps] == ["open", "fsync", "os.rename"]
    result = rounds.task(LIBRARY, *steps)
    assert result.at == list(map(str, steps)) and not result.faults, result


def test_an_installation_killed_anywhere(plugin_zip, compiled, tmp_path):
    chance = random.Random(4)
    with Box(tmp_path / "box", plugin_zip, compiled=compiled) as box:
        world = World(box, 2, chance)
        world.warm_up()
        installing = Installing(world, Traps(box, tmp_path / "traps"), chance)
        result = installing.round(*spread(installing.points(), 3))
        assert result.kills and not result.faults, result


def test_a_flag_that_got_lost_would_be_noticed(rounds):
    world = rounds.world
    world.box.stash.hold_jobs()
    (scene,) = world.edit()
    inbox.clear(str(world.box.data_dir), "scene", scene)
    world.forget_jobs()
    world.box.operation("process_queue")
    assert f"scene {scene}: title" in world.faults()["lost"][0]
    world.box.operation("reconcile_all")

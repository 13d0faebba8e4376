"""How far a task is, and how long the rest takes. Time is an argument."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise

import pytest

from app import pace
from app.packages import steps
from app.progress import COMPARE, LIST, SYNC, Progress, Step


class Task:
    """A progress with its clock, and what it has told."""

    def __init__(self, rest: float = 0.0, begun: float = 0.0) -> None:
        self.now = 1000.0
        self.told: list[Step] = []
        self.progress = Progress(self.told.append, lambda: self.now, rest, begun)

    def sync(self, *counts: tuple[int, ...]) -> list[float]:
        for count in counts:
            self.now += 1
            self.progress.count(SYNC, *count)
        return [round(step.fraction, 3) for step in self.told]


def test_a_sync_is_as_far_as_its_jobs() -> None:
    assert Task().sync((0, 4), (1, 4), (2, 4, 1), (4, 4)) == [0.0, 0.25, 0.75, 1.0]


def test_what_joins_raises_the_total_and_nothing_goes_back() -> None:
    told = Task().sync((0, 10), (5, 10), (5, 100), (6, 100), (50, 101), (101, 101))
    assert told == sorted(told) and told[1:3] == [0.5, 0.5] and told[3] > 0.5 and told[-1] == 1.0


def test_a_total_that_grows_all_the_time_does_not_hold_it_up() -> None:
    told = Task().sync(*((n, n + 20) for n in range(50)))
    assert all(after > before for before, after in pairwise(told))


def test_each_kind_of_work_has_its_part() -> None:
    task = Task()
    for work, done in ((LIST, 0), (LIST, 9), (COMPARE, 0), (COMPARE, 9), (SYNC, 0), (SYNC, 9)):
        task.progress.count(work, done, 9)
    assert [step.fraction for step in task.told] == pytest.approx([0.0, 0.04, 0.04, 0.9, 0.9, 1.0])


def test_a_part_of_the_task_ends_where_that_part_ends() -> None:
    task = Task()
    task.progress.between(0.0, 0.5)
    task.progress.count(SYNC, 0, 4)
    task.progress.count(SYNC, 4, 4)
    task.progress.between(0.5, 1.0)
    task.progress.set(1.0)
    assert [step.fraction for step in task.told] == [0.0, 0.5, 1.0]


def test_a_task_goes_on_where_its_installation_ended() -> None:
    assert Task(begun=0.2).sync((0, 2), (1, 2), (2, 2)) == [0.2, 0.6, 1.0]


def test_it_is_told_now_and_then_and_at_each_percent() -> None:
    task = Task(rest=0.5)
    for number in range(1, 10_001):
        task.now += 0.001
        task.progress.count(SYNC, number, 1_000_000)
    assert 20 <= len(task.told) <= 22
    task.progress.count(SYNC, 400_000, 1_000_000)
    assert task.told[-1].done == 400_000


def test_the_title_is_of_the_work_in_hand() -> None:
    task = Task()
    task.progress.count(COMPARE, 0, 2)
    task.progress.about("One")
    task.progress.count(COMPARE, 1, 2)
    task.progress.count(SYNC, 0, 2)
    assert [step.title for step in task.told] == ["", "One", "One", ""]


# -- pace and time left


def looks(done: Iterable[int], total: int, seconds: float = 1.0) -> list[pace.Pace]:
    """The pace after each look. The first look is at the start."""
    now, first, *rest = 50.0, *done
    found = [pace.begin(first, now)]
    for count in rest:
        now += seconds
        found.append(pace.seen(found[-1], count, total, now))
    return found


# (done at each look, all, seconds between two looks), then (things a minute, seconds left)
PACES: tuple[tuple[str, list[int], int, float, object], ...] = (
    ("too early", [0, 5, 10], 100, 1.0, None),
    ("too few", [0, 1, 2, 3, 4], 100, 2.0, None),
    ("even", list(range(0, 60, 5)), 300, 1.0, (300, 49)),
    ("even, seldom seen", [0, 50, 100, 150], 300, 10.0, (300, 30)),
    ("begun with some done", list(range(100, 160, 5)), 400, 1.0, (300, 49)),
    ("looks too close for a pace", [0, 5, 10, 15], 300, 0.1, None),
    ("nothing moves", [0, *[5] * 20], 300, 1.0, (15, 890)),
    ("done", [*range(0, 60, 5), *[60] * 2], 60, 1.0, (273, 0)),
)


@pytest.mark.parametrize(
    ("done", "total", "seconds", "shown"), [p[1:] for p in PACES], ids=[p[0] for p in PACES]
)
def test_pace_and_time_left(done: list[int], total: int, seconds: float, shown: object) -> None:
    found = pace.shown(looks(done, total, seconds)[-1])
    assert found == (shown if shown is None else pytest.approx(shown, rel=0.1, abs=2))


def test_batches_do_not_make_the_time_left_jump() -> None:
    # Twenty at once, every four seconds: five a second.
    found = looks((n // 4 * 20 for n in range(120)), 900)
    lefts = [one.left for one in found if pace.shown(one) and one.left is not None]
    assert all(abs(after - before + 1) < 6 for before, after in pairwise(lefts[8:]))
    assert lefts[-1] == pytest.approx(300 / 5, abs=12)


def test_a_new_pace_is_followed_within_a_minute() -> None:
    done = [*range(0, 600, 10), *range(600, 720, 2)]
    found = looks(done, 1000)
    assert pace.shown(found[59]) == pytest.approx((600, 41), rel=0.1)
    assert pace.shown(found[-1]) == pytest.approx((120, 141), rel=0.4)


def test_a_clock_that_is_set_back_begins_anew() -> None:
    before = looks(range(0, 60, 5), 300)[-1]
    assert pace.shown(pace.seen(before, 60, 300, 1.0)) is None


# -- an installation

PIP = (
    ("Installing the packages of Stash2Plex with pip; this happens once", 0, ""),
    ("Collecting pydantic<3,>=2.8 (from -r requirements.txt (line 2))", 1, "pydantic<3,>=2.8"),
    ("Downloading https://index/simple/pydantic-2.9-py3-none-any.whl (434 kB)", 2, "pydantic-2.9-py3-none-any.whl"),
    ("Collecting urllib3", 2, "urllib3"),
    ("Installing collected packages: urllib3, pydantic", 3, ""),
    ("The packages are installed, after 9 s", 4, ""),
)  # fmt: skip


def test_the_steps_of_an_installation_come_from_its_lines() -> None:
    done = 0
    for line, after, package in PIP:
        done = steps.steps_done(line, done)
        assert (done, steps.package(line)) == (after, package), line

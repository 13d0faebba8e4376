"""When a run stops before it changes anything: how many scenes may lose how much."""

from __future__ import annotations

import pytest

import errors
from plex.plan.plan import CLEAR, WRITE, Change
from reconciliation import brake, detector
from sync_queue.job import FEW


@pytest.mark.parametrize(
    ("before", "after", "loses"),
    [
        ("long", "", True),
        (("a", "b"), ("a",), True),
        ("", "long", False),
        (("a",), ("b", "c"), False),
        ("one", "other", False),
    ],
)
def test_a_field_that_gets_less_is_a_loss(before: object, after: object, loses: bool) -> None:
    assert detector.loses([Change("title", before, after, WRITE)]) is loses  # type: ignore[arg-type]


def test_one_loss_among_gains_is_a_loss() -> None:
    changes = [Change("title", "", "new", WRITE), Change("summary", "long", "", CLEAR)]
    assert detector.loses(changes)


@pytest.mark.parametrize(
    ("losing", "compared", "share", "whole", "stops"),
    [
        (FEW, FEW, 20, 1.0, False),
        (FEW + 1, FEW + 1, 20, 1.0, True),
        (30, 100, 30, 1.0, False),
        (31, 100, 30, 1.0, True),
        (FEW, FEW, 20, 2.0, True),
    ],
)
def test_many_scenes_that_lose_something_stop_a_run(
    losing: int, compared: int, share: int, whole: float, stops: bool
) -> None:
    if not stops:
        return brake.too_much(losing, compared, share, whole)
    with pytest.raises(errors.Braked):
        brake.too_much(losing, compared, share, whole)
    return None


def test_an_automatic_run_touches_only_so_many_scenes() -> None:
    brake.too_many(5, 5)
    with pytest.raises(errors.Braked):
        brake.too_many(6, 5)

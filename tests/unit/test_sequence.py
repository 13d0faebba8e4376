"""The order inside a collection, and the way there."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plex.sync.collections import arranged, moves


@pytest.mark.parametrize(
    ("members", "places", "order"),
    [
        ([1, 2, 3], {1: 3, 2: 2, 3: 1}, [3, 2, 1]),
        ([3, 2, 1], {1: 5, 2: 5, 3: 5}, [1, 2, 3]),
        ([9, 8, 2, 1], {1: 1, 2: 2}, [1, 2, 9, 8]),
        ([9, 8], {1: 1}, [9, 8]),
        ([], {}, []),
    ],
)
def test_members_stand_by_their_places_and_strangers_behind(members, places, order):
    assert arranged(members, places) == order


@pytest.mark.parametrize(
    ("have", "want", "made"),
    [
        ([1, 2, 3], [1, 2, 3], []),
        ([2, 3, 1], [1, 2, 3], [(1, 0)]),
        ([1, 3, 2], [1, 2, 3], [(3, 2)]),
        ([3, 1, 2, 4], [1, 2, 3, 4], [(3, 2)]),
        ([3, 2, 1], [1, 2, 3], [(2, 1), (3, 2)]),
        ([], [], []),
    ],
)
def test_only_what_is_out_of_order_moves(have, want, made):
    assert moves(have, want) == made


def moved(have: list[int], made: list[tuple[int, int]]) -> list[int]:
    order = list(have)
    for key, after in made:
        order.remove(key)
        order.insert(order.index(after) + 1 if after else 0, key)
    return order


@given(st.permutations(range(1, 9)))
def test_the_moves_lead_to_the_order(have):
    want = sorted(have)
    made = moves(have, want)
    assert moved(have, made) == want
    assert len(made) < len(have)

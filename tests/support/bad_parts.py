"""What the tests of bad parts have in common: which of three are bad, for how long, where one stands."""

from __future__ import annotations

from itertools import combinations

from app.dashboard import scene_states
from devserver.box import Box
from tests.support.sizes import WHOLE

FOR_EVER = 10**9
PLACES = (0, 1, 2)  # the first, the middle and the last one
ALL = [(one,) for one in PLACES] + list(combinations(PLACES, 2))


def which(*some: tuple[int, ...]) -> list[tuple[int, ...]]:
    """These in the gate; each alone and all pairs with `make whole`."""
    return ALL if WHOLE else list(some)


def state(box: Box, scene: int) -> str:
    return scene_states.states_of(str(box.data_dir), [scene])[scene][0]

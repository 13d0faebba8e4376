"""The order inside a collection: what it should be, and the fewest moves that lead there. Pure."""

from bisect import bisect_left
from collections.abc import Mapping, Sequence


def arranged(members: Sequence[int], places: Mapping[int, int]) -> list[int]:
    """The members by their places; those without one come last, in the order that they have."""
    known = sorted((key for key in members if key in places), key=lambda key: (places[key], key))
    return known + [key for key in members if key not in places]


def moves(have: Sequence[int], want: Sequence[int]) -> list[tuple[int, int]]:
    """(member, the one that it goes behind; 0 for the front), to be made in this order."""
    stay = _longest_rising(have, {key: number for number, key in enumerate(want)})
    before = [0, *want]
    return [(key, before[n]) for n, key in enumerate(want) if key not in stay]


def _longest_rising(have: Sequence[int], rank: Mapping[int, int]) -> set[int]:
    """A longest part of the members whose order is right already: these can stay."""
    ends: list[int] = []  # the last member of the best run of each length
    before: dict[int, int] = {}
    for key in have:
        at = bisect_left([rank[end] for end in ends], rank[key])
        before[key] = ends[at - 1] if at else 0
        ends[at:] = [key, *ends[at + 1 :]]
    stay: set[int] = set()
    key = ends[-1] if ends else 0
    while key:
        stay.add(key)
        key = before[key]
    return stay

"""Around a bad thing less is asked for: by halves, down to the thing."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

import errors
from net.retry import by_halves


class Server:
    """Gives all things of a question, unless one of them is bad."""

    def __init__(self, *bad: int) -> None:
        self.bad, self.asked = bad, 0

    def ask(self, things: Sequence[int]) -> list[int]:
        self.asked += 1
        if any(thing in self.bad for thing in things):
            raise errors.Busy("bad")
        return list(things)

    def things(self, *parts: Sequence[int]) -> tuple[list[int], list[int]]:
        """The good and the bad ones, each in the order in which they came."""
        good: list[int] = []
        bad: list[int] = []
        for part, answer in by_halves(parts, self.ask, (errors.Busy,)):
            if isinstance(answer, errors.Busy):
                bad += part
            else:
                good += answer
        return good, bad


@pytest.mark.parametrize("bad", [(), (0,), (9,), (3, 4), tuple(range(10))])
def test_each_thing_comes_once_and_in_order(bad: tuple[int, ...]) -> None:
    good = [thing for thing in range(10) if thing not in bad]
    assert Server(*bad).things(range(6), range(6, 10)) == (good, list(bad))


def test_a_single_bad_thing_costs_few_questions() -> None:
    server = Server(70)
    server.things(range(128))
    assert server.asked == 15


def test_what_an_answer_left_out_is_asked_next() -> None:
    answers = by_halves(
        [range(7)], lambda part: list(part[:3]), (), lambda part, got: part[len(got) :]
    )
    assert [answer for _, answer in answers] == [[0, 1, 2], [3, 4, 5], [6]]


def test_another_error_is_raised_at_once() -> None:
    def ask(part: Sequence[int]) -> list[int]:
        raise errors.Unreachable("away")

    with pytest.raises(errors.Unreachable):
        list(by_halves([range(9)], ask, (errors.Busy,)))

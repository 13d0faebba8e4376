"""Asks for many things, and around a bad thing for fewer: by halves, down to a single thing. Pure."""

from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

import errors

Thing = TypeVar("Thing")
Answer = TypeVar("Answer")


def by_halves(
    parts: Sequence[Sequence[Thing]],
    ask: Callable[[Sequence[Thing]], Answer],
    bad: tuple[type[errors.Stash2PlexError], ...],
    rest: Callable[[Sequence[Thing], Answer], Sequence[Thing]] = lambda part, answer: (),
) -> Iterator[tuple[Sequence[Thing], "Answer | errors.Stash2PlexError"]]:
    """Yields, in order, each part with its answer, and a single thing with the `bad` error that
    `ask` raised for it. `rest` returns what an answer left out of its part: that is asked next."""
    left = [*reversed(parts)]
    while left:
        part = left.pop()
        try:
            answer = ask(part)
        except bad as error:
            if half := len(part) // 2:
                left += [part[half:], part[:half]]
            else:
                yield part, error
            continue
        yield part, answer
        if more := rest(part, answer):
            left.append(more)

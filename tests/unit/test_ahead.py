"""A page ahead: the same pages in the same order, and their errors where they belong."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from net.ahead import ahead, fetched


def test_all_pages_come_in_order():
    assert list(ahead(iter([[1], [2], [3]]))) == [[1], [2], [3]]
    assert list(ahead(iter([]))) == []


def test_the_next_page_is_fetched_while_one_is_worked_on():
    begun = threading.Event()

    def pages() -> Iterator[int]:
        yield 1
        begun.set()
        yield 2

    coming = ahead(pages())
    assert next(coming) == 1
    assert begun.wait(10)
    assert list(coming) == [2]


def test_an_error_is_raised_where_its_page_is_due():
    def pages() -> Iterator[int]:
        yield 1
        raise ValueError("torn")

    coming = ahead(pages())
    assert next(coming) == 1
    with pytest.raises(ValueError, match="torn"):
        next(coming)


def test_whoever_stops_in_the_middle_leaves_no_thread_behind():
    before = threading.active_count()
    coming = ahead(iter([1, 2, 3]))
    next(coming)
    coming.close()  # type: ignore[attr-defined]
    assert threading.active_count() == before


def test_what_is_asked_is_fetched_one_ahead_and_in_order():
    asked: list[int] = []
    second = threading.Event()

    def ask() -> Iterator[int]:
        for number in (1, 2, 3):
            asked.append(number)
            yield number

    def fetch(number: int) -> int:
        if number == 2:
            second.set()
        return number * 10

    coming = fetched(ask(), fetch)
    first, got = next(coming)
    assert second.wait(10), "fetched while the first is worked on"
    assert (first, got(), asked) == (1, 10, [1, 2])
    assert [(one, give()) for one, give in coming] == [(2, 20), (3, 30)]
    assert list(fetched([], fetch)) == []


def test_what_cannot_be_fetched_is_told_when_it_is_due_and_ends_nothing():
    coming = fetched([1, 0, 2], lambda number: 6 // number)
    assert next(coming)[1]() == 6
    with pytest.raises(ZeroDivisionError):
        next(coming)[1]()
    assert next(coming)[1]() == 3

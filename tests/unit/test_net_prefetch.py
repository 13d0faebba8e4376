"""What a second thread reads ahead: in order, and its errors where they belong."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from net.prefetch import ReaderThread, fetch_ahead, read_ahead


def test_calls_run_one_by_one_in_another_thread() -> None:
    reader, seen = ReaderThread(), []
    calls = [reader.submit(lambda n=n: seen.append(n) or threading.get_ident()) for n in range(20)]
    idents = {call.result(10) for call in calls}
    assert seen == list(range(20))
    assert len(idents) == 1 and threading.get_ident() not in idents
    reader.close()


def test_an_error_is_raised_where_its_call_is_awaited() -> None:
    reader = ReaderThread()
    bad, good = reader.submit(lambda: 1 // 0), reader.submit(lambda: 7)
    assert good.result(10) == 7
    with pytest.raises(ZeroDivisionError):
        bad.result(10)
    reader.close()


def test_nobody_waits_for_it_at_the_end() -> None:
    reader, gate = ReaderThread(), threading.Event()
    waiting = reader.submit(lambda: gate.wait(60))
    reader.close()
    assert all(one.daemon for one in threading.enumerate() if one.name == "reader")
    gate.set()
    assert waiting.result(10) is True


def test_all_pages_come_in_order():
    assert list(read_ahead(iter([[1], [2], [3]]))) == [[1], [2], [3]]
    assert list(read_ahead(iter([]))) == []


def test_the_next_page_is_fetched_while_one_is_worked_on():
    begun = threading.Event()

    def pages() -> Iterator[int]:
        yield 1
        begun.set()
        yield 2

    coming = read_ahead(pages())
    assert next(coming) == 1
    assert begun.wait(10)
    assert list(coming) == [2]


def test_an_error_is_raised_where_its_page_is_due():
    def pages() -> Iterator[int]:
        yield 1
        raise ValueError("torn")

    coming = read_ahead(pages())
    assert next(coming) == 1
    with pytest.raises(ValueError, match="torn"):
        next(coming)


def test_whoever_stops_in_the_middle_leaves_no_thread_behind():
    before = threading.active_count()
    coming = read_ahead(iter([1, 2, 3]))
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

    coming = fetch_ahead(ask(), fetch)
    first, got = next(coming)
    assert second.wait(10), "fetched while the first is worked on"
    assert (first, got(), asked) == (1, 10, [1, 2])
    assert [(one, give()) for one, give in coming] == [(2, 20), (3, 30)]
    assert list(fetch_ahead([], fetch)) == []


def test_a_failed_read_ahead_is_raised_in_its_turn():
    coming = fetch_ahead([1, 0, 2], lambda number: 6 // number)
    assert next(coming)[1]() == 6
    with pytest.raises(ZeroDivisionError):
        next(coming)[1]()
    assert next(coming)[1]() == 3

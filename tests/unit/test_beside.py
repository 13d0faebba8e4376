"""The thread beside: what it is given in turn, and what becomes of it."""

from __future__ import annotations

import threading

import pytest

from net.beside import Beside


def test_it_does_what_it_is_given_one_after_the_other_in_a_thread_of_its_own() -> None:
    beside, seen = Beside(), []
    calls = [beside(lambda n=n: seen.append(n) or threading.get_ident()) for n in range(20)]
    idents = {call.result(10) for call in calls}
    assert seen == list(range(20))
    assert len(idents) == 1 and threading.get_ident() not in idents
    beside.close()


def test_what_a_call_raises_is_raised_where_it_is_waited_for_and_the_next_is_done() -> None:
    beside = Beside()
    bad, good = beside(lambda: 1 // 0), beside(lambda: 7)
    assert good.result(10) == 7
    with pytest.raises(ZeroDivisionError):
        bad.result(10)
    beside.close()


def test_nobody_waits_for_it_at_the_end() -> None:
    beside, gate = Beside(), threading.Event()
    waiting = beside(lambda: gate.wait(60))
    beside.close()
    assert all(one.daemon for one in threading.enumerate() if one.name == "beside")
    gate.set()
    assert waiting.result(10) is True

"""What is asked again after a fault, how often, and how long after."""

from __future__ import annotations

import pytest

import errors
from errors import PLEX
from net.retry import (
    LONGEST,
    PAUSES,
    question_chances,
    quick_question_chances,
    retry,
    write_chances,
)


class Asked:
    """Fails with each of `faults`, then answers; notes the pauses."""

    def __init__(self, *faults: errors.Stash2PlexError) -> None:
        self.faults, self.times, self.pauses = list(faults), 0, []  # type: ignore[var-annotated]

    def __call__(self) -> str:
        self.times += 1
        if self.faults:
            raise self.faults.pop(0)
        return "answer"

    def again(self, chances=question_chances) -> str:
        return retry(self, chances, self.pauses.append)


def busy(after: float = 0.0) -> errors.Busy:
    error = errors.Busy("Plex answered 500").of(PLEX)
    error.after = after
    return error


def test_a_passing_fault_is_got_over_with_growing_pauses() -> None:
    asked = Asked(busy(), errors.Lost("reset").of(PLEX))
    assert asked.again() == "answer"
    assert asked.pauses == list(PAUSES) and sorted(PAUSES) == asked.pauses


def test_after_the_last_chance_the_error_goes_on() -> None:
    asked = Asked(busy(), busy(), busy())
    with pytest.raises(errors.Busy):
        asked.again()
    assert asked.times == 3


@pytest.mark.parametrize(
    ("error", "question", "quick", "write"),
    [
        (errors.Busy("500").of(PLEX), 2, 2, 1),
        (errors.Busy("not XML").of(PLEX, "unreadable"), 2, 2, 0),
        (errors.Unreachable("503").of(PLEX, "starting"), 2, 2, 1),
        (errors.Unreachable("502").of(PLEX, "gateway"), 2, 2, 0),
        (errors.Lost("reset").of(PLEX), 2, 2, 0),
        (errors.Lost("502").of(PLEX, "gateway"), 2, 2, 0),
        (errors.Lost("slow").of(PLEX, "timeout"), 1, 0, 0),
        (errors.Unreachable("no connection in time").of(PLEX, "timeout"), 0, 0, 0),
        (errors.Unreachable("refused").of(PLEX, "refused"), 0, 0, 0),
        (errors.Unreachable("no such name").of(PLEX, "dns"), 0, 0, 0),
        (errors.Unreachable("certificate").of(PLEX, "tls"), 0, 0, 0),
        (errors.Refused("401").of(PLEX), 0, 0, 0),
        (errors.Gone("404").of(PLEX), 0, 0, 0),
        (errors.Rejected("400").of(PLEX), 0, 0, 0),
        (errors.SetupError("no library").of(PLEX, "library"), 0, 0, 0),
        (errors.LibraryEmpty("nothing there").of(PLEX), 0, 0, 0),
    ],
    ids=str,
)
def test_how_many_chances_each_error_has(error, question, quick, write) -> None:
    """A write is sent again without a look only if it was turned away for the moment."""
    assert (question_chances(error), quick_question_chances(error), write_chances(error)) == (
        question, quick, write,
    )  # fmt: skip
    assert error.cause in (*errors.CAUSES, "")


def test_a_server_that_asks_for_a_moment_gets_it() -> None:
    asked = Asked(busy(2.0), busy(0.0))
    asked.again()
    assert asked.pauses == [2.0, PAUSES[1]]


def test_a_server_that_asks_for_long_is_left_to_the_queue() -> None:
    asked = Asked(busy(LONGEST + 1))
    with pytest.raises(errors.Busy):
        asked.again()
    assert asked.times == 1 and asked.pauses == []


def test_what_is_no_error_of_a_server_is_none_of_its_business() -> None:
    with pytest.raises(KeyError):
        retry(lambda: {}["x"], question_chances, lambda seconds: None)

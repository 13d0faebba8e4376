"""Asking again: what met a passing fault is asked once or twice more, after a short pause. A question
whose answer breaks off each time is told from a server that is away."""

import time
from collections.abc import Callable
from typing import TypeVar

import errors

PAUSES = (0.2, 0.6)  # seconds
# Whoever asks for more patience than that (Retry-After) gets it from the queue.
LONGEST = 3.0
# Faults of a moment; a server that is down, or that does not want us, stays that way.
PASSING = frozenset(("starting", "gateway", "unreadable", "lost", "busy"))

Answer = TypeVar("Answer")
Chances = Callable[[errors.Stash2PlexError], int]


def again(
    ask: Callable[[], Answer], chances: Chances, sleep: Callable[[float], None] = time.sleep
) -> Answer:
    """The answer of `ask`, which is called again as often as its error is given `chances`."""
    tried = 0
    while True:
        try:
            return ask()
        except errors.Stash2PlexError as error:
            if tried >= min(chances(error), len(PAUSES)) or error.after > LONGEST:
                raise
            sleep(max(PAUSES[tried], error.after))
        tried += 1


def of_this_only(ask: Callable[[], Answer], is_up: Callable[[], object]) -> Answer:
    """The answer of `ask`, which only asks. If the connection breaks while the server answers `is_up`,
    asked once, the error is Busy: this part of the server is bad. Otherwise it stays Lost.

    A slow answer stays Lost as well: to ask around it would take too long.
    """
    try:
        return ask()
    except errors.Lost as lost:
        if lost.cause == "timeout" or not _answers(is_up):
            raise
        said = f"{lost.server} breaks off its answer to this, and answers other questions"
        raise errors.Busy(said).of(lost.server, lost.cause) from None


def _answers(is_up: Callable[[], object]) -> bool:
    try:
        is_up()
    except errors.Stash2PlexError:
        return False
    return True


def of_question(error: errors.Stash2PlexError) -> int:
    """What only asks may be asked again; a slow answer once, since it costs the most."""
    if error.cause == "timeout":
        return 1 if isinstance(error, errors.Lost) else 0
    return len(PAUSES) if error.cause in PASSING else 0


def of_quick_question(error: errors.Stash2PlexError) -> int:
    """The same where there is something better to do than to wait for a slow answer again."""
    return 0 if error.cause == "timeout" else of_question(error)


def of_one(error: errors.Stash2PlexError) -> int:
    """What is asked in another way if it fails."""
    return 0


def of_write(error: errors.Stash2PlexError) -> int:
    """A write that was turned away, so that it surely was not carried out."""
    turned_away = error.cause in ("starting", "busy") and not isinstance(error, errors.Lost)
    return 1 if turned_away else 0

"""Asks again, once or twice and after a short pause, when a request meets a passing fault.

Also tells a question that never gets its whole answer from a server that is away, and looks after a lost
answer whether the server has the write (`once`); and asks for many things, around a bad thing for fewer
(`by_halves`).
"""

from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

import errors

PAUSES = (0.2, 0.6)  # seconds
# The queue waits for a server that asks for more patience (Retry-After).
LONGEST = 3.0  # seconds
# Causes that may be over in a moment. A server that is down, or that refuses us, stays that way.
PASSING = frozenset(("starting", "gateway", "unreadable", "lost", "busy"))

Answer = TypeVar("Answer")
Thing = TypeVar("Thing")
Chances = Callable[[errors.Stash2PlexError], int]


def retry(ask: Callable[[], Answer], chances: Chances, sleep: Callable[[float], None]) -> Answer:
    """Returns the answer of `ask`. Calls it again as often as its error has `chances`."""
    tried = 0
    while True:
        try:
            return ask()
        except errors.Stash2PlexError as error:
            if tried >= min(chances(error), len(PAUSES)) or error.after > LONGEST:
                raise
            sleep(max(PAUSES[tried], error.after))
        tried += 1


def ask_part(
    ask: Callable[[], Answer],
    chances: Chances,
    sleep: Callable[[float], None],
    is_up: Callable[[], object],
) -> Answer:
    """Returns the answer of `ask`, which only reads, like `retry`. Raises Busy if no whole answer comes while
    the server answers `is_up`, asked once: then only this part is bad. Raises Lost otherwise."""
    try:
        return retry(ask, chances, sleep)
    except errors.Lost as lost:
        if not _answers(is_up):
            raise
        does = "is too slow with" if lost.cause == "timeout" else "breaks off"
        words = f"{lost.server} {does} its answer to this, but answers other questions"
        raise errors.Busy(words).of(lost.server, lost.cause) from None


def _answers(is_up: Callable[[], object]) -> bool:
    try:
        is_up()
    except errors.Stash2PlexError:
        return False
    return True


def question_chances(error: errors.Stash2PlexError) -> int:
    """Returns how often a question may be asked again; once after a slow answer, which costs most."""
    if error.cause == "timeout":
        return 1 if isinstance(error, errors.Lost) else 0
    return len(PAUSES) if error.cause in PASSING else 0


def quick_question_chances(error: errors.Stash2PlexError) -> int:
    """Like `question_chances`, but never after a slow answer: the caller has a better way than to wait
    for it again."""
    return 0 if error.cause == "timeout" else question_chances(error)


def no_chances(error: errors.Stash2PlexError) -> int:
    """Returns 0, for a caller that asks in another way after a failure."""
    return 0


def write_chances(error: errors.Stash2PlexError) -> int:
    """Returns 1 for a write that the server turned away, which was certainly not carried out."""
    turned_away = error.cause in ("starting", "busy") and not isinstance(error, errors.Lost)
    return 1 if turned_away else 0


Doubts = tuple[type[errors.Stash2PlexError], ...]


def once(
    send: Callable[[], None], is_done: Callable[[], bool], doubts: Doubts = (errors.Lost,)
) -> None:
    """Sends. After an error that is one of `doubts` asks `is_done`, and sends a second time if the write
    is missing. Raises Busy when the second answer is lost too, although Plex answers `is_done`: then this
    request is at fault, not the server. Raises the first error when `is_done` cannot tell."""
    try:
        return send()
    except doubts as doubt:
        if _looked(is_done, doubt):
            return None
    try:
        return send()
    except errors.Lost as lost:
        if _looked(is_done, lost):
            return None
        sentence = f"{lost.server} answers, but its answer to this change was lost twice"
        raise errors.Busy(sentence).of(lost.server, lost.cause) from None


def _looked(is_done: Callable[[], bool], doubt: errors.Stash2PlexError) -> bool:
    try:
        return is_done()
    except errors.Busy:
        raise doubt from None


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

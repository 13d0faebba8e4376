"""How fast Plex answers our edits; when it slows down, it is left alone for a while."""

import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from statistics import median

import errors

RECENT = 400  # edits by which the usual time is known
ENOUGH = 40  # edits before anything is known
LATEST = 20  # edits that are compared to them
TIMES, AT_LEAST = 3.0, 0.05  # so many times as slow, and so many seconds slower
LONGEST = 5.0  # seconds


def rest(latest: Sequence[float], usual: Sequence[float]) -> float:
    """Seconds to leave Plex alone: as many as the latest edits took longer than usual. Pure."""
    if not latest or len(usual) < ENOUGH:
        return 0.0
    now, before = median(latest), median(usual)
    if now < TIMES * before or now < before + AT_LEAST:
        return 0.0
    return min(LONGEST, (now - before) * len(latest))


class Tempo:
    """Of one process. `timer` gives seconds, from any start."""

    def __init__(self, timer: Callable[[], float] = time.perf_counter) -> None:
        self._timer = timer
        self._usual: deque[float] = deque(maxlen=RECENT)
        self._latest: list[float] = []
        self._asked = 0.0

    @contextmanager
    def edit(self) -> Iterator[None]:
        """Around one edit; of one that fails nothing is learnt but that Plex wants time."""
        began = self._timer()
        try:
            yield
        except errors.Busy as error:
            self._asked = min(LONGEST, max(error.after, self._asked))
            raise
        self._latest.append(self._timer() - began)

    def rest(self) -> float:
        """Seconds of rest that are due now. What was slow is a part of what is usual from then on,
        so a Plex that stays slow is not waited for again and again."""
        latest, self._latest = self._latest[-LATEST:], []
        seconds = max(rest(latest, self._usual), self._asked)
        self._asked = 0.0
        self._usual.extend(latest)
        return seconds

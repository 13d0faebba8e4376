"""The brake before writes that nobody picked one by one: it looks at what a sample would lose."""

import time
from array import array
from bisect import bisect_left
from collections.abc import Callable, Sequence
from itertools import pairwise

import errors
from app import drain_task
from app.commands.reconcile import engine
from app.run import Run
from stash import stdio
from sync_queue.drain import SAMPLE
from sync_queue.job import BULK, EDIT, FEW

PAUSES = (1.0, 4.0)  # seconds between the tries to take a sample


def rank(picked: int) -> int:
    """The rank of scenes that a person chose. A long list is not picked one by one."""
    return EDIT if picked <= FEW else BULK


class Brake:
    """The brake of one run. The drain that follows does not check again what has passed."""

    def __init__(self, run: Run, sleep: Callable[[float], None] = time.sleep) -> None:
        self._run, self._sleep = run, sleep
        self._passed: list[Sequence[int]] = []  # each sorted

    def look(self, ids: Sequence[int], freed: bool = False) -> None:
        """Check scenes before they are queued. Raises Braked if too many would lose something, or if no
        sample can be read. While Plex is away they pass, and the drain checks them."""
        if len(ids) <= FEW:
            return
        try:
            self._sample(spread(ids), len(ids), freed)
        except errors.Unreachable as error:
            if error.server == errors.STASH:
                raise
            stdio.info("Plex does not answer: the brake checks these scenes when it does")
        else:
            self.passed(ids)

    def passed(self, ids: Sequence[int]) -> None:
        """Note that these scenes were checked."""
        is_sorted = all(first < second for first, second in pairwise(ids))
        self._passed.append(ids if is_sorted else array("q", sorted(ids)))

    def check(self, sample: Sequence[int], count: int) -> None:
        """Check `count` scenes before the drain does them, by this sample. Raises Braked as `look`, and
        Unreachable while Plex is away."""
        new = [number for number in sample if not self._has_passed(number)]
        whole = count * len(new) // max(1, len(sample))
        if whole > FEW:
            self._sample(new, whole)

    def _has_passed(self, number: int) -> bool:
        places = ((some, bisect_left(some, number)) for some in self._passed)
        return any(at < len(some) and some[at] == number for some, at in places)

    def _sample(self, ids: Sequence[int], count: int, freed: bool = False) -> None:
        if self._run.config.brake_share >= 100:
            return
        for seconds in (*PAUSES, 0.0):
            try:
                engine(self._run).sample(ids, count / len(ids), freed)
                return
            except (errors.Busy, errors.Gone, errors.Rejected, errors.Unreachable) as error:
                if self._is_away(error):
                    raise
                if not seconds:
                    raise _no_sample(error) from None
            self._sleep(seconds)

    def _is_away(self, error: errors.Stash2PlexError) -> bool:
        """Whether the server does not answer a second request either."""
        if not isinstance(error, errors.Unreachable):
            return False
        away = error.server != errors.STASH and self._run.outages.is_away(self._run.asked)
        return away or not drain_task.is_up(self._run, error)


def spread(ids: Sequence[int], most: int = SAMPLE) -> Sequence[int]:
    """At most `most` of the ids, at even distances."""
    return ids[:: max(1, -(-len(ids) // most))]


def _no_sample(error: errors.Stash2PlexError) -> errors.Braked:
    return errors.Braked(
        "nothing was changed: the brake could not read a sample of the scenes to see what they would "
        f"lose in Plex ({error}). Try again when both servers answer; Check Setup says what is wrong. To "
        "go on without the brake, set “Brake, Share” to 100 for this run"
    )

"""The one brake before any writes that nobody picked one by one: what a sample of them would lose."""

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
    """That of so many scenes that a person chose: a long list is not picked one by one."""
    return EDIT if picked <= FEW else BULK


class Brake:
    """That of one run. What it has let pass is not looked at again by the drain that follows."""

    def __init__(self, run: Run, sleep: Callable[[float], None] = time.sleep) -> None:
        self._run, self._sleep = run, sleep
        self._passed: list[Sequence[int]] = []  # each in order

    def look(self, ids: Sequence[int], freed: bool = False) -> None:
        """Before these scenes are owed. Braked if too many of them would lose something, or if that
        cannot be told; if Plex is away they are owed, and the drain has the look."""
        if len(ids) <= FEW:
            return
        try:
            self._sample(spread(ids), len(ids), freed)
        except errors.Unreachable as error:
            if error.server == errors.STASH:
                raise
            stdio.info("Plex does not answer: what this would take away is looked at when it does")
        else:
            self.passed(ids)

    def passed(self, ids: Sequence[int]) -> None:
        """These were looked at."""
        in_order = all(one < other for one, other in pairwise(ids))
        self._passed.append(ids if in_order else array("q", sorted(ids)))

    def check(self, sample: Sequence[int], count: int) -> None:
        """Before the drain does so many scenes, of which this is a sample; as `look`, and Unreachable
        while Plex is away."""
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
        """Whether the server, asked once more, does not answer at all."""
        if not isinstance(error, errors.Unreachable):
            return False
        away = error.server != errors.STASH and self._run.outages.is_away(self._run.asked)
        return away or not drain_task.is_up(self._run, error)


def spread(ids: Sequence[int], most: int = SAMPLE) -> Sequence[int]:
    """At most so many of them, at even distances."""
    return ids[:: max(1, -(-len(ids) // most))]


def _no_sample(error: errors.Stash2PlexError) -> errors.Braked:
    return errors.Braked(
        "nothing is changed, since it cannot be told what many scenes would lose in Plex: a sample of "
        f"them cannot be read ({error}). Try again when both servers answer; Check Setup says what "
        "is wrong. To go on without a look, set brake_share to 100 until it is done"
    )

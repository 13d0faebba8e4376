"""How far a task is: a fraction that never goes back, and n of m of the work in hand."""

from collections.abc import Callable
from typing import NamedTuple

from app import pace

REST = 0.5  # seconds between two reports
MUCH = 0.01  # the difference of the fraction that causes a report at once
READ, LIST, SAMPLE, COMPARE = "read", "list", "sample", "compare"
SYNC, PREVIEW, UNDO, INSTALL = "sync", "preview", "undo", "install"
# How far a task is at the end of each kind of work. A kind begins where the task is then.
ENDS = {
    INSTALL: 0.2, READ: 0.01, LIST: 0.04, SAMPLE: 0.06, COMPARE: 0.9, PREVIEW: 1.0, SYNC: 1.0, UNDO: 1.0,
}  # fmt: skip


class Step(NamedTuple):
    """Where a task is. `fraction` is of the whole task, 0..1. `phase` is the work in hand ('' if it is not
    counted): `done` of `total`, `later` put off, `title` of the thing in hand, `pace` things a minute and
    `left` seconds (None: not known)."""

    fraction: float
    phase: str = ""
    done: int = 0
    later: int = 0
    total: int = 0
    title: str = ""
    pace: "float | None" = None
    left: "float | None" = None


class Progress:
    """Reports the steps of one process, at most one each `rest` seconds or percent."""

    def __init__(
        self,
        tell: Callable[[Step], None],
        clock: Callable[[], float],
        rest: float = REST,
        begun: float = 0.0,
    ) -> None:
        """`begun`: how far the task was before, 0..1."""
        self._tell, self._clock, self._rest = tell, clock, rest
        self._begun, self._start, self._end = begun, 0.0, 1.0
        self._step = self._told = Step(begun)
        self._from = begun, 0  # the fraction, and the number of things, from which the total counts
        self._pace = pace.begin(0, clock())
        self._told_at = -rest

    @property
    def step(self) -> Step:
        return self._step

    def between(self, start: float, end: float) -> None:
        """The progress 0..1 of the work that follows counts as this part (`start` to `end`) of the task's
        progress."""
        self._start, self._end = start, end

    def set(self, fraction: float) -> None:
        """Work that is not counted is so far, 0..1."""
        self._move(self._step._replace(fraction=self._whole(fraction)))

    def count(self, phase: str, done: int, total: int, later: int = 0) -> None:
        """`done` of `total` things of this kind of work need nothing more, and `later` are put off. Things
        that join raise `total`, and the fraction goes on from where it is."""
        before, total = self._step, max(total, done + later)
        if phase != before.phase:
            self._from = before.fraction, done + later
            self._pace = pace.begin(done + later, self._clock())
            before = before._replace(title="")
        elif total != before.total:
            self._from = before.fraction, before.done + before.later
        self._move(
            Step(self._counted(phase, done + later, total), phase, done, later, total, before.title)
        )

    def about(self, title: str) -> None:
        """The thing in hand."""
        self._move(self._step._replace(title=title))

    def _counted(self, phase: str, gone: int, total: int) -> float:
        start, first = self._from
        end = max(start, self._whole(ENDS[phase]))
        left = total - first
        return start + (end - start) * (max(0, gone - first) / left if left > 0 else 1.0)

    def _whole(self, fraction: float) -> float:
        part = self._start + (self._end - self._start) * min(1.0, max(0.0, fraction))
        return self._begun + (1.0 - self._begun) * part

    def _move(self, step: Step) -> None:
        step = step._replace(fraction=max(self._step.fraction, min(1.0, step.fraction)))
        self._step, now, told = step, self._clock(), self._told
        self._pace = pace.seen(self._pace, step.done + step.later, step.total, now)
        is_news = step.phase != told.phase or step.fraction - told.fraction >= MUCH
        is_end = step.fraction == 1.0 != told.fraction
        if is_news or is_end or abs(now - self._told_at) >= self._rest:
            self._told, self._told_at = step, now
            rate, left = pace.shown(self._pace) or (None, None)
            self._tell(step._replace(pace=rate, left=left))

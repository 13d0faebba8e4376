"""How fast a piece of work goes, and how long the rest of it takes: smoothed, and nothing before it is
sensible. Pure."""

from typing import NamedTuple

SETTLING = 4.0  # seconds before anything is shown
ENOUGH = 5  # things that are done by then
EVERY = 1.0  # seconds between two looks at the pace
SMOOTH = 20.0  # seconds whose pace counts
STEADY = 5.0  # seconds in which the time left follows a new pace


class Pace(NamedTuple):
    """`rate`: things a second. `left`: seconds. The other values are of the first and of the last look."""

    began: float
    begun: int
    at: float
    done: int
    rate: float = 0.0
    left: "float | None" = None


def begin(done: int, now: float) -> Pace:
    return Pace(now, done, now, done)


def seen(pace: Pace, done: int, total: int, now: float) -> Pace:
    """The pace after a look: `done` of `total` at this time (seconds). Begins anew if the clock was set
    back."""
    passed = now - pace.at
    if passed < 0:
        return begin(done, now)
    if passed < EVERY:
        return pace
    # At first the mean of all, later of about the last SMOOTH seconds.
    weight = max(passed / (now - pace.began), passed / (SMOOTH + passed))
    rate = pace.rate + weight * (max(0, done - pace.done) / passed - pace.rate)
    left = (total - done) / rate if rate > 0 else None
    if left is not None and pace.left is not None:
        expected = max(0.0, pace.left - passed)
        left = expected + (left - expected) * passed / (STEADY + passed)
    return Pace(pace.began, pace.begun, now, done, rate, left)


def shown(pace: Pace) -> "tuple[float, float | None] | None":
    """Things a minute, and the seconds left (None if nothing moves). None while it is too early."""
    if pace.at - pace.began < SETTLING or pace.done - pace.begun < ENOUGH:
        return None
    return pace.rate * 60, pace.left

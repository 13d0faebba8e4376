"""The circuit breaker for Plex: closed, open while Plex is away, half open while it speeds up again. Pure.

Also the statistics of past outages: how often, for how long, and how many jobs waited.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

from sync_queue.schema import CLOSED, HALF_OPEN, OPEN, REFUSALS

# Seconds between two probes of a server that is away. A person can put a token or a library right in a
# minute, but a server may be down for a night.
FIRST_LOOK, LONGEST_LOOK, LONGEST_MENDABLE = 10.0, 300.0, 60.0
MENDABLE = ("token", "library", "tls", "dns")
# After an outage: (jobs of the batch, seconds of rest before it), then full speed.
RAMP = ((1, 1.0), (2, 0.5), (5, 0.5), (10, 0.25))
KEPT = 100  # outages in the history


@dataclass(frozen=True)
class Circuit:
    """Times are epoch seconds, 0 for none; `held` is the most jobs that waited for Plex."""

    state: str = CLOSED
    since: float = 0.0
    cause: str = ""
    words: str = ""
    looks: int = 0
    next_look: float = 0.0
    back: float = 0.0  # when Plex answered again
    step: int = 0  # batches since Plex answered again
    held: int = 0


@dataclass(frozen=True)
class Outage:
    """An outage that is over: from the first failed request to the first answered one."""

    start: float
    end: float
    cause: str
    held: int

    @property
    def lasted(self) -> float:
        return max(0.0, self.end - self.start)


@dataclass(frozen=True)
class Figures:
    """Statistics. `repair` and `between` are means in seconds or None; `availability` is 0..1."""

    outages: int
    down: float
    repair: "float | None"
    between: "float | None"
    availability: float


class Pace:
    """How fast a server gets its work: at full speed, unless it was away (`Outages`)."""

    def pace(self) -> "tuple[int, float] | None":
        """(jobs of the next batch, seconds of rest before it); None for full speed."""
        return None

    def went_well(self) -> None:
        """A batch succeeded."""


def tripped(circuit: Circuit, cause: str, words: str, held: int, now: float) -> Circuit:
    """Plex failed as a whole: the circuit opens, or its next probe is later than the last."""
    goes_on = circuit.state != CLOSED and is_refusal(circuit) == (cause in REFUSALS)
    began = circuit if goes_on else Circuit(since=now)
    looks = began.looks + goes_on
    return replace(
        began, state=OPEN, cause=cause, words=words, looks=looks, back=0.0, step=0,
        next_look=now + pause(looks, cause), held=max(began.held, held),
    )  # fmt: skip


def is_refusal(circuit: Circuit) -> bool:
    return circuit.state == OPEN and circuit.cause in REFUSALS


def is_outage(circuit: Circuit) -> bool:
    """Whether Plex is away, or was until just now."""
    return circuit.state != CLOSED and not is_refusal(circuit)


def pause(looks: int, cause: str) -> float:
    """Seconds until the next probe, after `looks` probes that failed."""
    longest = LONGEST_MENDABLE if cause in MENDABLE else LONGEST_LOOK
    return min(longest, FIRST_LOOK * 2.0 ** min(looks, 30))


def may_probe(circuit: Circuit, now: float) -> bool:
    """Whether Plex may be asked. A next probe beyond the longest pause means a clock that was set back."""
    away = circuit.next_look - now
    return circuit.state != OPEN or not 0 < away <= LONGEST_LOOK


def answered(circuit: Circuit, now: float) -> Circuit:
    """Plex answers again: it gets its work slowly, unless it had only refused the token."""
    if is_refusal(circuit):
        return Circuit()
    if circuit.state != OPEN:
        return circuit
    return replace(circuit, state=HALF_OPEN, back=now, step=0)


def went_well(circuit: Circuit) -> Circuit:
    """Another batch succeeded since Plex came back."""
    return replace(circuit, step=circuit.step + 1) if circuit.state == HALF_OPEN else circuit


def is_recovered(circuit: Circuit) -> bool:
    return circuit.state == HALF_OPEN and circuit.step >= len(RAMP)


def ended(circuit: Circuit) -> Outage:
    """The outage before a half open circuit."""
    return Outage(circuit.since, circuit.back, circuit.cause, circuit.held)


def pace(circuit: Circuit) -> "tuple[int, float] | None":
    """(jobs of the next batch, seconds of rest before it), None for full speed."""
    if circuit.state == OPEN:
        return 1, 0.0  # a single job shows whether Plex is back
    if circuit.state != HALF_OPEN or circuit.step >= len(RAMP):
        return None
    return RAMP[circuit.step]


def figures(history: Sequence[Outage], circuit: Circuit, first: float, now: float) -> Figures:
    """The statistics since `first`, the first request. An outage that is not over counts, too. A mean
    needs at least two outages, else it is None."""
    lasts = is_outage(circuit)
    running = max(0.0, (circuit.back or now) - circuit.since) if lasts else 0.0
    over, several = sum(outage.lasted for outage in history), len(history) > 1
    down, count = over + running, len(history) + lasts
    watched = max(0.0, now - first) if first else 0.0
    return Figures(
        outages=count,
        down=down,
        repair=over / len(history) if several else None,
        between=max(0.0, watched - down) / count if count > 1 and watched else None,
        availability=min(1.0, max(0.0, 1 - down / watched)) if watched else 1.0,
    )


# -- from JSON; a missing value, or a value of the wrong type, becomes the default


def from_map(data: Any) -> Circuit:
    known = _usable(Circuit(), data)
    return replace(Circuit(), **known) if known.get("state") in (OPEN, HALF_OPEN) else Circuit()


def outage_from_map(data: Any) -> "Outage | None":
    known = _usable(Outage(0.0, 0.0, "", 0), data)
    if not {"start", "end"} <= known.keys():
        return None
    return replace(Outage(0.0, 0.0, "", 0), **known)


def _usable(default: Any, data: Any) -> dict[str, Any]:
    given = data if isinstance(data, dict) else {}
    return {
        field.name: value
        for field in fields(default)
        if (value := _like(getattr(default, field.name), given.get(field.name))) is not None
    }


def _like(default: Any, value: Any) -> Any:
    """The value if it makes sense and has the type of the default, else None."""
    if isinstance(default, str):
        return value if isinstance(value, str) else None
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value < 3e10:
        return None
    return float(value) if isinstance(default, float) else int(value)

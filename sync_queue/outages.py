"""The circuit breaker shared by all processes: its state and history in one JSON file, and a mark for hooks.

The mark is the file `plex_away`; its time is that of the next probe. One `stat` shows a hook that a drain
could do nothing yet.
"""

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import errors
from disk import json_file
from disk.lock import FileLock
from sync_queue import circuit_breaker, inbox
from sync_queue.circuit_breaker import Circuit, Figures, Outage, Pace
from sync_queue.schema import CLOSED, HALF_OPEN, OPEN, OUTAGES, REFUSALS

LOCK = "outages.lock"
VERSION = 1


@dataclass
class _State:
    circuit: Circuit = field(default_factory=Circuit)
    history: list[Outage] = field(default_factory=list)
    first: float = 0.0  # the first request to Plex


class Outages(Pace):
    """The outages of Plex, stored in `data_dir`. `held` counts the jobs that wait for Plex. `notices`
    collects sentences about a file that could not be used."""

    def __init__(
        self,
        data_dir: "str | os.PathLike[str]",
        clock: Callable[[], float] = time.time,
        held: Callable[[], int] = lambda: 0,
        marks: "str | os.PathLike[str] | None" = None,
    ) -> None:
        """`marks` is the folder where hooks look for the mark, if it is not `data_dir`."""
        self._path, self._marks = Path(data_dir) / OUTAGES, os.fspath(marks or data_dir)
        self._clock, self._held = clock, held
        self._has_failed = False  # in this process; later failures are the same outage
        self.notices: list[str] = []

    @property
    def circuit(self) -> Circuit:
        return self._read().circuit

    def is_away(self, asked: bool = False) -> bool:
        """Whether Plex is away and its next probe is not due. A run that a person started (`asked`) probes
        in any case, but only once."""
        if self._has_failed:
            return True
        return not asked and self._is_resting(self.circuit)

    def _is_resting(self, circuit: Circuit) -> bool:
        return circuit.state == OPEN and not circuit_breaker.may_probe(circuit, self._clock())

    def admit(self, asked: bool = False) -> bool:
        """Whether Plex has to be probed first. Raises Unreachable while it is away."""
        circuit = self.circuit
        if self._has_failed or (not asked and self._is_resting(circuit)):
            raise errors.Unreachable(_away(circuit))
        return circuit.state == OPEN

    def trip(self, error: Exception) -> None:
        """Record an error that stops the drain. Errors that are not about Plex as a whole, and further
        errors in the same process, change nothing."""
        about_plex = isinstance(error, errors.Stash2PlexError) and error.server == errors.PLEX
        if not about_plex or self._has_failed:
            return
        self._has_failed = True
        now, held = self._clock(), self._held()
        with self._changing() as state:
            cause = getattr(error, "cause", "")
            if cause in REFUSALS and circuit_breaker.is_outage(state.circuit):
                self._end(state, state.circuit.back or now)  # a refusal is an answer
            words = str(error)[:300]
            state.circuit = circuit_breaker.tripped(state.circuit, cause, words, held, now)
            state.first = state.first or now
            self._mark(state.circuit.next_look)

    def answered(self) -> None:
        """Plex answered the first request."""
        # First of all: a mark that a kill leaves behind would keep the hooks from waking drains.
        self._unmark()
        state = self._read()
        if state.circuit.state != OPEN and state.first:
            return
        with self._changing() as state:
            state.first = state.first or self._clock()
            state.circuit = circuit_breaker.answered(state.circuit, self._clock())

    def dismiss(self) -> None:
        """End the outage without a trace: another server had not answered."""
        if self.circuit.state == OPEN:
            with self._changing() as state:
                state.circuit = Circuit()

    def pace(self) -> "tuple[int, float] | None":
        circuit = self.circuit
        return None if circuit.state == CLOSED else circuit_breaker.pace(circuit)

    def went_well(self) -> None:
        self._move(circuit_breaker.went_well)

    def settle(self) -> None:
        """Close a half open circuit: the queue is empty."""
        self._move(lambda circuit: circuit, over=True)

    def _move(self, step: Callable[[Circuit], Circuit], over: bool = False) -> None:
        if self.circuit.state != HALF_OPEN:
            return
        with self._changing() as state:
            state.circuit = step(state.circuit)
            is_over = over or circuit_breaker.is_recovered(state.circuit)
            if state.circuit.state == HALF_OPEN and is_over:
                self._end(state, state.circuit.back)

    def _end(self, state: _State, back: float) -> None:
        over = circuit_breaker.ended(replace(state.circuit, back=back))
        state.history = [*state.history, over][-circuit_breaker.KEPT :]
        state.circuit = Circuit()

    def report(self) -> tuple[Circuit, list[Outage], Figures, float]:
        """The circuit, past outages, their statistics, and the time of the first request."""
        state, now = self._read(), self._clock()
        summed = circuit_breaker.figures(state.history, state.circuit, state.first, now)
        return state.circuit, state.history, summed, state.first

    # -- the file and the mark

    def _read(self) -> _State:
        document, notice = json_file.read(self._path, VERSION, self._clock())
        if notice:
            self.notices.append(notice)
        return _state(document)

    @contextmanager
    def _changing(self) -> Iterator[_State]:
        """Read, change and write, with no other process in between."""
        with FileLock(self._path.with_name(LOCK)):
            state = self._read()
            yield state
            json_file.write(self._path, {"version": VERSION, **asdict(state)})

    def _mark(self, until: float) -> None:
        path = os.path.join(self._marks, inbox.AWAY)
        os.close(os.open(path, os.O_CREAT | os.O_WRONLY, 0o600))
        os.utime(path, (until, until))

    def _unmark(self) -> None:
        try:
            os.unlink(os.path.join(self._marks, inbox.AWAY))
        except OSError:  # only a hint, which expires
            pass


def _state(document: dict[str, Any]) -> _State:
    rows = document.get("history")
    known = [circuit_breaker.outage_from_map(row) for row in rows] if isinstance(rows, list) else []
    first, circuit = document.get("first"), document.get("circuit")
    is_closed = not isinstance(circuit, dict) or circuit.get("state") not in (OPEN, HALF_OPEN)
    return _State(
        Circuit() if is_closed else circuit_breaker.from_map(circuit),
        [outage for outage in known if outage],
        float(first) if isinstance(first, (int, float)) and 0 < first < 3e10 else 0.0,
    )


def _away(circuit: Circuit) -> str:
    times = circuit.since, circuit.next_look
    since, then = (time.strftime("%H:%M:%S", time.localtime(at)) for at in times)
    return f"{circuit.words.rstrip('.')} (since {since}, next try at {then})"

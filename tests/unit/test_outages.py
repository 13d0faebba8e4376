"""Outages over processes: each `Outages` is what one process knows."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

import errors
from sync_queue import circuit_breaker, inbox, schema
from sync_queue.outages import Outages
from sync_queue.schema import OUTAGES
from tests.torture.mortal import dies_at

ROOT = Path(__file__).resolve().parents[2]
NOW = 1_790_000_000.0
DOWN = errors.Unreachable("Plex does not answer").of(errors.PLEX)


class Clock:
    now = NOW

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def process(tmp_path: Path, clock: Clock, held: int = 0) -> Outages:
    return Outages(tmp_path, clock, lambda: held)


def admitted(outages: Outages, asked: bool = False) -> bool | None:
    """Whether Plex is looked at first; None when it is not to be asked at all."""
    try:
        return outages.admit(asked)
    except errors.Unreachable:
        return None


def test_while_plex_answers_nothing_is_in_the_way(tmp_path: Path, clock: Clock) -> None:
    outages = process(tmp_path, clock)
    assert admitted(outages) is False
    outages.answered()
    assert outages.pace() is None and outages.circuit.state == schema.CLOSED
    assert not (tmp_path / inbox.AWAY).exists()


def test_the_first_answer_is_when_watching_begins(tmp_path: Path, clock: Clock) -> None:
    process(tmp_path, clock).answered()
    written = (tmp_path / OUTAGES).stat().st_mtime_ns
    clock.now += 99
    process(tmp_path, clock).answered()
    assert process(tmp_path, clock).report()[3] == NOW
    assert (tmp_path / OUTAGES).stat().st_mtime_ns == written, "what is known is not written again"


def test_an_outage_keeps_all_processes_off_until_it_is_time_to_look(
    tmp_path: Path, clock: Clock
) -> None:
    process(tmp_path, clock, held=7).trip(DOWN)
    assert admitted(process(tmp_path, clock)) is None
    assert inbox.is_away(str(tmp_path), clock.now)
    clock.now += circuit_breaker.FIRST_LOOK
    assert admitted(process(tmp_path, clock)) is True
    assert not inbox.is_away(str(tmp_path), clock.now)
    present, *_ = process(tmp_path, clock).report()
    assert (present.since, present.held, present.words) == (NOW, 7, "Plex does not answer")


@pytest.mark.skipif(os.name == "nt", reason="kills a child process")
@pytest.mark.parametrize("killed", ["trip", "answered"])
def test_an_answer_of_plex_ends_its_outage_for_all(
    tmp_path: Path, clock: Clock, killed: str
) -> None:
    """A kill comes at each step of writing down that Plex is away, or that it is back."""
    for step in range(1, 99):
        (tmp_path / str(step)).mkdir()
        process(tmp_path / str(step), clock).answered()
        outages = process(tmp_path / str(step), clock)
        if killed == "answered":
            outages.trip(DOWN)
        act = (lambda o=outages: o.trip(DOWN)) if killed == "trip" else outages.answered
        if not dies_at(step, act, str(ROOT), tmp_path):
            assert step > 5, "there is something to kill"
            return
        process(tmp_path / str(step), clock).answered()
        assert not inbox.is_away(str(tmp_path / str(step)), clock.now), f"killed at step {step}"
        assert process(tmp_path / str(step), clock).circuit.state != schema.OPEN


def test_a_person_who_asks_is_let_through_but_once_a_process(tmp_path: Path, clock: Clock) -> None:
    process(tmp_path, clock).trip(DOWN)
    outages = process(tmp_path, clock)
    assert admitted(outages, asked=True) is True
    outages.trip(DOWN)
    assert admitted(outages, asked=True) is None and outages.is_away()


def test_one_process_counts_one_look_however_often_it_fails(tmp_path: Path, clock: Clock) -> None:
    process(tmp_path, clock).trip(DOWN)
    outages = process(tmp_path, clock)
    for _ in range(3):
        outages.trip(DOWN)
    assert outages.circuit.looks == 1


@pytest.mark.parametrize(
    "error",
    [
        errors.Unreachable("Stash").of(errors.STASH),
        errors.SetupError("no url"),
        OSError(28, "full"),
    ],
)
def test_what_is_not_about_plex_is_no_outage_of_it(
    tmp_path: Path, clock: Clock, error: Exception
) -> None:
    outages = process(tmp_path, clock)
    outages.trip(error)
    assert outages.circuit.state == schema.CLOSED and admitted(outages) is False


def test_after_it_plex_gets_its_work_slowly_and_the_outage_is_history(
    tmp_path: Path, clock: Clock
) -> None:
    process(tmp_path, clock, held=5).trip(DOWN)
    clock.now += 600
    process(tmp_path, clock).answered()
    assert not (tmp_path / inbox.AWAY).exists()
    for step in circuit_breaker.RAMP:
        clock.now += 1
        assert process(tmp_path, clock).pace() == step
        process(tmp_path, clock).went_well()
    present, (one,), summed, _ = process(tmp_path, clock).report()
    assert present.state == schema.CLOSED and process(tmp_path, clock).pace() is None
    assert (one.start, one.end, one.held) == (NOW, NOW + 600, 5) and summed.down == 600


def test_with_nothing_left_to_do_the_circuit_closes_at_once(tmp_path: Path, clock: Clock) -> None:
    process(tmp_path, clock).trip(DOWN)
    process(tmp_path, clock).answered()
    process(tmp_path, clock).settle()
    assert process(tmp_path, clock).circuit.state == schema.CLOSED
    assert len(process(tmp_path, clock).report()[1]) == 1


def test_a_server_that_falters_stays_in_its_outage(tmp_path: Path, clock: Clock) -> None:
    process(tmp_path, clock).trip(DOWN)
    process(tmp_path, clock).answered()
    clock.now += 30
    process(tmp_path, clock).trip(DOWN)
    present, history, *_ = process(tmp_path, clock).report()
    assert (present.state, present.since, history) == (schema.OPEN, NOW, [])


def test_the_history_is_bounded(tmp_path: Path, clock: Clock) -> None:
    for _ in range(circuit_breaker.KEPT + 5):
        process(tmp_path, clock).trip(DOWN)
        clock.now += 60
        process(tmp_path, clock).answered()
        process(tmp_path, clock).settle()
    history = process(tmp_path, clock).report()[1]
    assert len(history) == circuit_breaker.KEPT and history[0].start == NOW + 5 * 60


def test_what_of_the_file_makes_no_sense_is_left_out(tmp_path: Path, clock: Clock) -> None:
    odd = {"circuit": [], "history": [{"start": 1}, 5, {"start": 1.0, "end": 2.0}], "first": "x"}
    (tmp_path / OUTAGES).write_text(json.dumps(odd))
    present, history, _, first = process(tmp_path, clock).report()
    assert (present.state, len(history), first) == (schema.CLOSED, 1, 0.0)
    (tmp_path / OUTAGES).write_text(json.dumps({"history": None}))
    assert process(tmp_path, clock).report()[1] == []


REFUSED = errors.Refused("Plex does not accept the token").of(errors.PLEX)


def test_a_corrected_token_leaves_no_outage(tmp_path: Path, clock: Clock) -> None:
    process(tmp_path, clock, held=41).trip(REFUSED)
    assert inbox.is_away(str(tmp_path), clock.now)
    clock.now += 60
    process(tmp_path, clock).answered()
    outages = process(tmp_path, clock)
    assert outages.pace() is None and outages.circuit == circuit_breaker.Circuit()
    _, history, summed, _ = outages.report()
    assert (history, summed.outages, summed.down) == ([], 0, 0)


def test_an_outage_ends_when_plex_answers_that_it_refuses_the_token(
    tmp_path: Path, clock: Clock
) -> None:
    process(tmp_path, clock).trip(DOWN)
    clock.now += 60
    process(tmp_path, clock).trip(REFUSED)
    clock.now += 3600
    process(tmp_path, clock).answered()
    _, (one,), summed, _ = process(tmp_path, clock).report()
    assert (one.lasted, summed.down) == (60, 60)

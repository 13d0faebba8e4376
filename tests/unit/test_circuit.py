"""The circuit as a table of what happens to it, and what its history comes to."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import pytest

from sync_queue import circuit_breaker
from sync_queue.circuit_breaker import Circuit, Outage
from sync_queue.schema import CLOSED, HALF_OPEN, OPEN

NOW = 1_790_000_000.0


def opened(looks: int = 0, **fields: Any) -> Circuit:
    usual = {"state": OPEN, "since": NOW - 100, "looks": looks, "next_look": NOW + 5, "held": 3}
    return Circuit(**{**usual, **fields})


def half(step: int = 0) -> Circuit:
    return Circuit(state=HALF_OPEN, since=NOW - 100, back=NOW - 10, step=step, looks=2, held=3)


def trip(found: Circuit, cause: str = "refused", held: int = 0) -> Circuit:
    return circuit_breaker.tripped(found, cause, "Plex does not answer", held, NOW)


def test_the_first_failure_begins_an_outage() -> None:
    found = trip(Circuit(), held=7)
    assert (found.state, found.since, found.held, found.looks) == (OPEN, NOW, 7, 0)
    assert found.next_look == NOW + circuit_breaker.FIRST_LOOK


@pytest.mark.parametrize("found", [opened(), half()], ids=["open", "half open"])
def test_a_failure_during_it_is_the_same_outage(found: Circuit) -> None:
    again = trip(found, held=9)
    assert (again.state, again.since, again.held, again.back) == (OPEN, NOW - 100, 9, 0.0)
    assert again.looks == found.looks + 1
    assert trip(found, held=1).held == 3


def test_looks_come_ever_later_up_to_a_limit() -> None:
    steps = [circuit_breaker.pause(looks, "refused") for looks in range(8)]
    assert steps == [10, 20, 40, 80, 160, 300, 300, 300]
    assert circuit_breaker.pause(10**6, "refused") == 300


@pytest.mark.parametrize("cause", circuit_breaker.MENDABLE)
def test_what_a_person_puts_right_is_looked_at_within_a_minute(cause: str) -> None:
    assert [circuit_breaker.pause(looks, cause) for looks in (0, 2, 3, 99)] == [10, 40, 60, 60]


@pytest.mark.parametrize(
    ("found", "now", "may"),
    [
        (Circuit(), NOW, True),
        (opened(), NOW, False),
        (opened(), NOW + 5, True),
        (opened(), NOW - 1000, True),  # the clock was set back
        (half(), NOW, True),
    ],
)
def test_when_plex_may_be_asked(found: Circuit, now: float, may: bool) -> None:
    assert circuit_breaker.may_probe(found, now) is may


def test_an_answer_half_opens_it_and_says_nothing_new_otherwise() -> None:
    found = circuit_breaker.answered(opened(), NOW)
    assert (found.state, found.back, found.step) == (HALF_OPEN, NOW, 0)
    assert circuit_breaker.answered(half(1), NOW) == half(1)
    assert circuit_breaker.answered(Circuit(), NOW) == Circuit()


def test_the_way_back_to_full_speed() -> None:
    found, paces = half(), []
    while not circuit_breaker.is_recovered(found):
        paces.append(circuit_breaker.pace(found))
        found = circuit_breaker.went_well(found)
    assert paces == list(circuit_breaker.RAMP) and circuit_breaker.pace(found) is None
    sizes, rests = (
        [size for size, _ in circuit_breaker.RAMP],
        [rest for _, rest in circuit_breaker.RAMP],
    )
    assert sizes == sorted(sizes) and rests == sorted(rests, reverse=True)
    assert circuit_breaker.pace(Circuit()) is None and circuit_breaker.pace(opened()) == (1, 0.0)
    assert circuit_breaker.went_well(Circuit()) == Circuit()


def test_what_is_over_lasted_until_plex_answered() -> None:
    one = circuit_breaker.ended(half())
    assert one == Outage(NOW - 100, NOW - 10, "", 3) and one.lasted == 90


def test_the_figures_of_two_outages_in_a_day() -> None:
    history = [
        Outage(NOW - 50_000, NOW - 49_400, "refused", 1),
        Outage(NOW - 900, NOW - 300, "", 2),
    ]
    found = circuit_breaker.figures(history, Circuit(), NOW - 86_400, NOW)
    assert (found.outages, found.down, found.repair) == (2, 1200, 600)
    assert found.between == pytest.approx((86_400 - 1200) / 2)
    assert found.availability == pytest.approx(1 - 1200 / 86_400)


def test_one_outage_is_no_mean_time() -> None:
    one = [Outage(NOW - 900, NOW - 300, "", 2)]
    found = circuit_breaker.figures(one, Circuit(), NOW - 86_400, NOW)
    assert (found.outages, found.down, found.repair, found.between) == (1, 600, None, None)


def test_a_refused_token_is_no_outage_and_is_over_at_once() -> None:
    refused = circuit_breaker.tripped(Circuit(), "token", "no", 41, NOW - 100)
    assert circuit_breaker.figures([], refused, NOW - 1000, NOW) == circuit_breaker.Figures(
        0, 0, None, None, 1.0
    )
    assert circuit_breaker.answered(refused, NOW) == Circuit()


def test_an_outage_after_a_refused_token_begins_when_plex_goes_away() -> None:
    refused = circuit_breaker.tripped(Circuit(), "token", "no", 41, NOW - 100)
    away = circuit_breaker.tripped(refused, "refused", "away", 1, NOW)
    assert (away.since, away.looks, away.held) == (NOW, 0, 1)


def test_a_lasting_outage_counts_up_to_now() -> None:
    found = circuit_breaker.figures([], opened(), NOW - 1000, NOW)
    assert (found.outages, found.down, found.repair) == (1, 100, None)
    assert found.availability == pytest.approx(0.9)
    assert circuit_breaker.figures([], half(), NOW - 1000, NOW).down == 90


def test_without_a_history_nothing_is_claimed() -> None:
    assert circuit_breaker.figures([], Circuit(), 0.0, NOW) == circuit_breaker.Figures(
        0, 0, None, None, 1.0
    )


@pytest.mark.parametrize("found", [Circuit(), opened(4, cause="token", words="w"), half(2)])
def test_json_and_back(found: Circuit) -> None:
    assert circuit_breaker.from_map(asdict(found)) == found


@pytest.mark.parametrize(
    "found",
    [None, [], "x", {}, {"state": "ajar"}, {"state": 7}, {"state": CLOSED, "since": 5.0}],
)
def test_what_makes_no_sense_is_a_closed_circuit(found: Any) -> None:
    assert circuit_breaker.from_map(found) == Circuit()


def test_a_field_that_makes_no_sense_has_its_default() -> None:
    odd = {"state": OPEN, "since": "now", "looks": True, "held": -1, "next_look": 1e99, "cause": 5}
    assert circuit_breaker.from_map(odd) == Circuit(state=OPEN)
    assert circuit_breaker.outage_from_map({"start": 1.0, "end": 2.0, "held": "many"}) == Outage(
        1, 2, "", 0
    )
    assert (
        circuit_breaker.outage_from_map({"start": 1.0}) is None
        and circuit_breaker.outage_from_map(5) is None
    )

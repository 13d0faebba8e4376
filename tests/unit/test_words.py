"""Numbers in sentences."""

from __future__ import annotations

import pytest

from app.phrasing import by_reason, lasting, many


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0, "0 s"),
        (-5, "0 s"),
        (0.4, "0 s"),
        (59, "59 s"),
        (60, "1 min"),
        (185, "3 min 5 s"),
        (3600, "1 h"),
        (3605, "1 h"),
        (7800, "2 h 10 min"),
        (4 * 86400 + 3 * 3600 + 59, "4 d 3 h"),
    ],
)
def test_a_duration_is_told_in_its_two_largest_units(seconds: float, said: str) -> None:
    assert lasting(seconds) == said


def test_one_and_many() -> None:
    assert [many(n, "gap") for n in (0, 1, 2)] == ["0 gaps", "1 gap", "2 gaps"]


def test_a_histogram_of_reasons() -> None:
    assert by_reason({"not organized": 9, "excluded by tag": 3}) == (
        "12 skipped (9 not organized, 3 excluded by tag)"
    )
    assert by_reason({}) == ""

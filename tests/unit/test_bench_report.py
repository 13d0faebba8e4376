"""The benchmarks say what they found in one shape, and it survives the way through a file."""

from __future__ import annotations

from pathlib import Path

import pytest
from report import Report, Result, Row, line


def test_a_row_misses_its_bar_only_above_it() -> None:
    assert [Row("r", ratio, 1.5).missed for ratio in (1.4, 1.5, 1.6)] == [False, False, True]
    assert not Row("nothing promised", 99.0).missed


def test_the_same_name_at_another_place_of_the_axis_is_another_row() -> None:
    assert Row("first", 1.0, x=1000).key != Row("first", 1.0, x=100_000).key
    assert Row("awake", 1.0).key == "awake"


def test_what_was_found_is_read_back_from_its_file_as_it_was(tmp_path: Path) -> None:
    report = Report("drain", "ms", tmp_path / "rows.json")
    report.add("one field", 1.12, 1.15, x=20, seconds=23.4)
    report.add("no bar", 3)
    report.end()
    assert Result.of_json((tmp_path / "rows.json").read_text()) == report.result


@pytest.mark.parametrize("ratio, code", [(1.1, 0), (1.2, 1)])
def test_a_missed_bar_fails_the_command(ratio: float, code: int) -> None:
    report = Report("drain")
    report.add("fine", 0.5, 1.0)
    report.add("one field", ratio, 1.15)
    assert report.end() == code


def test_a_printed_row_says_what_it_is_and_whether_it_missed() -> None:
    said = line(Row("first", 3.5, 3.0, 100_000, {"s_bare": 12.0}), "scenes")
    assert "100,000 scenes" in said and "12 s bare" in said and "MISSED" in said

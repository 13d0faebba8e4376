"""What is made of the results of the benchmarks: the verdict on a regression, the page, the plots."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

import performance
import pytest
import regress
import svg
from report import Result, Row

SVG = "{http://www.w3.org/2000/svg}"


def of(
    ratio: float, name: str = "first", x: float | None = 1000, bench: str = "reconcile"
) -> Result:
    return Result(bench, "scenes", [Row(name, ratio, 3.0, x, {"s": ratio, "s_bare": 1.0})])


def worse(then: Result, now: Result) -> bool:
    return bool(regress.worse([then], [now]))


# -- regressions


@pytest.mark.parametrize("ratio, is_worse", [(0.5, False), (2.6, False), (2.61, True)])
def test_more_than_1_3_times_the_recorded_ratio_is_a_regression(
    ratio: float, is_worse: bool
) -> None:
    assert worse(of(2.0), of(ratio)) == is_worse


def test_it_is_told_by_its_benchmark_its_row_and_both_ratios() -> None:
    (said,) = regress.worse([of(2.0)], [of(3.0)])
    assert said == "reconcile: first @ 1000: 3.00, which is 1.50 times the 2.00 recorded"


@pytest.mark.parametrize(
    "now", [of(9.0, name="again"), of(9.0, x=100), of(9.0, x=None), of(9.0, bench="drain")]
)
def test_what_was_not_recorded_is_no_regression_but_is_told(now: Result) -> None:
    assert not worse(of(1.0), now)
    assert regress.unknown([of(1.0)], [now]) == [f"{now.bench}: {now.rows[0].key}"]


def test_the_record_of_a_benchmark_that_was_not_run_stays(tmp_path: Path) -> None:
    file = tmp_path / "recorded.json"
    assert regress.recorded(file) == []
    regress.record([of(1.0), of(2.0, bench="drain")], file)
    regress.record([of(3.0)], file)
    assert regress.recorded(file) == [of(3.0), of(2.0, bench="drain")]


# -- plots


def drawn(picture: str, kind: str) -> list[ElementTree.Element]:
    return ElementTree.fromstring(picture).findall(SVG + kind)


def test_powers_of_ten_are_equally_wide_on_a_log_scale() -> None:
    scale = svg.Scale([1000, 100_000], 0, 200, log=True)
    assert [scale.at(x) for x in (1000, 10_000, 100_000)] == [0, 100, 200]
    assert scale.ticks() == [1000, 10_000, 100_000]


def test_a_scale_that_is_not_begins_at_nought_and_has_round_ticks() -> None:
    scale = svg.Scale([20, 80], 0, 80, log=False)
    assert [scale.at(x) for x in (0, 20, 80)] == [0, 20, 80]
    assert scale.ticks() == [0, 20, 40, 60, 80]


def test_values_of_one_size_have_a_scale_as_well() -> None:
    assert svg.Scale([1000], 0, 100, log=True).ticks() == [1000, 10_000]
    assert svg.Scale([0], 0, 100, log=False).at(0) == 0


def test_a_line_goes_through_all_points_of_its_series_and_is_named() -> None:
    picture = svg.lines(
        "t", "scenes", "s", {"a & b": [(1, 1), (10, 5)], "bare": [(1, 2)]}, log=True
    )
    assert [len(line.attrib["points"].split()) for line in drawn(picture, "polyline")] == [2, 1]
    assert "a & b" in [text.text for text in drawn(picture, "text")]


def test_a_bar_shows_its_value_and_its_promise() -> None:
    picture = svg.bars("t", "times", {"one, of two": (2.0, 4.0), "other": (4.0, None)})
    low, high = [float(rect.attrib["height"]) for rect in drawn(picture, "rect")]
    assert high == pytest.approx(2 * low, abs=0.2)
    strokes = [path for path in drawn(picture, "path") if "stroke-width" in path.attrib]
    assert len(strokes) == 1


# -- the page


def test_the_page_has_a_row_for_each_row_and_marks_what_missed() -> None:
    said = performance.page([of(1.5), of(4.0, bench="drain")], "2 cores")
    assert "| first | 1,000 | 1.50 | ≤ 3 | 1.5 s, 1 s bare |" in said
    assert "**4.00**, missed" in said and "on 2 cores" in said
    assert said.index("## Drain") < said.index("## Reconciliation")


def test_every_picture_of_the_page_is_drawn_and_every_drawing_is_shown() -> None:
    both = Result("reconcile", "scenes", [*of(1.0).rows, *of(2.0, x=10_000).rows])
    pictures = performance.plots([both])
    assert list(pictures) == ["reconcile-time.svg"]
    said = performance.page([both], "")
    assert [name for name in pictures if f"plots/{name}" in said] == list(pictures)
    assert said.count("![") == 1


def test_one_size_makes_no_plot() -> None:
    assert performance.plots([of(1.0)]) == {}

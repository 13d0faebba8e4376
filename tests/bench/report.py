"""What a benchmark found: rows that are printed as they come, judged by their bars, kept as JSON.

    report = Report("drain", axis="ms of latency", file=arguments.json)
    report.add("one field", ratio=1.1, bar=1.15, x=20, seconds=23.4, requests=2020)
    sys.exit(report.end())

`ratio` is always of a limit that was measured, or is known, in the same run; a bound that is no
time (requests, MB) is a row of its own whose limit is that bound, with 1 as its bar. The same
`name` at several `x` is one line in a plot. The keywords are the figures behind the ratio.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Row:
    """`bar`: the ratio may be at most that; None when nothing is promised."""

    name: str
    ratio: float
    bar: float | None = None
    x: float | None = None
    figures: dict[str, float] = field(default_factory=dict)

    @property
    def missed(self) -> bool:
        return self.bar is not None and self.ratio > self.bar

    @property
    def key(self) -> str:
        """Names the row in its benchmark."""
        return self.name if self.x is None else f"{self.name} @ {self.x:g}"


@dataclass(frozen=True)
class Result:
    """All rows of one benchmark; `axis` says what their `x` is."""

    bench: str
    axis: str = ""
    rows: list[Row] = field(default_factory=list)

    def as_json(self) -> str:
        return json.dumps(asdict(self), indent=1) + "\n"

    @staticmethod
    def of_json(text: str) -> Result:
        found = json.loads(text)
        return Result(found["bench"], found["axis"], [Row(**one) for one in found["rows"]])


class Report:
    """A benchmark at work: prints each row, and ends with the exit code and its file."""

    def __init__(self, bench: str, axis: str = "", file: Path | None = None) -> None:
        self.result = Result(bench, axis)
        self._file = file

    def add(
        self,
        name: str,
        ratio: float,
        bar: float | None = None,
        x: float | None = None,
        **figures: float,
    ) -> Row:
        row = Row(name, round(ratio, 4), bar, x, {k: round(v, 4) for k, v in figures.items()})
        self.result.rows.append(row)
        print(line(row, self.result.axis), flush=True)
        return row

    def end(self) -> int:
        """1 when a bar was missed."""
        if self._file:
            self._file.write_text(self.result.as_json(), encoding="utf-8")
        missed = [row.key for row in self.result.rows if row.missed]
        print(f"missed: {'; '.join(missed)}" if missed else "all bars met")
        return int(bool(missed))


def line(row: Row, axis: str = "") -> str:
    """A row of the printed table."""
    at = "" if row.x is None else f"{short(row.x)} {axis}"
    bar = "" if row.bar is None else f"<= {row.bar:g}"
    said = ", ".join(f"{short(value)} {name}" for name, value in row.figures.items())
    note = "  MISSED" if row.missed else ""
    return f"{at:>16} {row.name:34}{row.ratio:>8.2f} {bar:<9}{said}{note}".replace("_", " ")


def short(value: float) -> str:
    """A figure with as many digits as a person reads."""
    if value == int(value) or abs(value) >= 1000:
        return f"{value:,.0f}"
    return f"{value:.3g}" if abs(value) < 10 else f"{value:.1f}"


def parser(document: str | None, **more: Any) -> argparse.ArgumentParser:
    """Of a benchmark: its document as help, and where the rows go."""
    made = argparse.ArgumentParser(
        description=document, formatter_class=argparse.RawDescriptionHelpFormatter, **more
    )
    made.add_argument("--json", type=Path, metavar="FILE", help="where the rows are kept")
    return made

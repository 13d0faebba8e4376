"""Which rows have become worse than they were recorded. Pure but for `recorded` and `record`."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from report import Result, Row

FILE = Path(__file__).with_name("recorded.json")
WORSE = 1.3  # times the recorded ratio


def worse(before: Sequence[Result], now: Sequence[Result]) -> list[str]:
    """A sentence for each row whose ratio is more than 1.3 times the recorded one. What was not
    recorded, or not measured, is no regression."""
    known = {(one.bench, row.key): row for one in before for row in one.rows}
    pairs = [
        (one.bench, row, known[one.bench, row.key])
        for one in now
        for row in one.rows
        if (one.bench, row.key) in known
    ]
    return [_said(bench, row, then) for bench, row, then in pairs if is_worse(then, row)]


def is_worse(then: Row, now: Row) -> bool:
    return now.ratio > WORSE * then.ratio


def _said(bench: str, now: Row, then: Row) -> str:
    times = now.ratio / then.ratio if then.ratio else float("inf")
    return f"{bench}: {now.key}: {now.ratio:.2f}, which is {times:.2f} times the {then.ratio:.2f} recorded"


def unknown(before: Sequence[Result], now: Sequence[Result]) -> list[str]:
    """What was measured and has no record yet."""
    known = {(one.bench, row.key) for one in before for row in one.rows}
    return [
        f"{one.bench}: {row.key}"
        for one in now
        for row in one.rows
        if (one.bench, row.key) not in known
    ]


def recorded(file: Path = FILE) -> list[Result]:
    if not file.exists():
        return []
    found = json.loads(file.read_text(encoding="utf-8"))
    return [Result.of_json(json.dumps(one)) for one in found["results"]]


def record(results: Sequence[Result], file: Path = FILE) -> None:
    """Keep these; of a benchmark that is not among them the earlier ones stay."""
    fresh = {one.bench: one for one in results}
    kept = {one.bench: one for one in recorded(file)} | fresh
    said = {"machine": machine(), "results": [asdict(one) for one in kept.values()]}
    file.write_text(json.dumps(said, indent=1) + "\n", encoding="utf-8")


def machine() -> dict[str, str]:
    """Where it was measured; the ratios are comparable elsewhere, the figures are not."""
    return {
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.machine()}",
        "cores": str(os.cpu_count()),
    }

"""All benchmarks: prints their tables, writes docs/performance.md, its plots and the record.

    make bench          everything, about 15 minutes on 2 cores (ARGS='hook drain' only these)
    make bench-check    the same without writing: fails when a ratio is 1.3 times the recorded one

What is left of the time bounds each benchmark: one that is cut off keeps its earlier record. Exits
with 1 when a bar was missed or, with --check, when something has become worse.
"""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import performance
import regress
from report import Result
from rig import ROOT

HERE = Path(__file__).resolve().parent
# In this order; with what each is given.
PLAN: dict[str, tuple[str, ...]] = {
    "hook": (),
    "startup": (),
    "page": (),
    "drain": (),
    "edits": (),
    "scale": ("10000", "100000"),
    "memory": (),
    "reconcile": ("1000", "10000", "100000", "--unsynced"),
}
MINUTES = 18.0


def run(name: str, arguments: Sequence[str], seconds: float) -> tuple[Result | None, bool]:
    """What a benchmark found, if it came to an end in time; and whether all of its bars were met."""
    print(f"\n== {name} {' '.join(arguments)}", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        rows = Path(folder) / "rows.json"
        command = [sys.executable, str(HERE / f"{name}.py"), *arguments, "--json", str(rows)]
        began, code = time.monotonic(), within(command, max(1.0, seconds))
        if code is None:
            print(f"{name} is cut off: the time is up")
            return None, False
        print(f"({time.monotonic() - began:.0f} s)")
        if not rows.exists():
            return None, False
        return Result.of_json(rows.read_text(encoding="utf-8")), code == 0


def within(command: Sequence[str], seconds: float) -> int | None:
    """The exit code; None if it had to be ended, with all that it has started."""
    process = subprocess.Popen(command, cwd=ROOT, start_new_session=True)
    try:
        return process.wait(timeout=seconds)
    except BaseException as error:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait()
        if isinstance(error, subprocess.TimeoutExpired):
            return None
        raise


def write(results: Sequence[Result]) -> None:
    """The page, its plots and the record; what was not measured now as it was recorded."""
    regress.record(results)
    kept = regress.recorded()
    machine = regress.machine()
    said = f"{machine['cores']} cores, {machine['system']}, Python {machine['python']}"
    docs = ROOT / "docs"
    (docs / performance.PLOTS).mkdir(exist_ok=True)
    (docs / "performance.md").write_text(performance.page(kept, said), encoding="utf-8")
    for name, picture in performance.plots(kept).items():
        (docs / performance.PLOTS / name).write_text(picture, encoding="utf-8")


def judged(results: Sequence[Result]) -> bool:
    """Whether nothing has become worse than recorded; says what has."""
    before = regress.recorded()
    for one in regress.unknown(before, results):
        print(f"not recorded yet: {one}")
    found = regress.worse(before, results)
    print("\n".join(f"worse: {one}" for one in found) or "nothing has become worse")
    return not found


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("benches", nargs="*", default=list(PLAN), metavar="BENCH")
    parser.add_argument(
        "--check", action="store_true", help="compare with the record, write nothing"
    )
    parser.add_argument("--minutes", type=float, default=MINUTES, help="when to cut off")
    given = parser.parse_args()
    end, results, fine = time.monotonic() + given.minutes * 60, [], True
    for name in given.benches:
        found, met = run(name, PLAN.get(name, ()), end - time.monotonic())
        results += [found] if found else []
        fine &= met if not given.check else found is not None
    if given.check:
        return int(not (judged(results) and fine))
    write(results)
    print(f"written: docs/performance.md, its plots, {regress.FILE.relative_to(ROOT)}")
    return int(not fine)


if __name__ == "__main__":
    sys.exit(main())

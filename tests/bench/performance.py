"""docs/performance.md and its plots, from what the benchmarks found. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import svg
from report import Result, Row, short

PLOTS = "plots"  # beside the page
Found = Mapping[str, Result]
HEAD = """# Performance

`make bench` writes this page; [scale.md](scale.md) says what grows with what. Each ratio is measured
against a limit of the same run: a hook against a bare interpreter, a reconciliation against the bare
download of the same pages, a drain against the bare PUTs. Figures are medians, on {machine}.
`make bench-check` fails when a ratio grows to 1.3 times its record in `tests/bench/recorded.json`. Both
servers come from `devserver/` and run on the same machine. They answer from memory, so the figures show
the plugin's own share.
"""
ABOUT = {
    "hook": "Hook: the time that a Save waits",
    "startup": "Start of each lane",
    "page": "Requests of the page, with 100,000 scenes",
    "drain": "Drain: from the queue to Plex",
    "edits": "Edits of many items, and a first sync, in requests",
    "reconcile": "Reconciliation",
    "memory": "Memory of commands that read the whole library",
    "scale": "State on disk",
}
TAIL = """## Requests

| what | requests |
|---|---|
| first sync of 200 scenes | 274 to Plex, 474 with posters |
| the same again, nothing changed | 12 to Plex, none of them a write |
| one edit from a cold start | 5 to Plex |
| a fault on every 5th request | 1.33 times as many to Plex, 1.24 times as many to Stash |
| a fault on every 25th request | 1.04 times as many to both |

With a fault on every n-th request nothing is lost and nothing becomes a dead letter, for every n from 1 up
(`tests/system/test_faults.py`).
"""
# Answers to likely questions about the figures.
NOTES = {
    "hook": """*Drain awake*: a drain holds the lock, so the hook only leaves a flag. *Wake needed*: the hook also asks
Stash for a drain. *Flat* is the cost with the most flags, divided by the cost with none.
""",
    "drain": """*All its requests* is the time of a bare client that sends every request of a drain: the PUTs, the scenes,
and each item before and after. *The least of it* is a process that imports the libraries, sends all these
requests with the reads in a second thread, and parses the answers, but decides and keeps nothing
(`tests/bench/floor.py`). Without latency it takes more than three times as long as the PUTs, so no
program can meet this bar; the simulated Plex takes an edit in a third of a millisecond, a real Plex in 5
to 50. The rest is the plugin's work on a scene: decide, note in the ledger, record.
""",
    "edits": """*Add*, *mixed* and *replace* are the ways in which the simulated Plex takes the names of a list in an edit: it
adds them; it adds them if the edit is for several items, and otherwise replaces the list; it always replaces
the list. *Items that are wrong* counts the items whose values in Plex are not the right ones afterwards.
""",
    "memory": """*Another at work*: another process holds the drain lock, so the command does nothing. *Full queue*: every scene
has a job. *Growth* compares with the smallest library: memory as a whole, time per scene (1 means that the
time grows as much as the library).
""",
}


def page(found: Sequence[Result], machine: str) -> str:
    """The whole page."""
    by_name = {one.bench: one for one in found}
    parts = [HEAD.format(machine=machine)]
    for name in [*ABOUT, *(one for one in by_name if one not in ABOUT)]:
        if name in by_name:
            parts.append(section(by_name[name], [one for one in DRAWN if one.startswith(name)]))
    return "\n".join([*parts, TAIL])


def section(result: Result, plots: Sequence[str]) -> str:
    title = ABOUT.get(result.bench, result.bench)
    pictures = [f"![{title}]({PLOTS}/{one}.svg)\n" for one in plots if DRAWN[one](result)]
    head = f"| what | {result.axis or ' '} | ratio | bar | figures |\n|---|---:|---:|---:|---|"
    rows = "\n".join(map(_row, result.rows))
    command = f"`make bench-{result.bench}`"
    note = f"\n{NOTES[result.bench]}" if result.bench in NOTES else ""
    return f"## {title}\n\n{''.join(pictures)}\n{command}:\n\n{head}\n{rows}\n{note}"


def _row(row: Row) -> str:
    figures = ", ".join(f"{short(value)} {name}" for name, value in row.figures.items())
    at = "" if row.x is None else short(row.x)
    bar = "" if row.bar is None else f"≤ {row.bar:g}"
    ratio = f"**{row.ratio:.2f}**, missed" if row.missed else f"{row.ratio:.2f}"
    return f"| {row.name} | {at} | {ratio} | {bar} | {figures} |".replace("_", " ")


# -- the plots: each from the result of one benchmark; '' when it has too little for one


def line(result: Result, name: str, figure: str) -> list[tuple[float, float]]:
    """One figure of the rows of a name, over the axis."""
    rows = [row for row in result.rows if row.name == name and row.x is not None]
    return sorted((row.x or 0.0, row.figures[figure]) for row in rows if figure in row.figures)


def _series(
    result: Result, wanted: Mapping[str, tuple[str, str]]
) -> dict[str, list[tuple[float, float]]]:
    found = {said: line(result, *of) for said, of in wanted.items()}
    return {said: points for said, points in found.items() if len(points) > 1}


def hook_cost(result: Result) -> str:
    wanted = {
        f"{row.name}, {short(row.x)} flags": (row.ratio, row.bar)
        for row in result.rows
        if row.x is not None
    }
    return svg.bars("Hook, in bare starts of Python", "times", wanted) if wanted else ""


def reconcile_time(result: Result) -> str:
    names = ("first", "nothing changed", "0.1 % changed")
    wanted = {name: (name, "s") for name in names}
    wanted |= {
        "bare: all in full": ("first", "s_bare"),
        "bare: listings": (names[1], "s_bare"),
    }
    series = _series(result, wanted)
    title = "Reconciliation against library size"
    return svg.lines(title, "scenes", "seconds", series, log=True) if series else ""


def reconcile_memory(result: Result) -> str:
    names = ("first", "nothing changed")
    series = _series(result, {name: (f"{name}: memory", "MB") for name in names})
    return svg.lines("Peak memory", "scenes", "MB", series, log=True) if series else ""


def drain_throughput(result: Result) -> str:
    names = sorted({row.name for row in result.rows if "per_s" in row.figures})
    wanted = {name: (name, "per_s") for name in names}
    wanted |= {f"bare: {name}": (name, "bare_per_s") for name in names}
    series = _series(result, wanted)
    title = "Throughput against the latency of Plex"
    return svg.lines(title, "ms of latency", "changes per second", series) if series else ""


def scale_cost(result: Result) -> str:
    names = sorted({row.name for row in result.rows if "s_CPU" in row.figures})
    series = _series(result, {name: (name, "s_CPU") for name in names})
    title = "What the state on disk costs"
    return svg.lines(title, "scenes", "seconds of a core", series, log=True) if series else ""


# The name begins with that of its benchmark.
DRAWN: dict[str, Callable[[Result], str]] = {
    "hook-cost": hook_cost,
    "reconcile-time": reconcile_time,
    "reconcile-memory": reconcile_memory,
    "drain-throughput": drain_throughput,
    "scale-cost": scale_cost,
}


def plots(found: Sequence[Result]) -> dict[str, str]:
    """File name -> SVG."""
    drawn = {
        f"{name}.svg": draw(one)
        for one in found
        for name, draw in DRAWN.items()
        if name.partition("-")[0] == one.bench
    }
    return {name: picture for name, picture in drawn.items() if picture}

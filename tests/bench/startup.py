"""How long each lane takes to start, and what it imports, against the bare interpreter.

    make bench-startup        (or: python tests/bench/startup.py [--runs 15])

A hook, what a page polls (lean), and tasks and looks of the full lane that find nothing to do. Of
the full lane: the bar is 2.5 times a process that does nothing but import the libraries which it
imports; without any it is compared to the interpreter, and has none. Figures are medians over runs that alternate. Exits with 1 when a bar is missed.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
from pathlib import Path

from report import Report, parser
from rig import BARE, ENTRY, ROOT, Took, at_once, from_stash, middle

from devserver.plex import PlexServer
from devserver.stash import StashServer

PLUGIN, TOKEN = "Stash2Plex", "token-of-the-bench"
FULL, LEAN, HOOK = 2.5, 3.5, 3.0
# What our modules import of each library (the homes of tests/unit/test_imports.py).
LIBRARIES = ("pydantic", "requests", "persistqueue", "plexapi.server", "stashapi.classes")
IMPORTED = re.compile(r"^import time:\s+\d+ \|\s+\d+ \|\s*(\S+)$", re.MULTILINE)
LOOKS = ("queue_status", "settings", "health_check", "journal", "outage_summary")
TASKS = ("process_queue", "clear_queue", "recent")


def documents(folder: str, stash: StashServer) -> dict[str, bytes]:
    """What starts each lane, by its name in the table."""
    context = {"id": 1, "type": "Scene.Update.Post", "inputFields": ["title"], "input": {}}
    port = int(stash.url.rpartition(":")[2])
    given = {"hook": from_stash(folder, {"mode": "hook", "hookContext": context}, port)}
    given["lean: status"] = from_stash(folder, {"mode": "status"}, port)
    for mode in LOOKS + TASKS:
        given[f"full: {mode}"] = from_stash(folder, {"mode": mode}, port)
    return given


def modules(command: list[str], stdin: bytes) -> set[str]:
    """What a process imports."""
    traced = [command[0], "-X", "importtime", *command[1:]]
    done = subprocess.run(traced, input=stdin, capture_output=True, check=False)
    return set(IMPORTED.findall(done.stderr.decode(errors="replace")))


def minimum(found: set[str]) -> list[str]:
    """A process that imports, of those libraries, what is among `found`, in the same way."""
    names = [name for name in LIBRARIES if name in found]
    trimmed = f"import sys; sys.path.insert(0, {str(ROOT)!r}); from app import quiet_libraries"
    code = f"{trimmed}; quiet_libraries.prepare(); import {', '.join(names)}" if names else "pass"
    return [sys.executable, "-c", code]


def measure(report: Report, given: dict[str, bytes], runs: int) -> None:
    command = [sys.executable, ENTRY]
    loaded = {name: modules(command, stdin) for name, stdin in given.items()}
    least = {name: minimum(found) for name, found in loaded.items()}
    took: dict[str, list[Took]] = {}
    for _ in range(runs + 1):
        took.setdefault("bare python", []).append(at_once(BARE, [b""]))
        for name, stdin in given.items():
            took.setdefault(name, []).append(at_once(command, [stdin]))
            if name.startswith("full"):
                took.setdefault(f"least {name}", []).append(at_once(least[name], [b""]))
    middles = {name: middle(found[1:]) for name, found in took.items()}
    for name, found in loaded.items():
        tell(report, name, middles, found)


def tell(report: Report, name: str, middles: dict[str, Took], found: set[str]) -> None:
    """The row of one start; without libraries there is nothing but the interpreter to compare to."""
    least, cost = middles.get(f"least {name}", middles["bare python"]), middles[name]
    bar = LEAN if name.startswith("lean") else HOOK
    if name.startswith("full"):
        bar = FULL if found & set(LIBRARIES) else None
    figures = {"ms": cost.wall * 1000, "ms_CPU": cost.cpu * 1000}
    least_figures = {"ms_at_least": least.wall * 1000, "ms_CPU_at_least": least.cpu * 1000}
    report.add(name, cost.wall / least.wall, bar, **figures, **least_figures, modules=len(found))


def main() -> int:
    arguments = parser(__doc__)
    arguments.add_argument("--runs", type=int, default=15)
    arguments.add_argument("--modules", action="store_true", help="list them instead")
    given = arguments.parse_args()
    report = Report("startup", file=given.json)
    with (
        tempfile.TemporaryDirectory() as folder,
        StashServer(Path(folder)) as stash,
        PlexServer(token=TOKEN) as plex,
    ):
        plex.add_section("Scenes", roots=["/media"])
        stash.configure(PLUGIN, plex_url=plex.url, plex_token=TOKEN)
        starts = documents(folder, stash)
        if given.modules:
            return listed(starts)
        measure(report, starts, given.runs)
    return report.end()


def listed(starts: dict[str, bytes]) -> int:
    for name, stdin in starts.items():
        tops = {one.partition(".")[0] for one in modules([sys.executable, ENTRY], stdin)}
        ours = {path.stem for path in ROOT.iterdir()}
        print(f"{name}: {' '.join(sorted(tops - ours - sys.stdlib_module_names))}")
    return 0


if __name__ == "__main__":
    sys.exit(main())

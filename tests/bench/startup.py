"""How long each lane takes to start, and what it imports, against the bare interpreter.

    make bench-startup        (or: python tests/bench/startup.py [--runs 15])

A hook, what a page polls (lean), and tasks and looks of the full lane that find nothing to do; at the
end, what one edited title costs from the start of Process Queue to its end. Ratios
are of CPU time. Figures are medians over runs that alternate. Exits with 1 when a bar is
missed.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
from pathlib import Path

from report import Report, parser
from rig import BARE, COMMAND, ROOT, Took, at_once, from_stash, middle

sys.path.insert(0, str(ROOT / "scripts"))

import package
from devserver.box import Box
from devserver.plex import PlexServer
from devserver.stash import StashServer

PLUGIN, TOKEN = "Stash2Plex", "token-of-the-bench"
FULL, LEAN, HOOK, SAVE = 24.0, 1.5, 1.15, 18.0
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
        given[f"full lane: {mode}"] = from_stash(folder, {"mode": mode}, port)
    return given


def modules(command: list[str], stdin: bytes) -> set[str]:
    """What a process imports."""
    traced = [command[0], "-X", "importtime", *command[1:]]
    done = subprocess.run(traced, input=stdin, capture_output=True, check=False)
    return set(IMPORTED.findall(done.stderr.decode(errors="replace")))


def measure(report: Report, given: dict[str, bytes], runs: int) -> None:
    took: dict[str, list[Took]] = {}
    for _ in range(runs + 1):
        took.setdefault("bare python", []).append(at_once(BARE, [b""]))
        for name, stdin in given.items():
            took.setdefault(name, []).append(at_once(COMMAND, [stdin]))
    middles = {name: middle(found[1:]) for name, found in took.items()}
    for name, stdin in given.items():
        tell(report, name, middles["bare python"], middles[name], len(modules(COMMAND, stdin)))


def tell(report: Report, name: str, least: Took, cost: Took, count: int) -> None:
    """The row of one start."""
    ratio, bar = cost.cpu / least.cpu, LEAN if name.startswith("lean") else HOOK
    if name.startswith("full"):
        bar = FULL
    figures = {"ms": cost.wall * 1000, "ms_CPU": cost.cpu * 1000}
    least_figures = {"ms_at_least": least.wall * 1000, "ms_CPU_at_least": least.cpu * 1000}
    report.add(name, ratio, bar, **figures, **least_figures, modules=count)


def save(report: Report, runs: int) -> None:
    """The row of one edited title: every run starts the plugin anew and writes another title."""
    bare, took = [], []
    with tempfile.TemporaryDirectory() as folder:
        plugin = package.build(Path(folder) / "dist")
        with Box(Path(folder) / "box", plugin) as box:
            scene = box.add("one.mp4", title="One")
            for _ in range(2):  # the second finds everything in its place
                box.operation("all")
            port = int(box.stash.url.rpartition(":")[2])
            stdin = from_stash(str(box.stash.config_dir), {"mode": "process_queue"}, port)
            box.stash.hold_jobs()  # the drain that the hook wakes is started here
            for number in range(runs + 1):
                box.stash.update_scene(scene, title=f"Title {number}")
                bare.append(at_once(BARE, [b""]))
                took.append(at_once([*COMMAND[:-1], str(box.folder / "Stash2Plex.py")], [stdin]))
                if box.item(scene)["title"] != f"Title {number}":
                    raise SystemExit("the title did not reach Plex")
    least, cost = middle(bare[1:]), middle(took[1:])
    figures = {"ms_CPU": cost.cpu * 1000, "ms_CPU_at_least": least.cpu * 1000}
    report.add("one edited title (CPU)", cost.cpu / least.cpu, SAVE, **figures)


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
    save(report, given.runs)
    return report.end()


def listed(starts: dict[str, bytes]) -> int:
    for name, stdin in starts.items():
        tops = {one.partition(".")[0] for one in modules(COMMAND, stdin)}
        ours = {path.stem for path in ROOT.iterdir()}
        print(f"{name}: {' '.join(sorted(tops - ours - sys.stdlib_module_names))}")
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""Memory and time of the commands that read the library or the queue, as both grow.

    make bench-memory        (or: python tests/bench/memory.py [10000 100000])

Each row is one process of the plugin with a library of which Plex says nothing yet that Stash says.
*Sync All* finds another drain at work, so that it only owes all scenes; the looks come after that,
and find them in the queue. Bars: at most 90 MB at any size; against the smallest size of the run at most
1.3 times the memory, and 1.1 times as much time of a core as there are times as many scenes (on the
wall the simulated servers would be measured as well). Exits with 1 when a bar is missed. Reconciliation and drain tell of their memory in their own benchmarks.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from report import Report, parser
from rig import COMMAND, Cost, Plugin, Servers, from_stash, measured

from disk.lock import FileLock
from sync_queue import inbox

MEMORY_MB, MEMORY_GROWTH, TIME_GROWTH = 90.0, 1.3, 1.1
Costs = dict[str, Cost]


def measure(scenes: int) -> Costs:
    """Each command once, in an order in which each finds what it is about."""
    with tempfile.TemporaryDirectory() as folder:
        data_dir = Path(folder) / "plugin_data" / "Stash2Plex"
        data_dir.mkdir(parents=True)
        with Servers(Path(folder) / "stash", scenes) as servers:
            plugin = Plugin(servers, data_dir)
            found = {"process_queue, empty queue": plugin.run("process_queue")}
            found["preview"] = plugin.run("preview", "--json")
            with FileLock(data_dir / inbox.LOCK):
                found["all, only queued"] = plugin.run("all")
            found["queue_status, full queue"] = plugin.run("queue_status")
            look = COMMAND, from_stash(folder, {"mode": "status"})
            found["status (lean), full queue"] = measured(*look)
            with FileLock(data_dir / inbox.LOCK):
                found["process_queue, another at work"] = plugin.run("process_queue")
            found["clear_queue, full queue"] = plugin.run("clear_queue")
    return found


def tell(report: Report, scenes: int, found: Costs, smallest: int, least: Costs) -> None:
    for name, cost in found.items():
        report.add(f"{name}: memory", cost.peak_mb / MEMORY_MB, 1, scenes, MB=cost.peak_mb)
        if scenes == smallest:
            continue
        then, times = least[name], scenes / smallest
        report.add(f"{name}: memory growth", cost.peak_mb / then.peak_mb, MEMORY_GROWTH, scenes)
        growth = cost.cpu / then.cpu / times
        figures = {"s_CPU": cost.cpu, "s_CPU_before": then.cpu, "s": cost.seconds}
        report.add(f"{name}: time growth", growth, TIME_GROWTH, scenes, **figures)


def main() -> int:
    arguments = parser(__doc__)
    arguments.add_argument("scenes", type=int, nargs="*", default=[10_000, 100_000])
    given = arguments.parse_args()
    report = Report("memory", "scenes", given.json)
    smallest, least = min(given.scenes), measure(min(given.scenes))
    tell(report, smallest, least, smallest, least)
    for scenes in sorted(given.scenes)[1:]:
        tell(report, scenes, measure(scenes), smallest, least)
    return report.end()


if __name__ == "__main__":
    sys.exit(main())

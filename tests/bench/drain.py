"""What a drain costs, against the bare serial PUTs that the same changes need, in the same run.

    make bench-drain        (or: python tests/bench/drain.py [--latency 0 5 20 80] [--changes 1000])

Each drain is the plugin's own process, from its start to its end: that many titles have changed in
Stash, each has left its flag, and *Process Queue* brings them to Plex. The bare client then sends
the very addresses that the drain has sent, over one connection, one after the other. Both are
repeated in turn, and the round with the median ratio is told. What a drain cannot do without is more
than that: it asks Stash what to write and reads each item before and after. How long a bare client
takes for all of it, one request after the other, is told beside; and without latency, what a process
takes that only has the libraries and sends all of it (`floor.py`). Bars: <= 1.10 times the bare PUTs at
20 ms, <= 3 times at 0 ms; at most 90 MB; no two writes at once. Exits with 1 when a bar is missed.
"""

from __future__ import annotations

import argparse
import http.client
import json
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from report import Report, parser
from rig import ROOT, Cost, Plugin, Servers, measured

from sync_queue import inbox

MEMORY_MB = 90.0
BARS = {0.0: 3.0, 20.0: 1.10}  # milliseconds of latency, and how many times the bare PUTs
ROUNDS = {0.0: 5, 5.0: 3}  # else one


class Round(NamedTuple):
    """One drain, and the bare PUTs after it; `bare` in seconds, `whole` with all else it asked, and
    `floor` for the least that a process takes for that; 0 if it was not measured."""

    cost: Cost
    bare: float
    whole: float
    floor: float
    overlapping: int

    @property
    def times(self) -> float:
        return self.cost.seconds / self.bare


Request = tuple[str, str, "str | None", dict[str, str]]  # method, target, body, headers


def bare(url: str, requests: Sequence[Request]) -> float:
    """Seconds for these requests over one connection, one after the other."""
    server = http.client.HTTPConnection(urlsplit(url).netloc)
    began = time.perf_counter()
    for one in requests:
        server.request(*one)
        server.getresponse().read()
    took = time.perf_counter() - began
    server.close()
    return took


def least(folder: Path, given: dict[str, Any]) -> float:
    """Seconds for a process that only sends these."""
    file = folder / "sent.json"
    file.write_text(json.dumps(given))
    return measured([sys.executable, str(ROOT / "tests/bench/floor.py"), str(file)]).seconds


def to_plex(method: str, targets: Sequence[str], token: str) -> list[Request]:
    return [(method, one, None, {"X-Plex-Token": token}) for one in targets]


def to_stash(questions: Sequence[list[Any]]) -> list[Request]:
    asked = [json.dumps({"query": query, "variables": given}) for query, given in questions]
    return [("POST", "/graphql", one, {"Content-Type": "application/json"}) for one in asked]


def measure(report: Report, given: argparse.Namespace) -> None:
    """Drains at each latency."""
    with tempfile.TemporaryDirectory() as folder:
        state = Path(folder) / "state"
        state.mkdir()
        with Servers(Path(folder) / "stash", given.scenes) as servers:
            plugin = Plugin(servers, state)
            plugin.run("all")
            for latency in given.latency:
                servers.tell(f"latency {latency / 1000:g}")
                count = given.rounds or ROUNDS.get(latency, 1)
                rounds = [
                    drained(servers, plugin, state, given.changes, not latency)
                    for _ in range(count)
                ]
                tell(report, latency, given.changes, rounds)


def drained(
    servers: Servers, plugin: Plugin, folder: Path, changes: int, to_the_floor: bool
) -> Round:
    for number in servers.tell(f"edit {changes}")["edited"]:
        inbox.mark(str(folder), "scene", number)
    cost = plugin.run("process_queue")
    writes = servers.tell("writes")
    if cost.said["written"] != changes or len(writes["puts"]) != changes:
        raise SystemExit(f"{changes} changes, {len(writes['puts'])} writes: {cost.said}")
    plex, token = servers.places["plex"], servers.places["token"]
    puts = bare(plex, to_plex("PUT", writes["puts"], token))
    reads = bare(plex, to_plex("GET", writes["reads"], token))
    questions = bare(servers.places["stash"], to_stash(writes["questions"]))
    floor = least(folder.parent, servers.places | writes) if to_the_floor else 0.0
    return Round(cost, puts, puts + reads + questions, floor, writes["overlapping"])


def middle(rounds: Sequence[Round]) -> Round:
    """The round whose ratio is the median."""
    return sorted(rounds, key=lambda one: one.times)[len(rounds) // 2]


def tell(report: Report, latency: float, changes: int, rounds: Sequence[Round]) -> None:
    one = middle(rounds)
    report.add(
        "one field", one.times, BARS.get(latency), latency,
        s=one.cost.seconds, s_bare=one.bare, s_CPU=one.cost.cpu, requests=one.cost.requests,
        per_s=changes / one.cost.seconds, bare_per_s=changes / one.bare,
    )  # fmt: skip
    report.add("one field: all its requests", one.cost.seconds / one.whole, None, latency,
               s=one.cost.seconds, s_bare=one.whole)  # fmt: skip
    if one.floor:
        report.add("one field: the least of it", one.floor / one.bare, None, latency,
                   s=one.floor, s_bare=one.bare)  # fmt: skip
    peak = max(r.cost.peak_mb for r in rounds)
    report.add("one field: memory", peak / MEMORY_MB, 1, latency, MB=peak)
    overlapping = sum(r.overlapping for r in rounds)
    report.add("one field: writes at once", overlapping, 0, latency)


def main() -> int:
    arguments = parser(__doc__)
    arguments.add_argument("--latency", type=float, nargs="*", default=[0, 5, 20, 80], metavar="MS")
    arguments.add_argument("--changes", type=int, default=1000)
    arguments.add_argument("--scenes", type=int, default=2000)
    arguments.add_argument("--rounds", type=int, default=0, help="else a few of the quick ones")
    given = arguments.parse_args()
    report = Report("drain", "ms of latency", given.json)
    measure(report, given)
    return report.end()


if __name__ == "__main__":
    sys.exit(main())

"""What a hook adds to a Save: the whole process against a bare interpreter, in one run.

    make bench-hook        (or: python tests/bench/hook.py [--runs 40])

Bars: <= 1.9 times `python -c pass` while a drain is awake, <= 3.0 times when one has to be woken,
the same with 1,000 and 50,000 flags waiting, and for 8 at once against 8 bare interpreters at once;
each of those 8 takes <= 1.3 times the time of a core that one alone takes; at most 16 MB. Runs of
all kinds alternate, so that a noisy machine troubles all of them alike; figures are medians. Exits
with 1 when a bar is missed.
"""

from __future__ import annotations

import itertools
import os
import sys
import tempfile
import threading
from collections.abc import Callable
from contextlib import nullcontext
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TypeVar

from report import Report, parser
from rig import BARE, ENTRY, Took, at_once, from_stash, measured, middle

from disk.lock import FileLock
from sync_queue import inbox

HOOK = [sys.executable, ENTRY]
BARS = {"drain awake": 1.9, "wake needed": 3.0}
FLAGS = (0, 1_000, 50_000)
FLAT, AT_ONCE, MEMORY_MB = 1.15, 1.3, 16.0
CROWD = 8
_scenes = itertools.count(1_000_000)
Found = TypeVar("Found")


class StashThatAnswers(BaseHTTPRequestHandler):
    """Takes the wake and answers at once, so that only our own cost is measured."""

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        body = b'{"data": {"runPluginTask": "1"}}'
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Quiet."""


class Place:
    """A data dir in which so many flags wait."""

    def __init__(self, folder: str, flags: int, port: int) -> None:
        self._folder, self._port = os.path.join(folder, str(flags)), port
        self.data_dir = os.path.join(self._folder, "plugin_data", "Stash2Plex")
        self.lock = FileLock(os.path.join(self.data_dir, inbox.LOCK))
        for number in range(1, flags + 1):
            inbox.mark(self.data_dir, "scene", number)

    def event(self) -> bytes:
        """What Stash says about a scene that was saved just now: another one each time."""
        scene = next(_scenes)
        context = {
            "id": scene, "type": "Scene.Update.Post", "inputFields": ["id", "title"],
            "input": {"id": str(scene), "title": "A title", "details": "some text " * 20},
        }  # fmt: skip
        return from_stash(self._folder, {"mode": "hook", "hookContext": context}, self._port)

    def during(self, kind: str, act: Callable[[], Found]) -> Found:
        """`act` while a drain is awake, or while one has to be woken."""
        inbox.drop_wake(self.data_dir)
        with self.lock if kind == "drain awake" else nullcontext():
            return act()


Key = tuple[str, int, int]  # kind, flags waiting, processes at once


def measure(places: dict[int, Place], runs: int) -> dict[Key, Took]:
    """The medians of each kind; all are taken in turn."""
    found: dict[Key, list[Took]] = {}
    for number in range(runs + 3):
        for size in (1, CROWD) if number % 4 == 0 else (1,):
            took = [(("bare python", 0, size), at_once(BARE, [b""] * size))]
            for kind, flags in itertools.product(BARS, FLAGS if size == 1 else (0,)):
                place = places[flags]
                events = [place.event() for _ in range(size)]
                cost = place.during(kind, partial(at_once, HOOK, events))
                took.append(((kind, flags, size), cost))
            for key, cost in took if number >= 3 or size > 1 else ():  # warm by now
                found.setdefault(key, []).append(cost)
    return {key: middle(costs) for key, costs in found.items()}


def tell(report: Report, found: dict[Key, Took]) -> None:
    bare, crowd_of_bare = found["bare python", 0, 1], found["bare python", 0, CROWD]
    report.add("bare python", 1.0, ms=bare.wall * 1000, ms_of_a_core=bare.cpu * 1000)
    for kind, bar in BARS.items():
        for flags in FLAGS:
            took = found[kind, flags, 1]
            ms, cpu = took.wall * 1000, took.cpu * 1000
            report.add(kind, took.wall / bare.wall, bar, flags, ms=ms, ms_of_a_core=cpu)
        alone, crowd = found[kind, 0, 1], found[kind, 0, CROWD]
        report.add(f"{kind}: flat", found[kind, FLAGS[-1], 1].wall / alone.wall, FLAT)
        ms = crowd.wall * 1000
        report.add(f"{kind}: {CROWD} at once", crowd.wall / crowd_of_bare.wall, bar, ms=ms)
        cpu = crowd.cpu * 1000
        report.add(f"{kind}: cost of each", crowd.cpu / alone.cpu, AT_ONCE, ms_of_a_core=cpu)


def memory(report: Report, place: Place) -> None:
    for kind in BARS:
        command = partial(measured, HOOK, place.event())
        cost = place.during(kind, command)
        report.add(f"{kind}: memory", cost.peak_mb / MEMORY_MB, 1, MB=cost.peak_mb)


def main() -> int:
    arguments = parser(__doc__)
    arguments.add_argument("--runs", type=int, default=40)
    given = arguments.parse_args()
    server = ThreadingHTTPServer(("127.0.0.1", 0), StashThatAnswers)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    report = Report("hook", "flags", given.json)
    with tempfile.TemporaryDirectory() as folder:
        places = {flags: Place(folder, flags, server.server_address[1]) for flags in FLAGS}
        tell(report, measure(places, given.runs))
        memory(report, places[0])
    server.shutdown()
    return report.end()


if __name__ == "__main__":
    sys.exit(main())

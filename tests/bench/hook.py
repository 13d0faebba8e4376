"""What a hook adds to a Save: the whole process against a bare interpreter, in one run.

    make bench-hook        (or: python tests/bench/hook.py [--runs 40])

Ratios are of CPU time, against `python -c pass` of the same Python: the one of the virtual environment
that runs this, and the system's python3 where there is one. Bars: <= 1.0 while a drain is awake, <= 1.15
when one has to be woken, with 0, 1,000 and 50,000 flags waiting; <= 1.1 for 8 at once against 8 bare
interpreters at once; at most 10 MB. Runs of all kinds alternate, so that a noisy machine troubles all of
them alike; figures are medians. Exits with 1 when a bar is missed.
"""

from __future__ import annotations

import itertools
import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable
from contextlib import nullcontext
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TypeVar

from report import Report, parser
from rig import BARE, COMMAND, Took, at_once, from_stash, measured, middle

from disk.lock import FileLock
from sync_queue import inbox

SYSTEM = "/usr/bin/python3"  # Debian's and others'
BARS = {"drain awake": 1.0, "wake needed": 1.15}
FLAGS = (0, 1_000, 50_000)
FLAT, AT_ONCE, MEMORY_MB = 1.15, 1.1, 10.0
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


def of_python(python: str, command: list[str]) -> list[str]:
    return [python, *command[1:]]


def measure(python: str, places: dict[int, Place], runs: int) -> dict[Key, Took]:
    """The medians of each kind; all are taken in turn."""
    found: dict[Key, list[Took]] = {}
    bare, hook = of_python(python, BARE), of_python(python, COMMAND)
    for number in range(runs + 3):
        for size in (1, CROWD) if number % 4 == 0 else (1,):
            took = [(("bare python", 0, size), at_once(bare, [b""] * size))]
            for kind, flags in itertools.product(BARS, FLAGS if size == 1 else (0,)):
                place = places[flags]
                events = [place.event() for _ in range(size)]
                cost = place.during(kind, partial(at_once, hook, events))
                took.append(((kind, flags, size), cost))
            for key, cost in took if number >= 3 or size > 1 else ():  # warm by now
                found.setdefault(key, []).append(cost)
    return {key: middle(costs) for key, costs in found.items()}


def tell(report: Report, found: dict[Key, Took], which: str) -> None:
    """The rows of one Python; `which` is a part of their names."""
    bare, crowd_of_bare = found["bare python", 0, 1], found["bare python", 0, CROWD]
    report.add(f"bare python{which}", 1.0, **figures(bare))
    for kind, bar in BARS.items():
        for flags in FLAGS:
            took = found[kind, flags, 1]
            report.add(f"{kind}{which}", took.cpu / bare.cpu, bar, flags, **figures(took))
        alone, crowd = found[kind, 0, 1], found[kind, 0, CROWD]
        report.add(f"{kind}{which}: flat", found[kind, FLAGS[-1], 1].cpu / alone.cpu, FLAT)
        ratio = crowd.cpu / crowd_of_bare.cpu
        report.add(f"{kind}{which}: {CROWD} at once", ratio, AT_ONCE, **figures(crowd))


def figures(took: Took) -> dict[str, float]:
    return {"ms": took.wall * 1000, "ms_of_a_core": took.cpu * 1000}


def memory(report: Report, python: str, place: Place, which: str) -> None:
    for kind in BARS:
        command = partial(measured, of_python(python, COMMAND), place.event())
        cost = place.during(kind, command)
        report.add(f"{kind}{which}: memory", cost.peak_mb / MEMORY_MB, 1, MB=cost.peak_mb)


def pythons() -> dict[str, str]:
    """The interpreters by what the rows call them."""
    asks = "import sys; sys.exit(sys.version_info < (3, 10))"
    is_there = os.access(SYSTEM, os.X_OK) and not subprocess.call([SYSTEM, "-c", asks])
    return {"": sys.executable} | ({", system's Python": SYSTEM} if is_there else {})


def main() -> int:
    arguments = parser(__doc__)
    arguments.add_argument("--runs", type=int, default=40)
    given = arguments.parse_args()
    server = ThreadingHTTPServer(("127.0.0.1", 0), StashThatAnswers)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    report = Report("hook", "flags", given.json)
    with tempfile.TemporaryDirectory() as folder:
        places = {flags: Place(folder, flags, server.server_address[1]) for flags in FLAGS}
        for which, python in pythons().items():
            tell(report, measure(python, places, given.runs), which)
            memory(report, python, places[0], which)
    server.shutdown()
    return report.end()


if __name__ == "__main__":
    sys.exit(main())

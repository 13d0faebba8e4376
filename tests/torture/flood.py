"""make flood: more events than anybody makes, and all of them reach Plex, through one drain.

    python -m tests.torture.flood [--part 1.0]

The floods are shared with tests/system/test_floods.py, which lets less water in.
"""

from __future__ import annotations

import argparse
import os
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from devserver.box import PLUGIN, Box
from devserver.stage import open_box, say, table

DRAIN = "Process Queue"
MOST_QUEUED = 2  # drains in Stash's queue at any time
MOST_GROWTH = 1.5  # peak memory of a drain in the large flood, over that in the small one


@dataclass
class Flood:
    """What came of one. `reached` counts events whose change Plex shows, or a newer one."""

    name: str
    events: int
    reached: int
    writes: int
    drains: int  # processes of the task Process Queue
    queued: int  # the most that waited in Stash's queue at once
    overlapping: int
    wrong: int  # scenes that differ, hooks that failed, dead letters
    peak: int  # bytes, of the largest drain
    seconds: float

    @property
    def held(self) -> bool:
        """Whether nothing was lost, and never more than one drain was at it."""
        return (
            self.reached == self.events
            and self.queued <= MOST_QUEUED
            and not (self.overlapping or self.wrong)
        )


class Gauge:
    """Watches a box during a flood."""

    def __init__(self, box: Box) -> None:
        self.box, self.queued, self._over = box, 0, threading.Event()
        self._begun, self._runs = time.monotonic(), len(box.stash.runs)
        box.plex.clear_requests()

    def watch(self) -> None:
        while not self._over.wait(0.005):
            self.queued = max(self.queued, self._waiting())

    def _waiting(self) -> int:
        """Drains that hooks asked for; what a person pressed is another matter."""
        jobs = list(self.box.stash.library.jobs.queue)
        return sum(job.status == "READY" and DRAIN in job.description for job in jobs)

    def stop(self) -> None:
        self._over.set()

    def read(self, name: str, events: int, reached: int) -> Flood:
        box, runs = self.box, self.box.stash.runs[self._runs :]
        drains = [run for run in runs if run.mode == "process_queue"]
        wrong = len(box.differences()) + sum(bool(run.exit_code) for run in runs)
        wrong += box.operation("queue_status")["queue"]["dead"]
        peak = max([run.peak_rss or 0 for run in drains], default=0)
        return Flood(
            name, events, reached, len(box.plex.writes()), len(drains), self.queued,
            box.plex.overlapping_writes, wrong, peak, time.monotonic() - self._begun,
        )  # fmt: skip


@contextmanager
def gauge(box: Box) -> Iterator[Gauge]:
    found = Gauge(box)
    thread = threading.Thread(target=found.watch)
    thread.start()
    try:
        yield found
        box.settle(1200)
    finally:
        found.stop()
        thread.join()


def scenes(box: Box, count: int) -> list[int]:
    """So many more scenes, with their items."""
    first = len(box.paths)
    return [box.add(f"{n // 100}/flood {n}.mp4") for n in range(first, first + count)]


def arrived(box: Box, titles: dict[int, str]) -> int:
    """How many of these scenes Plex shows under their new title."""
    return sum(box.item(scene)["title"] == title for scene, title in titles.items())


# -- the floods


def hooks_at_once(box: Box, hooks: int = 20, rounds: int = 25) -> Flood:
    """So many people save at the same moment, again and again, each a scene of its own."""
    found = scenes(box, hooks * rounds)
    titles = {scene: f"At once {scene}" for scene in found}
    with gauge(box) as meter, ThreadPoolExecutor(hooks) as people:
        for at in range(0, len(found), hooks):
            save = [(scene, titles[scene]) for scene in found[at : at + hooks]]
            list(people.map(lambda one: box.stash.update_scene(one[0], title=one[1]), save))
    return meter.read(f"{hooks} hooks at once, {rounds} times", len(found), arrived(box, titles))


def in_a_row(box: Box, events: int = 5000) -> Flood:
    """A bulk edit while a long job is in front: all of it is owed before the drain begins."""
    found = scenes(box, events)
    box.stash.hold_jobs()
    with gauge(box) as meter:
        box.stash.scenes_update([{"id": n, "title": f"In a row {n}"} for n in found])
        box.stash.release_jobs()
    return meter.read(
        f"{events} events in a row", events, arrived(box, {n: f"In a row {n}" for n in found})
    )


def one_scene(box: Box, edits: int = 500) -> Flood:
    """The same scene is saved again and again; what is not the newest need not be seen."""
    (scene,) = scenes(box, 1)
    with gauge(box) as meter:
        for number in range(1, edits + 1):
            box.stash.update_scene(scene, title=f"Edit {number}")
    newest = box.item(scene)["title"] == f"Edit {edits}"
    return meter.read(f"one scene edited {edits} times", edits, edits if newest else 0)


def while_written(box: Box, edits: int = 20, seconds: float = 0.3) -> Flood:
    """Each edit comes while the one before is on its way into a slow Plex: the newest wins."""
    (scene,) = scenes(box, 1)
    fault = box.plex.faults.arm("slow", method="PUT", times=10**6, seconds=seconds)
    right = 0
    with gauge(box) as meter:
        for number in range(1, edits + 1):
            begun = fault.fired
            box.stash.update_scene(scene, title=f"First {number}")
            _until(lambda begun=begun: fault.fired > begun)  # type: ignore[misc]
            box.stash.update_scene(scene, title=f"Then {number}")
            _until(lambda n=number: box.item(scene)["title"] == f"Then {n}")  # type: ignore[misc]
            right += 2
    box.plex.faults.clear()
    return meter.read(f"{edits} edits while the scene is written", 2 * edits, right)


def pressed(box: Box, times: int = 10) -> Flood:
    """Process Queue is pressed in Stash, and at the same time on the page, which has no queue."""
    found = scenes(box, 3 * times)
    box.stash.hold_jobs()
    box.stash.scenes_update([{"id": n, "title": f"Pressed {n}"} for n in found])
    box.stash.library.jobs.cancel_all()
    with gauge(box) as meter, ThreadPoolExecutor(times) as people:
        meter.stop()  # what a person presses is queued as often as that
        for _ in range(times):
            box.stash.run_task(PLUGIN, DRAIN)
        box.stash.release_jobs()
        list(people.map(lambda _: box.operation("process_queue"), range(times)))
    titles = {n: f"Pressed {n}" for n in found}
    return meter.read(f"Process Queue pressed {2 * times} times", len(found), arrived(box, titles))


def behind_a_scan(box: Box, files: int = 200) -> Flood:
    """Hooks of a scan run inside its job; people edit meanwhile, and the drain waits behind it."""
    paths = [f"/data/scan/new {n}.mp4" for n in range(files)]
    box.stash.library.disk.update({path: {} for path in paths})
    for path in paths:
        box.plex.add_file(path.replace("/data", "/media"))
    titles: dict[int, str] = {}
    with gauge(box) as meter:
        scan = box.stash.library.jobs.find(int(box.stash.start_scan()))
        for scene in scenes(box, files):
            titles[scene] = f"Behind {scene}"
            box.stash.update_scene(scene, title=titles[scene])
            if scan is None or scan.status == "FINISHED":
                break
    return meter.read(f"edits while {files} files are scanned", len(titles), arrived(box, titles))


def _until(condition: Callable[[], Any], seconds: float = 60) -> None:
    ends = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > ends:
            raise TimeoutError("it did not come about")
        time.sleep(0.005)


# -- all of them


def floods(part: float) -> Iterator[Flood]:
    """Each in a box of its own; `part` of the full counts."""

    def some(count: int) -> int:
        return max(2, round(count * part))

    full: Iterable[Callable[[Box], Flood]] = (
        lambda box: hooks_at_once(box, 20, some(25)),
        lambda box: in_a_row(box, some(200)),
        lambda box: in_a_row(box, some(5000)),
        lambda box: one_scene(box, some(500)),
        lambda box: while_written(box, some(20)),
        lambda box: pressed(box, 10),
        lambda box: behind_a_scan(box, some(200)),
    )
    for flood in full:
        with open_box() as box:
            box.stash.timeout = 3600
            yield flood(box)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.torture.flood", description=__doc__)
    parser.add_argument("--part", type=float, default=1.0, help="of the full counts (default: 1)")
    # What measures the coverage would be measured.
    os.environ.pop("COVERAGE_PROCESS_CONFIG", None)
    found = []
    for flood in floods(parser.parse_args().part):
        found.append(flood)
        say(f"{flood.name}: {'held' if flood.held else 'NOT held'}, {flood.seconds:.0f} s")
    say()
    heads = (
        "flood",
        "events",
        "reached",
        "writes",
        "drains",
        "most queued",
        "overlapping",
        "wrong",
    )
    rows = [
        [f.name, f.events, f.reached, f.writes, f.drains, f.queued, f.overlapping, f.wrong]
        for f in found
    ]
    table(
        (*heads, "peak MB", "seconds"),
        [
            [*map(str, row), f"{f.peak / 2**20:.0f}", f"{f.seconds:.0f}"]
            for row, f in zip(rows, found, strict=True)
        ],
        width=44,
    )
    growth = found[2].peak / found[1].peak
    say()
    say(f"peak memory of the large flood over the small one: {growth:.2f} (bar {MOST_GROWTH})")
    return 0 if all(f.held for f in found) and growth <= MOST_GROWTH else 1


if __name__ == "__main__":
    sys.exit(main())

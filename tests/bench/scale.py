"""How the state on disk grows: ids through inbox, queue, index and scheduler, without HTTP.

    make bench-scale        (or: python tests/bench/scale.py [10000 100000 1000000])

Each size has a process of its own, which does what the plugin does, in its steps and batches. The
ratio of each row is the time of a core that one scene costs, against what it costs at the smallest
size of the same run: <= 3 means that it grows no faster than the library, up to a hundred times of it.
(What grows with its square would be at 100; a page of an index is shared by fewer rows as it grows,
which is a factor once.) Memory is the peak of the process after each
part, against 90 MB at 100,000 scenes. Exits with 1 when something grows faster.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple
from xml.etree import ElementTree

from report import Report, parser
from rig import ROOT  # noqa: F401 - from here on the product can be imported

from plex.client.listing import Page
from plex.library.index import Index
from plex.state.database import Store
from reconciliation.scheduler import ReconciliationScheduler
from sync_queue import inbox
from sync_queue.drain import Drain
from sync_queue.job import BACKLOG, Job
from sync_queue.jobs import Jobs

LINEAR, PAGE, SECTION_SIZE = 3.0, 1000, 50_000
MEMORY_MB, BOUNDED_AT = 90.0, 100_000
A_DAY = 86400.0


class Section(NamedTuple):
    id: int
    title: str
    stamp: str
    roots: tuple[str, ...] = ()


class Plex:
    """Lists files, as many to a library as people have."""

    def __init__(self, scenes: int) -> None:
        self._scenes = scenes
        self.scanned = "1"

    def sections(self) -> list[Section]:
        count = -(-self._scenes // SECTION_SIZE)
        return [Section(n, f"Library {n}", self.scanned) for n in range(1, count + 1)]

    def listing(self, section: int) -> Iterator[Page]:
        first = (section - 1) * SECTION_SIZE + 1
        end = min(first + SECTION_SIZE, self._scenes + 1)
        for at in range(first, end, PAGE):
            yield page(section, range(at, min(at + PAGE, end)))

    def newest(self, section: int) -> Page:
        return page(section, range(0))


def path(number: int) -> str:
    return f"/media/studio {number % 997}/a name of usual length, number {number}.mp4"


def page(section: int, numbers: Sequence[int]) -> Page:
    rows = "".join(
        f'<Video ratingKey="{100_000 + n}" title="Scene {n}" updatedAt="1600000000"><Media>'
        f'<Part file="{path(n)}" size="1073741824"/></Media></Video>'
        for n in numbers
    )
    head = f'<MediaContainer size="{len(numbers)}" librarySectionID="{section}">'
    return Page(f"{head}{rows}</MediaContainer>".encode(), ElementTree.fromstring)


class Done(NamedTuple):
    """What a sync that costs nothing gives: of every fourth scene Plex lacks the file."""

    scene_id: int

    @property
    def missing(self) -> bool:
        return self.scene_id % 4 == 0

    error = None
    unsettled = hidden = wrote = refused = False
    skipped = ""


class Outcomes(list[Done]):
    """Those of a batch; a drain may ask for them later."""

    @staticmethod
    def of(ids: Sequence[int]) -> Outcomes:
        return Outcomes(map(Done, ids))

    def __call__(self) -> Outcomes:
        return self


class Parts:
    """One library of `scenes`, part by part; each gives its figures."""

    def __init__(self, folder: Path, scenes: int) -> None:
        self.folder, self.scenes = folder, scenes
        now = (
            time.time()
        )  # the clock stands still: what waits does not come due while others are done
        self._clock = lambda: now
        self.jobs, self.store = Jobs(folder, self._clock), Store(folder)

    def flags(self) -> None:
        for number in range(1, self.scenes + 1):
            inbox.mark(str(self.folder), "scene", number)

    def sweep(self) -> None:
        """As a drain does it; what is flagged is owed then."""
        self._drain()._sweep()

    def owe(self) -> None:
        """As Sync All does it: all is owed already, but put again and brought forward."""
        for at in range(1, self.scenes + 1, PAGE):
            jobs = [Job(n, reason="asked", rank=BACKLOG) for n in range(at, at + PAGE)]
            self.jobs.put(jobs, self._clock())
            self.jobs.hasten(jobs, self._clock())

    def drain(self) -> None:
        """Claimed, done and counted in batches; what waits stands before the rest all the time."""
        self._drain().run()
        counts = self.jobs.counts(self._clock())
        assert counts["waiting"] == self.scenes // 4, counts
        assert counts["pending"] == counts["in_progress"] == 0, counts

    def _drain(self) -> Drain:
        given: Any = Outcomes.of
        return Drain(str(self.folder), self.jobs, given, lambda *_: [], clock=self._clock)

    def index(self) -> None:
        Index(self.store).refresh(Plex(self.scenes), time.time(), force=True)

    def index_again(self) -> None:
        """All libraries scanned, nothing changed."""
        plex = Plex(self.scenes)
        plex.scanned = "2"
        Index(self.store).refresh(plex, time.time() + 3600)

    def find(self) -> None:
        """Each path on its own, as a drain asks; of a tenth."""
        index = Index(self.store)
        for number in range(1, self.scenes + 1, 10):
            assert index.find([path(number)]) == [100_000 + number]

    def schedule(self) -> None:
        """A thousand looks and ten runs, of a library of this size."""
        scheduler = ReconciliationScheduler(self.folder)
        result = {"scenes_checked": self.scenes, "total_gaps": self.scenes, "gaps_by_type": {}}
        found: Any = type("Result", (), result)()
        for number in range(1000):
            scheduler.is_due("daily", time.time() + number * A_DAY)
            if number % 100 == 0:
                scheduler.record_run(found, "all")


# name -> (what is done, how many scenes it is done for is divided by; None: it is one act)
STEPS: dict[str, int | None] = {
    "flags": 1, "sweep": 1, "owe": 1, "drain": 1, "index": 1, "index_again": 1, "find": 10,
    "schedule": None,
}  # fmt: skip


def child(scenes: int) -> None:
    """All parts in turn, in this process; their figures as JSON."""
    found: dict[str, dict[str, float]] = {}
    with tempfile.TemporaryDirectory() as folder:
        parts = Parts(Path(folder), scenes)
        for name in STEPS:
            began, used = time.perf_counter(), time.process_time()
            getattr(parts, name)()
            took = {"s": time.perf_counter() - began, "s_CPU": time.process_time() - used}
            found[name] = {**took, "MB": peak_mb()}
            found[name]["bytes"] = size(Path(folder))
    print(json.dumps(found))


def peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def size(folder: Path) -> int:
    """Of the files of SQLite: flags are empty, each is an inode."""
    return sum(one.stat().st_size for one in folder.glob("**/*.sqlite*"))


def measured(scenes: int) -> dict[str, dict[str, float]]:
    command = [sys.executable, os.path.abspath(__file__), "--child", str(scenes)]
    done = subprocess.run(command, stdout=subprocess.PIPE, check=True)
    found: dict[str, dict[str, float]] = json.loads(done.stdout)
    return found


def tell(report: Report, scenes: int, found: dict[str, Any], first: tuple[int, Any]) -> None:
    smallest, least = first
    for name, share in STEPS.items():
        acts, before = (scenes // share, smallest // share) if share else (1, 1)
        cost, then = found[name]["s_CPU"] / acts, least[name]["s_CPU"] / before
        wall, cpu = found[name]["s"], found[name]["s_CPU"]
        figures = {"s": wall, "s_CPU": cpu, "MB": found[name]["MB"]}
        if share:
            figures["per_s"] = acts / wall
        # Less than at the smallest size is luck of the disk: a record of it would be one to fall behind.
        report.add(name, max(1.0, cost / then), LINEAR, scenes, **figures)
    for name, size_after in (("queue", "owe"), ("index", "index_again")):
        grown = found[size_after]["bytes"] - (found["drain"]["bytes"] if name == "index" else 0)
        report.add(
            f"{name}: disk", grown / scenes / 2048, 1, scenes, bytes_per_scene=grown / scenes
        )
    peak = max(one["MB"] for one in found.values())
    bar = 1 if scenes <= BOUNDED_AT else None
    report.add("memory", peak / MEMORY_MB, bar, scenes, MB=peak)


def main() -> int:
    arguments = parser(__doc__)
    arguments.add_argument("scenes", type=int, nargs="*", default=[10_000, 100_000, 1_000_000])
    arguments.add_argument("--child", type=int, help=argparse.SUPPRESS)
    given = arguments.parse_args()
    if given.child:
        child(given.child)
        return 0
    report, first = Report("scale", "scenes", given.json), None
    for scenes in given.scenes:
        found = measured(scenes)
        first = first or (scenes, found)
        tell(report, scenes, found, first)
    return report.end()


if __name__ == "__main__":
    sys.exit(main())

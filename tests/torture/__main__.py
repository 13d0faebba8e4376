"""make torture: hundreds of SIGKILLs, and after each round Plex says what Stash says.

    python -m tests.torture [--kills 300] [--minutes 10] [--seed N] [--workers 2]

Every place in the code that touches a file, a lock, a database or the network is found by an
undisturbed run, and then a process is killed right before it, once for each; the rest of the kills
is at random moments. Exits with 1 when anything was lost, buried, left behind or written twice.
"""

from __future__ import annotations

import argparse
import multiprocessing
import random
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from devserver.box import Box
from devserver.stage import ROOT, say, table
from tests.torture.installing import Installing
from tests.torture.lanes import HOOK, HOOKS, INLINE, MAIN, RARE, Lane, kind_of
from tests.torture.rounds import AT_RANDOM, STOPPED, Result, Rounds
from tests.torture.traps import Point, Traps, places
from tests.torture.world import World

LANES = (*(lane.name for lane in (*HOOKS, *MAIN, *RARE)), "install")
KINDS = ("file", "lock", "database", "network", "state file", "log", AT_RANDOM, STOPPED)
FAULTS = ("lost", "buried", "stale locks", "temporary files", "doubled", "broken")
SCENES = 16
Round = Callable[[], Result]


# -- one worker: boxes of its own, and its share of the places


class Worker:
    """Plays rounds until it has made its kills, or the time is over."""

    def __init__(self, root: Path, package: Path, number: int, workers: int, seed: int) -> None:
        self.root, self.package = root / f"worker{number}", package
        self.number, self.workers = number, workers
        self.chance = random.Random(seed * 1000 + number)

    def play(self, kills: int, ends: float, tell: Callable[[Result], None]) -> None:
        with self._box("library") as box, self._box("bare") as bare:
            for one in self._rounds(box, bare):
                if time.monotonic() > ends:
                    return
                result = one()
                tell(result)
                kills -= sum(result.kills.values())
                if kills <= 0 and self._covered:
                    return

    def _box(self, name: str) -> Box:
        return Box(self.root / name, self.package)

    def _rounds(self, box: Box, bare: Box) -> Iterator[Round]:
        """First all places, the lanes in turn; then without an end what chance says."""
        self._covered = False
        world = World(box, SCENES, self.chance)
        world.warm_up()
        rounds = Rounds(world, Traps(box, self.root / "traps"), self.chance)
        small = World(bare, 4, self.chance)
        small.warm_up()
        installing = Installing(small, Traps(bare, self.root / "bare traps"), self.chance)
        shares = [*self._hooks(rounds), *self._tasks(rounds)]
        few = Rounds(small, installing.traps, self.chance)
        shares += [one for lane in RARE for one in self._of(few, lane, places(few.points(lane)))]
        shares += [lambda p=p: installing.round(*p) for p in self._share(installing.points(), 2)]
        self.chance.shuffle(shares)
        for count, one in enumerate(shares):
            yield one
            if count % 3 == 2:
                yield self._at_random(rounds, installing)
        self._covered = True
        while True:
            yield self._at_random(rounds, installing)

    def _share(self, points: list[Point], together: int) -> list[list[Point]]:
        """This worker's part of the points, in groups for one round each."""
        mine = points[self.number :: self.workers]
        self.chance.shuffle(mine)
        return [mine[at : at + together] for at in range(0, len(mine), together)]

    def _hooks(self, rounds: Rounds) -> Iterator[Round]:
        for points in self._share(rounds.points(HOOK), 2):
            yield lambda p=points: rounds.hook(HOOK, *p)  # type: ignore[misc]
        rounds.switch(inline=True)
        found = rounds.points(INLINE)
        rounds.switch(inline=False)
        for points in self._share(places(found), 3):
            yield lambda p=points: _inline(rounds, p)  # type: ignore[misc]

    def _tasks(self, rounds: Rounds) -> Iterator[Round]:
        """What one lane shares with another is done once, but for the state file: every write."""
        known: set[tuple[str, str]] = set()
        for lane in MAIN:
            points = rounds.points(lane)
            state = [one for one in points if kind_of(one) == "state file"]
            fresh = [one for one in places(points) if one[:2] not in known]
            known |= {one[:2] for one in points}
            yield from self._of(rounds, lane, list(dict.fromkeys([*fresh, *state])))

    def _of(self, rounds: Rounds, lane: Lane, points: list[Point]) -> Iterator[Round]:
        for mine in self._share(points, 4):
            yield lambda p=mine: rounds.task(lane, *p)  # type: ignore[misc]

    def _at_random(self, rounds: Rounds, installing: Installing) -> Round:
        lane = self.chance.choice((*HOOKS, HOOK, *MAIN, *MAIN, None))
        if lane is None:
            return lambda: installing.round(None)
        if lane == HOOK:
            return lambda: rounds.hook(HOOK, None, None, None)
        if lane == INLINE:
            return lambda: _inline(rounds, [None, None])
        stopped = self.chance.random() < 0.3
        return lambda: rounds.task(lane, None, None, None, stopped=stopped)


def _inline(rounds: Rounds, points: Any) -> Result:
    rounds.switch(inline=True)
    try:
        return rounds.hook(INLINE, *points)
    finally:
        rounds.switch(inline=False)


def _work(worker: Worker, kills: int, ends: float, results: Any) -> None:
    try:
        worker.play(kills, ends, results.put)
    except Exception:
        results.put(Result("?", faults={"broken": [traceback.format_exc()]}))
    results.put(None)


# -- all workers, and what is printed


def torture(kills: int, minutes: float, seed: int, workers: int) -> bool:
    """Whether nothing was wrong; prints a line per round, and the tables."""
    begun = time.monotonic()
    say(f"seed {seed}, {workers} workers, at least {kills} kills, at most {minutes:g} minutes")
    with tempfile.TemporaryDirectory(prefix="torture-", ignore_cleanup_errors=True) as folder:
        found = list(_results(Path(folder), kills, begun + minutes * 60, seed, workers))
    say()
    _tell_kills(found)
    say()
    total = sum(sum(one.kills.values()) for one in found)
    spots = {(one.lane, at) for one in found for at in one.at if not at.startswith("after")}
    say(
        f"{total} kills in {len(found)} rounds at {len(spots)} places, in "
        f"{time.monotonic() - begun:.0f} s (seed {seed}); {sum(r.unmarked for r in found)} hooks "
        "died before their mark was on disk: those a reconciliation found"
    )
    wrong = {name: sum(len(one.faults.get(name, ())) for one in found) for name in FAULTS}
    say(", ".join(f"{count} {name}" for name, count in wrong.items()))
    if total < kills:
        say(f"only {total} of {kills} kills in {minutes:g} minutes")
    return total >= kills and not any(wrong.values())


def _results(root: Path, kills: int, ends: float, seed: int, workers: int) -> Iterator[Result]:
    sys.path.insert(0, str(ROOT / "scripts"))
    import package

    archive = package.build(root / "dist")
    context = multiprocessing.get_context("fork")
    results: Any = context.Queue()
    share = -(-kills // workers)
    for number in range(workers):
        worker = Worker(root, archive, number, workers, seed)
        context.Process(target=_work, args=(worker, share, ends, results), daemon=True).start()
    left, rounds, total = workers, 0, 0
    while left:
        result = results.get()
        if result is None:
            left -= 1
            continue
        rounds, total = rounds + 1, total + sum(result.kills.values())
        _tell(rounds, total, result)
        yield result


def _tell(number: int, total: int, result: Result) -> None:
    what = "; ".join(result.at) or "it was over before the kill"
    say(f"round {number:3}, {total:3} kills: {result.lane:13} {what}")
    for name, lines in result.faults.items():
        for line in lines:
            say(f"    {name.upper()}: {line}")


def _tell_kills(found: list[Result]) -> None:
    rows = []
    for lane in LANES:
        mine = [one for one in found if one.lane == lane]
        kills = sum((one.kills for one in mine), Counter[str]())
        wrong = [sum(len(one.faults.get(name, ())) for one in mine) for name in FAULTS[:5]]
        counts = [kills[kind] or "" for kind in KINDS]
        rows.append([lane, len(mine), *counts, sum(kills.values()), *map(str, wrong)])
    table(("lane", "rounds", *KINDS, "kills", *FAULTS[:5]), rows)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.torture", description=__doc__)
    parser.add_argument("--kills", type=int, default=300, help="at least so many (default: 300)")
    parser.add_argument("--minutes", type=float, default=10, help="at most so long (default: 10)")
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**6))
    parser.add_argument("--workers", type=int, default=2, help="boxes at a time (default: 2)")
    given = parser.parse_args()
    return 0 if torture(given.kills, given.minutes, given.seed, given.workers) else 1


if __name__ == "__main__":
    sys.exit(main())

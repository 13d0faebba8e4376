"""The lane `install`: the packages are not there, and the drain that installs them is killed."""

from __future__ import annotations

import random
from pathlib import Path

from app.packages import install
from app.packages.requirements import parse_all
from devserver.box import Box
from tests.torture.lanes import QUEUE, kind_of
from tests.torture.rounds import AT_RANDOM, Result, Rounds
from tests.torture.traps import Point, Traps
from tests.torture.world import World

STUB = Path(__file__).with_name("stub")
# As of two versions of the plugin: going from one to the other installs, and removes the older.
VERSIONS = ("s2p-tiny>=1,<2\n", "s2p-tiny>=1,<3\n")


class Installing:
    """Rounds in a box whose plugin needs what only the stub of pip can deliver."""

    def __init__(self, world: World, traps: Traps, chance: random.Random) -> None:
        self.world, self.traps, self.chance = world, traps, chance
        self.box: Box = world.box
        self.rounds = Rounds(world, traps, chance)
        self.box.stash.env = {**self.box.stash.env, "PYTHONPATH": str(STUB)}
        self._version = 0

    def points(self) -> list[Point]:
        """Those that the installation itself passes, in its second version: both ways are alike."""
        self._update()
        self.box.operation("process_queue", as_task=True)
        self._update()
        found = self.traps.points(
            "process_queue", lambda: self.box.operation("process_queue", as_task=True)
        )
        return [point for point in found if "app/packages/install.py" in point.place]

    def round(self, *points: Point | None) -> Result:
        """The plugin is updated, and its first drain dies; then, maybe, somebody goes back."""
        result = Result("install")
        self._update()
        self.box.stash.hold_jobs()
        self.world.edit()
        for point in points:
            self._kill(point, result)
            if self.chance.random() < 0.6:
                self._update()
        self.world.forget_jobs()
        self.box.operation("process_queue", as_task=True)
        self._must_be_tidy(result)
        for name, lines in self.world.faults().items():
            result.faults.setdefault(name, []).extend(lines)
        return result

    def _kill(self, point: Point | None, result: Result) -> None:
        if point is None:
            self.rounds.kill_task(QUEUE, None, AT_RANDOM, result)
            return
        self.traps.arm("process_queue", point)
        self.world.wait_for(self.world.start(QUEUE.task))
        if death := self.traps.death():
            result.killed(kind_of(death.at), str(death.at))

    def _update(self) -> None:
        self._version = 1 - self._version
        (self.box.folder / "requirements.txt").write_text(VERSIONS[self._version])

    def _must_be_tidy(self, result: Result) -> None:
        """What pip, orphaned, still writes goes with the next run."""
        self.box.operation("queue_status")
        folder = self.box.data_dir / "deps"
        wanted = {install.LOCK, install.folder_name(parse_all(VERSIONS[self._version]))}
        if left := {path.name for path in folder.iterdir()} - wanted:
            result.faults["temporary files"] = [f"deps/{name}" for name in sorted(left)]

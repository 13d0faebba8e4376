"""Kills the plugin's processes at chosen points: finds the points of an action, and arms one."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from devserver.box import Box
from tests.torture.mortal import DIED, PLAN, POINTS

PROGRAM = Path(__file__).with_name("mortal.py")


class Point(NamedTuple):
    """The `nth` event of a kind that a line of the plugin's brings about."""

    kind: str  # an audit event (`os.remove`) or a C function (`execute`)
    place: str  # `sync_queue/jobs.py:12 put`
    nth: int

    @property
    def module(self) -> str:
        return self.place.partition(":")[0]

    def __str__(self) -> str:
        return f"{self.kind} {self.nth} at {self.place}"


class Death(NamedTuple):
    """Where a process was killed, and the events before that: (kind, place, nth, detail)."""

    at: Point
    trail: list[tuple[str, str, int, str]]

    def has_opened(self, name: str) -> bool:
        """Whether a file of that name had been opened before."""
        return any(one[0] == "open" and one[3].endswith(name) for one in self.trail)


class Traps:
    """Makes a box start its plugin mortal. One trap at a time; who steps into it first dies."""

    def __init__(self, box: Box, folder: Path) -> None:
        self._folder = folder
        folder.mkdir(parents=True)
        program = folder / "python"
        program.write_text(f'#!/bin/sh\nexec "{sys.executable}" "{PROGRAM}" "$@"\n')
        program.chmod(0o755)
        box.stash.python = str(program)
        # What measures the coverage uses the same means.
        box.stash.env = {**box.stash.env, "MORTAL_DIR": str(folder), "COVERAGE_PROCESS_CONFIG": ""}

    def points(self, lane: str, act: Callable[[], Any]) -> list[Point]:
        """All points that the first process of the lane passes while `act` goes on."""
        self.disarm()
        self._plan({"lane": lane, "record": True})
        act()
        return [Point(*one[:3]) for one in self._read(POINTS)]

    def arm(self, lane: str, point: Point) -> None:
        """The next process of the lane dies right before this point, if it comes to it."""
        self.disarm()
        self._plan({"lane": lane, "at": list(point)})

    def death(self) -> Death | None:
        """Where a process died since the trap was armed, if one did; the trap is gone then."""
        found = self._read(DIED) if (self._folder / DIED).exists() else None
        self.disarm()
        return found and Death(Point(*found["at"]), [tuple(one) for one in found["trail"]])

    def disarm(self) -> None:
        for path in self._folder.glob("*.json*"):
            path.unlink()

    def _plan(self, plan: dict[str, Any]) -> None:
        path = self._folder / PLAN
        path.with_suffix(".new").write_text(json.dumps(plan))
        path.with_suffix(".new").replace(path)

    def _read(self, name: str) -> Any:
        return json.loads((self._folder / name).read_text())


def places(points: list[Point]) -> list[Point]:
    """Each place once: the first time that each kind of event comes from each line."""
    found: dict[tuple[str, str], Point] = {}
    for point in points:
        found.setdefault((point.kind, point.place), point)
    return list(found.values())

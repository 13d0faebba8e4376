"""Rounds: something goes on, a process of it is killed, and the next invocation has to carry on."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from stash import hook
from tests.torture.lanes import Lane, kind_of
from tests.torture.traps import Death, Point, Traps
from tests.torture.world import Faults, World

AT_RANDOM, STOPPED = "at random", "stopped"  # kinds of kills beside those at chosen points


@dataclass
class Result:
    """One round: what was killed where, and what was wrong afterwards."""

    lane: str
    kills: Counter[str] = field(default_factory=Counter)  # by kind of point
    at: list[str] = field(default_factory=list)
    unmarked: int = 0  # hooks that died before their mark was on disk
    faults: Faults = field(default_factory=dict)

    def killed(self, kind: str, at: str) -> None:
        self.kills[kind] += 1
        self.at.append(at)


class Rounds:
    """Every round ends with all of Plex compared."""

    def __init__(self, world: World, traps: Traps, chance: random.Random) -> None:
        self.world, self.traps, self.chance = world, traps, chance
        self.box = world.box

    def points(self, lane: Lane) -> list[Point]:
        """All points of one undisturbed run of the lane that are of interest in it."""
        self._prepare(lane)
        act = (lambda: self._press(lane)) if lane.task else self._save
        found = self.traps.points(lane.mode, act)
        lane.mend(self.world)
        self.world.forget_jobs()
        self.box.operation("process_queue")
        self._look(lane)
        return [one for one in found if not lane.only or any(f in one.place for f in lane.only)]

    def switch(self, inline: bool) -> None:
        """Whether hooks drain by themselves; they are told by the next command."""
        self.box.configure(hook_mode="inline" if inline else "")
        self.box.operation("queue_status")

    # -- hooks

    def hook(self, lane: Lane, *points: Point | None) -> Result:
        """Saves whose hooks die, at the points or at random. What was marked is done by the next
        invocation; of what was not, only a reconciliation can know."""
        result = Result(lane.name)
        self._prepare(lane)
        unmarked: set[tuple[str, int]] = set()
        for point in points:
            unmarked |= self._kill_hook(point, result)
        result.unmarked = len(unmarked)
        self._carry_on(lane)
        self._must_be_right(result, {number for _, number in unmarked})
        if unmarked:
            self.box.operation("reconcile_all")
        return self._judged(lane, result)

    def _kill_hook(self, point: Point | None, result: Result) -> set[tuple[str, int]]:
        """Gives what the hook that died was to mark and did not."""
        before = len(self.box.stash.runs)
        if not point:
            with self.world.people(3):
                self._kill_soon(result, AT_RANDOM, 0.1)
            return self._meant(before) - self.world.flags() - self.world.owed()
        self.traps.arm("hook", point)
        self._save()
        death = self.traps.death()
        self._note(death, result)
        return {
            (kind, number)
            for kind, number in self._meant(before)
            if not (death and death.has_opened(f"inbox/{kind}-{number}"))
        }

    def _save(self) -> None:
        self.chance.choice((self.world.edit, self.world.edit, self.world.bulk_edit))()

    def _meant(self, before: int) -> set[tuple[str, int]]:
        """What the hooks that were killed since then were to mark."""
        killed = [run for run in self.box.stash.runs[before:] if run.exit_code == -9]
        folder, hooks = str(self.box.data_dir), [run for run in killed if run.kind == "hook"]
        found = [hook.flag(run.args["hookContext"], folder) for run in hooks]
        return {flag for flag in found if flag}

    # -- tasks

    def task(self, lane: Lane, *points: Point | None, stopped: bool = False) -> Result:
        """A task that dies while people edit; and so does the next one, and the one after that."""
        result = Result(lane.name)
        silent = self._prepare(lane)
        for point in points:
            self.kill_task(lane, point, STOPPED if stopped else AT_RANDOM, result)
        lane.mend(self.world)
        self._carry_on(lane)
        self._must_be_right(result, silent)
        self._look(lane)
        return self._judged(lane, result)

    def kill_task(self, lane: Lane, point: Point | None, kind: str, result: Result) -> None:
        """Start the lane's task, and see it die while people edit."""
        if point:
            self.traps.arm(lane.mode, point)
        with self.world.people():
            woken = self.world.queued() if self.chance.random() < 0.25 else ""
            mine = lane.mode == "process_queue" and lane.by_save
            number = self.world.start(lane.task, woken if mine else "")
            if not point:
                self._kill_soon(result, kind, 1.2, number)
            self.world.wait_for(number)
        if point:
            self._note(self.traps.death(), result)

    def _press(self, lane: Lane) -> None:
        self.world.wait_for(self.world.start(lane.task))

    # -- killing

    def _kill_soon(self, result: Result, kind: str, seconds: float, job: str = "") -> None:
        """At a moment of the next process's life that chance decides, whatever it does then."""
        wait = self.chance.uniform(0.0, seconds)
        child = self.world.next_process("task" if job else "hook")
        if child is None or child.done.wait(wait):
            return
        self.box.stash.stop_job(job) if kind == STOPPED else child.kill()
        child.done.wait(5)
        if child.exit_code == -9:
            result.killed(kind, f"after {wait:.3f} s")

    def _note(self, death: Death | None, result: Result) -> None:
        if death:
            result.killed(kind_of(death.at), str(death.at))

    # -- before and after

    def _prepare(self, lane: Lane) -> Any:
        """Something to do for the lane; gives the scenes that no hook told of."""
        self.box.stash.hold_jobs()
        return lane.prepare(self.world)

    def _carry_on(self, lane: Lane) -> None:
        """The next ordinary invocation: the button, the drain that waits in Stash, or a save."""
        if self.chance.random() < 0.8 or not lane.by_save:
            self.world.forget_jobs()
            self.box.operation("process_queue")
            return
        if lane.task and not self.world.queued():
            self.world.let_time_pass()
        self.box.stash.release_jobs()
        self.world.edit()
        self.box.settle()

    def _look(self, lane: Lane) -> None:
        lane.tidy(self.world)
        if lane.looks:
            self.box.operation(lane.mode)

    def _must_be_right(self, result: Result, excused: set[int]) -> None:
        wrong = {n: said for n, said in self.world.differences().items() if n not in excused}
        if wrong:
            result.faults["lost"] = [f"not done by the next invocation: {wrong}"]

    def _judged(self, lane: Lane, result: Result) -> Result:
        self.box.stash.release_jobs()
        self.box.settle()
        for name, lines in self.world.faults().items():
            result.faults.setdefault(name, []).extend(lines)
        lane.tidy(self.world)
        return result

"""The one loop: everything owed gets done, nothing is lost, one bad job harms nobody else."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

import errors
from disk.lock import FileLock, is_held
from sync_queue import inbox, retry_policy
from sync_queue.drain import Drain, Tally
from sync_queue.job import BACKLOG, BULK, Job
from sync_queue.jobs import Jobs
from sync_queue.salvage import TABLE

NOW = 1_790_000_000.0
HOUR = 3600.0


@dataclass
class Done:
    """An outcome, as `plex.sync.pipeline` gives one per scene."""

    scene_id: int
    missing: bool = False
    unsettled: bool = False
    hidden: bool = False
    error: Exception | None = None
    wrote: bool = True
    refused: bool = False
    skipped: str = ""


@dataclass
class World:
    """Stash, Plex and a clock for a drain: what fails, and what was done."""

    data: str
    jobs: Jobs
    now: float = NOW
    batches: list[list[int]] = field(default_factory=list)
    outcomes: dict[int, Done] = field(default_factory=dict)
    poison: dict[int, Exception] = field(default_factory=dict)  # fails the batch it is in
    late: dict[int, Exception] = field(default_factory=dict)  # the same, once it is written
    down: Exception | None = None
    shows: dict[tuple[str, int], list[list[int]]] = field(default_factory=dict)
    said: list[str] = field(default_factory=list)
    shown: list[tuple[int, int, int]] = field(default_factory=list)  # done, put off, of all
    before: Callable[[], None] = lambda: None  # called in the middle of each batch
    asleep: Callable[[], None] = lambda: None  # called at each sleep

    def sync(self, ids: Sequence[int]) -> Callable[[], list[Done]]:
        self.batches.append(list(ids))
        self.before()
        if self.down:
            raise self.down
        for number in ids:
            if number in self.poison:
                raise self.poison[number]
        return lambda: self.ended(ids)

    def ended(self, ids: Sequence[int]) -> list[Done]:
        for number in ids:
            if number in self.late:
                raise self.late[number]
        return [self.outcomes.get(number) or Done(number) for number in ids]

    def expand(self, kind: str, number: int) -> Iterable[list[int]]:
        if self.down:
            raise self.down
        return self.shows.get((kind, number), [])

    def sleep(self, seconds: float) -> None:
        self.now += seconds
        self.asleep()

    def drain(self, **options: Any) -> Tally:
        usual = {"expand": self.expand, "sleep": self.sleep, "warn": self.said.append}
        return Drain(
            self.data, self.jobs, self.sync, clock=lambda: self.now, chance=lambda: 1.0,
            progress=lambda *counts: self.shown.append(counts), **usual | options,
        ).run()  # fmt: skip

    def owe(self, *ids: int, **fields: Any) -> None:
        self.jobs.put([Job(number, **fields) for number in ids], self.now)

    def mark(self, kind: str, number: int) -> None:
        inbox.mark(self.data, kind, number)

    @property
    def synced(self) -> list[int]:
        return [number for batch in self.batches for number in batch]

    def left(self) -> dict[str, int]:
        return {name: n for name, n in self.jobs.counts(self.now).items() if n}

    def attempts(self) -> dict[int, int]:
        """Of everything that is still owed."""
        return {job.id: job.attempts for job in self.jobs.claim(999, self.now + 9e9)}


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    jobs = Jobs(tmp_path)
    yield World(str(tmp_path), jobs)
    jobs.close()


# -- flags and batches


def test_a_flag_becomes_a_job_and_is_done(world: World) -> None:
    world.mark("scene", 42)
    assert world.drain().counts == {"written": 1}
    assert world.synced == [42] and inbox.is_empty(world.data) and world.left() == {}


def test_a_thousand_flags_go_in_batches_and_each_once(world: World) -> None:
    for number in range(1, 1001):
        world.mark("scene", number)
    world.drain()
    assert sorted(world.synced) == list(range(1, 1001)) and len(world.batches) == 50


def test_a_drain_of_one_scene_leaves_the_rest_as_it_is(world: World) -> None:
    world.owe(1)
    for number in (2, 3):
        world.mark("scene", number)
    world.mark("tag", 2)
    assert world.drain(only=2).counts == {"written": 1}
    assert world.synced == [2] and world.left() == {"pending": 1}
    assert sorted(inbox.flags(world.data)) == [("scene", 3), ("tag", 2)]


def test_a_drain_of_one_scene_keeps_the_wake_marker(world: World) -> None:
    inbox.begin_wake(world.data)
    inbox.end_wake(world.data, "7", None)
    world.drain(only=2)
    with FileLock(os.path.join(world.data, inbox.LOCK)):
        world.drain(only=2)
    assert inbox.waking(world.data, None, os.stat(world.data).st_mtime) == ""


def test_with_nothing_owed_nothing_is_asked_of_anybody(world: World) -> None:
    world.down = errors.SetupError("no Plex at all")
    assert world.drain().as_dict()["paused"] is None and world.batches == []


def test_what_says_the_same_counts_as_unchanged(world: World) -> None:
    world.owe(1)
    world.outcomes[1] = Done(1, wrote=False)
    assert world.drain().as_dict()["unchanged"] == 1


def test_what_is_left_alone_is_counted_as_refused_unless_something_was_written(
    world: World,
) -> None:
    world.owe(1, 2)
    world.outcomes[1] = Done(1, wrote=False, refused=True)
    world.outcomes[2] = Done(2, wrote=True, refused=True)
    found = world.drain().as_dict()
    assert (found["written"], found["unchanged"], found["refused"]) == (1, 0, 1)


def test_the_same_drain_does_a_flag_set_meanwhile(world: World) -> None:
    world.owe(1)
    world.before = lambda: world.mark("scene", 1) if len(world.batches) == 1 else None
    world.drain()
    assert world.synced == [1, 1] and world.left() == {}


def test_an_edit_overtakes_the_backlog(world: World) -> None:
    world.owe(*range(1, 61), rank=BACKLOG)
    world.before = lambda: world.mark("scene", 99) if len(world.batches) == 1 else None
    world.drain()
    assert world.batches[1][0] == 99


def test_a_flag_goes_only_after_its_job_is_on_disk(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.mark("scene", 5)
    full = sqlite3.OperationalError("database or disk is full")
    monkeypatch.setattr(world.jobs, "settle", lambda: (_ for _ in ()).throw(full))
    tally = world.drain()
    assert "disk is full" in tally.paused and inbox.flags(world.data) == [("scene", 5)]


def test_a_flag_that_stays_ends_the_drain(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.mark("scene", 5)

    def refused(path: str) -> None:
        raise PermissionError(13, "read-only", path)

    monkeypatch.setattr(inbox.calls, "unlink", refused)
    monkeypatch.setattr("time.sleep", lambda seconds: None)
    assert "read-only" in world.drain().paused and world.batches == []


# -- the lock, the marker, and being the only one


def test_the_lock_is_held_while_it_works_and_free_afterwards(world: World) -> None:
    path = os.path.join(world.data, inbox.LOCK)
    held: list[bool] = []
    world.owe(1)
    world.before = lambda: held.append(is_held(path))
    world.drain()
    assert held == [True] and not is_held(path)


def test_while_another_one_drains_nothing_is_touched(world: World) -> None:
    world.owe(1)
    with FileLock(os.path.join(world.data, inbox.LOCK)):
        tally = world.drain()
    assert tally.busy and world.batches == [] and world.left() == {"pending": 1}


@pytest.mark.parametrize("busy", [False, True])
def test_the_marker_is_taken_down_whoever_does_the_work(world: World, busy: bool) -> None:
    inbox.begin_wake(world.data)
    other = FileLock(os.path.join(world.data, inbox.LOCK))
    if busy:
        assert other.acquire()
    world.drain()
    other.release()
    assert inbox.waking(world.data, None, world.now) is None


def test_the_marker_stands_until_the_lock_is_held(world: World) -> None:
    """A hook in between sees one of the two, and queues no second drain."""
    inbox.begin_wake(world.data)
    seen: list[bool] = []
    jobs_resume = world.jobs.resume

    def resume(now: float) -> None:
        seen.append(is_held(os.path.join(world.data, inbox.LOCK)))
        jobs_resume(now)

    world.jobs.resume = resume  # type: ignore[method-assign]
    world.drain()
    assert seen == [True]


def test_it_looks_once_more_after_it_has_given_the_lock_back(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A hook that marked before the release has seen the lock held, and woke nobody."""
    release = FileLock.release

    def late_flag(lock: FileLock) -> None:
        if not world.batches:
            world.mark("scene", 7)
        release(lock)

    monkeypatch.setattr(FileLock, "release", late_flag)
    world.drain()
    assert world.synced == [7]


def test_what_a_killed_drain_had_in_hand_is_done(world: World) -> None:
    world.owe(1, 2)
    world.jobs.claim(1, world.now)
    world.drain()
    assert sorted(world.synced) == [1, 2] and world.left() == {}


# -- the line is kept full


def test_the_next_batch_is_told_before_this_one_is_written(world: World) -> None:
    world.owe(*range(1, 46), rank=BACKLOG)
    told: list[tuple[int, int]] = []
    world.drain(ahead=lambda ids: told.append((len(world.batches), ids[0])))
    assert told == [(0, 21), (1, 41)]


def test_a_batch_is_judged_after_the_next_one_was_written(world: World) -> None:
    """So what Plex made of it can be read meanwhile."""
    world.owe(*range(1, 46), rank=BACKLOG)
    seen: list[int] = []
    world.before = lambda: seen.append(sum(world.left().values()))
    world.drain()
    assert seen == [45, 45, 25] and world.left() == {}


def test_what_is_edited_after_it_was_claimed_is_done_again(world: World) -> None:
    world.owe(*range(1, 41), rank=BACKLOG)
    world.before = lambda: world.mark("scene", 40) if len(world.batches) == 1 else None
    world.drain()
    assert [40 in batch for batch in world.batches] == [False, True, True]


def test_a_pause_in_one_batch_gives_back_those_around_it(world: World) -> None:
    world.owe(*range(1, 61), rank=BACKLOG)
    gone = errors.Unreachable("gone")
    world.late[21] = gone
    tally = world.drain()
    assert tally.paused == "gone" and tally.counts == {"written": 20}
    assert world.attempts() == dict.fromkeys(range(21, 61), 0)


def test_a_batch_that_cannot_be_judged_is_done_one_by_one(world: World) -> None:
    world.owe(*range(1, 46), rank=BACKLOG)
    world.late[7] = errors.Busy("what Plex made of it cannot be read")
    assert world.drain().counts == {"written": 44, "retried": 1}
    assert world.attempts() == {7: 1}


def test_the_batch_before_is_judged_although_this_one_cannot_be_written(world: World) -> None:
    world.owe(*range(1, 41), rank=BACKLOG)
    world.poison[30] = errors.Unreachable("gone")
    assert world.drain().counts == {"written": 20} and world.left() == {"pending": 20}


def test_a_name_is_looked_up_when_all_before_it_is_judged(world: World) -> None:
    world.owe(*range(1, 21))
    world.jobs.put([Job(3, "performer")], world.now)
    left: list[int] = []
    world.drain(expand=lambda kind, number: left.append(sum(world.left().values())) or [])
    assert left == [1]


def test_a_server_that_is_slow_is_left_alone_between_batches(world: World) -> None:
    world.owe(*range(1, 46), rank=BACKLOG)
    rests = iter([0.0, 2.5, 0.0])
    world.drain(rest=lambda: next(rests))
    assert world.now == NOW + 2.5 and world.left() == {}


# -- waiting


def test_a_woken_drain_stays_for_the_rest_of_a_bulk_edit(world: World) -> None:
    late = iter([0, 1, 2, 0, 3])
    world.mark("scene", 9)
    world.asleep = lambda: (n := next(late, 0)) and world.mark("scene", n)  # type: ignore[func-returns-value]
    world.drain(linger=2.0)
    assert world.synced == [9, 1, 2, 3] and world.now < NOW + 3


def test_without_linger_it_does_not_wait_at_all(world: World) -> None:
    world.mark("scene", 9)
    world.drain()
    assert world.now == NOW


def test_a_hiccup_is_over_within_the_same_run(world: World) -> None:
    """Stash has no timer: a retry that nobody waits for may come days later."""
    world.owe(1)
    world.outcomes[1] = Done(1, error=errors.Busy("Plex answered 503"))
    world.asleep = world.outcomes.clear
    assert world.drain(patience=5.0).counts == {"retried": 1, "written": 1}
    assert world.left() == {} and world.now <= NOW + 6


def test_it_does_not_wait_for_what_is_due_much_later(world: World) -> None:
    world.owe(1)
    world.outcomes[1] = Done(1, missing=True)
    world.drain(patience=5.0)
    assert world.now == NOW and world.left() == {"waiting": 1}


def test_a_save_that_drains_inline_does_not_wait_for_a_retry(world: World) -> None:
    world.owe(1)
    world.outcomes[1] = Done(1, error=errors.Busy("503"))
    world.drain()
    assert world.now == NOW and world.left() == {"waiting": 1}


# -- verdicts


def test_a_server_that_is_away_pauses_the_drain_and_costs_no_attempt(world: World) -> None:
    world.owe(*range(1, 31))
    world.down = errors.Unreachable("Plex does not answer at http://x")
    for _ in range(7):
        tally = world.drain()
    assert tally.paused == "Plex does not answer at http://x"
    assert len(world.said) == 7 and "The queue is kept" in world.said[0]
    assert world.left() == {"pending": 30}
    world.down = None
    assert world.drain().counts == {"written": 30}


@pytest.mark.parametrize(
    ("words", "line"),
    [
        ("gone", "paused: gone. The queue is kept, and the sync goes on when that is over"),
        (
            "no token.",
            "paused: no token. The queue is kept, and the sync goes on when that is over",
        ),
        (
            "no token; what is waiting to be synced is kept.",
            "paused: no token; what is waiting to be synced is kept. The sync goes on when that is over",
        ),
    ],
)
def test_a_pause_is_told_in_whole_sentences(world: World, words: str, line: str) -> None:
    world.owe(1)
    world.down = errors.SetupError(words)
    world.drain()
    assert world.said == [line]


def test_a_pause_in_the_middle_keeps_the_order_and_the_counts(world: World) -> None:
    world.owe(*range(1, 31))
    world.before = lambda: setattr(world, "down", errors.Unreachable("gone"))  # in batch 1
    world.drain()
    assert world.attempts() == dict.fromkeys(range(1, 31), 0)


def test_a_failing_job_is_retried_later_and_then_buried(
    world: World,
) -> None:
    world.owe(1)
    world.outcomes[1] = Done(1, error=errors.Busy("Plex answered 500"))
    for _ in range(4):
        assert world.drain().counts == {"retried": 1}
        world.now = world.jobs.next_due() or 0
    assert world.drain().counts == {"buried": 1}
    (letter,) = world.jobs.dead_letters()
    assert (letter.job.id, letter.error) == (1, "Plex answered 500 (5 attempts)")


def test_max_retries_is_obeyed(world: World) -> None:
    world.owe(1)
    world.outcomes[1] = Done(1, error=errors.Busy("x"))
    assert world.drain(max_retries=1).counts == {"buried": 1}


def test_a_rejected_job_is_buried_and_others_are_done(world: World) -> None:
    world.owe(1, 2, 3)
    world.outcomes[2] = Done(2, error=errors.Rejected("Plex answered 400"))
    assert world.drain().counts == {"written": 2, "buried": 1}
    assert [letter.job.id for letter in world.jobs.dead_letters()] == [2]


def test_a_file_that_plex_lacks_is_waited_for_and_found(world: World) -> None:
    world.owe(1)
    world.outcomes[1] = Done(1, missing=True)
    assert world.drain().counts == {"waiting": 1} and world.left() == {"waiting": 1}
    world.outcomes.clear()
    world.now += HOUR
    assert world.drain().counts == {"written": 1}


def test_an_item_that_plex_still_reads_is_checked_soon(
    world: World,
) -> None:
    world.owe(1, waits=6)
    world.outcomes[1] = Done(1, unsettled=True)
    assert world.drain().counts == {"waiting": 1}
    assert world.jobs.next_due() == NOW + retry_policy.SETTLE_SECONDS
    world.outcomes.clear()
    world.jobs.hasten_waits(world.now)
    assert world.drain().counts == {"written": 1}


def test_a_drain_stays_for_events_on_their_way(world: World) -> None:
    world.owe(1)
    world.outcomes[1] = Done(1, unsettled=True)

    def stay() -> bool:
        if world.now >= NOW + 10:
            world.outcomes.clear()
            world.jobs.hasten_waits(world.now)
        elif world.batches == [[1]]:
            inbox.mark(world.data, "scene", 2)
        return world.now < NOW + 11

    assert world.drain(stay=stay).counts == {"waiting": 1, "written": 2}
    assert world.batches == [[1], [2], [1]] and world.left() == {}


def test_a_file_that_never_comes_is_left_to_reconciliation(world: World) -> None:
    world.owe(1)
    world.outcomes[1] = Done(1, missing=True)
    runs = 0
    while world.left() and runs < 20:
        world.drain()
        world.now = world.jobs.next_due() or world.now
        runs += 1
    assert runs == 9 and world.left() == {}


def test_early_looks_do_not_count(world: World) -> None:
    """As each press of Process Queue is one."""
    world.owe(1)
    world.outcomes[1] = Done(1, missing=True)
    world.drain()
    due = world.jobs.next_due()
    for _ in range(30):
        world.jobs.hasten_all(world.now)
        assert world.drain().counts == {"waiting": 1} and world.jobs.next_due() == due


def test_a_clock_a_year_ahead_uses_one_look(world: World) -> None:
    world.owe(1)
    world.outcomes[1] = Done(1, missing=True)
    world.drain()
    world.now += 365 * 24 * HOUR
    world.drain()
    world.now = NOW + HOUR
    world.drain()
    (job,) = world.jobs.pending()
    assert job.waits == 3 and NOW < (world.jobs.next_due() or 0) < NOW + 2 * HOUR


def test_a_scene_that_leaves_the_queue_without_its_file_is_told_of(world: World) -> None:
    world.owe(1, waits=8)
    world.outcomes[1] = Done(1, missing=True)
    told: list[str] = []
    tally = world.drain(say=told.append)
    assert world.left() == {} and tally.counts["waiting"] == 0
    assert len(told) == 1 and told[0].startswith("scene 1: still not in Plex after 8 looks")


# -- one bad job


@pytest.mark.parametrize(
    ("error", "left"),
    [
        (errors.Rejected("Stash refused a query"), {"dead": 1}),
        (errors.Busy("Stash sent a scene that cannot be read"), {"waiting": 1}),
        (KeyError("a bug"), {"waiting": 1}),
    ],
)
def test_a_scene_that_fails_its_whole_batch_harms_no_other(
    world: World, error: Exception, left: dict[str, int]
) -> None:
    world.owe(*range(1, 41))
    world.poison[7] = error
    assert world.drain().counts["written"] == 39
    assert world.left() == left


def test_the_others_of_a_failed_batch_are_charged_no_attempt(world: World) -> None:
    world.owe(1, 2, 3)
    world.poison[2] = errors.Busy("x")
    world.outcomes[3] = Done(3, missing=True)
    world.drain()
    assert world.attempts() == {2: 1, 3: 0}


@pytest.mark.parametrize("error", [errors.Rejected("no such field"), errors.Busy("Plex: 500")])
def test_equal_failures_of_all_scenes_keep_the_queue(world: World, error: Exception) -> None:
    world.owe(*range(1, 31))
    world.down = error
    for _ in range(9):
        assert world.drain().paused == str(error)
    assert world.attempts() == dict.fromkeys(range(1, 31), 0)


def test_a_refusal_with_nothing_to_compare_to_keeps_the_job(world: World) -> None:
    """Perhaps Stash was updated and refuses every query: the queue must not go to the dead."""
    world.owe(1)
    world.down = errors.Rejected("Cannot query field")
    assert world.drain().paused == "Cannot query field"
    assert world.attempts() == {1: 0}


def test_a_lone_job_that_fails_is_retried_and_counted(world: World) -> None:
    world.owe(1)
    world.down = errors.Busy("x")
    world.drain()
    assert world.attempts() == {1: 1}


@pytest.mark.parametrize(("answers", "attempts"), [(True, 1), (False, 0)])
def test_a_lone_job_is_charged_only_if_the_server_answers_otherwise(
    world: World, answers: bool, attempts: int
) -> None:
    world.owe(1)
    world.outcomes[1] = Done(1, error=errors.Busy("Plex answered 500").of(errors.PLEX))
    tally = world.drain(is_up=lambda error: answers)
    assert world.attempts() == {1: attempts} and bool(tally.paused) is not answers


@pytest.mark.parametrize("error", [errors.Busy("500"), errors.Rejected("400"), errors.Gone("404")])
def test_a_batch_without_any_success_keeps_the_queue(world: World, error: Exception) -> None:
    world.owe(1, 2, 3)
    world.outcomes = {n: Done(n, error=error) for n in (1, 2, 3)}
    tally = world.drain()
    assert tally.paused == str(error) and tally.reason is error
    assert world.attempts() == {1: 0, 2: 0, 3: 0} and len(world.said) == 1


def test_failures_are_charged_while_the_server_is_fine(world: World) -> None:
    """However many they are: else a queue of nothing but bad jobs would never end."""
    world.owe(1, 2, 3)
    error = errors.Busy("500").of(errors.PLEX)
    error.alone = True
    world.outcomes = {n: Done(n, error=error) for n in (1, 2, 3)}
    tally = world.drain(is_up=lambda error: pytest.fail("nobody needs to ask"))
    assert tally.paused == "" and world.attempts() == {1: 1, 2: 1, 3: 1}
    world.now += HOUR
    world.outcomes = {1: world.outcomes[1]}
    world.drain(max_retries=1)
    assert [one.job.outage for one in world.jobs.dead()] == [False]


@pytest.mark.parametrize("error", [errors.Busy("500"), errors.Rejected("400")])
@pytest.mark.parametrize("fails", ["outcomes", "poison"])
def test_jobs_that_all_fail_are_charged_if_the_server_serves_others(
    world: World, error: Exception, fails: str
) -> None:
    world.owe(1, 2)
    if fails == "poison":
        world.poison = {1: error, 2: error}
    else:
        world.outcomes = {n: Done(n, error=error) for n in (1, 2)}
    tally = world.drain(serves_others=lambda error: True, max_retries=1)
    assert tally.paused == "" and world.left() == {"dead": 2}


def test_a_lone_refusal_is_charged_if_the_server_serves_others(world: World) -> None:
    world.owe(1)
    world.poison = {1: errors.Rejected("400")}
    assert world.drain(serves_others=lambda error: True).paused == ""
    assert world.left() == {"dead": 1}


def test_a_dead_letter_knows_whether_a_server_was_in_trouble(world: World) -> None:
    world.owe(1, 2, 3)
    world.outcomes[1] = Done(1, error=errors.Busy("500").of(errors.PLEX))
    world.outcomes[2] = Done(2, error=errors.Rejected("400"))
    world.drain(max_retries=1)
    assert {one.job.id: one.job.outage for one in world.jobs.dead()} == {1: True, 2: False}


class Slowly:
    """Two batches of one after an outage, then full speed."""

    def __init__(self) -> None:
        self.step = 0

    def pace(self) -> tuple[int, float] | None:
        return (1, 3.0) if self.step < 2 else None

    def went_well(self) -> None:
        self.step += 1


def test_after_an_outage_batches_are_small_and_apart(world: World) -> None:
    world.owe(*range(1, 31))
    world.drain(pace=Slowly())
    assert [len(batch) for batch in world.batches] == [1, 1, 20, 8]
    assert world.now == NOW + 6.0


def test_a_batch_that_pauses_did_not_go_well(world: World) -> None:
    world.owe(1, 2)
    world.down = errors.Unreachable("gone")
    slowly = Slowly()
    world.drain(pace=slowly)
    assert slowly.step == 0


def test_a_server_that_goes_away_while_the_culprit_is_looked_for_pauses(world: World) -> None:
    world.owe(1, 2, 3)
    world.poison[2] = errors.Busy("x")
    world.before = lambda: (
        setattr(world, "down", errors.Unreachable("gone")) if len(world.batches) == 3 else None
    )
    assert world.drain().paused == "gone"
    assert world.attempts() == {2: 0, 3: 0} and world.synced == [1, 2, 3, 1, 2]


def test_an_answer_that_lacks_a_scene_loses_nothing(world: World) -> None:
    """The batch breaks after the first of its jobs got its verdict."""
    world.owe(1, 2)
    world.outcomes = {1: Done(1, error=errors.Busy("x")), 2: Done(99)}
    world.drain()
    assert set(world.attempts()) == {1, 2}


def test_a_full_disk_during_the_sync_pauses_and_charges_nobody(world: World) -> None:
    world.owe(1, 2)
    world.down = sqlite3.OperationalError("database or disk is full")
    assert "full" in world.drain().paused
    assert world.attempts() == {1: 0, 2: 0}


def test_a_job_of_a_later_version_is_kept_among_the_dead_letters(world: World) -> None:
    world.jobs.put([Job(5, "gallery"), Job(6)], world.now)
    assert world.drain().counts == {"buried": 1, "written": 1}
    (letter,) = world.jobs.dead_letters()
    assert (letter.job.key, letter.error) == (
        "gallery:5",
        "this version does not know what a gallery is",
    )


def test_a_row_that_cannot_be_read_stops_nothing(world: World) -> None:
    world.owe(1, 2)
    with world.jobs.writing() as db:
        db.execute(f"UPDATE {TABLE} SET key = NULL, data = 'x' WHERE _id = 1")
    assert world.drain().counts == {"buried": 1, "written": 1}
    assert list(world.jobs.dead_by_error()) == ["this row of the queue cannot be read"]


# -- names


def test_a_renamed_performer_becomes_the_scenes_that_show_it(world: World) -> None:
    world.mark("performer", 3)
    world.shows["performer", 3] = [[10, 11], [11, 12]]
    world.drain()
    assert sorted(set(world.synced)) == [10, 11, 12] and world.left() == {}


def test_a_name_of_many_scenes_does_not_push_an_edit_back(world: World) -> None:
    world.owe(500)
    world.mark("tag", 1)
    world.shows["tag", 1] = [list(range(1, 101))]
    world.before = lambda: world.mark("scene", 600) if len(world.batches) == 2 else None
    world.drain()
    assert world.batches[0] == [500] and world.batches[2][0] == 600
    assert len(world.synced) == 102


def test_a_name_that_nothing_shows_is_done(world: World) -> None:
    world.mark("studio", 1)
    world.drain()
    assert world.batches == [] and world.left() == {}


def test_while_stash_is_away_a_renamed_tag_stays_owed(world: World) -> None:
    world.mark("tag", 1)
    world.owe(5)
    world.down = errors.Unreachable("Stash is away")
    world.drain()
    assert world.left() == {"pending": 2}


# -- what a person sees


def test_scenes_that_are_not_selected_are_done_and_counted_by_reason(world: World) -> None:
    world.owe(1, 2, 3, 4)
    for number in (1, 2):
        world.outcomes[number] = Done(number, wrote=False, skipped="not organized")
    world.outcomes[3] = Done(3, wrote=False, skipped="excluded by tag")
    found = world.drain().as_dict()
    assert found["skipped"] == {"not organized": 2, "excluded by tag": 1}
    assert (found["written"], found["unchanged"], world.left()) == (1, 0, {})
    assert world.shown[-1] == (4, 0, 4)


def test_progress_counts_the_jobs_of_this_run(world: World) -> None:
    world.owe(*range(1, 61))
    world.drain()
    assert world.shown[0] == (0, 0, 60) and world.shown[-1] == (60, 0, 60)
    assert [done for done, _, _ in world.shown] == sorted(done for done, _, _ in world.shown)
    assert {total for _, _, total in world.shown} == {60}


def test_what_joins_the_run_raises_the_number_of_all(world: World) -> None:
    world.owe(*range(1, 61))
    world.before = lambda: len(world.batches) < 4 and world.mark("scene", 900 + len(world.batches))
    world.drain()
    totals = [total for _, _, total in world.shown]
    assert totals == sorted(totals) and totals[0] == 60
    assert (
        world.shown[-1] == (totals[-1], 0, totals[-1]) == (len(world.synced), 0, len(world.synced))
    )


def test_jobs_that_another_process_queues_are_counted(world: World) -> None:
    world.owe(*range(1, 61))

    def later() -> None:
        world.now += 3
        if len(world.batches) == 1:
            world.owe(*range(100, 130))

    world.before = later
    world.drain()
    assert (20, 0, 90) in world.shown and world.shown[-1] == (90, 0, 90)


def test_a_job_that_is_put_off_is_counted_apart(world: World) -> None:
    world.owe(1, 2, 3)
    world.outcomes[2] = Done(2, missing=True)
    world.poison[3] = errors.Rejected("no")
    world.drain()
    assert world.shown[-1] == (1, 2, 3)


def test_a_job_that_is_retried_counts_once(world: World) -> None:
    world.owe(1, 2, 3)
    world.poison[3] = errors.Busy("later")
    world.asleep = lambda: world.poison.clear()
    world.drain(patience=60.0)
    assert (2, 1, 3) in world.shown and world.shown[-1] == (3, 0, 3)
    assert {total for _, _, total in world.shown} == {3}


def test_a_rename_counts_with_the_scenes_that_it_queues(world: World) -> None:
    world.shows["tag", 5] = [[1, 2, 3]]
    world.mark("tag", 5)
    world.drain()
    assert world.shown[0] == (0, 0, 1) and world.shown[-1] == (4, 0, 4)


def test_a_single_scene_is_one_of_one(world: World) -> None:
    world.owe(*range(1, 41))
    world.drain(only=7)
    assert world.shown[0] == (0, 0, 1) and world.shown[-1] == (1, 0, 1)


def test_jobs_that_the_brake_holds_are_none_of_this_run(world: World) -> None:
    world.owe(*range(1, 41), rank=BULK)
    world.owe(50, rank=BACKLOG)
    world.drain(brake=Brake(errors.Braked("no")).check)
    assert world.shown[-1] == (1, 0, 1)


def test_the_tally_is_json(world: World) -> None:
    world.owe(1)
    assert world.drain().as_dict() == {
        "written": 1, "unchanged": 0, "refused": 0, "waiting": 0, "retried": 0, "buried": 0,
        "skipped": {}, "paused": None,
    }  # fmt: skip


# -- what nobody picked one by one waits for the brake


class Brake:
    """Notes what it was told, and holds with an error if it has one."""

    def __init__(self, error: Exception | None = None) -> None:
        self.error = error
        self.told: list[tuple[list[int], int]] = []

    def check(self, sample: Sequence[int], count: int) -> None:
        self.told.append((list(sample), count))
        if self.error:
            raise self.error


def test_the_brake_sees_a_sample_once_before_the_first_of_many(world: World) -> None:
    world.owe(*range(1, 251), rank=BULK)
    brake = Brake()
    world.before = lambda: brake.told or pytest.fail("written without a look")
    assert world.drain(brake=brake.check).counts == {"written": 250}
    assert brake.told == [(list(range(1, 251, 3)), 250)]


def test_a_few_need_no_look(world: World) -> None:
    world.owe(*range(1, 21), rank=BULK)
    brake = Brake(errors.Braked("no"))
    assert world.drain(brake=brake.check).counts == {"written": 20} and brake.told == []


def test_while_the_brake_holds_edits_are_done_and_the_rest_is_kept(world: World) -> None:
    world.owe(*range(1, 41), rank=BULK)
    world.owe(50, rank=BACKLOG)
    world.mark("scene", 51)
    tally = world.drain(brake=Brake(errors.Braked("too much.")).check)
    assert world.synced == [51, 50] and tally.paused == "too much."
    assert world.left() == {"pending": 40} and set(world.attempts().values()) == {0}


def test_an_edit_that_comes_late_is_not_lost_while_the_brake_holds(world: World) -> None:
    world.owe(*range(1, 41), rank=BULK)
    world.asleep = lambda: world.mark("scene", 7) if world.synced == [] else None
    world.drain(brake=Brake(errors.Braked("no")).check, linger=0.3)
    assert world.synced == [7] and inbox.is_empty(world.data)


def test_a_look_that_fails_holds_as_well(world: World) -> None:
    world.owe(*range(1, 41), rank=BULK)
    error = errors.Unreachable("Plex does not answer").of(errors.PLEX)
    assert world.drain(brake=Brake(error).check).reason is error
    assert world.synced == [] and world.left() == {"pending": 40}


def test_the_scene_that_a_save_waits_for_needs_no_look(world: World) -> None:
    world.owe(*range(1, 41), rank=BULK)
    assert world.drain(brake=Brake(errors.Braked("no")).check, only=9).counts == {"written": 1}
    assert world.synced == [9]

"""The queue on disk: owed once, edits first, kept through anything."""

from __future__ import annotations

import os
import subprocess
import sys
import tracemalloc
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import errors
from disk.quarantine import asides
from sync_queue.job import BACKLOG, BULK, EDIT, UNREADABLE, Job
from sync_queue.jobs import Jobs
from sync_queue.schema import FILE, FOLDER, TABLE

posix = pytest.mark.skipif(os.name == "nt", reason="Windows has other rules for who may read")
ROOT = Path(__file__).resolve().parent.parent.parent
NOW = 1_790_000_000.0
DAY = 86400.0

Open = Callable[[], Jobs]


@pytest.fixture
def reopen(tmp_path: Path) -> Iterator[Open]:
    """Opens the queue as one more process would."""
    made: list[Jobs] = []

    def make() -> Jobs:
        made.append(Jobs(tmp_path))
        return made[-1]

    yield make
    for one in made:
        one.close()


@pytest.fixture
def jobs(reopen: Open) -> Jobs:
    return reopen()


def put(jobs: Jobs, *ids: int, **fields: Any) -> int:
    return jobs.put([Job(number, **fields) for number in ids], NOW)


def ids(found: list[Job]) -> list[int]:
    return [job.id for job in found]


def dead(jobs: Jobs, number: int, error: str = "no", at: float = NOW) -> None:
    put(jobs, number)
    jobs.bury(next(j for j in jobs.claim(99, NOW) if j.id == number), error, at)


@posix
def test_only_its_owner_may_read_the_queue(jobs: Jobs, tmp_path: Path) -> None:
    put(jobs, 1)
    files = [path for path in (tmp_path / FOLDER).iterdir() if path.name.startswith(FILE)]
    assert len(files) == 3 and {path.stat().st_mode & 0o777 for path in files} == {0o600}


# -- owed once, in the right order


def test_one_thing_alone_can_be_claimed(jobs: Jobs) -> None:
    put(jobs, 1, 2, 3)
    assert ids(jobs.claim(9, NOW, only="scene:2")) == [2]
    assert jobs.claim(9, NOW, only="scene:2") == [] and ids(jobs.claim(9, NOW)) == [1, 3]


def test_what_is_owed_already_is_not_owed_twice(jobs: Jobs) -> None:
    assert put(jobs, 1, 2) == 2 and put(jobs, 2, 3) == 1
    assert jobs.put([Job(1, "tag")], NOW) == 1
    assert jobs.counts(NOW)["pending"] == 4


def test_edits_come_before_what_a_run_found_and_each_in_its_order(jobs: Jobs) -> None:
    put(jobs, 5, 4, rank=BACKLOG)
    put(jobs, 9, 3)
    assert ids(jobs.claim(3, NOW)) == [9, 3, 5]
    assert ids(jobs.claim(3, NOW)) == [4]


def test_an_edit_brings_a_waiting_job_to_the_front(jobs: Jobs) -> None:
    put(jobs, 1, 2, rank=BACKLOG)
    (job, _) = jobs.claim(2, NOW)
    jobs.give_back(replace(job, attempts=4), NOW + DAY)
    put(jobs, 1)
    assert [(j.id, j.rank, j.attempts) for j in jobs.claim(9, NOW)] == [(1, EDIT, 0)]


def test_a_run_that_finds_what_waits_does_not_hurry_it(jobs: Jobs) -> None:
    put(jobs, 1)
    jobs.give_back(replace(jobs.claim(1, NOW)[0], attempts=4), NOW + DAY)
    put(jobs, 1, rank=BACKLOG)
    assert jobs.claim(9, NOW) == [] and jobs.claim(9, NOW + DAY)[0].attempts == 4


def test_hastened_jobs_are_due_and_keep_their_counts(jobs: Jobs) -> None:
    put(jobs, 1)
    jobs.give_back(replace(jobs.claim(1, NOW)[0], waits=4), NOW + DAY)
    jobs.hasten([Job(1), Job(7)], NOW)
    assert [(j.id, j.waits) for j in jobs.claim(9, NOW)] == [(1, 4)]


def test_a_scene_that_was_put_back_to_the_backlog_comes_after_edits(jobs: Jobs) -> None:
    put(jobs, 1)
    jobs.give_back(replace(jobs.claim(1, NOW)[0], rank=BACKLOG), NOW)
    put(jobs, 2)
    assert ids(jobs.claim(9, NOW)) == [2, 1]


def test_a_job_that_is_not_due_is_not_claimed(jobs: Jobs) -> None:
    put(jobs, 1)
    jobs.give_back(jobs.claim(1, NOW)[0], NOW + 10)
    assert jobs.claim(9, NOW + 9) == [] and jobs.next_due() == NOW + 10
    assert ids(jobs.claim(9, NOW + 10)) == [1] and jobs.next_due() is None


# -- claimed, done, given back, buried


def test_a_claimed_job_is_in_progress_until_it_is_done(jobs: Jobs) -> None:
    put(jobs, 1, 2)
    (job,) = jobs.claim(1, NOW)
    assert jobs.counts(NOW) == {"pending": 1, "waiting": 0, "in_progress": 1, "dead": 0}
    jobs.done([job])
    assert jobs.counts(NOW) == {"pending": 1, "waiting": 0, "in_progress": 0, "dead": 0}


def test_a_job_put_during_its_work_is_due_again(jobs: Jobs) -> None:
    put(jobs, 1)
    (job,) = jobs.claim(1, NOW)
    assert put(jobs, 1) == 1
    jobs.done([job])
    assert ids(jobs.claim(9, NOW)) == [1]


def test_given_back_it_makes_way_for_what_was_put_meanwhile(jobs: Jobs) -> None:
    put(jobs, 1)
    (job,) = jobs.claim(1, NOW)
    put(jobs, 1)
    jobs.give_back(replace(job, attempts=3), NOW + DAY)
    assert [(j.id, j.attempts) for j in jobs.claim(9, NOW)] == [(1, 0)]
    assert jobs.next_due() is None


def test_giving_a_job_back_twice_keeps_it(jobs: Jobs) -> None:
    put(jobs, 1)
    (job,) = jobs.claim(1, NOW)
    jobs.give_back(job, NOW)
    jobs.give_back(job, NOW)
    assert ids(jobs.claim(9, NOW)) == [1]


def test_a_job_that_is_done_cannot_be_given_back(jobs: Jobs) -> None:
    put(jobs, 1)
    (job,) = jobs.claim(1, NOW)
    jobs.done([job])
    jobs.give_back(job, NOW)
    assert jobs.next_due() is None


def test_a_dead_letter_keeps_its_reason_and_only_the_last_one(jobs: Jobs) -> None:
    dead(jobs, 1, "first", NOW)
    dead(jobs, 1, "second", NOW + 1)
    (letter,) = jobs.dead_letters()
    assert (letter.job.id, letter.error, letter.at) == (1, "second", NOW + 1)


def test_success_takes_the_dead_letter_of_the_same_scene_away(jobs: Jobs) -> None:
    dead(jobs, 1)
    dead(jobs, 2)
    put(jobs, 1)
    jobs.done(jobs.claim(9, NOW))
    assert [letter.job.id for letter in jobs.dead_letters()] == [2]


def test_dead_letters_are_counted_by_what_they_died_of(jobs: Jobs) -> None:
    for number, error in ((1, "a"), (2, "b"), (3, "b")):
        dead(jobs, number, error)
    assert list(jobs.dead_by_error().items()) == [("b", 2), ("a", 1)]


# -- the buttons


def test_dead_letters_come_back_as_if_for_the_first_time(jobs: Jobs) -> None:
    for number in (1, 2, 3):
        dead(jobs, number, "no" if number < 3 else "other")
    assert jobs.revive(lambda one: one.error == "no", NOW + 5, recovered=True) == 2
    back = jobs.claim(9, NOW + 5)
    assert [(job.id, job.attempts, job.rank, job.recovered) for job in back] == [
        (1, 0, BULK, True), (2, 0, BULK, True),
    ]  # fmt: skip
    assert jobs.counts(NOW)["dead"] == 1 and jobs.claim(9, NOW + 5) == []


def test_a_dead_letter_that_is_owed_anew_already_comes_back_as_that(jobs: Jobs) -> None:
    dead(jobs, 1)
    put(jobs, 1)
    assert jobs.revive(lambda one: True, NOW, recovered=False) == 1
    assert ids(jobs.claim(9, NOW)) == [1] and jobs.counts(NOW)["dead"] == 0


def test_a_row_that_cannot_be_read_stays_a_dead_letter(jobs: Jobs) -> None:
    put(jobs, 1)
    with jobs.writing() as db:
        db.execute(f"UPDATE {TABLE} SET key = 'x', data = 'y'")
    jobs.bury(jobs.claim(1, NOW)[0], "cannot be read", NOW)
    assert jobs.revive(lambda one: True, NOW, recovered=False) == 0
    assert jobs.counts(NOW)["dead"] == 1


def test_what_waits_for_its_file_is_due_when_plex_has_scanned(
    jobs: Jobs,
) -> None:
    put(jobs, 1, 2)
    waiting, retried = jobs.claim(2, NOW)
    jobs.give_back(replace(waiting, waits=3), NOW + DAY)
    jobs.give_back(replace(retried, attempts=2), NOW + DAY)
    jobs.hasten_waits(NOW)
    (job,) = jobs.claim(9, NOW)
    assert (job.id, job.waits) == (1, 3)


@pytest.mark.parametrize(("put_off", "due"), [(True, [2, 1, 3]), (False, [1, 3])])
def test_scenes_are_queued_once_per_reason(
    jobs: Jobs, monkeypatch: pytest.MonkeyPatch, put_off: bool, due: list[int]
) -> None:
    monkeypatch.setattr("sync_queue.jobs.AT_ONCE", 2)
    put(jobs, 2)
    (before,) = jobs.claim(1, NOW)
    jobs.give_back(replace(before, waits=1), NOW + DAY)
    assert jobs.put_scenes([1, 2, 3], "stale", NOW, hasten=put_off) == 2
    found = jobs.claim(9, NOW)
    assert ids(found) == due
    assert {job.reason for job in found if job.id != 2} == {"stale"}
    assert {job.rank for job in found if job.id != 2} == {BULK}


def test_clearing_pending_leaves_dead_letters_and_the_job_in_hand(jobs: Jobs) -> None:
    dead(jobs, 9)
    put(jobs, 1, 2, 3)
    jobs.give_back(jobs.claim(1, NOW)[0], NOW + DAY)
    jobs.claim(1, NOW)
    assert jobs.clear_pending() == 2
    assert jobs.counts(NOW) == {"pending": 0, "waiting": 0, "in_progress": 1, "dead": 1}


def test_clearing_dead_letters_leaves_what_is_owed(jobs: Jobs) -> None:
    dead(jobs, 9)
    put(jobs, 1)
    assert jobs.clear_dead() == 1 and jobs.counts(NOW)["pending"] == 1


def test_only_dead_letters_of_before_a_time_are_purged(jobs: Jobs) -> None:
    for number, days in ((1, 31), (2, 30), (3, 29), (4, 0)):
        dead(jobs, number, at=NOW - days * DAY)
    assert jobs.clear_dead(before=NOW - 30 * DAY) == 1
    assert sorted(letter.job.id for letter in jobs.dead_letters()) == [2, 3, 4]


# -- killed, restarted, broken


def test_what_a_dead_process_had_in_hand_is_owed_again(jobs: Jobs, reopen: Open) -> None:
    put(jobs, 1, 2)
    jobs.claim(9, NOW)
    jobs.close()
    again = reopen()
    assert again.claim(9, NOW) == []  # opening alone resumes nothing: it may be another's
    again.resume(NOW)
    assert ids(again.claim(9, NOW)) == [1, 2]


def test_resuming_does_not_double_what_was_put_anew(jobs: Jobs) -> None:
    put(jobs, 1)
    jobs.claim(1, NOW)
    put(jobs, 1)
    jobs.resume(NOW)
    assert ids(jobs.claim(9, NOW)) == [1]


def test_the_same_thing_twice_in_hand_is_no_obstacle(jobs: Jobs) -> None:
    for _ in range(2):
        put(jobs, 1)
        jobs.claim(1, NOW)
    jobs.resume(NOW)
    assert ids(jobs.claim(9, NOW)) == [1]


def test_a_clock_set_back_lengthens_no_wait(
    jobs: Jobs,
) -> None:
    put(jobs, 1, 2)
    jobs.give_back(jobs.claim(1, NOW)[0], NOW + 300)
    earlier = NOW - 365 * DAY
    assert jobs.claim(9, earlier) == []
    jobs.resume(earlier)
    assert ids(jobs.claim(9, earlier)) == [2]
    assert jobs.next_due() == earlier + 300


def test_a_job_put_off_a_year_ahead_comes_back(jobs: Jobs) -> None:
    put(jobs, 1, 2, 3)
    first, second, _ = jobs.claim(3, NOW)
    jobs.give_back(first, NOW + 365 * DAY + 300)
    jobs.give_back(second, NOW + 300)
    jobs.resume(NOW + 60)
    assert ids(jobs.claim(9, NOW + 60)) == [3, 1]
    assert jobs.next_due() == NOW + 300


def test_a_job_a_year_ahead_waits_by_the_rules(
    jobs: Jobs,
) -> None:
    ahead = NOW + 365 * DAY
    jobs.put([Job(1)], ahead)
    jobs.give_back(jobs.claim(1, ahead)[0], ahead + 4 * DAY)
    jobs.resume(NOW)
    assert ids(jobs.claim(9, NOW)) == [1]


def test_a_small_jump_of_the_clock_changes_nothing(jobs: Jobs) -> None:
    put(jobs, 1)
    jobs.resume(NOW - 30)
    assert jobs.next_due() == NOW


def tamper(jobs: Jobs, number: int, **columns: Any) -> None:
    sets = ", ".join(f"{name} = ?" for name in columns)
    with jobs.writing() as db:
        db.execute(f"UPDATE {TABLE} SET {sets} WHERE _id = ?", (*columns.values(), number))


@pytest.mark.parametrize(
    "data", [None, b"", b"\xff", b"[1]", b"{", "text", 5, b'{"attempts": "x"}']
)
def test_broken_data_costs_only_the_counts(jobs: Jobs, data: object) -> None:
    put(jobs, 42)
    tamper(jobs, 1, data=data)
    (job,) = jobs.claim(9, NOW)
    assert (job.kind, job.id, job.attempts) == ("scene", 42, 0)


@pytest.mark.parametrize("key", [None, "", "scene", "scene:x", 7])
def test_an_unreadable_row_is_buried_as_it_is(jobs: Jobs, key: object) -> None:
    put(jobs, 42)
    tamper(jobs, 1, data=b"\xff junk", key=key)
    (job,) = jobs.claim(9, NOW)
    assert job.kind == UNREADABLE
    jobs.bury(job, "cannot be read", NOW)
    (letter,) = jobs.dead_letters()
    assert letter.error == "cannot be read"
    rows = jobs.db.execute(f"SELECT data FROM {TABLE}").fetchall()
    assert rows == [(b"\xff junk",)]


def test_ten_processes_may_open_and_fill_a_new_queue_at_once(tmp_path: Path, reopen: Open) -> None:
    code = (
        f"import sys; sys.path.insert(0, {str(ROOT)!r})\n"
        "from sync_queue.jobs import Job, Jobs\nprint(flush=True); sys.stdin.readline()\n"
        f"jobs = Jobs({str(tmp_path)!r}); jobs.put([Job(int(sys.argv[1])), Job(99)]); jobs.close()"
    )
    children = [
        subprocess.Popen([sys.executable, "-c", code, str(n)], stdin=-1, stdout=-1, stderr=-1)
        for n in range(1, 11)
    ]
    for child in children:
        assert child.stdout and child.stdout.readline()
    for child in children:
        assert child.stdin
        child.stdin.write(b"go\n")
        child.stdin.flush()
    said = [child.communicate()[1] for child in children]
    assert said == [b""] * 10
    assert sorted(ids(reopen().claim(99, NOW + 10 * 365 * DAY))) == [*range(1, 11), 99]


@posix
def test_only_the_owner_may_look_into_the_folder(jobs: Jobs, tmp_path: Path) -> None:
    assert (tmp_path / FOLDER).stat().st_mode & 0o077 == 0


def test_a_full_disk_does_not_set_the_queue_aside(jobs: Jobs, tmp_path: Path) -> None:
    jobs.db.execute("PRAGMA max_page_count = 12")
    with pytest.raises(errors.SetupError, match="full"):
        jobs.put([Job(n, reason="x" * 500) for n in range(1000)], NOW)
    assert jobs.counts(NOW)["pending"] == 0 and asides(tmp_path / FOLDER / FILE) == []


def test_a_large_page_is_put_in_one_go(jobs: Jobs) -> None:
    assert put(jobs, *range(1, 10_001), rank=BACKLOG) == 10_000
    assert put(jobs, *range(1, 10_001), rank=BACKLOG) == 0


def test_however_many_are_put_few_are_held_in_memory(jobs: Jobs) -> None:
    jobs.put([Job(1)], NOW)
    tracemalloc.start()
    try:
        assert jobs.put((Job(n) for n in range(2, 20_001)), NOW) == 19_999
        jobs.hasten_waits(NOW - 1)
        assert tracemalloc.get_traced_memory()[1] < 4_000_000
    finally:
        tracemalloc.stop()


def test_what_is_put_off_stands_behind_what_was_not_tried_yet(tmp_path: Path) -> None:
    jobs = Jobs(tmp_path, clock=lambda: NOW)
    jobs.put([Job(n, rank=BACKLOG) for n in (1, 2, 3)], NOW)
    first, second = jobs.claim(2, NOW)
    jobs.give_back(replace(first, waits=1), NOW + DAY)
    jobs.give_back(second, NOW)  # a pause: it was not tried
    jobs.put([Job(4, rank=BACKLOG)], NOW + DAY)
    assert [job.id for job in jobs.claim(9, NOW + DAY)] == [2, 3, 1, 4]
    jobs.close()


# -- what nobody picked one by one


def test_an_edit_brings_bulk_jobs_forward(jobs: Jobs) -> None:
    put(jobs, 1, 2, 3, rank=BULK)
    put(jobs, 4, rank=BACKLOG)
    put(jobs, 2, rank=BACKLOG)
    put(jobs, 3)
    found = jobs.claim(9, NOW)
    assert [(job.id, job.rank) for job in found] == [
        (3, EDIT),
        (2, BACKLOG),
        (4, BACKLOG),
        (1, BULK),
    ]


def test_what_is_bulk_is_left_where_only_other_ranks_are_claimed(jobs: Jobs) -> None:
    put(jobs, 1, rank=BULK)
    assert jobs.claim(9, NOW, last=BACKLOG) == [] and jobs.next_due(BACKLOG) is None
    assert ids(jobs.claim(9, NOW, only="scene:1", last=BACKLOG)) == [1]


def test_a_sample_is_spread_over_all_bulk_jobs(jobs: Jobs) -> None:
    put(jobs, *range(1, 1001), rank=BULK)
    put(jobs, *range(2001, 2101))
    assert jobs.is_much(999, NOW) and not jobs.is_much(1000, NOW)
    sample, count = jobs.bulk(100, NOW)
    assert (sample, count) == (list(range(1, 1001, 10)), 1000)
    assert jobs.bulk(100, NOW - 1) == ([], 0)

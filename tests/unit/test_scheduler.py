"""When a reconciliation is due, and what is remembered of the runs."""

import json
import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

import errors
import reconciliation
from disk.lock import FileLock
from disk.quarantine import asides
from reconciliation.report import NO_RUNS
from reconciliation.scheduler import (
    INTERVAL_SECONDS,
    RUN_LOCK,
    SCOPE_MAP,
    STATE_FILE,
    ReconciliationScheduler,
    ReconciliationState,
)
from reconciliation.state import backoff

ROOT = Path(__file__).parents[2]
NOW = 1_800_000_000.0
MINUTE, HOUR, DAY, WEEK = 60, 3600, 86400, 604800
RESULT = SimpleNamespace(
    scenes_checked=100,
    total_gaps=6,
    empty_metadata_count=3,
    stale_sync_count=2,
    missing_count=1,
    enqueued_count=5,
)


@pytest.fixture
def scheduler(tmp_path):
    return ReconciliationScheduler(tmp_path, clock=lambda: NOW)


def started(data_dir, identity):
    """The scheduler of a plugin process that the Stash process `identity` started."""
    return ReconciliationScheduler(data_dir, clock=lambda: NOW, identity=identity)


def on_disk(scheduler):
    return json.loads(scheduler.state_path.read_text())


# --- intervals -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "interval, length", [("hourly", HOUR), ("daily", DAY), ("weekly", WEEK), (" Daily ", DAY)]
)
def test_a_run_is_due_when_the_interval_has_passed(scheduler, interval, length):
    scheduler.save_state(ReconciliationState(last_run_time=NOW, run_count=1))
    assert not scheduler.is_due(interval, NOW + length - 1)
    assert scheduler.is_due(interval, NOW + length)
    assert scheduler.next_due(interval, NOW) == NOW + length


def test_quick_runs_do_not_put_off_the_usual_one(scheduler):
    quick = SimpleNamespace(**vars(RESULT), kind="quick", began_marks=False)
    usual = SimpleNamespace(**vars(RESULT), kind="usual", began_marks=True)
    scheduler.record_run(usual, "all", now=NOW)
    for hour in range(1, 24):
        assert not scheduler.is_usual_due(NOW + hour * HOUR)
        scheduler.record_run(quick, "all", now=NOW + hour * HOUR)
    assert scheduler.is_usual_due(NOW + DAY)
    scheduler.record_failure("Plex is away", NOW + DAY)
    usual.began_marks = False  # it left something out
    scheduler.record_run(usual, "all", now=NOW + DAY + HOUR)
    assert scheduler.is_usual_due(NOW + DAY + 2 * HOUR)


def test_without_any_run_the_interval_is_due_at_once(scheduler):
    assert scheduler.is_due("weekly")
    assert scheduler.next_due("weekly") == 0.0


@pytest.mark.parametrize("interval", ["never", " NEVER ", "", "fortnightly"])
def test_never_and_unknown_intervals_are_never_due(scheduler, interval):
    assert not scheduler.is_due(interval, NOW + 100 * WEEK)
    assert scheduler.next_due(interval) is None


def test_never_switches_the_startup_run_off_as_well(tmp_path):
    scheduler = started(tmp_path, "stash 1")
    assert not scheduler.is_startup_due(NOW, interval="never")
    scheduler.refresh("never")
    assert not scheduler.is_startup_due(NOW)
    assert not started(tmp_path, "stash 2").is_startup_due(NOW + DAY)


def test_the_intervals_and_scopes_have_their_public_names():
    assert list(INTERVAL_SECONDS) == ["never", "hourly", "daily", "weekly"]
    assert SCOPE_MAP == {"all": "all", "24h": "recent", "7days": "recent_7days"}


def test_7days_means_seven_days():
    from validation.scope import engine_scope

    assert engine_scope(SCOPE_MAP["7days"]).seconds == WEEK
    assert engine_scope(SCOPE_MAP["24h"]).seconds == DAY


def test_a_manual_run_resets_the_timer(scheduler):
    scheduler.save_state(ReconciliationState(last_run_time=NOW - 2 * DAY, run_count=1))
    assert scheduler.is_due("daily")
    scheduler.record_run(RESULT, "all")
    assert not scheduler.is_due("daily", NOW + DAY - 1)
    assert scheduler.is_due("daily", NOW + DAY)


def test_a_weekly_run_still_comes_on_a_stash_that_restarts_every_day(scheduler):
    scheduler.record_run(RESULT, "all", now=NOW)
    days = [NOW + day * DAY for day in range(1, 8)]
    for day in days:
        assert scheduler.is_startup_due(day, interval="weekly")
        scheduler.record_run(RESULT, "recent", is_startup=True, now=day)
        assert scheduler.next_due("weekly", day) == NOW + WEEK
    assert [scheduler.is_due("weekly", day) for day in days] == 6 * [False] + [True]


def test_a_startup_run_does_not_replace_the_first_interval_run(scheduler):
    scheduler.record_run(RESULT, "recent", is_startup=True)
    assert scheduler.is_due("weekly", NOW + 1)


def test_a_startup_run_does_not_replace_the_interval_run(scheduler):
    older = {"last_run_time": NOW - DAY, "is_startup_run": False, "run_count": 3}
    scheduler.state_path.write_text(json.dumps(older))
    scheduler.record_run(RESULT, "recent", is_startup=True)
    assert scheduler.next_due("weekly") == NOW - DAY + WEEK


@pytest.mark.parametrize("ahead", [MINUTE, DAY, 3650 * DAY])
def test_a_clock_set_back_does_not_stop_runs_for_ever(scheduler, ahead):
    scheduler.record_run(RESULT, "all", now=NOW + ahead)
    assert scheduler.is_due("weekly", NOW)
    scheduler.record_run(RESULT, "all", now=NOW)
    assert not scheduler.is_due("weekly", NOW + 1)
    assert scheduler.is_startup_due(NOW + 2 * HOUR)


def test_a_back_off_does_not_outlive_a_clock_set_back(scheduler):
    scheduler.record_failure("Plex is down", NOW + 30 * DAY)
    assert scheduler.is_due("daily", NOW)
    assert scheduler.is_startup_due(NOW)


# --- startup -------------------------------------------------------------------------------


def test_the_first_start_ever_is_due(tmp_path):
    assert ReconciliationScheduler(tmp_path).is_startup_due()
    assert started(tmp_path, "stash 1").is_startup_due(interval="daily")


def test_only_the_first_run_is_a_startup_run(tmp_path):
    started(tmp_path, "stash 1").record_run(RESULT, "recent", is_startup=True)
    assert not started(tmp_path, "stash 1").is_startup_due(NOW + 30 * DAY)
    assert started(tmp_path, "stash 2").is_startup_due(NOW + 30 * DAY)


def test_any_run_serves_the_start_of_stash(tmp_path):
    started(tmp_path, "stash 1").record_run(RESULT, "all")
    assert not started(tmp_path, "stash 1").is_startup_due(NOW + DAY)


@pytest.mark.parametrize("identity", ["stash 2", None])
@pytest.mark.parametrize("is_startup", [True, False])
def test_no_startup_run_within_an_hour_of_any_run(tmp_path, identity, is_startup):
    started(tmp_path, "stash 1").record_run(RESULT, "all", is_startup)
    assert not started(tmp_path, identity).is_startup_due(NOW + HOUR - 1)
    assert started(tmp_path, identity).is_startup_due(NOW + HOUR)


def test_a_start_within_an_hour_of_a_run_needs_none_later(tmp_path):
    started(tmp_path, "stash 1").record_run(RESULT, "all")
    started(tmp_path, "stash 2").refresh("weekly", NOW + 10 * MINUTE)
    assert not started(tmp_path, "stash 2").is_startup_due(NOW + DAY)
    assert started(tmp_path, "stash 3").is_startup_due(NOW + DAY)


def test_an_unknown_identity_does_not_overwrite_a_known_one(tmp_path):
    started(tmp_path, "stash 1").record_run(RESULT, "all")
    started(tmp_path, None).record_run(RESULT, "all")
    assert not started(tmp_path, "stash 1").is_startup_due(NOW + DAY)


# --- failures ------------------------------------------------------------------------------


def test_the_back_off_doubles_from_five_minutes_to_six_hours():
    assert [backoff(n) / MINUTE for n in (1, 2, 3, 7, 8, 10_000)] == [5, 10, 20, 320, 360, 360]


def test_a_failed_run_is_tried_again_ever_later(scheduler):
    now = NOW
    for wait in (5, 10, 20, 40, 80, 160, 320, 360, 360):
        scheduler.record_failure("Plex is down", now)
        assert not scheduler.is_due("daily", now + wait * MINUTE - 1)
        assert not scheduler.is_startup_due(now + wait * MINUTE - 1)
        now += wait * MINUTE
        assert scheduler.is_due("daily", now)
        assert scheduler.is_startup_due(now)
    assert scheduler.load_state().run_count == 0


def test_a_failed_run_at_startup_does_not_use_the_start_up(tmp_path):
    scheduler = started(tmp_path, "stash 1")
    scheduler.record_failure("Plex is down", NOW)
    assert scheduler.is_startup_due(NOW + 5 * MINUTE)


def test_a_failure_does_not_bring_a_run_forward(scheduler):
    scheduler.record_run(RESULT, "all")
    scheduler.record_failure("Plex is down", NOW + HOUR)
    assert scheduler.next_due("daily", NOW + HOUR) == NOW + DAY


def test_a_run_that_works_ends_the_back_off(scheduler):
    scheduler.record_failure("Plex is down", NOW - HOUR)
    scheduler.record_run(RESULT, "all")
    scheduler.record_failure("Plex is down", NOW + DAY)
    assert scheduler.next_due("daily", NOW + DAY) == NOW + DAY + 5 * MINUTE


def test_the_status_tells_the_failure_and_the_next_try(scheduler):
    scheduler.record_failure(OSError("Plex is down"), NOW)
    status = scheduler.status(NOW + 1, "daily")
    assert status["message"] == NO_RUNS
    assert status["last_failure"] == "Plex is down"
    assert status["last_failure_time"] == NOW
    assert status["failures_in_a_row"] == 1
    assert status["retry_at"] == status["next_due"] == NOW + 5 * MINUTE
    assert not status["due_now"]


# --- one at a time -------------------------------------------------------------------------

CLAIM = """
import sys
from reconciliation.scheduler import ReconciliationScheduler
scheduler = ReconciliationScheduler(sys.argv[1], clock=lambda: float(sys.argv[2]))
due = scheduler.is_due("daily")
print("asked", flush=True)
sys.stdin.readline()
print(due and scheduler.claim(), flush=True)
sys.stdin.readline()
"""


class Rival:
    """Another process that asks whether a run is due, and claims it when told to."""

    def __init__(self, data_dir):
        command = [sys.executable, "-c", CLAIM, str(data_dir), str(NOW)]
        environment = {**os.environ, "PYTHONPATH": str(ROOT)}
        pipe = subprocess.PIPE
        self.process = subprocess.Popen(
            command, cwd=ROOT, env=environment, stdin=pipe, stdout=pipe, text=True
        )
        assert self.process.stdout.readline() == "asked\n"

    def claims(self):
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        return self.process.stdout.readline() == "True\n"

    def kill(self):
        self.process.kill()
        self.process.communicate()


@pytest.fixture
def rival(tmp_path):
    rival = Rival(tmp_path)
    yield rival
    rival.kill()


def test_of_two_processes_that_find_a_run_due_one_gets_it(scheduler, rival):
    assert scheduler.is_due("daily")
    assert rival.claims()
    assert not scheduler.claim()
    assert scheduler.status()["running"]


def test_who_asked_before_another_process_ran_does_not_run_again(scheduler, rival):
    assert scheduler.claim()
    scheduler.record_run(RESULT, "all")
    scheduler.release()
    assert not rival.claims()


def test_who_asked_before_another_process_failed_does_not_run_at_once(scheduler, rival):
    assert scheduler.claim()
    scheduler.record_failure("Plex is down")
    scheduler.release()
    assert not rival.claims()


def test_a_killed_run_frees_its_claim_and_counts_as_a_failure(scheduler, rival):
    assert rival.claims()
    rival.kill()
    status = scheduler.status(NOW, "daily")
    assert not status["running"]
    assert status["failures_in_a_row"] == 1
    assert "stopped" in status["last_failure"]
    assert not scheduler.is_due("daily", NOW + 5 * MINUTE - 1)
    assert scheduler.is_due("daily", NOW + 5 * MINUTE)
    assert scheduler.claim(NOW + 5 * MINUTE)
    assert scheduler.load_state().failure_count == 1


def test_a_manual_run_may_follow_a_run_at_once(scheduler):
    for _ in range(2):
        assert scheduler.claim()
        scheduler.record_run(RESULT, "all")
        scheduler.release()
    assert scheduler.load_state().run_count == 2


def test_a_claim_is_held_once_and_given_back_once(scheduler):
    assert scheduler.claim()
    assert not scheduler.claim()
    scheduler.release()
    scheduler.release()
    assert on_disk(scheduler)["claimed_by"] is None
    assert scheduler.claim()
    scheduler.release()


def test_a_claim_that_cannot_be_written_is_given_back(scheduler, tmp_path):
    (tmp_path / f"{STATE_FILE}.tmp").mkdir()
    with pytest.raises(errors.SetupError, match=STATE_FILE):
        scheduler.claim()
    assert FileLock(tmp_path / RUN_LOCK).acquire()


def test_processes_that_write_at_once_lose_nothing(tmp_path):
    code = (
        "import sys; from types import SimpleNamespace;"
        "from reconciliation.scheduler import ReconciliationScheduler as S;"
        "[S(sys.argv[1]).record_run(SimpleNamespace(), 'all') for _ in range(20)]"
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", code, str(tmp_path)]
    writers = [subprocess.Popen(command, cwd=ROOT, env=environment) for _ in range(4)]
    assert [writer.wait() for writer in writers] == [0, 0, 0, 0]
    assert ReconciliationScheduler(tmp_path).load_state().run_count == 80


# --- what is remembered --------------------------------------------------------------------


def test_a_run_is_remembered_with_its_counts(scheduler):
    scheduler.record_run(RESULT, "all")
    state = scheduler.load_state()
    assert (state.last_run_time, state.last_run_scope, state.run_count) == (NOW, "all", 1)
    assert (state.last_scenes_checked, state.last_gaps_found, state.last_enqueued) == (100, 6, 5)
    assert state.last_gaps_by_type == {
        "empty_metadata": 3,
        "stale_sync": 2,
        "missing": 1,
        "drifted": 0,
    }
    assert not state.is_startup_run


def test_the_status_before_the_first_run(scheduler):
    status = scheduler.status(interval="daily")
    assert status["message"] == NO_RUNS == "No reconciliation runs yet"
    assert status["total_runs"] == 0
    assert status["last_run_time"] is None
    assert status["due_now"]


def test_the_status_after_a_run_is_json_and_words(scheduler):
    scheduler.record_run(RESULT, "recent", is_startup=True)
    status = json.loads(json.dumps(scheduler.status(NOW + 1, "weekly")))
    assert status["last_run_time"] == NOW
    assert (status["scope"], status["startup"], status["total_runs"]) == ("recent", True, 1)
    assert (status["scenes_checked"], status["gaps_found"], status["enqueued"]) == (100, 6, 5)
    assert status["gaps_by_type"]["stale_sync"] == 2
    assert status["last_failure"] is None
    assert "when Stash had started" in status["message"]
    assert "gaps found 6 (3 empty_metadata, 2 stale_sync, 1 missing)" in status["message"]


def test_what_others_read_is_kept_up_to_date(tmp_path):
    scheduler = started(tmp_path, "stash 1")
    assert scheduler.refresh("daily") == 0.0
    scheduler.record_run(RESULT, "all")
    assert on_disk(scheduler)["next_due"] == NOW + DAY
    assert on_disk(scheduler)["stash_identity"] == "stash 1"
    assert scheduler.refresh("weekly") == on_disk(scheduler)["next_due"] == NOW + WEEK
    assert scheduler.refresh("never") is on_disk(scheduler)["next_due"] is None


def test_a_refresh_without_news_writes_nothing(scheduler):
    scheduler.record_run(RESULT, "all")
    scheduler.refresh("daily")
    before = scheduler.state_path.stat()
    scheduler.refresh("daily", NOW + 1)
    assert scheduler.state_path.stat().st_ino == before.st_ino


def test_a_question_writes_nothing(scheduler, tmp_path):
    scheduler.is_due("daily")
    scheduler.is_startup_due()
    scheduler.next_due("daily")
    scheduler.status()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(os.name == "nt", reason="Windows has no modes")
def test_the_state_is_for_its_owner_only(scheduler):
    scheduler.record_run(RESULT, "all")
    assert scheduler.state_path.stat().st_mode & 0o777 == 0o600


def test_the_data_dir_is_made_on_demand(tmp_path):
    scheduler = ReconciliationScheduler(str(tmp_path / "a" / "b"))
    scheduler.record_run(RESULT, "all")
    assert ReconciliationScheduler(tmp_path / "a" / "b").load_state().run_count == 1


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b'{"run_count": 5', b"[1]", b'"text"', b"null", b"\xff\xfe", b"[" * 100_000],
)
def test_a_file_that_cannot_be_used_is_set_aside(scheduler, tmp_path, content):
    scheduler.state_path.write_bytes(content)
    assert scheduler.load_state() == ReconciliationState()
    (aside,) = asides(scheduler.state_path)
    assert aside.read_bytes() == content
    assert aside.name in scheduler.notices[0]
    scheduler.record_run(RESULT, "all")
    assert scheduler.load_state().run_count == 1
    assert len(scheduler.notices) == 1


def test_files_set_aside_in_one_second_do_not_overwrite_each_other(scheduler, tmp_path):
    for content in ("one", "two", "three"):
        scheduler.state_path.write_text(content)
        scheduler.load_state()
    assert {path.read_text() for path in tmp_path.iterdir()} == {"one", "two", "three"}


def test_a_directory_in_place_of_the_file_is_set_aside(scheduler):
    scheduler.state_path.mkdir()
    assert scheduler.is_due("daily")
    scheduler.record_run(RESULT, "all")
    assert scheduler.load_state().run_count == 1


def test_a_state_of_a_later_version_is_refused_and_left_untouched(scheduler):
    scheduler.state_path.write_text('{"version": 99, "run_count": 7}')
    for ask in (scheduler.load_state, scheduler.status, lambda: scheduler.is_due("daily")):
        with pytest.raises(errors.SetupError, match="newer Stash2Plex"):
            ask()
    assert on_disk(scheduler) == {"version": 99, "run_count": 7}


def test_unknown_keys_are_ignored_and_missing_ones_have_defaults(scheduler):
    scheduler.state_path.write_text('{"run_count": 7, "from_the_future": [1]}')
    assert scheduler.load_state() == ReconciliationState(run_count=7)
    assert scheduler.notices == []


@pytest.mark.parametrize(
    "wrong",
    [
        '{"last_run_time": "yesterday"}',
        '{"last_run_time": NaN}',
        '{"last_run_time": Infinity}',
        '{"last_run_time": -5}',
        f'{{"last_run_time": 1{"0" * 400}}}',
        '{"last_run_time": true}',
        '{"run_count": 1.5}',
        '{"run_count": null}',
        '{"last_run_scope": 5}',
        '{"is_startup_run": 1}',
        '{"last_gaps_by_type": [1]}',
        '{"last_gaps_by_type": {"missing": "x"}}',
        '{"next_due": "soon", "stash_identity": 5, "claimed_by": "me"}',
    ],
)
def test_a_value_of_the_wrong_type_has_its_default(scheduler, wrong):
    scheduler.state_path.write_text(wrong)
    assert scheduler.load_state() == ReconciliationState()


def test_a_state_survives_saving_and_loading(scheduler):
    state = ReconciliationState(
        last_run_time=NOW,
        last_run_scope="all",
        last_gaps_by_type={"missing": 2},
        is_startup_run=True,
        last_interval_time=NOW - DAY,
        next_due=NOW + DAY,
        stash_identity="1:2",
    )
    scheduler.save_state(state)
    assert scheduler.load_state() == state


# --- the package ---------------------------------------------------------------------------


def test_the_package_gives_the_public_names_on_first_use():
    assert reconciliation.ReconciliationScheduler is ReconciliationScheduler
    assert reconciliation.ReconciliationState is ReconciliationState
    with pytest.raises(AttributeError):
        reconciliation.Nonsense  # noqa: B018


def test_the_scheduler_loads_nothing_but_the_standard_library():
    code = (
        "import sys; import reconciliation.scheduler;"
        "own = {'disk', 'errors', 'reconciliation', 'sync_queue', 'validation'};"
        "top = {name.partition('.')[0] for name in sys.modules};"
        "print(sorted(top - own - set(sys.stdlib_module_names) - {'__main__'}));"
        "print('reconciliation.engine' in sys.modules)"
    )
    command = [sys.executable, "-S", "-c", code]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    assert result.stdout.split("\n")[:2] == ["[]", "False"]


def test_a_failure_that_a_setting_mends_is_tried_again_soon(scheduler):
    for _ in range(5):
        scheduler.record_failure("a wrong token", NOW, longest=300)
    assert scheduler.status(NOW)["retry_at"] == NOW + 300

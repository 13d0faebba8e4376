"""The deep pass: by hand, when it is due, and in the status."""

from __future__ import annotations

import time
from contextlib import closing

import pytest

from plex.state.database import Store
from tests.support.box_output import gaps, lines, quiet, ran_ago, set_state, terminal

DAY = 86400


@pytest.fixture
def library(box):
    """Three scenes that agree and did so an hour ago."""
    box.plex.clock = lambda: time.time() - 3600
    for number in range(3):
        box.add(f"a/clip {number}.mp4", title=f"Scene {number}", details="Told.")
    box.operation("all")
    box.operation("reconcile_all")
    quiet(box)
    return box


def reads(box):
    return [one for one in box.plex.requests if one.path.startswith("/library/metadata/")]


def test_a_manual_run_reads_what_moved_or_everything(library):
    found = library.operation("reconcile_all")
    assert (found["unmoved"], found["deep"]) == (3, False) and not reads(library)
    found = library.operation("reconcile_all", deep=True)
    assert (found["unmoved"], found["deep"]) == (0, True) and len(reads(library)) == 1
    assert any("reconciling scope all by value" in line for line in lines(library, "info"))


@pytest.mark.parametrize(("deep", "found"), [(False, {"missing": 1}), (True, {})])
def test_what_is_wrong_in_the_index_is_put_right(library, deep, found):
    with closing(Store(library.data_dir)) as store, store.writing() as db:
        db.execute("UPDATE part SET path_key = '/wrong' WHERE path_key LIKE '%clip 1%'")
    assert gaps(library.operation("reconcile_all", deep=deep)) == found


def test_on_a_terminal_it_is_an_option(library):
    words = ("--stash", library.stash.url, "--data-dir", str(library.data_dir))
    ended = terminal(library, "reconcile-all", *words)
    assert (
        ended.returncode == 0 and "3 scenes checked (3 unchanged since they agreed)" in ended.stderr
    )
    ended = terminal(library, "reconcile-all", "--deep", *words)
    assert (
        ended.returncode == 0
        and "unchanged since they agreed" not in ended.stderr
        and reads(library)
    )


def test_a_run_of_everything_is_deep_when_that_is_due(library):
    set_state(library, last_deep_time=time.time() - 8 * DAY, deep_since=0.0)
    assert library.operation("reconcile_all")["deep"]
    assert not library.operation("reconcile_all")["deep"]


def test_an_automatic_deep_run_takes_the_whole_library(library):
    library.configure(reconcile_interval="daily")  # of the last 24 hours
    ran_ago(library, 2 * DAY, last_deep_time=time.time() - 8 * DAY)
    found = library.operation("process_queue")["auto_reconcile"]
    assert (found["scope"], found["deep"]) == ("all", True)
    ran_ago(library, 2 * DAY)
    found = library.operation("process_queue")["auto_reconcile"]
    assert (found["scope"], found["deep"]) == ("recent", False)


def test_never_means_only_by_hand(library):
    library.configure(deep_interval="never")
    set_state(library, last_deep_time=time.time() - 99 * DAY)
    assert not library.operation("reconcile_all")["deep"]
    assert library.operation("reconcile_all", deep=True)["deep"]


def test_the_status_tells_which_it_was_and_when_the_next_is_due(library):
    library.operation("reconcile_all")
    found = library.operation("queue_status")["reconciliation"]
    assert (found["deep"], found["unmoved"], found["deep_interval"]) == (False, 3, "weekly")
    assert found["next_deep"] == pytest.approx(found["last_deep_time"] + 7 * DAY)
    said = " / ".join(lines(library, "info"))
    assert "scenes checked 3 (3 unchanged since they agreed), gaps found 0" in said
    assert "Deep Pass Interval weekly; last deep pass 20" in said and "; next due 20" in said


def test_what_the_listing_does_not_tell_is_found_by_the_deep_pass(library):
    """As a tool would do it that writes into Plex's database."""
    library.plex.library.items[library.item(1)["ratingKey"]].attrs["summary"] = "Another"
    assert not gaps(library.operation("reconcile_all"))
    assert gaps(library.operation("reconcile_all", deep=True)) == {"drifted": 1}

"""A run that looks like a fault stops before its first write, and says how to go on."""

from __future__ import annotations

import pytest

from tests.support.box_output import lines, ran_ago
from tests.support.brakes import MANY, refused, says_less
from tests.support.jobs import queue

pytestmark = pytest.mark.uncovered


@pytest.mark.parametrize("mode", ["reconcile_all", "reconcile_recent", "all", "recent"])
def test_a_mass_clear_writes_nothing_until_it_is_allowed(synced, mode):
    says_less(synced, synced.scenes)
    said = refused(synced, mode)
    assert f"{MANY} of {MANY} scenes (100 %) would lose" in said and "Brake, Share” to 100" in said
    assert synced.plex.writes() == [] and queue(synced)["pending"] == 0
    synced.configure(brake_share=100)
    synced.operation(mode)
    assert synced.differences() == {} and synced.item(synced.scenes[0])["genres"] == []


@pytest.mark.parametrize(
    ("losing", "share", "stops"),
    [(20, None, False), (21, None, True), (21, 60, False), (MANY, 99, True)],
)
def test_a_few_may_always_lose_something_and_many_up_to_the_share(synced, losing, share, stops):
    if share:
        synced.configure(brake_share=share)
    says_less(synced, synced.scenes[:losing])
    if stops:
        refused(synced, "reconcile_all")
        assert synced.plex.writes() == []
    else:
        synced.operation("reconcile_all")
        assert synced.differences() == {}


@pytest.mark.parametrize("mode", ["reconcile_all", "all"])
def test_a_selection_that_leaves_out_nearly_all_restores_nothing(synced, mode):
    synced.configure(include_tags="No such tag", on_leave="restore")
    assert f"{MANY} of {MANY} scenes" in refused(synced, mode)
    assert synced.plex.writes() == []


def test_what_gets_more_or_something_else_takes_nothing_away(synced):
    store = synced.stash.library.store
    for number in synced.scenes:
        store.scenes[number].title = f"New {number}"
        store.scenes[number].tags = (store.id_of("tag", "Snow"), store.id_of("tag", "Sun"))
        store.scenes[number].updated_at = store.now()
    synced.operation("reconcile_all")
    assert synced.differences() == {}


def test_edits_of_a_person_are_not_held_back(synced):
    for number in synced.scenes:
        synced.stash.update_scene(number, tag_ids=[], details="")
    synced.settle()
    assert synced.differences() == {} and synced.item(synced.scenes[0])["genres"] == []


def test_an_emptied_stash_writes_nothing(synced):
    synced.stash.library.store.scenes.clear()
    assert "lists no scene at all" in refused(synced, "reconcile_all")
    synced.operation("all")
    assert synced.plex.writes() == []


def test_an_emptied_plex_library_writes_nothing(synced):
    for number in synced.scenes:
        synced.plex.library.forget(synced.plex.library.item(synced.item(number)["ratingKey"]))
    refused(synced, "reconcile_all")
    assert synced.plex.writes() == []


def test_a_run_that_nobody_asked_for_touches_only_so_many(synced):
    synced.configure(brake_scenes=5, reconcile_interval="daily", reconcile_scope="all")
    store = synced.stash.library.store
    for number in synced.scenes[:6]:
        store.scenes[number].title = "New"
    ran_ago(synced, 2 * 86400)
    synced.operation("process_queue")
    (told,) = [line for line in lines(synced, "warning") if "Brake, Scenes" in line]
    assert "6 scenes differ, and an automatic run may change 5" in told
    assert synced.plex.writes() == []
    assert "Brake, Scenes" in synced.operation("queue_status")["reconciliation"]["last_failure"]
    synced.operation("reconcile_all")
    assert synced.differences() == {}


def test_sync_all_is_queued_without_a_look_during_an_outage(synced):
    says_less(synced, synced.scenes)
    synced.plex.go_down()
    found = synced.operation("all")
    assert (found["queued"], bool(found["paused"])) == (MANY, True)


@pytest.mark.parametrize("mode", ["reconcile_all", "all"])
def test_the_brake_s_message_stays_until_a_run_succeeds(synced, mode):
    says_less(synced, synced.scenes)
    refused(synced, mode)
    shown = synced.operation("overview")
    assert "would lose" in shown["failure"]["said"] and shown["failure"]["mode"] == mode
    synced.configure(brake_share=100)
    for _ in range(2):
        synced.operation("reconcile_recent" if mode == "reconcile_all" else "process_queue")
        found = synced.operation("overview")
        assert found["failure"] is None and found["reconciliation"]["failure"] is None
    assert synced.operation("queue_status")["reconciliation"]["last_failure"] is None


def test_an_automatic_run_ends_the_failure_of_a_manual_run(synced):
    says_less(synced, synced.scenes)
    refused(synced, "reconcile_all")
    synced.configure(brake_share=100, reconcile_interval="daily", reconcile_scope="all")
    ran_ago(synced, 2 * 86400, retry_at=0.0, failure_count=0)
    assert synced.operation("process_queue")["auto_reconcile"]["enqueued"] == MANY
    found = synced.operation("overview")
    assert found["failure"] is None and found["reconciliation"]["failure"] is None

"""Reconciliation finds what no hook tells, closes it in the same invocation, and then is quiet."""

from __future__ import annotations

import sqlite3

import pytest

from tests.support.box_output import gaps, lines, quiet, raw_lines, state

JPEG = b"\xff\xd8\xff\xe0"
FULL = {
    "title": "A title",
    "details": "What happens.\nAnd then.",
    "date": "2024-05-06",
    "rating100": 80,
    "studio": "Studio A",
    "performers": ["Jane Doe", "John Roe"],
    "tags": ["one", "two"],
    "director": "Dora",
}


@pytest.fixture
def synced(box):
    """Three scenes that Plex shows as Stash has them."""
    box.scenes = [box.add(f"a/clip {n}.mp4", **FULL, cover=JPEG + bytes([n])) for n in range(3)]
    box.operation("all")
    assert not box.differences()
    quiet(box)
    return box


def reconcile(box, scope="all"):
    return box.operation(f"reconcile_{scope}")


# --- the kinds of gaps ---------------------------------------------------------------------


def test_an_item_with_only_a_file_name_is_filled(box):
    box.add("a/clip.mp4", **FULL)
    found = reconcile(box)
    assert gaps(found) == {"empty_metadata": 1}
    assert (found["total_gaps"], found["enqueued"], found["drain"]["written"]) == (1, 1, 1)
    assert not box.differences()


def test_nothing_to_do_is_no_gap_no_job_and_no_write(synced):
    found = reconcile(synced)
    assert found["scenes_checked"] == 3
    assert (found["total_gaps"], found["enqueued"], found["conflicts"]) == (0, 0, 0)
    assert not gaps(found) and not found["cover_checks"]
    assert not synced.plex.writes()


def test_a_performer_renamed_where_no_hook_tells_is_stale(synced):
    store = synced.stash.library.store
    store.renamed("performer", store.named["performer"][synced.stash.performer_id("Jane Doe")], "J")
    found = reconcile(synced)
    assert gaps(found) == {"stale_sync": 3}
    assert sorted(synced.item(synced.scenes[0])["actors"]) == ["J", "John Roe"]
    assert not synced.differences()
    assert not gaps(reconcile(synced))


def test_auto_tagging_tells_nobody_and_is_found(synced):
    synced.stash.library.store.id_of("tag", "clip")
    synced.stash.auto_tag(tags=["*"])
    assert not [run for run in synced.stash.runs if run.kind == "hook"]
    found = reconcile(synced)
    assert gaps(found) == {"stale_sync": 3}
    assert "clip" in synced.item(synced.scenes[1])["genres"]


def test_a_merge_of_scenes_tells_nobody_and_is_found(synced):
    source, target = synced.add("a/copy.mp4", in_plex=False), synced.scenes[0]
    synced.stash.merge_scenes([source], target, title="Merged", tag_ids=[])
    assert not [run for run in synced.stash.runs if run.kind == "hook"]
    assert gaps(reconcile(synced)) == {"stale_sync": 1}
    assert synced.item(target)["title"] == "Merged"
    assert not synced.item(target)["genres"]


def test_a_merge_in_stash_shows_on_the_items_of_both_files(synced):
    source, target = synced.scenes[:2]
    synced.stash.merge_scenes([source], target, title="Merged")
    found = reconcile(synced)
    assert found["conflicts"] == 0 and gaps(found) == {"stale_sync": 1}
    assert [synced.item(one)["title"] for one in (source, target)] == ["Merged", "Merged"]
    assert not gaps(reconcile(synced))


def test_a_field_that_stash_lost_is_cleared_where_it_was_ours(synced):
    synced.stash.library.store.scenes[synced.scenes[0]].details = ""
    assert gaps(reconcile(synced)) == {"stale_sync": 1}
    assert not synced.item(synced.scenes[0])["summary"]
    assert not gaps(reconcile(synced))


def test_a_scene_that_plex_lacks_is_missing_and_waits(box):
    box.add("a/lost.mp4", in_plex=False, **FULL)
    box.add("a/there.mp4", **FULL)
    found = reconcile(box)
    assert gaps(found) == {"empty_metadata": 1, "missing": 1}
    assert box.operation("queue_status")["queue"]["waiting"] == 1
    again = reconcile(box)
    assert gaps(again) == {"missing": 1}
    assert again["enqueued"] == 0, "what is owed already is not owed twice"


@pytest.mark.parametrize("setting", [{"skip_not_found": True}, {"reconcile_missing": False}])
def test_missing_scenes_can_be_made_silent(box, setting):
    box.add("a/lost.mp4", in_plex=False, **FULL)
    box.configure(**setting)
    found = reconcile(box)
    assert not gaps(found) and found["enqueued"] == 0
    assert box.operation("queue_status")["queue"]["waiting"] == 0


def test_a_run_syncs_a_scene_that_waited(box):
    scene = box.add("a/late.mp4", in_plex=False, **FULL)
    assert gaps(reconcile(box)) == {"missing": 1}
    box.plex.add_file(box.paths[scene])
    found = reconcile(box)
    assert gaps(found) == {"empty_metadata": 1}
    assert found["drain"]["written"] == 1, "it does not wait for the end of its back-off"
    assert not box.differences()


def test_scenes_without_a_file_are_no_gap(box):
    box.stash.add_scene(files=[], title="Only an idea")
    found = reconcile(box)
    assert found["scenes_checked"] == 1
    assert not gaps(found) and found["enqueued"] == 0


def test_a_scene_with_nothing_to_say_is_no_gap(box):
    box.add("a/untold.mp4")
    found = reconcile(box)
    assert not gaps(found)
    assert not box.plex.writes()


# --- what a person did in Plex -------------------------------------------------------------


def test_an_edit_in_plex_is_counted_apart_and_stays(synced):
    scene = synced.scenes[0]
    synced.plex.edit_as_person(synced.item(scene)["ratingKey"], title="My title", summary="Mine")
    found = reconcile(synced)
    assert gaps(found) == {"drifted": 1}
    assert (found["total_gaps"], found["enqueued"]) == (0, 0)
    item = synced.item(scene)
    assert found["drifted"] == [
        {"scene": scene, "items": [item["ratingKey"]], "fields": ["title", "summary"]}
    ]
    assert (item["title"], item["summary"]) == ("My title", "Mine")
    assert not synced.plex.writes()


def test_the_next_change_in_stash_of_that_very_field_wins(synced):
    scene = synced.scenes[0]
    synced.plex.edit_as_person(synced.item(scene)["ratingKey"], title="My title", summary="Mine")
    synced.stash.library.store.scenes[scene].title = "New in Stash"
    assert gaps(reconcile(synced)) == {"stale_sync": 1}
    item = synced.item(scene)
    assert (item["title"], item["summary"]) == ("New in Stash", "Mine")
    assert gaps(reconcile(synced)) == {"drifted": 1}


def test_a_genre_removed_in_plex_is_drift(synced):
    key = synced.item(synced.scenes[0])["ratingKey"]
    synced.plex.edit_as_person(key, add_genres=["Favourites"])
    assert not gaps(reconcile(synced))
    synced.plex.edit_as_person(key, remove_genres=["one"])
    assert gaps(reconcile(synced)) == {"drifted": 1}
    assert synced.item(synced.scenes[0])["genres"] == ["two", "Favourites"]


# --- covers --------------------------------------------------------------------------------


def test_a_cover_that_was_generated_silently_is_found_and_uploaded(synced):
    scene = synced.scenes[0]
    # Stash names its covers by second: wait until its clock says another one.
    row = synced.stash.library.store.scenes[scene]
    synced.stash.set_cover(scene, JPEG + b"new")
    row.updated_at = synced.stash.library.store.timestamp(synced.stash.library.store.clock() + 5)
    found = reconcile(synced)
    assert found["cover_checks"] == 1 and found["total_gaps"] == 0
    assert synced.plex.image(synced.item(scene)["poster"]) == JPEG + b"new"
    assert reconcile(synced)["cover_checks"] == 0


def test_an_unchanged_save_costs_one_look_at_the_cover(synced):
    store, scene = synced.stash.library.store, synced.scenes[0]
    store.scenes[scene].updated_at = store.timestamp(store.clock() + 5)
    assert reconcile(synced)["cover_checks"] == 1
    assert not synced.plex.writes()
    assert reconcile(synced)["cover_checks"] == 0


# --- conflicts -----------------------------------------------------------------------------


def test_two_scenes_on_one_item_are_a_conflict_and_not_a_gap(box):
    first, second = (box.add(f"a/part {n}.mp4", in_plex=n == 1, **FULL) for n in (1, 2))
    box.plex.add_parts(box.item(first)["ratingKey"], [box.paths[second]])
    box.stash.library.store.scenes[second].title = "Another"
    found = reconcile(box)
    assert found["conflicts"] == 1
    assert box.item(first)["title"] == "A title"
    quiet(box)
    again = reconcile(box)
    assert again["conflicts"] == 1 and not gaps(again)
    assert not box.plex.writes()
    assert any("1 scene not synced: an item is shared" in line for line in lines(box, "info"))


def test_a_scene_that_fits_two_items_is_a_conflict(box):
    scene = box.add("a/twice.mp4", **FULL)
    other = box.plex.add_section("Other", roots=["/media"])
    box.plex.add_file(box.paths[scene], section=other)
    found = reconcile(box)
    assert found["conflicts"] == 1 and not gaps(found)
    assert not box.plex.writes()
    box.configure(allow_ambiguous_match=True)
    assert gaps(reconcile(box)) == {"empty_metadata": 1}
    assert {item["title"] for item in box.plex.items()} == {"A title"}
    assert not gaps(reconcile(box))


# --- empty means stop ----------------------------------------------------------------------


def stopped(box, *words):
    """The one line of a run that stopped; nothing was written, and it does not count as done."""
    runs = state(box)["run_count"]
    with pytest.raises(Exception, match=words[0]) as error:
        reconcile(box)
    said = [line for line in lines(box, "error", "warning") if words[0] in line]
    assert len(said) == 1
    assert all(word in str(error.value) for word in words)
    assert not box.plex.writes()
    assert box.operation("queue_status")["queue"]["pending"] == 0
    assert (state(box)["run_count"], state(box)["failure_count"]) == (runs, 1)
    return said[0]


def test_a_plex_that_lists_nothing_any_more_stops_the_run(synced):
    reconcile(synced)
    for item in list(synced.plex.items()):
        synced.plex.remove_item(item["ratingKey"])
    quiet(synced)
    stopped(synced, "Plex lists nothing", "nothing is changed")


def test_a_library_that_is_gone_stops_the_run(synced):
    reconcile(synced)
    synced.plex.remove_section(synced.section)
    quiet(synced)
    stopped(synced, "none of the libraries", "nothing is changed")


def test_a_library_that_is_gone_beside_another_one_stops_the_run(synced):
    reconcile(synced)
    films = synced.plex.add_section("Films", roots=["/films"])
    synced.plex.add_file("/films/some film.mkv", section=films)
    synced.plex.remove_section(synced.section)
    quiet(synced)
    stopped(synced, "Plex lists none of the files in Stash", "nothing is changed")


def test_scenes_of_an_emptied_library_wait(synced):
    films = synced.plex.add_section("Films", roots=["/media/films"])
    lost = synced.add("films/f.mp4", in_plex=False, title="Film")
    item = synced.plex.add_file("/media/films/f.mp4", section=films)
    reconcile(synced)
    assert synced.item(lost)["title"] == "Film"
    synced.plex.remove_item(item)
    quiet(synced)
    assert gaps(reconcile(synced)) == {"missing": 1}
    (line,) = lines(synced, "warning")
    assert "nothing in “Films”, where it had 1 file: its scenes wait" in line
    assert synced.operation("queue_status")["queue"]["waiting"] == 1


def test_a_library_that_was_made_anew_is_written_again(synced):
    reconcile(synced)
    synced.plex.recreate_section("Scenes")
    assert gaps(reconcile(synced)) == {"empty_metadata": 3}
    assert not synced.differences()


def test_a_library_made_anew_that_is_not_scanned_yet_stops_the_run(synced):
    reconcile(synced)
    synced.plex.remove_section(synced.section)
    synced.plex.add_section("Scenes", roots=["/media"])
    quiet(synced)
    stopped(synced, "Plex lists none of the files", "nothing is changed")


def test_a_stash_without_scenes_stops_the_run(synced):
    reconcile(synced)
    synced.stash.library.store.scenes.clear()
    quiet(synced)
    stopped(synced, "Stash lists no scene at all", "nothing is changed")


def test_a_new_stash_and_a_new_plex_are_simply_empty(box):
    found = reconcile(box)
    assert (found["scenes_checked"], found["total_gaps"]) == (0, 0)
    assert state(box)["run_count"] == 1


def test_an_item_that_went_while_others_are_there_stops_nothing(synced):
    other = synced.add("a/new.mp4", **FULL)
    for scene in synced.scenes:
        synced.plex.remove_item(synced.item(scene)["ratingKey"])
    assert gaps(reconcile(synced)) == {"empty_metadata": 1, "missing": 3}
    assert not synced.differences([other])


# --- runs that fail, and what a run costs --------------------------------------------------


def test_a_plex_that_is_down_fails_the_run_and_loses_nothing(synced):
    synced.stash.library.store.scenes[synced.scenes[0]].title = "New"
    synced.plex.go_down()
    with pytest.raises(Exception, match="Plex does not answer at http"):
        reconcile(synced)
    assert state(synced)["run_count"] == 0
    assert "Plex does not answer" in state(synced)["last_failure"]
    synced.plex.come_up()
    assert gaps(reconcile(synced)) == {"stale_sync": 1}
    assert not synced.differences()
    assert state(synced)["failure_count"] == 0


def test_an_unreadable_part_leaves_the_other_gaps_closed(box):
    for number in range(45):
        box.add(f"a/clip {number}.mp4", **FULL)
    # The batch, and the first three alone.
    bad = tuple(f"/library/metadata/{key}" for key in (126, 127, 128))
    box.plex.faults.arm("500", match=lambda call: call.path.startswith(bad), times=12)
    found = reconcile(box)
    assert len(found["errors"]) == 1 and "scenes 26 to 45" in found["errors"][0]
    assert gaps(found) == {"empty_metadata": 25}
    assert found["drain"]["written"] == 25
    assert state(box)["failure_count"] == 1 and state(box)["run_count"] == 0
    assert any("not complete" in line for line in lines(box, "warning"))
    assert gaps(reconcile(box)) == {"empty_metadata": 20}
    assert not box.differences()


def test_a_plex_that_fails_at_everything_ends_the_run_early(box):
    for number in range(500):
        box.add(f"a/clip {number}.mp4", **FULL)
    box.plex.faults.arm("500", match="/library/metadata/", times=10_000)
    with pytest.raises(Exception, match="too much could not be checked"):
        reconcile(box)
    assert len(lines(box, "warning")) <= 20 and len(box.plex.requests) <= 55
    assert state(box)["failure_count"] == 1


def test_plex_is_read_in_batches_and_stash_in_pages(box):
    for number in range(60):
        box.add(f"a/clip {number}.mp4", **FULL)
    box.operation("all")
    quiet(box)
    assert reconcile(box)["total_gaps"] == 0
    assert len(box.plex.requests) <= 60 / 20 + 5
    asked = [r for r in box.stash.requests if r.operation not in (None, "runPluginOperation")]
    assert len(asked) <= 6
    assert not box.plex.writes() and not box.stash.queries_rejected


def test_progress_rises_from_the_listing_to_the_last_write(box):
    for number in range(60):
        box.add(f"a/clip {number}.mp4", **FULL)
    run = box.task("Reconcile Library (All)")
    told = [float(text) for level, text in raw_lines(run.stderr) if level == "progress"]
    assert told == sorted(told) and told[-1] == 1.0
    assert len({one for one in told if 0.1 < one < 0.9}) >= 2


# --- the engine by itself ------------------------------------------------------------------


def test_without_a_queue_the_engine_only_counts(synced, tmp_path):
    from reconciliation import GapDetectionEngine
    from stash.api import StashApi
    from validation.config import load

    synced.stash.library.store.scenes[synced.scenes[0]].title = "New"
    config, warnings = load(synced.stash.settings("Stash2Plex"))
    stash = StashApi({"Host": "127.0.0.1", "Port": synced.stash.port})
    found = GapDetectionEngine(stash, config, str(synced.data_dir)).run("all")
    assert not warnings
    assert (found.scenes_checked, found.stale_sync_count, found.enqueued_count) == (3, 1, 0)
    assert (found.total_gaps, found.errors) == (1, [])
    assert synced.operation("queue_status")["queue"]["pending"] == 0
    assert not synced.plex.writes()


def test_a_full_disk_ends_the_run_at_once(synced, monkeypatch):
    """Each further part would meet the same."""
    from reconciliation import GapDetectionEngine
    from stash.api import StashApi
    from validation.config import load

    config, _ = load(synced.stash.settings("Stash2Plex"))
    stash = StashApi({"Host": "127.0.0.1", "Port": synced.stash.port})
    engine = GapDetectionEngine(stash, config, str(synced.data_dir))

    def full(keys: object) -> None:
        raise sqlite3.OperationalError("database or disk is full")

    monkeypatch.setattr(engine._ledger, "entries", full)
    with pytest.raises(sqlite3.OperationalError):
        engine.run("all")


def test_the_engine_says_what_is_missing_in_the_settings(tmp_path):
    from errors import SetupError
    from reconciliation import GapDetectionEngine
    from validation.config import Stash2PlexConfig

    with pytest.raises(SetupError, match="Settings > Plugins"):
        GapDetectionEngine(None, Stash2PlexConfig(), str(tmp_path))


def test_an_item_of_which_plex_lost_everything_is_filled_again(box):
    """As after an older database of Plex was put back: nobody edits all fields away."""
    number = box.add("a/clip.mp4", title="A title", details="Told", studio="Acme", tags=["Rain"])
    box.operation("all")
    key = box.item(number)["ratingKey"]
    box.plex.edit_as_person(key, summary="", studio="", remove_genres=["Rain"], lock=False)
    assert gaps(box.operation("reconcile_all")) == {"empty_metadata": 1}
    assert not box.differences() and not gaps(box.operation("reconcile_all"))

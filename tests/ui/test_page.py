"""The page at work in a real browser: each button is pressed, and Plex and Stash are asked what came of it."""

from __future__ import annotations

import json
import time
from contextlib import closing
from pathlib import Path

from app.activity import Activity
from devserver.box import Box
from sync_queue import inbox
from sync_queue.job import Job
from sync_queue.jobs import Jobs
from tests.support.jobs import bury
from tests.ui.conftest import Open, View


def filled(box: Box, count: int = 3) -> list[int]:
    return [box.add(f"{n}.mp4", title=f"Title {n}", tags=["Rain"]) for n in range(count)]


# -- overview


def test_the_overview_syncs_all_and_its_ring_says_so(box: Box, tab: View) -> None:
    filled(box)
    tab.go()
    tab.shows("3 not looked at yet")
    tab.press("Sync All Scenes to Plex")
    tab.says("Sync All Scenes to Plex is done")
    tab.shows("3 in sync")
    tab.card("Servers").get_by_text("Plex 1.").wait_for()
    assert box.differences() == {}


def test_the_overview_reconciles_and_draws_the_gaps(box: Box, tab: View) -> None:
    filled(box)
    tab.go()
    tab.press("Reconcile Library (All)")
    tab.says("Reconcile Library (All) is done")
    tab.card("Reconciliation").get_by_text("3 gaps").first.wait_for()
    tab.press("Reconcile Library (Recent)")
    tab.says("Reconcile Library (Recent) is done")
    tab.until(lambda: tab.page.locator(".s2p-bars li").count() == 2)
    assert box.differences() == {}


def test_the_overview_processes_what_is_owed(box: Box, tab: View) -> None:
    (scene,) = filled(box, 1)
    inbox.mark(str(box.data_dir), "scene", scene)
    tab.go()
    tab.card("Now").get_by_text("1 job due").wait_for()
    tab.press("Process Queue")
    tab.says("Process Queue is done")
    assert box.differences() == {}


def test_an_outage_is_told_with_what_it_holds_and_its_end(box: Box, tab: View) -> None:
    filled(box, 2)
    box.plex.stop()
    box.operation("all")
    tab.go()
    tab.shows("Plex has been away since")
    tab.shows("2 jobs wait until Plex is back")
    tab.card("Servers").get_by_text("trouble").wait_for()
    tab.shot("outage")
    box.plex.start()
    tab.press("Test the connection")
    tab.says("answer")
    tab.card("Servers").get_by_text("trouble").wait_for(state="detached")
    tab.press("Process Queue")
    tab.says("Process Queue is done")
    tab.shows("2 in sync")
    assert box.differences() == {}


def test_what_a_brake_says_is_shown_until_a_run_of_its_kind_ends_well(
    box: Box, open_tab: Open
) -> None:
    braked(box)
    later = Activity(str(box.data_dir), "reconcile_all", lambda: time.time() + 100)
    later.ended("of another kind")
    tab = open_tab().go()
    tab.press("Sync All Scenes to Plex")
    tab.says("Sync All Scenes to Plex failed: ")
    tab.says("Brake, Share” to 100")
    tab.shows("22 differ")
    later.reconciled()
    for one in (tab, open_tab().go()):
        shown = one.card("Now").get_by_text("Sync All Scenes to Plex failed")
        shown.wait_for()
        assert "Brake, Share” to 100" in shown.inner_text()
    tab.shot("braked")
    box.configure(brake_share=100)
    tab.press("Process Queue")
    tab.says("Process Queue is done")
    shown.wait_for(state="detached")


def braked(box: Box) -> None:
    """A library that would lose too much: Stash says less of it than it said when it was synced."""
    scenes = box.add_all(
        {f"{n}.mp4": {"title": f"Title {n}", "details": "Long."} for n in range(22)}
    )
    box.operation("all")
    with box.silence():
        for scene in scenes:
            box.stash.update_scene(scene, details="")


def test_a_person_need_not_wait_for_the_next_look_at_plex(box: Box, tab: View) -> None:
    filled(box, 2)
    box.plex.stop()
    box.operation("all")
    tab.go()
    tab.card("Servers").get_by_text("in trouble since").wait_for()
    tab.press("Try now")
    tab.says("Process Queue failed: paused: Plex does not answer")
    tab.shows("Plex has been away since")
    box.plex.start()
    tab.press("Try now")
    tab.shows("2 in sync")
    tab.page.get_by_role("alert").wait_for(state="detached")
    assert box.differences() == {}


def test_both_servers_are_seen_while_polling_and_tested_at_a_press(
    box: Box, open_tab: Open
) -> None:
    box.operation("health_check")
    tab = open_tab()
    tab.page.clock.install()
    tab.go()
    servers = tab.card("Servers")
    servers.get_by_text("Stash v").wait_for()
    servers.get_by_text("Plex 1.").wait_for()
    box.plex.stop()
    tab.press("Test the connection")
    tab.says("does not answer")
    servers.get_by_text("trouble", exact=True).wait_for()
    box.plex.start()
    box.operation("health_check")  # another tab, or a task
    tab.page.clock.run_for(16_000)
    servers.get_by_text("trouble", exact=True).wait_for(state="detached")
    assert tab.asked.count("health_check") == 1


def test_a_part_of_the_ring_leads_to_its_list(box: Box, tab: View) -> None:
    gone = box.add("gone.mp4", in_plex=False, title="Gone")
    box.operation("all")
    tab.go()
    tab.page.locator("[data-part=not_in_plex]").click()
    tab.card("Scenes by state").get_by_role("link", name="Gone").wait_for()
    with closing(Jobs(box.data_dir)) as jobs:
        jobs.hasten([Job(gone)], time.time())
    tab.go()
    tab.page.locator("[data-part=waiting]").click()
    tab.card("Queue").get_by_text("Plex does not have its file yet").wait_for()


# -- queue and dead letters


def test_dead_letters_are_retried_and_dropped_one_by_one_some_and_all(box: Box, tab: View) -> None:
    scenes = filled(box, 6)
    bury(box, 6, first=scenes[0])
    tab.go("queue")
    tab.press(f"Retry scene {scenes[0]}")
    tab.says("1 dead letter is back in the queue")
    box.settle()
    assert scenes[0] not in box.differences()
    tab.press(f"Drop scene {scenes[1]}")
    tab.says("1 dead letter dropped")
    tab.page.get_by_label(f"Choose scene {scenes[2]}").check()
    tab.shot("queue")
    tab.press("Retry chosen (1)")
    tab.button(f"Retry scene {scenes[2]}").wait_for(state="detached")
    tab.page.get_by_label(f"Choose scene {scenes[3]}").check()
    tab.press("Drop chosen (1)", sure="Drop them?")
    tab.button(f"Retry scene {scenes[3]}").wait_for(state="detached")
    tab.press("Retry all (2)")
    tab.shows("There are no dead letters")
    box.settle()
    assert set(box.differences()) == {scenes[1], scenes[3]}


def test_dead_letters_of_one_reason_are_chosen_and_dropped(box: Box, tab: View) -> None:
    scenes = filled(box, 5)
    bury(box, 2, "one reason", first=scenes[0])
    bury(box, 3, "another one", first=scenes[2])
    tab.go("queue")
    tab.page.get_by_label("Reason").select_option("another one")
    tab.press("Drop all (3)", sure="Drop all of them?")
    tab.says("3 dead letters dropped")
    assert box.operation("status")["queue"]["dead"] == 2


def test_dead_letters_of_a_page_are_chosen_together(box: Box, tab: View) -> None:
    (scene,) = filled(box, 1)
    bury(box, 53, first=scene)
    tab.go("queue")
    letters = tab.card("Dead letters")
    letters.get_by_role("button", name="Next").click()
    tab.button(f"Retry scene {scene}").wait_for()
    tab.page.get_by_label("Choose all that are shown").check()
    tab.page.get_by_label(f"Choose scene {scene}", exact=True).uncheck()
    tab.press("Drop chosen (2)", sure="Drop them?")
    tab.says("2 dead letters dropped")
    found = [row["id"] for row in box.operation("list_dead_letters")["rows"]]
    assert len(found) == 51 and found[-1] == scene
    # Those that are gone from Stash cost no title.
    letters.get_by_role("link", name="Title 0").wait_for()


def test_the_queue_is_filtered_processed_and_cleared(box: Box, tab: View) -> None:
    box.add("gone.mp4", in_plex=False, title="Gone for now")
    box.operation("all")
    tab.go("queue")
    tab.page.get_by_label("Show").select_option("pending")
    tab.shows("Nothing is waiting to be synced")
    tab.page.get_by_label("Show").select_option("waiting")
    tab.card("Queue").get_by_text("Gone for now").wait_for()
    tab.press("Process Queue")
    tab.says("Process Queue is done")
    tab.press("Clear Pending Queue", sure="Forget everything that is waiting?")
    tab.says("1 job forgotten")
    assert box.operation("status")["queue"]["waiting"] == 0


# -- changes


def test_a_field_an_item_and_a_run_are_undone(box: Box, tab: View) -> None:
    scenes = filled(box)
    before = {scene: box.item(scene)["title"] for scene in scenes}
    box.operation("all")
    tab.go("changes")
    tab.page.get_by_role("link", name="Changes of run 1").click()
    item = box.item(scenes[0])["ratingKey"]
    tab.press(f"Undo title of item {item}")
    tab.says("1 field put back")
    assert box.item(scenes[0])["title"] == before[scenes[0]]
    tab.shot("changes")
    tab.page.get_by_role("link", name="All runs").click()
    tab.page.get_by_role("link", name="Changes of run 1").click()
    other = box.item(scenes[1])["ratingKey"]
    tab.press(f"Undo item {other}")
    tab.says("fields put back")
    assert "Rain" not in str(box.item(scenes[1]))
    tab.press("Undo run", sure="Undo all of it?")
    tab.says("Undo Run 1 is done")
    assert {scene: box.item(scene)["title"] for scene in scenes} == before


def test_a_run_is_undone_from_the_list_and_its_scenes_are_resumed(box: Box, tab: View) -> None:
    scenes = filled(box)
    box.operation("all")
    tab.go("changes")
    tab.press("Undo run 1", sure="Undo this run?")
    tab.says("Undo Run 1 is done")
    assert set(box.differences()) == set(scenes)
    tab.press(f"Resume scene {scenes[0]}")
    tab.says("1 scene resumed")
    box.settle()
    assert set(box.differences()) == set(scenes[1:])
    tab.press("Resume Held Scenes", sure="Sync all of them?")
    tab.says("2 scenes resumed")
    box.settle()
    assert box.differences() == {}


def test_a_conflict_is_decided_for_either_side(box: Box, tab: View) -> None:
    scenes = filled(box, 2)
    box.configure(on_edit_in_plex="ask")
    box.operation("all")
    items = [box.item(scene)["ratingKey"] for scene in scenes]
    for scene, item in zip(scenes, items, strict=True):
        box.plex.edit_as_person(int(item), title=f"By hand {scene}")
        box.stash.update_scene(scene, title=f"In Stash {scene}")
    box.settle()
    box.operation("all")
    tab.go("changes")
    tab.card("Open Decisions").get_by_text(f"By hand {scenes[0]}").wait_for()
    tab.shot("conflicts")
    tab.press(f"Keep what Plex says of title of item {items[0]}")
    tab.says("Plex keeps its value")
    tab.press(f"Write what Stash says of title of item {items[1]}")
    tab.says("The value of Stash will be written")
    box.settle()
    assert box.item(scenes[0])["title"] == f"By hand {scenes[0]}"
    assert box.item(scenes[1])["title"] == f"In Stash {scenes[1]}"


# -- preview


def test_a_preview_is_made_narrowed_down_and_applied(box: Box, tab: View) -> None:
    scenes = filled(box, 2)
    plain = box.add("plain.mp4", title="Plain")
    tab.go("preview")
    tab.shows("No preview was made yet")
    tab.page.get_by_label("Scope").select_option("24h")
    tab.press("Make a preview")
    tab.says("Preview is done")
    assert set(box.differences()) == {*scenes, plain}, "nothing is written"
    tab.page.get_by_label("Field").select_option("genres")
    tab.page.get_by_label("Reason").select_option("write")
    tab.card("Preview").get_by_text("Plain").first.wait_for(state="detached")
    tab.shot("preview")
    tab.press("Apply what is shown", sure="Write this to Plex?")
    tab.says("2 scenes will be synced")
    box.settle()
    assert set(box.differences()) == {plain}


def test_a_preview_of_a_range_shows_what_changed_in_it(box: Box, tab: View) -> None:
    (scene,) = filled(box, 1)
    box.add("old.mp4", title="Old", updated_at="2020-02-02T02:02:02Z")
    tab.go("preview")
    tab.page.get_by_label("Scope").select_option("range")
    given = tab.page.get_by_role("textbox", name="Range")
    given.fill("nonsense")
    tab.press("Make a preview")
    tab.says("Preview failed: ")
    given.fill("12h")
    tab.press("Make a preview")
    tab.shows("scope 12h")
    assert {row["scene"] for row in box.operation("list_preview")["rows"]} == {scene}
    tab.press("Apply", sure="Write this to Plex?")
    tab.says("1 scene will be synced")
    box.settle()
    assert len(box.differences()) == 1


# -- setup


def test_setup_tells_what_is_wrong_and_picks_a_library(box: Box, tab: View) -> None:
    filled(box, 1)
    box.plex.add_section("Others", roots=["/others"])
    box.configure(poster_fit=True, max_retries=500)
    tab.go("setup")
    tab.card("Settings in force").get_by_text("Max Retries").first.wait_for()
    tab.page.get_by_label("Others").uncheck()
    tab.shot("setup")
    tab.press("Save libraries")
    tab.says("These libraries are synced now: Scenes")
    settings = box.settings()
    assert settings["plex_library"] == "#1" and settings["max_retries"] == 500
    tab.page.get_by_label("defaults too").check()
    tab.card("Settings in force").get_by_text("Journal Rows").wait_for()
    assert box.plex.url in tab.card("Settings in force").inner_text()
    assert "plex-token" not in tab.page.content()
    assert box.operation("health_check")["libraries"] == ["Scenes"]
    box.configure(plex_library="Scenes", paused=True)
    tab.press("Check Setup")
    tab.card("Check").get_by_text("paused").first.wait_for()
    tab.press("Test the connection")
    tab.says("answer")


def test_all_libraries_ticked_are_all_that_there_will_ever_be(box: Box, tab: View) -> None:
    filled(box, 1)
    box.plex.add_section('Others, "old" ', roots=["/others"])
    box.configure(plex_library="Scenes")
    tab.go("setup")
    tab.page.get_by_label("Others").check()
    tab.press("Save libraries")
    tab.says("All movie libraries are synced now")
    assert not box.settings().get("plex_library")
    tab.page.get_by_label("Scenes").uncheck()
    tab.press("Save libraries")
    tab.until(lambda: box.settings().get("plex_library") == "#2")
    assert box.operation("health_check")["libraries"] == ['Others, "old" ']


def test_setup_accepts_the_paths_that_files_prove(box: Box, tab: View) -> None:
    for number in range(12):
        box.add(f"Studio {number % 3}/clip {number}.mp4", title=f"T{number}")
    box.configure(path_map="")
    tab.go("setup")
    tab.press("Accept what files prove", sure="Set Path Map?")
    tab.says(f"Path Map is now: {box.path_map}")
    assert box.settings()["path_map"] == box.path_map
    tab.shows("Set by you (Path Map):")
    box.operation("all")
    assert box.differences() == {}


def test_the_report_for_a_bug_is_downloaded_without_anything_private(box: Box, tab: View) -> None:
    filled(box, 1)
    tab.go("setup")
    tab.card("Libraries").wait_for()
    with tab.page.expect_download() as waiting:
        tab.press("Bug Report")
    found = Path(waiting.value.path()).read_text(encoding="utf-8")
    assert json.loads(found)["about"]["version"] and "plex-token" not in found
    assert "/media" not in found and box.plex.url not in found

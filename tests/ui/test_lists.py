"""Long lists are searched, ordered and turned over, and the address keeps it: Back and a reload work."""

from __future__ import annotations

import pytest

from devserver.box import Box
from tests.support.jobs import bury
from tests.ui.conftest import View


def many(box: Box, count: int) -> list[int]:
    names = {f"{n:03}.mp4": {"title": f"Clip a{n:03}"} for n in range(count)}
    return box.add_all(names)


def titles(tab: View, card: str) -> list[str]:
    return [str(text) for text in tab.card(card).locator("tbody a bdi").all_inner_texts()]


def first(tab: View, card: str, title: str) -> None:
    """Waits until the first row of the list is this scene."""
    tab.until(lambda: (titles(tab, card) or [""])[0] == title)


def search(tab: View, words: str) -> None:
    tab.page.get_by_role("searchbox", name="Search").fill(words)


def test_scenes_are_turned_over_and_the_address_keeps_it(box: Box, tab: View) -> None:
    many(box, 120)
    tab.go("scenes")
    first(tab, "Scenes by state", "Clip a119")
    tab.press("Next")
    first(tab, "Scenes by state", "Clip a069")
    tab.shows("51 to 100 of 120")
    tab.press("Last")
    first(tab, "Scenes by state", "Clip a019")
    tab.page.reload()
    first(tab, "Scenes by state", "Clip a019")
    tab.press("Previous")
    first(tab, "Scenes by state", "Clip a069")
    tab.page.go_back()
    first(tab, "Scenes by state", "Clip a019")
    tab.press("First")
    first(tab, "Scenes by state", "Clip a119")
    assert "page=" not in tab.page.url


def test_scenes_are_searched_and_ordered_in_every_state(box: Box, tab: View) -> None:
    many(box, 60)
    box.add("gone.mp4", in_plex=False, title="Clip that is gone")
    box.operation("all")
    tab.go("scenes")
    search(tab, "clip a01")
    tab.shows("1 to 10 of 10")
    first(tab, "Scenes by state", "Clip a019")
    tab.page.get_by_label("Order").select_option("title")
    first(tab, "Scenes by state", "Clip a010")
    tab.page.get_by_role("combobox", name="State").select_option("not_in_plex")
    tab.shows("0 of 10 scenes")
    search(tab, "clip")
    first(tab, "Scenes by state", "Clip that is gone")
    tab.page.reload()
    first(tab, "Scenes by state", "Clip that is gone")
    assert tab.page.get_by_role("searchbox", name="Search").input_value() == "clip"
    search(tab, "")
    tab.page.get_by_role("combobox", name="State").select_option("in_sync")
    tab.page.get_by_label("Order").select_option("oldest")
    first(tab, "Scenes by state", "Clip a000")
    tab.press("Next")
    first(tab, "Scenes by state", "Clip a050")
    assert "state=in_sync" in tab.page.url and "order=oldest" in tab.page.url


def test_covers_are_loaded_only_where_they_are_seen(box: Box, tab: View) -> None:
    scenes = many(box, 50)
    asked: list[str] = []
    tab.page.on("request", lambda one: "/screenshot" in one.url and asked.append(one.url))
    tab.page.set_viewport_size({"width": 1280, "height": 300})
    tab.go("scenes")
    first(tab, "Scenes by state", "Clip a049")
    tab.until(lambda: any(f"/scene/{scenes[49]}/screenshot" in one for one in asked))
    pictures = tab.card("Scenes by state").locator("tbody img")
    assert pictures.count() == 50
    assert {one.get_attribute("loading") for one in pictures.all()} == {"lazy"}


def test_the_queue_and_its_dead_letters_are_searched_and_ordered(box: Box, tab: View) -> None:
    scenes = many(box, 120)
    bury(box, 55, first=scenes[0])
    waiting = [box.add(f"w{n}.mp4", in_plex=False, title=f"Waits {n}") for n in range(3)]
    box.operation("sync", scenes=waiting)
    tab.go("queue")
    first(tab, "Dead letters", "Clip a054")
    letters = tab.card("Dead letters")
    letters.get_by_role("button", name="Next").click()
    first(tab, "Dead letters", "Clip a004")
    letters.get_by_label("Order").select_option("oldest")
    first(tab, "Dead letters", "Clip a000")
    tab.card("Queue").get_by_label("Order").select_option("newest")
    first(tab, "Queue", "Waits 2")
    search(tab, "clip a03")
    first(tab, "Dead letters", "Clip a030")
    tab.card("Queue").get_by_text("Nothing fits").wait_for()
    search(tab, "waits 1")
    first(tab, "Queue", "Waits 1")
    letters.get_by_text("Nothing fits").wait_for()
    search(tab, "no such words")
    tab.card("Queue").get_by_text("Nothing fits").wait_for()


def test_runs_name_their_scenes_and_are_searched(box: Box, tab: View) -> None:
    scenes = many(box, 5)
    box.operation("all")
    box.stash.update_scene(scenes[3], title="Another name")
    box.settle()
    tab.go("changes")
    runs = tab.page.get_by_role("region", name="Runs that wrote to Plex")
    rows = runs.locator("tbody tr")
    rows.filter(has_text="and 2 others").wait_for()
    rows.first.get_by_role("link", name="Another name").wait_for()
    search(tab, "clip a001")
    tab.until(lambda: rows.count() == 1)
    tab.page.get_by_role("link", name="Changes of run 1").click()
    rows = tab.page.get_by_role("region", name="Changes of run 1").locator("tbody tr")
    tab.until(lambda: rows.count() == 5)
    search(tab, "another")
    tab.until(lambda: rows.count() == 1)
    tab.page.get_by_label("Field").select_option("genres")
    tab.shows("Nothing fits")
    tab.page.go_back()
    tab.until(lambda: rows.count() == 1)


@pytest.mark.parametrize("view", ["scenes", "queue", "changes"])
def test_a_page_that_is_not_there_says_so(box: Box, tab: View, view: str) -> None:
    many(box, 3)
    tab.go(view, "&page=90000&q=nothing&order=x&state=y&letters-page=abc")
    tab.shows("Scenes by state" if view == "scenes" else "Nothing fits")


def test_a_previewed_scene_opens_with_both_pictures(box: Box, tab: View) -> None:
    scenes = many(box, 3)
    box.stash.set_cover(scenes[1], b"\xff\xd8\xff" + b"c" * 900)
    box.operation("preview")
    tab.go("preview")
    tab.card("Preview").get_by_text("Clip a001", exact=True).click()
    pictures = tab.page.locator(".s2p-both img")
    tab.until(lambda: pictures.count() == 2)
    of_plex = str(pictures.first.get_attribute("src"))
    assert of_plex.startswith("data:image/png;base64,")
    assert str(pictures.last.get_attribute("src")).endswith(f"/scene/{scenes[1]}/screenshot")
    assert tab.asked.count("plex_picture") == 1, "only what is opened"
    assert "plex-token" not in tab.page.content()
    changes = tab.page.get_by_role("region", name="Changes of Clip a001")
    changes.get_by_role("cell", name="Clip a001").first.wait_for()
    tab.shot("preview-open")


def test_a_search_narrows_down_what_a_preview_applies(box: Box, tab: View) -> None:
    scenes = many(box, 12)
    box.operation("preview")
    tab.go("preview")
    search(tab, "clip a01")
    tab.shows("1 to 2 of 2")
    tab.page.reload()
    tab.shows("1 to 2 of 2")
    tab.press("Apply what is shown", sure="Write this to Plex?")
    tab.says("2 scenes will be synced")
    box.settle()
    assert set(box.differences()) == set(scenes[:10])


@pytest.mark.parametrize(("side", "word"), [("Stash", "Ours"), ("Plex", "Theirs")])
def test_all_open_decisions_go_to_one_side(box: Box, tab: View, side: str, word: str) -> None:
    scenes = many(box, 3)
    box.configure(on_edit_in_plex="ask")
    box.operation("all")
    with box.silence():
        for scene in scenes:
            box.plex.edit_as_person(int(box.item(scene)["ratingKey"]), title=f"Theirs {scene}")
            box.stash.update_scene(scene, title=f"Ours {scene}")
    box.operation("all")
    tab.go("changes")
    tab.card("Open Decisions").get_by_text(f"Theirs {scenes[0]}").wait_for()
    if side == "Stash":
        tab.press("All as in Stash", sure="Decide everything that waits?")
    else:
        tab.press("All as in Plex", sure="Decide everything that waits?")
    tab.says("Open Decisions is done")
    tab.card("Open Decisions").wait_for(state="detached")
    assert [box.item(scene)["title"] for scene in scenes] == [f"{word} {n}" for n in scenes]


def test_a_locked_field_is_taken_over_from_the_preview(box: Box, tab: View) -> None:
    (scene,) = many(box, 1)
    item = box.item(scene)["ratingKey"]
    box.plex.edit_as_person(int(item), title="Locked by hand")
    box.operation("all")
    box.operation("preview")
    tab.go("preview")
    tab.card("Preview").locator("summary").first.click()
    tab.card("Preview").get_by_text("stays as it is").click()
    tab.press(f"Take over title of item {item}")
    tab.says("The value of Stash will be written")
    box.settle()
    assert box.item(scene)["title"] == "Clip a000"


def test_a_held_scene_shows_its_comparison_and_leads_to_plex(box: Box, tab: View) -> None:
    (scene,) = many(box, 1)
    box.operation("all")
    box.operation("hold", scene=scene)
    with box.silence():
        box.stash.update_scene(scene, title="Said anew")
    tab.page.goto(f"{box.stash.url}/scenes/{scene}")
    tab.page.get_by_role("tab", name="Plex").click()
    tab.page.get_by_role("link", name="Open in Plex").wait_for()
    plan = tab.page.get_by_role("region", name="The plan, field by field")
    plan.get_by_text("Said anew").wait_for()
    tab.page.get_by_text("Compare the pictures").click()
    tab.until(lambda: tab.page.locator(".s2p-both img").count() == 2)
    tab.page.locator("[data-state=held]").wait_for()


def test_the_overview_says_what_needs_a_person_and_was_written(box: Box, tab: View) -> None:
    scenes = many(box, 3)
    box.stash.set_cover(scenes[0], b"\xff\xd8\xff" + b"c" * 900)
    box.add("gone.mp4", in_plex=False, title="Clip that is gone")
    box.operation("all")
    bury(box, 1, "Plex says no", first=scenes[1])
    tab.go()
    needs = tab.card("Needs you")
    needs.get_by_text("Plex says no").wait_for()
    tab.card("Last writes").get_by_role("link", name="Clip a002").wait_for()
    tab.card("Last runs").get_by_role("link", name="Sync All Scenes to Plex").click()
    run = tab.page.get_by_role("region", name="Changes of run 1")
    run.get_by_text("a picture", exact=True).first.wait_for()
    assert "upload://" not in run.inner_text()
    tab.page.go_back()
    needs.get_by_role("link", name="1 not in Plex").click()
    first(tab, "Scenes by state", "Clip that is gone")

"""The badge on Stash's scene cards, and the list of scenes by where they stand."""

from __future__ import annotations

from typing import Any

import pytest

from devserver.box import Box
from sync_queue.jobs import Jobs
from tests.support.jobs import bury
from tests.ui.conftest import Open, View


def mixed(box: Box) -> dict[int, str]:
    """A scene of each kind that there is."""
    synced, held = (box.add(f"{n}.mp4", title=f"Title {n}") for n in range(2))
    gone = box.add("gone.mp4", in_plex=False, title="Gone")
    box.operation("all")
    box.operation("hold", scene=held)
    new = box.add("new.mp4", title="New")
    return {synced: "in_sync", held: "held", gone: "not_in_plex", new: "unknown"}


def shown(tab: View) -> dict[int, str]:
    """scene -> state, as the badges say."""
    cards = tab.page.locator(".scene-card:has(.s2p-card-badge)").all()
    return {
        scene_of(str(card.locator("a").first.get_attribute("href"))): str(
            card.locator(".s2p-card-badge").get_attribute("data-state")
        )
        for card in cards
    }


def scene_of(address: str) -> int:
    """Stash's own links tell the list that they stand in as well: `/scenes/7?qsort=...`."""
    return int(address.partition("?")[0].rsplit("/", 1)[-1])


def looks(tab: View) -> int:
    return tab.asked.count("scene_states")


def cards(tab: View) -> View:
    tab.page.goto(f"{tab.box.stash.url}/scenes")
    tab.page.locator(".scene-card").first.wait_for()
    return tab


def in_bar(tab: View, address: str) -> Any:
    return tab.page.locator(f".top-nav a[href$='{address}']").locator("visible=true")


def badge(tab: View, state: str) -> Any:
    return tab.page.locator(f".s2p-card-badge[data-state={state}]")


def test_without_the_setting_no_card_has_a_badge(box: Box, tab: View) -> None:
    mixed(box)
    cards(tab)
    tab.until(lambda: tab.answered == 1)
    tab.page.wait_for_load_state("networkidle")
    assert shown(tab) == {} and tab.asked == ["scene_states"]


def test_a_badge_is_there_as_soon_as_the_setting_is_on(box: Box, tab: View) -> None:
    expected = mixed(box)
    box.configure(card_badge=True)
    cards(tab)
    badge(tab, "in_sync").wait_for()
    assert shown(tab) == expected
    assert tab.asked == ["scene_states", "settings", "scene_states"]
    box.configure(card_badge=False)
    tab.asked.clear()
    cards(tab)
    tab.until(lambda: tab.asked == ["scene_states", "settings"] and tab.answered == 5)
    tab.page.wait_for_load_state("networkidle")
    assert shown(tab) == {} and looks(tab) == 1


def test_every_card_says_where_its_scene_stands_by_one_look(box: Box, tab: View) -> None:
    expected = mixed(box)
    box.configure(card_badge=True)
    box.operation("process_queue")
    cards(tab)
    badge(tab, "in_sync").wait_for()
    assert shown(tab) == expected
    assert badge(tab, "held").get_attribute("aria-label") == "Plex: Held"
    assert tab.asked == ["scene_states"]
    tab.shot("cards")


def test_cards_that_are_shown_again_soon_are_not_asked_about_again(
    box: Box, open_tab: Open
) -> None:
    mixed(box)
    box.configure(card_badge=True)
    box.operation("process_queue")
    tab = open_tab()
    tab.page.clock.install()
    cards(tab)
    tab.page.clock.run_for(1000)
    badge(tab, "in_sync").wait_for()
    for seconds, count in ((5, 1), (40, 2)):
        in_bar(tab, "/settings").click()
        tab.page.locator(".scene-card").first.wait_for(state="detached")
        tab.page.clock.run_for(seconds * 1000)
        in_bar(tab, "/scenes").click()
        badge(tab, "in_sync").wait_for()
        tab.page.clock.run_for(1000)
        tab.until(lambda: looks(tab) == count)  # noqa: B023 - waits here
    assert looks(tab) == 2


def test_a_look_that_fails_leaves_the_cards_as_they_are(box: Box, tab: View) -> None:
    mixed(box)
    box.configure(card_badge=True)
    jobs = Jobs(box.data_dir)
    jobs.rows("PRAGMA user_version = 99")
    jobs.close()
    with tab.page.expect_console_message(lambda one: "cannot load the badges" in one.text):
        cards(tab)
    assert tab.page.locator(".scene-card").count() == 4 and shown(tab) == {}


# -- the list


def middle(place: dict[str, float]) -> float:
    return place["x"] + place["width"] / 2


def test_the_ring_names_its_parts_in_one_line_each(box: Box, tab: View) -> None:
    mixed(box)
    box.add("too new.mp4", title="Too new")
    tab.go()
    tab.shows("2 not looked at yet")
    for part in tab.page.locator(".s2p-ring li").all():
        icon, line = part.locator("svg").bounding_box(), part.bounding_box()
        mark = part.locator(".s2p-mark").bounding_box()
        assert icon and line and mark and icon["height"] < line["height"] < 40
        assert mark["x"] - 1 <= icon["x"] and icon["width"] <= mark["width"]
        assert middle(icon) == pytest.approx(middle(mark), abs=1.5)
    tab.shot("ring")


@pytest.mark.parametrize(
    ("part", "state", "title"),
    [
        ("in_sync", "in_sync", "Title 0"),
        ("unknown", "unknown", "New"),
        ("not_in_plex", "not_in_plex", "Gone"),
    ],
)
def test_a_part_of_the_ring_leads_to_its_scenes(
    box: Box, tab: View, part: str, state: str, title: str
) -> None:
    mixed(box)
    tab.go()
    tab.page.locator(f"[data-part={part}]").click()
    listed = tab.card("Scenes by state")
    listed.get_by_role("link", name=title, exact=True).wait_for()
    assert listed.locator("tbody tr").count() == 1
    assert listed.get_by_role("combobox").input_value() == state


def test_scenes_of_a_state_are_listed_with_the_reason(box: Box, tab: View) -> None:
    edited, given_up = (box.add(f"{n}.mp4", title=f"Title {n}") for n in range(2))
    box.operation("all")
    box.plex.edit_as_person(int(box.item(edited)["ratingKey"]), title="By hand")
    box.operation("reconcile_all")
    bury(box, 1, "Plex says no", first=given_up)
    tab.go()
    tab.page.locator("[data-part=gave_up]", has_text="1 gave up").click()
    listed = tab.card("Scenes by state")
    listed.get_by_text("Plex says no").wait_for()
    listed.get_by_role("combobox").select_option("edited")
    listed.get_by_text("edited in Plex: title").wait_for()
    listed.get_by_role("link", name="Title 0").click()
    tab.page.get_by_role("tab", name="Plex").wait_for()


def test_scenes_are_listed_by_state_and_lead_to_their_page(box: Box, tab: View) -> None:
    expected = mixed(box)
    tab.go("scenes")
    listed = tab.card("Scenes by state")
    listed.get_by_text("4 of 4 scenes").wait_for()
    assert listed.locator("tbody tr").count() == len(expected)
    listed.get_by_role("combobox").select_option("held")
    listed.get_by_text("by you").wait_for()
    listed.get_by_role("link", name="Title 1").click()
    tab.page.get_by_role("tab", name="Plex").wait_for()


def test_more_scenes_than_fit_come_at_a_press(box: Box, tab: View) -> None:
    clips = {f"{number}.mp4": {"title": f"Clip {number}"} for number in range(203)}
    box.add_all(clips, in_plex=False)
    tab.go("scenes")
    listed = tab.card("Scenes by state")
    listed.get_by_text("200 of the newest 200 scenes; Stash has 203").wait_for()
    tab.press("More")
    listed.get_by_text("203 of 203 scenes").wait_for()
    assert listed.locator("tbody tr").count() == 203
    assert looks(tab) == 2

"""Where Stash shows us: its bar, its tools, its scenes, its settings; by phone, by keyboard, to a reader."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from devserver.box import Box
from tests.support.jobs import bury
from tests.ui.conftest import PAGE, Open, View


def filled(box: Box, count: int = 3) -> list[int]:
    return [box.add(f"{n}.mp4", title=f"Title {n}", tags=["Rain"]) for n in range(count)]


def test_the_page_is_reached_from_the_bar_and_from_the_tools(box: Box, tab: View) -> None:
    tab.page.goto(box.stash.url)
    link = tab.page.get_by_label("Stash2Plex", exact=True).locator("visible=true")
    ground = "one => getComputedStyle(one.querySelector('.btn')).backgroundColor"
    assert link.evaluate(ground) == "rgba(0, 0, 0, 0)", "it looks as its neighbours do"
    link.click()
    tab.shows("Reconciliation")
    tab.page.goto(f"{box.stash.url}/settings?tab=tools")
    links = tab.page.locator(".s2p-tools:not([hidden]) a")
    links.first.wait_for()
    assert links.count() == 1
    links.click()
    tab.page.wait_for_url(f"**{PAGE}")


def test_on_a_phone_the_menu_closes_when_the_page_is_chosen(box: Box, open_tab: Open) -> None:
    tab = open_tab(width=380)
    tab.page.goto(box.stash.url)
    tab.page.locator(".nav-menu-toggle").click()
    tab.page.get_by_label("Stash2Plex", exact=True).locator("visible=true").click()
    tab.shows("Reconciliation")
    tab.page.locator(".navbar-collapse.show, .navbar-collapse.collapsing").wait_for(
        state="detached"
    )


# -- a scene


def scene_tab(tab: View, scene: int) -> View:
    tab.page.goto(f"{tab.box.stash.url}/scenes/{scene}")
    tab.page.get_by_role("tab", name="Plex").click()
    tab.button("Look again").wait_for()
    return tab


def test_a_scene_tells_its_plan_and_is_synced_held_and_resumed(box: Box, tab: View) -> None:
    scene, other = filled(box, 2)
    scene_tab(tab, scene)
    tab.page.locator(".s2p-badge", has_text="Differs").wait_for()
    tab.shows("Plex says something else: title, genres")
    tab.press("Sync now")
    tab.says("In sync. Plex item ")
    tab.page.locator(".s2p-badge", has_text="In sync").wait_for()
    tab.shows("All fields agree")
    tab.page.locator("summary", has_text="agree").click()
    tab.page.locator("tr.s2p-undone", has_text="in agreement").first.wait_for()
    assert set(box.differences()) == {other}
    tab.shows("Last writes")
    tab.shot("scene")
    link = tab.page.get_by_role("link", name="Open in Plex").get_attribute("href")
    item = box.item(scene)["ratingKey"]
    assert link and link.startswith(box.plex.url) and link.endswith(f"metadata%2F{item}")
    tab.press("Hold")
    tab.says("The scene is not synced until you resume it")
    box.stash.update_scene(scene, title="Changed while held")
    box.settle()
    assert box.item(scene)["title"] == "Title 0"
    tab.press("Resume")
    tab.says("The scene is resumed and synced")
    assert box.item(scene)["title"] == "Changed while held"
    box.plex.edit_as_person(int(item), title="By hand")
    tab.press("Look again")
    tab.page.get_by_role("cell", name="By hand").first.wait_for()


def test_what_is_kept_in_plex_is_taken_over_field_by_field(box: Box, tab: View) -> None:
    scene, _ = filled(box, 2)
    key = box.item(scene)["ratingKey"]
    box.plex.edit_as_person(key, title="Mine", genres=["mine"], userRating=3.0)
    box.configure(on_edit_in_plex="plex")
    box.operation("all")
    scene_tab(tab, scene)
    tab.press(f"Take over title of item {key}")
    tab.says("Plex says what Stash says")
    tab.until(lambda: box.item(scene)["title"] == "Title 0")
    tab.button(f"Take over title of item {key}").wait_for(state="detached")
    assert box.item(scene)["genres"] == ["mine"], "one field at a time"
    tab.shot("take-over")


def test_a_sync_that_leaves_a_difference_says_so_above_its_table(box: Box, tab: View) -> None:
    (scene,) = filled(box, 1)
    box.operation("all")
    box.plex.edit_as_person(int(box.item(scene)["ratingKey"]), title="By hand")
    scene_tab(tab, scene)
    tab.press("Sync now")
    tab.says("Edited in Plex: title")
    tab.page.locator(".s2p-badge", has_text="Edited in Plex").wait_for()


def test_the_panel_of_a_scene_asks_nothing_until_it_is_opened(box: Box, tab: View) -> None:
    (scene,) = filled(box, 1)
    tab.page.goto(f"{box.stash.url}/scenes/{scene}")
    tab.page.get_by_role("tab", name="Plex").wait_for()
    tab.page.wait_for_load_state("networkidle")
    assert tab.asked == []


# -- phones, keys, readers


def populated(box: Box) -> int:
    """Something to see in every view."""
    scenes = filled(box, 4)
    box.add("gone.mp4", in_plex=False, title="Gone")
    box.operation("preview")
    box.operation("reconcile_all")
    bury(box, 2, first=scenes[0])
    box.operation("hold", scene=scenes[3])
    box.configure(max_retries=500, card_badge=True)
    return scenes[0]


@pytest.mark.parametrize("width", [1280, 380])
def test_no_view_has_a_serious_fault_for_those_who_hear_it(
    box: Box, open_tab: Open, node_modules: Path, width: int
) -> None:
    scene = populated(box)
    tab = open_tab(width=width)
    axe = (node_modules / "axe-core" / "axe.min.js").read_text(encoding="utf-8")
    for view in ("overview", "scenes", "queue", "changes", "preview", "setup", "start"):
        tab.go(view)
        tab.page.wait_for_load_state("networkidle")
        assert serious(tab, axe) == [], view
        wide = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        assert tab.page.evaluate(wide) <= 0, f"{view} fits into {width} pixels"
        tab.shot(f"{view}-{width}")
    scene_tab(tab, scene)
    tab.page.wait_for_load_state("networkidle")
    assert serious(tab, axe) == []
    tab.page.goto(f"{box.stash.url}/settings?tab=plugins")
    tab.page.locator(".s2p-in-force").first.wait_for()
    assert serious(tab, axe) == []
    tab.page.goto(f"{box.stash.url}/scenes")
    tab.page.locator(".s2p-card-badge").first.wait_for()
    assert serious(tab, axe) == []


def serious(tab: View, axe: str) -> list[str]:
    """What axe-core finds in our part of the page."""
    tab.page.evaluate(axe)
    found = tab.page.evaluate(
        "axe.run({include: ['.s2p-page', '.s2p-in-force', '.s2p-card-badge']"
        ".filter(one => document.querySelector(one))}, {resultTypes: ['violations']})"
    )
    return [
        f"{one['id']}: {one['nodes'][0]['html'][:150]} {one['nodes'][0]['failureSummary'][:200]}"
        for one in found["violations"]
        if one["impact"] in ("serious", "critical")
    ]


def test_a_button_is_pressed_by_keyboard(box: Box, tab: View) -> None:
    filled(box, 1)
    tab.go()
    tab.button("Sync All Scenes to Plex").focus()
    tab.page.keyboard.press("Enter")
    tab.says("Sync All Scenes to Plex is done")
    assert box.differences() == {}


# -- polling


def looks(tab: View) -> int:
    return sum(mode in ("status", "overview") for mode in tab.asked)


def hide(tab: View, hidden: bool) -> None:
    tab.page.evaluate(
        "hidden => { Object.defineProperty(document, 'hidden', {configurable: true, get: () => hidden});"
        " document.dispatchEvent(new Event('visibilitychange')); }",
        hidden,
    )


def test_a_hidden_tab_asks_nothing_and_a_seen_one_asks_at_once(box: Box, open_tab: Open) -> None:
    tab = open_tab()
    box.operation("health_check")  # else the page would, and look again after it
    tab.page.clock.install()
    tab.go()
    tab.until(lambda: looks(tab) == 1)
    tab.shows("Idle. Nothing is waiting.")
    tab.page.clock.run_for(14_000)
    assert looks(tab) == 1, "nothing runs: every 15 seconds"
    tab.page.clock.run_for(2_000)
    tab.until(lambda: looks(tab) == 2)
    hide(tab, True)
    tab.page.clock.run_for(60_000)
    assert looks(tab) == 2
    hide(tab, False)
    tab.until(lambda: looks(tab) == 3)


def test_what_the_page_starts_is_looked_at_at_once(box: Box, open_tab: Open) -> None:
    (scene,) = filled(box, 1)
    tab = open_tab()
    tab.page.clock.install()
    tab.go()
    tab.card("Servers").get_by_text("Plex 1.").wait_for()
    before = looks(tab)
    tab.page.clock.pause_at(datetime.now() + timedelta(hours=1))
    tab.until(lambda: looks(tab) == before + 1)
    tab.press("Sync All Scenes to Plex")
    tab.until(lambda: looks(tab) == before + 2)
    box.settle()
    assert box.differences([scene]) == {}


def test_while_something_is_due_it_asks_every_two_seconds(box: Box, open_tab: Open) -> None:
    from sync_queue import inbox

    box.operation("health_check")
    inbox.mark(str(box.data_dir), "scene", 1)
    tab = open_tab()
    tab.page.clock.install()
    tab.go()
    tab.shows("1 job due")
    tab.until(lambda: looks(tab) == 1)
    tab.page.clock.run_for(2_100)
    tab.until(lambda: looks(tab) == 2)


# -- a Stash that lacks something


def test_below_a_path_everything_is_asked_below_it(box: Box, tab: View) -> None:
    asked: list[str] = []

    def handed_on(route: Any, request: Any) -> None:
        path = request.url.removeprefix(box.stash.url)
        asked.append(path)
        address = box.stash.url + path.removeprefix("/stash")
        headers = {**request.headers, "x-forwarded-prefix": "/stash"}
        route.fulfill(response=route.fetch(url=address, headers=headers))

    filled(box, 1)
    box.configure(card_badge=True)
    tab.page.route("**/*", handed_on)
    tab.page.goto(f"{box.stash.url}/stash{PAGE}")
    tab.shows("Idle. Nothing is waiting.")
    tab.page.get_by_role("link", name="Queue").click()
    tab.shows("Nothing is waiting to be synced")
    tab.page.get_by_role("link", name="Scenes").first.click()
    tab.page.locator(".s2p-card-badge").wait_for()
    tab.page.wait_for_load_state("networkidle")
    tab.page.unroute_all(behavior="wait")
    ours = [path for path in asked if not path.startswith("/scene/")]  # its cards' images
    assert [path for path in ours if not path.startswith("/stash/")] == []


LACKING = """
Object.defineProperty(window, 'PluginApi', {configurable: true, set(api) {
  delete api.libraries.ReactFontAwesome; delete api.hooks.useSettings;
  const before = api.patch.before;
  api.patch.after = (name) => { throw new Error('no ' + name); };
  api.patch.before = (name, patch) => {
    if (name !== 'PluginRoutes') throw new Error('no ' + name);
    return before(name, patch);
  };
  Object.defineProperty(window, 'PluginApi', {value: api});
}});
"""


def test_a_stash_without_our_places_still_has_the_page(box: Box, tab: View) -> None:
    tab.page.add_init_script(LACKING)
    tab.go()
    tab.shows("Idle. Nothing is waiting.")
    tab.page.goto(f"{box.stash.url}/settings?tab=plugins")
    tab.page.locator("#plugin-Stash2Plex-plex_token").wait_for()

"""Each state of a scene, as the ring, the list, the cards and the tab of the scene show it."""

from __future__ import annotations

from collections import Counter
from typing import Any

from devserver.box import Box
from plex.state.scene_state import STATES
from sync_queue import inbox
from tests.support.jobs import bury
from tests.ui.conftest import View

NOT_OPENED = ("unknown",)  # its tab would look at it


def of_each_state(box: Box) -> dict[int, str]:
    """A scene of each state that there is."""
    names = ("in_sync", "waiting", "differs", "edited", "ambiguous", "held", "gave_up")
    scenes = {f"{name}.mp4": {"title": f"Is {name}"} for name in names}
    found = dict(zip(names, box.add_all(scenes), strict=True))
    found["left_out"] = box.add("left_out.mp4", title="Is left_out", tags=["Private"])
    found["not_in_plex"] = box.add("not_in_plex.mp4", in_plex=False, title="Is not_in_plex")
    box.configure(exclude_tags="Private", card_badge=True)
    box.operation("all")
    key = int(box.item(found["edited"])["ratingKey"])
    box.plex.edit_as_person(key, title="By hand")
    box.plex.add_file(box.paths[found["ambiguous"]], title="A second item")
    box.operation("reconcile_all")
    box.operation("clear_queue")  # else Plex is soon asked again for what it does not have
    with box.silence():
        box.stash.update_scene(found["differs"], title="Said anew")
    box.operation("preview")
    box.operation("hold", scene=found["held"])
    bury(box, 1, "Plex says no", first=found["gave_up"])
    inbox.mark(str(box.data_dir), "scene", found["waiting"])
    found["unknown"] = box.add("unknown.mp4", title="Is unknown")
    return {scene: state for state, scene in found.items()}


def by_scene(places: list[Any]) -> dict[int, str]:
    """scene -> state, of places that have a link to the scene and a badge."""
    found = {}
    for place in places:
        address = str(place.locator("a[href*='/scenes/']").first.get_attribute("href"))
        state = place.locator("[data-state]").get_attribute("data-state")
        found[int(address.partition("?")[0].rsplit("/", 1)[-1])] = str(state)
    return found


def test_each_state_is_shown_alike_by_ring_list_cards_and_tab(box: Box, tab: View) -> None:
    expected = of_each_state(box)
    assert set(expected.values()) == set(STATES)
    tab.go()
    tab.shows("1 not looked at yet")
    parts = tab.page.locator("[data-part]").all()
    ring = {part.get_attribute("data-part"): part.inner_text().split()[0] for part in parts}
    assert ring == {state: str(count) for state, count in Counter(expected.values()).items()}
    tab.shot("states-overview")
    tab.go("scenes")
    tab.page.locator("tbody [data-state]").first.wait_for()
    assert by_scene(tab.page.locator("tbody tr").all()) == expected
    tab.shows("1 to 10 of 10")
    tab.shot("states-scenes")
    tab.page.goto(f"{box.stash.url}/scenes")
    tab.page.locator(".s2p-card-badge").first.wait_for()
    assert by_scene(tab.page.locator(".scene-card").all()) == expected
    tab.shot("states-cards")
    for scene, state in expected.items():
        if state not in NOT_OPENED:
            assert of_tab(tab, scene) == state
            tab.shot(f"states-tab-{state}")


def of_tab(tab: View, scene: int) -> str | None:
    tab.page.goto(f"{tab.box.stash.url}/scenes/{scene}")
    tab.page.get_by_role("tab", name="Plex").click()
    badge = tab.page.locator(".s2p-scene [data-state]")
    badge.wait_for()
    return str(badge.get_attribute("data-state"))

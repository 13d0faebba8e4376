"""Test Plex on the page: scenes are chosen, the item is tried and put back, and the lines are shown."""

from __future__ import annotations

from typing import Any

from devserver.box import Box
from tests.ui.conftest import View

VOLATILE = ("updatedAt", "thumb", "posters")


def says(box: Box, scene: int) -> dict[str, Any]:
    return {name: value for name, value in box.item(scene).items() if name not in VOLATILE}


def test_plex_is_tested_on_two_chosen_scenes(box: Box, tab: View) -> None:
    one, two = (box.add(f"{n}.mp4", title=f"Scene {n}", tags=["b", "a"]) for n in "12")
    box.operation("all")
    box.settle()
    before = says(box, one), says(box, two)
    box.plex.tag_mode = "replace"
    box.plex.clear_requests()
    tab.go("setup")
    card = tab.card("Does Plex behave as expected?")
    card.get_by_text("not tested yet").wait_for()
    choices = card.get_by_role("combobox")
    choices.first.select_option(label="Scene 1")
    choices.nth(1).select_option(label="Scene 2")
    tab.press("Test Plex", sure="Write to its item in Plex, and put it back?")
    card.locator('[data-line="several"][data-seen="replaces"]').wait_for()
    assert card.locator('[data-line="back"][data-seen="back"]').count() == 1
    assert "Plex replaces" in card.inner_text()
    assert (says(box, one), says(box, two)) == before
    assert any(request.get("id").count(",") == 1 for request in box.plex.writes())
    tab.shot("test-plex")
    tab.go("changes")
    tab.shows("Test Plex")

"""The view of the settings: found, changed, checked while they are typed, saved, reset; and obeyed."""

from __future__ import annotations

from typing import Any

import pytest

from devserver.box import Box
from tests.ui.conftest import Open, View


def opened(tab: View) -> View:
    tab.go("settings")
    setting(tab, "paused").wait_for()
    labelled(tab, "Pause").wait_for()
    return tab


def setting(tab: View, name: str) -> Any:
    return tab.page.locator(f"[data-setting={name}]")


def labelled(tab: View, name: str) -> Any:
    return tab.page.get_by_label(name, exact=True)


def shown(tab: View) -> list[str]:
    every = "all => all.map(one => one.dataset.setting)"
    return list(tab.page.locator("[data-setting]").evaluate_all(every))


def save(tab: View, count: str = "1 setting is saved") -> None:
    tab.press("Save settings")
    tab.button("Save settings").wait_for(state="detached")
    tab.says(count)


def test_settings_are_found_by_words_and_by_being_changed(box: Box, tab: View) -> None:
    box.configure(max_tags=7)
    opened(tab)
    assert len(shown(tab)) == 52 and shown(tab)[0] == "plex_url"
    tab.shows("4 of 52 settings differ from their defaults.")
    setting(tab, "max_tags").get_by_text("changed", exact=True).wait_for()
    setting(tab, "max_tags").get_by_text("Default: 100").wait_for()
    tab.shot("settings-view")
    labelled(tab, "Search").fill("BRAKE")
    setting(tab, "paused").wait_for(state="detached")
    assert shown(tab) == ["brake_share", "brake_scenes"]
    labelled(tab, "Search").fill("collections and labels")
    setting(tab, "labels").wait_for()
    assert len(shown(tab)) == 6
    labelled(tab, "Search").fill("no such word")
    tab.shows("No setting fits.")
    labelled(tab, "Search").fill("")
    labelled(tab, "only changed").check()
    setting(tab, "paused").wait_for(state="detached")
    assert shown(tab) == ["plex_url", "plex_token", "path_map", "max_tags"]


def test_a_change_is_saved_beside_the_others_and_reset(box: Box, tab: View) -> None:
    before = box.settings()
    opened(tab)
    labelled(tab, "Max Tags").fill("7")
    labelled(tab, "On Edit in Plex").select_option("ask")
    labelled(tab, "Only Organized").check()
    setting(tab, "collections_from").get_by_label("performer").check()
    tab.shows("4 changes are not saved.")
    assert box.settings() == before
    save(tab, "4 settings are saved")
    changed = {"max_tags": 7, "on_edit_in_plex": "ask", "only_organized": True}
    assert box.settings() == {**before, **changed, "collections_from": "studio, performer"}
    assert labelled(tab, "Max Tags").input_value() == "7"
    tab.press("Reset Max Tags to its default")
    tab.press("Reset On Edit in Plex to its default")
    tab.press("Reset Only Organized to its default")
    setting(tab, "collections_from").get_by_label("performer").uncheck()
    save(tab, "4 settings are saved")
    labelled(tab, "only changed").check()
    setting(tab, "max_tags").wait_for(state="detached")
    assert shown(tab) == ["plex_url", "plex_token", "path_map"]


def test_a_wrong_value_is_told_while_it_is_typed_and_not_saved(box: Box, tab: View) -> None:
    opened(tab)
    field = labelled(tab, "Max Retries")
    field.fill("500")
    problem = setting(tab, "max_retries").locator(".s2p-trouble")
    problem.get_by_text("'500' cannot be used, it must be a whole number from 1 to 100.").wait_for()
    assert field.get_attribute("aria-invalid") == "true"
    assert tab.button("Save settings").is_disabled()
    field.fill("50")
    tab.until(lambda: tab.button("Save settings").is_enabled())
    assert problem.inner_text() == ""
    labelled(tab, "Title Template").fill("{nothing}")
    setting(tab, "title_template").get_by_text("must hold some of {title}").wait_for()
    tab.press("Discard")
    tab.button("Save settings").wait_for(state="detached")
    assert field.input_value() == "" and "max_retries" not in box.settings()


def test_libraries_are_picked_from_those_of_plex(box: Box, tab: View) -> None:
    other = box.plex.add_section("Others", roots=["/others"])
    opened(tab)
    field = setting(tab, "plex_library")
    field.get_by_role("button", name="Choose from Plex").click()
    assert field.get_by_label("Scenes (0 items)").is_checked()
    field.get_by_label("Scenes (0 items)").uncheck()
    tab.until(lambda: tab.button("Save settings").is_enabled())
    save(tab)
    assert box.settings()["plex_library"] == f"#{other}"
    field.get_by_label("Scenes (0 items)").check()
    tab.until(lambda: tab.button("Save settings").is_enabled())
    save(tab)
    assert box.settings()["plex_library"] == ""


def test_tags_are_picked_by_keys_and_the_next_sync_obeys(box: Box, tab: View) -> None:
    rainy = box.add("a.mp4", title="Rainy", tags=["Rain, heavy"])
    dry = box.add("b.mp4", title="Dry", tags=["Sun"])
    opened(tab)
    field = labelled(tab, "Exclude Tags")
    field.press_sequentially("rain")
    options = setting(tab, "exclude_tags").get_by_role("option")
    options.filter(has_text="Rain, heavy").wait_for()
    assert options.count() == 1
    tab.shot("settings-tags")
    field.press("ArrowDown")
    field.press("Enter")
    field.press_sequentially("snow*")
    field.press("Enter")
    chips = setting(tab, "exclude_tags").locator(".s2p-chips bdi")
    assert chips.all_inner_texts() == ["Rain, heavy", "snow*"]
    tab.until(lambda: tab.button("Save settings").is_enabled())
    save(tab)
    assert box.settings()["exclude_tags"] == "Rain, heavy; snow*;"
    box.operation("all")
    assert (box.item(dry)["title"], box.item(rainy)["title"] == "Rainy") == ("Dry", False)
    field.press("Backspace")
    assert chips.all_inner_texts() == ["Rain, heavy"]
    tab.press("Remove Rain, heavy")
    tab.until(lambda: tab.button("Save settings").is_enabled())
    save(tab)
    assert box.settings()["exclude_tags"] == ""
    box.operation("all")
    assert box.item(rainy)["title"] == "Rainy"


def test_folders_are_picked_from_the_library_of_stash(box: Box, tab: View) -> None:
    opened(tab)
    labelled(tab, "Include Paths").press_sequentially("med")
    setting(tab, "include_paths").get_by_role("option", name="/media").click()
    tab.until(lambda: tab.button("Save settings").is_enabled())
    save(tab)
    assert box.settings()["include_paths"] == "/media"


def test_a_template_shows_a_real_scene_as_the_sync_writes_it(box: Box, tab: View) -> None:
    scene = box.add("a.mp4", title="Whole", date="2024-05-06", performers=["Ann"])
    opened(tab)
    field = setting(tab, "title_template")
    field.get_by_role("button", name="{performers}").click()
    labelled(tab, "Title Template").press("End")
    labelled(tab, "Title Template").press_sequentially(" - {title} ({year})")
    field.get_by_text("Whole becomes: Ann - Whole (2024)").wait_for()
    save(tab)
    box.operation("all")
    assert box.item(scene)["title"] == "Ann - Whole (2024)"


def test_a_token_is_typed_and_never_shown(box: Box, tab: View) -> None:
    opened(tab)
    field = labelled(tab, "Plex Token")
    assert field.input_value() == "" and field.get_attribute("type") == "password"
    field.fill("another-token-of-mine")
    box.tokens.add("another-token-of-mine")
    tab.until(lambda: tab.button("Save settings").is_enabled())
    save(tab)
    assert box.settings()["plex_token"] == "another-token-of-mine"
    tab.until(lambda: field.input_value() == "")


@pytest.mark.parametrize("width", [390, 1280])
def test_the_view_fits_and_is_used_by_keys(box: Box, open_tab: Open, width: int) -> None:
    tab = opened(open_tab(width=width))
    too_wide = "document.scrollingElement.scrollWidth - document.scrollingElement.clientWidth"
    assert tab.page.evaluate(too_wide) == 0
    tab.shot(f"settings-view-{width}")
    link = tab.button("Advanced")
    link.focus()
    link.press("Enter")
    tab.page.keyboard.press("Tab")
    tab.page.keyboard.press("ArrowDown")
    tab.shows("1 change is not saved.")
    tab.button("Save settings").focus()
    tab.page.keyboard.press("Enter")
    tab.says("1 setting is saved")
    assert box.settings()["hook_mode"] == "background"
    assert tab.page.evaluate(too_wide) == 0

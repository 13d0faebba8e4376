"""Stash's own settings of the plugin: what counts and what is wrong at each field, and no token."""

from __future__ import annotations

from typing import Any

from devserver.box import PLUGIN, TOKEN, Box
from tests.ui.conftest import View


def opened(tab: View) -> View:
    tab.page.goto(f"{tab.box.stash.url}/settings?tab=plugins")
    tab.page.locator(".s2p-in-force").first.wait_for()
    return tab


def field(tab: View, name: str) -> Any:
    """Stash's field of a setting; of a switch the id is the switch's own."""
    id_ = f"#plugin-{PLUGIN}-{name}"
    return tab.page.locator(f".setting{id_}, .setting:has({id_})")


def test_each_field_says_what_is_in_force_defaults_included(box: Box, tab: View) -> None:
    box.configure(paused=True)
    opened(tab)
    field(tab, "journal_rows").get_by_text("In force: 100000 (the default)").wait_for()
    field(tab, "path_map").get_by_text(f"In force: {box.path_map}; default: nothing").wait_for()
    field(tab, "paused").get_by_text("In force: on; default: off").wait_for()
    field(tab, "plex_library").get_by_text("In force: nothing (the default)").wait_for()
    assert (
        tab.page.locator(".s2p-in-force").count()
        == tab.page.locator(".plugin-settings .setting").count()
    )
    assert "a failing scene" in field(tab, "max_retries").inner_text()


def test_what_is_wrong_stands_at_its_field_and_in_its_dialog_until_it_is_mended(
    box: Box, tab: View
) -> None:
    box.configure(max_retries=500, hook_mode="sometimes")
    opened(tab)
    field(tab, "hook_mode").get_by_text("must be one of background, inline").wait_for()
    place = field(tab, "max_retries")
    place.get_by_text("must be a whole number from 1 to 100").wait_for()
    assert tab.page.locator(".s2p-in-force .s2p-trouble").count() == 2
    tab.shot("settings")
    place.get_by_role("button", name="Edit").click()
    dialog = tab.page.locator("#setting-dialog")
    dialog.get_by_text("must be a whole number from 1 to 100").wait_for()
    dialog.get_by_role("spinbutton").fill("7")
    dialog.get_by_role("button", name="Confirm").click()
    place.get_by_text("In force: 7; default: 5").wait_for()
    assert box.settings()["max_retries"] == 7
    assert tab.page.locator(".s2p-in-force .s2p-trouble").count() == 1


def test_the_token_is_nowhere_on_the_page(box: Box, tab: View) -> None:
    opened(tab)
    tab.shows("Set; it is not shown.")
    assert TOKEN not in tab.page.content()
    values = "[...document.querySelectorAll('input')].map(one => one.value)"
    assert TOKEN not in tab.page.evaluate(values)
    tab.press("Test the connection")
    tab.says("answer")
    tab.press("Close this message")
    assert tab.page.locator(".s2p-settings .s2p-notices").inner_text() == ""
    tab.page.get_by_role("link", name="Open the page of Stash2Plex").click()
    tab.shows("Reconciliation")


def test_a_token_that_is_missing_is_told_at_its_field(box: Box, tab: View) -> None:
    box.configure(plex_token="")
    opened(tab)
    field(tab, "plex_token").get_by_text("Not set: Plex refuses everything").wait_for()
    field(tab, "plex_token").locator(".s2p-trouble", has_text="token").wait_for()
    tab.press("Test the connection")
    tab.says("token")


def test_a_token_is_changed_and_nothing_else_with_it(box: Box, tab: View) -> None:
    before = box.settings()
    opened(tab)
    tab.press("Change token")
    tab.press("Cancel")
    tab.press("Change token")
    tab.page.get_by_label("Plex Token", exact=True).fill("another-token-of-mine")
    tab.press("Save token")
    tab.says("The token is saved")
    box.tokens.add("another-token-of-mine")
    tab.until(lambda: box.settings()["plex_token"] == "another-token-of-mine")
    assert box.settings() == {**before, "plex_token": "another-token-of-mine"}


def test_addresses_of_notifications_are_set_without_being_shown(box: Box, tab: View) -> None:
    before, address = box.settings(), "ntfy://topic-that-nobody-sees"
    box.tokens.add(address)
    opened(tab)
    tab.shows("Not set: nothing is sent.")
    tab.press("Change addresses")
    tab.page.get_by_label("Notify", exact=True).fill(address)
    tab.press("Save addresses")
    tab.says("The addresses are saved")
    tab.until(lambda: box.settings() == {**before, "notify": address})
    tab.shows("Set; the addresses are not shown.")
    assert address not in tab.page.content()
    tab.press("Change addresses")
    tab.press("Save addresses")
    tab.until(lambda: not box.settings()["notify"])


def test_stashs_own_settings_are_changed_beside_our_block(box: Box, tab: View) -> None:
    opened(tab)
    field(tab, "max_tags").get_by_role("button", name="Edit").click()
    tab.page.locator("#setting-dialog input").fill("7")
    tab.press("Confirm")
    tab.until(lambda: box.settings().get("max_tags") == 7)
    tab.page.locator("#plugin-Stash2Plex-debug_logging").check(force=True)
    tab.until(lambda: box.settings().get("debug_logging") is True)
    assert box.settings()["plex_url"] == box.plex.url


def test_stashs_list_begins_with_the_connection(box: Box, tab: View) -> None:
    opened(tab)
    ids = "all => all.map(one => one.id || one.querySelector('[id]').id)"
    fields = tab.page.locator(".plugin-settings .setting")
    tab.until(lambda: fields.evaluate_all(ids)[0] == f"plugin-{PLUGIN}-plex_url")
    listed = [one.removeprefix(f"plugin-{PLUGIN}-") for one in fields.evaluate_all(ids)]
    assert listed[:3] == ["plex_url", "plex_library", "path_map"]
    assert listed[-1] == "obfuscate_paths"

"""A person installs the package in a real Stash, and follows what the screen says."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from devserver.box import Box
from tests.ui.conftest import View
from tests.ui.first_run import allow, count_clicks, filled, package_source
from tests.ui.real_box import RealBox

CLICKS, SECONDS = 12, 120  # at most, from *Install* to 40 scenes that are right in Plex


def test_a_person_installs_the_package_and_syncs(box: Box, tab: View, tmp_path: Path) -> None:
    if not isinstance(box, RealBox):
        pytest.skip("the simulated Stash has no page of packages: STASH_URL names a real one")
    filled(box, 40)
    box.uninstall()
    box.sign_in_at()
    clicks = count_clicks(tab)
    with package_source(tmp_path) as url:
        box.stash.use_source("Stash2Plex", url, "local")
        tab.page.goto(f"{box.stash.url}/settings?tab=plugins")
        began = time.monotonic()
        install(tab)
    tab.page.reload()
    tab.page.locator("a.s2p-nav:visible").click()
    allow(tab)
    tab.press("Save the connection")
    tab.shows("Some scenes as they will look in Plex")
    tab.shot("installed-check")
    tab.press("Sync all")
    tab.shows("40 scenes are in sync")
    took = time.monotonic() - began
    assert box.differences() == {}
    assert clicks() <= CLICKS
    assert took <= SECONDS


def install(tab: View) -> None:
    """Presses what Stash shows under Available Plugins."""
    offered = tab.page.locator(".available-packages")
    offered.locator(".package-source .source-collapse button").click()
    offered.locator("tr").filter(has_text="Stash2Plex").locator("input").last.check()
    offered.get_by_role("button", name="Install", exact=True).click()
    tab.page.locator(".installed-packages .package-id").get_by_text("Stash2Plex").wait_for()

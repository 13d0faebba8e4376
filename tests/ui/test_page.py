"""The page at work in a real browser: each button is pressed, and Plex and Stash are asked what came of it."""

from __future__ import annotations

from devserver.box import Box
from tests.ui.conftest import View


def filled(box: Box, count: int = 3) -> list[int]:
    return [box.add(f"{n}.mp4", title=f"Title {n}", tags=["Rain"]) for n in range(count)]


def test_the_overview_syncs_all_and_its_ring_says_so(box: Box, tab: View) -> None:
    filled(box)
    tab.go()
    tab.shows("3 left out")
    tab.press("Sync all")
    tab.says("sync all scenes is done")
    tab.shows("3 in sync")
    assert box.differences() == {}
    tab.shot("overview")

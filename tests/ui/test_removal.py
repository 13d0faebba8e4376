"""Everything of ours is removed by two presses of a button."""

from __future__ import annotations

from devserver.box import TOKEN, Box
from tests.ui.conftest import View


def test_all_data_is_removed_by_two_presses(box: Box, tab: View) -> None:
    scene = box.add("a.mp4", title="T")
    box.operation("all")
    item = box.item(scene)
    tab.go("setup")
    tab.press("Remove all data")
    assert box.settings()["plex_token"] == TOKEN
    tab.press("Remove everything?")
    tab.says("Remove Data is done")
    assert "plex_token" not in box.settings() and box.settings()["path_map"] == box.path_map
    assert box.operation("list_runs")["rows"] == [] and box.item(scene) == item

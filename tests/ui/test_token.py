"""The token of Plex is in nothing that our page makes Stash send to the browser."""

from __future__ import annotations

from typing import Any

from devserver.box import TOKEN, Box
from tests.ui.conftest import View

VIEWS = ("overview", "scenes", "queue", "changes", "preview", "settings", "setup", "start")


def test_the_browser_receives_no_token(box: Box, tab: View) -> None:
    scene = box.add("a.mp4", title="Title")
    box.configure(card_badge=True)
    box.operation("all")
    received: list[bytes] = []

    def keep(request: Any) -> None:
        received.append(str(request.response().all_headers()).encode() + request.response().body())

    tab.page.on("requestfinished", keep)
    for view in VIEWS:
        tab.go(view)
        tab.page.wait_for_load_state("networkidle")
    tab.page.goto(f"{box.stash.url}/scenes")
    tab.page.locator(".s2p-card-badge").wait_for()
    tab.page.goto(f"{box.stash.url}/scenes/{scene}")
    tab.page.get_by_role("tab", name="Plex").click()
    tab.shows("Open in Plex")
    tab.page.wait_for_load_state("networkidle")
    assert {"doctor", "settings", "scene_states", "explain"} <= {*tab.asked}
    text = b"".join(received)
    assert b"Title" in text and b"plex_token" in text
    assert TOKEN.encode() not in text

"""While the setting `paused` is on, nothing is written to Plex, whatever is asked for."""

from __future__ import annotations

from typing import Any

import pytest

from app.modes import ARGUMENTS
from devserver.box import Box
from devserver.stash.client import StashError
from plex.client.client import connect
from tests.support.brakes import refused
from tests.support.jobs import fill

pytestmark = pytest.mark.uncovered
LOOKS = ("status", "overview", "scene_states")
GIVEN: dict[str, dict[str, Any]] = {
    "explain": {"scene": 1}, "sync": {"scene": 1}, "hold": {"scene": 2}, "resume": {"scene": 2},
}  # fmt: skip


@pytest.fixture
def paused(box: Box) -> Box:
    """Scenes that were synced, one that moved since, and a person's edit in Plex."""
    box.scenes = fill(box, 3, tags=["Rain"])
    box.configure(on_edit_in_plex="ask", trigger_plex_scan=True)
    box.operation("all")
    box.add("later.mp4", in_plex=False, title="Later")
    box.plex.edit_as_person(box.item(1)["ratingKey"], title="By hand")
    box.stash.library.store.scenes[2].title = "New"
    box.configure(on_edit_in_plex="ask", trigger_plex_scan=True, paused=True)
    box.plex.clear_requests()
    return box


@pytest.mark.parametrize("mode", sorted(m for m in ARGUMENTS if not m.startswith("list_")))
def test_no_command_writes(paused: Box, mode: str) -> None:
    try:
        paused.operation(mode, **GIVEN.get(mode, {}))
    except StashError:
        pass
    paused.settle()
    assert paused.plex.writes() == []


def test_a_decision_writes_nothing_until_the_pause_is_over(paused: Box) -> None:
    key = paused.item(1)["ratingKey"]
    paused.operation("decide", item=key, field="title", side="stash")
    assert paused.plex.writes() == [] and paused.item(1)["title"] == "By hand"
    paused.configure(on_edit_in_plex="ask")
    paused.operation("process_queue")
    assert paused.item(1)["title"] == "Title 0"


@pytest.mark.parametrize("args", [{}, {"scene": 2}, {"original": True}])
def test_an_undo_says_so_before_it_notes_anything(paused: Box, args: dict[str, Any]) -> None:
    said = refused(paused, "undo", **args)
    assert "nothing is written to Plex while the setting “Pause” is on" in said
    assert paused.plex.writes() == [] and paused.operation("list_held")["rows"] == []
    runs = paused.operation("journal")["runs"]
    assert [(run["command"], run["undone"]) for run in runs] == [("all", 0)]


def test_the_client_itself_refuses(paused: Box) -> None:
    client = connect(paused.plex.url, "plex-token-of-the-box", 5, 30).paused(True)
    key = paused.item(1)["ratingKey"]
    for write in (
        lambda: client.edit(paused.section, key, [("title.value", "x")]),
        lambda: client.beside().rate(key, 5.0),
        lambda: client.delete_collection(key),
        lambda: client.scan(paused.section, "/media"),
    ):
        with pytest.raises(Exception, match="“Pause” is on"):
            write()
    assert paused.plex.writes() == []

"""A renamed tag goes through hook, queue and drain as a few edits; Check Setup says how Plex takes them."""

from __future__ import annotations

from typing import Any

import pytest

from devserver.box import Box

pytestmark = pytest.mark.uncovered

SCENES = 130
SAID = {
    "add": ("ok", "Plex edits many items in one request"),
    "replace": ("note", "each item that gets a name gets an edit of its own"),
}


def edits(box: Box) -> list[int]:
    return [len(r.get("id").split(",")) for r in box.plex.writes() if r.get("id")]


def assert_setup_says(box: Box, mode: str) -> None:
    setup = [one for one in box.operation("doctor")["findings"] if one["id"] == "plex.edits"]
    assert [one["level"] for one in setup] == [SAID[mode][0]] and SAID[mode][1] in setup[0]["said"]


@pytest.mark.parametrize("mode", ["add", "replace"])
def test_a_renamed_tag_is_a_few_edits(box: Box, mode: str) -> None:
    box.plex.tag_mode = mode
    scenes = [
        box.add(f"{n}.mp4", title=f"T{n}", tags=["shared", f"own {n % 7}"]) for n in range(SCENES)
    ]
    box.task("Sync All Scenes to Plex")
    before: dict[int, Any] = {scene: sorted(box.item(scene)["genres"]) for scene in scenes}
    box.plex.clear_requests()
    box.stash.rename("tag", box.stash.tag_id("shared"), "Renamed")
    box.settle()
    for scene in scenes:
        assert sorted(box.item(scene)["genres"]) == sorted(
            [f"own {scenes.index(scene) % 7}", "Renamed"]
        )
    found = edits(box)
    assert sum(found) == SCENES + (2 if mode == "replace" else 0)
    assert len(found) <= 8 if mode == "add" else max(found) == 2
    assert_setup_says(box, mode)
    box.plex.clear_requests()
    box.operation("undo")
    assert {scene: sorted(box.item(scene)["genres"]) for scene in scenes} == before


@pytest.mark.parametrize("modes", [("add", "replace"), ("replace", "add")])
def test_an_update_of_plex_is_tried_anew(box: Box, modes: tuple[str, str]) -> None:
    scenes = [box.add(f"{n}.mp4", title=f"T{n}", tags=["shared", f"own {n}"]) for n in range(4)]
    for n, mode in enumerate(modes):
        box.plex.tag_mode, box.plex.options.version = mode, f"1.{n}"
        box.task("Sync All Scenes to Plex")
        box.plex.clear_requests()
        box.stash.rename("tag", box.stash.tag_id("shared" if n == 0 else "Name 0"), f"Name {n}")
        box.settle()
        assert [sorted(box.item(scene)["genres"]) for scene in scenes] == [
            sorted([f"Name {n}", f"own {m}"]) for m in range(4)
        ]
        assert edits(box) == ([2, 2] if mode == "add" else [2, 1, 1, 1, 1])
        assert_setup_says(box, mode)

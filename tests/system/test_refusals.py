"""What Plex refuses for one item, or for one library, stops nothing else, however often it is tried."""

from __future__ import annotations

from typing import Any

import pytest

from devserver.box import Box
from tests.support.jobs import attempts, dead, fill, outage

pytestmark = pytest.mark.uncovered


def key_of(box: Box, scene: int) -> int:
    return int(box.item(scene)["ratingKey"])


def refuse(box: Box, action: str, *scenes: int, method: str = "PUT") -> None:
    """Plex refuses to edit, or to give, these items from now on, whatever the others are."""
    keys = {str(key_of(box, scene)) for scene in scenes}

    def concerns(call: Any) -> bool:
        asked = call.get("id") or call.path.removeprefix("/library/metadata/")
        return not keys.isdisjoint((asked or "").split(","))

    box.plex.faults.arm(action, concerns, method, times=10**9)


def edit(box: Box, *scenes: int, title: str = "new") -> None:
    for scene in scenes:
        box.stash.update_scene(scene, title=f"{title} {scene}")
    box.settle()


@pytest.mark.parametrize("action", ["400", "500"])
def test_two_items_that_plex_refuses_to_edit_stop_no_other(box: Box, action: str) -> None:
    """One of them was written last, so that it is the first that comes to mind to be asked."""
    first, healthy, last = fill(box, 3)
    box.task("Sync All Scenes to Plex")
    edit(box, last)
    refuse(box, action, first, last)
    edit(box, first)
    edit(box, healthy, last, title="newer")
    assert box.item(healthy)["title"] == f"newer {healthy}"
    assert outage(box)["state"] == "closed"
    assert dead(box) == 2 or (action == "500" and 0 not in attempts(box))


@pytest.mark.parametrize("action", ["400", "500"])
def test_two_items_that_plex_does_not_give_stop_no_other(box: Box, action: str) -> None:
    *bad, healthy = fill(box, 3)
    box.task("Sync All Scenes to Plex")
    refuse(box, action, *bad, method="GET")
    edit(box, *bad)
    edit(box, healthy)
    assert box.item(healthy)["title"] == f"new {healthy}"
    assert outage(box)["state"] == "closed"
    assert dead(box) == 2 or (action == "500" and 0 not in attempts(box))


@pytest.mark.parametrize("action", ["400", "500"])
def test_a_library_that_takes_no_edit_does_not_stop_the_others(box: Box, action: str) -> None:
    bad = fill(box, 6)
    others = box.plex.add_section("Others", roots=["/others"])
    healthy = box.stash.add_scene(files=[{"path": "/data2/x.mp4", "size": 77}], title="T")
    box.plex.add_file("/others/x.mp4", others, size=77)
    box.paths[healthy] = "/others/x.mp4"
    box.configure(path_map=f"{box.path_map}; /data2 => /others")
    box.task("Sync All Scenes to Plex")
    edit(box, *bad)
    box.plex.faults.arm(action, f"/library/sections/{box.section}/all", "PUT", times=10**9)
    edit(box, *bad, title="newer")
    assert outage(box)["state"] == "closed"
    edit(box, healthy)
    assert box.differences().keys() == set(bad)

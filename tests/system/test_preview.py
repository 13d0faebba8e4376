"""Preview and explain: the plan, before anything is done."""

from __future__ import annotations

import json
import threading
from typing import Any

import pytest

from devserver.box import Box
from devserver.stash.client import StashError
from disk.lock import is_held
from tests.support.box_output import lines, until
from tests.support.jobs import fill
from tests.support.sizes import size

pytestmark = pytest.mark.uncovered


def planned(box: Box) -> list[tuple[Any, ...]]:
    """What the preview says that a sync writes."""
    found = json.loads((box.data_dir / "preview.json").read_text())
    return sorted(_key(row) for row in found["changes"] if row["writes"])


def written(box: Box, run: int) -> list[tuple[Any, ...]]:
    found: list[tuple[Any, ...]] = []
    page: dict[str, int] = {}
    while rows := box.operation("journal", run=run, **page)["rows"]:
        found += [_key({"item": row["rating_key"], **row}) for row in rows]
        page = {"after": rows[-1]["number"]}
    return sorted(found)


def _key(row: dict[str, Any]) -> tuple[Any, ...]:
    return row["item"], row["field"], repr(row["before"]), repr(row["after"]), row["why"]


def test_a_preview_is_what_the_next_sync_writes(box: Box) -> None:
    many = size(200, 1000)
    fill(box, many, tags=["Rain"], studio="Acme", rating100=60)
    box.plex.edit_as_person(box.item(1)["ratingKey"], genres=["theirs"])
    box.stash.set_cover(2, b"\xff\xd8\xff" + b"c" * 50)
    found = box.task("Preview", timeout=300).output
    assert box.plex.writes() == [] and found["scenes"] == {"to be written": many}
    box.task("Sync All Scenes to Plex", timeout=300)
    (run,) = box.operation("journal")["runs"]
    assert planned(box) == written(box, run["run"]) and run["fields"] > 5 * many


def test_two_previews_at_once_leave_the_whole_result_of_the_first(box: Box) -> None:
    fill(box, 3)
    box.plex.faults.arm("slow", "/library/metadata/", "GET", seconds=3.0)
    found: list[Any] = []
    first = threading.Thread(target=lambda: found.append(box.operation("preview")))
    first.start()
    until(lambda: is_held(box.data_dir / "preview.lock"))
    with pytest.raises(StashError, match="another preview runs already"):
        box.operation("preview")
    first.join()
    assert found[0]["scenes"] == {"to be written": 3}
    assert box.operation("list_preview")["about"]["scenes"] == {"to be written": 3}
    assert {scene for scene, *_ in planned(box)} == {box.item(n)["ratingKey"] for n in box.paths}


def test_the_first_run_suggests_it_and_no_other(box: Box) -> None:
    box.add("a.mp4", title="T")
    said = "Preview shows what a sync would write"
    for mode in ("all", "all", "reconcile_all"):
        box.operation(mode)
        assert len([line for line in lines(box, "info") if said in line]) == 1


def test_a_second_preview_finds_nothing_to_write_and_says_what_is_kept(box: Box) -> None:
    scenes = fill(box, 3)
    box.add("absent.mp4", in_plex=False, title="Absent")
    box.operation("all")
    box.plex.edit_as_person(box.item(scenes[0])["ratingKey"], title="By hand")
    found = box.operation("preview")
    assert found["by_reason"] == {"drifted": {"title": 1}}
    assert found["scenes"] == {"in agreement": 3, "not in Plex": 1}
    (row,) = found["changes"]
    assert (row["before"], row["after"], row["writes"]) == ("By hand", "Title 0", False)
    assert any("preview: drifted: 1 title" in line for line in lines(box, "info"))


def test_a_preview_takes_a_scope(box: Box) -> None:
    fill(box, 2)
    assert box.operation("preview", scope="24h")["scope"] == "24h"
    with pytest.raises(StashError):
        box.operation("preview", scope="now and then")
    with pytest.raises(StashError, match="must be a text"):
        box.operation("preview", scope=7)


def test_a_preview_leaves_no_half_of_a_file_behind(box: Box) -> None:
    fill(box, 2)
    box.plex.faults.arm("503", "/library/metadata", times=99)
    with pytest.raises(StashError):
        box.operation("preview")
    assert [one.name for one in box.data_dir.glob("preview*")] == ["preview.lock"]


# -- explain


def test_all_about_a_scene(box: Box) -> None:
    (scene,) = fill(box, 1, tags=["Rain"])
    box.operation("all")
    box.plex.edit_as_person(box.item(scene)["ratingKey"], title="By hand")
    found = box.operation("explain", scene=scene)
    assert found["files"] == [{"stash": "/data/0.mp4", "plex": "/media/0.mp4"}]
    (item,) = found["items"]
    why = {row["field"]: row["why"] for row in item["plan"]}
    assert (why["title"], why["genres"]) == ("drifted", "in agreement")
    assert [row["field"] for row in found["writes"]] == ["title", "genres"]
    said = " ".join(lines(box, "info"))
    assert "is looked for in Plex as /media/0.mp4" in said and "Plex says 'By hand'" in said
    assert box.plex.item_by_file("/media/0.mp4")["title"] == "By hand"


def test_a_scene_that_plex_does_not_have_and_one_that_died(box: Box) -> None:
    absent = box.add("absent.mp4", in_plex=False)
    found = box.operation("explain", scene=absent)
    assert found["missing"] and found["items"] == []
    one, _ = fill(box, 2)
    box.plex.faults.arm("400", method="PUT", times=1)
    box.operation("all")
    assert "400" in box.operation("explain", scene=one)["queue"]["dead"]


def test_a_scene_that_stash_does_not_have(box: Box) -> None:
    assert box.operation("explain", scene=999)["in_stash"] is False
    assert any("Stash does not have this scene" in line for line in lines(box, "info"))


@pytest.mark.parametrize("scene", [None, "x", -1, [1]])
def test_explain_wants_a_scene(box: Box, scene: Any) -> None:
    with pytest.raises(StashError):
        box.operation("explain", scene=scene)

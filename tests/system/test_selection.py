"""Which scenes are synced: by the drain, by a reconciliation, and each time with the reason."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from plex.fields import selection
from tests.support.box_output import lines, quiet
from tests.support.in_process import Bench

pytestmark = pytest.mark.uncovered

BOX = [{"endpoint": "https://box", "stash_id": "ab"}]
# The setting, a scene that is synced with it, one that is not, and why.
RULES: list[tuple[dict[str, Any], dict[str, Any], dict[str, Any], str]] = [
    ({"only_organized": True}, {"organized": True}, {}, "not organized"),
    ({"only_stash_id": True}, {"stash_id_list": BOX}, {}, "no stash-box id"),
    ({"exclude_tags": "private, x*"}, {"tags": ["a"]}, {"tags": ["a", "X-ray"]}, "excluded by tag"),
    ({"exclude_paths": "/data/out"}, {"path": "/data/outer/a.mp4"}, {"path": "/data/out/b.mp4"}, "excluded by path"),
    ({"include_tags": "yes"}, {"tags": ["Yes", "b"]}, {"tags": ["b"]}, "none of the included tags"),
    ({"include_paths": "/data/in"}, {"path": "/data/in/a.mp4"}, {"path": "/data/b.mp4"}, "outside the included paths"),
]  # fmt: skip


def add(box, scene: dict[str, Any]) -> int:
    scene = {"title": "T", **scene}
    path = scene.pop("path", f"/data/{len(box.paths)}.mp4")
    return box.add(path.removeprefix("/data/"), **scene)


@pytest.mark.parametrize(
    ("settings", "good", "bad", "reason"), RULES, ids=lambda one: str(one)[:30]
)
def test_a_rule_holds_for_the_drain_and_for_a_reconciliation(box, settings, good, bad, reason):
    box.configure(**settings)
    chosen, passed_over = add(box, good), add(box, bad)
    untouched = box.item(passed_over)
    found = box.operation("reconcile_all")
    assert (found["scenes_checked"], found["total_gaps"], found["enqueued"]) == (2, 1, 1)
    assert found["skipped"] == {reason: 1}
    found = box.operation("all")
    assert (found["queued"], found["skipped"], found["written"]) == (2, {reason: 1}, 0)
    assert box.item(chosen)["title"] == "T"
    assert box.item(passed_over) == untouched
    quiet(box)
    assert box.task("Sync All Scenes to Plex").output["skipped"] == {reason: 1}
    assert f"queue: 1 unchanged, 1 skipped (1 {reason})" in lines(box, "info")
    assert any(f"scene {passed_over} “T” is not synced: {reason}" in line for line in lines(box))
    assert box.plex.writes() == []


def test_every_reason_has_its_rule():
    assert {reason for *_, reason in RULES} == set(selection.REASONS)


def test_a_reconciliation_tells_the_histogram(box):
    box.configure(only_organized=True, exclude_tags="private")
    for scene in ({}, {}, {"organized": True, "tags": ["private"]}, {"organized": True}):
        add(box, scene)
    box.task("Reconcile Library (All)")
    said = "4 scenes checked, 1 gap (1 stale_sync), 3 skipped (2 not organized, 1 excluded by tag)"
    assert any(said in line for line in lines(box, "info"))


# -- leaving and entering the selection


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    with Bench(tmp_path) as found:
        yield found


def test_a_scene_that_enters_the_selection_is_synced(bench):
    bench.settings = {"exclude_tags": "private"}
    scene, key = bench.add(title="T", tags=["a"])
    bench.sync(scene)
    private = bench.stash.library.store.id_of("tag", "private")
    bench.stash.update_scene(scene, title="New", tag_ids=[str(private)])
    bench.plex.clear_requests()
    (outcome,) = bench.sync(scene)
    assert (
        outcome.said
        == f"is not synced: excluded by tag “private”; Plex item {key} is left as it is"
    )
    assert (bench.plex.item(key)["title"], bench.plex.item(key)["genres"]) == ("T", ["a"])
    assert bench.plex.writes() == []
    bench.stash.update_scene(scene, tag_ids=[])
    bench.sync(scene)
    assert (bench.plex.item(key)["title"], bench.plex.item(key)["genres"]) == ("New", [])


def test_an_unselected_scene_gives_its_item_to_another(bench):
    first, key = bench.add("a.mp4", title="First", organized=True)
    second = bench.stash.add_scene(path="/data/a.mp4", title="Second", organized=True)
    bench.sync(first)
    bench.sync(second)
    assert bench.plex.item(key)["title"] == "First"
    bench.stash.update_scene(first, organized=False)
    bench.settings = {"only_organized": True}
    bench.sync(second)
    assert bench.plex.item(key)["title"] == "Second"

"""on_leave: restore. What leaves the selection says again what it said before our first touch."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from devserver.box import Box
from devserver.proof import poster_key
from tests.support.box_output import lines, quiet
from tests.support.in_process import Bench

pytestmark = pytest.mark.uncovered

COVER = b"\xff\xd8\xff" + b"c" * 200
FULL: dict[str, Any] = {
    "title": "Title", "details": "Text", "date": "2024-02-03", "rating100": 70, "studio": "Studio",
    "director": "Dir", "tags": ["a", "b"], "performers": ["Ann"], "cover": COVER, "organized": True,
}  # fmt: skip


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    with Bench(tmp_path) as found:
        found.settings = {"only_organized": True, "on_leave": "restore"}
        yield found


def said(found: dict[str, Any]) -> dict[str, Any]:
    """All that a person could see, without when it changed and what else is offered."""
    return {k: v for k, v in found.items() if k not in ("updatedAt", "thumb", "posters")}


def item(bench: Bench, key: int) -> dict[str, Any]:
    return said(bench.plex.item(key))


def synced(bench: Bench, **scene: Any) -> tuple[int, int, dict[str, Any]]:
    """A scene of which a person wrote a part, its item, and what that said before it was synced."""
    number, key = bench.add(**FULL | scene)
    bench.plex.edit_as_person(key, genres=["theirs"], studio="Theirs", lock=False)
    before = item(bench, key)
    bench.sync(number)
    assert item(bench, key)["title"] == "Title"
    return number, key, before


def test_a_scene_that_leaves_is_put_back_to_the_letter(bench: Bench) -> None:
    scene, key, before = synced(bench)
    bench.stash.update_scene(scene, title="Second", organized=False)
    (outcome,) = bench.sync(scene)
    assert item(bench, key) == before
    assert outcome.said.startswith(f"is not synced: not organized; Plex item {key}: ")
    assert outcome.said.endswith("fields put back") and outcome.skipped == "not organized"
    assert "Studio" not in bench.plex.collections(bench.section), "what we made and emptied"


def test_after_that_nothing_is_written_and_nothing_is_asked_of_the_item(bench: Bench) -> None:
    scene, _, _ = synced(bench)
    bench.stash.update_scene(scene, organized=False)
    bench.sync(scene)
    bench.plex.clear_requests()
    bench.sync(scene)
    assert bench.writes() == []
    assert not [one for one in bench.plex.requests if one.path.startswith("/library/metadata")]


def test_what_a_person_changed_since_stays(bench: Bench) -> None:
    scene, key, before = synced(bench)
    bench.plex.edit_as_person(key, title="By hand", add_genres=["more"])
    bench.stash.update_scene(scene, organized=False)
    (outcome,) = bench.sync(scene)
    found = item(bench, key)
    assert found["title"] == "By hand" and "more" in found["genres"]
    assert (found["summary"], found["studio"]) == (before["summary"], "Theirs")
    assert outcome.said.endswith("2 left (changed since)")


def test_it_is_brought_up_to_date_when_it_is_selected_again(bench: Bench) -> None:
    scene, key, before = synced(bench)
    full = item(bench, key)
    for _ in range(2):
        bench.stash.update_scene(scene, organized=False)
        bench.sync(scene)
        assert item(bench, key) == before
        bench.stash.update_scene(scene, organized=True)
        bench.sync(scene)
        found = item(bench, key)
        assert found == full and found["poster"] == poster_key(COVER)


def test_an_item_that_another_scene_shows_now_is_that_scene_s(bench: Bench) -> None:
    first, key, _ = synced(bench)
    path = bench.plex.item(key)["files"][0].replace("/media", "/data")
    second = bench.stash.add_scene(path=path, title="Second", organized=True)
    bench.stash.update_scene(first, organized=False)
    outcome, _ = bench.sync(first, second)
    assert bench.plex.item(key)["title"] == "Second"
    assert outcome.said.endswith(f"; Plex item {key} shows another scene now")
    bench.sync(first)
    assert bench.plex.item(key)["title"] == "Second"


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("write", ["edit 1", "edit 2", "select_image 1", "put 1"])
def test_a_kill_at_any_write_is_made_good_by_the_next_run(
    bench: Bench, write: str, when: str
) -> None:
    scene, key, before = synced(bench)
    bench.stash.update_scene(scene, organized=False)
    method, nth = write.split()
    assert bench.sync(scene, kill=(method, int(nth), when)) == [], "it was killed there"
    bench.sync(scene)
    assert item(bench, key) == before


def test_a_plex_that_fails_for_the_moment_is_asked_again(bench: Bench) -> None:
    scene, key, before = synced(bench)
    bench.stash.update_scene(scene, organized=False)
    bench.plex.faults.arm("500", method="PUT", times=9)
    (outcome,) = bench.sync(scene)
    assert outcome.error is not None
    bench.plex.faults.clear()
    bench.sync(scene)
    assert item(bench, key) == before


def test_to_keep_is_the_default(bench: Bench) -> None:
    scene, key, _ = synced(bench)
    bench.settings = {"only_organized": True}
    bench.stash.update_scene(scene, organized=False)
    bench.plex.clear_requests()
    bench.sync(scene)
    assert bench.writes() == [] and bench.plex.item(key)["title"] == "Title"


# -- with real processes


@pytest.fixture
def left(box: Box) -> Box:
    """Three scenes that are synced, of which the first two are left out by a setting after that."""
    for name, tags in (("a", ["private"]), ("b", ["private", "x"]), ("c", ["x"])):
        box.add(f"{name}.mp4", title=name.upper(), tags=tags, studio="Acme")
    box.before = {n: said(box.item(n)) for n in box.paths}  # type: ignore[attr-defined]
    box.task("Sync All Scenes to Plex")
    assert box.differences() == {}
    box.full = {n: said(box.item(n)) for n in box.paths}  # type: ignore[attr-defined]
    box.configure(exclude_tags="private", on_leave="restore")
    quiet(box)
    return box


def now(box: Box) -> dict[int, dict[str, Any]]:
    return {number: said(box.item(number)) for number in box.paths}


def test_a_reconciliation_finds_who_left_while_nobody_was_looking(left: Box) -> None:
    assert left.operation("reconcile_all")["enqueued"] == 2
    *_, third = left.paths
    assert now(left) == left.before | {third: left.full[third]}  # type: ignore[attr-defined]
    quiet(left)
    assert left.operation("reconcile_all")["enqueued"] == 0
    assert left.operation("all")["skipped"] == {"excluded by tag": 2}
    assert left.plex.writes() == [] and lines(left, "warning", "error") == []


def test_a_preview_shows_what_is_put_back_and_writes_nothing(left: Box) -> None:
    left.operation("preview")
    assert left.plex.writes() == []
    rows = json.loads((left.data_dir / "preview.json").read_text())["changes"]
    found = {(row["scene"], row["field"]) for row in rows if row["why"] == "left" and row["writes"]}
    first, second, _ = left.paths
    fields = ("title", "genres", "studio", "collections")
    assert found == {(scene, name) for scene in (first, second) for name in fields}
    left.operation("all")
    run = left.operation("journal")["runs"][0]["run"]
    written = left.operation("journal", run=run)["rows"]
    assert {(row["scene_id"], row["field"]) for row in written} == found
    assert [row["before"] for row in written] == [row["before"] for row in rows if row["writes"]]


def test_a_restoring_is_undone_like_any_run(left: Box) -> None:
    left.operation("all")
    assert now(left) != left.full  # type: ignore[attr-defined]
    assert left.operation("undo")["items"] == 2
    assert now(left) == left.full  # type: ignore[attr-defined]
    left.operation("all")
    assert now(left) == left.full  # type: ignore[attr-defined]
    left.configure()
    left.operation("resume")
    first, *_ = left.paths
    left.stash.update_scene(first, title="New")
    left.settle()
    assert left.item(first)["title"] == "New", "its locks are known to be ours"
    assert left.differences() == {}


def test_a_scene_that_is_held_is_left_alone(left: Box) -> None:
    first, second, third = left.paths
    left.operation("hold", scene=first)
    left.operation("reconcile_all")
    full, before = left.full, left.before  # type: ignore[attr-defined]
    assert now(left) == {first: full[first], second: before[second], third: full[third]}


def test_a_save_that_takes_a_scene_out_restores_it(left: Box) -> None:
    third = list(left.paths)[2]
    private = left.stash.tag_id("private")
    left.stash.update_scene(third, tag_ids=[str(private)])
    left.settle()
    assert said(left.item(third)) == left.before[third]  # type: ignore[attr-defined]

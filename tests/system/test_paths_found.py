"""Paths find themselves: without `path_map`, everything reaches Plex, and nothing the wrong item."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing

import pytest

from devserver.box import Box
from tests.support.box_output import gaps, lines, quiet

pytestmark = pytest.mark.uncovered

SYNC_ALL, RECONCILE = "Sync All Scenes to Plex", "Reconcile Library (All)"


@pytest.fixture
def box(box: Box) -> Box:
    box.configure(path_map="")
    return box


def fill(box, count=6, folder="clips", **more):
    return [
        box.add(f"{folder}/{n}/clip {n}.mp4", title=f"{folder} {n}", **more) for n in range(count)
    ]


def move_in_plex(box, old, new, copies=False):
    """Another root in Plex; with `copies` as new items, as when the library is made anew."""
    for number, path in box.paths.items():
        if not path.startswith(old):
            continue
        there = new + path.removeprefix(old)
        if copies:
            size = box.stash.library.disk[path.replace("/media", "/data")]["size"]
            box.plex.remove_file(path)
            box.plex.add_file(there, section=box.section, size=size)
        else:
            box.plex.move_file(path, there)
        box.paths[number] = there


def about_paths(box, *levels):
    return [line for line in lines(box, *levels) if line.startswith("paths: ")]


def samples(box):
    """How often Stash was asked for a sample of its files."""
    return sum("query Sample" in (request.query or "") for request in box.stash.requests)


# -- found at the first run


def test_a_first_sync_finds_the_paths_and_everything_reaches_plex(box):
    fill(box)
    box.task(SYNC_ALL)
    assert box.differences() == {}
    assert about_paths(box) == ["paths: found by comparing files: /data => /media: 6 of 6 agree"]


def test_so_does_a_first_reconciliation(box):
    fill(box)
    found = box.operation("reconcile_all")
    assert gaps(found) == {"stale_sync": 6}
    assert box.differences() == {}


def test_so_does_a_first_save(box):
    scenes = fill(box)
    box.stash.update_scene(scenes[2], title="Saved")
    box.settle()
    assert box.item(scenes[2])["title"] == "Saved"


def test_several_roots_and_names_that_are_everywhere(box):
    other = box.plex.add_section("Films", roots=["/srv/films"])
    for n in range(5):
        box.add(f"scenes/{n}/scene.mp4", title=f"Scene {n}")
        number = box.stash.add_scene(
            files=[{"path": f"/films/{n}/scene.mp4", "size": 5000 + n}], title=f"Film {n}"
        )
        box.paths[number] = f"/srv/films/{n}/scene.mp4"
        box.plex.add_file(box.paths[number], section=other, size=5000 + n)
    box.task(SYNC_ALL)
    assert box.differences() == {}
    assert about_paths(box) == [
        "paths: found by comparing files: /data => /media: 5 of 5 agree",
        "paths: found by comparing files: /films => /srv/films: 5 of 5 agree",
    ]


def test_what_was_found_is_remembered(box):
    fill(box)
    box.task(SYNC_ALL)
    quiet(box)
    late = box.add("late.mp4", title="Late")
    box.task(SYNC_ALL)
    assert samples(box) == 0
    box.task(RECONCILE)
    assert box.item(late)["title"] == "Late"
    assert about_paths(box) == [] and samples(box) == 1, "each reconciliation checks it"


def test_the_same_paths_are_an_answer_too(box):
    section = box.plex.add_section("Same", roots=["/data"])
    for n in range(4):
        number = box.stash.add_scene(files=[{"path": f"/data/{n}.mp4", "size": 100 + n}], title="T")
        box.plex.add_file(f"/data/{n}.mp4", section=section, size=100 + n)
        box.paths[number] = f"/data/{n}.mp4"
    box.task(SYNC_ALL)
    assert about_paths(box) == ["paths: found by comparing files: the same paths: 4 of 4 agree"]
    quiet(box)
    box.task(SYNC_ALL)
    box.task(RECONCILE)
    assert box.differences() == {} and samples(box) == 1


def test_the_setting_wins(box):
    fill(box)
    box.configure(path_map="/data => /elsewhere")
    box.task(SYNC_ALL)
    assert box.plex.writes() == [] and samples(box) == 0
    box.configure(path_map="/data => /media")
    box.task(SYNC_ALL)
    assert box.differences() == {} and samples(box) == 0


def test_too_few_files_prove_nothing(box):
    fill(box, count=2)
    box.task(SYNC_ALL)
    assert box.plex.writes() == []
    (said,) = about_paths(box)
    assert "2 of 2 files in Stash fit a file in Plex" in said and "Path Map" in said
    box.add("third.mp4", title="Third")
    box.task(RECONCILE)
    assert box.differences() == {}


# -- never to a wrong item


def test_a_file_of_another_size_is_another_file(box):
    fill(box, count=20)
    box.stash.add_scene(files=[{"path": "/data/mine/1.mp4", "size": 1}], title="Mine")
    stranger = box.plex.add_file("/media/mine/1.mp4", size=2)
    box.task(SYNC_ALL)
    assert box.differences() == {}
    assert box.plex.item(stranger)["title"] == "1"
    assert any("no item has /media/mine/1.mp4 of the same size" in line for line in lines(box))


def test_files_with_one_name_on_both_sides_prove_nothing(box):
    """Each library has its own 1.mp4 to 9.mp4."""
    for n in range(1, 10):
        box.stash.add_scene(files=[{"path": f"/data/x/{n}.mp4", "size": n}], title="Stash's")
        box.plex.add_file(f"/media/y/{n}.mp4", size=100 + n)
    box.task(SYNC_ALL)
    assert box.plex.writes() == []


def test_a_map_that_is_wrong_all_the_same_writes_nothing(box):
    """As if the files had been exchanged since."""
    fill(box)
    box.task(SYNC_ALL)
    with closing(sqlite3.connect(box.data_dir / "plex.sqlite")) as db:
        wrong = json.dumps([[["/data", "/media/wrong", 9, 9, []]], 0])
        db.execute("UPDATE meta SET value = ? WHERE name = 'paths'", (wrong,))
        db.commit()
    for n in range(6):
        box.plex.add_file(f"/media/wrong/clips/{n}/clip {n}.mp4", size=70 + n)
    for number in box.paths:
        box.stash.update_scene(number, title=f"New {number}")
    box.settle()
    assert box.differences() == {}
    assert {f"clip {n}" for n in range(6)} <= {item["title"] for item in box.plex.items()}


# -- files that move in Plex


@pytest.mark.parametrize("copies", [False, True])
def test_a_reconciliation_follows_files_to_another_root(box, copies):
    scenes = fill(box)
    box.task(SYNC_ALL)
    quiet(box)
    move_in_plex(box, "/media", "/media/new", copies)
    for number in scenes:
        box.stash.library.store.scenes[number].title = "Unheard"
    found = box.operation("reconcile_all")
    assert gaps(found) == {"stale_sync": 6}
    assert box.differences() == {}
    assert about_paths(box, "warning") == [
        "paths: no longer right: /data => /media: 0 of 6 agree, earlier 6 of 6 agreed; "
        "/data/clips/0/clip 0.mp4 does not agree"
    ]
    assert about_paths(box, "info") == [
        "paths: found by comparing files: /data => /media/new: 6 of 6 agree"
    ]


def test_a_root_that_comes_later_is_found_later(box):
    fill(box)
    box.task(SYNC_ALL)
    for n in range(4):
        number = box.stash.add_scene(
            files=[{"path": f"/more/{n}.mp4", "size": 9000 + n}], title=f"More {n}"
        )
        box.paths[number] = f"/srv/{n}.mp4"
        box.plex.add_file(box.paths[number], section=box.section, size=9000 + n)
    box.task(RECONCILE)
    assert box.differences() == {}
    assert "paths: found by comparing files: /more => /srv: 4 of 4 agree" in about_paths(box)


def test_a_disk_that_is_not_mounted_changes_no_map(box):
    scenes = fill(box)
    box.task(SYNC_ALL)
    keys = [box.item(number)["ratingKey"] for number in scenes]
    for key in keys:
        box.plex.remove_item(key)
    with pytest.raises(Exception, match="Plex lists"):
        box.operation("reconcile_all")
    for number in scenes:
        size = box.stash.library.disk[box.paths[number].replace("/media", "/data")]["size"]
        box.plex.add_file(box.paths[number], size=size)
    quiet(box)
    box.task(RECONCILE)
    assert box.differences() == {} and about_paths(box) == []


# -- told


def test_health_check_shows_the_map_and_its_evidence(box):
    fill(box)
    found = box.operation("health_check")
    assert found["healthy"]
    pairs = [{"stash": "/data", "plex": "/media", "agree": 6, "of": 6, "against": []}]
    assert found["paths"] == {"set": False, "pairs": pairs, "proven": pairs, "silence": ""}
    assert "paths: /data => /media: 6 of 6 agree, inferred" in lines(box, "info")


def test_health_check_says_what_the_setting_should_be(box):
    fill(box)
    box.configure(path_map="/data => /wrong")
    found = box.operation("health_check")
    [pair] = found["paths"]["pairs"]
    assert (pair["plex"], pair["agree"], pair["of"]) == ("/wrong", 0, 6)
    assert pair["against"][0] == "/data/clips/0/clip 0.mp4"
    assert "Path Map right? The files prove /data => /media: 6 of 6" in found["files"]["problem"]


def test_no_path_is_in_the_log_if_the_user_wants_none(box):
    box.configure(path_map="", obfuscate_paths=True)
    fill(box)
    box.task(SYNC_ALL)
    assert box.differences() == {}
    (said,) = about_paths(box)
    assert "data" not in said and "media" not in said

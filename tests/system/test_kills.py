"""A sync that is killed at any point, or whose answers get lost, is made good by the next one."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

import errors
from devserver.proof import differences, poster_key
from plex.library.witnesses import MOST
from tests.support.in_process import Bench

COVER, OTHER_COVER = b"\xff\xd8\xff" + b"1" * 99, b"\xff\xd8\xff" + b"2" * 99
SCENE = {
    "title": "Title", "details": "One\nTwo", "date": "2024-05-06", "rating100": 70,
    "studio": "Studio", "director": "Dir", "tags": ["a", "b"], "performers": ["Ann", "Bob"],
    "cover": COVER,
}  # fmt: skip
# (method, which call of it, before or after): note, write, upload, read back, remember
POINTS = [
    ("put", 1, "before"),
    ("put", 1, "after"),
    ("edit", 1, "before"),
    ("edit", 1, "after"),
    ("upload_image", 1, "before"),
    ("upload_image", 1, "after"),
    ("items", 2, "before"),
    ("put", 2, "before"),
    ("put", 2, "after"),
]
TOLD = {"edit": 1, "upload_image": 2, "items": 3, "put": 4}
# On a server that takes no rating in an edit, the rating follows the read-back.
APART = [*POINTS, ("rate", 1, "before"), ("rate", 1, "after"), ("items", 3, "before")]


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    with Bench(tmp_path_factory.mktemp("kills")) as found:
        yield found


@pytest.fixture(autouse=True)
def fresh(bench: Bench, tmp_path: Path) -> None:
    bench.data = tmp_path / "data"
    bench.settings = {}
    bench.plex.faults.clear()
    bench.plex.clear_requests()
    bench.plex.tag_mode, bench.plex.options.deaf_to = "add", set()


def wrong(bench: Bench, scene: int, key: int) -> dict:
    return differences(bench.stash, bench.plex, scene, bench.plex.item(key)["files"][0])


def is_done_once(kill: tuple[str, int, str], step: str) -> bool:
    """Whether the step had been made when the kill came."""
    if kill[:2] == ("put", 1):
        return False
    if kill[0] == step:
        return kill[2] == "after"
    return TOLD[kill[0]] > TOLD[step]


@pytest.mark.parametrize("kill", POINTS, ids=lambda kill: f"{kill[2]} {kill[0]} {kill[1]}")
def test_a_first_sync_killed_anywhere(bench, kill):
    scene, key = bench.add(**SCENE)
    bench.sync(scene, kill=kill)
    bench.sync(scene)
    assert wrong(bench, scene, key) == {}
    assert bench.plex.item(key)["poster"] == poster_key(COVER)
    assert [w.rpartition("/")[2] for w in bench.writes("POST")] == ["posters"]
    assert len([w for w in bench.writes("PUT") if w.endswith("/all")]) == 1
    assert "PUT /:/rate" not in bench.writes("PUT")
    bench.plex.clear_requests()
    bench.sync(scene)
    assert bench.writes() == []


@pytest.mark.parametrize("kill", APART, ids=lambda kill: f"{kill[2]} {kill[0]} {kill[1]}")
def test_a_rating_apart_with_a_kill_anywhere(bench, kill):
    bench.plex.options.deaf_to = {"userRating"}
    scene, key = bench.add(**SCENE)
    bench.sync(scene, kill=kill)
    bench.sync(scene)
    assert wrong(bench, scene, key) == {}
    assert bench.writes("PUT").count("PUT /:/rate") == 1
    bench.plex.clear_requests()
    bench.sync(scene)
    assert bench.writes() == []


@pytest.mark.parametrize("mode", ["add", "replace", "mixed"])
@pytest.mark.parametrize("kill", POINTS, ids=lambda kill: f"{kill[2]} {kill[0]} {kill[1]}")
def test_a_later_sync_killed_anywhere(bench, kill, mode):
    bench.plex.tag_mode = mode
    scene, key = bench.add(**SCENE)
    bench.plex.edit_as_person(key, add_genres=["theirs"])
    bench.sync(scene)
    bench.plex.clear_requests()
    bench.stash.update_scene(
        scene, title="New", details="", rating100=None, studio_id=None, performer_ids=[],
        tag_ids=[str(bench.stash.tag_id("b")), str(bench.stash.tag_id("c"))],
    )  # fmt: skip
    bench.stash.set_cover(scene, OTHER_COVER)
    bench.sync(scene, kill=kill)
    bench.sync(scene)
    item = bench.plex.item(key)
    assert item["title"] == "New"
    assert item["summary"] is item["studio"] is item["userRating"] is None
    assert sorted(item["genres"]) == ["b", "c", "theirs"]
    assert item["actors"] == item["collections"] == []
    assert item["poster"] == poster_key(OTHER_COVER)
    assert len(bench.writes("POST")) == 1
    bench.plex.clear_requests()
    bench.sync(scene)
    assert bench.writes() == []


@pytest.mark.parametrize("kill", POINTS[1:4], ids=lambda kill: f"{kill[2]} {kill[0]}")
def test_emptied_in_stash_after_a_kill(bench, kill):
    """What the killed sync may or may not have written goes; what a person wrote stays."""
    scene, key = bench.add(studio="Ours", details="ours", tags=["ours"])
    bench.plex.edit_as_person(key, lock=False, studio="Theirs", genres=["theirs"])
    bench.sync(scene, kill=kill)
    bench.stash.update_scene(scene, studio_id=None, details="", tag_ids=[])
    bench.sync(scene)
    item = bench.plex.item(key)
    written = kill == ("edit", 1, "after")
    assert item["studio"] == (None if written else "Theirs")
    assert (item["summary"], item["genres"], item["collections"]) == (None, ["theirs"], [])


def test_a_person_may_come_between_a_kill_and_the_next_sync(bench):
    scene, key = bench.add(studio="Ours")
    bench.sync(scene, kill=("edit", 1, "after"))
    bench.plex.edit_as_person(key, studio="Theirs")
    bench.stash.update_scene(scene, studio_id=None)
    bench.sync(scene)
    assert bench.plex.item(key)["studio"] == "Theirs"


WRITES = [
    ("/library/sections", "PUT"),
    ("/:/rate", "PUT"),
    ("/library/metadata", "POST"),
]


@pytest.mark.parametrize("action", ["drop", "drop_after", "reset", "html", "502"])
@pytest.mark.parametrize(("path", "method"), WRITES)
def test_an_answer_that_is_lost_after_the_write(bench, path, method, action):
    """It is looked for in Plex, and the sync goes on as if it had come."""
    bench.plex.options.deaf_to = {"userRating"} if path == "/:/rate" else set()
    scene, key = bench.add(**SCENE)
    bench.plex.faults.arm(action, path, method)
    (outcome,) = bench.sync(scene)
    assert outcome.error is None and outcome.warnings == []
    assert wrong(bench, scene, key) == {}
    assert bench.plex.item(key)["posters"].count(poster_key(COVER)) == 1
    assert bench.plex.item(key)["poster"] == poster_key(COVER)
    assert len(bench.writes("POST")) == 1
    assert len([w for w in bench.writes("PUT") if w.endswith("/all")]) == 1
    bench.plex.clear_requests()
    bench.sync(scene)
    assert bench.writes() == []


@pytest.mark.parametrize(("path", "method"), WRITES)
def test_an_answer_that_is_lost_with_plex_itself(bench, path, method):
    """Nothing can be looked up: the drain pauses, and the next sync finds what was written."""
    bench.plex.options.deaf_to = {"userRating"} if path == "/:/rate" else set()
    scene, key = bench.add(**SCENE)
    lost = bench.plex.faults.arm("drop_after", path, method)
    bench.plex.faults.arm("drop", lambda call: lost.fired and call.method == "GET", times=9)
    with pytest.raises(errors.Lost):
        bench.sync(scene)
    bench.plex.faults.clear()
    bench.sync(scene)
    assert wrong(bench, scene, key) == {}
    assert bench.plex.item(key)["posters"].count(poster_key(COVER)) == 1
    assert len([r for r in bench.plex.requests if r.method == "POST"]) == 1


@pytest.mark.parametrize("action", ["drop", "drop_after"])
def test_a_poster_that_is_picked_and_whose_answer_is_lost(bench, action):
    scene, key = bench.add(**SCENE)
    bench.sync(scene)
    for cover in (OTHER_COVER, COVER):
        bench.stash.set_cover(scene, cover)
        bench.plex.faults.clear()
        bench.plex.faults.arm(action, lambda call: call.path.endswith("/poster"), "PUT")
        bench.sync(scene)
    assert bench.plex.item(key)["poster"] == poster_key(COVER)
    assert len(bench.writes("POST")) == 2 and len(bench.plex.item(key)["posters"]) == 3


@pytest.mark.parametrize("action", ["drop", "drop_after"])
def test_a_removal_of_its_own_whose_answer_is_lost(bench, action):
    bench.plex.options.only_first_removal = True
    scene, key = bench.add(tags=["a", "b", "c"])
    bench.sync(scene)
    bench.stash.update_scene(scene, tag_ids=[])
    single = lambda call: call.has("genre[].tag.tag-") and not call.has("genre.locked")  # noqa: E731
    bench.plex.faults.arm(action, single, "PUT")
    (outcome,) = bench.sync(scene)
    bench.plex.options.only_first_removal = False
    assert outcome.error is None and bench.plex.item(key)["genres"] == []


def test_a_false_yes_to_a_change_is_noticed(bench):
    """Something in between answers with an empty 200, as Plex does to a write."""
    for path, deaf in (("/library/sections", set()), ("/:/rate", {"userRating"})):
        bench.plex.options.deaf_to = deaf
        bench.sync(bench.add(title="First", rating100=50)[0])
        scene, key = bench.add(title="T", details="D", tags=["a"], rating100=70)
        bench.plex.faults.arm("empty", path, "PUT")
        (outcome,) = bench.sync(scene)
        assert outcome.warnings == [] and wrong(bench, scene, key) == {}
        bench.plex.clear_requests()
        bench.sync(scene)
        assert bench.writes() == []


def test_a_removal_that_is_refused_alone_is_of_its_scene_only(bench):
    bench.plex.options.only_first_removal = True
    scene, _ = bench.add(tags=["a", "b", "c"])
    fine, key = bench.add(tags=["x"])
    bench.sync(scene, fine)
    for number in (scene, fine):
        bench.stash.update_scene(number, tag_ids=[])
    single = lambda call: call.has("genre[].tag.tag-") and not call.has("genre.locked")  # noqa: E731
    bench.plex.faults.arm("400", single, "PUT")
    outcomes = bench.sync(scene, fine)
    bench.plex.options.only_first_removal = False
    assert [type(o.error) for o in outcomes] == [errors.Rejected, type(None)]
    assert bench.plex.item(key)["genres"] == []


def test_one_item_that_fails_does_not_hold_up_the_others(bench):
    scenes = [bench.add(title=f"T{n}")[0] for n in range(3)]
    bench.plex.faults.arm("500", "/library/sections", "PUT", times=2)
    outcomes = bench.sync(*scenes)
    assert [type(o.error) for o in outcomes] == [errors.Busy, type(None), type(None)]
    bench.sync(*scenes)
    told = [r for r in bench.plex.writes() if r.path.endswith("/all")]
    assert len([r for r in told if r.get("title.value")]) == 3


BROKEN = ["500", "drop", "reset", "html", "502", "400"]


@pytest.mark.parametrize("action", BROKEN)
def test_a_plex_that_takes_no_change_charges_no_job(bench, action):
    """The first item that fails is compared with one that was written well before."""
    fine, _ = bench.add(title="written well")
    bench.sync(fine)
    scenes = [bench.add(title=f"T{n}")[0] for n in range(8)]
    bench.plex.clear_requests()
    bench.plex.faults.arm(action, method="PUT", times=99)
    with pytest.raises(errors.Unreachable, match="takes no changes") as told:
        bench.sync(*scenes)
    assert told.value.server == errors.PLEX and told.value.cause in errors.CAUSES
    assert len([r for r in bench.plex.requests if r.method == "PUT"]) <= 2 + 2 * MOST
    bench.plex.faults.clear()
    assert [o.error for o in bench.sync(*scenes)] == [None] * 8


@pytest.mark.parametrize("action", BROKEN)
def test_changes_that_plex_never_takes_hold_up_no_others(bench, action):
    """However many they are, and wherever in the queue."""
    fine, key = bench.add(title="written well")
    bench.sync(fine)
    scenes, keys = zip(*(bench.add(title=f"T{n}") for n in range(8)), strict=True)
    before, bad = bench.plex.item(key), {str(one) for one in keys[1:5]}
    bench.plex.faults.arm(action, lambda call: call.get("id") in bad, "PUT", times=99)
    errors_ = [o.error for o in bench.sync(*scenes)]
    kind = errors.Rejected if action == "400" else errors.Busy
    assert [type(e) for e in errors_] == [type(None), *[kind] * 4, *[type(None)] * 3]
    assert all(e.alone for e in errors_ if e)
    times = {"updatedAt": 0, "thumb": ""}  # its address has the time in it
    assert bench.plex.item(key) | times == before | times
    bench.plex.faults.clear()
    assert [o.error for o in bench.sync(*scenes)] == [None] * 8


def test_with_nothing_to_compare_to_nobody_knows_whose_fault_it_is(tmp_path):
    with Bench(tmp_path / "alone") as bench:
        scene, _ = bench.add(title="T")
        bench.plex.faults.arm("500", method="PUT", times=99)
        (outcome,) = bench.sync(scene)
    assert isinstance(outcome.error, errors.Busy) and not outcome.error.alone


def test_an_item_to_compare_to_may_be_gone(bench):
    older, newer = bench.add(title="older"), bench.add(title="newer")
    bench.sync(older[0])
    bench.sync(newer[0])
    bench.plex.remove_item(newer[1])
    scene, _ = bench.add(title="T")
    bench.plex.faults.arm("500", lambda call: call.get("id") != str(older[1]), "PUT", times=99)
    (outcome,) = bench.sync(scene)
    bench.plex.faults.clear()
    assert outcome.error.alone

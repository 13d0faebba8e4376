"""Photos of actors, over HTTP: an address without a key, sent once per performer."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.in_process import Bench

BASE = "https://photos.example.com"
JPEG = (b"\xff\xd8\xff", "image/jpeg")


@pytest.fixture(params=["add", "replace", "mixed"])
def bench(request, tmp_path: Path) -> Iterator[Bench]:
    with Bench(tmp_path) as found:
        found.plex.tag_mode = request.param
        found.settings = {"actor_photo_url": BASE + "/"}
        yield found


def performer(bench: Bench, name: str, photo: bool = True) -> str:
    store = bench.stash.library.store
    number = store.id_of("performer", name)
    store.named["performer"][number].image = JPEG if photo else None
    return f"{BASE}/performer/{number}/image"


def photos(bench: Bench, key: int) -> dict[str, str]:
    return {one["name"]: one["thumb"] for one in bench.plex.item(key)["actor_details"]}


def edits(bench: Bench) -> int:
    return len(bench.writes("PUT"))


def test_actors_get_their_photos_in_the_same_edit(bench):
    ann, _ = performer(bench, "Ann, A & Co"), performer(bench, "Bob", photo=False)
    scene, key = bench.add(title="T", performers=["Ann, A & Co", "Bob"])
    bench.plex.edit_as_person(key, actors=[("Theirs", "Lead", "https://x/t.jpg")])
    bench.sync(scene)
    shown = {"Ann, A & Co": ann, "Bob": "", "Theirs": "https://x/t.jpg"}
    assert (photos(bench, key), edits(bench)) == (shown, 1)
    bench.sync(scene)
    assert edits(bench) == 1, "the second sync writes nothing"


def test_a_photo_is_sent_with_one_scene_for_all(bench):
    ann = performer(bench, "Ann")
    bench.settings = {}
    found = [bench.add(title="T", performers=["Ann", "Bob"]) for _ in range(3)]
    bench.sync(*(scene for scene, _ in found))
    bench.settings = {"actor_photo_url": BASE}
    bench.plex.clear_requests()
    outcomes = bench.sync(*(scene for scene, _ in found))
    assert edits(bench) == 1 and [one.wrote for one in outcomes] == [True, False, False]
    assert outcomes[0].said.endswith("photos")
    assert [photos(bench, key) for _, key in found] == [{"Ann": ann, "Bob": ""}] * 3
    assert "actor" in bench.plex.item(found[0][1])["locks"]


def test_a_new_address_is_told_and_another_s_choice_stands(bench):
    performer(bench, "Ann")
    scene, key = bench.add(title="T", performers=["Ann"])
    bench.sync(scene)
    bench.plex.edit_as_person(key, add_actors=[("Ann", "", "https://x/a.jpg")])
    bench.stash.update_scene(scene, title="U")
    bench.sync(scene)
    assert photos(bench, key) == {"Ann": "https://x/a.jpg"}
    bench.settings = {"actor_photo_url": "https://new.example.com"}
    bench.sync(scene)
    assert photos(bench, key) == {"Ann": "https://new.example.com/performer/1/image"}


def test_photos_of_others_can_be_preserved(bench):
    performer(bench, "Ann")
    bench.settings |= {"preserve_plex_edits": True}
    bench.plex.add_file("/media/other.mp4", actors=[("Ann", "", "https://x/a.jpg")])
    scene, key = bench.add(title="T", performers=["Ann"])
    bench.plex.edit_as_person(key, actors=["Ann"])
    bench.sync(scene)
    assert photos(bench, key) == {"Ann": "https://x/a.jpg"}


def test_a_performer_without_a_picture_gets_none_until_there_is_one(bench):
    performer(bench, "Ann", photo=False)
    scene, key = bench.add(title="T", performers=["Ann"])
    bench.sync(scene)
    assert photos(bench, key) == {"Ann": ""}
    ann = performer(bench, "Ann")
    bench.sync(scene)
    assert photos(bench, key) == {"Ann": ann}


def test_photos_that_make_an_edit_too_long_follow_later(bench):
    names = [f"{'n' * 60} {n:02}" for n in range(50)]
    for name in names:
        performer(bench, name)
    scene, key = bench.add(title="T", performers=names)
    bench.plex.options.url_limit = 8000
    bench.sync(scene)
    assert list(photos(bench, key)) == names
    assert 10 < sum(map(bool, photos(bench, key).values())) < 50
    for _ in range(4):
        bench.sync(scene)
    assert all(photos(bench, key).values())


@pytest.mark.parametrize("action", ["drop", "drop_after"])
def test_an_answer_that_is_lost_loses_no_photo(bench, action):
    ann = performer(bench, "Ann")
    scene, key = bench.add(title="T", performers=["Ann"])
    bench.plex.faults.arm(action, method="PUT")
    (outcome,) = bench.sync(scene)
    assert (outcome.error, photos(bench, key)) == (None, {"Ann": ann})
    assert edits(bench) == 1, "what got lost on its way there is in no log; nothing is sent twice"


def test_a_reconciliation_finds_a_photo_that_is_due_once(box):
    for number in range(3):
        box.add(f"{number}.mp4", title="T", performers=["Ann"])
    box.operation("all")
    box.stash.library.store.named["performer"][1].image = JPEG
    box.configure(actor_photo_url=BASE)
    found = box.operation("reconcile_all")
    assert (found["gaps_by_type"]["stale_sync"], found["drain"]["written"]) == (1, 1)
    assert box.operation("reconcile_all")["total_gaps"] == 0
    for number in (1, 2, 3):
        (ann,) = box.item(number)["actor_details"]
        assert ann["thumb"] == f"{BASE}/performer/1/image"


def test_a_new_picture_of_a_performer_reaches_plex_where_photos_show(box):
    box.configure(actor_photo_url=BASE)
    scene = box.add("a.mp4", title="T", performers=["Ann"])
    box.operation("all")
    box.stash.update("performer", 1, image="data:image/jpeg;base64,/9j/")
    box.settle()
    assert box.item(scene)["actor_details"][0]["thumb"] == f"{BASE}/performer/1/image"


def namesake(bench: Bench, name: str) -> tuple[int, str]:
    """Another performer of this name: the id, and the address of the photo."""
    row = bench.stash.library.store.add_named("performer", name, disambiguation="another")
    row.image = JPEG
    return row.id, f"{BASE}/performer/{row.id}/image"


def test_two_performers_with_one_name_send_one_photo(bench):
    performer(bench, "Ann")
    other, url = namesake(bench, "ann")
    scene, key = bench.add(title="T", performers=["Ann"])
    another, another_key = bench.add(title="T")
    both, _ = bench.add(title="T", performers=["Ann"])
    bench.stash.update_scene(another, performer_ids=[str(other)])
    bench.stash.update_scene(both, performer_ids=["1", str(other)])
    bench.sync(another, scene, both)
    assert photos(bench, key)["ann"] == photos(bench, another_key)["ann"] == url
    for scenes in [(scene, another, both), (both, scene), (another,)]:
        bench.plex.clear_requests()
        bench.sync(*scenes)
        assert edits(bench) == 0, "a second sync writes nothing, whoever comes first"


def test_a_namesake_s_photo_follows_when_the_first_leaves(bench):
    ann = performer(bench, "Ann")
    other, url = namesake(bench, "Ann")
    scene, key = bench.add(title="T", performers=["Ann"])
    another, _ = bench.add(title="T")
    bench.stash.update_scene(another, performer_ids=[str(other)])
    bench.sync(scene, another)
    assert photos(bench, key) == {"Ann": ann}
    bench.stash.update_scene(scene, performer_ids=[str(other)])
    bench.sync(scene)
    bench.sync(another)
    assert photos(bench, key) == {"Ann": url}
    bench.plex.clear_requests()
    bench.sync(scene, another)
    assert edits(bench) == 0

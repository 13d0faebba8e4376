"""The proof itself: it notices every fault that is planted, and nothing else."""

from __future__ import annotations

import http.client
from urllib.parse import urlencode

import pytest

from devserver.box import TOKEN, Box
from devserver.proof import image_key, poster_key

COVER, OTHER = b"\xff\xd8\xff" + b"1" * 99, b"\xff\xd8\xff" + b"2" * 99
SCENE = {
    "title": "T", "details": "Words", "date": "2024-05-06", "rating100": 70, "studio": "S",
    "director": "D", "tags": ["a", "b"], "performers": ["P"], "cover": COVER,
}  # fmt: skip
BARE = {"details": "", "date": "", "rating100": None, "studio": None, "director": "", "tags": (),
        "performers": ()}  # fmt: skip
LEFT = {"summary", "originallyAvailableAt", "userRating", "studio", "directors", "genres", "actors",
        "collections"}  # fmt: skip


@pytest.fixture
def synced(box: Box) -> Box:
    """One scene that says everything, and its item."""
    box.scene = box.add("clip.mp4", **SCENE)
    box.configure(sync_fields="all, background")
    box.operation("all")
    assert box.differences() == {}
    return box


def change(box: Box, **fields: object) -> None:
    """In Stash, where no hook tells of it."""
    scene = box.stash.library.store.scenes[box.scene]
    for name, value in fields.items():
        setattr(scene, name, value)


def wrong(box: Box) -> set[str]:
    return set(box.differences().get(box.scene, {}))


def edit(box: Box, **parameters: str) -> None:
    """What the plugin would send."""
    key = box.item(box.scene)["ratingKey"]
    given = {"type": 1, "id": key, **parameters}
    send(box, "PUT", f"/library/sections/{box.section}/all?{urlencode(given)}")


def send(box: Box, method: str, target: str, body: bytes = b"") -> None:
    connection = http.client.HTTPConnection("127.0.0.1", box.plex.port, timeout=10)
    connection.request(method, target, body, {"X-Plex-Token": TOKEN})
    assert connection.getresponse().status == 200
    connection.close()


def test_the_proof_notices_each_value_that_is_left_over(synced: Box) -> None:
    change(synced, **BARE)
    assert wrong(synced) == LEFT
    synced.operation("all")
    assert synced.differences() == {}


def test_the_proof_notices_a_value_that_a_request_left(box: Box) -> None:
    box.scene = box.add("clip.mp4", title="T")
    edit(box, **{"title.value": "T", "summary.value": "left", "studio.value": "left"})
    assert box.differences()[box.scene] == {"summary": (None, "left"), "studio": (None, "left")}


def test_the_proof_notices_a_name_that_is_left_over_in_a_list(synced: Box) -> None:
    edit(synced, **{"genre[0].tag.tag": "left", "collection[0].tag.tag": "too"})
    assert wrong(synced) == {"genres", "collections"}
    found = synced.differences()[synced.scene]["genres"]
    assert found == ({"a", "b"}, {"a", "b", "left"})


def test_the_proof_notices_a_poster_that_should_have_changed(synced: Box) -> None:
    change(synced, cover=(OTHER, "image/jpeg"))
    assert synced.differences()[synced.scene] == {
        "poster": (poster_key(OTHER), poster_key(COVER)),
        "art": (image_key(OTHER, "arts"), image_key(COVER, "arts")),
    }
    key = synced.item(synced.scene)["ratingKey"]
    send(synced, "POST", f"/library/metadata/{key}/posters", OTHER)
    assert wrong(synced) == {"art"}


def test_the_proof_notices_a_poster_that_never_came(box: Box) -> None:
    box.scene = box.add("clip.mp4", title="clip", cover=COVER)
    assert wrong(box) == {"poster"}


def test_the_proof_leaves_a_person_s_own_alone(synced: Box) -> None:
    key = synced.item(synced.scene)["ratingKey"]
    mine = {"summary": "mine", "studio": "mine", "userRating": 3.0, "poster": OTHER, "art": OTHER}
    synced.plex.edit_as_person(key, **mine, genres=["mine"], add_collections=["mine"])
    change(synced, **BARE, cover=(COVER + b"new", "image/jpeg"))
    assert wrong(synced) == LEFT - {"summary", "studio", "userRating", "genres"}


def test_the_proof_wants_no_title_to_be_cleared(synced: Box) -> None:
    change(synced, title="")
    assert synced.differences() == {}


def test_the_proof_leaves_alone_what_is_switched_off(synced: Box) -> None:
    change(synced, **BARE, cover=(OTHER, "image/jpeg"))
    synced.configure(sync_fields="title, genres")
    assert wrong(synced) == {"genres"}

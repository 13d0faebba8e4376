"""The simulated Plex knows which values came by a request, and which from anybody else."""

from __future__ import annotations

import hashlib

import pytest

from tests.support.plex_contract import Scenes

PICTURE = b"\xff\xd8\xff\xe0 a picture"
KEY = "upload://posters/" + hashlib.sha1(PICTURE).hexdigest()
RATE = {"identifier": "com.plexapp.plugins.library"}


@pytest.fixture
def written(scenes: Scenes) -> int:
    """An item of which requests wrote the summary and two genres beside a person's."""
    rk = scenes.add(genres=["Theirs"], studio="Theirs")
    scenes.edit(rk, "summary.value=ours&genre[0].tag.tag=a&genre[1].tag.tag=B")
    return rk


def test_a_request_is_the_author_of_what_it_writes(scenes: Scenes, written: int) -> None:
    scenes.ask("PUT", "/:/rate", {"key": written, "rating": 7, **RATE})
    scenes.ask("POST", f"/library/metadata/{written}/posters", body=PICTURE)
    assert scenes.plex.written_by_plugin(written) == {
        "summary": {"ours"}, "genres": {"a", "B"}, "userRating": {"7.0"}, "poster": {KEY}
    }  # fmt: skip


def test_a_request_is_no_author_of_what_was_there(scenes: Scenes) -> None:
    rk = scenes.add(genres=["Theirs"], summary="same")
    scenes.plex.tag_mode = "replace"
    scenes.edit(rk, "summary.value=same&genre[0].tag.tag=theirs&genre[1].tag.tag=ours")
    assert scenes.plex.written_by_plugin(rk) == {"genres": {"ours"}}


def test_what_is_gone_has_no_author(scenes: Scenes, written: int) -> None:
    scenes.edit(written, "summary.value=&genre[].tag.tag-=a")
    assert scenes.plex.written_by_plugin(written) == {"genres": {"B"}}
    scenes.plex.edit_as_person(written, remove_genres=["b"])
    assert scenes.plex.written_by_plugin(written) == {}


def test_what_a_person_writes_is_the_person_s(scenes: Scenes, written: int) -> None:
    scenes.plex.edit_as_person(written, summary="mine", add_genres=["C"])
    assert scenes.plex.written_by_plugin(written) == {"genres": {"a", "B"}}


def test_also_if_a_person_writes_the_same_again(scenes: Scenes, written: int) -> None:
    scenes.plex.edit_as_person(written, summary="ours", add_genres=["A"])
    assert scenes.plex.written_by_plugin(written) == {"genres": {"B"}}


def test_a_lock_alone_writes_nothing(scenes: Scenes, written: int) -> None:
    scenes.plex.edit_as_person(written, locks=["summary", "genre"])
    assert set(scenes.plex.written_by_plugin(written)) == {"summary", "genres"}


@pytest.mark.parametrize("by_request", [True, False])
def test_what_an_agent_says_is_the_agent_s(scenes: Scenes, written: int, by_request: bool) -> None:
    scenes.plex.agent_says(written, summary="ours", genres=["a"])
    if by_request:
        scenes.ask("PUT", f"/library/metadata/{written}/refresh")
    else:
        scenes.plex.agent_refresh(written)
    assert scenes.plex.item(written)["summary"] == "ours"
    assert scenes.plex.written_by_plugin(written) == {}


def test_what_a_request_puts_back_is_its_first_author_s(scenes: Scenes, written: int) -> None:
    scenes.edit(written, "studio.value=ours&genre[].tag.tag-=Theirs")
    scenes.edit(written, "studio.value=ours%20too")
    assert scenes.plex.written_by_plugin(written)["studio"] == {"ours too"}
    scenes.edit(written, "studio.value=Theirs&genre[0].tag.tag=Theirs")
    assert scenes.plex.written_by_plugin(written) == {"summary": {"ours"}, "genres": {"a", "B"}}


def test_a_picture_has_the_author_who_chose_it_last(scenes: Scenes) -> None:
    rk = scenes.add(poster=PICTURE)
    where = f"/library/metadata/{rk}/posters"
    scenes.ask("POST", where, body=b"ours")
    assert set(scenes.plex.written_by_plugin(rk)) == {"poster"}
    scenes.plex.edit_as_person(rk, poster=b"ours")
    assert scenes.plex.written_by_plugin(rk) == {}


def test_an_item_that_is_found_again_has_no_author(scenes: Scenes, written: int) -> None:
    assert scenes.plex.written_by_plugin(scenes.plex.readd_item(written)) == {}

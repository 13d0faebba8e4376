"""Posters and backgrounds on the Plex simulator."""

from __future__ import annotations

import hashlib

import pytest

from tests.support.plex_contract import Reply, Scenes

PICTURE = b"\xff\xd8\xff\xe0 a picture"
KEY = "upload://posters/" + hashlib.sha1(PICTURE).hexdigest()


def upload(scenes: Scenes, rk: int, data: bytes = PICTURE, kind: str = "posters") -> int:
    return scenes.ask("POST", f"/library/metadata/{rk}/{kind}", body=data).status


def test_a_fresh_item_shows_a_frame_of_its_video(scenes: Scenes) -> None:
    rk = scenes.add()
    photo = scenes.get(f"/library/metadata/{rk}/posters").xml[0]
    assert photo.get("ratingKey").startswith("media://") and photo.get("selected") == "1"
    assert scenes.get(scenes.full(rk).get("thumb")).body.startswith(b"\x89PNG")


def test_an_upload_is_named_by_its_sha1_selected_and_served(scenes: Scenes) -> None:
    rk = scenes.add()
    scenes.clock.wait(5)
    assert upload(scenes, rk) == 200
    photos = scenes.get(f"/library/metadata/{rk}/posters").xml.findall("Photo")
    assert [p.get("ratingKey") for p in photos if p.get("selected") == "1"] == [KEY]
    thumb = scenes.full(rk).get("thumb")
    assert thumb == f"/library/metadata/{rk}/thumb/1700000005"
    assert scenes.get(thumb).body == scenes.get(photos[1].get("key")).body == PICTURE


def test_identical_bytes_are_one_image_and_others_pile_up(scenes: Scenes) -> None:
    rk = scenes.add()
    upload(scenes, rk), upload(scenes, rk), upload(scenes, rk, b"other")
    assert len(scenes.plex.item(rk)["posters"]) == 3
    assert scenes.plex.item(rk)["poster"] != KEY


def test_an_earlier_image_can_be_selected_again(scenes: Scenes) -> None:
    rk = scenes.add()
    upload(scenes, rk), upload(scenes, rk, b"other")
    assert scenes.ask("PUT", f"/library/metadata/{rk}/poster", {"url": KEY}).status == 200
    assert scenes.plex.item(rk)["poster"] == KEY
    gone = {"url": "upload://posters/none"}
    assert scenes.ask("PUT", f"/library/metadata/{rk}/poster", gone).status == 404


def test_an_upload_cannot_be_deleted(scenes: Scenes) -> None:
    rk = scenes.add()
    upload(scenes, rk)
    assert scenes.ask("DELETE", f"/library/metadata/{rk}/posters", {"url": KEY}).status == 404
    assert KEY in scenes.plex.item(rk)["posters"]


def test_unsetting_locks_and_a_frame_comes_back_at_refresh(scenes: Scenes) -> None:
    rk = scenes.add()
    upload(scenes, rk)
    scenes.ask("DELETE", f"/library/metadata/{rk}/thumb")
    item = scenes.plex.item(rk)
    assert (item["poster"], item["thumb"], item["locks"]) == (None, None, {"thumb"})
    assert "thumb" not in scenes.full(rk).attrib
    scenes.plex.agent_refresh(rk)
    assert scenes.plex.item(rk)["poster"].startswith("media://")


def test_a_refresh_takes_an_unlocked_poster_away_and_spares_a_locked_one(scenes: Scenes) -> None:
    rk = scenes.add()
    upload(scenes, rk)
    scenes.edit(rk, "thumb.locked=1")
    scenes.plex.agent_refresh(rk)
    assert scenes.plex.item(rk)["poster"] == KEY
    scenes.edit(rk, "thumb.locked=0")
    scenes.plex.agent_refresh(rk)
    assert scenes.plex.item(rk)["poster"] != KEY


def test_an_image_over_ten_megabytes_is_a_server_error(scenes: Scenes) -> None:
    assert upload(scenes, scenes.add(), b"x" * (10 * 1024 * 1024 + 1)) == 500


@pytest.mark.parametrize("host", ["192.168.1.5", "10.0.0.1", "127.0.0.1", "localhost", "stash"])
def test_a_private_address_is_not_acceptable(scenes: Scenes, host: str) -> None:
    where = f"/library/metadata/{scenes.add()}/posters"
    assert scenes.ask("POST", where, {"url": f"http://{host}:9999/a.jpg"}).status == 406


def test_a_public_address_is_fetched(scenes: Scenes) -> None:
    rk = scenes.add()
    where = f"/library/metadata/{rk}/posters"
    assert scenes.ask("POST", where, {"url": "https://example.com/a.jpg"}).status == 200
    assert scenes.plex.item(rk)["poster"].startswith("upload://posters/")


@pytest.mark.parametrize("bumps", [True, False])
def test_whether_a_poster_bumps_updated_at_is_switchable(scenes: Scenes, bumps: bool) -> None:
    scenes.plex.options.thumb_bumps_updated_at = bumps
    rk = scenes.add()
    scenes.clock.wait(5)
    upload(scenes, rk)
    assert scenes.plex.item(rk)["updatedAt"] == (1_700_000_005 if bumps else 1_700_000_000)


@pytest.mark.parametrize("bumps", [True, False])
def test_whether_identical_bytes_bump_updated_at_is_switchable(scenes: Scenes, bumps: bool) -> None:
    scenes.plex.options.identical_upload_bumps_updated_at = bumps
    rk = scenes.add(poster=PICTURE)
    scenes.clock.wait(5)
    upload(scenes, rk)
    assert scenes.plex.item(rk)["updatedAt"] == (1_700_000_005 if bumps else 1_700_000_000)


def test_backgrounds_logos_and_square_art_work_alike(scenes: Scenes) -> None:
    rk = scenes.add()
    for kind in ("arts", "clearLogos", "squareArts"):
        assert upload(scenes, rk, kind=kind) == 200
    assert scenes.plex.item(rk)["art"] == KEY.replace("posters", "arts")
    assert scenes.get(scenes.full(rk).get("art")).body == PICTURE


def small(scenes: Scenes, rk: int, **more: str) -> Reply:
    given = {"width": "240", "height": "360", "url": f"/library/metadata/{rk}/thumb", **more}
    return scenes.ask("GET", "/photo/:/transcode", given)


def test_the_transcoder_makes_a_small_copy_of_a_picture(scenes: Scenes) -> None:
    rk = scenes.add()
    upload(scenes, rk, b"\xff\xd8\xff" + b"x" * 5000)
    found = small(scenes, rk)
    assert found.status == 200 and len(found.body) < 5000
    upload(scenes, rk, b"\xff\xd8\xff another")
    assert small(scenes, rk).body != found.body
    assert small(scenes, rk, width="0").status == 400
    scenes.plex.options.photo_transcoder = False
    assert small(scenes, rk).status == 404

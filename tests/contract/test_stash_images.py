"""Covers and pictures over HTTP (8, 12.2 no. 12)."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlsplit

import pytest

from devserver.stash import StashServer
from devserver.stash.output import epoch
from tests.support.stash_contract import get

JPEG, PNG = b"\xff\xd8\xff\xe0jpeg", b"\x89PNG\r\n\x1a\npng"
WEBP = b"RIFF\x00\x00\x00\x00WEBPVP8 "


@pytest.mark.parametrize(
    ("data", "type_"), [(JPEG, "image/jpeg"), (PNG, "image/png"), (WEBP, "image/webp")]
)
def test_a_cover_has_the_type_of_its_bytes(stash: StashServer, data: bytes, type_: str) -> None:
    id_ = stash.add_scene(title="a", cover=data)
    status, headers, body = get(stash, f"/scene/{id_}/screenshot")
    assert (status, headers["content-type"], body) == (200, type_, data)


def test_a_missing_cover_is_200_and_svg(stash: StashServer) -> None:
    stash.add_scene(title="a")
    status, headers, body = get(stash, "/scene/1/screenshot")
    assert (status, headers["content-type"]) == (200, "image/svg+xml") and body.startswith(b"<svg")


def test_a_scene_that_does_not_exist_has_no_screenshot(stash: StashServer) -> None:
    assert get(stash, "/scene/9/screenshot")[0] == 404


def test_the_screenshot_path_carries_the_epoch_of_updated_at(stash: StashServer) -> None:
    stash.add_scene(title="a")
    path = stash.gql("{ findScene(id: 1) { paths { screenshot } } }")["findScene"]["paths"]
    stamp = epoch(stash.scene(1)["updated_at"])
    assert path["screenshot"] == f"{stash.url}/scene/1/screenshot?t={stamp}"


def test_paths_follow_the_external_host_that_is_unreachable_from_inside(tmp_path: Path) -> None:
    outside = "https://stash.invalid"
    with StashServer(tmp_path / "config", external_host=outside) as server:
        server.add_scene(title="a", cover=JPEG)
        got = server.gql("{ findScene(id: 1) { paths { screenshot } } }")["findScene"]
        url = urlsplit(got["paths"]["screenshot"])
        assert url.hostname == "stash.invalid"
        assert get(server, f"{url.path}?{url.query}")[2] == JPEG


def test_missing_pictures_of_other_objects_say_so_in_their_path(stash: StashServer) -> None:
    stash.add_scene(title="a", studio="S", performers=["P"], tags=["T"], groups=["G"])
    got = stash.gql(
        "{ findScene(id: 1) { studio { image_path } performers { image_path }"
        " tags { image_path } groups { group { front_image_path } } } }"
    )["findScene"]
    paths = [got["studio"]["image_path"], got["performers"][0]["image_path"]]
    paths += [got["tags"][0]["image_path"], got["groups"][0]["group"]["front_image_path"]]
    for path in paths:
        assert path.endswith("&default=true")
        assert get(stash, path.removeprefix(stash.url))[1]["content-type"] == "image/svg+xml"


def test_a_picture_that_is_set_is_served(stash: StashServer) -> None:
    stash.studio_id("S")
    stash.update("studio", 1, image="data:image/png;base64,iVBORw0KGgo=")
    path = stash.gql("{ findStudio(id: 1) { image_path } }")["findStudio"]["image_path"]
    assert not path.endswith("default=true")
    assert get(stash, "/studio/1/image")[1]["content-type"] == "image/png"


def test_an_unchanged_cover_is_a_304(stash: StashServer) -> None:
    stash.add_scene(title="a", cover=JPEG)
    tag = get(stash, "/scene/1/screenshot")[1]["etag"]
    headers = {"If-None-Match": tag}
    assert get(stash, "/scene/1/screenshot", **headers)[0] == 304
    stash.set_cover(1, PNG)
    assert get(stash, "/scene/1/screenshot", **headers)[0] == 200


def test_a_cover_that_is_removed_is_the_placeholder_again(stash: StashServer) -> None:
    stash.add_scene(title="a", cover=JPEG)
    stash.set_cover(1, None)
    assert get(stash, "/scene/1/screenshot")[1]["content-type"] == "image/svg+xml"

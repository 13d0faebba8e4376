"""The picture that Plex shows comes through the plugin: small, and without the token."""

from __future__ import annotations

import json
from base64 import b64decode

import pytest

from app.commands.pictures import MOST, as_url
from devserver.box import Box
from devserver.stash.client import StashError

JPEG = b"\xff\xd8\xff"


def shown(box: Box, scene: int, **more: str) -> bytes | None:
    item = int(box.item(scene)["ratingKey"])
    answer = box.operation("plex_picture", item=item, **more)
    assert "oken" not in json.dumps(answer)
    url = answer["picture"]
    return b64decode(url.partition(",")[2]) if url else None


def test_the_picture_is_small_or_whole_without_a_transcoder(box: Box) -> None:
    scene = box.add("a.mp4", title="A")
    cover = JPEG + b"x" * 3000
    box.stash.set_cover(scene, cover)
    box.operation("all")
    small = shown(box, scene)
    assert small and small != cover and len(small) < len(cover)
    box.plex.options.photo_transcoder = False
    assert shown(box, scene) == cover
    assert shown(box, scene, field="background") is None
    box.stash.set_cover(scene, JPEG + b"y" * MOST)
    box.operation("all")
    assert shown(box, scene) is None, "too big for an answer"


def test_an_item_that_is_gone_has_no_picture(box: Box) -> None:
    box.add("a.mp4", title="A")
    assert box.operation("plex_picture", item=987654)["picture"] is None
    with pytest.raises(StashError, match="poster or background"):
        box.operation("plex_picture", item=1, field="title")


@pytest.mark.parametrize(
    ("data", "start"),
    [
        (JPEG, "data:image/jpeg;base64,"),
        (b"\x89PNG\r\n", "data:image/png;base64,"),
        (b"RIFF1234WEBP", "data:image/webp;base64,"),
        (b"GIF89a", "data:image/gif;base64,"),
        (b"<svg onload=alert(1)>", None),
        (b"", None),
        (JPEG + bytes(MOST), None),
    ],
)
def test_only_bytes_of_a_picture_become_a_url(data: bytes, start: str | None) -> None:
    found = as_url(data)
    assert found is None if start is None else str(found).startswith(start)

"""What an image is: told by its first bytes, whatever it calls itself."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stash.transport import _IMAGES, _kind_of_image, is_cover

JPEG, PNG = b"\xff\xd8\xff\xe0\x00\x10JFIF", b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR"
WEBP, GIF = b"RIFF\x24\x00\x00\x00WEBPVP8 ", b"GIF89a\x01\x00\x01\x00"


@pytest.mark.parametrize(
    ("data", "kind"),
    [(JPEG, "image/jpeg"), (PNG, "image/png"), (WEBP, "image/webp"), (GIF, "image/gif"),
     (b"GIF87a....", "image/gif")],
)  # fmt: skip
def test_an_image_is_known_by_its_first_bytes(data, kind):
    assert _kind_of_image(data) == kind


@pytest.mark.parametrize(
    "data",
    [b"", b"\xff", b"\xff\xd8", b"<html><body>Login</body></html>", b"<svg xmlns='x'/>", b"<?xml?>",
     b"%PDF-1.7", b"RIFF\x24\x00\x00\x00WAVEfmt ", b"RIFF", b"PK\x03\x04", b"GIF8", b"BM6\x00",
     b" " + JPEG, b"\x00\x00\x00\x20ftypavif", b"#!/bin/sh\n"],
)  # fmt: skip
def test_anything_else_is_none(data):
    assert _kind_of_image(data) == ""


@given(st.binary(max_size=40))
def test_any_bytes_are_judged_without_an_error(data):
    assert _kind_of_image(data) in (*_IMAGES, "")


@pytest.mark.parametrize(
    ("said", "data", "usable"),
    [("image/jpeg", JPEG, True), ("image/png", JPEG, True), ("IMAGE/JPEG; q=1", JPEG, True),
     ("image/jpeg", b"<html>", False), ("text/html", JPEG, False), ("", JPEG, False),
     ("image/svg+xml", b"<svg/>", False), ("image/svg+xml", JPEG, False), ("image/jpeg", b"", False)],
)  # fmt: skip
def test_a_cover_says_that_it_is_an_image_and_is_one(said, data, usable):
    assert is_cover(said, data) is usable

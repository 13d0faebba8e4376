"""Covers on a poster's ground."""

from __future__ import annotations

import sys
from io import BytesIO

import pytest

from plex.images import letterbox

Image = pytest.importorskip("PIL.Image")


def drawn(width: int, height: int, form: str = "PNG", mode: str = "RGB") -> bytes:
    kept = BytesIO()
    Image.new(mode, (width, height), "red").save(kept, form)
    return kept.getvalue()


@pytest.mark.parametrize(
    ("width", "height", "ground"),
    [
        (160, 90, (160, 240)),
        (1920, 1080, (1000, 1500)),
        (90, 160, (106, 160)),
        (300, 300, (300, 450)),
        (10, 4000, (1000, 1500)),
    ],
)
@pytest.mark.parametrize(
    ("form", "mode"), [("PNG", "RGB"), ("PNG", "RGBA"), ("GIF", "P"), ("WEBP", "RGB")]
)
def test_a_cover_stands_whole_in_the_middle_of_a_black_ground(width, height, ground, form, mode):
    found = Image.open(BytesIO(letterbox.fitted(drawn(width, height, form, mode))))
    assert (found.size, found.format) == (ground, "JPEG")
    middle = found.getpixel((ground[0] // 2, ground[1] // 2))
    assert middle[0] > 200 and middle[1] < 60
    assert max(found.getpixel((0, 0))) < 30


@pytest.mark.parametrize(("width", "height"), [(200, 300), (1000, 1500), (201, 300), (4, 6)])
def test_what_is_a_poster_already_stays_as_it_is(width, height):
    data = drawn(width, height)
    assert letterbox.fitted(data) is data


@pytest.mark.parametrize("data", [b"", b"\xff\xd8\xff" + b"x" * 50, drawn(160, 90)[:60], b"<svg/>"])
def test_what_cannot_be_read_stays_as_it_is(data):
    assert letterbox.fitted(data) is data


def test_the_same_cover_gives_the_same_poster():
    assert letterbox.fitted(drawn(160, 90)) == letterbox.fitted(drawn(160, 90))


def test_without_pillow_it_is_not_available(monkeypatch):
    assert letterbox.available()
    monkeypatch.setitem(sys.modules, "PIL", None)
    assert not letterbox.available()

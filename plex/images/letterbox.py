"""Puts a cover on a black 2:3 ground, so that it fits a poster. The only file that imports Pillow, which
may be missing."""

from io import BytesIO

WIDE, HIGH = 2, 3
LARGEST = 1500  # pixels of height: no client draws a poster larger
MISSING = (
    "Fit Posters needs the Python package Pillow where Stash runs (pip install pillow): "
    "without it covers are uploaded as they are"
)
NEARLY = 0.02  # a picture whose shape is this close to 2:3 needs no ground
QUALITY = 90


def available() -> bool:
    try:
        from PIL import Image  # noqa: F401
    except ImportError:
        return False
    return True


def fitted(data: bytes) -> bytes:
    """The picture on its ground as JPEG; unchanged if the picture fits already, or cannot be read. The same
    bytes always give the same bytes: Plex knows an image by its bytes."""
    from PIL import Image, ImageOps

    try:
        with Image.open(BytesIO(data)) as opened:
            picture = ImageOps.exif_transpose(opened).convert("RGBA")
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        return data
    width, height = picture.size
    if abs(width * HIGH - height * WIDE) <= NEARLY * max(width * HIGH, height * WIDE):
        return data
    high = min(LARGEST, max(height, width * HIGH // WIDE))
    ground = Image.new("RGB", (high * WIDE // HIGH, high))
    inside = ImageOps.contain(picture, ground.size)
    left, top = ((a - b) // 2 for a, b in zip(ground.size, inside.size, strict=True))
    ground.paste(inside, (left, top), inside)
    kept = BytesIO()
    ground.save(kept, "JPEG", quality=QUALITY)
    return kept.getvalue()

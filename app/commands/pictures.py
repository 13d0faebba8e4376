"""Gets the picture that Plex shows for an item, since the page has no token to ask Plex itself."""

from base64 import b64encode
from typing import Any

import errors
from app.arguments import number, text
from app.run import Run
from plex.fields.item import BY_FIELD

SIZE = {"poster": (240, 360), "background": (320, 180)}  # pixels
MOST = 256 << 10  # bytes
# The first bytes of the pictures that a browser shows.
MAGIC = ((b"\xff\xd8\xff", "jpeg"), (b"\x89PNG", "png"), (b"RIFF", "webp"), (b"GIF8", "gif"))


def plex_picture(run: Run) -> dict[str, Any]:
    """The picture that Plex shows as the `field` (poster or background) of an `item`: small, as a data:
    URL. None if Plex has none, or only one that is too big."""
    item, field = number(run, "item"), text(run, "field") or "poster"
    if not item or field not in SIZE:
        raise errors.SetupError("plex_picture needs an item, and poster or background as the field")
    try:
        data = run.plex.picture(item, BY_FIELD[field], *SIZE[field])
    except errors.Gone:
        data = b""
    return {"item": item, "field": field, "picture": as_url(data)}


def as_url(data: bytes) -> "str | None":
    """The bytes of a picture as a data: URL, None if they are no picture or too many."""
    kind = next((name for magic, name in MAGIC if data.startswith(magic)), "")
    if not kind or len(data) > MOST:
        return None
    return f"data:image/{kind};base64,{b64encode(data).decode()}"

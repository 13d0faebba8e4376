"""Image routes: covers and pictures, with the placeholder that Stash sends when there is none."""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .library import Library

PLACEHOLDER = (
    b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 160 90">'
    b'<rect width="160" height="90" fill="#333"/></svg>'
)
ROUTE = re.compile(
    r"/(?P<kind>scene|performer|studio|tag|group)/(?P<id>[^/]+)"
    r"/(?P<what>screenshot|image|frontimage|backimage)/?\Z"
)
PART = {"frontimage": "image", "backimage": "back_image", "image": "image"}
Answer = tuple[int, str, bytes]


def image(library: Library, path: str, default: bool) -> Answer | None:
    """(status, content type, bytes) for an image route, None for any other path."""
    found = ROUTE.match(path)
    if found is None or (found["what"] == "screenshot") != (found["kind"] == "scene"):
        return None
    if not found["id"].isdigit():
        return 400, "text/plain; charset=utf-8", b"Bad Request\n"
    table = library.store.scenes if found["kind"] == "scene" else library.store.named[found["kind"]]
    row = table.get(int(found["id"]))
    if row is None:
        return 404, "text/plain; charset=utf-8", b"Not Found\n"
    column = "cover" if found["kind"] == "scene" else PART[found["what"]]
    picture = getattr(row, column, None)
    if picture is None or default:
        return 200, "image/svg+xml", PLACEHOLDER
    data, type_ = picture
    return 200, type_, data


def etag(data: bytes) -> str:
    return f'"{hashlib.md5(data).hexdigest()}"'

"""Long answers of Plex, a page at a time."""

from collections.abc import Callable, Iterator
from typing import Any

import errors
from errors import PLEX
from plex.item import number

PAGE = 1000


def pages(get: Callable[[str, dict[str, str]], Any], key: str, element: str) -> Iterator[Any]:
    """The containers of all pages of `key` that have such elements."""
    start, previous = 0, None
    while True:
        container = get(key, window(start, PAGE))
        rows = container.findall(element)
        first = rows[0].get("ratingKey") if rows else None
        if rows and first == previous:
            said = "Plex sent the same page of a listing twice"
            raise errors.Busy(said).of(PLEX, "unreadable")
        previous = first
        if rows:
            yield container
        start += len(rows)
        # Without a total the window covered everything; a page may be smaller than asked.
        total = number(container.get("totalSize"))
        ended = len(rows) < PAGE if total is None else start >= total
        if ended or not rows:
            return


def window(start: int, size: int) -> dict[str, str]:
    """The headers that ask for a part of a listing."""
    return {"X-Plex-Container-Start": str(start), "X-Plex-Container-Size": str(size)}

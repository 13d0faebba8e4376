"""Long answers of Plex, a page at a time."""

from collections.abc import Callable, Iterator
from typing import Any, Protocol, TypeVar

import errors
from errors import PLEX
from plex.item import number

PAGE = 1000


class Rows(Protocol):
    """A page: its number of rows, the first one's rating key, and how many all pages have."""

    def __len__(self) -> int: ...
    @property
    def first(self) -> "int | None": ...
    @property
    def total(self) -> "int | None": ...


P = TypeVar("P", bound=Rows)


class Elements:
    """The page in a container whose rows are such elements."""

    def __init__(self, container: Any, element: str) -> None:
        self.container, self._rows = container, container.findall(element)

    def __len__(self) -> int:
        return len(self._rows)

    @property
    def first(self) -> "int | None":
        return number(self._rows[0].get("ratingKey")) if self._rows else None

    @property
    def total(self) -> "int | None":
        return number(self.container.get("totalSize"))


def pages(get: Callable[[dict[str, str]], P]) -> Iterator[P]:
    """All pages that have rows; `get` gives the one that these headers ask for."""
    start, previous = 0, None
    while True:
        page = get(window(start, PAGE))
        count, first, total = len(page), page.first, page.total
        if count and first == previous:
            said = "Plex sent the same page of a listing twice"
            raise errors.Busy(said).of(PLEX, "unreadable")
        previous = first
        if count:
            yield page
        del page  # not one more than is looked at
        start += count
        # Without a total the window covered everything; a page may be smaller than asked.
        if not count or (count < PAGE if total is None else start >= total):
            return


def window(start: int, size: int) -> dict[str, str]:
    """The headers that ask for a part of a listing."""
    return {"X-Plex-Container-Start": str(start), "X-Plex-Container-Size": str(size)}

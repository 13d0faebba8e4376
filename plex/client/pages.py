"""Reads long answers of Plex page by page, and less at a time around rows that Plex cannot give."""

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any, NamedTuple, Protocol, TypeVar

import errors
from errors import PLEX
from net.retry import by_halves
from plex.fields.item import whole_number

PAGE = 1000
# Errors for one bad part of a Plex that answers other questions.
BAD_PART = (errors.Busy, errors.Rejected, errors.Gone)
# After this many bad rows or pages in a row the rest of the page, or of the listing, is given up.
ROWS, PAGES = 5, 3
LONGEST = 10_000_000  # rows of a listing that does not tell its total


class Rows(Protocol):
    """A page: its number of rows, its first rating key, and the number of rows of all pages."""

    def __len__(self) -> int: ...
    @property
    def first(self) -> "int | None": ...
    @property
    def total(self) -> "int | None": ...


P = TypeVar("P", bound=Rows)


class Repeated(errors.Busy):
    """Plex ignores which part of a listing is asked for. To ask for less is useless."""


class Elements:
    """The page in a container. Its rows are the elements with this name."""

    def __init__(self, container: Any, element: str) -> None:
        self.container, self._rows = container, container.findall(element)

    def __len__(self) -> int:
        return len(self._rows)

    @property
    def first(self) -> "int | None":
        return whole_number(self._rows[0].get("ratingKey")) if self._rows else None

    @property
    def total(self) -> "int | None":
        return whole_number(self.container.get("totalSize"))

    @property
    def nameless(self) -> int:
        """The number of rows without a rating key."""
        return sum(not whole_number(row.get("ratingKey")) for row in self._rows)


def pages(get: Callable[[dict[str, str]], P], start: int = 0) -> Iterator[P]:
    """Yields all pages that have rows. `get` takes headers. Raises Repeated if the listing has no end."""
    previous, most = None, 0
    while True:
        page = get(window(start, PAGE))
        count, first, total = len(page), page.first, page.total
        most = most or (LONGEST if total is None else 2 * total + PAGE)
        if start + count > most:
            raise Repeated("Plex sent a listing without an end").of(PLEX, "unreadable")
        if count and first == previous:
            raise Repeated("Plex sent the same page of a listing twice").of(PLEX, "unreadable")
        previous = first
        if count:
            yield page
        del page  # one page in memory is enough
        start += count
        # Without a total the window covered everything. A page may be smaller than the window.
        if not count or (count < PAGE if total is None else start >= total):
            return


class Hole(NamedTuple):
    """Rows of a listing that Plex cannot give: the place of the first, their number, and the reason."""

    start: int
    size: int
    why: str

    @property
    def words(self) -> str:
        last = self.start + self.size
        which = f"row {last}" if self.size == 1 else f"rows {self.start + 1} to {last}"
        return f"{which}: {self.why}"


# Returns the page for some headers. The flag allows to ask again after a passing fault.
Get = Callable[[dict[str, str], bool], P]


def pages_and_holes(get: "Get[P]", count: Callable[[], "int | None"]) -> "Iterator[P | Hole]":
    """Yields all pages, and the rows that Plex cannot give. Around a bad row it asks for fewer and fewer
    rows, down to the single row. `count` returns the number of rows. Raises if Plex gives no row at all."""
    start, total, lost, good = 0, None, 0, False
    last: errors.Stash2PlexError | None = None
    while total is None or start < total:
        try:
            for page in pages(lambda window: get(window, True), start):
                start, total, lost, good = start + len(page), page.total, 0, True
                yield page
            return
        except BAD_PART as error:
            if error.after or isinstance(error, Repeated):  # Plex asks for patience, not for less
                raise
            last = error
            total = count() if total is None else total
            if total is None or start >= total:
                raise
        size = min(PAGE, total - start) if lost < PAGES else total - start
        parts = _around(get, start, size) if lost < PAGES else iter([_hole(start, size, last)])
        lost += 1
        for part in parts:
            if not isinstance(part, Hole):
                lost, good = 0, True
            yield part
        start += size
    if last and not good:
        raise last


def _around(get: "Get[P]", start: int, size: int) -> "Iterator[P | Hole]":
    """Yields what Plex gives of these rows, asked for by halves."""
    end, lost = start + size, 0
    asked = by_halves([range(start, end)], partial(_rows, get), BAD_PART, _rest)
    for rows, page in asked:
        if isinstance(page, errors.Stash2PlexError):
            lost += 1
            if lost == ROWS:
                yield _hole(rows[0], end - rows[0], page)
                return
            yield _hole(rows[0], 1, page)
            continue
        lost = 0
        if len(page):
            yield page


def _rows(get: "Get[P]", rows: Sequence[int]) -> P:
    return get(window(rows[0], len(rows)), len(rows) == 1)


def _rest(rows: Sequence[int], page: Rows) -> Sequence[int]:
    """The rows behind a page that is shorter than Plex was asked for."""
    return rows[len(page) :] if len(page) else ()


def _hole(start: int, size: int, error: errors.Stash2PlexError) -> Hole:
    return Hole(start, size, in_words(error))


def in_words(error: errors.Stash2PlexError) -> str:
    """Returns why Plex cannot give a part."""
    return "Plex answered 404" if isinstance(error, errors.Gone) else str(error)


def window(start: int, size: int) -> dict[str, str]:
    """Returns the headers that ask for a part of a listing."""
    return {"X-Plex-Container-Start": str(start), "X-Plex-Container-Size": str(size)}

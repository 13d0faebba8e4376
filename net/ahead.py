"""A page ahead: while one is worked on, the next is fetched."""

from collections.abc import Iterator
from typing import TypeVar

Page = TypeVar("Page")


def ahead(pages: Iterator[Page]) -> Iterator[Page]:
    """The same pages. What fetching one raises is raised where that page is due."""
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(1) as thread:
        coming = thread.submit(next, pages, None)
        while (page := coming.result()) is not None:
            coming = thread.submit(next, pages, None)
            yield page

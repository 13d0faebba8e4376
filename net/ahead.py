"""One ahead: while one is worked on, the next is fetched."""

from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

Page = TypeVar("Page")
Asked = TypeVar("Asked")
Got = TypeVar("Got")


def ahead(pages: Iterator[Page]) -> Iterator[Page]:
    """The same pages. What fetching one raises is raised where that page is due."""
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(1) as thread:
        coming = thread.submit(next, pages, None)
        while (page := coming.result()) is not None:
            coming = thread.submit(next, pages, None)
            yield page


def fetched(
    asked: Iterable[Asked], fetch: Callable[[Asked], Got]
) -> Iterator[tuple[Asked, Callable[[], Got]]]:
    """Each with a call that gives what `fetch` gave for it, or raises what that raised.

    Only `fetch` runs in a thread of its own.
    """
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(1) as thread:
        before: list[tuple[Asked, Callable[[], Got]]] = []
        for one in asked:
            coming = one, thread.submit(fetch, one).result
            yield from before
            before = [coming]
        yield from before

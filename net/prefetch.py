"""Reads ahead in a second thread: while the caller works on one answer, the next is on its way."""

import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future
from itertools import repeat
from queue import SimpleQueue
from typing import Any, TypeVar

Page = TypeVar("Page")
Asked = TypeVar("Asked")
Answer = TypeVar("Answer")


def read_ahead(pages: Iterator[Page]) -> Iterator[Page]:
    """Yields these pages, and reads the next page while the caller works on one. A page that cannot be
    read raises its error when its turn comes."""
    for _, answer in fetch_ahead(repeat(pages), lambda pages: next(pages, None)):
        if (page := answer()) is None:
            return
        yield page


def fetch_ahead(
    asked: Iterable[Asked], fetch: Callable[[Asked], Answer]
) -> Iterator[tuple[Asked, Callable[[], Answer]]]:
    """Yields each question with a call that returns what `fetch` returned for it, or raises what it
    raised. Only `fetch` runs in the second thread."""
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(1) as thread:
        before: list[tuple[Asked, Callable[[], Answer]]] = []
        for question in asked:
            coming = question, thread.submit(fetch, question).result
            yield from before
            before = [coming]
        yield from before


class ReaderThread:
    """A thread that makes the submitted calls in turn. They may only read: the process ends without
    waiting for them."""

    def __init__(self) -> None:
        self._calls: SimpleQueue[tuple[Future[Any], Callable[[], Any]] | None] = SimpleQueue()
        self._thread: threading.Thread | None = None

    def submit(self, call: Callable[[], Answer]) -> "Future[Answer]":
        """Returns a future for what the call returns or raises."""
        future: Future[Answer] = Future()
        self._calls.put((future, call))
        if self._thread is None:
            self._thread = threading.Thread(target=self._work, name="reader", daemon=True)
            self._thread.start()
        return future

    def close(self) -> None:
        """Lets the thread end after the calls that it has."""
        self._calls.put(None)
        self._thread = None

    def _work(self) -> None:
        while job := self._calls.get():
            future, call = job
            try:
                future.set_result(call())
            except BaseException as error:
                future.set_exception(error)
            del job, future, call  # an answer may be large, and the caller owns it

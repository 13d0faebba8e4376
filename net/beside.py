"""A thread beside the caller's: it reads while something else is done."""

import threading
from collections.abc import Callable
from concurrent.futures import Future
from queue import SimpleQueue
from typing import Any, TypeVar

Answer = TypeVar("Answer")


class Beside:
    """One thread that does what it is given in turn. It is for reading only: the process ends
    without waiting for it."""

    def __init__(self) -> None:
        self._calls: SimpleQueue[tuple[Future[Any], Callable[[], Any]] | None] = SimpleQueue()
        self._thread: threading.Thread | None = None

    def __call__(self, call: Callable[[], Answer]) -> "Future[Answer]":
        """What the call gives, or raises, in the end."""
        future: Future[Answer] = Future()
        self._calls.put((future, call))
        if self._thread is None:
            self._thread = threading.Thread(target=self._work, name="beside", daemon=True)
            self._thread.start()
        return future

    def close(self) -> None:
        """After what it has been given already it ends."""
        self._calls.put(None)
        self._thread = None

    def _work(self) -> None:
        while given := self._calls.get():
            future, call = given
            try:
                future.set_result(call())
            except BaseException as error:
                future.set_exception(error)
            del given, future, call  # an answer may be large, and is not ours

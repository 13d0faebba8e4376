"""One deadline for a whole request, whatever phase it is in, on connections of urllib3.

The timeout of a socket starts again with every byte: a server that sends a byte every few seconds, in
its status line, its headers, between two chunks or after them, would hold the drain for ever.
"""

import io
import socket
import threading
from collections.abc import Callable
from typing import Any

PIECE = 1 << 14  # bytes sent at once: over TLS each piece has a timeout of its own


class Deadline(threading.local):
    """The moment, on `clock`, at which the current request must be over. Each thread has its own."""

    def __init__(self, seconds: float, clock: Callable[[], float]) -> None:
        self._seconds, self._clock = seconds, clock
        self._ends = clock() + seconds

    def begin(self) -> None:
        """Starts the deadline of a request."""
        self._ends = self._clock() + self._seconds

    def left(self) -> float:
        """Returns the remaining seconds, more than 0. Raises TimeoutError when none is left."""
        left = self._ends - self._clock()
        if left <= 0:
            raise TimeoutError("the answer did not end in time")
        return left


class _Answer(io.RawIOBase):
    """The bytes that arrive at a socket before the deadline. http.client gets this object instead of
    the socket, and only makes a file of it."""

    def __init__(self, connected: socket.socket, deadline: Deadline) -> None:
        self._socket, self._deadline = connected, deadline
        self._silence = connected.gettimeout() or float("inf")  # the read timeout
        self._raw: Any = connected.makefile("rb", buffering=0)

    def makefile(self, mode: str) -> io.BufferedReader:
        return io.BufferedReader(self)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> "int | None":
        left = self._deadline.left()
        if left < self._silence:
            self._socket.settimeout(left)
        size: int | None = self._raw.readinto(buffer)
        return size

    def close(self) -> None:
        self._raw.close()
        super().close()


def timed(connection_class: Any, deadline: Deadline) -> Any:
    """Returns a class of urllib3 connections that connect, send and read before `deadline`."""

    class Timed(connection_class):
        timeout: float

        def connect(self) -> None:
            self.timeout = min(self.timeout, deadline.left())
            super().connect()

        def send(self, data: Any) -> None:
            if self.sock is None:
                self.connect()
            for start in range(0, len(data), PIECE):
                self.sock.settimeout(deadline.left())
                super().send(data[start : start + PIECE])

        def response_class(self, connected: socket.socket, *more: Any, **options: Any) -> Any:
            answer = _Answer(connected, deadline)
            return connection_class.response_class(answer, *more, **options)

    return Timed

"""One deadline for a whole request, whatever phase it is in, on connections of urllib3.

A timeout of a socket starts anew with every byte: a server that sends one every few seconds, in its
status line, its headers, between two chunks or after them, would hold the drain for ever.
"""

import io
import socket
import threading
from collections.abc import Callable
from typing import Any

PIECE = 1 << 14  # bytes sent at once: over TLS each piece has a timeout of its own


class Deadline(threading.local):
    """The moment, on `clock`, at which the request in work must be over; each thread has its own."""

    def __init__(self, seconds: float, clock: Callable[[], float]) -> None:
        self._seconds, self._clock = seconds, clock
        self._ends = clock() + seconds

    def begin(self) -> None:
        """A request begins."""
        self._ends = self._clock() + self._seconds

    def left(self) -> float:
        """Seconds, more than 0; TimeoutError when none is left."""
        left = self._ends - self._clock()
        if left <= 0:
            raise TimeoutError("the answer did not end in time")
        return left


class _Answer(io.RawIOBase):
    """What arrives at a socket, for as long as the deadline allows. It stands for the socket where
    http.client makes a file of it, which is all that it does."""

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
        found: int | None = self._raw.readinto(buffer)
        return found

    def close(self) -> None:
        self._raw.close()
        super().close()


def timed(connection_class: Any, deadline: Deadline) -> Any:
    """A kind of urllib3's connection that keeps to `deadline` while it connects, sends and reads."""

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

"""Who asked for something, which hooks led here, and whether they still want it."""

from __future__ import annotations

import select
import socket
import threading
from dataclasses import dataclass, field


class Cancelled(Exception):
    """The client went away or the job was stopped: Stash gives up at the next step."""


@dataclass
class Context:
    """A request or a job. `connection` is watched for a client that hangs up."""

    user: str | None = None
    visited: tuple[tuple[str, str], ...] = ()
    base_url: str = ""
    connection: socket.socket | None = None
    stop: threading.Event = field(default_factory=threading.Event)

    def cancelled(self) -> bool:
        if not self.stop.is_set() and self.connection is not None and hung_up(self.connection):
            self.stop.set()
        return self.stop.is_set()

    def check(self) -> None:
        if self.cancelled():
            raise Cancelled("context canceled")

    def for_job(self, stop: threading.Event) -> Context:
        """A job outlives the request that started it, but keeps its user and its visits."""
        return Context(self.user, self.visited, self.base_url, None, stop)


def hung_up(connection: socket.socket) -> bool:
    try:
        readable, _, _ = select.select([connection], [], [], 0)
        return bool(readable) and connection.recv(1, socket.MSG_PEEK) == b""
    except (OSError, ValueError):
        return True

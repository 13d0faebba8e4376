"""What was asked: every request in order, and how many writes overlapped."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field

from .message import Call, Pairs

KEPT_HEADERS = ("accept", "user-agent", "content-length", "content-type", "connection")


@dataclass
class Request:
    """One answered (or dropped) request. `status` is 0 while it runs and when it was dropped."""

    method: str
    path: str
    query: Pairs
    raw_target: str
    headers: dict[str, str] = field(default_factory=dict)
    status: int = 0
    started: float = 0.0
    ended: float = 0.0
    body_size: int = 0
    is_write: bool = False  # of a kind that changes the library
    applied: bool = False  # and it did
    ignored: list[str] = field(default_factory=list)  # parameters without a meaning here
    fault: str = ""

    def get(self, name: str, default: str = "") -> str:
        return next((v for k, v in self.query if k == name), default)


class RequestLog:
    """Times are real (monotonic) seconds, whatever clock the server runs on."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.requests: list[Request] = []
        self.targets: list[str] = []  # what stood in every request line there ever was
        self.foreign = 0  # requests that carried the credentials of another server
        self.unauthenticated = 0
        self.overlapping_writes = 0
        self._writing = 0

    def begin(self, call: Call, now: float, is_write: bool) -> Request:
        headers = {
            name: value
            for name, value in call.headers.items()
            if name in KEPT_HEADERS or (name.startswith("x-plex-") and name != "x-plex-token")
        }
        query = [(k, v) for k, v in call.query if k != "X-Plex-Token"]
        request = Request(call.method, call.path, query, call.target, headers)
        request.started = now
        request.body_size = len(call.body)
        request.is_write = is_write
        with self.lock:
            self.requests.append(request)
            self.targets.append(call.target)
            self.foreign += "cookie" in call.headers or "apikey" in call.headers
            if is_write:
                self.overlapping_writes += self._writing > 0
                self._writing += 1
        return request

    def end(self, request: Request, now: float, status: int) -> None:
        with self.lock:
            request.status = status
            request.ended = now
            if request.is_write:
                self._writing -= 1

    def writes(self) -> list[Request]:
        """Requests that changed something, answered or not."""
        return [request for request in self.requests if request.applied]

    def clear(self) -> None:
        with self.lock:
            self.requests = [r for r in self.requests if not r.ended]
            self.unauthenticated = 0
            self.overlapping_writes = 0

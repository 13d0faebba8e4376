"""Faults that tests arm: answers a server gives when something between is broken."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

ACTIONS = (
    "500",  # answers 500 instead of doing it
    "html",  # answers 200 with a web page, as a proxy or login page would
    "half_body",  # does it, sends half of the answer, hangs up
    "drop",  # hangs up instead of doing it
    "drop_after",  # does it, then hangs up without an answer
    "trickle",  # does it, and answers byte by byte in `phase` for `seconds`
    "slow",  # waits `seconds` first
    "401",  # as if the credentials were gone
    "errors",  # 200 with `errors` and without data
    "other",  # 200 with `text` as JSON
    "hang",  # never answers, until the server stops or the faults are cleared
)


@dataclass
class Fault:
    match: Callable[[Any], bool]
    action: str
    times: int | None
    every_nth: int
    seconds: float
    text: str = ""
    phase: str = "body"  # of the answer that trickles, see devserver.trickle
    seen: int = 0
    done: int = 0
    hits: list[Any] = field(default_factory=list)


class Faults:
    def __init__(self) -> None:
        self._armed: list[Fault] = []
        self._lock = threading.Lock()
        self._released = threading.Condition()
        self.releases = 0

    def arm(
        self,
        match: Callable[[Any], bool] | str | None = None,
        times: int | None = None,
        every_nth: int | None = None,
        action: str = "500",
        seconds: float = 1.0,
        text: str = "",
        phase: str = "body",
    ) -> Fault:
        """`match`: a function of Request, a path ("/graphql"), a field or operation name
        ("findScenes"), or None for all. Without `times` and `every_nth` it strikes once."""
        if action not in ACTIONS:
            raise ValueError(f"{action!r} is none of {', '.join(ACTIONS)}")
        if times is None and every_nth is None:
            times = 1
        fault = Fault(_matcher(match), action, times, every_nth or 1, seconds, text, phase)
        with self._lock:
            self._armed.append(fault)
        return fault

    def clear(self) -> None:
        """Disarms everything and lets go of requests that hang."""
        with self._lock:
            self._armed = []
        self.release()

    def release(self) -> None:
        with self._released:
            self.releases += 1
            self._released.notify_all()

    def pause(self, since: int, seconds: float | None) -> None:
        """Holds the calling request, at the longest until a release after number `since`."""
        with self._released:
            self._released.wait_for(lambda: self.releases != since, seconds)

    def struck(self, request: Any) -> Fault | None:
        """The fault for this request, if one is due."""
        with self._lock:
            for fault in self._armed:
                if fault.times is not None and fault.done >= fault.times:
                    continue
                if not fault.match(request):
                    continue
                fault.seen += 1
                if fault.seen % fault.every_nth == 0:
                    fault.done += 1
                    fault.hits.append(request)
                    return fault
        return None


def _matcher(match: Callable[[Any], bool] | str | None) -> Callable[[Any], bool]:
    if match is None:
        return lambda request: True
    if callable(match):
        return match
    if match.startswith("/"):
        return lambda request: request.path == match or request.path.startswith(match + "/")
    return lambda request: request.operation == match or match in request.fields

"""Faults that a test or the demo arms: wrong statuses, broken bodies, lost connections."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass

from .message import Call

Match = Callable[[Call], bool] | str | None
ACTIONS = frozenset(
    [
        "400",
        "401",
        "403",
        "404",
        "409",
        "429",
        "500",
        "502",
        "503",
        "504",
        "drop",
        "reset",
        "drop_after",
        "slow",
        "slow_headers",
        "trickle",
        "truncated",
        "cut",
        "html",
        "empty",
    ]
)
AFTERWARDS = frozenset(
    ["drop_after", "slow_headers", "trickle", "truncated", "cut"]
)  # the request is carried out, its answer suffers


@dataclass
class Fault:
    """`match`: a test of the call, or the start of its path. `times` None = for ever."""

    match: Match
    action: str
    method: str = ""
    times: int | None = 1
    every_nth: int = 1
    seconds: float = 1.0
    text: str = ""
    phase: str = "body"  # of the answer that trickles, see devserver.trickle
    seen: int = 0
    fired: int = 0

    def hits(self, call: Call) -> bool:
        if self.times is not None and self.fired >= self.times:
            return False
        if self.method and call.method != self.method.upper():
            return False
        if isinstance(self.match, str) and not call.path.startswith(self.match):
            return False
        if callable(self.match) and not self.match(call):
            return False
        self.seen += 1
        if self.seen % self.every_nth:
            return False
        self.fired += 1
        return True


class Faults:
    """The armed faults, first match first."""

    def __init__(self) -> None:
        self._armed: list[Fault] = []
        self._lock = threading.Lock()

    def arm(
        self,
        action: str,
        match: Match = None,
        method: str = "",
        times: int | None = None,
        every_nth: int | None = None,
        seconds: float = 1.0,
        text: str = "",
        phase: str = "body",
    ) -> Fault:
        """Once, unless `times` says how often or `every_nth` makes it periodic."""
        if action not in ACTIONS:
            raise ValueError(f"{action}: not one of {sorted(ACTIONS)}")
        limit = times if times or every_nth else 1
        fault = Fault(match, action, method, limit, every_nth or 1, seconds, text, phase)
        with self._lock:
            self._armed.append(fault)
        return fault

    def clear(self) -> None:
        with self._lock:
            self._armed.clear()

    def hit(self, call: Call) -> Fault | None:
        with self._lock:
            return next((fault for fault in self._armed if fault.hits(call)), None)

"""A command in this process, without its pauses, and servers that fail at a chosen request."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from app.commands.reconcile import Brake
from app.run import Run
from stash.api import StashApi
from tests.support.in_process import at_once
from tests.support.sizes import WHOLE

IN_A_ROW = 3  # requests that fail: as often as a question is asked


class Press(Run):
    """What one process does, without its pauses."""

    @cached_property
    def stash(self) -> StashApi:
        return StashApi(self.connection, sleep=at_once)

    @cached_property
    def brake(self) -> Brake:
        return Brake(self, sleep=at_once)


class Window:
    """The requests from the nth on, so many in a row; counts those of the plugin."""

    def __init__(self, first: int) -> None:
        self.first, self.seen = first, 0

    def match(self, request: Any) -> bool:
        self.seen += 1
        return self.first <= self.seen < self.first + IN_A_ROW


def some(last: int) -> list[int]:
    return list(range(1, last + 1)) if WHOLE else sorted({1, last // 2, last - 1, last} - {0})

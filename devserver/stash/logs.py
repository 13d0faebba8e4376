"""Log lines: what plugins write to stderr, and what Stash itself says."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass

LEVEL_OF_BYTE = {
    "t": "trace",
    "d": "debug",
    "i": "info",
    "w": "warning",
    "e": "error",
    "p": "progress",
    "\0": "none",
}
LEVELS = tuple(LEVEL_OF_BYTE.values())
SHOWN = ("info", "warning", "error")


@dataclass(frozen=True)
class LogLine:
    level: str
    text: str
    plugin: str


@dataclass(frozen=True)
class Entry:
    """A row of the `logs` query."""

    time: str
    level: str
    message: str


class Log:
    """`lines` come from plugins, `server_lines` from Stash; `recent` is the query's last 30."""

    def __init__(self, now: Callable[[], str]) -> None:
        self.now = now
        self.lines: list[LogLine] = []
        self.server_lines: list[LogLine] = []
        self.recent: list[Entry] = []
        self._lock = threading.Lock()

    def say(self, level: str, text: str) -> None:
        """A line of Stash's own."""
        self.server_lines.append(LogLine(level, text, ""))
        self._show(level, text)

    def plugin(self, level: str, text: str, name: str) -> None:
        self.lines.append(LogLine(level, text, name))
        self._show(level, f"[Plugin / {name}] {text}")

    def _show(self, level: str, text: str) -> None:
        if level not in SHOWN:
            return
        with self._lock:
            self.recent = [Entry(self.now(), level.capitalize(), text), *self.recent[:29]]


def classify(line: str, default: str) -> tuple[str, str]:
    """(level, text) of one stderr line; a prefix without text behind it is not recognised."""
    if len(line.encode()) < 4 or line[0] != "\x01" or line[2] != "\x02":
        return default, line
    level = LEVEL_OF_BYTE.get(line[1])
    return (default, line) if level is None else (level, line[3:].strip())

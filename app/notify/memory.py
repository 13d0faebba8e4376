"""The causes that people know, and how the last message went: one small document for each Plex server."""

from pathlib import Path
from typing import Any, NamedTuple

from app.dashboard.notifications import FILE
from disk import json_file

LOCK = "notified.lock"
VERSION = 1
MOST = 200  # causes


class Sent(NamedTuple):
    """The result at one address. `problem` is a sentence without the address, '' if there is none."""

    number: int
    service: str
    problem: str = ""

    @property
    def line(self) -> str:
        service = f" ({self.service})" if self.service else ""
        return f"address {self.number}{service}: {self.problem or 'sent'}"


class Memory:
    """`told` are the keys of causes that people know and that have not ended. `run` is the last run of the
    journal that people know, None before the first. `sent_at` and `sent` are about the last message;
    `no_packages` is the time of a failed installation, 0 for none. Times are epoch seconds."""

    def __init__(self, home: str, now: float) -> None:
        """Raises SetupError if the file cannot be used."""
        self._path = Path(home) / FILE
        self._document, self.notice = json_file.read(self._path, VERSION, now)
        told = self._document.get("told")
        self.told = [str(key) for key in told] if isinstance(told, list) else []
        run = self._document.get("run")
        self.run = run if type(run) is int else None
        self.no_packages = _time(self._document.get("no_packages"))
        self.sent_at, self.sent = last_sent(self._document)

    def save(self) -> None:
        """Write the document if it differs. Raises SetupError if the disk refuses it."""
        document: dict[str, Any] = {
            "version": VERSION, "told": self.told[-MOST:], "run": self.run,
            "no_packages": self.no_packages, "sent_at": self.sent_at,
            "sent": [row._asdict() for row in self.sent],
        }  # fmt: skip
        if document != self._document:
            self._document = document
            json_file.write(self._path, document)


def last_sent(document: dict[str, Any]) -> "tuple[float, list[Sent]]":
    """When the last message was sent, and the result at each address."""
    rows = document.get("sent")
    known = [_sent(row) for row in rows] if isinstance(rows, list) else []
    return _time(document.get("sent_at")), [row for row in known if row]


def _sent(row: object) -> "Sent | None":
    if not isinstance(row, dict) or type(row.get("number")) is not int:
        return None
    return Sent(row["number"], str(row.get("service") or ""), str(row.get("problem") or ""))


def _time(value: object) -> float:
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    return float(value) if is_number and 0 <= value < 3e10 else 0.0  # type: ignore[operator, arg-type]

"""Notes that the page reads: what runs and how far it is, what made the last run fail, and when each
server last answered. Stash itself calls every task finished. A lock shows that a run is still alive."""

import os
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from app.dashboard import overview
from disk.json_file import put_note
from disk.lock import FileLock
from stash import light, stdio

if TYPE_CHECKING:
    from app.progress import Step

Map = Mapping[str, Any]
Contact = dict[str, Any]
REST = 0.5  # seconds between two notes
TITLE = 200  # characters of a title


class Activity:
    """Notes how far a run is. Only one process at a time writes this note."""

    def __init__(
        self, data_dir: str, mode: str, clock: Callable[[], float], rest: float = REST
    ) -> None:
        """Writes at most one note each `rest` seconds, and one for each new kind of work."""
        self._folder, self._path = data_dir, os.path.join(data_dir, overview.ACTIVITY)
        self._lock = FileLock(os.path.join(data_dir, overview.ACTIVITY_LOCK))
        self._mode, self._clock, self._rest = _word(mode), clock, rest
        self._since = self._noted = 0.0
        self._phase: str | None = None
        self._begun = self._ours = False

    def note(self, step: "Step") -> None:
        """Note how far the run is. A full disk does not make the run fail here."""
        is_news = step.phase != self._phase or abs(self._clock() - self._noted) >= self._rest
        if is_news and (self._begun or step.fraction < 1):
            self._begin()
            self._noted, self._phase = self._clock(), step.phase
            with suppress(OSError):
                # A short operation may have had the lock when this run began.
                self._ours = self._ours or self._lock.acquire()
                if self._ours:
                    self._write(step)

    def _begin(self) -> None:
        if not self._begun:
            self._begun, self._since = True, self._clock()

    def _write(self, step: "Step") -> None:
        title = stdio.redact(stdio.scrub(step.title))[:TITLE]
        at = {"mode": self._mode, "since": round(self._since, 1), "title": title}
        numbers = {name: value and round(value, 4) for name, value in _numbers(step).items()}
        put_note(self._path, light.dumps(at | {"phase": step.phase} | numbers))

    def ended(self, problem: str) -> None:
        """Note how the run ended. Without a problem an earlier failure of the same kind is over."""
        failure = {"mode": self._mode, "at": self._clock(), "said": problem}
        self._put_failure(overview.kind(self._mode), failure if problem else None)

    def reconciled(self) -> None:
        """A reconciliation succeeded, in any operation: an earlier failure of a reconciliation is over."""
        self._put_failure(overview.RECONCILIATION, None)

    def _put_failure(self, of: str, failure: "Map | None") -> None:
        path = os.path.join(self._folder, overview.FAILURE)
        if not failure and not os.path.exists(path):
            return
        known = overview.failures(self._folder)
        left: dict[str, Map] = {
            name: kept for name, kept in known.items() if overview.kind(str(kept.get("mode"))) != of
        }
        if failure:
            left[of] = failure
        with suppress(OSError):
            if left:
                if left != known:
                    put_note(path, light.dumps(left))
            elif known:
                os.unlink(path)

    def close(self) -> None:
        if self._ours:
            self._ours = False
            with suppress(OSError):
                os.unlink(self._path)
            with suppress(OSError):
                self._lock.release()


def held_back(answer: Map) -> str:
    """Why an operation with this answer did not do all of its work; '' if it did."""
    paused = answer.get("paused") or (answer.get("drain") or {}).get("paused")
    return f"paused: {paused}" if isinstance(paused, str) else ""


def _numbers(step: "Step") -> "dict[str, float | None]":
    return {
        "progress": step.fraction, "done": step.done, "later": step.later, "total": step.total,
        "pace": step.pace, "left": step.left,
    }  # fmt: skip


def _word(mode: str) -> str:
    return mode if mode.isascii() and mode.isidentifier() else "inline"


@dataclass
class Contacts:
    """Notes which server answered. A full disk does not make the run fail here."""

    _folder: str
    _clock: Callable[[], float]
    _leaves: bool = True  # whether it writes notes
    _known: "dict[str, Any] | None" = None  # the note, once it was read

    def answered(self, server: str, version: str = "") -> None:
        self._note(server, lambda before: answered(before, version, self._clock()))

    def failed(self, server: str, problem: str) -> None:
        self._note(server, lambda before: failed(before, problem, self._clock()))

    def _note(self, server: str, after: Callable[[Contact], Contact]) -> None:
        if not self._leaves:
            return
        with suppress(OSError):
            known = self._known = self._known or overview.servers(self._folder)
            known[server] = after(known[server] or {})
            put_note(os.path.join(self._folder, overview.CONTACTS), light.dumps(known))


def answered(before: Contact, version: str, now: float) -> Contact:
    return {"asked": now, "answered": now, "version": version or before.get("version", ""),
            "since": None, "problem": ""}  # fmt: skip


def failed(before: Contact, problem: str, now: float) -> Contact:
    """`since` is the first of the failures in a row."""
    return {"asked": now, "answered": before.get("answered"), "version": before.get("version", ""),
            "since": before.get("since") or now, "problem": problem}  # fmt: skip

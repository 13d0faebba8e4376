"""What this process is doing, in a small file that a page reads; a lock tells that it is true. And
what came in the way of the last one that did not end well: Stash calls every task finished."""

import json
import os
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

from app.dashboard.overview import (
    ACTIVITY,
    ACTIVITY_LOCK,
    CONTACTS,
    FAILURE,
    RECONCILIATION,
    failures,
    kind,
    servers,
)
from disk.json_file import put_note
from disk.lock import FileLock

Map = Mapping[str, Any]
Contact = dict[str, Any]
REST = 0.5  # seconds between two notes


class Activity:
    """Notes how far the run is. One process at a time does; another one's note stays as it is."""

    def __init__(self, data_dir: str, mode: str, clock: Callable[[], float]) -> None:
        self._folder, self._path = data_dir, os.path.join(data_dir, ACTIVITY)
        self._lock = FileLock(os.path.join(data_dir, ACTIVITY_LOCK))
        self._mode, self._clock = _word(mode), clock
        self._since = self._told = 0.0
        self._begun = self._ours = False

    def note(self, fraction: float) -> None:
        """How far, 0..1. It is only for show: no disk can make the run fail here."""
        with suppress(OSError):
            if not self._begun and fraction < 1:
                self._begin()
            if self._ours and abs(self._clock() - self._told) >= REST:
                self._write(fraction)

    def _begin(self) -> None:
        self._begun, self._since = True, self._clock()
        self._ours = self._lock.acquire()

    def _write(self, fraction: float) -> None:
        self._told = self._clock()
        put_note(self._path, f"{self._mode} {self._since:.1f} {fraction:.4f}")

    def ended(self, problem: str) -> None:
        """With a problem, or without one: then an earlier one of the same kind is over."""
        said = {"mode": self._mode, "at": self._clock(), "said": problem}
        self._put_failure(kind(self._mode), said if problem else None)

    def reconciled(self) -> None:
        """A reconciliation ended well, in whatever mode: an earlier failure of one is over."""
        self._put_failure(RECONCILIATION, None)

    def _put_failure(self, of: str, said: "Map | None") -> None:
        known = failures(self._folder)
        left: dict[str, Map] = {
            name: one for name, one in known.items() if kind(str(one.get("mode"))) != of
        }
        if said:
            left[of] = said
        path = os.path.join(self._folder, FAILURE)
        with suppress(OSError):
            if left:
                if left != known:
                    put_note(path, json.dumps(left))
            elif known:
                os.unlink(path)

    def close(self) -> None:
        if self._ours:
            self._ours = False
            with suppress(OSError):
                os.unlink(self._path)
            with suppress(OSError):
                self._lock.release()


def held_back(found: Map) -> str:
    """Why a command that has its answer did not do all of it; '' if it did."""
    paused = found.get("paused") or (found.get("drain") or {}).get("paused")
    return f"paused: {paused}" if isinstance(paused, str) else ""


def _word(mode: str) -> str:
    return mode if mode.isascii() and mode.isidentifier() else "inline"


class Contacts:
    """Notes who answered. It is only for show: no disk can make a run fail here."""

    def __init__(self, data_dir: str, clock: Callable[[], float], leaves: bool = True) -> None:
        """Without `leaves` nothing is written."""
        self._folder, self._clock, self._leaves = data_dir, clock, leaves

    def answered(self, server: str, version: str = "") -> None:
        self._note(server, lambda before: answered(before, version, self._clock()))

    def failed(self, server: str, said: str) -> None:
        self._note(server, lambda before: failed(before, said, self._clock()))

    def _note(self, server: str, after: Callable[[Contact], Contact]) -> None:
        if not self._leaves:
            return
        with suppress(OSError):
            found = servers(self._folder)
            noted = {**found, server: after(found[server] or {})}
            put_note(os.path.join(self._folder, CONTACTS), json.dumps(noted))


def answered(before: Contact, version: str, now: float) -> Contact:
    return {"asked": now, "answered": now, "version": version or before.get("version", ""),
            "since": None, "problem": ""}  # fmt: skip


def failed(before: Contact, said: str, now: float) -> Contact:
    """In trouble since the first failure in a row."""
    return {"asked": now, "answered": before.get("answered"), "version": before.get("version", ""),
            "since": before.get("since") or now, "problem": said}  # fmt: skip

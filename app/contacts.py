"""When each server last answered, in a small file that a page reads: no look has to ask one for it."""

import json
import os
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from app.activity import put
from app.dashboard.overview import CONTACTS, servers

Contact = dict[str, Any]


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
            put(os.path.join(self._folder, CONTACTS), json.dumps(noted))


def answered(before: Contact, version: str, now: float) -> Contact:
    return {"asked": now, "answered": now, "version": version or before.get("version", ""),
            "since": None, "problem": ""}  # fmt: skip


def failed(before: Contact, said: str, now: float) -> Contact:
    """In trouble since the first failure in a row."""
    return {"asked": now, "answered": before.get("answered"), "version": before.get("version", ""),
            "since": before.get("since") or now, "problem": said}  # fmt: skip

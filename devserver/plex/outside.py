"""What happens to a library from outside the API: by a person, an agent, a scan, a new database."""

from __future__ import annotations

from typing import Any

from . import anew, person, refresh
from .library import Library
from .state import State


class Outside:
    """Mixed into the server. Nothing of it is in the request log."""

    library: Library
    _state: State

    def edit_as_person(self, rating_key: int, lock: bool = True, **fields: Any) -> None:
        """What somebody does in Plex Web; locks what was edited."""
        with self.library.lock:
            item = self.library.item(rating_key)
            touched = person.set_fields(self.library, item, fields)
            if lock:
                item.locks |= touched

    def unmatch_as_person(self, rating_key: int) -> None:
        """Plex Web's *Unmatch*: the item says what Plex makes of the file, and has no locks."""
        with self.library.lock, self.library.authored(by_client=False):
            refresh.unmatch(self.library, self.library.item(rating_key))

    def begin_anew(self, keys: str = "same") -> dict[int, int]:
        """The database is lost, the machine identifier and the files are not: the same sections,
        whose items are made again and know nothing. Old rating key -> new one of the same files.

        `keys`: same, or shifted, where each key stands for the files of another item.
        """
        with self.library.lock:
            self._state.scans.running.clear()
            return anew.begin(self.library, keys)

    def agent_says(self, rating_key: int, **fields: Any) -> None:
        """What the item's agent will answer at its next refresh, besides the file's name."""
        with self.library.lock:
            self.library.item(rating_key).agent = fields

    def agent_refresh(self, key: int | None = None, section: int | None = None) -> None:
        """Refresh one item, or every item of a section: unlocked fields are the agent's again.

        `key` is a rating key or a section id; the two never overlap below 100 sections.
        """
        with self.library.lock:
            if key in self.library.sections:
                key, section = None, key
            chosen = (
                list(self.library.section(section).items.values())
                if section is not None
                else [self.library.item(key or 0)]
            )
            for item in chosen:
                refresh.item(self.library, item)

    def scan(self, section: int, path: str = "") -> None:
        """Begin a scan, as Plex does by itself when files change."""
        with self.library.lock:
            self._state.scans.begin(self.library.section(section), path)

    def advance_scan(self, seconds: float | None = None) -> None:
        """Let time pass for scans only; None = until everything has settled."""
        with self.library.lock:
            self._state.scans.advance(seconds)

"""Traits: how this Plex server takes edits, as far as its answers have shown. Kept in its file until Plex
is updated."""

import json
from collections.abc import Mapping
from typing import NamedTuple

from plex.state.database import Store
from plex.state.file_id import FileIds, from_text, text

_RATINGS, _TRIAL, _VERSION = "rates_apart", "edit_trial", "traits_of"
# Edits of several items: whether each of them gets the edit, and whether names are added to its list.
SEVERAL, ADDS = "edits_several", "adds_names"
_WORDS = {True: "yes", False: "no"}


class Tried(NamedTuple):
    """An item in an edit of several items whose outcome was not seen: `lists` has the names that each
    field is to have after it."""

    rating_key: int
    files: FileIds
    lists: Mapping[str, tuple[str, ...]]


class Traits:
    """Nothing is known of a new server."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def answered(self, version: str) -> None:
        """Forgets how another version of Plex took edits. Names that a trial may have lost stay noted."""
        if version and version != self._store.meta(_VERSION):
            for name in (SEVERAL, ADDS, _RATINGS):
                if self._store.meta(name):
                    self._store.set_meta(name, "")
            self._store.set_meta(_VERSION, version)

    @property
    def rates_apart(self) -> bool:
        """Whether a rating needs a request of its own, since this server does not take it in an edit."""
        return bool(self._store.meta(_RATINGS))

    def rate_apart(self, is_apart: bool = True) -> None:
        """Notes that a rating did not show after an edit, and showed after a request of its own; or, with
        False, that it showed after an edit."""
        if self.rates_apart is not is_apart:
            self._store.set_meta(_RATINGS, "1" if is_apart else "")

    def knows(self, trait: str) -> "bool | None":
        """Whether the server has the trait SEVERAL or ADDS; None before anything has shown that."""
        return {"yes": True, "no": False}.get(self._store.meta(trait))

    def note(self, trait: str, has_it: bool) -> None:
        if self.knows(trait) is not has_it:
            self._store.set_meta(trait, _WORDS[has_it])

    @property
    def trial(self) -> list[Tried]:
        """The items of an edit that may have taken names away, and that nobody has looked at since."""
        try:
            rows = json.loads(self._store.meta(_TRIAL) or "[]")
            return [
                Tried(key, from_text(files), {name: tuple(names) for name, names in lists.items()})
                for key, files, lists in rows
            ]
        except (ValueError, TypeError, AttributeError):
            return []  # damaged

    def begin_trial(self, items: "list[Tried]") -> None:
        rows = [[one.rating_key, text(one.files), one.lists] for one in items]
        self._store.set_meta(_TRIAL, json.dumps(rows, ensure_ascii=False))

    def end_trial(self) -> None:
        if self._store.meta(_TRIAL):
            self._store.set_meta(_TRIAL, "")

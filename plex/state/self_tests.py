"""The memory of Test Plex: its run that has to be put back, and the last result on this server."""

import json
from collections.abc import Mapping
from typing import NamedTuple

from plex.state.database import Store

_RUN, _RESULT = "test_run", "test_result"


class Result(NamedTuple):
    """The result of a test.

    at       when it ended, in epoch seconds
    version  the version of Plex
    seen     a word for what was seen, by line; see `plex.self_test.steps`
    still    the lines whose edit did not move updatedAt
    """

    at: float
    version: str
    seen: Mapping[str, str]
    still: tuple[str, ...] = ()


class SelfTests:
    """Reads and writes both."""

    def __init__(self, store: Store) -> None:
        self._store = store

    @property
    def run(self) -> int:
        """The run of the journal whose writes have to be put back, 0 for none."""
        kept = self._store.meta(_RUN)
        return int(kept) if kept.isascii() and kept.isdigit() else 0

    def begin(self, run: int) -> None:
        if self.run != run:
            self._store.set_meta(_RUN, str(run))

    def end(self) -> None:
        if self._store.meta(_RUN):
            self._store.set_meta(_RUN, "")

    @property
    def result(self) -> "Result | None":
        """The last result; None if there is none, or if it is damaged."""
        try:
            at, version, seen, still = json.loads(self._store.meta(_RESULT) or "null")
            words = {str(line): str(word) for line, word in seen.items()}
            return Result(float(at), str(version), words, tuple(map(str, still)))
        except (ValueError, TypeError, AttributeError):
            return None

    def keep(self, result: Result) -> None:
        self._store.set_meta(_RESULT, json.dumps(result))

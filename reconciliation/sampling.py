"""A sample of scenes compared with their items, before many of them are written: what cannot be compared
is left out and told, and nothing is concluded from it."""

from collections.abc import Callable, Collection, Sequence
from typing import TYPE_CHECKING, Any

import errors
from plex.library import match
from reconciliation.choosing import CHUNK, Choosing, Chunk
from reconciliation.comparing import Comparing
from reconciliation.found import Found
from reconciliation.result import GapDetectionResult

if TYPE_CHECKING:
    from plex.state.scene_state import State

IN_A_ROW = 3  # scenes that fail before any other was compared: it is the server then


class Sampling:
    """`warn` is told which scenes are left out."""

    def __init__(
        self,
        stash: Any,
        plex: Any,
        choosing: Choosing,
        comparing: Comparing,
        warn: Callable[[str], None],
    ) -> None:
        self._stash, self._plex = stash, plex
        self._choosing, self._comparing, self._warn = choosing, comparing, warn
        self._found = Found()
        self.states: dict[int, State] = {}  # of the scenes that were compared
        self._left_out: dict[int, errors.Stash2PlexError] = {}
        self._compared = 0

    def result(self, ids: Sequence[int], extras: Collection[str]) -> GapDetectionResult:
        """What was counted; the error of a scene when more than half of them cannot be compared."""
        for at in range(0, len(ids), CHUNK):
            self._try(ids[at : at + CHUNK], extras)
            if len(self._left_out) * 2 > len(ids):
                raise next(iter(self._left_out.values()))
        for number, error in self._left_out.items():
            self._warn(f"scene {number} is left out of the sample: {error}")
        return self._found.result

    def _try(self, ids: Sequence[int], extras: Collection[str]) -> None:
        """These together; one by one if that fails on one of them."""
        found = Found()
        try:
            self._compare(ids, extras, found)
        except (errors.Busy, errors.Gone, errors.Rejected) as error:
            self._failed(ids, extras, error)
        else:
            self._compared += len(ids)
            self._found.result.compared += found.result.compared
            self._found.result.losing += found.result.losing
            self.states |= found.states

    def _failed(
        self, ids: Sequence[int], extras: Collection[str], error: errors.Stash2PlexError
    ) -> None:
        if len(ids) > 1:
            for number in ids:
                self._try([number], extras)
            return
        self._left_out[ids[0]] = error
        if not self._compared and len(self._left_out) >= IN_A_ROW:
            raise error

    def _compare(self, ids: Sequence[int], extras: Collection[str], found: Found) -> None:
        scenes = self._stash.scenes(ids, extras)
        for chunk in self._choosing(((one, None) for one in scenes.values()), found):
            items = self._plex.items(chunk.hints.rating_keys)
            self._doubt(chunk, items)
            self._comparing(chunk, match.Read(items, {}), found)

    def _doubt(self, chunk: Chunk, items: Collection[int]) -> None:
        """An item that does not come with the others is gone, or cannot be read: asked alone, Plex
        says which."""
        for key in set(chunk.hints.rating_keys) - set(items):
            self._plex.items([key])

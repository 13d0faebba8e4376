"""The scenes that are known here and that a walk through all of Stash does not meet."""

from array import array
from collections.abc import Collection, Iterable

from plex.state.scene_state_store import Seen

HIGHEST = 2**63 - 1  # of ids


class Gone:
    """Told each page of the walk, in order; holds no more than a page, what is gone, and what is
    known in another way than by its state (`others`)."""

    def __init__(self, seen: Seen, others: Iterable[int] = ()) -> None:
        self._seen, self._others = seen, set(others)
        self._last = 0
        self.ids = array("q")  # Stash had none of them in its pages

    def met(self, last: int, ids: Collection[int]) -> None:
        """The page up to the id `last` has these scenes."""
        known = {*self._seen.between(self._last, last), *self._others_to(last)}
        self.ids.extend(sorted(known.difference(ids)))
        self._last = last

    def end(self) -> None:
        """There was no other page."""
        self.met(HIGHEST, ())

    def _others_to(self, last: int) -> set[int]:
        found = {number for number in self._others if number <= last}
        self._others -= found
        return found

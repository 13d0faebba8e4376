"""Scenes that left the selection: their items go back to what they said before our first touch."""

from collections.abc import Collection, Iterable, Sequence

import errors
from plex.state.journal import Journal, Row
from plex.state.ledger import Ledger
from plex.sync.outcome import Outcome, handed_over, restored
from plex.sync.undo import Undo, first_touches

RESTORE = "restore"  # the setting on_leave; else they are left as they are


class Restorer:
    """Puts back what a person has not changed since, and forgets whose the items were: they are
    not looked at again, and brought up to date when the scene is selected again."""

    def __init__(self, undo: Undo, ledger: Ledger, journal: Journal) -> None:
        self._undo, self._ledger, self._journal = undo, ledger, journal

    def plan(self, keys: Sequence[int]) -> list[Row]:
        """What would be written on these items."""
        return self._undo.plan(first_touches(self._journal, keys, self._ledger))

    def restore(self, outcomes: Iterable[Outcome], taken: Collection[int]) -> None:
        """Restore the items that the scenes leave, but for those that another scene has `taken`."""
        for one in outcomes:
            if keys := [key for key in one.leaves if key not in taken]:
                self._restore(one, keys)
            elif one.leaves:
                handed_over(one)

    def _restore(self, outcome: Outcome, keys: Sequence[int]) -> None:
        try:
            rows = first_touches(self._journal, keys, self._ledger)
            done = self._undo.undo(rows, original=True)
        except (errors.Busy, errors.Rejected, errors.Gone) as error:
            outcome.error = error
            return
        self._ledger.forget_scene(outcome.scene_id)
        restored(outcome, keys, done.fields, done.left)

"""Puts the items of scenes that left the selection back to what they said before our first write."""

from collections.abc import Collection, Iterable, Sequence

import errors
from plex.state.journal import Journal, Row
from plex.state.ledger import Ledger
from plex.sync.outcome import Outcome, handed_over, restored
from plex.sync.undo import Undo, first_touches

# A value of the setting on_leave; with the other one the items stay as they are.
RESTORE = "restore"


class Restorer:
    """Puts back what a person has not changed since, and forgets which scene the items showed: nobody
    looks at them again until the scene is selected again."""

    def __init__(self, undo: Undo, ledger: Ledger, journal: Journal) -> None:
        self._undo, self._ledger, self._journal = undo, ledger, journal

    def plan(self, keys: Sequence[int]) -> list[Row]:
        """Returns what `restore` would write on these items."""
        return self._undo.plan(first_touches(self._journal, keys, self._ledger))

    def restore(self, outcomes: Iterable[Outcome], taken: Collection[int]) -> None:
        """Restores the items that the scenes leave, except those that another scene has `taken`."""
        for outcome in outcomes:
            if keys := [key for key in outcome.leaves if key not in taken]:
                self._restore(outcome, keys)
            elif outcome.leaves:
                handed_over(outcome)

    def _restore(self, outcome: Outcome, keys: Sequence[int]) -> None:
        try:
            rows = first_touches(self._journal, keys, self._ledger)
            done = self._undo.undo(rows, original=True)
        except (errors.Busy, errors.Rejected, errors.Gone) as error:
            outcome.error = error
            return
        self._ledger.forget_scene(outcome.scene_id)
        restored(outcome, keys, done.fields, done.left)

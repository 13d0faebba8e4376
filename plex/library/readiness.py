"""Whether Plex still reads what is new to it: its own pass over an item comes after the item.

What is written before that pass may be lost, and what the item says before it is not what it said.
"""

from collections.abc import Callable, Iterable

import errors
from plex.client.port import PlexPort, Section
from plex.fields.item import Item

# Kinds of activities in which items change. One of others, long done, is always there.
READING = ("library.", "media.generate.", "provider.subscriptions.")
RECENT = 600.0  # seconds since an item was added in which its own pass is waited for
# Who cannot be asked has to do without the answer.
_NO_ANSWER = (errors.Busy, errors.Gone, errors.Rejected, errors.Refused)


def is_reading(plex: PlexPort, sections: "Iterable[Section] | None" = None) -> bool:
    """Whether Plex scans, or reads what a scan has found. `sections`, if just asked for."""
    known = plex.sections() if sections is None else sections
    if any(one.refreshing for one in known):
        return True
    try:
        return any(kind.startswith(READING) for kind in plex.activities())
    except _NO_ANSWER:
        return False


def is_recent(item: Item, now: float) -> bool:
    """Whether Plex may still have its own pass over the item before it."""
    return abs(now - item.added) < RECENT


class Settling:
    """Asks only for items that are new, and not again before Plex was listed again."""

    def __init__(self, plex: PlexPort, clock: Callable[[], float]) -> None:
        self._plex, self._clock = plex, clock
        self._settled = False

    def listed(self) -> None:
        """More may be known of Plex now, and so what it has added since it had settled."""
        self._settled = False

    def unsettled(self, items: Iterable[Item]) -> set[int]:
        """The rating keys of those that are still to be read by Plex."""
        now = self._clock()
        recent = {one.rating_key for one in items if is_recent(one, now)}
        if recent and not self._settled:
            self._settled = not is_reading(self._plex)
        return set() if self._settled else recent

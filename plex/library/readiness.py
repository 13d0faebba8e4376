"""Whether Plex still reads new items: its own pass over an item comes some time after the item.

A value that is written before that pass may be lost, and the item's values before it are not final.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import errors
from plex.client.port import PlexPort
from plex.client.section import Section
from plex.fields.item import Item

# Kinds of activities in which items change. Plex always lists some of other kinds, long done.
READING = ("library.", "media.generate.", "provider.subscriptions.")
RECENT = 600.0  # seconds since an item was added in which its own pass is waited for
# Without an answer to this question the work goes on.
_NO_ANSWER = (errors.Busy, errors.Gone, errors.Rejected, errors.Refused)


def is_reading(plex: PlexPort, sections: "Iterable[Section] | None" = None) -> bool:
    """Whether Plex scans, or reads the files that a scan has found. `sections` spares a request if the
    caller has just read the libraries."""
    known = plex.sections() if sections is None else sections
    if any(section.refreshing for section in known):
        return True
    try:
        return any(kind.startswith(READING) for kind in plex.activities())
    except _NO_ANSWER:
        return False


def is_recent(item: Item, now: float) -> bool:
    """Whether Plex may not have had its own pass over the item yet."""
    return abs(now - item.added) < RECENT


@dataclass
class Settling:
    """Asks Plex only about new items, and asks again only after Plex was listed again: items may have been
    added since it was at rest (`settled`)."""

    _plex: PlexPort
    _clock: Callable[[], float]
    settled: bool = False

    def unsettled(self, items: Iterable[Item]) -> set[int]:
        """The rating keys of the items that Plex has yet to read."""
        now = self._clock()
        recent = {item.rating_key for item in items if is_recent(item, now)}
        if recent and not self.settled:
            self.settled = not is_reading(self._plex)
        return set() if self.settled else recent

"""When a run must stop before it changes anything: what it would do looks like a fault.

An unmounted disk, a library that is gone, a Stash with a new or an older database: each would make
every scene a gap, or take from Plex what Stash seems to have lost.
"""

from collections.abc import Iterable
from typing import Any

import errors
from plex.library.index import Index
from plex.path_map import paths
from plex.plan.plan import Change
from plex.state.ledger import Ledger
from sync_queue.job import FEW


def stash_is_empty(stash: Any, ledger: Ledger) -> None:
    """LibraryEmpty when Stash has no scene at all, while Plex was written from some."""
    known = ledger.size()
    if known and stash.count() == 0:
        raise errors.LibraryEmpty(
            f"Stash lists no scene at all, while {known} items in Plex were written from it; "
            "nothing is changed"
        ).of(errors.STASH)


def plex_lost_everything(stash: Any, index: Index, ledger: Ledger, path_map: paths.PathMap) -> None:
    """LibraryEmpty when the listing, just refreshed, has none of the items that we wrote, and no
    file of any scene either: a library that was made anew has them under other keys. A listing with
    gaps proves nothing."""
    known = ledger.size()
    if not known or index.unlisted.parts() or index.shows_written():
        return
    for page in stash.walk():
        for scene in page:
            if index.find(paths.candidates((f.path for f in scene.files), path_map)):
                return
    raise errors.LibraryEmpty(
        f"Plex lists none of the files in Stash, while {known} of its items were written from them "
        "(is the library gone, or a disk not mounted?); nothing is changed"
    ).of(errors.PLEX)


def loses(changes: Iterable[Change]) -> bool:
    """Whether these leave less in Plex than is there: a field emptied, a list shortened."""
    return any(change.writes and _size(change.after) < _size(change.before) for change in changes)


def _size(value: object) -> int:
    return len(value) if isinstance(value, tuple) else int(bool(value))


def too_much(losing: int, compared: int, share: int, whole: float = 1.0) -> None:
    """Braked when so many of the scenes that were compared would lose something in Plex, and that
    is more than a `share` in percent. They stand for `whole` times as many."""
    if losing * whole <= FEW or losing * 100 <= compared * share:
        return
    part, sample = losing * 100 / compared, "a sample of " if whole > 1 else ""
    raise errors.Braked(
        f"{losing} of {sample}{compared} scenes ({part:.0f} %) would lose something in Plex, and "
        f"brake_share allows {share} %: nothing is changed. Preview shows what they would lose. If that is as "
        "you want it, set brake_share to 100 until it is done"
    )


def too_many(owed: int, most: int) -> None:
    """Braked when a run that nobody asked for would touch more scenes than `most`."""
    if owed > most:
        raise errors.Braked(
            f"{owed} scenes differ, and a run that nobody asked for may touch {most} "
            "(brake_scenes): nothing is changed. Preview shows what would be, and Reconcile "
            "Library does it"
        )

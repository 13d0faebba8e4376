"""Empty means stop: a side that suddenly has nothing is a fault, not a wish to delete.

An unmounted disk, a library that is gone, a Stash with a new database: each would make every
scene a gap.
"""

from typing import Any

import errors
from plex import paths
from plex.index import Index
from plex.ledger import Ledger


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
    file of any scene either: a library that was made anew has them under other keys."""
    known = ledger.size()
    if not known or index.shows_written():
        return
    for page in stash.walk():
        for scene in page:
            if index.find(paths.candidates((f.path for f in scene.files), path_map)):
                return
    raise errors.LibraryEmpty(
        f"Plex lists none of the files in Stash, while {known} of its items were written from them "
        "(is the library gone, or a disk not mounted?); nothing is changed"
    ).of(errors.PLEX)

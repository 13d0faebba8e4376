"""Collections of ours that Plex emptied by itself: their items were deleted, or are in another library."""

import errors
from disk.database import batches
from plex.client.port import PlexPort
from plex.fields.names import name_key
from plex.state.database import Store
from plex.state.ledger import Ledger


def note(plex: PlexPort, store: Store) -> None:
    """Mark them, so that the next drain removes those that are still empty then. What a library does
    not tell concerns no other one."""
    for (section,) in store.rows("SELECT DISTINCT section FROM collection WHERE rating_key != 0"):
        try:
            listed = plex.collections(section)
        except errors.Stash2PlexError:
            continue
        if empty := {name_key(one.title) for one in listed if one.size == 0}:
            _mark(store, section, empty)


def _mark(store: Store, section: int, names: set[str]) -> None:
    sql = "SELECT name FROM collection WHERE section = ? AND rating_key != 0 AND NOT emptied"
    ours = {row[0] for row in store.rows(sql, (section,))} & names
    # Plex lists an item in a collection a moment after it got the tag.
    if vacant := ours and ours - _taken(store, section):
        with store.writing() as db:
            db.executemany(
                "UPDATE collection SET emptied = 1 WHERE section = ? AND name = ?",
                [(section, name) for name in sorted(vacant)],
            )


def _taken(store: Store, section: int) -> set[str]:
    """The collections that items of the library are in, as they were written last."""
    sql = "SELECT rating_key FROM item WHERE rating_key IN (SELECT rating_key FROM part WHERE section = ?)"
    keys = [row[0] for row in store.rows(sql, (section,))]
    found: set[str] = set()
    for some in batches(keys):
        for entry in Ledger(store).entries(some).values():
            written = entry.baseline.get("collections")
            found.update(map(name_key, written.ours if written else ()))
    return found

"""Restores the ledger's knowledge of a field after an undo, and rebuilds a lost entry from the journal.

Our values and locks stay ours after an undo, and after the ledger has lost an item.
"""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from plex.fields.item import UPLOADED, Item, is_same_file
from plex.fields.registry import BY_NAME, IMAGES
from plex.plan.plan import SCALAR, Written, by_key
from plex.state.entry import Entry, ImageRecord, lock_of, unpack
from plex.state.journal import Origin, Row


def restored(entry: Entry, field: str, before: str, is_locked: bool, now: Item) -> Entry:
    """Returns the entry after the field got back its value from before a write. `before` is the result
    of `Entry.known`, `is_locked` means that the lock stays on, `now` is the item after the undo."""
    record, own = _loads(before)
    lock, left = lock_of(field), {n: written for n, written in entry.baseline.items() if n != field}
    locks = entry.locks
    if locks is not None:
        locks = locks | {lock} if own and is_locked else locks - {lock}
    if field in IMAGES:
        # Without a version the next sync of the scene checks the cover again.
        image, shown = ImageRecord(), now.images.get(lock, "")
        if record:
            image = ImageRecord(*record)._replace(version="", begun=False, shown=shown)
        entry = entry.with_image(field, image)
    elif record:
        left[field] = unpack(record)
    return entry.but(baseline=left, locks=locks)


def _loads(text: str) -> tuple[Any, bool]:
    try:
        record, own = json.loads(text)
    except (ValueError, TypeError):
        return None, False
    return record, bool(own)


def rebuilt(
    rating_key: int, scene: int, item: Item, rows: Iterable[Row], origins: Mapping[str, Origin]
) -> Entry:
    """Returns the entry of an item that the ledger has lost. Values in the journal that the item still
    shows are ours, and so is each lock that was not there before our first write."""
    ids = item.file_ids
    entry = Entry(rating_key, scene, files=ids)
    baseline: dict[str, Written] = {}
    for row in rows:
        if not is_same_file(row.files, ids):
            continue
        if row.field in IMAGES:
            sha1 = str(row.after or "").rpartition("/")[2]
            if str(row.after or "").startswith(UPLOADED):
                entry = entry.with_image(row.field, ImageRecord(sha1=sha1))
        elif row.field in BY_NAME:
            baseline[row.field] = _written(row, baseline.get(row.field))
    locks = frozenset(
        lock_of(name) for name, origin in origins.items()
        if not origin.locked and is_same_file(origin.files, ids)
    )  # fmt: skip
    return entry.but(baseline=baseline, locks=locks & item.locks)


def _written(row: Row, before: "Written | None") -> Written:
    if not isinstance(row.after, tuple):
        return Written(row.after, row.after, SCALAR if row.after else ())
    had, after = by_key(row.before), by_key(row.after)
    ours = by_key(before.ours if before else ())
    ours |= {key: name for key, name in after.items() if key not in had}
    return Written(row.after, row.after, tuple(n for key, n in ours.items() if key in after))

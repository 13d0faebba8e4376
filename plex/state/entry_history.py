"""What the ledger knew of a field before a write, as the journal keeps it; and an entry that was lost,
put together again from the journal.

Whatever we wrote or locked is ours: also after an undo, and after the ledger has lost an item.
"""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from plex.fields.image_kinds import BY_FIELD, UPLOADED
from plex.fields.item import Item
from plex.fields.registry import BY_NAME, IMAGES
from plex.plan.last_written import SCALAR, Written, by_key
from plex.state import file_id
from plex.state.entry import Entry, ImageRecord, pack, unpack
from plex.state.journal import Origin, Row


def lock_of(field: str) -> str:
    """Plex's name of the field."""
    return BY_FIELD[field].lock if field in BY_FIELD else BY_NAME[field].plex_name


def known(entry: Entry, field: str) -> str:
    """What `restored` needs to know; '' if nothing was known of the field."""
    said: Any = None
    if field in IMAGES:
        past = entry.image(field)
        said = list(past) if any(past) else None
    elif field in entry.baseline:
        said = pack(entry.baseline[field])
    own = entry.locks is None or lock_of(field) in entry.locks
    return json.dumps([said, int(own)], ensure_ascii=False) if said or own else ""


def restored(entry: Entry, field: str, before: str, is_locked: bool, now: Item) -> Entry:
    """The entry after the field says again what it said `before` a write (see `known`). `is_locked`:
    its lock stays on; `now` is the item as it is then."""
    said, own = _loads(before)
    lock, left = lock_of(field), {n: one for n, one in entry.baseline.items() if n != field}
    locks = entry.locks
    if locks is not None:
        locks = locks | {lock} if own and is_locked else locks - {lock}
    if field in IMAGES:
        # Without a version the cover is looked at again when the scene is synced.
        shown = now.images.get(lock, "")
        past = (
            ImageRecord(*said)._replace(version="", begun=False, shown=shown)
            if said
            else ImageRecord()
        )
        entry = entry.with_image(field, past)
    elif said:
        left[field] = unpack(said)
    return entry.but(baseline=left, locks=locks)


def _loads(text: str) -> tuple[Any, bool]:
    try:
        said, own = json.loads(text)
    except (ValueError, TypeError):
        return None, False
    return said, bool(own)


def rebuilt(
    rating_key: int, scene: int, item: Item, rows: Iterable[Row], origins: Mapping[str, Origin]
) -> Entry:
    """The entry of an item of which the ledger knows nothing: what stands in the journal of it as it
    is now is ours, and so is each lock that was not there before our first touch."""
    ids = file_id.of_item(item)
    entry = Entry(rating_key, scene, files=ids)
    baseline: dict[str, Written] = {}
    for row in rows:
        if not file_id.is_same(row.files, ids):
            continue
        if row.field in IMAGES:
            sha1 = str(row.after or "").rpartition("/")[2]
            if str(row.after or "").startswith(UPLOADED):
                entry = entry.with_image(row.field, ImageRecord(sha1=sha1))
        elif row.field in BY_NAME:
            baseline[row.field] = _written(row, baseline.get(row.field))
    locks = frozenset(
        lock_of(name) for name, origin in origins.items()
        if not origin.locked and file_id.is_same(origin.files, ids)
    )  # fmt: skip
    return entry.but(baseline=baseline, locks=locks & item.locks)


def _written(row: Row, before: "Written | None") -> Written:
    if not isinstance(row.after, tuple):
        return Written(row.after, row.after, SCALAR if row.after else ())
    had, after = by_key(row.before), by_key(row.after)
    ours = by_key(before.ours if before else ())
    ours |= {key: name for key, name in after.items() if key not in had}
    return Written(row.after, row.after, tuple(n for key, n in ours.items() if key in after))

"""Rows of the journal -> what an undo has to put back, and its results. Pure."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from plex.client import edit_request
from plex.client.edit_request import shared_parameters
from plex.fields.item import BY_FIELD as IMAGES
from plex.fields.item import UPLOADED, Item, Offered, selected
from plex.fields.registry import BY_NAME, Value
from plex.plan import plan
from plex.plan.plan import same
from plex.state.entry import Entry, lock_of
from plex.state.journal import Row
from plex.sync.together import Share

BATCH = 100  # items


@dataclass(frozen=True)
class Back:
    """One field of one item on its way back: to `value`, and `locked` or not."""

    rating_key: int
    field: str
    value: Value
    locked: bool
    last: Value  # the value that we wrote last, as far as these rows know
    rows: tuple[Row, ...]


@dataclass
class Undone:
    """The result of an undo: fields and items put back, and why others were left."""

    fields: int = 0
    items: set[int] = field(default_factory=set)
    scenes: set[int] = field(default_factory=set)
    left: dict[str, int] = field(default_factory=dict)
    kept: list[dict[str, Any]] = field(default_factory=list)

    def leave(self, back: Back, why: str) -> None:
        self.left[why] = self.left.get(why, 0) + 1
        self.kept.append({"item": back.rating_key, "field": back.field, "why": why})


def backs(rows: Iterable[Row]) -> list[Back]:
    """One `Back` for each field of an item: from its last value to the value before the first row."""
    rows_of: dict[tuple[int, str], list[Row]] = {}
    for row in rows:
        rows_of.setdefault((row.rating_key, row.field), []).append(row)
    return [
        Back(key, name, of[0].before, of[0].locked, of[-1].after, tuple(of))
        for (key, name), of in rows_of.items()
    ]


def is_ours(back: Back, current: Value, entry: "Entry | None") -> bool:
    """Whether Plex still says what we wrote, or what Plex made of it."""
    kind = BY_NAME[back.field]
    if same(kind, current, back.last):
        return True
    base = entry.baseline.get(back.field) if entry else None
    sent = base is not None and bool(base.ours) and same(kind, base.sent, back.last)
    return base is not None and sent and same(kind, current, base.got)


def goal(back: Back, offered: Offered) -> str:
    """The key of the earlier image; Plex's own image if nobody had set one, or '' for no image."""
    own = (key for key in offered if not key.startswith(UPLOADED))
    return str(back.value) if back.value in offered else next(own, "")


def is_untouched(back: Back, offered: Offered) -> bool:
    """Whether nobody has picked another image since: Plex shows our image, the image that the undo puts
    back, or none."""
    shown = selected(offered)
    if not back.last and not shown.startswith(UPLOADED):
        return True
    return shown in (back.last, goal(back, offered), "")


def by_item(rows: Iterable[Row]) -> Iterator[dict[int, list[Row]]]:
    by_item: dict[int, list[Row]] = {}
    for row in rows:
        by_item.setdefault(row.rating_key, []).append(row)
    keys = list(by_item)
    for at in range(0, len(keys), BATCH):
        yield {key: by_item[key] for key in keys[at : at + BATCH]}


def row_of(back: Back, item: Item, entry: "Entry | None", why: str) -> Row:
    now = back.last if back.field in IMAGES else item.values.get(back.field)
    return Row(
        back.rating_key, scene_of(back, entry), back.field, now, back.value,
        lock_of(back.field) in item.locks, why, files=item.file_ids,
        known=entry.known(back.field) if entry else "",
    )  # fmt: skip


def scene_of(back: Back, entry: "Entry | None") -> int:
    """The scene that the item shows now: at the time of the write it may have had another id."""
    return (entry.scene_id if entry else 0) or back.rows[-1].scene_id


def edit_of(fields: Sequence[Back], item: Item, rates_apart: bool) -> list[edit_request.Parameter]:
    """The edit that puts these fields back; for `rates_apart` see `edit_request.parameters`."""
    return _with_locks(edit_request.parameters(_changes(fields, item), rates_apart), fields)


def share_of(fields: Sequence[Back], item: Item) -> list[Share]:
    """The edit that puts these fields back, as an edit that other items may share. Empty if a part of the
    edit fits only this item."""
    changes = [] if any(back.field in IMAGES for back in fields) else _changes(fields, item)
    edit = shared_parameters(changes)
    return [Share(item, changes, tuple(_with_locks(edit, fields)))] if edit else []


def _changes(fields: Sequence[Back], item: Item) -> list[plan.Change]:
    now = item.values
    return [plan.Change(b.field, now.get(b.field), b.value, plan.WRITE) for b in fields]


def _with_locks(
    parameters: Sequence[edit_request.Parameter], fields: Sequence[Back]
) -> list[edit_request.Parameter]:
    locks = {f"{BY_NAME[back.field].plex_name}.locked": str(int(back.locked)) for back in fields}
    return [(name, locks.get(name, value)) for name, value in parameters]

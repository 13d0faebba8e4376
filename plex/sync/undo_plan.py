"""From rows of the journal to what has to be put back, and what is said of that."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from plex.client import edit_request
from plex.fields.image_kinds import BY_FIELD as IMAGES
from plex.fields.image_kinds import UPLOADED
from plex.fields.item import Item
from plex.fields.registry import BY_NAME, Value
from plex.plan import plan
from plex.plan.last_written import same
from plex.state import entry_history, file_id
from plex.state.entry import Entry
from plex.state.journal import Row

BATCH = 20  # items


@dataclass(frozen=True)
class Back:
    """One field of one item on its way back: to `value`, and `locked` or not."""

    rating_key: int
    field: str
    value: Value
    locked: bool
    last: Value  # what we told Plex last, as far as these rows know
    rows: tuple[Row, ...]


@dataclass
class Undone:
    """What became of it: fields and items put back, and why others were left."""

    fields: int = 0
    items: set[int] = field(default_factory=set)
    scenes: set[int] = field(default_factory=set)
    left: dict[str, int] = field(default_factory=dict)
    kept: list[dict[str, Any]] = field(default_factory=list)

    def leave(self, back: Back, why: str) -> None:
        self.left[why] = self.left.get(why, 0) + 1
        self.kept.append({"item": back.rating_key, "field": back.field, "why": why})


def backs(rows: Iterable[Row]) -> list[Back]:
    """Per field of an item: from what it was told last to what it said before the first row."""
    found: dict[tuple[int, str], list[Row]] = {}
    for one in rows:
        found.setdefault((one.rating_key, one.field), []).append(one)
    return [
        Back(key, name, of[0].before, of[0].locked, of[-1].after, tuple(of))
        for (key, name), of in found.items()
    ]


def is_ours(back: Back, current: Value, entry: "Entry | None") -> bool:
    """Whether Plex still says what we wrote, or what it made of that."""
    kind = BY_NAME[back.field]
    if same(kind, current, back.last):
        return True
    base = entry.baseline.get(back.field) if entry else None
    return bool(
        base and base.ours and same(kind, base.sent, back.last)
        and same(kind, current, base.got)
    )  # fmt: skip


def goal(back: Back, offered: Mapping[str, bool]) -> str:
    """The earlier image; Plex's own where there was none of anybody's, or '' for none at all."""
    own = (key for key in offered if not key.startswith(UPLOADED))
    return str(back.value) if back.value in offered else next(own, "")


def is_untouched(back: Back, offered: Mapping[str, bool]) -> bool:
    """Whether ours is shown, or what an undo puts there, and not what a person picked since."""
    shown = next((key for key, selected in offered.items() if selected), "")
    if not back.last and not shown.startswith(UPLOADED):
        return True
    return shown in (back.last, goal(back, offered), "")


def by_item(rows: Iterable[Row]) -> Iterator[dict[int, list[Row]]]:
    by_item: dict[int, list[Row]] = {}
    for one in rows:
        by_item.setdefault(one.rating_key, []).append(one)
    keys = list(by_item)
    for at in range(0, len(keys), BATCH):
        yield {key: by_item[key] for key in keys[at : at + BATCH]}


def row_of(back: Back, item: Item, entry: "Entry | None", why: str) -> Row:
    now = back.last if back.field in IMAGES else item.values.get(back.field)
    return Row(
        back.rating_key, scene_of(back, entry), back.field, now, back.value,
        entry_history.lock_of(back.field) in item.locks, why, files=file_id.of_item(item),
        known=entry_history.known(entry, back.field) if entry else "",
    )  # fmt: skip


def scene_of(back: Back, entry: "Entry | None") -> int:
    """The scene that the item shows: its number may be another one than at the time of the write."""
    return (entry.scene_id if entry else 0) or back.rows[-1].scene_id


def edit_of(fields: Sequence[Back], item: Item) -> list[edit_request.Parameter]:
    found = edit_request.parameters(
        plan.Change(back.field, item.values.get(back.field), back.value, "write") for back in fields
    )
    locks = {f"{BY_NAME[back.field].wire}.locked": back.locked for back in fields}
    return [
        (name, ("1" if locks[name] else "0") if name in locks else value) for name, value in found
    ]

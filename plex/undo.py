"""Undo: put back what Plex said before a write, unless somebody has changed it since."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from plex import plan, wire
from plex.entry import Entry, Past
from plex.fields import BY_NAME, Value
from plex.images import BY_FIELD as IMAGES
from plex.images import UPLOADED, Kind
from plex.item import Item
from plex.journal import Journal, Row
from plex.ledger import Ledger
from plex.written import same

BATCH = 20
SINCE = "changed since"
GONE = "the item is gone"
NOT_TAKEN = "Plex did not take it"
UNDO, LEFT = "undo", "left"  # why something is put back: a person wants it, or its scene left


class Plex(Protocol):
    """What an undo asks of Plex."""

    def items(self, rating_keys: Sequence[int]) -> Mapping[int, Item]: ...
    def edit(self, section: int, rating_key: int, parameters: Sequence[wire.Parameter]) -> None: ...
    def rate(self, rating_key: int, rating: "float | None") -> None: ...
    def images(self, rating_key: int, kind: Kind) -> dict[str, bool]: ...
    def select_image(self, rating_key: int, kind: Kind, key: str) -> None: ...
    def unset_image(self, rating_key: int, kind: Kind) -> None: ...


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


class Undo:
    """Takes rows of the journal back; one item after the other, each written in one request."""

    def __init__(
        self,
        plex: Plex,
        ledger: Ledger,
        journal: Journal,
        clock: Callable[[], float],
        left: Callable[[int, Sequence[str]], None] = lambda section, titles: None,
        why: str = UNDO,
    ) -> None:
        """`left` is told which collections of a library an item is about to leave. What a person
        undoes is held afterwards."""
        self._plex, self._ledger, self._journal, self._left = plex, ledger, journal, left
        self._clock, self._why = clock, why

    def __call__(self, rows: Sequence[Row], original: bool = False) -> Undone:
        """`original`: back to what each item said before our first touch."""
        done = Undone()
        for wanted in _batches(rows):
            items = self._plex.items(list(wanted))
            chosen = self._chosen(wanted, items, done)
            self._note(chosen, items)
            for key, of_item in chosen.items():
                self._restore(items[key], of_item)
            self._confirm(chosen, done, original)
        return done

    def plan(self, rows: Sequence[Row]) -> list[Row]:
        """What would be written; nothing is."""
        found: list[Row] = []
        for wanted in _batches(rows):
            items = self._plex.items(list(wanted))
            chosen = self._chosen(wanted, items, Undone())
            found += self._rows(chosen, items)
        return found

    def _chosen(
        self, wanted: Mapping[int, list[Back]], items: Mapping[int, Item], done: Undone
    ) -> dict[int, list[Back]]:
        entries = self._ledger.entries(list(wanted))
        chosen: dict[int, list[Back]] = {}
        for key, of_item in wanted.items():
            for back in of_item:
                why = self._obstacle(back, items.get(key), entries.get(key))
                if why:
                    done.leave(back, why)
                else:
                    chosen.setdefault(key, []).append(back)
        return chosen

    def _rows(self, chosen: Mapping[int, list[Back]], items: Mapping[int, Item]) -> list[Row]:
        return [_row(back, items[key], self._why) for key, of in chosen.items() for back in of]

    def _obstacle(self, back: Back, item: "Item | None", entry: "Entry | None") -> str:
        if item is None:
            return GONE
        if kind := IMAGES.get(back.field):
            shown = self._shows(item, kind, str(back.last or ""))
            return "" if shown or self._is_back(back, item) else SINCE
        ours = is_ours(back, item.values.get(back.field), entry)
        return "" if ours or self._is_back(back, item) else SINCE

    def _shows(self, item: Item, kind: Kind, key: str) -> bool:
        """Whether that is the image shown; without a key, whether it is one of Plex's own."""
        offered = self._plex.images(item.rating_key, kind)
        shown = next((one for one, selected in offered.items() if selected), "")
        return shown == key if key else not shown.startswith(UPLOADED)

    def _note(self, chosen: Mapping[int, list[Back]], items: Mapping[int, Item]) -> None:
        """On disk before it is done: who is held, and that these are writes as well."""
        if self._why == UNDO:
            scenes = {row.scene_id for of in chosen.values() for back in of for row in back.rows}
            self._journal.hold(sorted(scenes - {0}), "undone", self._clock())
        self._journal.record(self._rows(chosen, items), self._clock())
        for key, of in chosen.items():
            for back in of:
                if back.field == "collections" and isinstance(back.last, tuple):
                    self._left(items[key].section, back.last)

    def _restore(self, item: Item, of_item: Sequence[Back]) -> None:
        fields = [back for back in of_item if back.field not in IMAGES]
        if parameters := _parameters(fields, item):
            self._plex.edit(item.section, item.rating_key, parameters)
        for back in of_item:
            if kind := IMAGES.get(back.field):
                self._pick(item, kind, back)
            elif BY_NAME[back.field].kind == "rating":
                self._plex.rate(item.rating_key, back.value)  # type: ignore[arg-type]

    def _pick(self, item: Item, kind: Kind, back: Back) -> None:
        """The earlier image; Plex's own where there was none of anybody's, or none at all."""
        known = self._plex.images(item.rating_key, kind)
        own = [key for key in known if not key.startswith(UPLOADED)]
        key = str(back.value) if back.value in known else next(iter(own), "")
        if key:
            self._plex.select_image(item.rating_key, kind, key)
        else:
            self._plex.unset_image(item.rating_key, kind)
        lock = (f"{kind.lock}.locked", "1" if back.locked else "0")
        self._plex.edit(item.section, item.rating_key, [lock])

    def _confirm(self, chosen: Mapping[int, list[Back]], done: Undone, original: bool) -> None:
        """Look what Plex says now, and forget that what went back was ours."""
        items = self._plex.items(list(chosen))
        entries = self._ledger.entries(list(chosen))
        for key, of_item in chosen.items():
            good = [back for back in of_item if self._is_back(back, items.get(key))]
            for back in of_item:
                if back not in good:
                    done.leave(back, NOT_TAKEN)
            self._journal.undone([row for back in good for row in back.rows], original)
            done.fields += len(good)
            if good:
                done.items.add(key)
                done.scenes |= {row.scene_id for back in good for row in back.rows}
            if entry := entries.get(key):
                self._ledger.put([_without(entry, good)])

    def _is_back(self, back: Back, item: "Item | None") -> bool:
        if item is None:
            return False
        if back.field in IMAGES:
            return True
        return same(BY_NAME[back.field], item.values.get(back.field), back.value)


def _batches(rows: Iterable[Row]) -> Iterator[dict[int, list[Back]]]:
    by_item: dict[int, list[Back]] = {}
    for one in backs(rows):
        by_item.setdefault(one.rating_key, []).append(one)
    keys = list(by_item)
    for at in range(0, len(keys), BATCH):
        yield {key: by_item[key] for key in keys[at : at + BATCH]}


def _row(back: Back, item: Item, why: str) -> Row:
    kind = IMAGES.get(back.field)
    now = back.last if kind else item.values.get(back.field)
    name = kind.lock if kind else BY_NAME[back.field].wire
    scene = back.rows[-1].scene_id
    return Row(back.rating_key, scene, back.field, now, back.value, name in item.locks, why)


def _parameters(fields: Sequence[Back], item: Item) -> list[wire.Parameter]:
    found = wire.parameters(
        plan.Change(back.field, item.values.get(back.field), back.value, "write") for back in fields
    )
    locks = {f"{BY_NAME[back.field].wire}.locked": back.locked for back in fields}
    return [
        (name, ("1" if locks[name] else "0") if name in locks else value) for name, value in found
    ]


def _without(entry: Entry, good: Sequence[Back]) -> Entry:
    names = [back.field for back in good]
    left = {name: one for name, one in entry.baseline.items() if name not in names}
    locks = entry.locks
    if locks is not None:  # they are as they were before: ours, where we had taken ours off
        locks = locks - {_lock(back) for back in good}
        locks |= {_lock(back) for back in good if back.locked and back.rows[0].why == LEFT}
    for name in names:
        if name in IMAGES:
            entry = entry.with_past(name, Past())
    return entry.but(baseline=left, locks=locks)


def _lock(back: Back) -> str:
    name = back.field
    return IMAGES[name].lock if name in IMAGES else BY_NAME[name].wire


def first_touches(journal: Journal, rating_keys: Sequence[int], ledger: Ledger) -> list[Row]:
    """Rows that lead back to what these items said before our first touch."""
    entries, found = ledger.entries(rating_keys), []
    for key, origin in journal.origins(rating_keys).items():
        # What was put back is no touch, and perhaps a kill came before it.
        rows = [row for row in journal.rows(rating_key=key) if row.why not in (UNDO, LEFT)]
        last = {row.field: row for row in rows}
        for name, (before, locked) in origin.items():
            row = last.get(name)
            scene = entries[key].scene_id if key in entries else 0
            after = row.after if row else _last_written(entries.get(key), name)
            found.append(
                Row(key, row.scene_id if row else scene, name, before, after, locked, "undo",
                    number=row.number if row else 0)
            )  # fmt: skip
    return found


def _last_written(entry: "Entry | None", name: str) -> Value:
    """What the ledger still knows when the journal has let go of it."""
    if entry is None:
        return None
    if kind := IMAGES.get(name):
        sha1 = entry.past(name).sha1
        return kind.key(sha1) if sha1 else None
    base = entry.baseline.get(name)
    return base.got if base else None

"""Undo: puts back what Plex said before a write, unless somebody has changed it since. Also puts the items
of scenes that left the selection back to what they said before our first write (`Restorer`)."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from functools import partial
from typing import NamedTuple

import errors
from plex.client.port import PlexPort
from plex.fields.item import BY_FIELD as IMAGES
from plex.fields.item import Item, Kind, is_same_file
from plex.fields.registry import BY_NAME, Value
from plex.plan.plan import same
from plex.state import entry_history
from plex.state.entry import Entry
from plex.state.journal import UNDO, Journal, Origin, Row
from plex.state.ledger import Ledger
from plex.sync import undo_plan
from plex.sync.decision import Outcome, handed_over, restored
from plex.sync.together import Together, Traits
from plex.sync.write import edited_apart

SINCE = "changed since"
GONE = "the item is gone"
NOT_GIVEN = "Plex cannot give the item"
NOT_TAKEN = "Plex did not take it"
ANOTHER = "the item has another file now"
IN_A_ROW = 3  # items that Plex does not take: then the server refuses everything


class Now(NamedTuple):
    """Some items as they are now, and their entries in the ledger, by rating key."""

    items: Mapping[int, Item]
    entries: Mapping[int, Entry]


class Undo:
    """Undoes rows of the journal, item by item, with one request for each item. After an interruption the
    same call continues: a row is done when Plex shows the value from before the write, and the writes of
    an undo are never among the rows."""

    def __init__(
        self,
        plex: PlexPort,
        ledger: Ledger,
        journal: Journal,
        clock: Callable[[], float],
        left: Callable[[int, Sequence[str]], None] = lambda section, titles: None,
        why: str = UNDO,
    ) -> None:
        """`left` gets collections that an item is about to leave. A scene that a person undoes is held."""
        self._plex, self._ledger, self._journal, self._left = plex, ledger, journal, left
        self._clock, self._why, self._traits = clock, why, Traits(ledger.store)
        self._together = Together(plex, self._traits)
        self._failed = 0  # items in a row
        self._unread: dict[int, errors.Stash2PlexError] = {}  # items that Plex cannot give, and why

    def undo(
        self,
        rows: Sequence[Row],
        original: bool = False,
        tell: Callable[[int, int, str], None] = lambda done, total, title: None,
    ) -> undo_plan.Undone:
        """Puts the rows back. `original`: the rows lead back to before our first write. `tell` gets the number
        of items that are done, of all, and the title of the next."""
        done, total, gone = undo_plan.Undone(), len({row.rating_key for row in rows}), 0
        self._together.settle()
        for wanted in undo_plan.by_item(rows):
            now = self._read(wanted)
            chosen = self._chosen(wanted, now, done)
            self._note(chosen, now)
            together = self._write_together(chosen, now)
            left = [key for key in chosen if key not in together]
            for number, key in enumerate(left):
                of_item = chosen[key]
                tell(gone + len(wanted) - len(left) + number, total, now.items[key].title)
                if why := self._obstacle_of(now.items[key], of_item):
                    for back in chosen.pop(key):
                        done.leave(back, why)
            self._together.settle()
            self._confirm(chosen, together, done, original)
            gone += len(wanted)
            tell(gone, total, "")
        return done

    def plan(self, rows: Sequence[Row]) -> list[Row]:
        """Returns what `undo` would write."""
        planned: list[Row] = []
        for wanted in undo_plan.by_item(rows):
            now = self._read(wanted)
            planned += self._rows(self._chosen(wanted, now, undo_plan.Undone()), now)
        return planned

    def _read(self, rating_keys: Iterable[int]) -> Now:
        items = self._plex.items(list(rating_keys), self._unread)
        return Now(items, self._ledger.entries_of(items.values()))

    def _chosen(
        self, wanted: Mapping[int, Sequence[Row]], now: Now, done: undo_plan.Undone
    ) -> dict[int, list[undo_plan.Back]]:
        chosen: dict[int, list[undo_plan.Back]] = {}
        for key, rows in wanted.items():
            for back in self._backs(rows, now.items.get(key), done):
                if why := self._obstacle(back, now):
                    done.leave(back, why)
                else:
                    chosen.setdefault(key, []).append(back)
        return chosen

    def _backs(
        self, rows: Sequence[Row], item: "Item | None", done: undo_plan.Undone
    ) -> list[undo_plan.Back]:
        """The fields to put back, from rows about this file: the rating key may have been another's."""
        if item is None:
            return undo_plan.backs(rows)
        ids = item.file_ids
        of_now = [row for row in rows if is_same_file(row.files, ids)]
        for back in undo_plan.backs(row for row in rows if row not in of_now):
            done.leave(back, ANOTHER)
        return undo_plan.backs(of_now)

    def _rows(self, chosen: Mapping[int, list[undo_plan.Back]], now: Now) -> list[Row]:
        return [
            undo_plan.row_of(back, now.items[key], now.entries.get(key), self._why)
            for key, of_item in chosen.items()
            for back in of_item
        ]

    def _obstacle(self, back: undo_plan.Back, now: Now) -> str:
        """Why the field stays as it is, '' if it can be put back."""
        key, item = back.rating_key, now.items.get(back.rating_key)
        if item is None:
            return f"{NOT_GIVEN} ({self._unread[key]})" if key in self._unread else GONE
        if kind := IMAGES.get(back.field):
            return "" if undo_plan.is_untouched(back, self._plex.images(key, kind)) else SINCE
        ours = undo_plan.is_ours(back, item.values.get(back.field), now.entries.get(key))
        return "" if ours or self._is_back(back, item) else SINCE

    def _note(self, chosen: Mapping[int, list[undo_plan.Back]], now: Now) -> None:
        """Records the holds and the writes before they are done."""
        rows = self._rows(chosen, now)
        if self._why == UNDO:
            known = self._journal.held()  # a hold that a person set stays as it is
            scenes = {r.scene_id: r.files for r in rows if r.scene_id and r.scene_id not in known}
            self._journal.hold(scenes, "undone", self._clock())
        self._journal.record(rows, self._clock())
        for key, of_item in chosen.items():
            for back in of_item:
                if back.field == "collections" and isinstance(back.last, tuple):
                    self._left(now.items[key].section, back.last)

    def _obstacle_of(self, item: Item, of_item: Sequence[undo_plan.Back]) -> str:
        """Puts one item's fields back. Returns why that failed, or ''. Raises if Plex refuses everything."""
        try:
            self._restore(item, of_item)
        except (errors.Busy, errors.Rejected, errors.Gone) as error:
            self._failed += 1
            if self._why != UNDO or self._failed >= IN_A_ROW:
                raise
            return f"{NOT_TAKEN} ({error})"
        self._failed = 0
        return ""

    def _restore(self, item: Item, of_item: Sequence[undo_plan.Back]) -> None:
        fields = [back for back in of_item if back.field not in IMAGES]
        has_rating = any(back.field == "rating" for back in fields)
        apart = edited_apart(
            partial(self._edit, item, fields), self._traits.rates_apart, has_rating
        )
        for back in of_item:
            if kind := IMAGES.get(back.field):
                self._pick(item, kind, back)
            elif apart and back.field == "rating":
                self._plex.rate(item.rating_key, back.value)  # type: ignore[arg-type]

    def _edit(self, item: Item, fields: Sequence[undo_plan.Back], rates_apart: bool) -> None:
        if parameters := undo_plan.edit_of(fields, item, rates_apart):
            self._plex.edit(item.section, item.rating_key, parameters)

    def _pick(self, item: Item, kind: Kind, back: undo_plan.Back) -> None:
        if key := undo_plan.goal(back, self._plex.images(item.rating_key, kind)):
            self._plex.select_image(item.rating_key, kind, key)
        else:
            self._plex.unset_image(item.rating_key, kind)
        lock = (f"{kind.lock}.locked", "1" if back.locked else "0")
        self._plex.edit(item.section, item.rating_key, [lock])

    def _write_together(self, chosen: Mapping[int, list[undo_plan.Back]], now: Now) -> set[int]:
        return self._together.write(
            share
            for key, of_item in chosen.items()
            for share in undo_plan.share_of(of_item, now.items[key])
        )

    def _confirm(
        self,
        chosen: Mapping[int, list[undo_plan.Back]],
        together: Collection[int],
        done: undo_plan.Undone,
        original: bool,
    ) -> None:
        """Reads back, and remembers about each field what the ledger knew before it was written."""
        now = self._read(chosen)
        if late := self._again(chosen, now, together):
            again = self._read(late)
            now = Now({**now.items, **again.items}, {**now.entries, **again.entries})
        for key, of_item in chosen.items():
            item, entry = now.items.get(key), now.entries.get(key)
            good = [back for back in of_item if self._is_back(back, item)]
            for back in of_item:
                if back not in good:
                    done.leave(back, NOT_TAKEN)
            done.fields += len(good)
            if good:
                done.items.add(key)
                done.scenes |= {undo_plan.scene_of(back, entry) for back in good} - {0}
            self._settle(key, good, now, original)

    def _again(
        self, chosen: Mapping[int, list[undo_plan.Back]], now: Now, together: Collection[int]
    ) -> list[int]:
        """Sends again what did not show after an edit of several items, and ratings that did not show
        after any edit. Returns the rating keys of these items."""
        late: list[int] = []
        for key in chosen.keys() & now.items.keys():
            left = [back for back in chosen[key] if not self._is_back(back, now.items[key])]
            ratings = [back for back in left if back.field == "rating"]
            if not (ratings or (left and key in together)):
                continue
            late.append(key)
            with suppress(errors.Busy, errors.Rejected, errors.Gone):
                if key in together:
                    self._restore(now.items[key], left)
                for back in ratings:
                    self._plex.rate(key, back.value)  # type: ignore[arg-type]
        return late

    def _settle(self, key: int, good: Sequence[undo_plan.Back], now: Now, original: bool) -> None:
        """Changes journal and ledger in one transaction: they must not contradict each other."""
        item, entry = now.items.get(key), now.entries.get(key)
        with self._ledger.store.writing():
            self._journal.undone([row for back in good for row in back.rows], original)
            if entry and item:
                for back in good:
                    known = "" if original else self._known(back, item, entry)
                    entry = entry_history.restored(entry, back.field, known, back.locked, item)
                self._ledger.put([entry])

    def _known(self, back: undo_plan.Back, item: Item, entry: Entry) -> str:
        """The ledger's knowledge of the field before its first row. Old rows without files lack this
        knowledge: then it is rebuilt from the rows before them."""
        first, key = back.rows[0], back.rating_key
        if first.files:
            return first.known
        written = self._journal.written([key]).get(key, ())
        rows = [row for row in written if row.number < first.number]
        origins = self._journal.origins([key]).get(key, {})
        rebuilt = entry_history.rebuilt(key, entry.scene_id, item, rows, origins)
        return rebuilt.known(back.field)

    def _is_back(self, back: undo_plan.Back, item: "Item | None") -> bool:
        if item is None:
            return False
        if back.field in IMAGES:
            return True
        return same(BY_NAME[back.field], item.values.get(back.field), back.value)


def first_touches(journal: Journal, rating_keys: Sequence[int], ledger: Ledger) -> list[Row]:
    """Rows that lead back to what these items said before our first write."""
    entries, written, touches = ledger.entries(rating_keys), journal.written(rating_keys), []
    for key, origins in journal.origins(rating_keys).items():
        entry = entries.get(key)
        for name, origin in origins.items():
            rows = [row for row in written.get(key, ()) if row.field == name]
            last = next((r for r in reversed(rows) if is_same_file(origin.files, r.files)), None)
            touches.append(_touch(key, name, origin, last, entry))
    return touches


def _touch(key: int, name: str, origin: Origin, last: "Row | None", entry: "Entry | None") -> Row:
    scene = entry.scene_id if entry else 0
    return Row(
        key, last.scene_id if last else scene, name, origin.before,
        last.after if last else _last_written(entry, name), origin.locked, UNDO,
        number=last.number if last else 0, files=origin.files,
    )  # fmt: skip


def _last_written(entry: "Entry | None", name: str) -> Value:
    """The value that was written last, from the ledger, when the journal no longer has it."""
    if entry is None:
        return None
    if kind := IMAGES.get(name):
        sha1 = entry.image(name).sha1
        return kind.key(sha1) if sha1 else None
    base = entry.baseline.get(name)
    return base.got if base else None


class Restorer:
    """Puts back what a person has not changed since, and forgets which scene the items showed: nobody
    looks at them again until the scene is selected again."""

    def __init__(self, undo: Undo, ledger: Ledger, journal: Journal) -> None:
        self._undo, self._ledger, self._journal = undo, ledger, journal

    def plan(self, keys: Sequence[int]) -> list[Row]:
        """Returns what `restore` would write on these items."""
        return self._undo.plan(first_touches(self._journal, keys, self._ledger))

    def restore(self, outcomes: Iterable[Outcome], taken: Collection[int]) -> None:
        """Restores the items that the scenes leave, except those that another scene has `taken`."""
        for outcome in outcomes:
            if keys := [key for key in outcome.leaves if key not in taken]:
                self._restore(outcome, keys)
            elif outcome.leaves:
                handed_over(outcome)

    def _restore(self, outcome: Outcome, keys: Sequence[int]) -> None:
        try:
            rows = first_touches(self._journal, keys, self._ledger)
            done = self._undo.undo(rows, original=True)
        except (errors.Busy, errors.Rejected, errors.Gone) as error:
            outcome.error = error
            return
        self._ledger.forget_scene(outcome.scene_id)
        restored(outcome, keys, done.fields, done.left)

"""What a sync decides for one scene on one item, and what it tells about it. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from plex import baseline, covers, fields, photos, plan, selection, texts
from plex.item import Item
from plex.journal import Row
from plex.ledger import Entry
from plex.photos import Sent
from plex.showing import Showing
from plex.written import Written, same
from stash.scene import Scene
from validation import text

LEFT_ALONE = "is left as it is"
SHOWN = 100  # characters of a value in a log line


@dataclass
class Outcome:
    """What became of one scene; `said` is its log line, without the scene's name."""

    scene_id: int
    label: str
    said: str = ""
    changes: list[plan.Change] = field(default_factory=list)
    items: list[int] = field(default_factory=list)
    missing: bool = False
    unsettled: bool = False  # Plex has its file, and has not read it yet
    wrote: bool = False
    refused: bool = False  # left alone, for a reason that only a person can take away
    skipped: str = ""  # not selected, for one of `selection.REASONS`
    leaves: Sequence[int] = ()  # the items that it showed, and that are to be restored
    warnings: list[str] = field(default_factory=list)
    error: "Exception | None" = None
    folders: list[str] = field(default_factory=list)


@dataclass(eq=False)
class Work:
    """One scene on one item: what was decided, before it is done."""

    scene: Scene
    item: Item
    entry: Entry
    wanted: dict[str, fields.Value]
    changes: tuple[plan.Change, ...]
    looked: list[Showing] = field(default_factory=list)  # of its images, what became of the look
    after: "Item | None" = None
    photos: dict[str, str] = field(default_factory=dict)  # to be sent, by the keys of the names

    @property
    def shows(self) -> list[Showing]:
        """The images that are to be shown."""
        return [one for one in self.looked if one.look.picture]

    @property
    def writes(self) -> list[plan.Change]:
        return [change for change in self.changes if change.writes]

    def stash_says(self, field: str) -> fields.Value:
        """What Stash says in a field; of an image, Plex's key of the cover."""
        seen = {one.kind.field: one.look.wanted for one in self.looked}
        return seen[field] if field in seen else self.wanted[field]

    @property
    def unseen(self) -> list[str]:
        """The images at which nobody looked."""
        seen = [one.kind.field for one in self.looked]
        return [name for name in fields.IMAGES if name not in seen]

    @property
    def edits(self) -> bool:
        """Whether there is anything to write but images."""
        return bool(self.writes or self.photos)

    @property
    def actors(self) -> tuple[str, ...]:
        """Who is on the item after the writes."""
        now = self.item.values.get("actors")
        after = [change.after for change in self.writes if change.field == "actors"]
        found = after[0] if after else now
        return found if isinstance(found, tuple) else ()

    @property
    def ignored(self) -> list[plan.Change]:
        """Writes that have left no trace in Plex, not even a lock. The rating is written apart."""
        ratings = [change for change in self.writes if change.field == "rating"]
        others = [change for change in self.writes if change.field != "rating"]
        return [change for some in (others, ratings) if not self._traced(some) for change in some]

    @property
    def unheard(self) -> bool:
        """Whether Plex cannot have carried out the edit: a value it may refuse, a lock never."""
        asked = {fields.BY_NAME[change.field].wire for change in self.ignored}
        locks = self.after.locks if self.after else frozenset()
        return bool(asked - {"userRating"} - locks)

    def _traced(self, changes: list[plan.Change]) -> bool:
        if self.after is None:
            return False
        asked = {fields.BY_NAME[change.field].wire for change in changes}
        if asked & (self.after.locks - self.item.locks):
            return True
        now, before = self.after.values, self.item.values
        return any(
            not same(fields.BY_NAME[c.field], now.get(c.field), before.get(c.field))
            for c in changes
        )


class Choice(fields.Choice, selection.Choice, covers.Choice, Protocol):
    """What of the config decides about a scene and its item."""

    @property
    def preserve_plex_edits(self) -> bool: ...
    @property
    def on_edit_in_plex(self) -> str: ...


def decided(scene: Scene, item: Item, entry: Entry, choice: Choice) -> "Work | None":
    """What is to be done for the scene on its item; a sync does it, a reconciliation counts it.

    None when the item shows what another scene said, and this one says nothing (yet): a scene
    that is still being identified cannot wipe Plex.
    """
    wanted = fields.wanted(scene, choice)
    if entry.scene_id != scene.id and not any(wanted.values()):
        return None
    entry = _settled(entry, item, wanted)
    found = plan.changes(_still_known(entry, item), item.values, wanted, rules(item, entry, choice))
    return Work(scene, item, entry, wanted, found)


def rules(item: Item, entry: Entry, choice: Choice) -> plan.Rules:
    """What of the settings and of the item decides besides the values."""
    return plan.Rules(
        choice.on_edit_in_plex,
        choice.preserve_plex_edits,
        item.guesses,
        # Of an item that was written before locks were remembered, all are ours.
        frozenset() if entry.locks is None else item.locks - entry.locks,
    )


def _settled(entry: Entry, item: Item, wanted: fields.Fields) -> Entry:
    """The entry with what a person decided taken into it, as far as both sides say the same still."""
    if not entry.decided:
        return entry
    known, locks = dict(entry.baseline), entry.locks
    for name, one in entry.decided.items():
        if name not in wanted:
            continue
        field, cur = fields.BY_NAME[name], item.values.get(name)
        if one.fits(field, cur, wanted[name]):
            known[name] = baseline.settled(field, known.get(name), one)
            if locks is not None and one.side == plan.STASH:
                locks |= {field.wire}
    return entry.but(baseline=known, locks=locks)


def claim_photos(
    works: Iterable[Work], sent: Mapping[str, Sent], choice: Choice, claimed: set[str]
) -> None:
    """Give each work the photos that are due with it, each name once (`claimed`)."""
    for work in works:
        if "actors" in work.wanted:
            wish = photos.wanted(work.scene, choice)
            shown, fill_only = work.item.photos, choice.preserve_plex_edits
            due = photos.due(wish, work.actors, shown, sent, fill_only)
            work.photos = {name: url for name, url in due.items() if name not in claimed}
            claimed.update(work.photos)


def extras(choice: Choice) -> frozenset[str]:
    """What the settings need to know of a scene besides the usual."""
    return fields.extras(choice) | selection.extras(choice)


def _still_known(entry: Entry, item: Item) -> Mapping[str, Written]:
    """The baseline, without what vanished when Plex lost all that it knew of the item.

    A person empties one field; an older database or a new match empties all of them.
    """
    lost = [name for name in fields.SUBSTANCE if (one := entry.baseline.get(name)) and one.got]
    if len(lost) < 2 or not fields.is_bare(item.values):
        return entry.baseline
    return {name: one for name, one in entry.baseline.items() if item.values.get(name)}


def tell(work: Work, outcome: Outcome) -> None:
    """Add what happened on one item to the scene's outcome."""
    outcome.items.append(work.item.rating_key)
    outcome.changes += work.changes
    done = [change.field for change in work.writes]
    done += ["photos"] if work.photos else []
    done += [one.kind.field for one in work.shows if not one.refused]
    outcome.wrote = outcome.wrote or bool(done)
    said = f"Plex item {work.item.rating_key}: " + (", ".join(done) if done else "says the same")
    if kept := _kept(work.changes):
        said += f" ({kept})"
    outcome.said = f"{outcome.said}; {said}" if outcome.said else said
    cut = _cut(work)
    outcome.warnings += ([cut] if cut else []) + _refusals(work, "summary" if cut else "")


_LEFT = {
    plan.DRIFTED: "left as edited in Plex",
    plan.PRESERVED: "left as edited in Plex",
    plan.LOCKED: "left as locked in Plex",
    plan.CONFLICT: "left until it is decided",
}


def _kept(changes: Sequence[plan.Change]) -> str:
    """What is left alone and why; what Plex refused was told when it did."""
    left: dict[str, list[str]] = {}
    for change in changes:
        if change.why in _LEFT:
            left.setdefault(_LEFT[change.why], []).append(change.field)
    return "; ".join(f"{why}: {', '.join(names)}" for why, names in left.items())


def _cut(work: Work) -> str:
    """How much of a long summary Plex got, if it did not get all."""
    if not any(change.field == "summary" for change in work.writes):
        return ""
    whole = texts.whole_summary(work.scene)
    shown = str((work.after or work.item).values.get("summary") or "")
    start = shown.removesuffix(text.ELLIPSIS)
    if start == shown or shown == whole or not whole.startswith(start):
        return ""
    return (
        f"has {len(whole)} characters of details, and Plex item {work.item.rating_key} shows the "
        f"first {len(start)}: an edit of Plex holds no more"
    )


def _refusals(work: Work, told: str) -> list[str]:
    """Values that Plex, read back, does not show as they were sent; `told` is a field to skip."""
    now = work.after.values if work.after else {}
    return [
        f"Plex was told {change.field} = {_brief(change.after)} and says "
        f"{_brief(now.get(change.field))}; it is not told again until Stash says something else"
        for change in work.writes
        if work.after
        and change.field != told
        and baseline.refused(fields.BY_NAME[change.field], change, now)
    ]


def _brief(value: fields.Value) -> str:
    shown = repr(value)
    return shown if len(shown) <= SHOWN else shown[: SHOWN - 1] + "…"


def share(outcome: Outcome, item: Item, owner: int) -> None:
    """Two scenes on one item: say so, and write the one that has it."""
    said = (
        f"shares Plex item {item.rating_key} “{item.title}” with scene {owner}, which it shows; "
        "split the item in Plex to have both"
    )
    outcome.said, outcome.refused = said, True
    outcome.warnings.append(said)


def ambiguous(outcome: Outcome, items: Sequence[Item], libraries: Mapping[int, str]) -> None:
    """One scene on several items: name them, and leave them alone."""
    which = "; ".join(
        f"{one.rating_key} “{one.title}” in “{libraries.get(one.section, '?')}” with “{file}”"
        for one in items
        for file in one.files[:1]
    )
    outcome.said = f"fits {len(items)} Plex items and is left alone: {which}"
    outcome.refused = True
    outcome.warnings.append(outcome.said + " (allow_ambiguous_match writes all of them)")


def leave(outcome: Outcome, item: Item) -> None:
    """Nothing was decided: say why."""
    outcome.items.append(item.rating_key)
    outcome.said = f"says nothing yet; Plex item {item.rating_key} is left as it is"


def skip(
    outcome: Outcome, why: selection.Skip, keys: Sequence[int], restores: bool = False
) -> None:
    """The scene is not selected: say why, and what becomes of the items on which it was written."""
    outcome.said, outcome.skipped = f"is not synced: {why.words}", why.reason
    outcome.leaves = keys if restores else ()
    if keys:
        outcome.said += f"; Plex item {many(keys)} {'is put back' if restores else LEFT_ALONE}"


def restored(outcome: Outcome, keys: Sequence[int], fields: int, left: Mapping[str, int]) -> None:
    """Items of a scene that left the selection say what they said before: say so."""
    outcome.wrote = fields > 0
    said = f"{fields} field" + ("" if fields == 1 else "s") + " put back"
    said += "".join(f", {count} left ({why})" for why, count in left.items())
    outcome.said = f"{outcome.said.rpartition('; Plex item ')[0]}; Plex item {many(keys)}: {said}"


def handed_over(outcome: Outcome) -> None:
    """Another scene shows on all of them by now."""
    outcome.said = outcome.said.replace("is put back", "shows another scene now")


def unsettle(outcome: Outcome, key: int) -> None:
    """Plex itself has yet to say something there: say that the scene waits for it."""
    outcome.unsettled = True
    outcome.said = f"waits: Plex is still reading its item {key}"


def hold(outcome: Outcome, why: str) -> None:
    """A person wants the scene left alone."""
    outcome.said = f"is held ({why}) and left alone; Resume Held Scenes ends that"
    outcome.refused = True


def rows(work: Work) -> list[Row]:
    """What the journal has to know before the work is done."""
    item = work.item
    found = [
        Row(item.rating_key, work.scene.id, change.field, change.before, change.after,
            fields.BY_NAME[change.field].wire in item.locks, change.why)
        for change in work.writes
    ]  # fmt: skip
    found += [
        Row(item.rating_key, work.scene.id, one.kind.field, one.key, one.look.picture.key,
            one.kind.lock in item.locks, one.look.change.why if one.look.change else plan.WRITE)
        for one in work.shows if one.look.picture
    ]  # fmt: skip
    return found


def many(keys: Sequence[int]) -> str:
    """Rating keys as a log line names them."""
    return ", ".join(map(str, keys))

"""Work: what is to be done for one scene on one item, and what came of it. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from plex.fields import actor_photos, registry, selection
from plex.fields.actor_photos import Sent
from plex.fields.item import Item
from plex.images import covers
from plex.images.image_plan import Showing
from plex.plan import baseline, plan
from plex.plan.last_written import Written, same
from plex.state import entry_history, file_id, scene_state
from plex.state.entry import Entry
from plex.state.journal import Row
from stash.scene import Scene
from validation.settings import SyncSettings

if TYPE_CHECKING:
    from plex.state.scene_state import State


@dataclass(eq=False)
class Work:
    """One scene on one item: what was decided, before it is done."""

    scene: Scene
    item: Item
    entry: Entry
    wanted: dict[str, registry.Value]
    changes: tuple[plan.Change, ...]
    looked: list[Showing] = field(default_factory=list)  # of its images, what became of the look
    unlooked: list[str] = field(default_factory=list)  # images whose cover is still to be looked at
    after: "Item | None" = None
    photos: dict[str, str] = field(default_factory=dict)  # to be sent, by the keys of the names
    state: "State" = (scene_state.UNKNOWN, "")  # where the scene stands before the work is done

    @property
    def shows(self) -> list[Showing]:
        """The images that are to be shown."""
        return [one for one in self.looked if one.look.picture]

    @property
    def writes(self) -> list[plan.Change]:
        return [change for change in self.changes if change.writes]

    def stash_says(self, field: str) -> registry.Value:
        """What Stash says in a field; of an image, Plex's key of the cover."""
        seen = {one.kind.field: one.look.wanted for one in self.looked}
        return seen[field] if field in seen else self.wanted[field]

    @property
    def unseen(self) -> list[str]:
        """The images at which nobody looked."""
        seen = [one.kind.field for one in self.looked]
        return [name for name in registry.IMAGES if name not in seen]

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
        asked = {registry.BY_NAME[change.field].wire for change in self.ignored}
        locks = self.after.locks if self.after else frozenset()
        return bool(asked - {"userRating"} - locks)

    def _traced(self, changes: list[plan.Change]) -> bool:
        if self.after is None:
            return False
        asked = {registry.BY_NAME[change.field].wire for change in changes}
        if asked & (self.after.locks - self.item.locks):
            return True
        now, before = self.after.values, self.item.values
        return any(
            not same(registry.BY_NAME[c.field], now.get(c.field), before.get(c.field))
            for c in changes
        )


def planned(scene: Scene, item: Item, entry: Entry, settings: SyncSettings) -> "Work | None":
    """Plans what is to be done for the scene on its item, without its images and photos.

    None when the item shows what another scene said, and this one says nothing (yet): a scene
    that is still being identified cannot wipe Plex.
    """
    wanted = registry.wanted(scene, settings)
    if entry.scene_id != scene.id and not registry.says(scene, settings):
        return None
    entry = _settled(entry, item, wanted)
    found = plan.changes(
        _still_known(entry, item), item.values, wanted, rules(item, entry, settings)
    )
    return Work(scene, item, entry, wanted, found)


def state_before(work: Work, settings: SyncSettings) -> "State":
    """Where the scene stands beside its item before the work is done."""
    due = [one.kind.field for one in work.shows] + ["photos"] * bool(work.photos)
    kept = _kept_unseen(work, work.entry, settings)
    return scene_state.compared([*work.changes, *kept], due, work.unlooked)


def state_after(work: Work, entry: Entry, settings: SyncSettings) -> "State":
    """Where the scene stands once its work is done, from what Plex says then; `entry` is what the
    ledger keeps of that."""
    if work.after is None:
        changes = [change for change in work.changes if not change.writes]
    else:
        known, says = _still_known(entry, work.after), work.after.values
        found = plan.changes(known, says, work.wanted, rules(work.after, entry, settings))
        changes = [*found, *(one for one in work.changes if one.field in registry.IMAGES)]
    refused = [one.kind.field for one in work.shows if one.refused]
    changes += [plan.Change(name, None, None, plan.REFUSED) for name in refused]
    return scene_state.compared([*changes, *_kept_unseen(work, entry, settings)])


def _kept_unseen(work: Work, entry: Entry, settings: SyncSettings) -> list[plan.Change]:
    looked = [one.kind.field for one in work.looked]
    return covers.kept(entry, settings, [*looked, *work.unlooked])


def rules(item: Item, entry: Entry, settings: SyncSettings) -> plan.Rules:
    """What of the settings and of the item decides besides the values."""
    return plan.Rules(
        settings.on_edit_in_plex,
        settings.preserve_plex_edits,
        # What we have written once is ours, a person's, or what the scanner makes.
        item.scanned | (item.guesses - entry.baseline.keys()),
        # Of an item that was written before locks were remembered, all are ours that we ever set.
        (item.locks & registry.UNLOCKED if entry.locks is None else item.locks - entry.locks),
    )


def _settled(entry: Entry, item: Item, wanted: registry.Fields) -> Entry:
    """The entry with what a person decided taken into it, as far as both sides say the same still."""
    if not entry.decided:
        return entry
    known, locks = dict(entry.baseline), entry.locks
    for name, one in entry.decided.items():
        if name not in wanted:
            continue
        field, cur = registry.BY_NAME[name], item.values.get(name)
        if one.fits(field, cur, wanted[name]):
            known[name] = baseline.settled(field, known.get(name), one)
            if locks is not None and one.side == plan.STASH:
                locks |= {field.wire}
    return entry.but(baseline=known, locks=locks)


def _still_known(entry: Entry, item: Item) -> Mapping[str, Written]:
    """The baseline, without what vanished when Plex lost all that it knew of the item.

    A person empties one field; a database that was begun anew, or a new match, empties all of them and
    gives the item the title that Plex makes of its file.
    """
    if _is_reset(entry, item):
        kept = (field for field in registry.FIELDS if _stands(field, entry, item))
        return {field.name: entry.baseline[field.name] for field in kept}
    lost = [name for name in registry.SUBSTANCE if (one := entry.baseline.get(name)) and one.got]
    if len(lost) < 2 or not registry.is_bare(item.without_scanned):
        return entry.baseline
    says = [one for one in registry.FIELDS if item.values.get(one.name)]
    kept = (one for one in says if one.name not in item.scanned or _stands(one, entry, item))
    return {one.name: entry.baseline[one.name] for one in kept if one.name in entry.baseline}


def _stands(field: registry.Field, entry: Entry, item: Item) -> bool:
    """Whether what is known of the field still tells something about an item that was begun anew."""
    base = entry.baseline.get(field.name)
    locked = field.wire in item.locks
    return base is not None and (locked or same(field, item.values.get(field.name), base.got))


def _is_reset(entry: Entry, item: Item) -> bool:
    """Whether Plex has begun the item anew: where we had written a title, it has that of a new one."""
    base = entry.baseline.get("title")
    if base is None or "title" not in item.scanned:
        return False
    return not same(registry.BY_NAME["title"], item.values.get("title"), base.got)


def claim_photos(
    works: Iterable[Work],
    sent: Mapping[str, Sent],
    holders: Mapping[str, int],
    settings: SyncSettings,
    claimed: set[str],
) -> None:
    """Give each work the photos that are due with it, each name once (`claimed`); see
    `photos.wanted`."""
    for work in works:
        if "actors" in work.wanted:
            wish = actor_photos.wanted(work.scene, settings, holders)
            shown, fill_only = work.item.photos, settings.preserve_plex_edits
            due = actor_photos.due(wish, work.actors, shown, sent, fill_only)
            work.photos = {name: url for name, url in due.items() if name not in claimed}
            claimed.update(work.photos)


def extras(settings: SyncSettings) -> frozenset[str]:
    """What the settings need to know of a scene besides the usual."""
    return registry.extras(settings) | selection.extras(settings)


def refuse_partial(scene: Scene, needed: frozenset[str]) -> None:
    """Raises ValueError for a scene that was read without what the settings need (`extras`): a
    decision about it would take what was not asked for as gone."""
    if lacks := needed - scene.extras:
        raise ValueError(f"scene {scene.id} was read without {', '.join(sorted(lacks))}")


def rows(work: Work) -> list[Row]:
    """What the journal has to know before the work is done."""
    told = [(change.field, change.before, change.after, change.why) for change in work.writes]
    told += [
        (one.kind.field, one.key, one.look.picture.key,
         one.look.change.why if one.look.change else plan.WRITE)
        for one in work.shows if one.look.picture
    ]  # fmt: skip
    files = file_id.of_item(work.item)
    return [
        Row(
            work.item.rating_key, work.scene.id, name, before, after,
            entry_history.lock_of(name) in work.item.locks, why, files=files,
            known=entry_history.known(work.entry, name),
        )
        for name, before, after, why in told
    ]  # fmt: skip

"""Work: the plan for one scene on one item, and what Plex says after it. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from plex.client.edit_request import at_risk, lost_names, was_reached
from plex.fields import actor_photos, registry
from plex.fields.actor_photos import Sent
from plex.fields.item import KINDS, Item
from plex.images import covers
from plex.images.covers import ItemImage
from plex.plan import baseline, plan
from plex.plan.plan import Written, names_of, same
from plex.state import scene_state
from plex.state.entry import Entry, lock_of
from plex.state.journal import Row
from stash.scene import Scene
from validation.settings import SyncSettings

if TYPE_CHECKING:
    from plex.state.scene_state import State


@dataclass(eq=False)
class Work:
    """Everything to write for one scene on one item. `changes` and `images` decide."""

    scene: Scene
    item: Item
    entry: Entry
    wanted: dict[str, registry.Value]
    changes: tuple[plan.Change, ...]
    images: list[ItemImage] = field(default_factory=list)  # its images whose cover was looked at
    covers_due: list[str] = field(default_factory=list)  # images whose cover has to be looked at
    after: "Item | None" = None  # the item read back
    photos: dict[str, str] = field(default_factory=dict)  # addresses to send, by `name_key`
    together: bool = False  # whether the edit went out as one for several items
    state: "State" = (scene_state.UNKNOWN, "")  # of the scene, before the work is done

    @property
    def new_images(self) -> list[ItemImage]:
        """The images that are to be shown."""
        return [image for image in self.images if image.look.picture]

    @cached_property
    def writes(self) -> list[plan.Change]:
        return [change for change in self.changes if change.writes]

    def stash_says(self, field: str) -> registry.Value:
        """The value of a field in Stash; for an image, Plex's key of the cover."""
        seen = {image.kind.field: image.look.wanted for image in self.images}
        return seen[field] if field in seen else self.wanted[field]

    @property
    def unseen_images(self) -> list[str]:
        """The images at which nobody looked."""
        seen = [image.kind.field for image in self.images]
        return [name for name in registry.IMAGES if name not in seen]

    @property
    def edits(self) -> bool:
        """Whether there is anything to write besides images."""
        return bool(self.writes or self.photos)

    @property
    def actors(self) -> tuple[str, ...]:
        """The actors of the item after the writes."""
        after = [change.after for change in self.writes if change.field == "actors"]
        return names_of(after[0] if after else self.item.values.get("actors"))

    @property
    def ignored(self) -> list[plan.Change]:
        """The writes that left no trace in Plex, not even a lock. Plex may take all of an edit but the
        rating."""
        ratings = [change for change in self.writes if change.field == "rating"]
        others = [change for change in self.writes if change.field != "rating"]
        kinds = [some for some in (others, ratings) if some and not self._traced(some)]
        return [change for some in kinds for change in some]

    @property
    def was_robbed(self) -> bool:
        """Whether an edit of several items took names from this one that were to stay."""
        if not (self.together and self.after):
            return False
        return lost_names(at_risk(self.writes), self.after)

    @property
    def lost_rating(self) -> bool:
        """Whether the rating is all of the edit that Plex ignored."""
        return [change.field for change in self.ignored] == ["rating"]

    @property
    def was_dropped(self) -> bool:
        """Whether Plex cannot have carried out the edit: it may refuse a value, but never a lock."""
        asked = {registry.BY_NAME[change.field].plex_name for change in self.ignored}
        locks = self.after.locks if self.after else frozenset()
        return bool(asked - {"userRating"} - locks)

    def _traced(self, changes: list[plan.Change]) -> bool:
        return self.after is not None and was_reached(changes, self.item, self.after)


def planned(scene: Scene, item: Item, entry: Entry, settings: SyncSettings) -> "Work | None":
    """Plans what is to be done for the scene on its item, without its images and photos. Returns None when
    the item shows another scene's text, and this scene says nothing yet: a scene that the user still
    identifies must not wipe Plex."""
    wanted = registry.wanted(scene, settings)
    if entry.scene_id != scene.id and not registry.says_something(scene, settings):
        return None
    entry = _settled(entry, item, wanted)
    known, how = _still_known(entry, item), rules(item, entry, settings)
    return Work(scene, item, entry, wanted, plan.changes(known, item.values, wanted, how))


def state_before(work: Work, settings: SyncSettings) -> "State":
    """The state of the scene beside its item before the work is done."""
    due = [image.kind.field for image in work.new_images] + ["photos"] * bool(work.photos)
    kept = _kept_unseen(work, work.entry, settings)
    return scene_state.compared([*work.changes, *kept], due, work.covers_due)


def state_after(work: Work, entry: Entry, settings: SyncSettings) -> "State":
    """The state of the scene after its work, from what Plex says then. `entry` is what the ledger keeps."""
    if work.after is None:
        changes = [change for change in work.changes if not change.writes]
    else:
        known, says = _still_known(entry, work.after), work.after.values
        now = plan.changes(known, says, work.wanted, rules(work.after, entry, settings))
        changes = [*now, *(change for change in work.changes if change.field in registry.IMAGES)]
    refused = [image.kind.field for image in work.new_images if image.refused]
    changes += [plan.Change(name, None, None, plan.REFUSED) for name in refused]
    return scene_state.compared([*changes, *_kept_unseen(work, entry, settings)])


def _kept_unseen(work: Work, entry: Entry, settings: SyncSettings) -> list[plan.Change]:
    looked = [image.kind.field for image in work.images]
    return covers.kept(entry, settings, [*looked, *work.covers_due])


def rules(item: Item, entry: Entry, settings: SyncSettings) -> plan.Rules:
    """The rules that decide besides the values, from the settings and the item."""
    return plan.Rules(
        settings.on_edit_in_plex,
        settings.preserve_plex_edits,
        # A value that we have written once is ours, a person's, or what the scanner makes.
        item.scanned | (item.guesses - entry.baseline.keys()),
        # If an item was written before locks were remembered, all locks that we ever set are ours.
        (item.locks & registry.UNLOCKED if entry.locks is None else item.locks - entry.locks),
    )


def _settled(entry: Entry, item: Item, wanted: registry.Fields) -> Entry:
    """The entry with a person's decisions in it, as far as both sides still have the values of the
    decision."""
    if not entry.decided:
        return entry
    known, locks = dict(entry.baseline), entry.locks
    for name, decision in entry.decided.items():
        if name not in wanted:
            continue
        field, cur = registry.BY_NAME[name], item.values.get(name)
        if decision.fits(field, cur, wanted[name]):
            known[name] = baseline.after_decision(field, known.get(name), decision)
            if locks is not None and decision.side == plan.STASH:
                locks |= {field.plex_name}
    return entry.but(baseline=known, locks=locks)


def _still_known(entry: Entry, item: Item) -> Mapping[str, Written]:
    """The baseline, without the values that vanished when Plex lost all that it knew of the item. A person
    empties one field. A new database or a new match empties all of them, and gives the item the title that
    Plex makes of its file."""
    if _is_reset(entry, item):
        kept = (field for field in registry.FIELDS if _still_holds(field, entry, item))
        return {field.name: entry.baseline[field.name] for field in kept}
    lost = [name for name in registry.SUBSTANCE if (base := entry.baseline.get(name)) and base.got]
    if len(lost) < 2 or not registry.is_bare(item.without_scanned):
        return entry.baseline
    says = [field for field in registry.FIELDS if item.values.get(field.name)]
    scanned, known = item.scanned, entry.baseline
    left = [f.name for f in says if f.name not in scanned or _still_holds(f, entry, item)]
    return {name: known[name] for name in left if name in known}


def _still_holds(field: registry.Field, entry: Entry, item: Item) -> bool:
    """Whether the baseline of the field is still true of an item that Plex began anew."""
    base = entry.baseline.get(field.name)
    locked = field.plex_name in item.locks
    return base is not None and (locked or same(field, item.values.get(field.name), base.got))


def _is_reset(entry: Entry, item: Item) -> bool:
    """Whether Plex has begun the item anew: it has the title of a new item where we had written one,
    or no lock of ours is left although somebody has edited it since."""
    base = entry.baseline.get("title")
    if base is None:
        return False
    if "title" not in item.scanned:
        return _lost_our_locks(entry, item)
    return not same(registry.BY_NAME["title"], item.values.get("title"), base.got)


def _lost_our_locks(entry: Entry, item: Item) -> bool:
    """Whether every lock on the item is on a value that we did not write, and a lock of ours is gone. Nobody
    unlocks all fields by hand: a lock goes with the item that had it."""
    ours = entry.locks or frozenset()
    if ours <= item.locks:
        return False
    left, known = item.locks & ours, entry.baseline
    written = [f for f in registry.FIELDS if f.plex_name in left and f.name in known]
    return not any(same(f, item.values.get(f.name), known[f.name].got) for f in written)


def claim_photos(
    works: Iterable[Work],
    sent: Mapping[str, Sent],
    holders: Mapping[str, int],
    settings: SyncSettings,
    claimed: set[str],
) -> None:
    """Gives each work the photos that are due with it, and each photo to one work only (`claimed`)."""
    for work in works:
        if "actors" in work.wanted:
            wish = actor_photos.wanted(work.scene, settings, holders)
            shown, fill_only = work.item.photos, settings.preserve_plex_edits
            due = actor_photos.due(wish, work.actors, shown, sent, fill_only)
            work.photos = {name: url for name, url in due.items() if name not in claimed}
            claimed.update(work.photos)


def refuse_partial(scene: Scene, needed: frozenset[str]) -> None:
    """Raises ValueError for a scene that was read without some of the `needed` extras: their values would
    look as if Stash no longer had them."""
    if lacks := needed - scene.extras:
        raise ValueError(f"scene {scene.id} was read without {', '.join(sorted(lacks))}")


def rows(work: Work) -> list[Row]:
    """The journal's rows of a work, to record before it is done."""
    values = [(change.field, change.before, change.after, change.why) for change in work.writes]
    values += [
        (image.kind.field, image.key, image.look.picture.key,
         image.look.change.why if image.look.change else plan.WRITE)
        for image in work.new_images if image.look.picture
    ]  # fmt: skip
    files = work.item.file_ids
    return [
        Row(
            work.item.rating_key, work.scene.id, name, before, after,
            lock_of(name) in work.item.locks, why, files=files,
            known=work.entry.known(name),
        )
        for name, before, after, why in values
    ]  # fmt: skip


def entry_begun(work: Work) -> Entry:
    """The entry before the writes."""
    entry, locks = work.entry, {image.kind.lock for image in work.new_images}
    for image in work.new_images:
        entry = covers.upload_begun(entry, image)
    return entry.but(
        scene_id=work.scene.id,
        baseline=baseline.before_write(entry.baseline, work.writes, work.wanted),
        locks=baseline.locks_ahead(entry.locks, work.writes, locks),
        files=work.item.file_ids,
    )


def entry_done(work: Work, now: float, synced: Iterable[str]) -> Entry:
    """The entry after the writes; `synced` are the fields of the settings."""
    item, known, decided = work.after or work.item, work.entry, (work.changes, work.wanted)
    entry = _moved(known, work.item, item).but(
        scene_id=work.scene.id,
        baseline=baseline.after_read_back(known.baseline, work.changes, item.values, work.wanted),
        locks=baseline.our_locks(known.locks, known.baseline, *decided, item.locks),
        asked=asked(work, synced),
        files=item.file_ids,
        synced=now,
    )
    for image in work.images:
        entry = covers.after_look(entry, image, item)
    return entry


def is_news(entry: Entry, work: Work) -> bool:
    """Whether the entry differs from the one in the ledger in more than its time."""
    known = work.entry.but(synced=entry.synced)
    return entry != known or bool(work.entry.decided) or not work.entry.synced


def asked(work: Work, synced: Iterable[str]) -> tuple[str, ...]:
    """The fields that wait for a person's decision."""
    asked = tuple(change.field for change in work.changes if change.why == plan.CONFLICT)
    unseen = [name for name in work.unseen_images if name in synced]
    return asked + tuple(name for name in unseen if name in work.entry.asked)


def _moved(entry: Entry, before: Item, now: Item) -> Entry:
    """The entry with the places at which Plex shows its images now: our writes move them."""
    for kind in KINDS if before.images != now.images else ():
        past = entry.image(kind.field)
        if before.images.get(kind.lock, "") == past.shown:
            past = past._replace(shown=now.images.get(kind.lock, ""))
            entry = entry.with_image(kind.field, past)
    return entry

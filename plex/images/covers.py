"""Covers of scenes: which image an item is to show, decided by the table of all fields (`plan`). A cover is
checked before the writes, and uploaded with them."""

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, replace
from typing import NamedTuple

import errors
from plex.client.port import PlexPort
from plex.fields.item import KINDS, POSTER, UPLOADED, Item, Kind, Offered, selected
from plex.fields.registry import Field
from plex.images import images, letterbox
from plex.images.images import Picture
from plex.plan import plan
from plex.plan.baseline import after_decision
from plex.state.entry import Entry, ImageRecord
from stash.scene import Scene
from validation.settings import SyncSettings

SETTLED = 3.0  # seconds
FRESH = "~"  # at the end of a version: looked at within that time
HELD = "!"  # at the end of a version: a person's lock kept the cover from being shown


class Look(NamedTuple):
    """The result of a look at the cover.

    `version` is the cover's version. `picture` is to be shown; `sha1` is the hash of our image that
    Plex shows after that; `wanted` is the key of the cover. `change` says why Plex gets the cover, or
    keeps another image. `chosen` is the baseline of an image that a person decided for.
    """

    version: str = ""
    picture: "Picture | None" = None
    sha1: str = ""
    wanted: str = ""
    change: "plan.Change | None" = None
    chosen: "plan.Written | None" = None

    @property
    def is_kept(self) -> bool:
        """Whether Plex goes on showing another image."""
        return self.change is not None and not self.change.writes


@dataclass
class ItemImage:
    """One image of an item, after a look at its cover. `offered` are the images that Plex has, if that was
    asked. `refused`: Plex does not take the cover."""

    kind: Kind
    look: Look
    offered: "Offered | None" = None
    refused: bool = False

    @property
    def key(self) -> str:
        """The key of the image that Plex shows now; '' if Plex was not asked."""
        return selected(self.offered or {})


def is_due(kind: Kind, version: str, item: Item, entry: Entry, rules: plan.Rules) -> bool:
    """Whether the cover has to be downloaded to know if the image is right."""
    past, held = entry.image(kind.field), kind.lock in rules.locked
    if rules.fill_only and not past.sha1 and item.images.get(kind.lock) and held:
        return False  # somebody chose it; Plex shows a frame of the video on its own
    released = past.version.endswith(HELD) and (rules.policy == plan.STASH or not held)
    moved = not version or version != past.version.rstrip(FRESH + HELD)
    return past.begun or moved or released or may_be_edited(kind, item, past, rules)


def may_be_edited(kind: Kind, item: Item, past: ImageRecord, rules: plan.Rules) -> bool:
    """Whether a person may have picked another image since our upload, and On Edit in Plex is `stash` or
    `ask`."""
    elsewhere = item.images.get(kind.lock, "") != past.shown
    return bool(past.sha1) and rules.policy in (plan.STASH, plan.ASK) and elsewhere


def may_lag(past: ImageRecord) -> bool:
    """Whether the last look came so soon that the same version may be another cover's by now. Stash reports
    that change with an event, so a sync looks again and a reconciliation need not."""
    return FRESH in past.version


def why_kept(entry: Entry, name: str) -> str:
    """Why Plex keeps an image, from the last look; '' if the image is ours, or nobody looked."""
    if name in entry.asked:
        return plan.CONFLICT
    return plan.LOCKED if entry.image(name).version.endswith(HELD) else ""


def seen(version: str, now: float) -> str:
    """Returns the version to record when the cover is looked at `now`."""
    # A version begins with a time in whole seconds: another cover may follow in the same second.
    time = version.partition(" ")[0]
    return version + FRESH if time.isdigit() and now - int(time) < SETTLED else version


def as_before(
    picture: Picture, version: str, item: Item, entry: Entry, rules: plan.Rules
) -> "Look | None":
    """Returns the look if the cover is the image that we uploaded last. Returns None if there is more to
    decide."""
    kind, past = picture.kind, entry.image(picture.kind.field)
    open_ = may_be_edited(kind, item, past, rules) or kind.field in (*entry.asked, *entry.decided)
    if picture.sha1 != past.sha1 or past.begun or open_:
        return None
    return Look(version, sha1=past.sha1 if item.images.get(kind.lock, "") == past.shown else "")


def decided(picture: Picture, version: str, cur: str, entry: Entry, rules: plan.Rules) -> Look:
    """Decides about the image; `cur` is the key of the image that is shown (`shown_key`)."""
    # The image as a text field, whose value is Plex's key of the image.
    field, key = Field(picture.kind.field, "text", picture.kind.lock), picture.key
    base, chosen = _base(picture, entry), None
    decision = entry.decided.get(field.name)
    if decision and decision.fits(field, cur, key):
        base = after_decision(field, base, decision)
        chosen = base if decision.side == plan.PLEX else None
        if decision.side == plan.STASH:
            rules = replace(rules, locked=rules.locked - {field.plex_name})
    change = plan.scalar(field, base, cur, key, rules)
    if change and not change.writes:
        kept = version + HELD if change.why == plan.LOCKED else version
        return Look(kept, wanted=key, change=change, chosen=chosen)
    return Look(version, picture if change else None, picture.sha1, key, change)


def shown_key(kind: Kind, offered: "Offered | None", rules: plan.Rules) -> str:
    """The key of the image that somebody uploaded or picked; '' for Plex's own image."""
    key = selected(offered or {})
    return key if key.startswith(UPLOADED) or kind.lock in rules.locked else ""


def _base(picture: Picture, entry: Entry) -> "plan.Written | None":
    """The ledger's entry about the image, as the baseline of a field."""
    kind, past = picture.kind, entry.image(picture.kind.field)
    ours = kind.key(past.sha1) if past.sha1 else ""
    known = entry.baseline.get(kind.field)
    if past.begun and known and known.begun:
        return known
    if past.begun:
        return plan.Written(picture.key, ours, plan.SCALAR if ours else (), begun=True)
    if known:
        return known
    return plan.Written(ours, ours, plan.SCALAR) if ours else None


def upload_begun(entry: Entry, image: ItemImage) -> Entry:
    """The entry before the image is shown, with the person's image that it is about to replace."""
    name, change, past = image.kind.field, image.look.change, entry.image(image.kind.field)
    before = str(change.before or "") if change else ""
    if change and before.startswith(UPLOADED) and before != image.kind.key(past.sha1):
        known = {**entry.baseline, name: plan.Written(change.after, before, begun=True)}
        entry = entry.but(baseline=known)
    return entry.with_image(name, past._replace(begun=True))


def after_look(entry: Entry, image: ItemImage, now: Item) -> Entry:
    """The entry after a look; `now` is the item after the writes."""
    name, look, past = image.kind.field, image.look, entry.image(image.kind.field)
    left = {field: base for field, base in entry.baseline.items() if field != name}
    if look.chosen or (look.is_kept and name in entry.baseline):
        left[name] = look.chosen or entry.baseline[name]
    ours = bool(look.picture) or bool(look.sha1 and not past.sha1)
    locks = entry.locks | {image.kind.lock} if ours and entry.locks is not None else entry.locks
    is_known = look.sha1 or look.chosen or name in left
    place = now.images.get(image.kind.lock, "") if is_known else past.shown
    after = ImageRecord(look.version, look.sha1 or past.sha1, shown=place)
    return entry.but(baseline=left, locks=locks).with_image(name, after)


FITTED = " 2:3"  # behind the version of a cover that was fitted


def version(scene: Scene, kind: Kind, settings: SyncSettings) -> str:
    """Changes whenever the image may have changed: the cover's own version, and how the image is made."""
    if scene.cover_version and kind is POSTER and settings.poster_fit and letterbox.available():
        return scene.cover_version + FITTED
    return scene.cover_version


def in_question(
    scene: Scene, item: Item, entry: Entry, settings: SyncSettings, rules: plan.Rules
) -> Iterator[Kind]:
    """Yields the kinds in `sync_fields` whose image may not be right any more."""
    for kind in KINDS:
        of_item = version(scene, kind, settings), item, entry, rules
        if kind.field in settings.sync_fields and is_due(kind, *of_item):
            yield kind


def due_covers(
    scene: Scene, item: Item, entry: Entry, settings: SyncSettings, rules: plan.Rules
) -> list[str]:
    """The images whose cover has to be looked at before anybody knows whether they are right. An image
    that waits for a person's decision is not among them."""
    due = in_question(scene, item, entry, settings, rules) if scene.has_cover else ()
    return [kind.field for kind in due if kind.field not in entry.asked]


def open_to_look(entry: Entry, settings: SyncSettings) -> set[Kind]:
    """The kinds of images to look at again: the last look was perhaps too soon, or a person's decision
    about the image is open or not carried out."""
    return {
        kind for kind in KINDS
        if kind.field in settings.sync_fields
        and (may_lag(entry.image(kind.field)) or kind.field in (*entry.asked, *entry.decided))
    }  # fmt: skip


def kept(entry: Entry, settings: SyncSettings, besides: Collection[str]) -> list[plan.Change]:
    """A change for each image that Plex keeps, from the ledger. Leaves out the images in `besides`, which
    were just looked at."""
    return [
        plan.Change(kind.field, None, None, why)
        for kind in KINDS
        if kind.field in settings.sync_fields and kind.field not in besides
        and (why := why_kept(entry, kind.field))
    ]  # fmt: skip


@dataclass
class Covers:
    """Looks at covers; the clock gives epoch seconds."""

    _plex: PlexPort
    _settings: SyncSettings
    _clock: Callable[[], float]

    def look(
        self,
        scene: Scene,
        item: Item,
        entry: Entry,
        rules: plan.Rules,
        cover: Callable[[Scene], "bytes | None"],
        also: Collection[str] = (),
    ) -> list[ItemImage]:
        """Returns what to show for each kind in question or in `also`. Raises Busy or Gone like `cover`."""
        due = set(in_question(scene, item, entry, self._settings, rules))
        due |= open_to_look(entry, self._settings)
        asked = set(also).intersection(self._settings.sync_fields)
        due |= {kind for kind in KINDS if kind.field in asked}
        data = cover(scene) if due else None
        kinds = [kind for kind in KINDS if kind in due]
        return [self._looked(kind, data, scene, item, entry, rules) for kind in kinds]

    def _looked(
        self,
        kind: Kind,
        data: "bytes | None",
        scene: Scene,
        item: Item,
        entry: Entry,
        rules: plan.Rules,
    ) -> ItemImage:
        named = version(scene, kind, self._settings)
        at = seen(named, self._clock())
        if data is None:
            return ItemImage(kind, Look(at))
        picture = images.picture(kind, letterbox.fitted(data) if named.endswith(FITTED) else data)
        if same := as_before(picture, at, item, entry, rules):
            return ItemImage(kind, same)
        offered = images.known(self._plex, item, kind, entry.image(kind.field))
        shown = shown_key(kind, offered, rules)
        return ItemImage(kind, decided(picture, at, shown, entry, rules), offered)


def show(plex: PlexPort, rating_key: int, image: ItemImage) -> str:
    """Makes Plex show the image. Returns a sentence if Plex does not take it, else ''."""
    if not image.look.picture:
        return ""
    try:
        images.show(plex, rating_key, image.look.picture, image.offered)
    except errors.Rejected as error:  # it would refuse these bytes again
        image.refused = True
        return f"has a cover that Plex does not take as {image.kind.field}: {error}"
    return ""

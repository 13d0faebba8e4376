"""Which image an item is to show, decided by the table of all fields (`plan`). Pure."""

from dataclasses import dataclass, replace
from typing import NamedTuple

from plex.fields.image_kinds import UPLOADED, Kind, Offered, selected
from plex.fields.item import Item
from plex.images.images import Picture
from plex.plan.baseline import after_decision
from plex.plan.last_written import SCALAR, Written
from plex.plan.plan import ASK, CONFLICT, LOCKED, PLEX, STASH, Change, Rules, scalar
from plex.state.entry import Entry, ImageRecord

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
    change: "Change | None" = None
    chosen: "Written | None" = None

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


def is_due(kind: Kind, version: str, item: Item, entry: Entry, rules: Rules) -> bool:
    """Whether the cover has to be downloaded to know if the image is right."""
    past, held = entry.image(kind.field), rules.holds(kind.as_field)
    if rules.fill_only and not past.sha1 and item.images.get(kind.lock) and held:
        return False  # somebody chose it; Plex shows a frame of the video on its own
    released = past.version.endswith(HELD) and (rules.policy == STASH or not held)
    moved = not version or version != past.version.rstrip(FRESH + HELD)
    return past.begun or moved or released or may_be_edited(kind, item, past, rules)


def may_be_edited(kind: Kind, item: Item, past: ImageRecord, rules: Rules) -> bool:
    """Whether a person may have picked another image since our upload, and On Edit in Plex is `stash` or
    `ask`."""
    elsewhere = item.images.get(kind.lock, "") != past.shown
    return bool(past.sha1) and rules.policy in (STASH, ASK) and elsewhere


def may_lag(past: ImageRecord) -> bool:
    """Whether the last look came so soon that the same version may be another cover's by now. Stash reports
    that change with an event, so a sync looks again and a reconciliation need not."""
    return FRESH in past.version


def kept(entry: Entry, name: str) -> str:
    """Why Plex keeps an image, from the last look; '' if the image is ours, or nobody looked."""
    if name in entry.asked:
        return CONFLICT
    return LOCKED if entry.image(name).version.endswith(HELD) else ""


def seen(version: str, now: float) -> str:
    """Returns the version to record when the cover is looked at `now`."""
    # A version begins with a time in whole seconds: another cover may follow in the same second.
    time = version.partition(" ")[0]
    return version + FRESH if time.isdigit() and now - int(time) < SETTLED else version


def as_before(
    picture: Picture, version: str, item: Item, entry: Entry, rules: Rules
) -> "Look | None":
    """Returns the look if the cover is the image that we uploaded last. Returns None if there is more to
    decide."""
    kind, past = picture.kind, entry.image(picture.kind.field)
    open_ = may_be_edited(kind, item, past, rules) or kind.field in (*entry.asked, *entry.decided)
    if picture.sha1 != past.sha1 or past.begun or open_:
        return None
    return Look(version, sha1=past.sha1 if item.images.get(kind.lock, "") == past.shown else "")


def decided(picture: Picture, version: str, cur: str, entry: Entry, rules: Rules) -> Look:
    """Decides about the image; `cur` is the key of the image that is `shown`."""
    field, key = picture.kind.as_field, picture.key
    base, chosen = _base(picture, entry), None
    decision = entry.decided.get(field.name)
    if decision and decision.fits(field, cur, key):
        base = after_decision(field, base, decision)
        chosen = base if decision.side == PLEX else None
        if decision.side == STASH:
            rules = replace(rules, locked=rules.locked - {field.plex_name})
    change = scalar(field, base, cur, key, rules)
    if change and not change.writes:
        kept = version + HELD if change.why == LOCKED else version
        return Look(kept, wanted=key, change=change, chosen=chosen)
    return Look(version, picture if change else None, picture.sha1, key, change)


def shown(kind: Kind, offered: "Offered | None", rules: Rules) -> str:
    """The key of the image that somebody uploaded or picked; '' for Plex's own image."""
    key = selected(offered or {})
    return key if key.startswith(UPLOADED) or rules.holds(kind.as_field) else ""


def _base(picture: Picture, entry: Entry) -> "Written | None":
    """The ledger's entry about the image, as the baseline of a field."""
    kind, past = picture.kind, entry.image(picture.kind.field)
    ours = kind.key(past.sha1) if past.sha1 else ""
    known = entry.baseline.get(kind.field)
    if past.begun and known and known.begun:
        return known
    if past.begun:
        return Written(picture.key, ours, SCALAR if ours else (), begun=True)
    if known:
        return known
    return Written(ours, ours, SCALAR) if ours else None


def begun(entry: Entry, image: ItemImage) -> Entry:
    """The entry before the image is shown, with the person's image that it is about to replace."""
    name, change, past = image.kind.field, image.look.change, entry.image(image.kind.field)
    before = str(change.before or "") if change else ""
    if change and before.startswith(UPLOADED) and before != image.kind.key(past.sha1):
        known = {**entry.baseline, name: Written(change.after, before, begun=True)}
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

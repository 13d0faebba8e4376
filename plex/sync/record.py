"""The ledger's entry of an item before the writes of a work, and after them. Pure."""

from collections.abc import Iterable

from plex.fields.image_kinds import KINDS
from plex.fields.item import Item
from plex.images import image_plan
from plex.plan import baseline, plan
from plex.state import file_id
from plex.state.entry import Entry
from plex.sync.work import Work


def begun(work: Work) -> Entry:
    """The entry before the writes."""
    entry, locks = work.entry, {image.kind.lock for image in work.new_images}
    for image in work.new_images:
        entry = image_plan.begun(entry, image)
    return entry.but(
        scene_id=work.scene.id,
        baseline=baseline.before_write(entry.baseline, work.changes, work.wanted),
        locks=baseline.locks_ahead(entry.locks, work.changes, locks),
        files=file_id.of_item(work.item),
    )


def done(work: Work, now: float, synced: Iterable[str]) -> Entry:
    """The entry after the writes; `synced` are the fields of the settings."""
    item, known, decided = work.after or work.item, work.entry, (work.changes, work.wanted)
    entry = _moved(known, work.item, item).but(
        scene_id=work.scene.id,
        baseline=baseline.after_read_back(known.baseline, work.changes, item.values, work.wanted),
        locks=baseline.our_locks(known.locks, known.baseline, *decided, item.locks),
        asked=asked(work, synced),
        files=file_id.of_item(item),
        synced=now,
    )
    for image in work.images:
        entry = image_plan.after_look(entry, image, item)
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
    for kind in KINDS:
        past = entry.image(kind.field)
        if before.images.get(kind.lock, "") == past.shown:
            past = past._replace(shown=now.images.get(kind.lock, ""))
            entry = entry.with_image(kind.field, past)
    return entry

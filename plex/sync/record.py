"""What the ledger says of an item before the writes of a work, and after them. Pure."""

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
    entry, locks = work.entry, {one.kind.lock for one in work.shows}
    for one in work.shows:
        entry = image_plan.begun(entry, one)
    return entry.but(
        scene_id=work.scene.id,
        baseline=baseline.begun(entry.baseline, work.changes, work.wanted),
        locks=baseline.locks_ahead(entry.locks, work.changes, locks),
        files=file_id.of_item(work.item),
    )


def done(work: Work, now: float, synced: Iterable[str]) -> Entry:
    """The entry after them; `synced` are the fields of the settings."""
    item, known = work.after or work.item, work.entry
    entry = _moved(known, work.item, item).but(
        scene_id=work.scene.id,
        baseline=baseline.confirmed(known.baseline, work.changes, item.values, work.wanted),
        locks=baseline.our_locks(
            known.locks, known.baseline, work.changes, work.wanted, item.locks
        ),
        asked=asked(work, synced),
        files=file_id.of_item(item),
        synced=now,
    )
    for one in work.looked:
        entry = image_plan.remembered(entry, one, item)
    return entry


def is_news(entry: Entry, work: Work) -> bool:
    """Whether the entry says more than what is in the ledger but for its time."""
    known = work.entry.but(synced=entry.synced)
    return entry != known or bool(work.entry.decided) or not work.entry.synced


def asked(work: Work, synced: Iterable[str]) -> tuple[str, ...]:
    """The fields that a person has to decide about."""
    asked = tuple(change.field for change in work.changes if change.why == plan.CONFLICT)
    unseen = [name for name in work.unseen if name in synced]
    return asked + tuple(name for name in unseen if name in work.entry.asked)


def _moved(entry: Entry, before: Item, now: Item) -> Entry:
    """The entry with where Plex shows its images now: what we write moves those as well."""
    for kind in KINDS:
        past = entry.past(kind.field)
        if before.images.get(kind.lock, "") == past.shown:
            past = past._replace(shown=now.images.get(kind.lock, ""))
            entry = entry.with_past(kind.field, past)
    return entry

"""One scene and the items that show it: what is wrong in Plex, and whether a sync is owed for it."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from plex.fields import actor_photos
from plex.fields.image_kinds import BY_FIELD
from plex.fields.item import Item
from plex.fields.registry import IMAGES
from plex.images import covers
from plex.plan.plan import ASK
from plex.state import scene_state
from plex.state.entry import Entry
from plex.state.ledger import Ledger
from plex.sync.work import Work, claim_photos, decided, rules
from reconciliation import brake
from reconciliation.detector import DRIFTED, Gap, gap, moot, unasked, worst
from stash.scene import Scene
from validation.settings import SyncSettings

if TYPE_CHECKING:
    from plex.fields.image_kinds import Kind
    from plex.state.scene_state import State

COVER, EDITED = "cover", "edited"  # why a scene is owed that has no gap to be repaired


class Judged(NamedTuple):
    """`reason` is that for which the scene is owed, '' if it is not; `agrees` says that there was
    nothing at all; `loses`, that a sync would leave less in Plex; `states` are those of the scene
    beside each of its items."""

    gap: "Gap | None"
    reason: str
    agrees: bool
    loses: bool
    states: "list[State]"


class Judging:
    """Lives as long as a run: the photo of an actor is owed with one scene."""

    def __init__(self, ledger: Ledger, settings: SyncSettings) -> None:
        self._ledger, self._settings = ledger, settings
        self._photos: set[str] = set()  # actors whose photo is owed already

    def __call__(self, scene: Scene, items: Sequence[Item], entries: Mapping[int, Entry]) -> Judged:
        gaps, cover, asking, loses, states = [], False, False, False, []
        for item in items:
            entry = entries[item.rating_key]
            work = decided(scene, item, entry, self._settings)
            if work is None:
                states.append(scene_state.NO_TEXT)
                continue
            self._claim_photos(work)
            one = gap(
                scene.id, work.changes, item.without_scanned, work.wanted,
                ("photos",) * bool(work.photos),
            )  # fmt: skip
            gaps += [one] if one else []
            moved = self._covers_moved(scene, item, entry)
            cover = cover or bool(moved)
            states.append(self._state(work, moved))
            asked = self._open(item, entry)
            asking = asking or bool(unasked(work.changes, asked) or moot(work.changes, asked))
            loses = loses or brake.loses(work.changes)
        one = worst(gaps)
        if one and one.kind != DRIFTED:
            return Judged(one, one.kind, False, loses, states)
        if cover:
            return Judged(one, COVER, False, loses, states)
        # The sync that comes of it writes nothing; it lists the edit for a decision.
        agrees = not (one or asking or self._awaits_photo(scene))
        return Judged(one, EDITED if asking else "", agrees, loses, states)

    def _open(self, item: Item, entry: Entry) -> list[str]:
        """What is listed for a decision, without the images about which a sync would ask again."""
        named, asks = self._settings.sync_fields, self._settings.on_edit_in_plex == ASK
        return [
            name for name in entry.asked
            if not (asks and name in IMAGES and name in named and _is_edited(item, entry, name))
        ]  # fmt: skip

    def _claim_photos(self, work: Work) -> None:
        if names := actor_photos.wanted(work.scene, self._settings):
            sent = self._ledger.photos(names)
            claim_photos([work], sent, self._ledger.holders(sent), self._settings, self._photos)

    def _awaits_photo(self, scene: Scene) -> bool:
        """Whether a photo of one of its actors is owed, be it with another scene."""
        return not self._photos.isdisjoint(actor_photos.wanted(scene, self._settings))

    def _covers_moved(self, scene: Scene, item: Item, entry: Entry) -> "list[Kind]":
        """The images for which the cover has to be looked at: that it changed is only known once
        it is here."""
        if not scene.has_cover:
            return []
        how = rules(item, entry, self._settings)
        due = covers.in_question(scene, item, entry, self._settings, how)
        # What a person was asked about waits for the answer, not for a look.
        return [kind for kind in due if kind.field not in entry.asked]

    def _state(self, work: Work, moved: "Sequence[Kind]") -> "State":
        due = [kind.field for kind in moved]
        kept = covers.kept(work.entry, self._settings, due)
        photos_due = ["photos"] * bool(work.photos)
        return scene_state.compared([*work.changes, *kept], photos_due, due)


def _is_edited(item: Item, entry: Entry, image: str) -> bool:
    """Whether Plex shows the image at another place than it showed ours."""
    return item.images.get(BY_FIELD[image].lock, "") != entry.past(image).shown

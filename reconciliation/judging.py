"""One scene and the items that show it: what is wrong in Plex, and whether a sync is owed for it."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from plex import covers, photos
from plex.entry import Entry
from plex.fields import IMAGES
from plex.images import BY_FIELD
from plex.item import Item
from plex.ledger import Ledger
from plex.plan import ASK
from plex.work import Work, claim_photos, decided, rules
from reconciliation import brake
from reconciliation.detector import DRIFTED, Gap, gap, moot, unasked, worst
from stash.scene import Scene

COVER, EDITED = "cover", "edited"  # why a scene is owed that has no gap to be repaired


class Judged(NamedTuple):
    """`reason` is that for which the scene is owed, '' if it is not; `agrees` says that there was
    nothing at all; `loses`, that a sync would leave less in Plex."""

    gap: "Gap | None"
    reason: str
    agrees: bool
    loses: bool


class Judging:
    """Lives as long as a run: the photo of an actor is owed with one scene."""

    def __init__(self, ledger: Ledger, config: Any) -> None:
        self._ledger, self._config = ledger, config
        self._photos: set[str] = set()  # actors whose photo is owed already

    def __call__(self, scene: Scene, items: Sequence[Item], entries: Mapping[int, Entry]) -> Judged:
        gaps, cover, asking, loses = [], False, False, False
        for item in items:
            entry = entries[item.rating_key]
            work = decided(scene, item, entry, self._config)
            if work is None:
                continue
            self._claim_photos(work)
            one = gap(
                scene.id, work.changes, item.values, work.wanted, ("photos",) * bool(work.photos)
            )
            gaps += [one] if one else []
            cover = cover or self._cover_moved(scene, item, entry)
            asked = self._open(item, entry)
            asking = asking or bool(unasked(work.changes, asked) or moot(work.changes, asked))
            loses = loses or brake.loses(work.changes)
        one = worst(gaps)
        if one and one.kind != DRIFTED:
            return Judged(one, one.kind, False, loses)
        if cover:
            return Judged(one, COVER, False, loses)
        # The sync that comes of it writes nothing; it lists the edit for a decision.
        agrees = not (one or asking or self._awaits_photo(scene))
        return Judged(one, EDITED if asking else "", agrees, loses)

    def _open(self, item: Item, entry: Entry) -> list[str]:
        """What is listed for a decision, without the images about which a sync would ask again."""
        named, asks = self._config.sync_fields, self._config.on_edit_in_plex == ASK
        return [
            name for name in entry.asked
            if not (asks and name in IMAGES and name in named and _is_edited(item, entry, name))
        ]  # fmt: skip

    def _claim_photos(self, work: Work) -> None:
        if names := photos.wanted(work.scene, self._config):
            claim_photos([work], self._ledger.photos(names), self._config, self._photos)

    def _awaits_photo(self, scene: Scene) -> bool:
        """Whether a photo of one of its actors is owed, be it with another scene."""
        return not self._photos.isdisjoint(photos.wanted(scene, self._config))

    def _cover_moved(self, scene: Scene, item: Item, entry: Entry) -> bool:
        """Whether the cover has to be looked at: that it changed is only known once it is here."""
        how = rules(item, entry, self._config)
        due = covers.in_question(scene, item, entry, self._config, how)
        # What a person was asked about waits for the answer, not for a look.
        return scene.has_cover and any(kind.field not in entry.asked for kind in due)


def _is_edited(item: Item, entry: Entry, image: str) -> bool:
    """Whether Plex shows the image at another place than it showed ours."""
    return item.images.get(BY_FIELD[image].lock, "") != entry.past(image).shown

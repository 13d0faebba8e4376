"""Covers of scenes: checked before the writes, and uploaded with the writes."""

from collections.abc import Callable, Collection, Iterator

import errors
from plex.client.port import PlexPort
from plex.fields.image_kinds import KINDS, POSTER, Kind
from plex.fields.item import Item
from plex.images import image_plan, images, letterbox
from plex.images.image_plan import ItemImage, Look
from plex.plan.plan import Change, Rules
from plex.state.entry import Entry
from stash.scene import Scene
from validation.settings import SyncSettings

FITTED = " 2:3"  # behind the version of a cover that was fitted


def version(scene: Scene, kind: Kind, settings: SyncSettings) -> str:
    """Changes whenever the image may have changed: the cover's own version, and how the image is made."""
    if scene.cover_version and kind is POSTER and settings.poster_fit and letterbox.available():
        return scene.cover_version + FITTED
    return scene.cover_version


def in_question(
    scene: Scene, item: Item, entry: Entry, settings: SyncSettings, rules: Rules
) -> Iterator[Kind]:
    """Yields the kinds in `sync_fields` whose image may not be right any more."""
    for kind in KINDS:
        of_item = version(scene, kind, settings), item, entry, rules
        if kind.field in settings.sync_fields and image_plan.is_due(kind, *of_item):
            yield kind


def due_covers(
    scene: Scene, item: Item, entry: Entry, settings: SyncSettings, rules: Rules
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
        and (image_plan.may_lag(entry.image(kind.field)) or kind.field in (*entry.asked, *entry.decided))
    }  # fmt: skip


def kept(entry: Entry, settings: SyncSettings, besides: Collection[str]) -> list[Change]:
    """A change for each image that Plex keeps, from the ledger. Leaves out the images in `besides`, which
    were just looked at."""
    return [
        Change(kind.field, None, None, why)
        for kind in KINDS
        if kind.field in settings.sync_fields and kind.field not in besides
        and (why := image_plan.kept(entry, kind.field))
    ]  # fmt: skip


class Covers:
    """Looks at covers; `clock` gives epoch seconds."""

    def __init__(self, plex: PlexPort, settings: SyncSettings, clock: Callable[[], float]) -> None:
        self._plex, self._settings, self._clock = plex, settings, clock

    def look(
        self,
        scene: Scene,
        item: Item,
        entry: Entry,
        rules: Rules,
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
        self, kind: Kind, data: "bytes | None", scene: Scene, item: Item, entry: Entry, rules: Rules
    ) -> ItemImage:
        named = version(scene, kind, self._settings)
        at = image_plan.seen(named, self._clock())
        if data is None:
            return ItemImage(kind, Look(at))
        picture = images.picture(kind, letterbox.fitted(data) if named.endswith(FITTED) else data)
        if same := image_plan.as_before(picture, at, item, entry, rules):
            return ItemImage(kind, same)
        offered = images.known(self._plex, item, kind, entry.image(kind.field))
        shown = image_plan.shown(kind, offered, rules)
        return ItemImage(kind, image_plan.decided(picture, at, shown, entry, rules), offered)


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

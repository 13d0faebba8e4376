"""What of a scene's cover Plex has to be shown: looked at before the writes, shown with them."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Protocol

import errors
from plex import images, letterbox
from plex.images import POSTER, Kind, Look
from plex.item import Item
from plex.ledger import Entry, Past
from stash.scene import Scene

FITTED = " 2:3"  # behind the version of a cover that was fitted


class Stash(Protocol):
    """What is asked of Stash."""

    def cover(self, one: Scene) -> "bytes | None": ...


class Choice(Protocol):
    """What of the config decides about images."""

    @property
    def sync_fields(self) -> Iterable[str]: ...
    @property
    def poster_fit(self) -> bool: ...
    @property
    def preserve_plex_edits(self) -> bool: ...


@dataclass
class Showing:
    """One image of an item: what was found when its cover was looked at.

    `offered` are the images that Plex has, if that was asked; `refused`: it does not take this one.
    """

    kind: Kind
    look: Look
    offered: "dict[str, bool] | None" = None
    refused: bool = False

    @property
    def key(self) -> str:
        """What Plex shows now, as far as that was asked."""
        return next((key for key, shown in (self.offered or {}).items() if shown), "")

    def past(self, before: Past) -> Past:
        """What is known of it after it was shown."""
        found = self.look.picture
        return Past(self.look.version, found.sha1 if found else before.sha1)


def version(scene: Scene, kind: Kind, choice: Choice) -> str:
    """What changes whenever the image may have: the cover's own version, and how it is made."""
    if scene.cover_version and kind is POSTER and choice.poster_fit and letterbox.available():
        return scene.cover_version + FITTED
    return scene.cover_version


def in_question(
    scene: Scene, item: Item, entry: Entry, choice: Choice, lag: bool = False
) -> Iterator[Kind]:
    """The kinds that are switched on and ours to set, and whose cover may be another one now;
    with `lag` also where only the last look came too soon to be the last."""
    for kind in images.KINDS:
        past = entry.past(kind.field)
        if kind.field not in choice.sync_fields:
            continue
        if not images.may_show(item, kind, past, choice.preserve_plex_edits):
            continue
        moved = images.must_look(version(scene, kind, choice), past)
        if moved or (lag and images.may_lag(past)):
            yield kind


class Covers:
    """Looks at covers; `clock` gives epoch seconds."""

    def __init__(
        self, stash: Stash, plex: images.Images, choice: Choice, clock: Callable[[], float]
    ) -> None:
        self._stash, self._plex, self._choice, self._clock = stash, plex, choice, clock

    def look(self, scene: Scene, item: Item, entry: Entry) -> list[Showing]:
        """Of each kind in question what is to be shown, if anything; Busy or Gone if the cover
        cannot be had."""
        kinds = list(in_question(scene, item, entry, self._choice, lag=True))
        data = self._stash.cover(scene) if kinds else None
        return [self._looked(kind, data, scene, item, entry) for kind in kinds]

    def _looked(
        self, kind: Kind, data: "bytes | None", scene: Scene, item: Item, entry: Entry
    ) -> Showing:
        named, past = version(scene, kind, self._choice), entry.past(kind.field)
        if data and named.endswith(FITTED):
            data = letterbox.fitted(data)
        found = Showing(kind, images.look(data, kind, named, past, self._clock()))
        if found.look.picture:
            found.offered = images.known(self._plex, item, kind, past)
        return found

    def show(self, rating_key: int, showing: Showing) -> str:
        """Put the image up; what there is to say if Plex does not take it."""
        if not showing.look.picture:
            return ""
        try:
            images.show(self._plex, rating_key, showing.look.picture, showing.offered)
        except errors.Rejected as error:  # it would refuse these bytes again
            showing.refused = True
            return f"has a cover that Plex does not take as {showing.kind.field}: {error}"
        return ""

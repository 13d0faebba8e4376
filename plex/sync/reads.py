"""Reads: what a decision reads of both servers."""

from collections.abc import Collection, Sequence

from plex.client.port import PlexPort, Unread
from plex.fields.item import Item
from stash.port import StashPort
from stash.scene import Scene


class Reads:
    """Reads everything when it is asked for. `Prefetch` has read some of it before."""

    def __init__(self, stash: StashPort, plex: PlexPort) -> None:
        self._stash, self._plex = stash, plex

    def scenes(self, ids: Sequence[int], extras: Collection[str]) -> dict[int, Scene]:
        return self._stash.scenes(ids, extras)

    def items(self, rating_keys: Sequence[int], unread: Unread) -> dict[int, Item]:
        """The items that Plex gives. `unread` gets those that Plex has and cannot give, with the reason."""
        return self._plex.items(rating_keys, unread)

    def cover(self, scene: Scene) -> "bytes | None":
        return self._stash.cover(scene)

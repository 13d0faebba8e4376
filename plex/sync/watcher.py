"""Watcher: learns how far the writes of a batch are. Pure."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from stash.scene import Scene


class Watcher:
    """Does nothing with what it learns."""

    def begins(self, scene: "Scene") -> None:
        """The scene is about to be written."""

    def wrote(self, scene: "Scene") -> None:
        """All items of the scene are written."""

"""A collection: a title, and every item of the section that carries its tag."""

from __future__ import annotations

from typing import Any

from .images import Shelf, frame_key
from .items import NO_LOCKS, Item, title_order
from .kinds import ImageKind
from .tags import Tag


class Collection:
    """It has a rating key, fields and images of its own, like an item."""

    def __init__(self, rk: int, section: Any, tag: Tag, now: int) -> None:
        self.rk = rk
        self.section = section
        self.tag = tag
        self.keys: set[int] = set()  # rating keys of the members
        self.attrs: dict[str, str] = {"title": tag.name}
        self.tags: dict[str, list[Tag]] = {}
        self.locks: frozenset[str] = NO_LOCKS
        self.shelves: dict[str, Shelf] = {}
        self.added_at = now
        self.updated_at = now
        self.listing: str | None = None
        self.roles: dict[int, str] | None = None

    @property
    def title(self) -> str:
        return self.attrs.get("title", "")

    @property
    def members(self) -> list[Item]:
        items = [self.section.items[key] for key in self.keys]
        return sorted(items, key=title_order)

    def shelf(self, kind: ImageKind) -> Shelf:
        """A fresh collection shows a picture that Plex made of its members."""
        shelf = self.shelves.get(kind.attribute)
        if shelf is None:
            shelf = self.shelves[kind.attribute] = Shelf()
            if kind.attribute == "thumb":
                shelf.show(frame_key(self.rk))
        return shelf

    def shows(self, kind: ImageKind) -> str:
        return self.shelf(kind).selected

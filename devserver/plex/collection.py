"""A collection: a title, and every item of the section that carries its tag."""

from __future__ import annotations

from typing import Any

from .images import Shelf, frame_key
from .items import NO_LOCKS, Item, title_order
from .kinds import ImageKind
from .tags import Tag

RELEASE, TITLE, CUSTOM = SORTS = (0, 1, 2)


def _release_order(item: Item) -> tuple[str, tuple[str, int]]:
    return item.attrs.get("originallyAvailableAt", ""), title_order(item)


class Collection:
    """It has a rating key, fields and images of its own, like an item."""

    def __init__(self, rk: int, section: Any, tag: Tag, now: int) -> None:
        self.rk = rk
        self.section = section
        self.tag = tag
        self.keys: set[int] = set()  # rating keys of the members
        self.sort = RELEASE
        self.order: list[int] = []  # of a custom sort; members that are not in it come last
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
        if self.sort == CUSTOM:
            return sorted(items, key=self._place)
        return sorted(items, key=_release_order if self.sort == RELEASE else title_order)

    def _place(self, item: Item) -> tuple[int, int]:
        return self.order.index(item.rk) if item.rk in self.order else len(self.order), item.rk

    def sort_by(self, sort: int) -> None:
        """A custom sort begins with the order that was there."""
        self.order = [item.rk for item in self.members]
        self.sort = sort

    def move(self, key: int, after: int) -> None:
        """Behind another member, or (0) to the front."""
        order = [item.rk for item in self.members if item.rk != key]
        order.insert(order.index(after) + 1 if after else 0, key)
        self.order = order

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

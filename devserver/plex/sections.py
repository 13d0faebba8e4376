"""One library section: its roots, its items in title order, and files waiting for a scan."""

from __future__ import annotations

from bisect import insort
from typing import Any, NamedTuple

from .items import Item, title_order


class Waiting(NamedTuple):
    """A file that lies on disk and that Plex has not seen yet."""

    path: str
    size: int
    fields: dict[str, Any]


class Section:
    """The order by sort title is kept up to date in pieces."""

    def __init__(
        self, id: int, title: str, type: str, agent: str, roots: list[str], scanner: str, now: int
    ) -> None:
        self.id = id
        self.title = title
        self.type = type
        self.agent = agent
        self.roots = roots
        self.scanner = scanner
        self.language = "xn" if agent == "com.plexapp.agents.none" else "en-US"
        self.created_at = now
        self.updated_at = now
        self.scanned_at = now
        self.content_changed_at = 1000 + id
        self.items: dict[int, Item] = {}
        self.waiting: dict[str, Waiting] = {}
        self._order: list[Item] = []
        self._moved: set[Item] | None = None  # since the order was made; None = make it anew

    @property
    def uuid(self) -> str:
        return f"00000000-0000-4000-8000-{self.id:012d}"

    @property
    def is_other_videos(self) -> bool:
        return self.agent.endswith(".agents.none")

    def moved(self, item: Item | None = None) -> None:
        """The item's place in the order may have changed; None: everything's."""
        if item is None:
            self._moved = None
        elif self._moved is not None:
            self._moved.add(item)

    def in_order(self) -> list[Item]:
        """By sort title. A few moved items are put into place without sorting everything."""
        if self._moved is None or len(self._moved) > 100:
            self._order = sorted(self.items.values(), key=title_order)
        elif self._moved:
            self._order = [item for item in self._order if item not in self._moved]
            for item in self._moved:
                if item.rk in self.items:
                    insort(self._order, item, key=title_order)
        self._moved = set()
        return self._order

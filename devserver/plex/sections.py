"""One library section: its roots, its items in title order, and files waiting for a scan."""

from __future__ import annotations

from typing import Any, NamedTuple

from .items import Item


class Waiting(NamedTuple):
    """A file that lies on disk and that Plex has not seen yet."""

    path: str
    size: int
    fields: dict[str, Any]


class Section:
    """`order` is the cached default order, None when it has to be made anew."""

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
        self.order: list[Item] | None = None

    @property
    def uuid(self) -> str:
        return f"00000000-0000-4000-8000-{self.id:012d}"

    @property
    def is_other_videos(self) -> bool:
        return self.agent.endswith(".agents.none")

    def in_order(self) -> list[Item]:
        if self.order is None:
            self.order = sorted(self.items.values(), key=title_order)
        return self.order


def title_order(item: Item) -> tuple[str, int]:
    return item.title_sort.casefold(), item.rk

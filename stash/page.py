"""A page of scenes as Stash sent it: parsed only if somebody asks for its rows."""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

Rows = dict[int, Any]  # by the ids of scenes, ascending


class Extent(NamedTuple):
    """How many scenes a page has, and the last one's id."""

    size: int
    last: int


# Given the id that a page comes after and its bytes, its extent if that is known without a look.
Known = Callable[[int, bytes], "Extent | None"]


def unknown(after: int, body: bytes) -> None:
    """Of no page anything is known."""


class Page:
    """Scenes by ascending id, of those `after` an id."""

    def __init__(
        self,
        after: int,
        read: Callable[[], Rows],
        extent: "Extent | None" = None,
        unread: "Mapping[int, str] | None" = None,
    ) -> None:
        """`read` raises what makes the answer no page; with an extent it is called when it must be.
        `unread`: the scenes of the page that Stash cannot give, and why."""
        self.after, self._read, self.unread = after, read, unread or {}
        self._rows = None if extent else read()
        self.extent = extent or Extent(len(self._rows or ()), max(self._rows or (), default=after))

    @property
    def rows(self) -> Mapping[int, Any]:
        if self._rows is None:
            self._rows = self._read()
        return self._rows

"""Who wrote what an item says: a client of the API, or somebody else (a person, an agent, a scan)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from .kinds import IMAGES, SCALARS, TAGS

if TYPE_CHECKING:
    from .items import Item

Said = frozenset[tuple[str, str]]  # (field as in snapshots, its value or one name of its list)
FRAME = "media://"  # Plex itself takes frames out of the video: nobody wrote them


def said(item: Item) -> Said:
    """All that the item says, value by value."""
    pairs = [(name, item.attrs[name]) for name in SCALARS if name in item.attrs]
    pairs += [(kind.plural, tag.name) for kind in TAGS for tag in item.tags.get(kind.wire, ())]
    pairs += [(kind.select, item.shows(kind)) for kind in IMAGES]
    return frozenset(pair for pair in pairs if pair[1] and not pair[1].startswith(FRAME))


class Authorship:
    """What clients wrote on one item, as far as it is still there.

    Another author's value that a client replaced stays that author's if a client puts it back, as
    an undo does.
    """

    __slots__ = ("clients", "replaced", "seen")

    def __init__(self) -> None:
        self.seen: Said = frozenset()
        self.clients: Said = frozenset()
        self.replaced: Said = frozenset()

    def note(self, now: Said, by_client: bool) -> None:
        """The item says this after a change."""
        come, gone = now - self.seen, self.seen - now
        if by_client:
            self.replaced |= gone - self.clients
            self.clients |= come - self.replaced
        self.replaced -= come
        self.clients &= now
        self.seen = now

    def claim(self, field: str, names: Iterable[str] | None = None) -> None:
        """Somebody else wrote the field (or these names of it), perhaps as it was."""
        theirs = None if names is None else {name.casefold() for name in names}
        self.clients = frozenset(
            (one, value) for one, value in self.clients
            if one != field or (theirs is not None and value.casefold() not in theirs)
        )  # fmt: skip

    def by_field(self) -> dict[str, set[str]]:
        """Field -> what a client wrote there; fields of others are left out."""
        found: dict[str, set[str]] = {}
        for field, value in self.clients:
            found.setdefault(field, set()).add(value)
        return found

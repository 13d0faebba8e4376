"""Who wrote what an item says: a client of the API, or somebody else (a person, an agent, a scan)."""

from __future__ import annotations

from collections.abc import Iterable

Values = frozenset[tuple[str, str]]  # (field as in snapshots, its value or one name of its list)


class Authorship:
    """What clients wrote on one item, as far as it is still there.

    Another author's value that a client replaced stays that author's if a client puts it back, as
    an undo does.
    """

    __slots__ = ("clients", "replaced", "seen")

    def __init__(self) -> None:
        self.seen: Values = frozenset()
        self.clients: Values = frozenset()
        self.replaced: Values = frozenset()

    def note(self, now: Values, by_client: bool) -> None:
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

"""The server-wide tag tables: one per kind, case-insensitive, the first casing wins."""

from __future__ import annotations

from itertools import count


class Tag:
    """One name of one kind, shared by every item that carries it."""

    __slots__ = ("id", "kind", "name", "thumb")

    def __init__(self, id: int, kind: str, name: str) -> None:
        self.id = id
        self.kind = kind
        self.name = name
        self.thumb = ""

    def __repr__(self) -> str:
        return f"<{self.kind} {self.id} {self.name!r}>"


class TagTables:
    """Tags are never deleted, so the first casing of a name lives as long as the server."""

    def __init__(self) -> None:
        self._ids = count(11)
        self._tables: dict[str, dict[str, Tag]] = {}

    def named(self, kind: str, name: str, capital: bool = True) -> Tag:
        """The tag of that name, made on demand. With `capital` a new label gets a capital first letter."""
        table = self._tables.setdefault(kind, {})
        tag = table.get(name.casefold())
        if tag is None:
            stored = name[:1].upper() + name[1:] if capital and kind == "label" else name
            tag = table[name.casefold()] = Tag(next(self._ids), kind, stored)
        return tag

    def found(self, kind: str, name: str) -> Tag | None:
        return self._tables.get(kind, {}).get(name.casefold())

    def all(self, kind: str) -> list[Tag]:
        return sorted(self._tables.get(kind, {}).values(), key=lambda tag: tag.name.casefold())

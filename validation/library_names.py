"""Reads the names of Plex libraries in the setting `plex_library`. Pure.

`Films` means the title in upper or lower case. `"Films, old"` means the exact title, with its commas
and blanks. `#3` means the library with this number in Plex.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from typing import Protocol, TypeVar

_END = r"(?=\s*(?:[,\n]|$))"
# A quote inside a quoted name is doubled. A single quote is accepted where no name could end.
_NAME = re.compile(
    rf'\s*("(?:[^"]|"")*"{_END}|"[^\n]*?"{_END}|[^,\n]*)(?:[,\n]|$)', re.DOTALL
)  # fmt: skip
_PLAIN = re.compile(r'[^\s",#]|[^\s",#][^",\n]*[^\s",]')
_NUMBER = re.compile(r"#\s*(\d{1,18})", re.ASCII)


class Library(Protocol):
    """A library of Plex."""

    @property
    def id(self) -> int: ...
    @property
    def title(self) -> str: ...


Some = TypeVar("Some", bound=Library)


def names_in(setting: str) -> list[str]:
    """Splits the setting into names. A comma in quotes does not separate names."""
    names = (match[1].strip() for match in _NAME.finditer(setting))
    return [name for name in names if name]


def libraries_named(name: str, libraries: Sequence[Some]) -> list[Some]:
    """Returns the libraries that the name means."""
    chosen: list[Some] = []
    if number := _NUMBER.fullmatch(name):
        chosen = [library for library in libraries if library.id == int(number[1])]
    elif len(name) > 1 and name.startswith('"') and name.endswith('"'):
        inside = name[1:-1]
        chosen = (
            [library for library in libraries if library.title == inside.replace('""', '"')]
            or [library for library in libraries if library.title == inside]
            or _alike(inside, libraries)
        )
    return chosen or _alike(name, libraries)


def as_typed(title: str) -> str:
    """Returns how a user types this title in the setting."""
    if _PLAIN.fullmatch(title) and " ".join(title.split()) == title:
        return title
    return '"' + title.replace('"', '""') + '"'


def folded(title: str) -> str:
    """Returns the title in the form that ignores case and repeated blanks."""
    return unicodedata.normalize("NFC", " ".join(title.split())).casefold()


def _alike(title: str, libraries: Sequence[Some]) -> list[Some]:
    return [library for library in libraries if folded(library.title) == folded(title)]

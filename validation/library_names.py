"""How the setting `plex_library` names a library of Plex. Pure.

`Films` means that title in any case; `"Films, old"` the very title, where a comma or blanks at its ends
belong to it; `#3` the number that Plex has given the library.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from typing import Protocol, TypeVar

_END = r"(?=\s*(?:[,\n]|$))"
# A quote inside is doubled; one that stands alone is understood where nothing could end behind it.
_NAME = re.compile(
    rf'\s*("(?:[^"]|"")*"{_END}|"[^\n]*?"{_END}|[^,\n]*)(?:[,\n]|$)', re.DOTALL
)  # fmt: skip
_PLAIN = re.compile(r'[^\s",#]|[^\s",#][^",\n]*[^\s",]')
_NUMBER = re.compile(r"#\s*(\d{1,18})", re.ASCII)


class Library(Protocol):
    """A library as Plex tells of it."""

    @property
    def id(self) -> int: ...
    @property
    def title(self) -> str: ...


Some = TypeVar("Some", bound=Library)


def names_in(as_typed: str) -> list[str]:
    """The names in a text, as they were typed: a comma in quotes parts nothing."""
    found = (match[1].strip() for match in _NAME.finditer(as_typed))
    return [name for name in found if name]


def libraries_named(name: str, libraries: Sequence[Some]) -> list[Some]:
    """Those of the libraries that are named so."""
    if number := _NUMBER.fullmatch(name):
        if found := [one for one in libraries if one.id == int(number[1])]:
            return found
    elif _is_quoted(name):
        inside = name[1:-1]
        for title in (inside.replace('""', '"'), inside):
            if found := [one for one in libraries if one.title == title]:
                return found
        if found := _alike(inside, libraries):
            return found
    return _alike(name, libraries)


def as_typed(title: str) -> str:
    """How a title has to be typed."""
    if _PLAIN.fullmatch(title) and " ".join(title.split()) == title:
        return title
    return '"' + title.replace('"', '""') + '"'


def folded(title: str) -> str:
    """A title without regard to case and to the number of blanks."""
    return unicodedata.normalize("NFC", " ".join(title.split())).casefold()


def _is_quoted(name: str) -> bool:
    return len(name) > 1 and name.startswith('"') and name.endswith('"')


def _alike(title: str, libraries: Sequence[Some]) -> list[Some]:
    return [one for one in libraries if folded(one.title) == folded(title)]

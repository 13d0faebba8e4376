"""The libraries of Plex (sections) and their collections, read from XML. Pure."""

import json
from collections.abc import Sequence
from typing import Any, NamedTuple

import errors
from plex.client.status import unreadable
from plex.fields.item import whole_number
from validation import library_names

LIBRARIES = "/library/sections"  # a Plex that gives this list is up


class Section(NamedTuple):
    """A library, of movie type if we look after it; `roots` are its folders as Plex sees them.

    `stamp` changes whenever Plex has scanned it. While it is `refreshing` Plex looks for files in it.
    Plex may read these files for longer than that. The `id` of a library whose number cannot be read is
    below 0: every question about it raises Busy.
    """

    id: int
    title: str
    agent: str
    stamp: str
    roots: tuple[str, ...]
    type: str = "movie"
    language: str = ""
    refreshing: bool = False


def read_section(directory: Any, place: int) -> Section:
    """The library of a row; `place` is the row's number, from 1 on."""
    return Section(
        id=whole_number(directory.get("key")) or -place,
        title=directory.get("title") or f"row {place}",
        agent=directory.get("agent", ""),
        stamp=json.dumps((directory.get("scannedAt"), directory.get("uuid"))),
        roots=tuple(child.get("path", "") for child in directory.iter("Location")),
        type=directory.get("type", ""),
        language=directory.get("language", ""),
        refreshing=directory.get("refreshing") == "1",
    )


def unnumbered(sections: Sequence[Section]) -> list[Section]:
    """The libraries whose number cannot be read: nothing more is known of them."""
    return [section for section in sections if section.id < 0]


def numbered(sections: Sequence[Section]) -> list[Section]:
    """The libraries whose number can be read. Raises Busy if libraries exist, and none has a readable
    number."""
    readable = [section for section in sections if section.id > 0]
    if sections and not readable:
        raise _no_number()
    return readable


def path_of(section: int) -> str:
    """The address of a library. Raises Busy if its number could not be read."""
    if section <= 0:
        raise _no_number()
    return f"{LIBRARIES}/{section}"


def typed(sections: Sequence[Section]) -> str:
    """The names and numbers that a user can type for these libraries."""
    titles = ", ".join(library_names.as_typed(section.title) for section in sections) or "none"
    numbers = ", ".join(f"#{section.id}" for section in sections)
    return f"{titles} (in this order also: {numbers})" if sections else titles


def _no_number() -> errors.Busy:
    return unreadable("the number of a library in Plex's list cannot be read")


CUSTOM = 2


class Collection(NamedTuple):
    """`edited`: somebody changed the collection in Plex, which locks the changed fields. `sort` is CUSTOM
    if its items keep the order in which they were moved. `size` is Plex's number of items, if it has one."""

    rating_key: int
    title: str
    edited: bool = False
    sort: int = 0
    size: "int | None" = None


def read_collection(directory: Any) -> Collection:
    return Collection(
        rating_key=whole_number(directory.get("ratingKey")) or 0,
        title=directory.get("title", ""),
        sort=whole_number(directory.get("collectionSort")) or 0,
        size=whole_number(directory.get("childCount")),
        edited=any(child.get("locked") == "1" for child in directory.findall("Field")),
    )

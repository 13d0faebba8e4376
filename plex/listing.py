"""A page of a listing as bytes, row by row: what reads as it did before is not parsed again. Pure.

Parsing is most of what a listing costs; of a library that rests, hardly a row is another one.
"""

import re
from collections.abc import Callable, Collection, Mapping
from typing import Any

from plex.item import Part, number, parts, whole_print
from plex.pages import Elements

_ROW, _END = b"<Video ", b"</MediaContainer>"
_KEY = re.compile(rb'(?:^|\s)ratingKey="(\d{1,19})"')
_HEAD = re.compile(rb'\s(size|totalSize)="(\d{1,19})"')
# Who watched an item and how far is nothing that we read: it makes no row another one.
_WATCHED = (b"viewCount", b"viewOffset", b"lastViewedAt", b"skipCount")
_WATCHING = re.compile(rb"\s(?:" + b"|".join(_WATCHED) + rb')="[^"]*"')


class Page:
    """One page. `parse` makes a container of XML, and raises what it cannot read.

    `marks` has a number for each row by its rating key: another one whenever Plex says anything
    else of the item. It is empty if it cannot be told where the rows begin.
    """

    def __init__(self, xml: bytes, parse: Callable[[bytes], Any]) -> None:
        self._parse = parse
        head, *rows = xml.split(_ROW)
        self._head, self._rows = head, _keyed(head, rows)
        self._whole = None if self._rows else Elements(parse(xml), "Video")
        self.marks = {key: mark(row) for key, row in self._rows.items()}

    def __len__(self) -> int:
        return len(self._rows if self._whole is None else self._whole)

    @property
    def first(self) -> "int | None":
        """The first rating key."""
        return next(iter(self._rows)) if self._whole is None else self._whole.first

    @property
    def total(self) -> "int | None":
        """How many rows all pages have; None if Plex does not tell."""
        if self._whole is not None:
            return self._whole.total
        return _told(self._head).get(b"totalSize")

    def parts(self, known: Collection[int] = ()) -> list[Part]:
        """The files of all rows but the `known` ones, by their rating keys."""
        if self._whole is not None:
            return list(parts(self._whole.container, {}))
        left = [row for key, row in self._rows.items() if key not in known]
        if not left:
            return []
        xml = self._head + b"".join(_ROW + row for row in left) + _END
        return list(parts(self._parse(xml), self.marks))


def mark(row: bytes) -> int:
    """What a listing tells of an item, as a number.

    Of lists it has the first names only, and nothing of labels and locks: for those there is
    updatedAt, without which a mark tells nothing.
    """
    if any(name in row for name in _WATCHED):
        row = _WATCHING.sub(b"", row)
    return whole_print(row)


def _keyed(head: bytes, rows: list[bytes]) -> dict[int, bytes]:
    """The rows by their rating keys; {} if they cannot be told apart for sure."""
    if not rows or _told(head).get(b"size") != len(rows):
        return {}
    rows[-1], end, _ = rows[-1].rpartition(_END)
    found = {key: row.rstrip() for row in rows if (key := _rating_key(row))}
    return found if end and len(found) == len(rows) else {}


def _rating_key(row: bytes) -> "int | None":
    found = _KEY.search(row)
    return number(found.group(1).decode()) if found else None


def _told(head: bytes) -> Mapping[bytes, int]:
    return {name: int(count) for name, count in _HEAD.findall(head)}

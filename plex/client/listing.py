"""A page of a listing as bytes, row by row: what reads as it did before is not parsed again. Pure.

Parsing is most of what a listing costs; of a library that rests, hardly a row is another one.
"""

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from functools import cached_property
from typing import Any

import errors
from plex.client.pages import Elements
from plex.fields.item import Part, number, parts, whole_print

AT_ONCE = 200  # rows that are parsed together: parsed they take ten times their size
_ROW, _END = b"<Video ", b"</MediaContainer>"
_KEY = re.compile(rb'(?:^|\s)ratingKey="(\d{1,19})"')
_HEAD = re.compile(rb'\s(size|totalSize)="(\d{1,19})"')
# Who watched an item and how far is nothing that we read: it makes no row another one.
_WATCHED = (b"viewCount", b"viewOffset", b"lastViewedAt", b"skipCount")


class Page:
    """One page. `parse` makes a container of XML, and raises what it cannot read.

    Whoever reads ahead makes it: what takes time is done when it is asked for.
    """

    def __init__(self, xml: bytes, parse: Callable[[bytes], Any]) -> None:
        self._xml, self._parse = xml, parse
        self.bad: list[str] = []  # rows that `parts` could not read, in words
        begins = xml.find(_ROW)
        self._told = _told(xml[:begins]) if begins >= 0 else {}
        self._count = xml.count(_ROW)
        whole = self._count and self._told.get(b"size") == self._count and _ends(self._xml)
        self._whole = None if whole else self._elements()

    def __len__(self) -> int:
        return self._count if self._whole is None else len(self._whole)

    @property
    def first(self) -> "int | None":
        """The first rating key."""
        if self._whole is not None:
            return self._whole.first
        begins = self._xml.index(_ROW) + len(_ROW)
        ends = self._xml.find(_ROW, begins)
        return _rating_key(self._xml[begins : ends if ends > 0 else None])

    @property
    def total(self) -> "int | None":
        """How many rows all pages have; None if Plex does not tell."""
        return self._told.get(b"totalSize") if self._whole is None else self._whole.total

    @cached_property
    def marks(self) -> dict[int, int]:
        """A number for each row by its rating key: another one whenever Plex says anything else of
        the item. Empty if it cannot be told where the rows begin.

        Of lists a listing has the first names only, and nothing of labels and locks: for those
        there is updatedAt, without which a mark tells nothing.
        """
        return {key: whole_print(row) for key, row in self._rows.items()}

    def parts(self, known: Collection[int] = ()) -> list[Part]:
        """The files of all rows but the `known` ones, by their rating keys."""
        rows = self._rows
        if self._whole is not None:
            self.bad = ["an item without a number"] * self._whole.nameless
            return list(parts(self._whole.container, {}))
        left = [(key, row) for key, row in rows.items() if key not in known]
        self.bad = []
        found: list[Part] = []
        for at in range(0, len(left), AT_ONCE):
            found += self._readable(left[at : at + AT_ONCE])
        return found

    def _readable(self, rows: Sequence[tuple[int, bytes]]) -> list[Part]:
        """The files of those that can be parsed; the others are `bad`."""
        try:
            return self._parts([row for _, row in rows])
        except errors.Busy:
            if len(rows) > 1:
                return [part for one in rows for part in self._readable([one])]
        self.bad.append(f"item {rows[0][0]}: it cannot be read")
        return []

    def _parts(self, rows: Sequence[bytes]) -> list[Part]:
        head = self._xml[: self._xml.index(_ROW)]
        xml = head + b"".join(_ROW + row for row in rows) + _END
        return list(parts(self._parse(xml), self.marks))

    @cached_property
    def _rows(self) -> dict[int, bytes]:
        """The rows by their rating keys; {} if they cannot be told apart for sure."""
        if self._whole is not None:
            return {}
        _, *rows = _unwatched(self._xml).split(_ROW)
        rows[-1] = rows[-1].rpartition(_END)[0]
        found = {key: row.rstrip() for row in rows if (key := _rating_key(row))}
        if len(found) == len(rows):
            return found
        self._whole = self._elements()
        return {}

    def _elements(self) -> Elements:
        return Elements(self._parse(self._xml), "Video")


def _unwatched(xml: bytes) -> bytes:
    for name in _WATCHED:
        if name in xml:
            # In a text a quotation mark is written `&quot;`.
            head, *rest = xml.split(b" " + name + b'="')
            xml = head + b"".join(one.partition(b'"')[2] for one in rest)
    return xml


def _ends(xml: bytes) -> bool:
    return xml[-200:].rstrip().endswith(_END)


def _rating_key(row: bytes) -> "int | None":
    found = _KEY.search(row)
    return number(found.group(1).decode()) if found else None


def _told(head: bytes) -> Mapping[bytes, int]:
    return {name: int(count) for name, count in _HEAD.findall(head)}

"""A page of a listing as bytes. Rows that are the same as before are not parsed again. Pure.

Parsing is most of the cost of a listing, and in a library at rest hardly any row changes.
"""

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from functools import cached_property
from typing import Any

import errors
from plex.client.pages import Elements
from plex.fields.item import Part, digest64, parts, whole_number

AT_ONCE = 200  # rows per parse: parsed rows take ten times their size in memory
_ROW, _END = b"<Video ", b"</MediaContainer>"
_KEY = re.compile(rb'(?:^|\s)ratingKey="(\d{1,19})"')
_HEAD = re.compile(rb'\s(size|totalSize)="(\d{1,19})"')
# The watch state of an item: we do not read it, so it must not change the mark of a row.
_WATCHED = (b"viewCount", b"viewOffset", b"lastViewedAt", b"skipCount")


class Page:
    """One page. `parse` makes a container of XML, and raises when it cannot. The thread that reads ahead
    makes the page, so costly parts are computed on first use."""

    def __init__(self, xml: bytes, parse: Callable[[bytes], Any]) -> None:
        self._xml, self._parse = xml, parse
        self.bad: list[str] = []  # rows that `parts` could not read, in words
        begins = xml.find(_ROW)
        numbers = _HEAD.findall(xml[: max(begins, 0)])
        self._head: Mapping[bytes, int] = {name: int(number) for name, number in numbers}
        self._count = xml.count(_ROW)
        is_complete = xml[-200:].rstrip().endswith(_END)
        whole = self._count and self._head.get(b"size") == self._count and is_complete
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
        """The number of rows of all pages; None if Plex does not tell."""
        return self._head.get(b"totalSize") if self._whole is None else self._whole.total

    @cached_property
    def marks(self) -> dict[int, int]:
        """A number for each row by its rating key, which changes when Plex says anything else about the item.
        Empty if the rows cannot be separated. A row has only the first names of each list, and no labels and
        locks. A change of these moves updatedAt; a mark without updatedAt proves nothing."""
        return {key: digest64(row) for key, row in self._rows.items()}

    def times(self, name: str) -> list[tuple[int, int]]:
        """Returns the rating key of each row, and its time with this name, in the order of the rows. A
        number that is missing is 0."""
        whole = self._whole or self._elements()
        return [
            (whole_number(row.get("ratingKey")) or 0, whole_number(row.get(name)) or 0)
            for row in whole.container.findall("Video")
        ]

    def parts(self, known: Collection[int] = ()) -> list[Part]:
        """Returns the files of all rows except the `known` rating keys."""
        rows = self._rows
        if self._whole is not None:
            self.bad = ["an item without a number"] * self._whole.nameless
            return list(parts(self._whole.container, {}))
        left = [(key, row) for key, row in rows.items() if key not in known]
        self.bad = []
        files: list[Part] = []
        for at in range(0, len(left), AT_ONCE):
            files += self._readable(left[at : at + AT_ONCE])
        return files

    def _readable(self, rows: Sequence[tuple[int, bytes]]) -> list[Part]:
        """Returns the files of the rows that can be parsed, and adds the other rows to `bad`."""
        try:
            return self._parts([row for _, row in rows])
        except errors.Busy:
            if len(rows) > 1:
                return [part for row in rows for part in self._readable([row])]
        self.bad.append(f"item {rows[0][0]}: it cannot be read")
        return []

    def _parts(self, rows: Sequence[bytes]) -> list[Part]:
        head = self._xml[: self._xml.index(_ROW)]
        xml = head + b"".join(_ROW + row for row in rows) + _END
        return list(parts(self._parse(xml), self.marks))

    @cached_property
    def _rows(self) -> dict[int, bytes]:
        """The rows by their rating keys; {} if they cannot be separated for certain."""
        if self._whole is not None:
            return {}
        _, *rows = _unwatched(self._xml).split(_ROW)
        rows[-1] = rows[-1].rpartition(_END)[0]
        by_key = {key: row.rstrip() for row in rows if (key := _rating_key(row))}
        if len(by_key) == len(rows):
            return by_key
        self._whole = self._elements()
        return {}

    def _elements(self) -> Elements:
        return Elements(self._parse(self._xml), "Video")


def _unwatched(xml: bytes) -> bytes:
    for name in _WATCHED:
        if name in xml:
            # A quotation mark inside a text is `&quot;`.
            head, *rest = xml.split(b" " + name + b'="')
            xml = head + b"".join(text.partition(b'"')[2] for text in rest)
    return xml


def _rating_key(row: bytes) -> "int | None":
    match = _KEY.search(row)
    key = int(match[1]) if match else None
    return key if key is None or key < 2**63 else None

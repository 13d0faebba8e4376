"""One item of a library: its fields, tags, locks, images and files."""

from __future__ import annotations

import ntpath
import posixpath
from typing import Any

from .authorship import Authorship
from .images import Shelf, frame_key
from .kinds import ImageKind
from .naming import made_of
from .tags import Tag

ARTICLES = ("the ", "a ", "an ")
NO_LOCKS: frozenset[str] = frozenset()


class Part:
    """One file of an item."""

    __slots__ = ("file", "id", "size")

    def __init__(self, id: int, file: str, size: int) -> None:
        self.id = id
        self.file = file
        self.size = size


class Media:
    """One version of an item; its parts are played one after the other."""

    __slots__ = ("id", "parts")

    def __init__(self, id: int, parts: list[Part]) -> None:
        self.id = id
        self.parts = parts


class Item:
    """A movie. Only what was set is stored; `listing` caches its XML until the next change."""

    __slots__ = (
        "added_at",
        "agent",
        "attrs",
        "authorship",
        "deleted_at",
        "duration",
        "guid",
        "listing",
        "locks",
        "media",
        "rk",
        "roles",
        "section",
        "shelves",
        "tags",
        "updated_at",
        "view_count",
        "viewed_at",
    )

    def __init__(self, rk: int, section: Any, media: list[Media], now: int) -> None:
        self.rk = rk
        self.section = section
        self.media = media
        self.guid = ""
        self.attrs: dict[str, str] = self.scanned()
        self.tags: dict[str, list[Tag]] = {}
        self.roles: dict[int, str] | None = None
        self.locks: frozenset[str] = NO_LOCKS
        self.shelves: dict[str, Shelf] | None = None
        self.agent: dict[str, Any] | None = None
        self.authorship = Authorship()
        self.added_at = now
        self.updated_at = now
        self.deleted_at = 0
        self.duration = 60_000
        self.view_count = 0
        self.viewed_at = 0
        self.listing: str | None = None

    def scanned(self) -> dict[str, str]:
        """What the scanner makes of the name of its first file."""
        return made_of(stem(self.media[0].parts[0].file))

    @property
    def parts(self) -> list[Part]:
        return [part for media in self.media for part in media.parts]

    @property
    def files(self) -> list[str]:
        return [part.file for part in self.parts]

    @property
    def title_sort(self) -> str:
        return self.attrs.get("titleSort") or derived_title_sort(self.attrs.get("title", ""))

    def shelf(self, kind: ImageKind) -> Shelf:
        """The item's images of that kind. A fresh item shows a frame of its video."""
        if self.shelves is None:
            self.shelves = {}
        shelf = self.shelves.get(kind.attribute)
        if shelf is None:
            shelf = self.shelves[kind.attribute] = Shelf()
            if kind.attribute == "thumb":
                shelf.show(frame_key(self.rk))
        return shelf

    def shows(self, kind: ImageKind) -> str:
        """The key of the image shown, without making a shelf for an untouched item."""
        if self.shelves is None or kind.attribute not in self.shelves:
            return frame_key(self.rk) if kind.attribute == "thumb" else ""
        return self.shelves[kind.attribute].selected

    def year(self, from_date: bool) -> str:
        if "year" in self.attrs or not from_date:
            return self.attrs.get("year", "")
        return self.attrs.get("originallyAvailableAt", "")[:4]


def derived_title_sort(title: str) -> str:
    lowered = title.lower()
    for article in ARTICLES:
        if lowered.startswith(article):
            return title[len(article) :]
    return title


def basename(path: str) -> str:
    """The last component, whichever separator the path uses."""
    return ntpath.basename(path) if "\\" in path else posixpath.basename(path)


def folder(path: str) -> str:
    return ntpath.dirname(path) if "\\" in path else posixpath.dirname(path)


def stem(path: str) -> str:
    return posixpath.splitext(basename(path))[0]


def covers(root: str, path: str) -> bool:
    """Does the file lie in that folder, at any depth?"""
    root = root.rstrip("/\\")
    return path == root or path.startswith((root + "/", root + "\\"))


def title_order(item: Item) -> tuple[str, int]:
    return item.title_sort.casefold(), item.rk

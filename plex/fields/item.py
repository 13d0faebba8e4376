"""Item: what Plex says about one of its videos, read from XML. Pure."""

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from math import isfinite
from typing import Any, NamedTuple

from plex.fields.names import name_key
from plex.fields.registry import BY_NAME, FIELDS, FROM_FILE, Field, Value

# The guid of an item names the agent that filled it. These know nothing but the file.
_PERSONAL = re.compile(r"(?:local|\w+(?:\.\w+)*\.agents\.none)://")
_WORD = re.compile(r"[^\W_]+")


class Part(NamedTuple):
    """One file of an item as a listing shows it.

    `mark` is another number whenever the item is seen to be another; 0 if that cannot be told.
    `updated` is when Plex last changed it, in epoch seconds.
    """

    rating_key: int
    section: int
    file: str
    size: int
    mark: int = 0
    updated: int = 0


@dataclass(frozen=True)
class Item:
    """A full item. `values` has every field that we know; `locks` are Plex's names of fields.

    `sizes` are those of its `files`, 0 where Plex does not know it. `guid` names the agent that
    filled it.
    """

    rating_key: int
    section: int
    files: tuple[str, ...]
    values: dict[str, Value]
    locks: frozenset[str] = frozenset()
    images: Mapping[str, str] = field(default_factory=dict)  # where Plex shows them, by their locks
    photos: Mapping[str, str] = field(default_factory=dict)  # of actors, by name_key; '' for none
    sizes: tuple[int, ...] = ()
    added: int = 0  # epoch seconds, by Plex's clock
    guid: str = ""

    @property
    def title(self) -> str:
        return str(self.values.get("title") or "")

    @property
    def is_personal(self) -> bool:
        """Whether Plex knows nothing of it but its files."""
        return bool(_PERSONAL.match(self.guid))

    @property
    def scanned(self) -> frozenset[str]:
        """Fields that say what the scanner makes of the files: of their names, or of their times."""
        found = {"title"} if self._has_scanned_title() else set()
        if self.is_personal:
            found.add("date")
        return self._unlocked(found)

    @property
    def guesses(self) -> frozenset[str]:
        """Fields that Plex filled by itself. Plex Web locks what a person edits, so that of personal
        media every other value is of the file."""
        return self.scanned | self._unlocked(FROM_FILE if self.is_personal else ())

    @property
    def without_scanned(self) -> dict[str, Value]:
        """The values, without what the scanner made."""
        return {name: value for name, value in self.values.items() if name not in self.scanned}

    def _unlocked(self, names: Iterable[str]) -> frozenset[str]:
        """Those of the fields that say something and that nobody locked."""
        return frozenset(
            name for name in names
            if self.values.get(name) and BY_NAME[name].plex_name not in self.locks
        )  # fmt: skip

    def _has_scanned_title(self) -> bool:
        if self.title in map(_stem, self.files):
            return True
        return self.is_personal and any(_is_cut_from(self.title, file) for file in self.files)


def parts(container: Any, marks: Mapping[int, int]) -> Iterator[Part]:
    """Every file in a listing container; several Media and Parts per item are all told.

    Of an item without updatedAt its mark, by its rating key, tells nothing.
    """
    section = container.attrib.get("librarySectionID")
    for video in container.findall("Video"):
        key = whole_number(video.attrib.get("ratingKey"))
        if not key:
            continue
        owner = whole_number(video.attrib.get("librarySectionID") or section) or 0
        updated = whole_number(video.attrib.get("updatedAt")) or 0
        seen = marks.get(key, 0) if updated else 0
        for one in _files(video):
            yield Part(key, owner, one["file"], whole_number(one.get("size")) or 0, seen, updated)


def digest64(*said: bytes) -> int:
    """A number of 64 bits for these bytes, one after the other, as SQLite keeps it; never 0."""
    found = hashlib.blake2b(digest_size=8)
    for one in said:
        found.update(one)
    return int.from_bytes(found.digest(), "big", signed=True) or 1


def _files(video: Any) -> list[Mapping[str, str]]:
    return [
        part.attrib for media in video if media.tag == "Media"
        for part in media if part.tag == "Part" and part.get("file")
    ]  # fmt: skip


def items(container: Any) -> Iterator[Item]:
    """Every item in a container of full items."""
    section = container.attrib.get("librarySectionID")
    for video in container.findall("Video"):  # not those inside: trailers and other extras
        key = whole_number(video.attrib.get("ratingKey"))
        if key:
            yield _item(
                video, key, whole_number(video.attrib.get("librarySectionID") or section) or 0
            )


def _item(video: Any, key: int, section: int) -> Item:
    locks = {f.get("name", "") for f in video.findall("Field") if f.get("locked") == "1"}
    files = _files(video)
    return Item(
        rating_key=key,
        section=section,
        files=tuple(one["file"] for one in files),
        values={one.name: _value(video, one, one.plex_name in locks) for one in FIELDS},
        locks=frozenset(locks),
        images={name: video.attrib.get(name, "") for name in ("thumb", "art")},
        photos={
            name_key(role.get("tag", "")): role.get("thumb", "") for role in video.findall("Role")
        },
        sizes=tuple(whole_number(one.get("size")) or 0 for one in files),
        added=whole_number(video.attrib.get("addedAt")) or 0,
        guid=video.attrib.get("guid", ""),
    )


def _value(video: Any, one: Field, locked: bool) -> Value:
    if one.kind == "tags":
        tags = video.findall(one.element)
        return tuple(tag.attrib["tag"] for tag in tags if tag.attrib.get("tag"))
    found: str = video.attrib.get(one.plex_name, "")
    if one.kind == "rating":
        return _rating(found)
    if one.derived:  # from the title; an equal one may be left out
        title: str = video.attrib.get("title", "")
        return (found or title) if locked else ""
    return found


def _rating(found: str) -> "float | None":
    try:
        value = float(found)
    except ValueError:
        return None
    return value if isfinite(value) and value > 0 else None


def _stem(path: str) -> str:
    name = path.replace("\\", "/").rpartition("/")[2]
    return name.rpartition(".")[0] or name


def _is_cut_from(title: str, path: str) -> bool:
    """Whether the title has words of the file's name in their order, and no others."""
    words, left = _WORD.findall(title.casefold()), iter(_WORD.findall(_stem(path).casefold()))
    return bool(words) and all(word in left for word in words)


def whole_number(found: "str | None") -> "int | None":
    """A whole number as XML attributes have them; None for anything else, and for what would not
    fit into 64 bits, as Plex's own numbers do."""
    if not (found and found.isascii() and found.isdigit() and len(found) < 20):
        return None
    whole = int(found)
    return whole if whole < 2**63 else None

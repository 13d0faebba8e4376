"""The item: what Plex says about one video, read from XML. Pure."""

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from math import isfinite
from typing import Any, NamedTuple

from plex.fields.names import name_key
from plex.fields.registry import BY_NAME, FIELDS, FROM_FILE, Field, Value

# The guid of an item names the agent that filled it. These agents know only the file.
_PERSONAL = re.compile(r"(?:local|\w+(?:\.\w+)*\.agents\.none)://")
_WORD = re.compile(r"[^\W_]+")


class Part(NamedTuple):
    """One file of an item in a listing. `mark` changes whenever the listing shows a change of the item;
    0: a change would not show in it. `updated` is the time of Plex's last change, in epoch seconds."""

    rating_key: int
    section: int
    file: str
    size: int
    mark: int = 0
    updated: int = 0


@dataclass(frozen=True)
class Item:
    """A full item. `values` has every field of the registry. `locks` has Plex's names of fields.

    `sizes` has the size of each of the `files`, 0 if Plex does not know it. `guid` names the agent
    that filled the item.
    """

    rating_key: int
    section: int
    files: tuple[str, ...]
    values: dict[str, Value]
    locks: frozenset[str] = frozenset()
    images: Mapping[str, str] = field(default_factory=dict)  # Plex's address of each, by its lock
    photos: Mapping[str, str] = field(default_factory=dict)  # of actors, by name_key; '' for none
    sizes: tuple[int, ...] = ()
    added: int = 0  # epoch seconds, by Plex's clock
    updated: int = 0  # the same, of the last change
    guid: str = ""

    @property
    def sized_files(self) -> Iterator[tuple[str, int]]:
        """Each file with its size."""
        return zip(self.files, self.sizes or (0,) * len(self.files), strict=True)

    @property
    def title(self) -> str:
        return str(self.values.get("title") or "")

    @property
    def is_personal(self) -> bool:
        """Whether Plex knows only the files of the item."""
        return bool(_PERSONAL.match(self.guid))

    @cached_property
    def scanned(self) -> frozenset[str]:
        """Fields whose value the scanner took from the names or the times of the files."""
        names = {"title"} if self._has_scanned_title() else set()
        if self.is_personal:
            names.add("date")
        return self._unlocked(names)

    @cached_property
    def guesses(self) -> frozenset[str]:
        """Fields that Plex filled without a person: Plex Web locks what a person edits."""
        return self.scanned | self._unlocked(FROM_FILE if self.is_personal else ())

    @property
    def without_scanned(self) -> dict[str, Value]:
        """The values without the scanned fields."""
        return {name: value for name, value in self.values.items() if name not in self.scanned}

    def _unlocked(self, names: Iterable[str]) -> frozenset[str]:
        """Returns the fields that have a value and no lock."""
        return frozenset(
            name for name in names
            if self.values.get(name) and BY_NAME[name].plex_name not in self.locks
        )  # fmt: skip

    def _has_scanned_title(self) -> bool:
        if self.title in map(_stem, self.files):
            return True
        return self.is_personal and any(_is_cut_from(self.title, file) for file in self.files)


def parts(container: Any, marks: Mapping[int, int]) -> Iterator[Part]:
    """Yields every file in a listing. An item may have several Media and Parts. `marks` are by rating key.
    The mark of an item without updatedAt proves nothing, and becomes 0."""
    section = container.attrib.get("librarySectionID")
    for video in container.findall("Video"):
        key = whole_number(video.attrib.get("ratingKey"))
        if not key:
            continue
        owner = whole_number(video.attrib.get("librarySectionID") or section) or 0
        updated = whole_number(video.attrib.get("updatedAt")) or 0
        seen = marks.get(key, 0) if updated else 0
        for file in _files(video):
            size = whole_number(file.get("size")) or 0
            yield Part(key, owner, file["file"], size, seen, updated)


def digest64(content: bytes) -> int:
    """Returns a digest of the bytes as a signed 64-bit number, as SQLite stores it. Never 0."""
    digest = hashlib.blake2b(content, digest_size=8).digest()
    return int.from_bytes(digest, "big", signed=True) or 1


def _files(video: Any) -> list[Mapping[str, str]]:
    return [
        part.attrib for media in video if media.tag == "Media"
        for part in media if part.tag == "Part" and part.get("file")
    ]  # fmt: skip


def items(container: Any) -> Iterator[Item]:
    """Yields every item in an answer with full items."""
    section = container.attrib.get("librarySectionID")
    for video in container.findall("Video"):  # not those inside: trailers and other extras
        if key := whole_number(video.attrib.get("ratingKey")):
            owner = whole_number(video.attrib.get("librarySectionID") or section)
            yield _item(video, key, owner or 0)


def _item(video: Any, key: int, section: int) -> Item:
    locks = {f.get("name", "") for f in video.findall("Field") if f.get("locked") == "1"}
    files, roles = _files(video), video.findall("Role")
    return Item(
        rating_key=key,
        section=section,
        files=tuple(file["file"] for file in files),
        values={each.name: _value(video, each, each.plex_name in locks) for each in FIELDS},
        locks=frozenset(locks),
        images={name: video.attrib.get(name, "") for name in ("thumb", "art")},
        photos={name_key(role.get("tag", "")): role.get("thumb", "") for role in roles},
        sizes=tuple(whole_number(file.get("size")) or 0 for file in files),
        added=whole_number(video.attrib.get("addedAt")) or 0,
        updated=whole_number(video.attrib.get("updatedAt")) or 0,
        guid=video.attrib.get("guid", ""),
    )


def _value(video: Any, definition: Field, locked: bool) -> Value:
    if definition.kind == "tags":
        tags = video.findall(definition.element)
        return tuple(tag.attrib["tag"] for tag in tags if tag.attrib.get("tag"))
    text: str = video.attrib.get(definition.plex_name, "")
    if definition.kind == "rating":
        return _rating(text)
    if definition.derived:  # Plex may leave out a text that equals the title
        title: str = video.attrib.get("title", "")
        return (text or title) if locked else ""
    return text


def _rating(text: str) -> "float | None":
    try:
        value = float(text)
    except ValueError:
        return None
    return value if isfinite(value) and value > 0 else None


def _stem(path: str) -> str:
    name = path.replace("\\", "/").rpartition("/")[2]
    return name.rpartition(".")[0] or name


def _is_cut_from(title: str, path: str) -> bool:
    """Whether the title consists of words of the file's name, in their order."""
    words, left = _WORD.findall(title.casefold()), iter(_WORD.findall(_stem(path).casefold()))
    return bool(words) and all(word in left for word in words)


def whole_number(text: "str | None") -> "int | None":
    """Returns the number in an XML attribute. None if the text is no number that fits into 64 bits."""
    if not (text and text.isascii() and text.isdigit() and len(text) < 20):
        return None
    whole = int(text)
    return whole if whole < 2**63 else None

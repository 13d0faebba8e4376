"""The item: what Plex says about one video, read from XML. Pure."""

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from math import isfinite
from typing import Any, NamedTuple

from plex.fields import registry
from plex.fields.registry import BY_NAME, FIELDS, FROM_FILE, Field, Value
from plex.fields.text import name_key
from plex.path_map import paths
from stash.scene import Scene

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


class FileId(NamedTuple):
    """A file of an item or a scene. A rating key and a scene id are only addresses: in a new database the
    same key belongs to another file, and the records under that key are about the old file. `path` is a digest of the path in Plex. `size` is in bytes, 0 if unknown."""

    path: int
    size: int


FileIds = tuple[FileId, ...]


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

    @cached_property
    def file_ids(self) -> FileIds:
        """The files, to tell whether a record about the rating key is about this item."""
        return _file_ids(self.sized_files)

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


def items(container: Any) -> list[Item]:
    """Returns every item in an answer with full items."""
    section = container.attrib.get("librarySectionID")
    return [
        _item(video, key, whole_number(video.attrib.get("librarySectionID") or section) or 0)
        for video in container.findall("Video")  # not those inside: trailers and other extras
        if (key := whole_number(video.attrib.get("ratingKey")))
    ]


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


# -- the files, to tell whether a record is about this item or this scene


def file_ids_of_scene(scene: Scene, path_map: paths.PathMap) -> FileIds:
    """Returns the files of the scene, under the paths that they should have in Plex."""
    return _file_ids((paths.plex_path(file.path, path_map), file.size) for file in scene.files)


def _file_ids(files: Iterable[tuple[str, int]]) -> FileIds:
    return tuple(
        FileId(digest64(paths.key(path).encode("utf-8", "replace")) % 2**64, max(0, size))
        for path, size in files
    )


def is_same_file(known: FileIds, now: FileIds) -> bool:
    """Whether any of the recorded files is still there. A moved file keeps its size, a replaced file
    keeps its path. Older rows have no files, and are trusted."""
    if not known:
        return True
    digests, sizes = {file.path for file in now}, {file.size for file in now}
    return any(file.path in digests or (file.size and file.size in sizes) for file in known)


def file_ids_text(ids: FileIds) -> str:
    """Returns the files as a column stores them."""
    return " ".join(f"{file.path:x}:{file.size:x}" for file in ids)


def file_ids_from(column: object) -> FileIds:
    """Reads the column of `file_ids_text`. A damaged column counts as never recorded."""
    try:
        pairs = [word.split(":") for word in str(column or "").split()]
        return tuple(FileId(int(path, 16), int(size, 16)) for path, size in pairs)
    except ValueError:
        return ()


# -- the kinds of images that an item has, with the names that Plex uses for them

UPLOADED = "upload://"
Offered = Mapping[str, bool]  # an item's images in Plex by key, and whether Plex shows each


class Kind(NamedTuple):
    """One kind of image: our name of the field, and the names that Plex uses for it."""

    field: str
    lock: str  # also the attribute of an item
    singular: str
    plural: str

    def key(self, sha1: str) -> str:
        """Returns Plex's key of the image after its upload."""
        return f"{UPLOADED}{self.plural}/{sha1}"


POSTER = Kind(registry.POSTER, "thumb", "poster", "posters")
BACKGROUND = Kind(registry.BACKGROUND, "art", "art", "arts")
KINDS = (POSTER, BACKGROUND)
BY_FIELD = {kind.field: kind for kind in KINDS}


def selected(offered: Offered) -> str:
    """Returns the key of the image that Plex shows, or ''."""
    return next((key for key, is_shown in offered.items() if is_shown), "")

"""A scene, how to read it from a GraphQL row, and the query fragment for it. Pure."""

import marshal
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar
from urllib.parse import parse_qs, urlsplit

Value = TypeVar("Value")
# Fields that only some settings need: each costs Stash a transaction per scene or per performer.
GROUPS, STASH_IDS, PARENTS, PHOTOS, PERFORMER_TAGS = EXTRAS = (
    "groups", "stash_ids", "parents", "photos", "performer_tags",
)  # fmt: skip
_FRAGMENT = """fragment S on Scene {{
  id title code details date rating100 organized director updated_at
  files {{ path size }}
  paths {{ screenshot }}
  studio {{ id name{parents} }}
  performers {{ id name{photos}{performer_tags} }}
  tags {{ id name }}{groups}{stash_ids}
}}"""
_ASKED = {
    GROUPS: "\n  groups { scene_index group { id name } }",
    STASH_IDS: "\n  stash_ids { stash_id }",
    PARENTS: " parent_studio { id name }",
    PHOTOS: " image_path",
    PERFORMER_TAGS: " tags { id name }",
}

# With these extras the plugin also has to watch these fields of the things that a scene shows.
WATCHED = {
    GROUPS: "Group.name",
    PARENTS: "Studio.parent_id",
    PHOTOS: "Performer.image",
    PERFORMER_TAGS: "Performer.tag_ids",
}


def fragment(extras: Collection[str] = ()) -> str:
    """Returns the fields to ask for, with these of EXTRAS."""
    return _FRAGMENT.format(**{name: _ASKED[name] if name in extras else "" for name in EXTRAS})


HIGHEST = 2**63 - 1  # the highest id: Stash and our files keep ids in 64 bits


@dataclass(frozen=True)
class Ref:
    """A performer, studio, tag or group as a scene shows it."""

    id: int
    name: str


@dataclass(frozen=True)
class Studio(Ref):
    """`parent` is the studio above, if the query asked for it."""

    parent: "Ref | None" = None


@dataclass(frozen=True)
class Performer(Ref):
    """`photo` is the path of the picture on Stash, '' without one. Both only if the query asked."""

    photo: str = ""
    tags: tuple[Ref, ...] = ()


@dataclass(frozen=True)
class Group(Ref):
    """`place` is the number of the scene in the group."""

    place: "int | None" = None


@dataclass(frozen=True)
class File:
    """A file of a scene as Stash sees it; `size` in bytes."""

    path: str
    size: int


@dataclass(frozen=True)
class Scene:
    """A scene as Stash describes it. Texts are as typed, '' if absent. `extras` are those that the query
    asked for; without them `groups` and `has_stash_id` are empty."""

    id: int
    title: str = ""
    code: str = ""
    details: str = ""
    date: str = ""
    rating100: "int | None" = None
    organized: bool = False
    director: str = ""
    updated_at: str = ""
    files: tuple[File, ...] = ()
    has_cover: bool = False
    cover_version: str = ""
    studio: "Studio | None" = None
    performers: tuple[Performer, ...] = ()
    tags: tuple[Ref, ...] = ()
    groups: tuple[Group, ...] = ()
    has_stash_id: bool = False
    extras: frozenset[str] = field(default=frozenset(EXTRAS), compare=False, repr=False)

    def refs(self) -> "list[tuple[str, int]]":
        """Returns (kind, id) of everything whose rename or removal changes this scene in Plex."""
        refs = [("performer", performer.id) for performer in self.performers]
        refs += [("tag", tag.id) for tag in self.tags]
        refs += [("tag", tag.id) for performer in self.performers for tag in performer.tags]
        refs += [("group", group.id) for group in self.groups]
        studios = [self.studio, self.studio.parent] if self.studio else []
        return list(dict.fromkeys(refs + [("studio", studio.id) for studio in studios if studio]))

    @property
    def name(self) -> str:
        """The title, or the name of the file if there is none; '' if there is neither."""
        path = self.files[0].path if self.files else ""
        return self.title or path.replace("\\", "/").rpartition("/")[2]

    def label(self) -> str:
        """Returns the name of the scene in log lines."""
        return f"scene {self.id}" + (f" “{self.name}”" if self.name else "")


def from_row(row: Any, extras: Collection[str] = ()) -> Scene:
    """Returns the scene in a GraphQL row with the fields of `fragment(extras)`. Raises ValueError for
    a row with another shape."""
    return _shaped(lambda: _scene(row, extras))


def files(row: Any) -> "tuple[File, ...]":
    """Returns only the files of a row. Raises ValueError for a row with another shape."""
    return _shaped(lambda: _files(row))


def file_paths(row: Any) -> list[str]:
    """Returns only the paths of the files. Raises ValueError for a row with another shape."""
    return _shaped(lambda: [_path(file) for file in row["files"] or ()])


def _shaped(read: Callable[[], Value]) -> Value:
    try:
        return read()
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"a row of another shape ({type(error).__name__})") from None


def as_bytes(row: Any) -> bytes:
    """Returns the whole content of a row, whatever its shape, as bytes for a comparison."""
    if isinstance(row, dict) and isinstance(row.get("paths"), dict):
        # Only the version in the address of the cover counts: the rest depends on the client.
        row = row | {"paths": str(row["paths"].get("screenshot")).partition("?")[2]}
    # Version 2 writes equal values as equal bytes, ten times as fast as `repr`.
    return marshal.dumps(row, 2)


def _files(row: Mapping[str, Any]) -> "tuple[File, ...]":
    return tuple(_file(file) for file in row["files"] or ())


def _scene(row: Mapping[str, Any], extras: Collection[str]) -> Scene:
    # Every field must be there, even as null: a missing field must not pass for "none".
    path, _, query = _text((row["paths"] or {}).get("screenshot")).partition("?")
    return Scene(
        id=number(row["id"]),
        title=_text(row["title"]),
        code=_text(row["code"]),
        details=_text(row["details"]),
        date=_text(row["date"]),
        rating100=_whole(row["rating100"]),
        organized=_flag(row["organized"]),
        director=_text(row["director"]),
        updated_at=_text(row["updated_at"]),
        files=_files(row),
        has_cover=bool(path),
        # Stash moves `t` with the scene's updated_at: the same `t` means the same cover.
        cover_version="".join(pair[2:] for pair in query.split("&") if pair.startswith("t=")),
        studio=_studio(row["studio"], extras) if row["studio"] else None,
        performers=tuple(_performer(each, extras) for each in row["performers"] or ()),
        tags=_refs(row["tags"]),
        groups=tuple(_group(each) for each in row["groups"] or ()) if GROUPS in extras else (),
        has_stash_id=STASH_IDS in extras
        and any(_text(each["stash_id"]) for each in row["stash_ids"] or ()),
        extras=frozenset(extras),
    )


def _studio(row: Mapping[str, Any], extras: Collection[str]) -> Studio:
    above = row["parent_studio"] if PARENTS in extras else None
    return Studio(number(row["id"]), _text(row["name"]), _ref(above) if above else None)


def _performer(row: Mapping[str, Any], extras: Collection[str]) -> Performer:
    who, tags = number(row["id"]), _refs(row["tags"]) if PERFORMER_TAGS in extras else ()
    url = urlsplit(_text(row["image_path"]) if PHOTOS in extras else "")
    # For a performer without a picture Stash draws one.
    own = url.path and "default" not in parse_qs(url.query)
    # Not the URL itself: it may contain the prefix of a proxy, and its `t` moves with every edit.
    return Performer(who, _text(row["name"]), f"/performer/{who}/image" if own else "", tags)


def _group(row: Mapping[str, Any]) -> Group:
    return Group(*_pair(row["group"]), _whole(row["scene_index"]))


def _file(row: Mapping[str, Any]) -> File:
    size = row.get("size")  # an unknown size is not compared
    return File(_path(row), size if isinstance(size, int) else 0)


def _path(row: Mapping[str, Any]) -> str:
    if not row["path"]:
        raise ValueError("a file without a path")
    return _text(row["path"])


def _refs(rows: "Iterable[Mapping[str, Any]] | None") -> tuple[Ref, ...]:
    return tuple(_ref(row) for row in rows or ())


def _ref(row: Mapping[str, Any]) -> Ref:
    return Ref(*_pair(row))


def _pair(row: Mapping[str, Any]) -> tuple[int, str]:
    return number(row["id"]), _text(row["name"])


def number(value: object) -> int:
    """Returns an id of Stash. Raises ValueError for anything else."""
    digits = value if isinstance(value, str) else str(value) if type(value) is int else ""
    is_number = digits.isascii() and digits.isdigit() and len(digits) < 20
    found = int(digits) if is_number else 0
    if not 0 < found <= HIGHEST:
        raise ValueError("not an id")
    return found


def _whole(value: object) -> "int | None":
    if value is not None and (isinstance(value, bool) or not isinstance(value, int)):
        raise ValueError("not a whole number")
    return value


def _flag(value: object) -> bool:
    if value is not None and not isinstance(value, bool):
        raise ValueError("neither true nor false")
    return bool(value)


def _text(value: object) -> str:
    """Replaces half characters, which JSON allows, and no file, log or request can hold."""
    if value is None:
        return ""
    if not isinstance(value, str):
        raise ValueError("not a text")
    return value if value.isascii() else value.encode("utf-8", "replace").decode()

"""Scene, and how one is read from a GraphQL row. The one query fragment lives here. Pure."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

# What only some settings need, since each costs Stash a transaction per scene or per performer.
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

# What of the things that a scene shows has to be watched, then, besides their names.
WATCHED = {
    GROUPS: "Group.name",
    PARENTS: "Studio.parent_id",
    PHOTOS: "Performer.image",
    PERFORMER_TAGS: "Performer.tag_ids",
}


def fragment(extras: Collection[str] = ()) -> str:
    """The fields to ask for, with these of EXTRAS."""
    return _FRAGMENT.format(**{name: _ASKED[name] if name in extras else "" for name in EXTRAS})


HIGHEST = 2**63 - 1  # of ids: Stash and our own files keep them in 64 bits


@dataclass(frozen=True)
class Ref:
    """A performer, studio, tag or group as a scene shows it."""

    id: int
    name: str


@dataclass(frozen=True)
class Studio(Ref):
    """`parent` is the studio above it, if that was asked for."""

    parent: "Ref | None" = None


@dataclass(frozen=True)
class Performer(Ref):
    """`photo` is the path of its picture on Stash, '' if it has none; both if asked for."""

    photo: str = ""
    tags: tuple[Ref, ...] = ()


@dataclass(frozen=True)
class Group(Ref):
    """`place` is the scene's number in it."""

    place: "int | None" = None


@dataclass(frozen=True)
class File:
    """A file of a scene as Stash sees it; `size` in bytes."""

    path: str
    size: int


@dataclass(frozen=True)
class Scene:
    """What Stash says about one scene. Texts are as typed; absent ones are empty.

    `groups` and `has_stash_id` are empty if they were not asked for: `extras` are those that were.
    """

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
        """(kind, id) of everything whose rename or removal changes this scene in Plex."""
        found = [("performer", one.id) for one in self.performers]
        found += [("tag", one.id) for one in self.tags]
        found += [("tag", tag.id) for one in self.performers for tag in one.tags]
        found += [("group", one.id) for one in self.groups]
        studios = [self.studio, self.studio.parent] if self.studio else []
        return list(dict.fromkeys(found + [("studio", one.id) for one in studios if one]))

    def label(self) -> str:
        """How a log line names the scene."""
        name = self.title or (
            self.files[0].path.replace("\\", "/").rpartition("/")[2] if self.files else ""
        )
        return f"scene {self.id}" + (f" “{name}”" if name else "")


def from_row(row: Any, extras: Collection[str] = ()) -> Scene:
    """A Scene from a GraphQL row with the fields of `fragment(extras)`; ValueError when it is not
    one."""
    try:
        return _scene(row, extras)
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"a row of another shape ({type(error).__name__})") from None


def files(row: Any) -> "tuple[File, ...]":
    """Only the files of a row; ValueError when it has none to tell of."""
    try:
        return _files(row)
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"a row of another shape ({type(error).__name__})") from None


def said(row: Any) -> bytes:
    """All that a row says, whatever its shape, as bytes to be compared."""
    if isinstance(row, dict) and isinstance(row.get("paths"), dict):
        # Of the cover's address only what tells its version: the rest depends on who asks.
        row = row | {"paths": str(row["paths"].get("screenshot")).partition("?")[2]}
    return repr(row).encode("utf-8", "replace")


def _files(row: Mapping[str, Any]) -> "tuple[File, ...]":
    return tuple(_file(one) for one in row["files"] or ())


def _scene(row: Mapping[str, Any], extras: Collection[str]) -> Scene:
    # What was asked for is there, be it as null: without its name it would pass for "none".
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
        # Stash bumps `t` with the scene's updated_at: unchanged means the same cover.
        cover_version="".join(one[2:] for one in query.split("&") if one.startswith("t=")),
        studio=_studio(row["studio"], extras) if row["studio"] else None,
        performers=tuple(_performer(one, extras) for one in row["performers"] or ()),
        tags=_refs(row["tags"]),
        groups=tuple(_group(one) for one in row["groups"] or ()) if GROUPS in extras else (),
        has_stash_id=STASH_IDS in extras
        and any(_text(one["stash_id"]) for one in row["stash_ids"] or ()),
        extras=frozenset(extras),
    )


def _studio(row: Mapping[str, Any], extras: Collection[str]) -> Studio:
    above = row["parent_studio"] if PARENTS in extras else None
    return Studio(number(row["id"]), _text(row["name"]), _ref(above) if above else None)


def _performer(row: Mapping[str, Any], extras: Collection[str]) -> Performer:
    who, tags = number(row["id"]), _refs(row["tags"]) if PERFORMER_TAGS in extras else ()
    url = urlsplit(_text(row["image_path"]) if PHOTOS in extras else "")
    # Without a picture of its own Stash draws one.
    own = url.path and "default" not in parse_qs(url.query)
    # Not that URL itself: it may have a prefix of a proxy in it, and `t` moves with every edit.
    return Performer(who, _text(row["name"]), f"/performer/{who}/image" if own else "", tags)


def _group(row: Mapping[str, Any]) -> Group:
    return Group(*_pair(row["group"]), _whole(row["scene_index"]))


def _file(row: Mapping[str, Any]) -> File:
    if not row["path"]:
        raise ValueError("a file without a path")
    size = row.get("size")  # not known: then it is not compared
    return File(_text(row["path"]), size if isinstance(size, int) else 0)


def _refs(rows: "Iterable[Mapping[str, Any]] | None") -> tuple[Ref, ...]:
    return tuple(_ref(row) for row in rows or ())


def _ref(row: Mapping[str, Any]) -> Ref:
    return Ref(*_pair(row))


def _pair(row: Mapping[str, Any]) -> tuple[int, str]:
    return number(row["id"]), _text(row["name"])


def number(found: object) -> int:
    """An id of Stash; ValueError when it is none."""
    digits = str(found) if isinstance(found, (str, int)) and not isinstance(found, bool) else ""
    if not (digits.isascii() and digits.isdigit() and len(digits) < 20):
        raise ValueError("not an id")
    if not 0 < int(digits) <= HIGHEST:
        raise ValueError("not an id")
    return int(digits)


def _whole(found: object) -> "int | None":
    if found is not None and (isinstance(found, bool) or not isinstance(found, int)):
        raise ValueError("not a whole number")
    return found


def _flag(found: object) -> bool:
    if found is not None and not isinstance(found, bool):
        raise ValueError("neither true nor false")
    return bool(found)


def _text(found: object) -> str:
    """Half a character, which JSON can spell, is replaced: no file, log or request can hold it."""
    if found is None:
        return ""
    if not isinstance(found, str):
        raise ValueError("not a text")
    return found if found.isascii() else found.encode("utf-8", "replace").decode()

"""Scene, and how one is read from a GraphQL row. The one query fragment lives here. Pure."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
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

    `groups` and `has_stash_id` are empty if they were not asked for.
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
    cover_path: str = ""
    cover_version: str = ""
    studio: "Studio | None" = None
    performers: tuple[Performer, ...] = ()
    tags: tuple[Ref, ...] = ()
    groups: tuple[Group, ...] = ()
    has_stash_id: bool = False

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


def from_row(row: Mapping[str, Any]) -> Scene:
    """A Scene from a GraphQL row with `fragment`'s fields; KeyError/ValueError when it is not one."""
    screenshot = (row.get("paths") or {}).get("screenshot") or ""
    url = urlsplit(screenshot)
    return Scene(
        id=int(row["id"]),
        title=row.get("title") or "",
        code=row.get("code") or "",
        details=row.get("details") or "",
        date=row.get("date") or "",
        rating100=row.get("rating100"),
        organized=bool(row.get("organized")),
        director=row.get("director") or "",
        updated_at=row.get("updated_at") or "",
        files=tuple(File(f["path"], int(f.get("size") or 0)) for f in row.get("files") or ()),
        cover_path=url.path,
        # Stash bumps `t` with the scene's updated_at: unchanged means the same cover.
        cover_version="".join(parse_qs(url.query).get("t", [])),
        studio=_studio(row.get("studio")),
        performers=tuple(_performer(p) for p in row.get("performers") or ()),
        tags=_refs(row.get("tags")),
        groups=tuple(
            Group(int(g["group"]["id"]), g["group"]["name"], g.get("scene_index"))
            for g in row.get("groups") or ()
        ),
        has_stash_id=any(one["stash_id"] for one in row.get("stash_ids") or ()),
    )


def _refs(rows: "Iterable[Mapping[str, Any]] | None") -> tuple[Ref, ...]:
    return tuple(Ref(int(row["id"]), row["name"]) for row in rows or ())


def _studio(row: "Mapping[str, Any] | None") -> "Studio | None":
    if not row:
        return None
    above = row.get("parent_studio")
    return Studio(int(row["id"]), row["name"], *_refs([above] if above else ()))


def _performer(row: Mapping[str, Any]) -> Performer:
    url = urlsplit(row.get("image_path") or "")
    # Without a picture of its own Stash draws one. `t` moves with every edit of the performer.
    own = url.path and "default" not in parse_qs(url.query)
    # Not the path of that URL, which may have a prefix of a proxy in it.
    photo = f"/performer/{int(row['id'])}/image" if own else ""
    return Performer(int(row["id"]), row["name"], photo, _refs(row.get("tags")))

"""Scene, and how one is read from a GraphQL row. The one query fragment lives here. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlsplit

# Only what Plex is told: stash_ids, groups and markers would cost Stash a transaction per scene.
FRAGMENT = """fragment S on Scene {
  id title details date rating100 director updated_at
  files { path size }
  paths { screenshot }
  studio { id name }
  performers { id name }
  tags { id name }
}"""


@dataclass(frozen=True)
class Ref:
    """A performer, studio or tag as a scene shows it."""

    id: int
    name: str


@dataclass(frozen=True)
class File:
    """A file of a scene as Stash sees it; `size` in bytes."""

    path: str
    size: int


@dataclass(frozen=True)
class Scene:
    """What Stash says about one scene. Texts are as typed; absent ones are empty."""

    id: int
    title: str = ""
    details: str = ""
    date: str = ""
    rating100: "int | None" = None
    director: str = ""
    updated_at: str = ""
    files: tuple[File, ...] = ()
    cover_path: str = ""
    cover_version: str = ""
    studio: "Ref | None" = None
    performers: tuple[Ref, ...] = ()
    tags: tuple[Ref, ...] = ()

    def refs(self) -> "list[tuple[str, int]]":
        """(kind, id) of everything whose rename or removal changes this scene in Plex."""
        found = [("performer", ref.id) for ref in self.performers]
        found += [("tag", ref.id) for ref in self.tags]
        return found + ([("studio", self.studio.id)] if self.studio else [])

    def label(self) -> str:
        """How a log line names the scene."""
        name = self.title or (
            self.files[0].path.replace("\\", "/").rpartition("/")[2] if self.files else ""
        )
        return f"scene {self.id}" + (f" “{name}”" if name else "")


def from_row(row: Mapping[str, Any]) -> Scene:
    """A Scene from a GraphQL row with FRAGMENT's fields; KeyError/ValueError when it is not one."""
    screenshot = (row.get("paths") or {}).get("screenshot") or ""
    url = urlsplit(screenshot)
    return Scene(
        id=int(row["id"]),
        title=row.get("title") or "",
        details=row.get("details") or "",
        date=row.get("date") or "",
        rating100=row.get("rating100"),
        director=row.get("director") or "",
        updated_at=row.get("updated_at") or "",
        files=tuple(File(f["path"], int(f.get("size") or 0)) for f in row.get("files") or ()),
        cover_path=url.path,
        # Stash bumps `t` with the scene's updated_at: unchanged means the same cover.
        cover_version="".join(parse_qs(url.query).get("t", [])),
        studio=_ref(row.get("studio")),
        performers=tuple(Ref(int(p["id"]), p["name"]) for p in row.get("performers") or ()),
        tags=tuple(Ref(int(t["id"]), t["name"]) for t in row.get("tags") or ()),
    )


def _ref(row: "Mapping[str, Any] | None") -> "Ref | None":
    return Ref(int(row["id"]), row["name"]) if row else None

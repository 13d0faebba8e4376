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

HIGHEST = 2**63 - 1  # of ids: Stash and our own files keep them in 64 bits


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


def from_row(row: Any) -> Scene:
    """A Scene from a GraphQL row with FRAGMENT's fields; ValueError when it is not one."""
    try:
        return _scene(row)
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"a row of another shape ({type(error).__name__})") from None


def files(row: Any) -> "tuple[File, ...]":
    """Only the files of a row; ValueError when it has none to tell of."""
    try:
        return _files(row)
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"a row of another shape ({type(error).__name__})") from None


def _files(row: Mapping[str, Any]) -> "tuple[File, ...]":
    return tuple(_file(one) for one in row["files"] or ())


def _scene(row: Mapping[str, Any]) -> Scene:
    # What was asked for is there, be it as null: without its name it would pass for "none".
    url = urlsplit(_text((row["paths"] or {}).get("screenshot")))
    return Scene(
        id=number(row["id"]),
        title=_text(row["title"]),
        details=_text(row["details"]),
        date=_text(row["date"]),
        rating100=_whole(row["rating100"]),
        director=_text(row["director"]),
        updated_at=_text(row["updated_at"]),
        files=_files(row),
        cover_path=url.path,
        # Stash bumps `t` with the scene's updated_at: unchanged means the same cover.
        cover_version="".join(parse_qs(url.query).get("t", [])),
        studio=_ref(row["studio"]) if row["studio"] else None,
        performers=tuple(_ref(one) for one in row["performers"] or ()),
        tags=tuple(_ref(one) for one in row["tags"] or ()),
    )


def _file(row: Mapping[str, Any]) -> File:
    if not row["path"]:
        raise ValueError("a file without a path")
    size = row.get("size")  # not known: then it is not compared
    return File(_text(row["path"]), size if isinstance(size, int) else 0)


def _ref(row: Mapping[str, Any]) -> Ref:
    return Ref(number(row["id"]), _text(row["name"]))


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


def _text(found: object) -> str:
    """Half a character, which JSON can spell, is replaced: no file, log or request can hold it."""
    if found is None:
        return ""
    if not isinstance(found, str):
        raise ValueError("not a text")
    return found if found.isascii() else found.encode("utf-8", "replace").decode()

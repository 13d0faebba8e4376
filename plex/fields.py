"""Scene + config -> what Plex should say, field by field. Pure.

`Fields` maps a field's name to its value; a field that is absent is none of our business (switched
off), an empty value means that Stash says nothing there.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Protocol
from urllib.parse import quote

from plex.names import NAME, in_order, names
from plex.names import name_key as name_key
from stash.scene import Scene
from validation import text

Value = str | float | None | tuple[str, ...]
Fields = Mapping[str, Value]


@dataclass(frozen=True)
class Field:
    """One field: our name, how it behaves, and what Plex calls it.

    `kind` is text, rating (per account, no lock) or tags; `wire` is the XML attribute and edit
    parameter of a scalar, or the parameter of a tag list whose XML children are called `element`.
    """

    name: str
    kind: str
    wire: str
    element: str = ""


FIELDS = (
    Field("title", "text", "title"),
    Field("summary", "text", "summary"),
    Field("studio", "text", "studio"),
    Field("date", "text", "originallyAvailableAt"),
    Field("rating", "rating", "userRating"),
    Field("genres", "tags", "genre", "Genre"),
    Field("actors", "tags", "actor", "Role"),
    Field("directors", "tags", "director", "Director"),
    Field("collections", "tags", "collection", "Collection"),
)
BY_NAME = {field.name: field for field in FIELDS}
POSTER = "poster"
# What a person sees as "Plex knows nothing about this": a title alone is only the file's name.
SUBSTANCE = ("studio", "actors", "genres", "summary", "date")

# All data of an edit travels in its address. A summary this long has a request of its own, and is
# sent again cut to `wire.URL_BYTES` where a proxy does not take it.
SUMMARY_BYTES = 16_000
_DATE = re.compile(r"(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?", re.ASCII)
# "Jane Doe, John Doe, Jr." are two people.
_BETWEEN_PEOPLE = re.compile(r"[,;](?!\s*(?:jr|sr|ii|iii|iv)\b)", re.IGNORECASE)


class Choice(Protocol):
    """What of the config decides about fields."""

    @property
    def sync_fields(self) -> Iterable[str]: ...
    @property
    def max_tags(self) -> int: ...


def wanted(scene: Scene, choice: Choice) -> dict[str, Value]:
    """What Plex should say about the scene, for the fields that are switched on."""
    studio = text.one_line(scene.studio.name, NAME) if scene.studio else ""
    said: dict[str, Value] = {
        "title": text.one_line(scene.title, text.LIMITS["title"]),
        "summary": address_fit(
            text.cut(whole_summary(scene), text.LIMITS["summary"]), SUMMARY_BYTES
        ),
        "studio": studio,
        "date": full_date(scene.date),
        "rating": _rating(scene.rating100),
        "genres": names(in_order(ref.name for ref in scene.tags))[: choice.max_tags],
        "actors": names(ref.name for ref in scene.performers),
        "directors": names(_BETWEEN_PEOPLE.split(scene.director)),
        "collections": (studio,) if studio else (),
    }
    on = set(choice.sync_fields)
    return {name: value for name, value in said.items() if name in on}


def whole_summary(scene: Scene) -> str:
    """The scene's details, clean, however long."""
    return text.clean(scene.details, len(scene.details or ""))


def full_date(partial: str) -> str:
    """`2024`, `2024-05` and `2024-05-07` as a whole date; '' for what no calendar has."""
    match = _DATE.fullmatch(partial.strip())
    if not match:
        return ""
    year, month, day = (int(piece or 1) for piece in match.groups())
    try:
        return date(year, month, day).isoformat()
    except ValueError:
        return ""  # Plex would refuse the whole edit


def _rating(rating100: "int | None") -> "float | None":
    return min(100, rating100) / 10 if rating100 and rating100 > 0 else None


def address_fit(long: str, size: int) -> str:
    """The text, cut until it takes at most `size` bytes of an address: a letter may take nine."""
    while (now := len(quote(long, safe=""))) > size:
        long = text.cut(long, len(long) * size // (now + 1))
    return long


def is_bare(current: Fields) -> bool:
    """Whether Plex has none of the substance of a scene."""
    return not any(current.get(name) for name in SUBSTANCE)

"""Scene + config -> what Plex should say, field by field. Pure.

`Fields` maps a field's name to its value; a field that is absent is none of our business (switched
off, or its setting is blank), an empty value means that Stash says nothing there.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from plex.fields import tags, text
from plex.fields.names import name_key as name_key
from stash.scene import GROUPS, PARENTS, PERFORMER_TAGS, PHOTOS, Scene
from validation import template
from validation.settings import SyncSettings

Value = str | float | None | tuple[str, ...]
Fields = Mapping[str, Value]


@dataclass(frozen=True)
class Field:
    """One field: our name, how it behaves, and what Plex calls it.

    `kind` is text, rating (per account; we set no lock) or tags; `wire` is the XML attribute and edit
    parameter of a scalar, or the parameter of a tag list whose XML children are called `element`.
    `derived`: Plex makes the text by itself unless it is locked.
    """

    name: str
    kind: str
    wire: str
    element: str = ""
    derived: bool = False


FIELDS = (
    Field("title", "text", "title"),
    Field("sort_title", "text", "titleSort", derived=True),
    Field("original_title", "text", "originalTitle"),
    Field("summary", "text", "summary"),
    Field("tagline", "text", "tagline"),
    Field("studio", "text", "studio"),
    Field("date", "text", "originallyAvailableAt"),
    Field("content_rating", "text", "contentRating"),
    Field("rating", "rating", "userRating"),
    Field("genres", "tags", "genre", "Genre"),
    Field("actors", "tags", "actor", "Role"),
    Field("directors", "tags", "director", "Director"),
    Field("collections", "tags", "collection", "Collection"),
    Field("labels", "tags", "label", "Label"),
)
BY_NAME = {field.name: field for field in FIELDS}
# Plex's names of fields that we write without a lock: one that is there is a person's.
UNLOCKED = frozenset(field.wire for field in FIELDS if field.kind == "rating")
POSTER, BACKGROUND = IMAGES = ("poster", "background")
# What a person sees as "Plex knows nothing about this": a title alone is only the file's name.
SUBSTANCE = ("studio", "actors", "genres", "summary", "date")


def rating(scene: Scene, settings: SyncSettings) -> "float | None":
    of_100 = scene.rating100
    return min(100, of_100) / 10 if of_100 and of_100 > 0 else None


RULES: Mapping[str, Callable[[Scene, SyncSettings], Value]] = {
    "title": text.title,
    "sort_title": text.sort_title,
    "original_title": text.original_title,
    "summary": text.summary,
    "tagline": text.tagline,
    "studio": text.studio,
    "date": text.release_date,
    "content_rating": text.content_rating,
    "rating": rating,
    "genres": tags.genres,
    "actors": tags.actors,
    "directors": tags.directors,
    "collections": tags.collections,
    "labels": tags.labels,
}
# Fields that only say something once one of these settings does.
SETTINGS: Mapping[str, tuple[str, ...]] = {
    "sort_title": ("sort_title_template",),
    "tagline": ("tagline_template",),
    "content_rating": ("content_rating",),
    "labels": ("labels", "label_tags", "label_organized"),
}


def wanted(scene: Scene, settings: SyncSettings) -> dict[str, Value]:
    """What Plex should say about the scene, for the fields that are switched on."""
    return {name: RULES[name](scene, settings) for name in switched_on(settings)}


def says(scene: Scene, settings: SyncSettings) -> bool:
    """Whether the scene says anything that the settings alone do not say of every scene."""
    return wanted(scene, settings) != wanted(Scene(scene.id, organized=scene.organized), settings)


def switched_on(settings: SyncSettings) -> list[str]:
    """The fields that are named in `sync_fields`, and whose setting is not blank."""
    named = set(settings.sync_fields)
    return [name for name in RULES if name in named and _is_set(name, settings)]


def _is_set(name: str, settings: SyncSettings) -> bool:
    return name not in SETTINGS or any(getattr(settings, setting) for setting in SETTINGS[name])


def extras(settings: SyncSettings) -> frozenset[str]:
    """What has to be asked of Stash besides the usual."""
    on = switched_on(settings)
    forms = {name: getattr(settings, f"{name}_template", "") for name in on}
    shown = {place for form in forms.values() for place in template.places(form)}
    if "collections" in on:
        shown |= set(settings.collections_from)
    asked = {
        GROUPS: not shown.isdisjoint({"group", "scene_index"}),
        PARENTS: "parent_studio" in shown,
        PERFORMER_TAGS: "genres" in on and settings.performer_tags,
        PHOTOS: "actors" in on and bool(settings.actor_photo_url),
    }
    return frozenset(name for name, needed in asked.items() if needed)


def is_bare(current: Fields) -> bool:
    """Whether Plex has none of the substance of a scene."""
    return not any(current.get(name) for name in SUBSTANCE)

"""The table of fields, and the value of each field for a scene. Pure.

`Fields` maps a field's name to its value. A field that is absent is not synced: it is switched off,
or its setting is blank. An empty value means that Stash says nothing there.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from plex.fields import text
from stash.scene import GROUPS, PARENTS, PERFORMER_TAGS, PHOTOS, STASH_IDS, Scene
from validation import template
from validation.settings import SyncSettings

Value = str | float | None | tuple[str, ...]
Fields = Mapping[str, Value]
Rule = Callable[[Scene, SyncSettings], Value]


def _rating(scene: Scene, settings: SyncSettings) -> "float | None":
    of_100 = scene.rating100
    return min(100, of_100) / 10 if of_100 and of_100 > 0 else None


def _no_value(scene: Scene, settings: SyncSettings) -> None:
    """The rule of an image, which has a plan of its own (`plex.images.covers`)."""


@dataclass(frozen=True)
class Field:
    """One field: our name, what Plex calls it, and how it behaves.

    kind          text, rating (per account, written without a lock) or tags
    plex_name     XML attribute, edit parameter and lock
    rule          gives the value for a scene
    element       the XML element of one tag
    derived       Plex makes the text from the title unless it is locked
    needs         settings of which one has to be set, else the field is not synced
    from_file     the scanner of Plex can fill it: by the file's name, its time, or what is embedded
    is_substance  Plex knows something about the scene if it says something here
    """

    name: str
    kind: str
    plex_name: str
    rule: Rule = _no_value
    element: str = ""
    derived: bool = False
    needs: tuple[str, ...] = ()
    from_file: bool = False
    is_substance: bool = False


FIELDS = (
    Field("title", "text", "title", text.title, from_file=True),
    Field(
        "sort_title", "text", "titleSort", text.sort_title, derived=True, from_file=True,
        needs=("sort_title_template",),
    ),
    Field("original_title", "text", "originalTitle", text.original_title, from_file=True),
    Field("summary", "text", "summary", text.summary, from_file=True, is_substance=True),
    Field(
        "tagline", "text", "tagline", text.tagline, from_file=True, needs=("tagline_template",)
    ),
    Field("studio", "text", "studio", text.studio, from_file=True, is_substance=True),
    Field(
        "date", "text", "originallyAvailableAt", text.release_date, from_file=True,
        is_substance=True,
    ),
    Field(
        "content_rating", "text", "contentRating", text.content_rating, from_file=True,
        needs=("content_rating",),
    ),
    Field("rating", "rating", "userRating", _rating),
    Field("genres", "tags", "genre", text.genres, "Genre", from_file=True, is_substance=True),
    Field("actors", "tags", "actor", text.actors, "Role", from_file=True, is_substance=True),
    Field("directors", "tags", "director", text.directors, "Director", from_file=True),
    Field("collections", "tags", "collection", text.collections, "Collection"),
    Field(
        "labels", "tags", "label", text.labels, "Label",
        needs=("labels", "label_tags", "label_organized"),
    ),
)  # fmt: skip
BY_NAME = {field.name: field for field in FIELDS}
# Plex's names of fields that we write without a lock. A lock that is there is a person's.
UNLOCKED = frozenset(field.plex_name for field in FIELDS if field.kind == "rating")
POSTER, BACKGROUND = IMAGES = ("poster", "background")
SUBSTANCE = tuple(field.name for field in FIELDS if field.is_substance)
FROM_FILE = tuple(field.name for field in FIELDS if field.from_file)


def wanted(scene: Scene, settings: SyncSettings) -> dict[str, Value]:
    """Returns the values that Plex should show for the scene, for the fields that are switched on."""
    return {name: BY_NAME[name].rule(scene, settings) for name in switched_on(settings)}


def says_something(scene: Scene, settings: SyncSettings) -> bool:
    """Whether the scene gives any value that the settings do not give to every scene."""
    return wanted(scene, settings) != wanted(Scene(scene.id, organized=scene.organized), settings)


def switched_on(settings: SyncSettings) -> list[str]:
    """Returns the fields that are named in `sync_fields` and whose setting is not blank."""
    named = set(settings.sync_fields)
    return [field.name for field in FIELDS if field.name in named and _is_set(field, settings)]


def _is_set(field: Field, settings: SyncSettings) -> bool:
    return not field.needs or any(getattr(settings, name) for name in field.needs)


def extras(settings: SyncSettings) -> frozenset[str]:
    """Returns the parts of a scene that Stash must send besides the usual parts."""
    on = switched_on(settings)
    templates = [getattr(settings, f"{name}_template", "") for name in on]
    shown = {name for form in templates if form for name in template.placeholders(form)}
    if "collections" in on:
        shown |= set(settings.collections_from)
    parts = {
        GROUPS: not shown.isdisjoint({"group", "scene_index"}),
        PARENTS: "parent_studio" in shown,
        PERFORMER_TAGS: "genres" in on and settings.performer_tags,
        PHOTOS: "actors" in on and bool(settings.actor_photo_url),
        STASH_IDS: settings.only_stash_id,  # decides which scenes are synced
    }
    return frozenset(name for name, is_needed in parts.items() if is_needed)


def is_bare(current: Fields) -> bool:
    """Whether Plex knows nothing about the scene: a title alone is only the name of the file."""
    return not any(current.get(name) for name in SUBSTANCE)

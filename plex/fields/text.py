"""The rules of the fields: the text or the list of names that a scene gives. Pure.

Names are as Plex distinguishes them: clean, each once, upper and lower case are equal (`name_key`).
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from functools import lru_cache
from urllib.parse import quote

from stash.scene import Group, Ref, Scene
from validation import clean_text, template
from validation.settings import SyncSettings

NAME = clean_text.LIMITS["name"]


def distinct_names(typed: Iterable[str]) -> tuple[str, ...]:
    """Returns clean names in order, each once. To Plex upper and lower case are equal."""
    kept: dict[str, str] = {}
    for key, name in map(_tidy, typed):
        if name:
            kept.setdefault(key, name)
    return tuple(kept.values())


@lru_cache(maxsize=4096)  # the same few names are on thousands of scenes
def _tidy(name: str) -> tuple[str, str]:
    """Returns the key of the name and its clean form."""
    clean = clean_text.one_line(name, NAME)
    return name_key(clean), clean


def name_key(name: str) -> str:
    """Returns the form in which two spellings of a name are equal."""
    plain = name if name.isascii() else unicodedata.normalize("NFC", name)
    return plain.casefold()


def alphabetical(names: Iterable[str]) -> list[str]:
    """Sorts names by the alphabet. The order of Stash may change with a rename, this order does not."""
    return sorted(names, key=lambda name: (name_key(name), name))


def is_listed(name: str, patterns: tuple[str, ...]) -> bool:
    """Whether the name matches a pattern, in which `*` matches any text."""
    return bool(patterns) and bool(_any_of(patterns).fullmatch(name_key(name.strip())))


@lru_cache(maxsize=32)
def _any_of(patterns: tuple[str, ...]) -> "re.Pattern[str]":
    each = (".*".join(map(re.escape, name_key(pattern).split("*"))) for pattern in patterns)
    return re.compile("|".join(each), re.DOTALL)


# In bytes of an address, since an edit travels in its address. A summary this long gets a request of
# its own. If a proxy refuses it, the client sends it again, cut to `edit_request.URL_BYTES`.
SUMMARY_BYTES = 16_000
DIGITS = 3  # for a number in a sort title, since Plex compares sort titles letter by letter
_DATE = re.compile(r"(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?", re.ASCII)
# "Jane Doe, John Doe, Jr." are two people.
_BETWEEN_PEOPLE = re.compile(r"[,;](?!\s*(?:jr|sr|ii|iii|iv)\b)", re.IGNORECASE)


def title(scene: Scene, settings: SyncSettings) -> str:
    if settings.title_template:
        return by_template(settings.title_template, template_values(scene))
    return clean_text.one_line(scene.title, clean_text.LIMITS["title"])


def sort_title(scene: Scene, settings: SyncSettings) -> str:
    return by_template(settings.sort_title_template, template_values(scene, DIGITS))


def original_title(scene: Scene, settings: SyncSettings) -> str:
    return clean_text.one_line(scene.code, clean_text.LIMITS["title"])


def summary(scene: Scene, settings: SyncSettings) -> str:
    whole = clean_text.cut(whole_summary(scene), clean_text.LIMITS["summary"])
    return cut_for_address(whole, SUMMARY_BYTES)


def tagline(scene: Scene, settings: SyncSettings) -> str:
    return by_template(settings.tagline_template, template_values(scene))


def studio(scene: Scene, settings: SyncSettings) -> str:
    return clean_text.one_line(scene.studio.name, NAME) if scene.studio else ""


def release_date(scene: Scene, settings: SyncSettings) -> str:
    return full_date(scene.date)


def content_rating(scene: Scene, settings: SyncSettings) -> str:
    return clean_text.one_line(settings.content_rating, NAME)


def by_template(form: str, parts: Mapping[str, str]) -> str:
    """Returns the text that a template makes of the values of its placeholders."""
    return clean_text.one_line(template.fill(form, parts), clean_text.LIMITS["title"])


def template_values(scene: Scene, digits: int = 1) -> dict[str, str]:
    """Returns the scene's value for each of `template.PLACEHOLDERS`."""
    group = scene.groups[0] if scene.groups else Group(0, "")
    above = scene.studio.parent if scene.studio else None
    return {
        "title": clean_text.one_line(scene.title),
        "performers": ", ".join(distinct_names(performer.name for performer in scene.performers)),
        "studio": clean_text.one_line(scene.studio.name if scene.studio else ""),
        "parent_studio": clean_text.one_line(above.name if above else ""),
        "director": ", ".join(people(scene.director)),
        "date": scene.date.strip() if full_date(scene.date) else "",
        "year": full_date(scene.date)[:4],
        "code": clean_text.one_line(scene.code),
        "group": clean_text.one_line(group.name),
        "scene_index": "" if group.place is None else padded(str(group.place), digits),
    }


def padded(number: str, digits: int = DIGITS) -> str:
    """Returns the digits with zeros before them; '' stays."""
    return number and number.zfill(digits)


def people(typed: str) -> tuple[str, ...]:
    """Splits a text into the names of people."""
    return distinct_names(_BETWEEN_PEOPLE.split(typed))


def whole_summary(scene: Scene) -> str:
    """Returns the scene's details, cleaned and not cut."""
    return clean_text.clean(scene.details, len(scene.details or ""))


def full_date(partial: str) -> str:
    """Completes `2024` and `2024-05` to a whole date. Returns '' for a date that does not exist."""
    match = _DATE.fullmatch(partial.strip())
    if not match:
        return ""
    year, month, day = (int(piece or 1) for piece in match.groups())
    try:
        return date(year, month, day).isoformat()
    except ValueError:
        return ""  # with an invalid date Plex refuses the whole edit


def cut_for_address(long: str, size: int) -> str:
    """Cuts the text until it takes at most `size` bytes in an address. A letter may take twelve."""
    if len(long) * 12 <= size:
        return long
    while (taken := len(quote(long, safe=""))) > size:
        long = clean_text.cut(long, len(long) * size // (taken + 1))
    return long


# Sources of collections, and the word for each that a prefix may contain.
STUDIO, PARENT, GROUP, PERFORMER = "studio", "parent_studio", "group", "performer"
KINDS = {STUDIO: "Studio", PARENT: "Studio", GROUP: "Group", PERFORMER: "Performer", "tag": "Tag"}
Names = tuple[str, ...]


def genres(scene: Scene, settings: SyncSettings) -> Names:
    """The scene's own tags come first: if there are too many, the performers' tags are dropped."""
    chosen = list(_genres(scene.tags, settings))
    if settings.performer_tags:
        chosen += _genres((tag for each in scene.performers for tag in each.tags), settings)
    return distinct_names(chosen)[: settings.max_tags]


def _genres(tags: Iterable[Ref], settings: SyncSettings) -> list[str]:
    only, ignore = settings.genre_only, settings.genre_ignore
    known = (tag.name for tag in tags)
    kept = (name for name in known if not is_listed(name, ignore))
    return alphabetical(name for name in kept if not only or is_listed(name, only))


def actors(scene: Scene, settings: SyncSettings) -> Names:
    return distinct_names(performer.name for performer in scene.performers)


def directors(scene: Scene, settings: SyncSettings) -> Names:
    return people(scene.director)


def collections(scene: Scene, settings: SyncSettings) -> Names:
    gathered = _gathered(scene, settings)
    return distinct_names(_titled(kind, name, settings) for kind, name in gathered)


def positions(scene: Scene, settings: SyncSettings) -> dict[str, int]:
    """Returns the scene's number in its groups, by the `name_key` of their collections."""
    if GROUP not in settings.collections_from:
        return {}
    numbered = [group for group in scene.groups if group.place is not None]
    return {
        name_key(title): group.place or 0
        for group in numbered
        for title in distinct_names([_titled(GROUP, group.name, settings)])
    }


def _titled(kind: str, name: str, settings: SyncSettings) -> str:
    prefix = settings.collection_prefix
    return f"{prefix.replace('{kind}', KINDS[kind])} {name}" if prefix and name.strip() else name


def _gathered(scene: Scene, settings: SyncSettings) -> Iterator[tuple[str, str]]:
    """Yields (kind, name) of each collection that the scene belongs to."""
    above = scene.studio.parent if scene.studio else None
    sources: dict[str, Iterable[Ref]] = {
        STUDIO: [scene.studio] if scene.studio else [],
        PARENT: [above] if above else [],
        GROUP: scene.groups,
        PERFORMER: scene.performers,
    }
    for kind in settings.collections_from:
        for ref in sources[kind]:
            yield kind, ref.name
    for name in _tags(scene, settings.collection_tags):
        yield "tag", name


def labels(scene: Scene, settings: SyncSettings) -> Names:
    organized = [settings.label_organized] if scene.organized else []
    return distinct_names([*settings.labels, *_tags(scene, settings.label_tags), *organized])


def _tags(scene: Scene, patterns: Names) -> list[str]:
    return alphabetical(tag.name for tag in scene.tags if is_listed(tag.name, patterns))

"""The texts that Plex should show: by the scene's own fields, or by template. Pure."""

import re
from collections.abc import Mapping
from datetime import date
from urllib.parse import quote

from plex.fields.names import NAME, distinct_names
from stash.scene import Group, Scene
from validation import clean_text, template
from validation.settings import SyncSettings

# All data of an edit travels in its address. A summary this long has a request of its own, and is
# sent again cut to `wire.URL_BYTES` where a proxy does not take it.
SUMMARY_BYTES = 16_000
DIGITS = 3  # of a number in a sort title, which Plex compares letter by letter
_DATE = re.compile(r"(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?", re.ASCII)
# "Jane Doe, John Doe, Jr." are two people.
_BETWEEN_PEOPLE = re.compile(r"[,;](?!\s*(?:jr|sr|ii|iii|iv)\b)", re.IGNORECASE)


def title(scene: Scene, settings: SyncSettings) -> str:
    if settings.title_template:
        return _by_template(settings.title_template, template_values(scene))
    return clean_text.one_line(scene.title, clean_text.LIMITS["title"])


def sort_title(scene: Scene, settings: SyncSettings) -> str:
    return _by_template(settings.sort_title_template, template_values(scene, DIGITS))


def original_title(scene: Scene, settings: SyncSettings) -> str:
    return clean_text.one_line(scene.code, clean_text.LIMITS["title"])


def summary(scene: Scene, settings: SyncSettings) -> str:
    return cut_for_address(
        clean_text.cut(whole_summary(scene), clean_text.LIMITS["summary"]), SUMMARY_BYTES
    )


def tagline(scene: Scene, settings: SyncSettings) -> str:
    return _by_template(settings.tagline_template, template_values(scene))


def studio(scene: Scene, settings: SyncSettings) -> str:
    return clean_text.one_line(scene.studio.name, NAME) if scene.studio else ""


def release_date(scene: Scene, settings: SyncSettings) -> str:
    return full_date(scene.date)


def content_rating(scene: Scene, settings: SyncSettings) -> str:
    return clean_text.one_line(settings.content_rating, NAME)


def _by_template(form: str, parts: Mapping[str, str]) -> str:
    return clean_text.one_line(template.fill(form, parts), clean_text.LIMITS["title"])


def template_values(scene: Scene, digits: int = 1) -> dict[str, str]:
    """What a template may show of the scene, by the names in `template.PLACES`."""
    group = scene.groups[0] if scene.groups else Group(0, "")
    above = scene.studio.parent if scene.studio else None
    return {
        "title": clean_text.one_line(scene.title),
        "performers": ", ".join(distinct_names(one.name for one in scene.performers)),
        "studio": clean_text.one_line(scene.studio.name if scene.studio else ""),
        "parent_studio": clean_text.one_line(above.name if above else ""),
        "director": ", ".join(people(scene.director)),
        "date": scene.date.strip() if full_date(scene.date) else "",
        "year": full_date(scene.date)[:4],
        "code": clean_text.one_line(scene.code),
        "group": clean_text.one_line(group.name),
        "scene_index": "" if group.place is None else f"{group.place:0{digits}}",
    }


def people(typed: str) -> tuple[str, ...]:
    """The names in a text that may hold several."""
    return distinct_names(_BETWEEN_PEOPLE.split(typed))


def whole_summary(scene: Scene) -> str:
    """The scene's details, clean, however long."""
    return clean_text.clean(scene.details, len(scene.details or ""))


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


def cut_for_address(long: str, size: int) -> str:
    """The text, cut until it takes at most `size` bytes of an address: a letter may take twelve."""
    if len(long) * 12 <= size:
        return long
    while (now := len(quote(long, safe=""))) > size:
        long = clean_text.cut(long, len(long) * size // (now + 1))
    return long

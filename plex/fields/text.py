"""The rules of the fields with a text, from the scene's own values or from a template. Pure."""

import re
from collections.abc import Mapping
from datetime import date
from urllib.parse import quote

from plex.fields.names import NAME, distinct_names
from stash.scene import Group, Scene
from validation import clean_text, template
from validation.settings import SyncSettings

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

"""How settings are read as people and older plugins store them.

Pure: each function gives the value or raises ValueError with what is allowed.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from typing import Any

from validation import library_names
from validation.template import checked

# Fields in their usual order, each with the other words that people use for it.
FIELDS = {
    "title": ("titles",),
    "summary": ("description", "details"),
    "studio": ("studios",),
    "date": ("release_date", "dates"),
    "genres": ("tags", "tag", "genre"),
    "actors": ("performers", "performer", "actor"),
    "directors": ("director",),
    "rating": ("ratings", "user_rating"),
    "collections": ("collection",),
    "poster": ("cover", "posters"),
    # These wait for a setting of their own.
    "sort_title": (),
    "tagline": (),
    "content_rating": ("certificate",),
    "labels": ("label",),
    "original_title": ("code",),
    "background": ("art", "fanart"),
}
# `all` leaves these out: a user has to name them.
ON_REQUEST = ("original_title", "background")
SYNC_FIELDS = tuple(name for name in FIELDS if name not in ON_REQUEST)
_ALIASES = {word: name for name, words in FIELDS.items() for word in words}
SOURCES = ("studio", "parent_studio", "group", "performer")
# Half of a character: no request and no log line can hold it.
_BROKEN = re.compile("[\ud800-\udfff]")
_TRUE = ("true", "on", "yes", "y", "1")
_FALSE = ("false", "off", "no", "n", "0")


class PartlyValid(ValueError):
    """Some elements of a list are bad; `rest` holds the good ones."""

    def __init__(self, message: str, rest: tuple[Any, ...]) -> None:
        super().__init__(message)
        self.rest = rest


def flag(value: object) -> bool:
    """On or off, in the words that people use for it."""
    if isinstance(value, bool):
        return value
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    word = str(value).strip().lower()
    if isinstance(value, (str, int)) and word in (*_TRUE, *_FALSE):
        return word in _TRUE
    raise ValueError("must be on or off (true or false)")


def number(value: object) -> int | None:
    """5, 5.0, "5" and "5.0" are five; True is not a number."""
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        return None
    if isinstance(value, int):
        return value
    try:
        real = float(value)
    except ValueError:
        return None
    return int(real) if math.isfinite(real) and real.is_integer() else None


def text(value: object) -> str:
    """Stash stores an all-digit text as a number: that is still a text."""
    digits = None if isinstance(value, str) else number(value)
    wording = value if isinstance(value, str) else str(digits)
    if (wording is not value and digits is None) or _BROKEN.search(wording):
        raise ValueError("must be a text")
    return wording.strip()


def _pieces(value: object, separators: str) -> list[str]:
    """A list, or a text cut at any of `separators`; blanks around the pieces are dropped."""
    if isinstance(value, (list, tuple, set, frozenset)):
        parts: Iterable[str] = [text(one) for one in value]
    else:
        parts = re.split(f"[{separators}]", text(value))
    return [part.strip() for part in parts if part.strip()]


def libraries(value: object) -> tuple[str, ...]:
    """Names of libraries as they were typed, in their order, each once."""
    if isinstance(value, (list, tuple, set, frozenset)):
        return tuple(dict.fromkeys(_pieces(value, "")))
    return tuple(dict.fromkeys(library_names.names_in(text(value))))


def text_list(value: object) -> tuple[str, ...]:
    """Names or paths, each once: between commas, or between semicolons if there are any."""
    semicolons = isinstance(value, str) and ";" in value
    return tuple(dict.fromkeys(_pieces(value, ";\n" if semicolons else ",\n")))


def template(value: object) -> str:
    """A text with parts in braces, such as `{title} ({date})`."""
    return checked(text(value))


def prefix(value: object) -> str:
    """A text that may hold `{kind}` and no other braces."""
    found = text(value)
    if re.search("[{}]", found.replace("{kind}", "")):
        raise ValueError("must be a text, in which only {kind} may stand in braces")
    return found


def sources(value: object) -> tuple[str, ...]:
    """What becomes collections, in the order of SOURCES; `none` is understood."""
    words = [re.sub(r"[\s-]+", "_", one.lower()) for one in _pieces(value, ",;\n")]
    asked = {word.removesuffix("s") for word in words} - {"none"}
    known = tuple(name for name in SOURCES if name in asked)
    if asked - set(SOURCES):
        message = f"must be a list of {', '.join(SOURCES)}, or none"
        raise PartlyValid(message, known) if known else ValueError(message)
    return known


def fields(value: object) -> tuple[str, ...]:
    """Names of fields in their usual order; `none`, and `all` for all but ON_REQUEST."""
    words = [re.sub(r"[\s-]+", "_", one.lower()) for one in _pieces(value, ",;\n")]
    asked = {_ALIASES.get(word, word) for word in words}
    if "all" in asked:
        asked |= set(SYNC_FIELDS)
    known = tuple(name for name in FIELDS if name in asked)
    if asked - {*FIELDS, "all", "none"}:
        message = f"must be a list of {', '.join(FIELDS)}"
        raise PartlyValid(message, known) if known else ValueError(message)
    return known


def pairs(value: object) -> tuple[tuple[str, str], ...]:
    """`stash prefix => plex prefix` per line or between semicolons; a mapping or pairs as well."""
    if isinstance(value, Mapping):
        value = list(value.items())
    if isinstance(value, (list, tuple)):
        entries = [_entry(one) for one in value]
    else:
        entries = [_entry(one) for one in _pieces(value, ";\n")]
    good = tuple(dict.fromkeys(entry for entry in entries if entry is not None))
    if None in entries:
        message = "must be lines (or parts between ;) of the form 'stash prefix => plex prefix'"
        raise PartlyValid(message, good) if good else ValueError(message)
    return good


def _entry(one: object) -> tuple[str, str] | None:
    halves = one.split("=>") if isinstance(one, str) else one
    if not isinstance(halves, (list, tuple)) or len(halves) != 2:
        return None
    if not all(isinstance(half, str) and half.strip() for half in halves):
        return None
    if any(_BROKEN.search(half) for half in halves):
        return None
    return halves[0].strip(), halves[1].strip()

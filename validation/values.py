"""Reads settings as users type them and as older plugins stored them. Pure.

Each function returns the value, or raises ValueError with a text of what is allowed.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from typing import Any

from validation import library_names
from validation.template import checked

# Fields in their usual order, each with other names that users type for it.
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
# Half of a character: neither a request nor a log line can contain it.
_BROKEN = re.compile("[\ud800-\udfff]")
_TRUE = ("true", "on", "yes", "y", "1")
_FALSE = ("false", "off", "no", "n", "0")


class PartlyValid(ValueError):
    """Some elements of a list are invalid. `rest` holds the valid ones, if there are any."""

    def __init__(self, message: str, rest: tuple[Any, ...]) -> None:
        super().__init__(message)
        self.rest = rest


def flag(value: object) -> bool:
    """Returns whether the value means on. Accepts the usual words for on and off."""
    if isinstance(value, bool):
        return value
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    word = str(value).strip().lower()
    if isinstance(value, (str, int)) and word in (*_TRUE, *_FALSE):
        return word in _TRUE
    raise ValueError("must be on or off (true or false)")


def number(value: object) -> int | None:
    """Returns a whole number: 5, 5.0, "5" and "5.0" are five. True is not a number."""
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
    """Returns the text without surrounding blanks. Stash stores a text of digits as a number."""
    digits = None if isinstance(value, str) else number(value)
    wording = value if isinstance(value, str) else str(digits)
    if (wording is not value and digits is None) or _BROKEN.search(wording):
        raise ValueError("must be a text")
    return wording.strip()


def _pieces(value: object, separators: str) -> list[str]:
    """Splits a text at any of `separators`, or takes a list, and drops blanks around the pieces."""
    if isinstance(value, (list, tuple, set, frozenset)):
        parts: Iterable[str] = [text(item) for item in value]
    else:
        parts = re.split(f"[{separators}]", text(value))
    return [part.strip() for part in parts if part.strip()]


def libraries(value: object) -> tuple[str, ...]:
    """Returns the library names as typed, in order, each once."""
    if isinstance(value, (list, tuple, set, frozenset)):
        return tuple(dict.fromkeys(_pieces(value, "")))
    return tuple(dict.fromkeys(library_names.names_in(text(value))))


def text_list(value: object) -> tuple[str, ...]:
    """Returns names or paths, each once. They are separated by semicolons, or by commas if there are no
    semicolons."""
    semicolons = isinstance(value, str) and ";" in value
    return tuple(dict.fromkeys(_pieces(value, ";\n" if semicolons else ",\n")))


def template(value: object) -> str:
    """Returns a text with placeholders, such as `{title} ({date})`."""
    return checked(text(value))


def prefix(value: object) -> str:
    """Returns a text that may contain `{kind}` and no other braces."""
    typed = text(value)
    if re.search("[{}]", typed.replace("{kind}", "")):
        raise ValueError("must be a text in which only {kind} is in braces")
    return typed


def sources(value: object) -> tuple[str, ...]:
    """Returns the sources of collections, in the order of SOURCES. `none` means no source."""
    asked = {word.removesuffix("s") for word in _words(value)} - {"none"}
    return _known(asked, SOURCES, f"must be a list of {', '.join(SOURCES)}, or none")


def fields(value: object) -> tuple[str, ...]:
    """Returns the names of fields in their usual order. `all` means SYNC_FIELDS, `none` no field."""
    asked = {_ALIASES.get(word, word) for word in _words(value)}
    asked |= set(SYNC_FIELDS if "all" in asked else ())
    return _known(asked - {"all", "none"}, FIELDS, f"must be a list of {', '.join(FIELDS)}")


def _words(value: object) -> list[str]:
    return [re.sub(r"[\s-]+", "_", word.lower()) for word in _pieces(value, ",;\n")]


def _known(asked: set[str], names: Iterable[str], allowed: str) -> tuple[str, ...]:
    """Returns the names that are asked for, in their order. Raises PartlyValid for other words."""
    known = tuple(name for name in names if name in asked)
    if asked - set(known):
        raise PartlyValid(allowed, known)
    return known


def pairs(value: object) -> tuple[tuple[str, str], ...]:
    """Returns the pairs of a path map. They are typed as `stash prefix => plex prefix`, one per line or
    separated by semicolons. Also accepts a mapping or a list of pairs."""
    if isinstance(value, Mapping):
        value = list(value.items())
    if isinstance(value, (list, tuple)):
        entries = [_entry(item) for item in value]
    else:
        entries = [_entry(line) for line in _pieces(value, ";\n")]
    good = tuple(dict.fromkeys(entry for entry in entries if entry is not None))
    if None in entries:
        message = "must be lines (or parts between ;) of the form 'stash prefix => plex prefix'"
        raise PartlyValid(message, good)
    return good


def _entry(item: object) -> tuple[str, str] | None:
    halves = item.split("=>") if isinstance(item, str) else item
    if not isinstance(halves, (list, tuple)) or len(halves) != 2 or not all(map(_is_text, halves)):
        return None
    return halves[0].strip(), halves[1].strip()


def _is_text(half: object) -> bool:
    return isinstance(half, str) and bool(half.strip()) and not _BROKEN.search(half)

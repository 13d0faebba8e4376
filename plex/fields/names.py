"""Names as Plex distinguishes them: clean, each once, upper and lower case are equal. Pure."""

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache

from validation import clean_text

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

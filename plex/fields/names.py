"""Names as Plex tells them apart: clean, each once, compared without regard to case. Pure."""

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache

from validation import clean_text

NAME = clean_text.LIMITS["name"]


def distinct_names(found: Iterable[str]) -> tuple[str, ...]:
    """Clean names in order, each once: Plex tells names apart without regard to case."""
    kept: dict[str, str] = {}
    for key, name in map(_tidy, found):
        if name:
            kept.setdefault(key, name)
    return tuple(kept.values())


@lru_cache(maxsize=4096)  # the same few names are on thousands of scenes
def _tidy(name: str) -> tuple[str, str]:
    """The name's key and its clean form."""
    clean = clean_text.one_line(name, NAME)
    return name_key(clean), clean


def name_key(name: str) -> str:
    """The form in which two spellings of one name are equal."""
    plain = name if name.isascii() else unicodedata.normalize("NFC", name)
    return plain.casefold()


def alphabetical(found: Iterable[str]) -> list[str]:
    """By the alphabet: an order that no rename elsewhere and no order of Stash's can change."""
    return sorted(found, key=lambda name: (name_key(name), name))


def is_listed(name: str, patterns: tuple[str, ...]) -> bool:
    """Whether the name is one of these; `*` in a pattern stands for anything."""
    return bool(patterns) and bool(_one_of(patterns).fullmatch(name_key(name.strip())))


@lru_cache(maxsize=32)
def _one_of(patterns: tuple[str, ...]) -> "re.Pattern[str]":
    each = (".*".join(map(re.escape, name_key(one).split("*"))) for one in patterns)
    return re.compile("|".join(each), re.DOTALL)

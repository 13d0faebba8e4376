"""What Plex's scanner makes of the name of a file: a title, and a date where the name has a year.

A plain name is the title as it is. One with dots or brackets is cleaned: what is in square brackets
goes, what follows a year or the words of an encoder goes, and the rest is cut into words.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime

FIRST_YEAR = 1900
_UNCLEAN = re.compile(r"[][().]")
_SQUARE = re.compile(r"\[[^]]*\]")
_YEAR = re.compile(r"[(\[.\-]([12]\d{3})[.\-)\]_,+]")
_APART = re.compile(r"[ \-_.()+]+")
_ENCODED = re.compile(
    r"\d{3,4}[ip]|[48]k|[hx]\.?26[45]|hevc|av1|xvid|divx|web(?:-?dl|rip)?|bluray|bdrip|dvdrip|hdtv",
    re.IGNORECASE,
)


def made_of(name: str) -> dict[str, str]:
    """The fields of an item that was made of a file of this name, which is without its ending."""
    if not _UNCLEAN.search(name):
        return {"title": name}
    year = _year(name)
    start = name[: year.start()] if year else name
    words = []
    for word in _APART.split(_SQUARE.sub(" ", start)):
        if _ENCODED.fullmatch(word):
            break
        words += [word] if word else []
    found = {"title": " ".join(words) or name}
    return found | ({"originallyAvailableAt": f"{year[1]}-01-01"} if year else {})


def _year(name: str) -> re.Match[str] | None:
    for found in _YEAR.finditer(name):
        if FIRST_YEAR < int(found[1]) <= datetime.now(tz=UTC).year:
            return found
    return None

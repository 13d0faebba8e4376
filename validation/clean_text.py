"""Cleans and limits text for Plex, and removes paths from text for the log. Pure.

The Unicode form (composed or not) stays as Stash has it: Plex stores the text unchanged, and another
form would differ from the text that is read back.
"""

from __future__ import annotations

import re
import unicodedata

# In characters. Plex's database has no limits, but a longer title breaks the layout of its clients.
# `plex.fields.text` limits the summary further, since it travels in the request line.
LIMITS = {"title": 255, "name": 255, "summary": 10_000}
ELLIPSIS = "…"

# Characters that XML 1.0 forbids (lone surrogates too) or discourages, and U+FEFF, which marks the
# start of a file and is never part of a text.
_ILLEGAL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufeff\ufffe\uffff]")
_NEWLINE = re.compile("\r\n|[\r\x85\u2028\u2029]")
# A path begins where a word could, unlike the slash of AC/DC or of an address. A quoted path ends
# with its quotes. In an unquoted path a blank may be part of the path, so everything up to the last
# file extension of the line goes, or the rest of the line. Compiled only when paths are hidden.
_START = r"(?:(?<![\w/:.%])/(?=[^\s/])|(?<!\w)[A-Za-z]:[\\/]|(?<![\w\\])\\\\(?=\w))"
_QUOTED = rf"""(?m)(?<=(["'`])){_START}.*?(?=\1(?!\w)|$)|(?<=“){_START}.*?(?=”|$)"""
_BARE = rf"{_START}(?:.*\.\w{{1,5}}(?!\w)|.*)"
PATH_SHOWN = "[path]"
_JOINER = "\u200d"
# A longer cluster of marks is no readable character, and may be cut anywhere.
_LONGEST_CLUSTER = 32


def clean(text: str | None, limit: int = LIMITS["summary"]) -> str:
    """Returns the text as Plex can store it: newlines as LF, tabs kept, at most `limit` characters."""
    tidy = _ILLEGAL.sub("", _NEWLINE.sub("\n", text or "")).strip()
    return cut(tidy, limit)


def one_line(text: str | None, limit: int = LIMITS["title"]) -> str:
    """Cleans a title or a name: newlines and tabs become single blanks."""
    if text and text.isascii() and text.isprintable():  # most titles are
        return cut(text.strip(), limit)
    tidy = _ILLEGAL.sub("", _NEWLINE.sub("\n", text or "")).replace("\t", "\n")
    return cut(" ".join(part.strip() for part in tidy.split("\n") if part.strip()), limit)


def without_paths(text: str) -> str:
    """Replaces every file path in the text with `[path]`: rather too much than too little."""
    return re.sub(_BARE, PATH_SHOWN, re.sub(_QUOTED, PATH_SHOWN, text))


def cut(text: str, limit: int) -> str:
    """Cuts the text to at most `limit` characters, the last of them an ellipsis. A letter with its
    accents, an emoji sequence or a flag stays whole."""
    if len(text) <= limit:
        return text
    if limit < 1:
        return ""
    end = limit - 1
    for place in range(end, max(end - _LONGEST_CLUSTER, -1), -1):
        if not _inside(text, place):
            end = place
            break
    return text[:end].rstrip() + ELLIPSIS


def _inside(text: str, place: int) -> bool:
    """Whether a cut before `text[place]` splits one visible character."""
    if place == 0:
        return False
    if text[place - 1] == _JOINER or _extends(text[place]):
        return True
    return _is_flag(text[place]) and _flags_before(text, place) % 2 == 1


def _extends(char: str) -> bool:
    skin_tone_or_tag = "\U0001f3fb" <= char <= "\U0001f3ff" or "\U000e0020" <= char <= "\U000e007f"
    return char == _JOINER or skin_tone_or_tag or unicodedata.category(char)[0] == "M"


def _is_flag(char: str) -> bool:
    """Whether the character is half of a flag."""
    return "\U0001f1e6" <= char <= "\U0001f1ff"


def _flags_before(text: str, place: int) -> int:
    start = place
    while start > 0 and _is_flag(text[start - 1]):
        start -= 1
    return place - start

"""Limits and cleaning of text for Plex, and a text without paths for the log.

Pure. The Unicode form (composed or not) stays as Stash has it: Plex keeps what it is given, and a
changed form would differ from what is read back.
"""

from __future__ import annotations

import re
import unicodedata

# Characters. Plex's database has no limits, its clients do: a longer title breaks their layout.
# What an address can hold (the summary travels in the request line) is the writer's concern.
LIMITS = {
    "title": 255,
    "name": 255,
    "summary": 10_000,
}
ELLIPSIS = "…"

# All that XML 1.0 cannot carry (lone surrogates too), the controls it merely discourages, and
# U+FEFF: a mark at the start of a file, never part of a text.
_ILLEGAL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufeff\ufffe\uffff]")
_NEWLINE = re.compile("\r\n|[\r\x85\u2028\u2029]")
# A path begins where a word could, unlike the slash of AC/DC or of an address. Between quotes it
# ends with them; else nobody can tell a blank inside from one behind, so the rest of the line goes
# up to the last file extension, or altogether. Compiled for those who want none shown.
_START = r"(?:(?<![\w/:.%])/(?=[^\s/])|(?<!\w)[A-Za-z]:[\\/]|(?<![\w\\])\\\\(?=\w))"
_QUOTED = rf"""(?m)(?<=(["'`])){_START}.*?(?=\1(?!\w)|$)|(?<=“){_START}.*?(?=”|$)"""
_BARE = rf"{_START}(?:.*\.\w{{1,5}}(?!\w)|.*)"
PATH_SHOWN = "[path]"
_JOINER = "\u200d"
# A longer pile of marks is no character that anybody reads; it is cut wherever it is.
_LONGEST_CLUSTER = 32


def clean(text: str | None, limit: int = LIMITS["summary"]) -> str:
    """The text as Plex can keep it: newlines as LF, tabs kept, at most `limit` characters."""
    tidy = _ILLEGAL.sub("", _NEWLINE.sub("\n", text or "")).strip()
    return cut(tidy, limit)


def one_line(text: str | None, limit: int = LIMITS["title"]) -> str:
    """Like `clean`, for titles and names: newlines and tabs become single blanks."""
    if text and text.isascii() and text.isprintable():  # most are
        return cut(text.strip(), limit)
    tidy = _ILLEGAL.sub("", _NEWLINE.sub("\n", text or "")).replace("\t", "\n")
    return cut(" ".join(part.strip() for part in tidy.split("\n") if part.strip()), limit)


def without_paths(text: str) -> str:
    """The text with `[path]` in place of every path of a file: rather too much than too little."""
    return re.sub(_BARE, PATH_SHOWN, re.sub(_QUOTED, PATH_SHOWN, text))


def cut(text: str, limit: int) -> str:
    """At most `limit` characters, the last one an ellipsis if any are lost.

    What a reader sees as one character (letter and accent, emoji sequence, flag) stays whole.
    """
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
    """Whether a cut before `text[place]` would tear one visible character."""
    if place == 0:
        return False
    if text[place - 1] == _JOINER or _extends(text[place]):
        return True
    return _is_flag(text[place]) and _flags_before(text, place) % 2 == 1


def _extends(char: str) -> bool:
    skin_tone_or_tag = "\U0001f3fb" <= char <= "\U0001f3ff" or "\U000e0020" <= char <= "\U000e007f"
    return char == _JOINER or skin_tone_or_tag or unicodedata.category(char)[0] == "M"


def _is_flag(char: str) -> bool:
    """Flags are pairs of these letters."""
    return "\U0001f1e6" <= char <= "\U0001f1ff"


def _flags_before(text: str, place: int) -> int:
    start = place
    while start > 0 and _is_flag(text[start - 1]):
        start -= 1
    return place - start

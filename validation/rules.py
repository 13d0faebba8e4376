"""Each setting in its group, with its kind and the function that reads a typed value. Pure.

Groups and settings are in the order in which the page shows them. `validation.config` has the defaults.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from validation import values
from validation.address import photo_address, tidy_token, tidy_url, token_fault, url_fault
from validation.notify_address import notify_addresses
from validation.scope import parse_scope
from validation.template import PLACEHOLDERS

INTERVALS = ("never", "hourly", "daily", "weekly")
DEEP_INTERVALS = ("never", "daily", "weekly", "monthly")
HOOK_MODES = ("background", "inline")
ON_EDIT = ("newest", "stash", "plex", "ask")
ON_LEAVE = ("keep", "restore")
HIDDEN = "this value"  # in place of a value that no sentence repeats
SHOWN = 60  # characters of a value in a sentence


class Rule(NamedTuple):
    """A kind of value. `read` raises ValueError with a text of what is allowed. `allowed` are the words of a
    choice, or words that may be typed among others; for a number the lowest and the highest."""

    kind: str
    read: Callable[[object], Any]
    allowed: tuple[Any, ...] = ()


def _number(low: int, high: int) -> Rule:
    def whole(value: object) -> int:
        number = values.number(value)
        if number is None or not low <= number <= high:
            raise ValueError(f"must be a whole number from {low} to {high}")
        return number

    return Rule("number", whole, (low, high))


def _choice(*words: str) -> Rule:
    def word(value: object) -> str:
        tidy = value.strip().lower() if isinstance(value, str) else None
        if tidy not in words:
            raise ValueError(f"must be one of {', '.join(words)}")
        return tidy

    return Rule("choice", word, words)


def _url(value: object) -> str:
    return tidy_url(values.text(value))


def _photo_place(value: object) -> str:
    return photo_address(values.text(value))


def _token(value: object) -> str:
    return tidy_token(values.text(value))


def _scope(value: object) -> str:
    return parse_scope(value if isinstance(value, str) else "?").text


_FLAG = Rule("flag", values.flag)
_TEXT = Rule("text", values.text)
_TEMPLATE = Rule("template", values.template, PLACEHOLDERS)
_TAGS = Rule("tags", values.text_list)
_FOLDERS = Rule("folders", values.text_list)

GROUPS: dict[str, dict[str, Rule]] = {
    "connection": {
        "plex_url": Rule("address", _url),
        "plex_token": Rule("secret", _token),
        "plex_library": Rule("libraries", values.libraries),
        "path_map": Rule("path_map", values.pairs),
        "plex_insecure_tls": _FLAG,
    },
    "selection": {
        "only_organized": _FLAG,
        "only_stash_id": _FLAG,
        "include_tags": _TAGS,
        "exclude_tags": _TAGS,
        "include_paths": _FOLDERS,
        "exclude_paths": _FOLDERS,
        "on_leave": _choice(*ON_LEAVE),
        "skip_not_found": _FLAG,
        "trigger_plex_scan": _FLAG,
    },
    "fields": {
        "sync_fields": Rule("choices", values.fields, tuple(values.FIELDS)),
        "title_template": _TEMPLATE,
        "sort_title_template": _TEMPLATE,
        "tagline_template": _TEMPLATE,
        "content_rating": _TEXT,
        "genre_only": _TAGS,
        "genre_ignore": _TAGS,
        "performer_tags": _FLAG,
        "max_tags": _number(1, 1000),
        "actor_photo_url": Rule("address", _photo_place),
        "poster_fit": _FLAG,
    },
    "collections": {
        "collections_from": Rule("choices", values.sources, values.SOURCES),
        "collection_tags": _TAGS,
        "collection_prefix": Rule("text", values.prefix),
        "labels": Rule("names", values.text_list),
        "label_tags": _TAGS,
        "label_organized": _TEXT,
    },
    "safety": {
        "paused": _FLAG,
        "on_edit_in_plex": _choice(*ON_EDIT),
        "preserve_plex_edits": _FLAG,
        "allow_ambiguous_match": _FLAG,
        "brake_share": _number(1, 100),
        "brake_scenes": _number(1, 10_000_000),
        "journal_days": _number(1, 3650),
        "journal_rows": _number(1000, 10_000_000),
    },
    "reconciliation": {
        "reconcile_interval": _choice(*INTERVALS),
        "reconcile_scope": Rule("range", _scope, ("all", "24h", "7days", "30d")),
        "deep_interval": _choice(*DEEP_INTERVALS),
        "events_only": _FLAG,
    },
    "advanced": {
        "hook_mode": _choice(*HOOK_MODES),
        "max_retries": _number(1, 100),
        "connect_timeout": _number(1, 300),
        "read_timeout": _number(1, 3600),
        "notify": Rule("secret", notify_addresses),
        "notify_runs": _FLAG,
        "card_badge": _FLAG,
        "debug_logging": _FLAG,
        "obfuscate_paths": _FLAG,
    },
}
# Accepted, but not shown among the settings: only older configurations contain them.
UNLISTED: dict[str, Rule] = {"reconcile_missing": _FLAG}
RULES = {name: rule for group in GROUPS.values() for name, rule in group.items()}
# No sentence repeats the values of these.
SECRET = ("plex_url", "plex_token", "actor_photo_url", "notify")
# Faults of values that can be read and cannot work.
FAULTS: dict[str, Callable[[str], str | None]] = {
    "plex_url": url_fault,
    "plex_token": token_fault,
}


def read(name: str, value: object) -> Any:
    """Returns the value of the setting in its one form. Raises ValueError with what is allowed."""
    return (RULES.get(name) or UNLISTED[name]).read(value)


def is_blank(name: str, value: object) -> bool:
    """Whether Stash means no value: nothing, a blank text, or 0 for a number."""
    if value is None or (isinstance(value, str) and not value.strip()):
        return True
    is_number = name in RULES and RULES[name].kind == "number"
    return is_number and not isinstance(value, bool) and values.number(value) == 0


def objection(name: str, value: object) -> str:
    """Returns a sentence about why a typed value cannot be used, '' if it can or is blank."""
    if is_blank(name, value):
        return ""
    try:
        usable = read(name, value)
    except ValueError as error:
        return refusal(shown(name, value), str(error))
    fault = FAULTS[name](usable) if name in FAULTS else None
    return fault or ""


def refusal(shown: str, allowed: str) -> str:
    return f"{shown} cannot be used, it {allowed}."


def shown(name: str, value: object) -> str:
    """Returns the value as a sentence shows it."""
    text = HIDDEN if name in SECRET else repr(value)
    return text if len(text) <= SHOWN else f"{text[: SHOWN - 1]}…"

"""The settings of Stash2Plex, with their types, limits and defaults.

The only file that imports pydantic. Stash knows no defaults: an unset setting arrives as nothing, an
empty text, 0 or off, so each of these means the default here. A setting that decides what Plex says
is in `SyncSettings` as well.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import (
    BaseModel,
    ConfigDict,
    SecretStr,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_validator,
)

from validation import rules, values
from validation.address import split_pasted
from validation.rules import UNLISTED
from validation.settings import sync_settings
from validation.values import SYNC_FIELDS


class Stash2PlexConfig(BaseModel):
    """All settings, checked. Raises pydantic's ValidationError, which `load` turns into warnings."""

    # Without hidden input an error message would repeat the token.
    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)

    plex_url: str = ""
    plex_token: SecretStr = SecretStr("")
    plex_library: tuple[str, ...] = ()
    path_map: tuple[tuple[str, str], ...] = ()
    sync_fields: tuple[str, ...] = SYNC_FIELDS
    only_organized: bool = False
    only_stash_id: bool = False
    include_tags: tuple[str, ...] = ()
    exclude_tags: tuple[str, ...] = ()
    include_paths: tuple[str, ...] = ()
    exclude_paths: tuple[str, ...] = ()
    on_leave: str = "keep"
    title_template: str = ""
    sort_title_template: str = ""
    tagline_template: str = ""
    content_rating: str = ""
    genre_only: tuple[str, ...] = ()
    genre_ignore: tuple[str, ...] = ()
    performer_tags: bool = False
    max_tags: int = 100
    actor_photo_url: str = ""
    collections_from: tuple[str, ...] = ("studio",)
    collection_tags: tuple[str, ...] = ()
    collection_prefix: str = ""
    poster_fit: bool = False
    labels: tuple[str, ...] = ()
    label_tags: tuple[str, ...] = ()
    label_organized: str = ""
    reconcile_interval: str = "never"
    reconcile_scope: str = "24h"
    deep_interval: str = "weekly"
    events_only: bool = False
    reconcile_missing: bool = True
    hook_mode: str = "background"
    brake_share: int = 20
    brake_scenes: int = 1000
    on_edit_in_plex: str = "newest"
    preserve_plex_edits: bool = False
    allow_ambiguous_match: bool = False
    skip_not_found: bool = False
    trigger_plex_scan: bool = False
    max_retries: int = 5
    connect_timeout: int = 5
    read_timeout: int = 30
    plex_insecure_tls: bool = False
    journal_days: int = 90
    journal_rows: int = 100_000
    notify: tuple[str, ...] = ()
    notify_runs: bool = False
    card_badge: bool = False
    debug_logging: bool = False
    obfuscate_paths: bool = False
    paused: bool = False

    @property
    def token(self) -> str:
        """Plex's token as plain text: for the request header and nothing else."""
        return self.plex_token.get_secret_value()

    sync_settings = sync_settings

    @field_validator("*", mode="before")
    @classmethod
    def _read(cls, value: Any, info: ValidationInfo) -> Any:
        typed = value.get_secret_value() if isinstance(value, SecretStr) else value
        return rules.read(str(info.field_name), typed)

    @model_validator(mode="before")
    @classmethod
    def _tidy(cls, settings: Any) -> Any:
        if not isinstance(settings, Mapping):
            return settings
        tidy, warnings = _translate(settings)
        if warnings:
            raise ValueError(" ".join(warnings))
        return tidy


# Older keys: the setting that replaces each of them, and its value if the older setting is off.
_LEGACY: dict[str, tuple[str, Any]] = {
    "enabled": ("paused", True),
    "strict_matching": ("allow_ambiguous_match", True),
    "sync_master": ("sync_fields", SYNC_FIELDS),
    "sync_studio": ("sync_fields", ("studio",)),
    "sync_summary": ("sync_fields", ("summary",)),
    "sync_tagline": ("sync_fields", ("tagline",)),
    "sync_date": ("sync_fields", ("date",)),
    "sync_performers": ("sync_fields", ("actors",)),
    "sync_tags": ("sync_fields", ("genres",)),
    "sync_poster": ("sync_fields", ("poster",)),
    "sync_background": ("sync_fields", ("background",)),
    "sync_collection": ("sync_fields", ("collections",)),
}


def _translate(settings: Mapping[Any, Any]) -> tuple[dict[str, Any], list[str]]:
    """Returns the known settings that are not blank, with older keys replaced, and warnings.

    A current setting wins over an older key, which the settings page can no longer change.
    """
    tidy = {name: value for name, value in settings.items() if _is_set(name, value)}
    tidy |= split_pasted(tidy)
    dropped: set[str] = set()
    warnings = []
    for old in [name for name in tidy if name in _LEGACY]:
        new, meaning = _LEGACY[old]
        value = tidy.pop(old)
        try:
            if values.flag(value) or new in tidy:
                continue
        except ValueError as error:
            warnings.append(_warning(old, rules.shown(old, value), str(error), "on"))
            continue
        if new == "sync_fields":
            dropped.update(meaning)
        else:
            tidy[new] = meaning
    if dropped:
        kept = [name for name in SYNC_FIELDS if name not in dropped]
        tidy["sync_fields"] = kept or ["none"]
    return tidy, warnings


def _is_set(name: object, value: object) -> bool:
    """Whether this is a known setting with a value. 0 and blank mean no value."""
    if not isinstance(name, str) or name not in _KNOWN:
        return False
    return not rules.is_blank(name, value)


_KNOWN = frozenset(Stash2PlexConfig.model_fields) | frozenset(_LEGACY)


def shown() -> dict[str, Any]:
    """Returns the default of each setting that Stash shows."""
    fields = Stash2PlexConfig.model_fields
    return {name: field.default for name, field in fields.items() if name not in UNLISTED}


def unknown_keys(settings: object) -> tuple[str, ...]:
    """Returns the keys that no code reads, for a line at debug level."""
    if not isinstance(settings, Mapping):
        return ()
    return tuple(sorted(str(name) for name in settings if name not in _KNOWN))


def load(settings: object) -> tuple[Stash2PlexConfig, tuple[str, ...]]:
    """Returns the config for the settings as Stash stores them, and a warning for each invalid value.

    Never raises for a value: an invalid value falls back to its default, a list to its valid part.
    """
    if not isinstance(settings, Mapping):
        kind = "nothing" if settings is None else type(settings).__name__
        return Stash2PlexConfig(), (f"The settings are {kind} instead of a map: defaults apply.",)
    given, warnings = _translate(settings)
    try:
        return Stash2PlexConfig.model_validate(given), tuple(warnings)
    except ValidationError as refused:
        warnings += _repair(given, refused)
    return Stash2PlexConfig.model_validate(given), tuple(warnings)


def _repair(given: dict[str, Any], refused: ValidationError) -> list[str]:
    """Removes the invalid values from `given` (a list keeps its valid part). Returns one warning each."""
    warnings = []
    hides_paths = _hides_paths(given)
    for error in refused.errors(include_url=False):
        name = str(error["loc"][0])
        cause = error.get("ctx", {}).get("error")
        rest = getattr(cause, "rest", None)
        used = "the rest of it" if rest else _default(name)
        is_hidden = name == "path_map" and hides_paths
        shown = rules.HIDDEN if is_hidden else rules.shown(name, given[name])
        warnings.append(_warning(name, shown, str(cause or error["msg"]), used))
        del given[name]
        if rest:
            given[name] = rest
    return warnings


def _hides_paths(given: Mapping[str, Any]) -> bool:
    try:
        return values.flag(given.get("obfuscate_paths", False))
    except ValueError:
        return True


def _warning(name: str, shown: str, allowed: str, used: str) -> str:
    return f"{name}: {rules.refusal(shown, allowed)} Used instead: {used}."


def _default(name: str) -> str:
    default = Stash2PlexConfig.model_fields[name].default
    if default is True or default is False:
        return "on" if default else "off"
    return f"{default}" if isinstance(default, (int, str)) and default else "the default"

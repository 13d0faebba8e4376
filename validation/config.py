"""The settings of Stash2Plex, with their types, limits and defaults.

The only file that imports pydantic. Stash knows no defaults: an unset setting arrives as nothing, an
empty text, 0 or off, so each of these means the default here. A setting that decides what Plex says
is in `SyncSettings` as well.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    SecretStr,
    ValidationError,
    model_validator,
)

from validation import values
from validation.address import (
    photo_address,
    split_pasted,
    tidy_token,
    tidy_url,
)
from validation.scope import parse_scope
from validation.settings import SyncSettings
from validation.values import SYNC_FIELDS

INTERVALS = ("never", "hourly", "daily", "weekly")
DEEP_INTERVALS = ("never", "daily", "weekly", "monthly")
HOOK_MODES = ("background", "inline")
ON_EDIT = ("newest", "stash", "plex", "ask")
ON_LEAVE = ("keep", "restore")
# Accepted, but not shown among the settings: only older configurations contain them.
UNLISTED = ("reconcile_missing",)
_SECRET = ("plex_url", "plex_token", "actor_photo_url")
_SHOWN = 60


def _between(low: int, high: int) -> BeforeValidator:
    def whole(value: object) -> int:
        number = values.number(value)
        if number is None or not low <= number <= high:
            raise ValueError(f"must be a whole number from {low} to {high}")
        return number

    return BeforeValidator(whole)


def _one_of(words: tuple[str, ...]) -> BeforeValidator:
    def word(value: object) -> str:
        tidy = value.strip().lower() if isinstance(value, str) else None
        if tidy not in words:
            raise ValueError(f"must be one of {', '.join(words)}")
        return tidy

    return BeforeValidator(word)


def _url(value: object) -> str:
    return tidy_url(values.text(value))


def _photo_place(value: object) -> str:
    return photo_address(values.text(value))


def _token(value: object) -> str:
    return tidy_token(
        values.text(value.get_secret_value() if isinstance(value, SecretStr) else value)
    )


def _scope(value: object) -> str:
    return parse_scope(value if isinstance(value, str) else "?").text


Flag = Annotated[bool, BeforeValidator(values.flag)]
Libraries = Annotated[tuple[str, ...], BeforeValidator(values.libraries)]
Text = Annotated[str, BeforeValidator(values.text)]
Template = Annotated[str, BeforeValidator(values.template)]
List = Annotated[tuple[str, ...], BeforeValidator(values.text_list)]


class Stash2PlexConfig(BaseModel):
    """All settings, checked. Raises pydantic's ValidationError, which `load` turns into warnings."""

    # Without hidden input an error message would repeat the token.
    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)

    plex_url: Annotated[str, BeforeValidator(_url)] = ""
    plex_token: Annotated[SecretStr, BeforeValidator(_token)] = SecretStr("")
    plex_library: Libraries = ()
    path_map: Annotated[tuple[tuple[str, str], ...], BeforeValidator(values.pairs)] = ()
    sync_fields: Annotated[tuple[str, ...], BeforeValidator(values.fields)] = SYNC_FIELDS
    only_organized: Flag = False
    only_stash_id: Flag = False
    include_tags: List = ()
    exclude_tags: List = ()
    include_paths: List = ()
    exclude_paths: List = ()
    on_leave: Annotated[str, _one_of(ON_LEAVE)] = "keep"
    title_template: Template = ""
    sort_title_template: Template = ""
    tagline_template: Template = ""
    content_rating: Text = ""
    genre_only: List = ()
    genre_ignore: List = ()
    performer_tags: Flag = False
    max_tags: Annotated[int, _between(1, 1000)] = 100
    actor_photo_url: Annotated[str, BeforeValidator(_photo_place)] = ""
    collections_from: Annotated[tuple[str, ...], BeforeValidator(values.sources)] = ("studio",)
    collection_tags: List = ()
    collection_prefix: Annotated[str, BeforeValidator(values.prefix)] = ""
    poster_fit: Flag = False
    labels: List = ()
    label_tags: List = ()
    label_organized: Text = ""
    reconcile_interval: Annotated[str, _one_of(INTERVALS)] = "never"
    reconcile_scope: Annotated[str, BeforeValidator(_scope)] = "24h"
    deep_interval: Annotated[str, _one_of(DEEP_INTERVALS)] = "weekly"
    events_only: Flag = False
    reconcile_missing: Flag = True
    hook_mode: Annotated[str, _one_of(HOOK_MODES)] = "background"
    brake_share: Annotated[int, _between(1, 100)] = 20
    brake_scenes: Annotated[int, _between(1, 10_000_000)] = 1000
    on_edit_in_plex: Annotated[str, _one_of(ON_EDIT)] = "newest"
    preserve_plex_edits: Flag = False
    allow_ambiguous_match: Flag = False
    skip_not_found: Flag = False
    trigger_plex_scan: Flag = False
    max_retries: Annotated[int, _between(1, 100)] = 5
    connect_timeout: Annotated[int, _between(1, 300)] = 5
    read_timeout: Annotated[int, _between(1, 3600)] = 30
    plex_insecure_tls: Flag = False
    journal_days: Annotated[int, _between(1, 3650)] = 90
    journal_rows: Annotated[int, _between(1000, 10_000_000)] = 100_000
    card_badge: Flag = False
    debug_logging: Flag = False
    obfuscate_paths: Flag = False
    paused: Flag = False

    @property
    def token(self) -> str:
        """Plex's token as plain text: for the request header and nothing else."""
        return self.plex_token.get_secret_value()

    def sync_settings(self, path_map: Sequence[tuple[str, str]] | None = None) -> SyncSettings:
        """Returns the settings that decide what Plex says. `path_map` replaces the user's map."""
        return SyncSettings.of(self, path_map)

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
            warnings.append(_warning(old, _shown(value), str(error), "on"))
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
    if value is None or (isinstance(value, str) and not value.strip()):
        return False
    return name not in _NUMBERS or isinstance(value, bool) or values.number(value) != 0


_KNOWN = frozenset(Stash2PlexConfig.model_fields) | frozenset(_LEGACY)
_NUMBERS = frozenset(
    name for name, field in Stash2PlexConfig.model_fields.items() if field.annotation is int
)


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
    secret_names = (*_SECRET, "path_map") if _hides_paths(given) else _SECRET
    for error in refused.errors(include_url=False):
        name = str(error["loc"][0])
        cause = error.get("ctx", {}).get("error")
        rest = getattr(cause, "rest", None)
        used = "the rest of it" if rest else _default(name)
        shown = "this value" if name in secret_names else _shown(given[name])
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


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN - 1]}…"


def _warning(name: str, shown: str, allowed: str, used: str) -> str:
    return f"{name}: {shown} cannot be used, it {allowed}. Used instead: {used}."


def _default(name: str) -> str:
    default = Stash2PlexConfig.model_fields[name].default
    if default is True or default is False:
        return "on" if default else "off"
    return f"{default}" if isinstance(default, (int, str)) and default else "the default"

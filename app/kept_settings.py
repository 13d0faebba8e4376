"""The settings of Stash, checked. The result is kept while they stay the same, since pydantic takes
longer to start than the sync of a scene. The address and the token of Plex, and the addresses of
notifications, are never kept."""

import os
from collections.abc import Mapping, Sequence
from contextlib import suppress
from hashlib import blake2b
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, cast

import validation
from disk.json_file import put_note
from stash import light
from validation.address import tidy_token, tidy_url
from validation.notify_address import notify_addresses
from validation.settings import sync_settings

if TYPE_CHECKING:
    from validation.config import Stash2PlexConfig

FILE = "settings_checked"
OF_PLEX = ("plex_url", "plex_token")
NOTIFY = "notify"
NEVER_KEPT = (*OF_PLEX, NOTIFY)


class Checked(NamedTuple):
    """The settings, a warning for each value that cannot be used, and the names that no code reads."""

    config: "Stash2PlexConfig"
    warnings: Sequence[str]
    unknown: Sequence[str]


class KeptConfig:
    """The attributes of a `Stash2PlexConfig` without pydantic."""

    token: str
    sync_settings = sync_settings

    def __init__(self, values: Mapping[str, Any]) -> None:
        self.__dict__.update(values)


def checked(folder: str, settings: object, keeps: bool = True) -> Checked:
    """Check the settings as Stash stores them. `folder` has the result of the last check."""
    path, mark = os.path.join(folder, FILE), _mark(settings)
    if mark and (kept := _kept(path, mark, settings)):
        return kept
    from validation.config import load, unknown_keys

    config, warnings = load(settings)
    unknown = unknown_keys(settings)
    if mark and keeps and not warnings:
        values = {name: getattr(config, name) for name in type(config).model_fields}
        values = {name: value for name, value in values.items() if name not in NEVER_KEPT}
        with suppress(OSError):  # the next process checks again
            put_note(path, light.dumps({"mark": mark, "values": values, "unknown": unknown}))
    return Checked(config, warnings, unknown)


def _mark(settings: object) -> str:
    """A hash of everything that decides what the check returns, besides what is never kept; '' if that is
    not in order."""
    if not isinstance(settings, Mapping):
        return ""
    for name in OF_PLEX:
        given = settings.get(name)
        if not isinstance(given, str) or not given.strip() or not given.isascii():
            return ""
    try:
        notify_addresses(settings.get(NOTIFY))
    except ValueError:
        return ""
    others = {name: value for name, value in settings.items() if name not in NEVER_KEPT}
    text = light.dumps([others, _rules()])
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=20).hexdigest()


def _rules() -> "list[Any]":
    """A text that changes with every update of the plugin."""
    files = os.scandir(validation.__path__[0])
    rules = [(file.name, file.stat()) for file in files if file.name.endswith(".py")]
    return sorted([name, status.st_size, status.st_mtime_ns] for name, status in rules)


def _kept(path: str, mark: str, settings: Any) -> "Checked | None":
    try:
        document: Any = light.loads(Path(path).read_bytes())
        if document["mark"] != mark:
            return None
        values = {name: _tuples(value) for name, value in document["values"].items()}
        unknown = [str(name) for name in document["unknown"]]
    except (OSError, ValueError, LookupError, TypeError, AttributeError):
        return None
    url, token = (settings[name].strip() for name in OF_PLEX)
    values |= {"plex_url": tidy_url(url), "token": tidy_token(token)}
    values[NOTIFY] = notify_addresses(settings.get(NOTIFY))
    return Checked(cast("Stash2PlexConfig", KeptConfig(values)), (), unknown)


def _tuples(value: Any) -> Any:
    return tuple(map(_tuples, value)) if isinstance(value, list) else value

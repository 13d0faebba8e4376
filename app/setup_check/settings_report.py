"""The settings in force: value, default, and what is wrong with a value. The token is masked. Pure."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from validation.address import token_fault, url_fault

if TYPE_CHECKING:
    from validation.config import Stash2PlexConfig

HIDDEN = "***"
TOKEN = "plex_token"
SHOWN = 60  # characters of a value in a log line

Row = dict[str, Any]


def rows(
    config: "Stash2PlexConfig", warnings: Sequence[str], shown: Mapping[str, Any]
) -> list[Row]:
    """A row for each setting in `shown`, which has the defaults: {name, value, default, is_default, problem}."""
    return [_row(name, config, default, warnings) for name, default in shown.items()]


def _row(name: str, config: "Stash2PlexConfig", default: Any, warnings: Sequence[str]) -> Row:
    if name == TOKEN:
        value, default = HIDDEN if config.token else "", ""
    else:
        value = getattr(config, name)
    is_default = bool(value == default)
    return {
        "name": name,
        "value": _plain(value),
        "default": _plain(default),
        "is_default": is_default,
        "problem": " ".join(w for w in warnings if w.startswith(f"{name}: "))
        or _fault(name, config),
    }


def _fault(name: str, config: "Stash2PlexConfig") -> str:
    """The fault of a readable value that cannot work, '' if there is none."""
    if name == TOKEN:
        return token_fault(config.token) or ""
    return (url_fault(config.plex_url) or "") if name == "plex_url" else ""


def _plain(value: Any) -> Any:
    """Tuples as lists, as in JSON."""
    return [_plain(part) for part in value] if isinstance(value, tuple) else value


def changed(rows: Sequence[Row]) -> str:
    """The settings that do not have their default, in one sentence."""
    values = [f"{row['name']} = {_brief(row['value'])}" for row in rows if not row["is_default"]]
    listed = ": " + "; ".join(values) if values else ""
    return f"settings: {len(values)} of {len(rows)} differ from their defaults{listed}"


def _brief(value: Any) -> str:
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, list):
        value = ", ".join(" => ".join(part) if isinstance(part, list) else part for part in value)
    text = str(value) or "nothing"
    return text if len(text) <= SHOWN else f"{text[: SHOWN - 1]}…"

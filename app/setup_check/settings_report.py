"""The settings in force: value, default, and what is wrong with a value. Secrets are masked. Pure."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from validation.rules import FAULTS, GROUPS, RULES, SECRET, is_blank

if TYPE_CHECKING:
    from validation.config import Stash2PlexConfig

HIDDEN = "***"
TOKEN, NOTIFY = "plex_token", "notify"
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
    elif name == NOTIFY:
        value, default = HIDDEN if config.notify else "", ""
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
    if name not in FAULTS:
        return ""
    return FAULTS[name](config.token if name == TOKEN else config.plex_url) or ""


# -- for the page, which shows them by group and changes them


def described(rows: Sequence[Row], given: Mapping[str, Any]) -> list[Row]:
    """The rows in the order of the groups, with {group, kind, allowed, typed}. `given` are the settings as
    Stash stores them, and `typed` is the value as a person types it."""
    by_name = {row["name"]: row for row in rows}
    return [
        {**by_name[name], "group": group, "kind": rule.kind, "allowed": list(rule.allowed),
         "typed": _typed(by_name[name], given.get(name))}
        for group, rules in GROUPS.items() for name, rule in rules.items()
    ]  # fmt: skip


def _typed(row: Row, given: Any) -> Any:
    name, value = row["name"], row["value"]
    if RULES[name].kind == "secret":
        return ""
    if isinstance(value, bool):
        return value
    if is_blank(name, given):  # the value may come from an older key
        return "" if row["is_default"] else _as_text(name, value)
    # In the address there may be a token or a password as typed.
    is_shown = isinstance(given, (str, int)) and name not in SECRET
    return str(given) if is_shown else _as_text(name, value)


def _as_text(name: str, value: Any) -> str:
    """The value of a text, a number or a list, as `validation.values` reads it."""
    if not isinstance(value, list):
        return str(value)
    parts = [" => ".join(part) if isinstance(part, list) else part for part in value]
    is_plain = all(isinstance(part, str) and "," not in part for part in value)
    is_quoted = RULES[name].kind == "libraries"
    return ", ".join(parts) if is_plain or is_quoted else "; ".join([*parts, ""]).rstrip()


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

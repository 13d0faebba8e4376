"""Which of the settings of pip on this machine hold for our installation. Pure.

pip reads files and `PIP_*` variables that were made for other uses: many of them clash with
`--target`, with one another or with our requirements, and most cannot be switched off by an
argument. Only how packages are fetched is ours to respect; the rest is left out.
"""

from __future__ import annotations

import ast
import os
from collections.abc import Mapping

# The index, the way to it, and the certificates; which files may be taken; where they are cached.
KEPT = frozenset({
    "index-url", "pypi-url", "extra-index-url", "no-index", "find-links", "only-binary",
    "uploaded-prior-to", "proxy", "timeout", "default-timeout", "retries", "resume-retries", "cert",
    "client-cert", "trusted-host", "keyring-provider", "use-feature", "use-deprecated", "cache-dir",
    "no-cache-dir",
})  # fmt: skip
# Of a configuration file: all commands, then this one, whose word counts more.
SECTIONS = ("global", "install")
NO_FILE = {"PIP_CONFIG_FILE": os.devnull}

Settings = Mapping[str, str]


def of_files(listed: str) -> dict[str, str]:
    """The settings that the output of `pip config list` tells of, by option; not the variables'."""
    found: dict[str, dict[str, str]] = {section: {} for section in SECTIONS}
    for line in listed.splitlines():
        key, _, value = line.partition("=")
        section, _, name = key.partition(".")
        if section in found:
            found[section][name.lower().replace("_", "-")] = _unquoted(value)
    return {name: value for section in SECTIONS for name, value in found[section].items()}


def _unquoted(value: str) -> str:
    try:
        return str(ast.literal_eval(value))
    except (ValueError, SyntaxError):
        return value


def for_listing(around: Settings) -> dict[str, str]:
    """The variables with which pip tells of its files: none of its own but where these are."""
    # What a file says must neither silence pip, nor write a log, nor start another Python,
    # which pip does not do where it was started by one.
    others = {name: value for name, value in around.items() if not _is_pips(name)}
    place = around.get("PIP_CONFIG_FILE", "")
    own = {
        "_PIP_RUNNING_IN_SUBPROCESS": "1",
        "PIP_LOG": os.devnull,
        "PIP_QUIET": "0",
        "PIP_VERBOSE": "0",
    }
    return {**others, **own, **({"PIP_CONFIG_FILE": place} if place else {})}


def environment(around: Settings, files: Settings) -> dict[str, str]:
    """The variables of the caller, but of pip's settings only those that are kept, wherever they
    are from; a variable counts more than a file."""
    others = {name: value for name, value in around.items() if not _is_pips(name)}
    fetched = {_variable(name): value for name, value in files.items() if name in KEPT}
    said = {name: value for name, value in around.items() if _option(name) in KEPT and value}
    return {**others, **fetched, **said, **NO_FILE}


def overruling(around: Settings, files: Settings) -> dict[str, str]:
    """What a person has to set for the same effect; empty when nothing clashes. No password."""
    clashing = dict.fromkeys(
        (name for name in around if _is_pips(name) and around[name] and not _is_kept(name)), ""
    )
    if not files.keys() - KEPT:
        return clashing
    fetched = {_variable(name): value for name, value in files.items() if name in KEPT}
    unsaid = {name: _bare(value) for name, value in fetched.items() if not around.get(name)}
    return {**clashing, **unsaid, **NO_FILE}


def _is_kept(name: str) -> bool:
    return name == "PIP_CONFIG_FILE" or _option(name) in KEPT


def _bare(value: str) -> str:
    """Without the login of an address."""
    return " ".join(_without_login(one) for one in value.split())


def _without_login(address: str) -> str:
    scheme, found, rest = address.partition("://")
    place, slash, path = rest.partition("/")
    return (
        f"{scheme}{found}***@{place.rpartition('@')[2]}{slash}{path}" if "@" in place else address
    )


def _is_pips(name: str) -> bool:
    return name.upper().startswith("PIP_")


def _option(variable: str) -> str:
    return variable[4:].lower().replace("_", "-") if _is_pips(variable) else ""


def _variable(option: str) -> str:
    return f"PIP_{option.upper().replace('-', '_')}"

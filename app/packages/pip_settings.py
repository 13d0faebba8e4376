"""Selects the pip settings of this machine that our installation keeps. Pure.

pip reads files and `PIP_*` variables that were made for other uses. Many of them clash with `--target`,
with each other or with our requirements, and most have no argument that switches them off. Our
installation keeps only settings about how packages are fetched.
"""

from __future__ import annotations

import ast
import os
from collections.abc import Mapping

# The index, proxies and certificates, allowed kinds of files, and the cache.
KEPT = frozenset({
    "index-url", "pypi-url", "extra-index-url", "no-index", "find-links", "only-binary",
    "uploaded-prior-to", "proxy", "timeout", "default-timeout", "retries", "resume-retries", "cert",
    "client-cert", "trusted-host", "keyring-provider", "use-feature", "use-deprecated", "cache-dir",
    "no-cache-dir",
})  # fmt: skip
# Sections of a configuration file, in the order in which they overrule each other.
SECTIONS = ("global", "install")
NO_FILE = {"PIP_CONFIG_FILE": os.devnull}

Settings = Mapping[str, str]


def of_files(listed: str) -> dict[str, str]:
    """The settings in the output of `pip config list`, by option, without variables."""
    options: dict[str, dict[str, str]] = {section: {} for section in SECTIONS}
    for line in listed.splitlines():
        key, _, value = line.partition("=")
        section, _, name = key.partition(".")
        if section in options:
            options[section][name.lower().replace("_", "-")] = _unquoted(value)
    return {name: value for section in SECTIONS for name, value in options[section].items()}


def _unquoted(value: str) -> str:
    try:
        return str(ast.literal_eval(value))
    except (ValueError, SyntaxError):
        return value


def for_listing(around: Settings) -> dict[str, str]:
    """The variables for `pip config list`: of pip's own variables only the one that names its file of
    settings."""
    # A setting in a file must not silence pip, write a log, or start another Python, which pip does not do
    # as a subprocess of itself.
    others = {name: value for name, value in around.items() if not _is_pips(name)}
    place = around.get("PIP_CONFIG_FILE", "")
    own = {"_PIP_RUNNING_IN_SUBPROCESS": "1", "PIP_LOG": os.devnull}
    own |= {"PIP_QUIET": "0", "PIP_VERBOSE": "0"}
    return {**others, **own, **({"PIP_CONFIG_FILE": place} if place else {})}


def environment(around: Settings, files: Settings) -> dict[str, str]:
    """The caller's variables, with the kept pip settings from variables and files. A variable overrules a
    file."""
    others = {name: value for name, value in around.items() if not _is_pips(name)}
    fetched = {_variable(name): value for name, value in files.items() if name in KEPT}
    given = {name: value for name, value in around.items() if _option(name) in KEPT and value}
    return {**others, **fetched, **given, **NO_FILE}


def overruling(around: Settings, files: Settings) -> dict[str, str]:
    """The variables that a person sets for the same effect, {} if nothing clashes. Without passwords."""
    others = [name for name in around if _is_pips(name) and around[name] and not _is_kept(name)]
    clashing = dict.fromkeys(others, "")
    if not files.keys() - KEPT:
        return clashing
    fetched = {_variable(name): value for name, value in files.items() if name in KEPT}
    from_files = {name: _bare(value) for name, value in fetched.items() if not around.get(name)}
    return {**clashing, **from_files, **NO_FILE}


def _is_kept(name: str) -> bool:
    return name == "PIP_CONFIG_FILE" or _option(name) in KEPT


def _bare(value: str) -> str:
    """The value without logins in its addresses."""
    return " ".join(map(_without_login, value.split()))


def _without_login(address: str) -> str:
    scheme, found, rest = address.partition("://")
    place, slash, path = rest.partition("/")
    _, login, host = place.rpartition("@")
    return f"{scheme}{found}***@{host}{slash}{path}" if login else address


def _is_pips(name: str) -> bool:
    return name.upper().startswith("PIP_")


def _option(variable: str) -> str:
    return variable[4:].lower().replace("_", "-") if _is_pips(variable) else ""


def _variable(option: str) -> str:
    return f"PIP_{option.upper().replace('-', '_')}"

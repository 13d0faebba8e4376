"""Splits and checks the setting Notify: addresses of Apprise, each of which is a secret. Pure.

No sentence made here repeats an address.
"""

from __future__ import annotations

import re
from urllib.parse import unquote

MOST = 10  # addresses
LONGEST = 2000  # characters of an address
_ADDRESS = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://[\x21-\x7e]+")
# An address may contain commas, so only a comma before the next address separates two of them.
_BETWEEN = re.compile(r"[,;]*\s+[,;\s]*|[,;]+(?=[A-Za-z][A-Za-z0-9+.-]*://)")
_PART = re.compile(r"[/?&=@:#,]+")
_SHORTEST = 8  # a shorter part of an address is a common word, or a number


def notify_addresses(value: object) -> tuple[str, ...]:
    """Returns the addresses in the setting, () if it is blank. Raises ValueError for anything else."""
    if value is None or isinstance(value, (list, tuple)):
        found = tuple(map(str, value or ()))
    elif isinstance(value, str):
        found = _split(value)
    else:
        found = ("?",)
    if not all(_ADDRESS.fullmatch(address) and len(address) <= LONGEST for address in found):
        raise ValueError(
            "must be addresses of Apprise, such as ntfy://topic or discord://id/token, separated by blanks"
        )
    if len(found) > MOST:
        raise ValueError(f"must be at most {MOST} addresses of Apprise")
    return found


def notify_secrets(text: str) -> list[str]:
    """Returns the parts of the setting as typed that must not be shown: the addresses, and the tokens and
    passwords in them."""
    return [secret for address in _split(text) for secret in _secrets(address)]


def _split(text: str) -> tuple[str, ...]:
    return tuple(filter(None, (part.strip("\"',;") for part in _BETWEEN.split(text.strip()))))


def _secrets(address: str) -> list[str]:
    rest = address.partition("://")[2] or address
    login, at, place = rest.rpartition("@")
    host = re.split(r"[/?:#]", place if at else rest, maxsplit=1)[0]
    passwords = [login.partition(":")[2]] if at else []
    parts = [part for part in _PART.split(rest) if len(part) >= _SHORTEST]
    found = [address, rest, *passwords, *parts]
    return [
        form for one in found if one and not _is_host(one, host) for form in {one, unquote(one)}
    ]


def _is_host(part: str, host: str) -> bool:
    """Whether this is the name of a machine. Other lines of the log may name it, too; some services have
    a token in this place."""
    return part == host and ("." in host or host == "localhost")

"""Normalizes and checks the address and the token of Plex, and the address of actor photos. Pure.

No sentence made here repeats the token or a password.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import SplitResult, unquote, urlsplit

from validation.notify_address import notify_secrets

_SLASHES = re.compile(r"^(https?):/?(?=[^/])", re.IGNORECASE)
# Plex's own page, and what "View XML" shows; a folder of a proxy before them is kept.
_OWN_PAGE = re.compile(r"(/(web|library|playlists|status|hubs|identity|:)(/.*)?|/+)$")
_PORT = re.compile(r"^(\w+://(?:\[[^\]]*\]|[^/:?#]+))/:?(\d{2,5})(?=$|[/?#])")
_NAMED = re.compile(r"X-Plex-Token\s*(?:=|:|%3D)\s*[\"']?([^&\s\"'#]+)", re.IGNORECASE)
# Names of machines are rarely that long, and rarely mix small and large letters.
_TOKEN = re.compile(r"(?=.*[A-Z])(?=.*[a-z])[A-Za-z0-9_-]{18,}")
WHERE = "Settings > Plugins > Stash2Plex"
# Replaces a token that was typed as the address. The token is kept nowhere.
A_TOKEN = "token://"


def tidy_token(text: str) -> str:
    """Returns the bare token, also if it was copied with its name, in quotes or inside an address."""
    text = text.strip("\"' \t\n")
    return named_token(text) or ("" if re.match(r"https?://", text, re.IGNORECASE) else text)


def named_token(text: str) -> str:
    """Returns the token in a pasted address or after its name, or ''."""
    match = _NAMED.search(text)
    return unquote(match[1]) if match else ""


def secrets(url: str, token: str) -> list[str]:
    """Returns the parts of the two typed settings that must not be shown: tokens with a name, then
    the password, then texts that are a token as a whole."""
    named = [secret for text in (url, token) for secret in (named_token(text), _raw_token(text))]
    parts = _split(url.strip() if "://" in url else f"http://{url.strip()}")
    passwords = [parts.password, parts.password and unquote(parts.password)] if parts else []
    whole = [tidy_token(token), url.strip("\"' \t\n") if tidy_url(url) == A_TOKEN else ""]
    return [one for one in (*named, *passwords, *whole) if one]


def _raw_token(text: str) -> str:
    match = _NAMED.search(text)
    return match[1] if match else ""


def split_pasted(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Returns the setting that is blank, if the pasted address in the other setting contains it."""
    url, token = (settings.get(name) for name in ("plex_url", "plex_token"))
    if not token and isinstance(url, str) and (found := named_token(url)):
        return {"plex_token": found}
    if not url and isinstance(token, str) and re.match(r"\s*[\"']?https?://", token):
        return {"plex_url": token.strip()}
    return {}


def tidy_url(text: str) -> str:
    """Returns the address in one form. An address beyond repair stays for `url_fault` to report.

    Without a scheme the address gets `http://`, and port 32400 unless it names another: that is how
    Plex is reached at home. With a scheme the port stays as typed, so that `https://plex.example.com`
    works behind a proxy. A pasted address of Plex's own page (`/web/index.html#!/...`) or of "View
    XML" is cut to the server, and a port after a slash moves to its place. Passwords are dropped,
    and a token that was typed as the address is replaced.
    """
    text = _SLASHES.sub(r"\1://", text.strip("\"' \t\n"))
    if not text:
        return ""
    bare = "://" not in text
    if bare and (_TOKEN.fullmatch(text) or re.match(r"[?&]?X-Plex-Token\b", text, re.IGNORECASE)):
        return A_TOKEN
    parts = _split(_PORT.sub(r"\1:\2", f"http://{text.lstrip('/')}" if bare else text))
    if parts is None:
        return "http://"
    place = f"***@{parts.netloc.rpartition('@')[2]}" if "@" in parts.netloc else parts.netloc
    if bare and parts.hostname and parts.port is None:
        place = f"{place.rstrip(':')}:32400"
    return f"{parts.scheme.lower()}://{place}{_OWN_PAGE.sub('', parts.path)}"


def _split(text: str) -> SplitResult | None:
    """Returns the parts of a URL, or None if its host or port is invalid."""
    try:
        parts = urlsplit(text)
        return parts if (parts.port or 0) >= 0 else None
    except ValueError:
        return None


def url_fault(url: str) -> str | None:
    """Returns why this normalized address is unusable, or None."""
    example = "for example http://192.168.1.10:32400"
    if not url:
        return f"The address of Plex (Plex URL) is missing, {example}."
    if url == A_TOKEN:
        return (
            "The address of Plex (Plex URL) is a token: that belongs into Plex Token, and an address "
            f"here, {example}."
        )
    parts = _split(url)
    if parts is None or not parts.hostname or re.search(r"[\s\x00-\x1f]", url):
        return f"The address of Plex (Plex URL) names no usable host and port, {example}."
    if "@" in parts.netloc:
        return "The address of Plex (Plex URL) holds a user or password: use Plex Token instead."
    if parts.scheme not in ("http", "https"):
        return f"The address of Plex (Plex URL) must begin with http:// or https://, {example}."
    return None


def photo_address(text: str) -> str:
    """Returns an address that a path can follow. Raises ValueError if it contains more: Plex shows the
    address to everybody, so it must not contain a password or a key."""
    parts = _split(text.strip())
    usable = parts is not None and parts.hostname and parts.scheme in ("http", "https")
    if parts is None or not usable or re.search(r"[@?#\s\x00-\x1f]", text.strip()):
        raise ValueError(
            "must be an address without password, key or anything behind the path, for example "
            "https://photos.example.com"
        )
    return f"{parts.scheme}://{parts.netloc}{parts.path.rstrip('/')}"


def token_fault(token: str) -> str | None:
    """Returns why this token cannot be sent in a header, or None."""
    if not token:
        return "The token of Plex (Plex Token) is missing."
    if not re.fullmatch(r"[\x21-\x7e]+", token):
        return "The token of Plex (Plex Token) holds a blank or another character that cannot be."
    if token.count(".") == 2:
        return (
            "The token of Plex (Plex Token) is a signed one of plex.tv, with two dots, which no media "
            "server accepts: take the X-Plex-Token that “View XML” of an item shows in its address."
        )
    return None


def typed_secrets(settings: object) -> list[str]:
    """Returns the secrets in the settings as typed. The log hides them from its first line on."""
    given = settings if isinstance(settings, Mapping) else {}
    texts = [given.get(name) for name in ("plex_url", "plex_token", "notify")]
    url, token, notify = (text if isinstance(text, str) else "" for text in texts)
    return secrets(url, token) + notify_secrets(notify)


def problem(url: str, token: str) -> str | None:
    """Returns why Plex cannot be reached with this address and this token, or None.

    The sentence names the place of the setting, and contains neither the token nor a password.
    """
    fault = url_fault(url) or token_fault(token)
    if fault is None:
        return None
    return f"{fault} Set it in Stash under {WHERE}; what is waiting to be synced is kept."

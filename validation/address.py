"""The address and the token of Plex, and other addresses: brought into one form, and judged.

Pure. No sentence made here repeats the token or a password.
"""

from __future__ import annotations

import re
from urllib.parse import SplitResult, urlsplit

_SLASHES = re.compile(r"^(https?):/?(?=[^/])", re.IGNORECASE)
_OWN_PAGE = re.compile(r"(/web(/.*)?|/+)$")


def tidy_token(text: str) -> str:
    """The bare token, also when it was copied with its name or in quotes."""
    return re.sub(r"^X-Plex-Token\s*[=:]\s*", "", text.strip("\"'"), flags=re.IGNORECASE)


def tidy_url(text: str) -> str:
    """The address in one form; what cannot be mended is kept for `url_fault` to tell.

    Without a scheme it is `http://`, and port 32400 unless another is named: that is how Plex is
    reached at home. With a scheme the port is taken as it is, so that `https://plex.example.com`
    works behind a proxy. A pasted address of Plex's own page (`/web/index.html#!/...`) is cut to
    the server. A password is never kept.
    """
    text = _SLASHES.sub(r"\1://", text.strip("\"' \t\n"))
    if not text:
        return ""
    bare = "://" not in text
    parts = _split(f"http://{text.lstrip('/')}" if bare else text)
    if parts is None:
        return "http://"
    place = f"***@{parts.netloc.rpartition('@')[2]}" if "@" in parts.netloc else parts.netloc
    if bare and parts.hostname and parts.port is None:
        place = f"{place.rstrip(':')}:32400"
    return f"{parts.scheme.lower()}://{place}{_OWN_PAGE.sub('', parts.path)}"


def _split(text: str) -> SplitResult | None:
    """The parts of a URL, or None when host or port cannot be understood."""
    try:
        parts = urlsplit(text)
        return parts if (parts.port or 0) >= 0 else None
    except ValueError:
        return None


def url_fault(url: str) -> str | None:
    """Why nothing can be asked at this (tidied) address; None when it can be tried."""
    example = "for example http://192.168.1.10:32400"
    if not url:
        return f"The address of Plex (plex_url) is missing, {example}."
    parts = _split(url)
    if parts is None or not parts.hostname or re.search(r"[\s\x00-\x1f]", url):
        return f"The address of Plex (plex_url) names no usable host and port, {example}."
    if "@" in parts.netloc:
        return "The address of Plex (plex_url) holds a user or password: use plex_token instead."
    if parts.scheme not in ("http", "https"):
        return f"The address of Plex (plex_url) must begin with http:// or https://, {example}."
    return None


def photo_place(text: str) -> str:
    """An address to put a path behind; ValueError for one that holds more than that.

    Plex keeps it, and gives it to everybody: no password and no key may be in it.
    """
    parts = _split(text.strip())
    usable = parts is not None and parts.hostname and parts.scheme in ("http", "https")
    if parts is None or not usable or re.search(r"[@?#\s\x00-\x1f]", text.strip()):
        raise ValueError(
            "must be an address without password, key or anything behind the path, for example "
            "https://photos.example.com"
        )
    return f"{parts.scheme}://{parts.netloc}{parts.path.rstrip('/')}"


def token_fault(token: str) -> str | None:
    """Why this token cannot be sent in a header; None when it can."""
    if not token:
        return "The token of Plex (plex_token) is missing."
    if not re.fullmatch(r"[\x21-\x7e]+", token):
        return "The token of Plex (plex_token) holds a blank or another character that cannot be."
    return None

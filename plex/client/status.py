"""Turns the status of an answer into an error of Plex, or of a proxy in front of it. Pure."""

import re
from collections.abc import Mapping

import errors
from errors import PLEX

STARTING = "still starting up"
# How nginx, Apache and servers in Go refuse a request without TLS at their port for TLS.
_TLS_ONLY = re.compile(r"plain HTTP|HTTP request (was sent )?to (an )?HTTPS")
BREATH = 1.0  # seconds of rest for a busy Plex that does not ask for a time


def of_status(status: int, text: str, url: str) -> errors.Stash2PlexError:
    """Returns the meaning of an HTTP status other than success. `text` is the text of the answer."""
    if status == 401:
        return errors.Refused(
            f"Plex at {url} does not accept “Plex Token” (401): get a new one, or use the server's "
            "IP address if “Plex URL” names it by a container's or local name"
        ).of(PLEX)
    if status == 403:
        return errors.Refused(
            "Plex does not let this token edit (403): “Plex Token” must be the server owner's"
        ).of(PLEX)
    if status == 404:
        return errors.Gone("Plex no longer has this item").of(PLEX)
    if status == 503 or STARTING in text:
        return errors.Unreachable("Plex is still starting up").of(PLEX, "starting")
    if status in (502, 504) or 300 <= status < 400:
        words = "cannot reach it" if status >= 500 else "sends us elsewhere"
        return _gateway(f"the proxy in front of Plex {words} ({status})")
    if status in (408, 425, 429) or not 400 <= status < 500:
        return errors.Busy(f"Plex answered {status}").of(PLEX)
    return errors.Rejected(f"Plex answered {status} and changed nothing").of(PLEX)


def overloaded() -> errors.Stash2PlexError:
    """Returns the error for a Plex that is up and has too many requests in its queue."""
    error = errors.Busy("Plex is busy: it has more requests than it can take (503)").of(PLEX)
    error.after = BREATH
    return error


def wants_tls(url: str, status: int, headers: Mapping[str, str], text: str) -> bool:
    """Whether a request without TLS was turned away because it had none."""
    if not url.startswith("http:"):
        return False
    if 300 <= status < 400:
        return headers.get("location", "").strip().lower().startswith("https:")
    return status == 400 and bool(_TLS_ONLY.search(text))


def without_tls(status: int, url: str) -> errors.Unreachable:
    """Returns the error for such a server."""
    words = f"what answers at {url} wants https ({status}): write https:// instead of http:// there"
    return _gateway(f"{words}, in “Plex URL”")


def is_in_front(status: int, headers: Mapping[str, str]) -> bool:
    """Whether a login or a challenge answers instead of Plex. Plex names its protocol in every answer,
    whatever the status, and never asks for an HTTP login."""
    if status not in (401, 403):
        return False
    return "x-plex-protocol" not in headers or "www-authenticate" in headers


def in_front(status: int, url: str) -> errors.Unreachable:
    """Returns the error for a proxy that asks for a login or a browser."""
    return _gateway(
        f"what answers at {url} is not Plex but a proxy in front of it, with a login or a challenge "
        f"({status}): let the proxy pass Stash2Plex through, or use the address of Plex itself"
    )


def not_plex(url: str) -> errors.Unreachable:
    """Returns the error for another server at that address."""
    return _gateway(f"what answers at {url} is not Plex (the login page of a proxy?)")


def _gateway(words: str) -> errors.Unreachable:
    return errors.Unreachable(words).of(PLEX, "gateway")


def unreadable(words: str) -> errors.Busy:
    """Returns the error for an answer of Plex that makes no sense."""
    return errors.Busy(words).of(PLEX, "unreadable")

"""Session cookies and API keys: who is asking, and which hooks led here."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
from collections.abc import Callable
from dataclasses import dataclass

COOKIE = "session"


@dataclass(frozen=True)
class Session:
    """`visited` holds the plugin/hook pairs that are running above this request."""

    user: str | None = None
    visited: tuple[tuple[str, str], ...] = ()
    issued: float = 0.0


class Unauthorized(Exception):
    """An API key was sent, and it is not the one."""


class Sessions:
    def __init__(self, clock: Callable[[], float], max_age: float, password: str | None) -> None:
        self.clock = clock
        self.max_age = max_age
        self.username = "stash" if password else ""
        self.password = password
        self.api_key = ""
        self._secret = secrets.token_bytes(32)
        # Every cookie of this server begins with it, so that one search finds any of them.
        self.mark = f"MTc{secrets.token_hex(8)}"

    def expire_all(self) -> None:
        """Cookies that were given out so far stop working."""
        self._secret = secrets.token_bytes(32)

    def mint(self, user: str | None, visited: tuple[tuple[str, str], ...] = ()) -> str:
        body = json.dumps([user, list(visited), self.clock()]).encode()
        return self.mark + base64.urlsafe_b64encode(self._mac(body) + body).decode().rstrip("=")

    def read(self, value: str) -> Session | None:
        """None for a forged, foreign or expired cookie."""
        if not value.startswith(self.mark):
            return None
        value = value[len(self.mark) :]
        try:
            raw = base64.urlsafe_b64decode(value + "=" * (-len(value) % 4))
        except ValueError:
            return None
        mac, body = raw[:32], raw[32:]
        if not hmac.compare_digest(mac, self._mac(body)):
            return None
        user, visited, issued = json.loads(body)
        if self.clock() - issued > self.max_age:
            return None
        return Session(user, tuple((p, h) for p, h in visited), issued)

    def from_cookies(self, header: str | None) -> Session | None:
        """Of two cookies with the same name the first one counts, good or bad."""
        for part in (header or "").split(";"):
            name, _, value = part.strip().partition("=")
            if name == COOKIE:
                return self.read(value.strip('"'))
        return None

    def user_of_key(self, key: str) -> str:
        if key != self.api_key:
            raise Unauthorized
        return self.username

    def set_cookie(self, session: Session) -> str:
        value = self.mint(session.user, session.visited)
        return f"{COOKIE}={value}; Path=/; Max-Age={int(self.max_age)}; SameSite=Lax"

    def _mac(self, body: bytes) -> bytes:
        return hmac.new(self._secret, body, hashlib.sha256).digest()

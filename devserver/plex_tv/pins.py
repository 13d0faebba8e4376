"""The PINs of plex.tv: asked for by a client, approved by a person in a browser, handed out once."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

LIFETIME = 1800.0  # seconds of a strong PIN; a short one lives 900
LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789"


def _code(strong: bool) -> str:
    return "".join(secrets.choice(LETTERS) for _ in range(25 if strong else 4))


@dataclass
class Pin:
    """`token` is set when a person has approved the PIN."""

    client: str
    product: str
    strong: bool
    ends: float
    id: int = field(default_factory=lambda: secrets.randbelow(9 * 10**9) + 10**9)
    code: str = ""
    token: str = ""
    taken: bool = False  # whether the client has the token

    def as_dict(self, now: float) -> dict[str, Any]:
        return {
            "id": self.id,
            "code": self.code,
            "product": self.product,
            "trusted": False,
            "qr": f"https://plex.tv/api/v2/pins/qr/{self.code}",
            "clientIdentifier": self.client,
            "location": {"code": "XX", "country": "Nowhere", "inside_eu": False},
            "expiresIn": int(self.ends - now),
            "authToken": self.token or None,
            "newRegistration": None,
        }


class Pins:
    """All PINs by their numbers. `clock` gives epoch seconds."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self.known: dict[int, Pin] = {}

    def make(self, client: str, product: str, strong: bool) -> Pin:
        ends = self._clock() + (LIFETIME if strong else LIFETIME / 2)
        pin = Pin(client, product, strong, ends, code=_code(strong))
        self.known[pin.id] = pin
        return pin

    def find(self, id: int, client: str) -> Pin | None:
        """The PIN, if it lives and is this client's. A token is handed out once."""
        pin = self.known.get(id)
        if pin is None or pin.client != client or pin.ends <= self._clock() or pin.taken:
            return None
        pin.taken = bool(pin.token)
        return pin

    def approve(self, code: str, token: str) -> None:
        """As a person does in the browser. KeyError for an unknown or expired code."""
        for pin in self.known.values():
            if pin.code == code and pin.ends > self._clock():
                pin.token = token
                return
        raise KeyError(code)

    def expire(self) -> None:
        for pin in self.known.values():
            pin.ends = self._clock()

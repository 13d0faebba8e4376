"""The servers and players of an account, as plex.tv lists them."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass, field
from typing import Any

RELAY_PORT = 8443


@dataclass
class Connection:
    """An address of a server. plex.tv names it by its plex.direct name, and by number besides."""

    address: str
    port: int
    local: bool = True
    relay: bool = False

    def as_dict(self, hash: str) -> dict[str, Any]:
        ip = ipaddress.ip_address(self.address)
        name = self.address.replace(".", "-").replace(":", "-")
        return {
            "protocol": "https",
            "address": self.address,
            "port": self.port,
            "uri": f"https://{name}.{hash}.plex.direct:{self.port}",
            "local": self.local,
            "relay": self.relay,
            "IPv6": ip.version == 6,
        }


@dataclass
class Resource:
    """A server (or, without `provides`, something else) that an account may use."""

    machine: str
    name: str
    token: str
    connections: list[Connection] = field(default_factory=list)
    owned: bool = True
    present: bool = True
    https_required: bool = False
    provides: str = "server"

    def as_dict(self, include: dict[str, bool]) -> dict[str, Any]:
        hash = f"{self.machine:0<32.32}"
        shown = [one for one in self.connections if include["relay"] or not one.relay]
        shown = [one for one in shown if include["ipv6"] or ":" not in one.address]
        return {
            "name": self.name,
            "product": "Plex Media Server" if self.provides == "server" else "Plex Web",
            "productVersion": "1.43.3.10861-sim",
            "platform": "Linux",
            "device": "PC",
            "clientIdentifier": self.machine,
            "provides": self.provides,
            "ownerId": None if self.owned else 4711,
            "owned": self.owned,
            "home": False,
            "presence": self.present,
            "accessToken": self.token,
            "httpsRequired": self.https_required,
            "connections": [one.as_dict(hash) for one in shown],
        }

"""The Plex servers of an account and their addresses, as plex.tv lists them. Pure."""

import ipaddress
from collections.abc import Iterable
from typing import Any, NamedTuple

DIRECT = ".plex.direct"  # names that plex.tv gives to addresses, so that a certificate fits them


class Address(NamedTuple):
    """An address at which a server may answer. `local` is in the home of the server."""

    url: str
    local: bool


class Server(NamedTuple):
    """A server that the account owns. `addresses` are without relays, the best first."""

    machine: str
    name: str
    token: str
    addresses: tuple[Address, ...]


def servers(resources: object) -> list[Server]:
    """The servers that the account owns. Rows that cannot be read are left out."""
    return [
        found for row in _rows(resources) if row.get("owned") is True and (found := _server(row))
    ]


def shared(resources: object) -> int:
    """How many servers of other people the account may use."""
    return sum(1 for row in _rows(resources) if row.get("owned") is not True)


def is_direct(url: str) -> bool:
    """Whether the address is a plex.direct name."""
    return url.partition("://")[2].partition("/")[0].partition(":")[0].endswith(DIRECT)


def _rows(resources: object) -> Iterable[dict[str, Any]]:
    rows = resources if isinstance(resources, list) else []
    for row in rows:
        if isinstance(row, dict) and "server" in _text(row, "provides").split(","):
            yield row


def _server(row: dict[str, Any]) -> "Server | None":
    machine, token = _text(row, "clientIdentifier"), _text(row, "accessToken")
    if not machine or not token:
        return None
    places = row.get("connections")
    found = [
        (rank, address)
        for place in (places if isinstance(places, list) else [])
        if isinstance(place, dict) and place.get("relay") is not True
        for rank, address in _addresses(place, row.get("httpsRequired") is True)
    ]
    ranked = [address for _, address in sorted(found, key=lambda one: one[0])]
    return Server(machine, _text(row, "name") or machine, token, tuple(dict.fromkeys(ranked)))


def _addresses(place: dict[str, Any], only_https: bool) -> "Iterable[tuple[int, Address]]":
    """The addresses of a connection, with a rank. At home the bare number comes first, because it
    needs no name server. From outside only https is used, because others can listen there."""
    local = place.get("local") is True
    uri, number = _text(place, "uri"), _text(place, "address")
    if local and not only_https and (bare := _bare(number, place.get("port"))):
        yield (0 if "." in number else 2), Address(bare, local)
    if uri.startswith("https://") or (local and not only_https and uri.startswith("http://")):
        yield (1 if local else 3), Address(uri.rstrip("/"), local)


def _bare(number: str, port: object) -> str:
    """The address by number; '' if it is none."""
    try:
        ip = ipaddress.ip_address(number)
    except ValueError:
        return ""
    if isinstance(port, bool) or not isinstance(port, int) or not 0 < port < 65536:
        return ""
    return f"http://{f'[{ip}]' if ip.version == 6 else ip}:{port}"


def _text(row: dict[str, Any], name: str) -> str:
    value = row.get(name)
    return value.strip() if isinstance(value, str) else ""

"""plex.tv, which is asked only while a person signs in: for a PIN, for the token that an approved PIN
gives, and for the servers of the account. Nothing here repeats a token or the number of a PIN."""

import ipaddress
import json
import os
import time
from collections.abc import Iterable
from typing import Any, NamedTuple
from urllib.parse import urlencode

import errors
from net.plain import AnySession, session_for
from net.response import Fate, NoAnswer, Unusable
from validation.address import token_fault

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


PLEX_TV, APP = "https://plex.tv", "https://app.plex.tv"
OTHER = "STASH2PLEX_PLEX_TV"  # the variable that names another plex.tv, for tests only
PRODUCT = "Stash2Plex"
CONNECT, READ = 5.0, 10.0  # seconds
MAX_BYTES = 4 << 20
INSTEAD = "or enter Plex URL and Plex Token by hand"


class Pin(NamedTuple):
    """A person approves the `code`. Whoever knows the `id` gets the token then, so the `id` is a secret."""

    id: int
    code: str
    seconds: float  # until it expires


class PlexTv:
    """One plex.tv, asked in the name of this `client`. Methods raise Unreachable, Busy, Refused or Gone."""

    def __init__(self, client: str, connect: float = CONNECT, read: float = READ) -> None:
        other = os.environ.get(OTHER, "")
        self._base, self._app = (other, other) if other else (PLEX_TV, APP)
        self._client = client
        self._session = _session(self._base, connect, read)

    def new_pin(self) -> Pin:
        answer = self._asked("POST", "/api/v2/pins?strong=true")
        id, code, seconds = (answer.get(name) for name in ("id", "code", "expiresIn"))
        if not isinstance(id, int) or not isinstance(code, str) or not code:
            raise _unreadable()
        return Pin(id, code, float(seconds) if isinstance(seconds, (int, float)) else 900.0)

    def page_for(self, code: str) -> str:
        """The address of the page on which a person approves the PIN."""
        given = {"clientID": self._client, "code": code, "context[device][product]": PRODUCT}
        return f"{self._app}/auth#?{urlencode(given)}"

    def token_of(self, pin: int) -> str:
        """The account's token, '' until a person has approved the PIN. Raises Gone for a PIN that has
        expired, and SetupError for a token that no media server accepts."""
        answer = self._asked("GET", f"/api/v2/pins/{pin}")
        token = answer.get("authToken") or ""
        if not isinstance(token, str):
            raise _unreadable()
        if token and (fault := token_fault(token)):
            raise errors.SetupError(fault)
        return token

    def resources(self, token: str) -> Any:
        """The servers and players of the account, as `account.servers` reads them."""
        query = urlencode({"includeHttps": 1, "includeRelay": 1, "includeIPv6": 1})
        return self._json("GET", f"/api/v2/resources?{query}", {"X-Plex-Token": token})

    def _asked(self, method: str, path: str) -> dict[str, Any]:
        answer = self._json(method, path)
        if not isinstance(answer, dict):
            raise _unreadable()
        return answer

    def _json(self, method: str, path: str, more: "dict[str, str] | None" = None) -> Any:
        headers = {
            "X-Plex-Client-Identifier": self._client,
            "X-Plex-Product": PRODUCT,
            "X-Plex-Device-Name": PRODUCT,
            "Accept": "application/json",
            **(more or {}),
        }
        try:
            answer = self._session.request(method, self._base + path, headers, limit=MAX_BYTES)
        except Unusable:
            raise errors.SetupError("The address of plex.tv cannot be used.") from None
        except NoAnswer as error:
            raise errors.Unreachable(_silence(error.fate)) from None
        if answer.status_code not in (200, 201):
            raise _refusal(answer.status_code, answer.headers.get("retry-after", ""))
        try:
            return json.loads(answer.content)
        except ValueError:
            raise _unreadable() from None


def _session(base: str, connect: float, read: float) -> AnySession:
    """Unlike the media server, plex.tv may be behind the proxy of the environment."""
    if not base.startswith("https:"):
        return session_for(base, connect, read)
    from net.session import Session

    return Session(connect, read).through_proxies(base)


def _silence(reason: Fate) -> str:
    """Why no answer came, and what to do."""
    if reason.cause == "dns":
        return (
            "The name plex.tv is not known on the machine (or in the container) on which Stash runs. "
            f"Give it a name server (DNS) and try again, {INSTEAD}."
        )
    if reason.cause == "tls":
        now = time.strftime("%Y-%m-%d %H:%M")
        return (
            "The certificate of plex.tv is not accepted where Stash runs. Is the clock right there (it "
            f"says {now})? Correct it and try again, {INSTEAD}."
        )
    return (
        f"plex.tv does not answer ({reason.words}). Check that the machine on which Stash runs reaches "
        f"the internet and try again, {INSTEAD}."
    )


def _refusal(status: int, after: str) -> errors.Stash2PlexError:
    if status in (401, 403):
        return errors.Refused("plex.tv does not accept this sign-in any more. Sign in again.")
    if status == 404:
        return errors.Gone("The sign-in has expired, or was used already. Sign in again.")
    if status in (408, 429) or status >= 500:
        busy = errors.Busy(
            f"plex.tv is busy or down at the moment ({status}). Try again in a minute, {INSTEAD}."
        )
        busy.after = float(after) if after.isascii() and after.isdigit() else 0.0
        return busy
    return errors.Rejected(f"plex.tv refuses the sign-in ({status}). Try again later, {INSTEAD}.")


def _unreadable() -> errors.Unreachable:
    return errors.Unreachable(
        "plex.tv sends an answer that is not its own (the login page of a network?). Open any web page "
        f"where Stash runs and try again, {INSTEAD}."
    )

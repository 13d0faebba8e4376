"""An answer of a server, and why there is none. Pure."""

from collections.abc import Iterable
from typing import Any, NamedTuple

CHUNK = 1 << 16  # bytes that are read at once
# A listing of 1,000 items has about 2 MB. A much larger answer is not meant for us.
MAX_BYTES = 64 << 20
SPEAKS_PLAINLY = "it does not speak TLS: write http:// instead of https://"


class Headers(dict[str, str]):
    """Headers by name, in whatever case. The values of a name that comes twice are joined by a comma."""

    def add(self, name: str, value: str) -> None:
        before = self.get(name)
        self[name.lower()] = value if before is None else f"{before}, {value}"

    def get(self, name: str, default: Any = None) -> Any:
        return super().get(name.lower(), default)

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and super().__contains__(name.lower())


class Response(NamedTuple):
    """A whole answer, unpacked."""

    status_code: int
    headers: Headers
    content: bytes

    @property
    def text(self) -> str:
        return self.content.decode("utf-8", "replace")


class Fate(NamedTuple):
    """Why no answer came."""

    cause: str  # of `errors.CAUSES`
    words: str  # for a person
    sent: bool  # whether the server may have carried out the request


UNREADABLE = Fate(
    "unreadable", "its answer cannot be unpacked, contradicts itself or is too large", True
)
LATE = Fate("timeout", "no answer in time", True)
LOST = Fate("lost", "the connection broke", True)


class NoAnswer(Exception):
    """The request got no whole answer."""

    def __init__(self, fate: Fate) -> None:
        super().__init__(fate.words)
        self.fate = fate


class TooLarge(NoAnswer):
    """The body is longer than the limit. The rest was not read."""

    def __init__(self) -> None:
        super().__init__(UNREADABLE)


def joined(pieces: Iterable[bytes], limit: int) -> bytes:
    """Returns the whole body. Raises TooLarge as soon as it is longer than `limit` bytes."""
    chunks, size = [], 0
    for piece in pieces:
        chunks.append(piece)
        size += len(piece)
        if size > limit:
            raise TooLarge
    return b"".join(chunks)


class Unusable(Exception):
    """An address or a header that cannot be sent: the settings are wrong, not the server. The error's
    text is a single word."""


def is_loopback(host: str) -> bool:
    """Whether the host is this machine. Nobody is in between then, and a self-signed certificate is
    safe."""
    import ipaddress

    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"

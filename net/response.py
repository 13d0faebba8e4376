"""An answer of a server, and why there is none. Pure."""

from collections.abc import Mapping
from typing import NamedTuple

CHUNK = 1 << 16  # bytes that are read at once
# A listing of 1,000 items has about 2 MB. A much larger answer is not meant for us.
MAX_BYTES = 64 << 20
SPEAKS_PLAINLY = "it does not speak TLS: write http:// instead of https://"


class Response(NamedTuple):
    """A whole answer, unpacked. `headers` are by name in small letters."""

    status_code: int
    headers: Mapping[str, str]
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

"""The greeting of a Plex behind TLS by plexapi, with its headers. The only file that imports plexapi.

plexapi and its libraries cost more than the rest of a sync of one scene, so a Plex in the LAN is greeted
without them.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from plex.client.transport import document

PREFIX = "PLEXAPI_"
PLACE = "PLEXAPI_CONFIG_PATH"


@contextmanager
def only_our_settings() -> Iterator[None]:
    """Keeps plexapi from reading settings of other programs on the machine. It reads a file when it is
    imported, and variables of the environment at any time.

    Import it inside this context. The variables stay removed afterwards, from this process and its
    children.
    """
    for name in [name for name in os.environ if name.upper().startswith(PREFIX)]:
        del os.environ[name]
    os.environ[PLACE] = os.devnull
    try:
        yield
    finally:
        del os.environ[PLACE]


with only_our_settings():
    import plexapi
    from plexapi.server import PlexServer


class _Server(PlexServer):
    """plexapi's server, with our connection and our parser."""

    def __init__(self, line: Any, token: str) -> None:
        self._line = line
        super().__init__(line.url, token, session=line)  # type: ignore[no-untyped-call]

    def query(self, key: str, *_: Any, **__: Any) -> Any:
        return document(self._line.ask(key, self._headers()))  # type: ignore[no-untyped-call]


def greeted(line: Any, token: str, identity: "dict[str, str]") -> "tuple[dict[str, str], Any]":
    """Returns the headers for all requests, and the XML root in which Plex names itself. The root is None
    if the answer is empty."""
    plexapi.BASE_HEADERS.update(identity)
    server = _Server(line, token)
    return server._headers(), server._data  # type: ignore[no-untyped-call]

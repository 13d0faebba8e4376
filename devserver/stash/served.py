"""What the HTTP side needs of the server that it belongs to. Types only."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Protocol

from .faults import Faults
from .library import Library
from .messages import Request


class Served(Protocol):
    """A `StashServer`, as its listener and its page see it."""

    external_host: str | None
    faults: Faults
    foreign: int
    gzip: bool
    libraries: Path | None
    library: Library
    queries_rejected: list[Request]
    requests: list[Request]
    targets: list[str]
    tripwire: bool
    connections: set[Any]

    @property
    def address(self) -> str: ...

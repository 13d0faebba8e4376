"""The parts of one running server, as its endpoints see them."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable
from typing import Any

from .faults import Faults
from .library import Library
from .request_log import RequestLog
from .scan import Scans


class State:
    """`phase` is up, starting (503 for all) or starting_writes (writes are refused)."""

    def __init__(
        self, library: Library, token: str, owner: bool, latency: float, machine_identifier: str
    ) -> None:
        self.library = library
        self.scans = Scans(library)
        self.faults = Faults()
        self.log = RequestLog()
        self.token = token
        self.owner = owner
        self.latency = latency
        self.phase = "up"
        self.machine_identifier = machine_identifier or secrets.token_hex(20)
        self.friendly_name = "Sim"
        self.errors: list[str] = []  # tracebacks of our own mistakes; tests want none
        self.interrupt = threading.Event()  # ends whatever hangs when the server stops
        self.rows: dict[Any, tuple[int, list[Any]]] = {}  # results of recent listings
        self.control: Callable[[str, dict[str, Any]], Any] = lambda verb, arguments: None

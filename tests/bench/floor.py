"""The least that a drain can take: a process that has the libraries, and sends what a drain has sent.

    python tests/bench/floor.py <file>      (what `drain.py` writes)

It decides nothing and keeps nothing. A thread reads, over connections of its own, while the edits are
sent one after the other; whatever comes is parsed. Below that is only who does without the libraries.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from http.client import HTTPConnection
from pathlib import Path
from queue import SimpleQueue
from threading import Thread
from typing import Any
from urllib.parse import urlsplit
from xml.etree import ElementTree


def import_libraries() -> None:
    """Those of the full lane."""
    import persistqueue  # noqa: F401
    import plexapi.server  # noqa: F401
    import pydantic  # noqa: F401
    import stashapi.stashapp  # noqa: F401


class Client:
    """One connection."""

    def __init__(self, url: str, headers: dict[str, str], parse: Callable[[bytes], Any]) -> None:
        self._server = HTTPConnection(urlsplit(url).netloc)
        self._headers, self._parse = headers, parse

    def send(self, method: str, target: str, body: str | None = None) -> None:
        self._server.request(method, target, body, self._headers)
        if answer := self._server.getresponse().read():
            self._parse(answer)


def sent(given: dict[str, Any]) -> None:
    """All of it. What is read back is read when its edits have been sent."""
    to_plex = {"X-Plex-Token": given["token"]}
    writer = Client(given["plex"], to_plex, ElementTree.fromstring)
    reader = Client(given["plex"], to_plex, ElementTree.fromstring)
    stash = Client(given["stash"], {"Content-Type": "application/json"}, json.loads)
    calls: SimpleQueue[Callable[[], None] | None] = SimpleQueue()
    thread = Thread(target=lambda: [call() for call in iter(calls.get, None)])
    thread.start()
    for query, variables in given["questions"]:
        body = json.dumps({"query": query, "variables": variables})
        calls.put(lambda body=body: stash.send("POST", "/graphql", body))  # type: ignore[misc]
    reads = [lambda one=one: reader.send("GET", one) for one in given["reads"]]
    before, after = reads[: len(reads) // 2], reads[len(reads) // 2 :]
    for call in before:
        calls.put(call)
    batch = max(1, len(given["puts"]) // max(1, len(after)))
    for number, one in enumerate(given["puts"], 1):
        writer.send("PUT", one)
        if number % batch == 0 and after:
            calls.put(after.pop(0))
    for call in [*after, None]:
        calls.put(call)
    thread.join()


if __name__ == "__main__":
    import_libraries()
    sent(json.loads(Path(sys.argv[1]).read_text()))

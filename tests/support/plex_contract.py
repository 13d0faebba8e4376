"""What the contract tests of the Plex simulator share: a server, a clock and plain HTTP calls."""

from __future__ import annotations

import http.client
import json
from collections.abc import Iterator
from urllib.parse import quote, urlencode
from xml.etree import ElementTree

import pytest

from devserver.plex import PlexServer

TOKEN = "secret"
DATA = "/data/clips"


class Clock:
    """Seconds that pass when a test says so."""

    def __init__(self) -> None:
        self.now = 1_700_000_000.0

    def __call__(self) -> float:
        return self.now

    def wait(self, seconds: float) -> None:
        self.now += seconds


class Reply:
    """An answer, with its XML or JSON at hand."""

    def __init__(self, answer: http.client.HTTPResponse) -> None:
        self.status = answer.status
        self.headers = answer.headers
        self.body = answer.read()

    @property
    def xml(self) -> ElementTree.Element:
        return ElementTree.fromstring(self.body)

    @property
    def json(self) -> dict:
        return json.loads(self.body)["MediaContainer"]

    @property
    def titles(self) -> list[str]:
        return [video.get("title", "") for video in self.xml.findall("Video")]


class Scenes:
    """A server with one library, and a client that speaks raw HTTP to it."""

    def __init__(self, plex: PlexServer, clock: Clock) -> None:
        self.plex = plex
        self.clock = clock
        self.section = plex.add_section("Scenes", roots=["/data"])

    def add(self, name: str = "clip one", **fields: object) -> int:
        return self.plex.add_file(f"{DATA}/{name}.mp4", **fields)

    def ask(
        self,
        method: str,
        path: str,
        query: dict | str = "",
        body: bytes | None = None,
        headers: dict | None = None,
        token: str = TOKEN,
    ) -> Reply:
        text = query if isinstance(query, str) else urlencode(query, quote_via=quote)
        target = f"{path}?{text}" if text else path
        sent = {**({"X-Plex-Token": token} if token else {}), **(headers or {})}
        return ask_port(self.plex.port, method, target, sent, body)

    def get(self, path: str, query: dict | str = "", **more: object) -> Reply:
        return self.ask("GET", path, query, **more)

    def list(self, query: dict | str = "", **more: object) -> Reply:
        return self.get(f"/library/sections/{self.section}/all", query, **more)

    def full(self, rating_key: int) -> ElementTree.Element:
        """The item's element, complete."""
        return self.get(f"/library/metadata/{rating_key}").xml[0]

    def edit(self, ids: int | str, query: str) -> Reply:
        """An edit in raw form, so that a test shows what goes over the wire."""
        return self.ask("PUT", f"/library/sections/{self.section}/all", f"type=1&id={ids}&{query}")

    def tags(self, rating_key: int, kind: str = "genres") -> list[str]:
        return self.plex.item(rating_key)[kind]


def ask_port(
    port: int, method: str, target: str, headers: dict[str, str], body: bytes | None = None
) -> Reply:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request(method, target, body, headers)
        return Reply(connection.getresponse())
    finally:
        connection.close()


def tags_of(video: ElementTree.Element, name: str) -> list[str | None]:
    return [tag.get("tag") for tag in video.findall(name)]


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def scenes(clock: Clock) -> Iterator[Scenes]:
    plex = PlexServer(token=TOKEN, clock=clock)
    with plex:
        yield Scenes(plex, clock)
    assert plex.errors == []

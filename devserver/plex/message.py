"""One request and one answer, as plain data between the sockets and the server's rules."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from http import HTTPStatus
from urllib.parse import unquote, unquote_plus

XML = "text/xml;charset=utf-8"
Pairs = list[tuple[str, str]]


def decoded_pairs(query: str) -> Pairs:
    """The parameters in order. `title==x` is the operator `==`, so its name is `title=`."""
    pairs = []
    for part in query.split("&"):
        if not part:
            continue
        name, _, value = part.partition("=")
        if value.startswith("="):
            name, value = name + "=", value[1:]
        pairs.append((unquote_plus(name), unquote_plus(value)))
    return pairs


@dataclass
class Call:
    """What a client asked. Header names are lower-case."""

    method: str
    target: str
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    path: str = ""
    query: Pairs = field(default_factory=list)
    ignored: list[str] = field(default_factory=list)  # parameters that meant nothing

    def __post_init__(self) -> None:
        raw_path, _, raw_query = self.target.partition("?")
        self.path = unquote(raw_path)
        self.query = decoded_pairs(raw_query)

    def get(self, name: str, default: str = "") -> str:
        for key, value in self.query:
            if key == name:
                return value
        return default

    def has(self, name: str) -> bool:
        return any(key == name for key, _ in self.query)

    def number(self, name: str, default: int) -> int:
        """An integer by query parameter or by header of the same name."""
        text = self.get(name) or self.headers.get(name.lower(), "")
        return int(text) if text.isdigit() else default

    @property
    def token(self) -> str:
        return self.headers.get("x-plex-token", "") or self.get("X-Plex-Token")

    @property
    def wants_json(self) -> bool:
        return "application/json" in self.headers.get("accept", "")


@dataclass
class Answer:
    """What the server says, and how the sockets are to deliver it."""

    status: int = 200
    body: bytes = b""
    content_type: str = XML
    headers: dict[str, str] = field(default_factory=dict)
    delivery: str = "whole"  # or drop, slow_headers, trickle, truncated, cut
    seconds: float = 0.0  # for the slow deliveries
    phase: str = "body"  # that trickles


class Refusal(Exception):
    """A request that is answered with an error status."""

    def __init__(self, status: int, text: str = "") -> None:
        super().__init__(status, text)
        self.status = status
        self.text = text


def error_page(status: int, text: str = "") -> Answer:
    """The tiny HTML page that Plex sends with an error."""
    try:
        title = HTTPStatus(status).phrase
    except ValueError:
        title = "Error"
    said = f"<p>{text}</p>" if text else ""
    page = f"<html><head><title>{title}</title></head><body><h1>{status} {title}</h1>{said}"
    return Answer(status, f"{page}</body></html>".encode(), "text/html")


def numbers(text: str) -> list[int]:
    """`101,102` as integers; anything else in the list is a 400."""
    return list(each_number(text.split(",")))


def each_number(pieces: Iterable[str]) -> Iterable[int]:
    for piece in pieces:
        if not piece.strip().isdigit():
            raise Refusal(400, f"not a number: {piece}")
        yield int(piece)

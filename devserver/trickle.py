"""An answer of HTTP that comes byte by byte in one of its phases, so that no read timeout fires."""

from __future__ import annotations

import gzip
from collections.abc import Callable, Iterator

PHASES = ("status", "interim", "headers", "body", "packed", "chunk_line", "trailers")
CHUNKED = ("chunk_line", "trailers")
PAUSE = 0.02  # seconds between two pieces


def send(
    sendall: Callable[[bytes], object],
    phase: str,
    body: bytes,
    seconds: float,
    head: str,
    wait: Callable[[float], object],
) -> None:
    """Sends the answer, which takes about `seconds`; `wait` is truthy when it is to end."""
    many = max(2, round(seconds / PAUSE))
    for piece in pieces(phase, body, many, head):
        sendall(piece)
        if wait(PAUSE):
            return


def pieces(phase: str, body: bytes, many: int, head: str = "") -> Iterator[bytes]:
    """The answer 200 with `body`, in `many` small pieces in that phase; `head` is its further header
    lines."""
    slow = {one: [b"."] * many if one == phase else [] for one in PHASES}
    for _ in slow["interim"]:
        yield b"HTTP/1.1 100 Continue\r\n\r\n"
    yield b"HTTP/1.1 200 OK"
    yield from slow["status"]
    yield f"\r\n{head}X-Slow: ".encode("latin-1")
    yield from slow["headers"]
    yield b"\r\n"
    if phase in CHUNKED:
        yield from _chunked(body, slow["chunk_line"], slow["trailers"])
    else:
        yield from _sized(body, phase, many)


def _sized(body: bytes, phase: str, many: int) -> Iterator[bytes]:
    if phase == "packed":
        body = gzip.compress(body, 0)
        yield b"Content-Encoding: gzip\r\n"
    yield f"Content-Length: {len(body)}\r\n\r\n".encode()
    parts = many if phase in ("body", "packed") else 1
    step = max(1, -(-len(body) // parts))
    yield from (body[at : at + step] for at in range(0, len(body), step))


def _chunked(body: bytes, extension: list[bytes], trailer: list[bytes]) -> Iterator[bytes]:
    yield f"Transfer-Encoding: chunked\r\n\r\n{len(body):x};".encode()
    yield from extension
    yield b"\r\n" + body + b"\r\n0\r\nX-Slow: "
    yield from trailer
    yield b"\r\n\r\n"

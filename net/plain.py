"""HTTP without TLS over a bare socket: a few milliseconds to start, where the package `requests` takes a
tenth of a second.

It sends each request once, follows no redirect, keeps no cookie and knows no proxy. Every request has one
deadline, whatever phase it is in. `net.session` has the same methods, for addresses with TLS.
"""

import _socket as socket  # the module socket costs more than all of this
import re
import time
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Protocol
from urllib.parse import quote

from net.response import (
    CHUNK,
    LATE,
    LOST,
    MAX_BYTES,
    UNREADABLE,
    Fate,
    NoAnswer,
    Response,
    TooLarge,
    Unusable,
)

_URL = re.compile(r"http://(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+)(?::(\d{1,5}))?(/[^#]*)?", re.ASCII)
_STATUS = re.compile(rb"HTTP/1\.(\d) (\d{3})(?: .*)?", re.DOTALL)
_HEADER = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+: ?(?![ \t])[^\r\n\0]*")
_SAFE = "!#$%&'()*+,/:;=?@[]~"
LONGEST_HEAD = 1 << 18  # bytes of a status with its headers, and of the line before a chunk
PACKED = ("gzip", "x-gzip", "deflate")
AUTOMATIC = zlib.MAX_WBITS | 32  # both gzip and zlib


class AnySession(Protocol):
    """A session of either kind."""

    def request(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str],
        data: "bytes | None" = None,
        limit: int = 0,
    ) -> Response: ...
    def twin(self) -> "AnySession": ...
    def close(self) -> None: ...


def session_for(url: str, connect: float, read: float, verify: bool = True) -> AnySession:
    """Returns a session for the server at `url`, with timeouts in seconds."""
    if _URL.fullmatch(url):
        return PlainSession(connect, read)
    from net.session import Session

    return Session(connect, read, verify=verify)


class PlainSession:
    """One connection to one server, kept open between requests. `deadline` in seconds for a request."""

    def __init__(
        self,
        connect: float,
        read: float,
        deadline: "float | None" = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._given = connect, read, deadline, clock
        self._connect, self._read, self._clock = connect, read, clock
        self._seconds = deadline or 2 * read
        self._ends = 0.0
        self._place: tuple[str, int] | None = None
        self._socket: Any = None
        self._buffer = b""

    def twin(self) -> "PlainSession":
        """Returns the same session for another thread, with its own connection."""
        return PlainSession(*self._given)

    def close(self) -> None:
        connected, self._socket, self._buffer = self._socket, None, b""
        if connected is not None:
            connected.close()

    def request(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str],
        data: "bytes | None" = None,
        limit: int = 0,
    ) -> Response:
        """Returns the whole answer, of at most `limit` bytes. Raises NoAnswer, Response, TooLarge or Unusable."""
        self._ends = self._clock() + self._seconds
        place, request = _prepared(method, url, headers, data)
        self._open(place)
        try:
            self._send(request)
            answer, is_open = self._answer(method, limit or MAX_BYTES)
        except TimeoutError:
            self.close()
            raise NoAnswer(LATE) from None
        except OSError:
            self.close()
            raise NoAnswer(LOST) from None
        except BaseException:
            self.close()
            raise
        if not is_open:
            self.close()
        return answer

    # -- the connection

    def _open(self, place: "tuple[str, int]") -> None:
        if self._socket is not None and (place != self._place or self._is_over()):
            self.close()
        if self._socket is None:
            self._socket, self._place = self._connected(*place), place

    def _is_over(self) -> bool:
        """Whether the server has ended the idle connection, or has sent what nobody asked for."""
        try:
            self._socket.settimeout(0)
            self._socket.recv(1, socket.MSG_PEEK)
        except BlockingIOError:
            return False
        except OSError:
            pass
        return True

    def _connected(self, host: str, port: int) -> Any:
        """Connects to the first address of the host that takes us, each for as long as the timeout."""
        fate = Fate("refused", "no connection", False)
        for family, kind, number, _, at in _addresses(host, port):
            try:
                return self._connected_to(socket.socket(family, kind, number), at)
            except TimeoutError:
                fate = Fate("timeout", "no connection in time", False)
            except OSError as error:  # or this machine has no IPv6
                fate = Fate("refused", error.strerror or "no connection", False)
        raise NoAnswer(fate)

    def _connected_to(self, fresh: Any, at: Any) -> Any:
        try:
            fresh.settimeout(min(self._connect, self._left()))
            fresh.connect(at)
            fresh.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        except BaseException:
            fresh.close()
            raise
        return fresh

    def _left(self) -> float:
        left = self._ends - self._clock()
        if left <= 0:
            raise TimeoutError
        return left

    def _send(self, request: bytes) -> None:
        view = memoryview(request)
        while view:
            self._socket.settimeout(self._left())
            try:
                view = view[self._socket.send(view) :]
            except (BrokenPipeError, ConnectionResetError):
                return  # the server may have answered before the whole request was there

    def _more(self) -> bytes:
        """Returns the next bytes; b"" if the server has ended the connection."""
        self._socket.settimeout(min(self._read, self._left()))
        piece: bytes = self._socket.recv(CHUNK)
        return piece

    # -- the answer

    def _answer(self, method: str, limit: int) -> "tuple[Response, bool]":
        """Returns the answer, and whether the connection can be used again."""
        status, headers, is_open = self._head()
        while 100 <= status < 200:
            status, headers, is_open = self._head()
        pieces, ends = self._body(method, status, headers)
        content = joined(_unpacked(pieces, headers), limit)
        is_open = is_open and ends and not self._buffer
        return Response(status, headers, content), is_open

    def _head(self) -> "tuple[int, dict[str, str], bool]":
        """Returns the status, the headers, and whether the server keeps the connection open."""
        first, *lines = self._until(b"\r\n\r\n", b"\n\n").splitlines()
        status = _STATUS.fullmatch(first)
        if status is None:
            raise NoAnswer(LOST)
        headers = by_name(line.decode("latin-1").partition(":")[::2] for line in lines)
        wish = headers.get("connection", "").lower()
        is_open = wish != "close" if status[1] != b"0" else wish == "keep-alive"
        return int(status[2]), headers, is_open

    def _until(self, *ends: bytes) -> bytes:
        """Returns the bytes up to the first of these separators, and removes both from the buffer."""
        while True:
            places = [(at, len(end)) for end in ends if (at := self._buffer.find(end)) >= 0]
            if places:
                at, size = min(places)
                found, self._buffer = self._buffer[:at], self._buffer[at + size :]
                return found
            if len(self._buffer) > LONGEST_HEAD or not (piece := self._more()):
                raise NoAnswer(LOST)
            self._buffer += piece

    def _body(
        self, method: str, status: int, headers: Mapping[str, str]
    ) -> "tuple[Iterator[bytes], bool]":
        """Returns the body in pieces, and whether its end is known without the end of the connection."""
        if method == "HEAD" or status in (204, 304):
            return iter(()), True
        if headers.get("transfer-encoding", "").lower().endswith("chunked"):
            return self._chunks(), True
        lengths = {one.strip() for one in headers.get("content-length", "").split(",")} - {""}
        if len(lengths) > 1:
            raise NoAnswer(UNREADABLE)
        length = lengths.pop() if lengths else ""
        if not (length.isascii() and length.isdigit()):
            return self._rest(), False
        return self._exactly(int(length)), True

    def _rest(self) -> Iterator[bytes]:
        yield self._buffer
        self._buffer = b""
        while piece := self._more():
            yield piece

    def _exactly(self, length: int) -> Iterator[bytes]:
        while length > 0:
            piece, self._buffer = self._buffer or self._more(), b""
            if not piece:
                raise NoAnswer(LOST)
            piece, self._buffer = piece[:length], piece[length:]
            length -= len(piece)
            yield piece

    def _chunks(self) -> Iterator[bytes]:
        while length := _hexadecimal(self._until(b"\n")):
            yield from self._exactly(length)
            if self._until(b"\n").strip():
                raise NoAnswer(LOST)
        while self._until(b"\n").strip():  # trailers
            pass


def by_name(headers: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Returns headers by name in small letters. The values of a name that comes twice are joined by a comma."""
    named: dict[str, str] = {}
    for start, value in headers:
        if name := start.strip().lower():
            named[name] = f"{named[name]}, {value.strip()}" if name in named else value.strip()
    return named


def joined(pieces: Iterable[bytes], limit: int) -> bytes:
    """Returns the whole body. Raises TooLarge as soon as it is longer than `limit` bytes."""
    chunks, size = [], 0
    for piece in pieces:
        chunks.append(piece)
        size += len(piece)
        if size > limit:
            raise TooLarge
    return b"".join(chunks)


def _prepared(
    method: str, url: str, headers: Mapping[str, str], data: "bytes | None"
) -> "tuple[tuple[str, int], bytes]":
    """Returns host and port, and the bytes of the request."""
    match = _URL.fullmatch(url.partition("#")[0])
    port = int(match[2] or 80) if match else 0
    if match is None or not 0 < port < 65536:
        raise Unusable("InvalidURL")
    body = b"" if data is None else data
    sized = data is not None or method not in ("GET", "HEAD")
    lines = [
        f"{method} {quote(match[3] or '/', safe=_SAFE + '%')} HTTP/1.1",
        f"Host: {match[1]}" + (f":{match[2]}" if match[2] else ""),
        "User-Agent: Stash2Plex",
        "Accept-Encoding: gzip",
        *[f"Content-Length: {len(body)}"] * sized,
    ]
    for name, value in headers.items():
        if not _HEADER.fullmatch(f"{name}: {value}"):
            raise Unusable("InvalidHeader")
        lines.append(f"{name}: {value}")
    try:
        head = "\r\n".join(lines).encode("latin-1")
    except UnicodeEncodeError:
        raise Unusable("UnicodeEncodeError") from None
    return (match[1].strip("[]"), port), head + b"\r\n\r\n" + body


def _addresses(host: str, port: int) -> Any:
    try:
        # Bytes need no codec for domain names.
        return socket.getaddrinfo(host.encode(), port, 0, socket.SOCK_STREAM)
    except socket.gaierror:
        raise NoAnswer(Fate("dns", "its name is not known", False)) from None
    except OSError as error:
        raise NoAnswer(Fate("refused", error.strerror or "no connection", False)) from None


def _hexadecimal(line: bytes) -> int:
    size = line.partition(b";")[0].strip()
    if not re.fullmatch(rb"[0-9A-Fa-f]{1,15}", size):
        raise NoAnswer(LOST)
    return int(size, 16)


def _unpacked(pieces: Iterator[bytes], headers: Mapping[str, str]) -> Iterator[bytes]:
    """Yields the body without its packing, never more than a few bytes for one that is packed tightly."""
    how = headers.get("content-encoding", "").strip().lower()
    return pieces if how not in PACKED else _inflated(pieces)


def _inflated(pieces: Iterator[bytes]) -> Iterator[bytes]:
    unpacker, is_whole = zlib.decompressobj(AUTOMATIC), True
    for piece in pieces:
        while piece:
            try:
                yield unpacker.decompress(piece, CHUNK)
            except zlib.error:
                raise NoAnswer(UNREADABLE) from None
            piece, is_whole = unpacker.unconsumed_tail, unpacker.eof
            if is_whole and unpacker.unused_data:
                piece, unpacker = unpacker.unused_data, zlib.decompressobj(AUTOMATIC)
    if not is_whole:
        raise NoAnswer(UNREADABLE)

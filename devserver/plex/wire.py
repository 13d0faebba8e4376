"""HTTP/1.1 on sockets: keep-alive, one thread per connection, answers sent in one piece.

Written out rather than taken from http.server because the faults need the socket: closing
with no answer, trickling a body, refusing connections and listening again on the same port.
"""

from __future__ import annotations

import contextlib
import gzip
import socket
import struct
import threading
import time
from collections.abc import Callable
from email.utils import formatdate
from http import HTTPStatus

from devserver import trickle

from .message import Answer, Call
from .options import Options

Respond = Callable[[Call], Answer]
HEAD_LIMIT = 1 << 20
RESET = struct.pack("ii", 1, 0)


class Listener:
    """A port that answers through `respond`, and that can be taken down and brought up."""

    def __init__(self, host: str, port: int, respond: Respond, options: Options) -> None:
        self.host = host
        self.port = port
        self.respond = respond
        self.options = options
        self.stopping = threading.Event()
        self._socket: socket.socket | None = None
        self._open: set[socket.socket] = set()
        self._lock = threading.Lock()

    def bind(self) -> None:
        """Claim the port. Until `listen`, connections to it are refused."""
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._socket.bind((self.host, self.port))
        self.port = self._socket.getsockname()[1]

    def listen(self) -> None:
        if self._socket is None:
            self.bind()
        assert self._socket is not None
        self.stopping = threading.Event()
        self._socket.listen(128)
        self._socket.settimeout(0.2)
        name = f"plex-{self.port}"
        threading.Thread(
            target=self._accept, args=(self._socket, self.stopping), name=name, daemon=True
        ).start()

    def close(self, keep_port: bool = False) -> None:
        """Refuse from now on and cut every open connection."""
        self.stopping.set()
        if self._socket is not None:
            _shut(self._socket)
            self._socket = None
        with self._lock:
            for connection in list(self._open):
                _shut(connection)
        if keep_port:
            self.bind()

    def _accept(self, listening: socket.socket, stopping: threading.Event) -> None:
        while not stopping.is_set():
            try:
                connection, _ = listening.accept()
            except TimeoutError:
                continue
            except OSError:
                return
            with self._lock:
                self._open.add(connection)
            threading.Thread(
                target=self._serve, args=(connection, stopping), name="plex-call", daemon=True
            ).start()

    def _serve(self, connection: socket.socket, stopping: threading.Event) -> None:
        try:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            stream = Stream(connection)
            while not stopping.is_set():
                connection.settimeout(self.options.keep_alive or 20.0)
                call = stream.next_call()
                if call is None:
                    return
                answer = self.respond(call)
                if stopping.is_set() or not self._deliver(connection, call, answer, stopping):
                    return
        except (OSError, ValueError):
            return
        finally:
            with self._lock:
                self._open.discard(connection)
            _shut(connection)

    def _deliver(
        self, connection: socket.socket, call: Call, answer: Answer, stopping: threading.Event
    ) -> bool:
        """Send the answer. False = the connection is to be closed."""
        if answer.delivery == "drop":
            return False
        if answer.delivery == "reset":
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
            return False
        stays = bool(self.options.keep_alive) and call.headers.get("connection") != "close"
        body = _encoded(call, answer, self.options)
        if answer.delivery == "trickle":
            lines = f"X-Plex-Protocol: 1.0\r\nContent-Type: {answer.content_type}\r\n"
            trickle.send(
                connection.sendall, answer.phase, body, answer.seconds, lines, stopping.wait
            )
            return False
        head = _head(answer, len(body), stays, self.options.keep_alive)
        if call.method == "HEAD":
            body = b""
        if answer.delivery == "slow_headers":
            stopping.wait(answer.seconds)
        if answer.delivery == "cut":
            connection.sendall(head + body[: len(body) // 2])
            return False
        connection.sendall(head + body)
        return stays


class Stream:
    """Reads calls off one connection."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._buffer = b""

    def next_call(self) -> Call | None:
        """The next request, or None when the client has closed."""
        while b"\r\n\r\n" not in self._buffer:
            if not self._more() or len(self._buffer) > HEAD_LIMIT:
                return None
        head, _, self._buffer = self._buffer.partition(b"\r\n\r\n")
        first, *lines = head.decode("latin-1").split("\r\n")
        method, target, _ = first.split(" ", 2)
        headers = {}
        for line in lines:
            name, _, value = line.partition(":")
            headers[name.strip().lower()] = value.strip()
        if headers.get("expect", "").lower() == "100-continue":
            self._connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
        return Call(method, target, headers, self._body(headers))

    def _body(self, headers: dict[str, str]) -> bytes:
        if headers.get("transfer-encoding", "").lower() == "chunked":
            return b"".join(iter(self._chunk, b""))
        return self._take(int(headers.get("content-length", 0)))

    def _chunk(self) -> bytes:
        while b"\r\n" not in self._buffer:
            if not self._more():
                raise ValueError("connection closed inside a chunk")
        size, _, self._buffer = self._buffer.partition(b"\r\n")
        data = self._take(int(size.split(b";")[0], 16))
        self._take(2)
        return data

    def _take(self, size: int) -> bytes:
        while len(self._buffer) < size:
            if not self._more():
                raise ValueError("connection closed inside a body")
        data, self._buffer = self._buffer[:size], self._buffer[size:]
        return data

    def _more(self) -> bool:
        data = self._connection.recv(262_144)
        self._buffer += data
        return bool(data)


def _encoded(call: Call, answer: Answer, options: Options) -> bytes:
    if answer.delivery == "truncated":
        return answer.body[: len(answer.body) // 2]
    if (
        options.gzip
        and len(answer.body) > 1000
        and "gzip" in call.headers.get("accept-encoding", "")
    ):
        answer.headers["Content-Encoding"] = "gzip"
        return gzip.compress(answer.body, 1)
    return answer.body


def _head(answer: Answer, length: int, stays: bool, keep_alive: float) -> bytes:
    try:
        phrase = HTTPStatus(answer.status).phrase
    except ValueError:
        phrase = "Error"
    lines = [
        f"HTTP/1.1 {answer.status} {phrase}",
        "X-Plex-Protocol: 1.0",
        f"Content-Type: {answer.content_type}",
        f"Content-Length: {length}",
        "Cache-Control: no-cache",
        f"Date: {formatdate(time.time(), usegmt=True)}",
        "Connection: Keep-Alive" if stays else "Connection: close",
        *(f"{name}: {value}" for name, value in answer.headers.items()),
    ]
    if stays:
        lines.append(f"Keep-Alive: timeout={max(1, int(keep_alive))}")
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1", "replace")


def _shut(connection: socket.socket) -> None:
    with contextlib.suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)
    connection.close()

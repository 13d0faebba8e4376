"""The HTTP session against a server that misbehaves byte by byte."""

from __future__ import annotations

import gzip
import socket
import threading
from collections.abc import Callable, Iterator

import pytest
import requests

from net import session as net
from net.session import Session

Answer = Callable[[socket.socket, bytes], bool]


class Server:
    """Answers every request with the next of `answers` (the last one for ever); an answer is
    bytes, or a function of the connection and the request that tells whether to keep it open."""

    def __init__(self) -> None:
        self.answers: list[bytes | Answer] = []
        self.requests: list[bytes] = []
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with connection:
            while request := _request(connection):
                self.requests.append(request)
                answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
                try:
                    if not callable(answer):
                        connection.sendall(answer)
                    elif not answer(connection, request):
                        return
                except OSError:
                    return  # the client has had enough

    def close(self) -> None:
        self._socket.close()


def _request(connection: socket.socket) -> bytes:
    data = b""
    while b"\r\n\r\n" not in data:
        try:
            piece = connection.recv(65536)
        except OSError:
            return b""
        if not piece:
            return b""
        data += piece
    return data


@pytest.fixture
def server() -> Iterator[Server]:
    one = Server()
    yield one
    one.close()


def ok(body: bytes, *headers: str) -> bytes:
    head = "".join(f"{one}\r\n" for one in (f"Content-Length: {len(body)}", *headers))
    return f"HTTP/1.1 200 OK\r\n{head}\r\n".encode() + body


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def test_an_answer_comes_whole(server):
    server.answers = [ok(b"x" * 200_000)]
    assert Session(1, 1).get(server.url).content == b"x" * 200_000


def test_a_packed_answer_is_unpacked(server):
    server.answers = [ok(gzip.compress(b"many words " * 50_000), "Content-Encoding: gzip")]
    assert Session(1, 1).get(server.url).content == b"many words " * 50_000


def test_the_connection_is_used_again(server):
    ports = set()

    def note(connection, request):
        ports.add(connection.getpeername()[1])
        connection.sendall(ok(b"fine"))
        return True

    server.answers = [note]
    session = Session(1, 1)
    assert [session.get(server.url).text for _ in range(3)] == ["fine"] * 3
    assert len(ports) == 1


def test_a_trickling_body_ends_at_the_deadline(server):
    clock = Clock()

    def trickle(connection, request):
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n")
        for _ in range(1000):
            clock.now += 3600  # each byte comes within the read timeout of its day
            connection.sendall(b"x")
        return False

    server.answers = [trickle]
    with pytest.raises(requests.exceptions.ReadTimeout, match="did not end in time"):
        Session(1, 30, deadline=60, clock=clock).get(server.url)


def test_a_silent_server_ends_at_the_read_timeout(server):
    hold = threading.Event()
    server.answers = [lambda connection, request: hold.wait(20) and False]
    with pytest.raises(requests.exceptions.Timeout):
        Session(1, 0.2).get(server.url)
    hold.set()


def test_a_port_where_nobody_listens_is_a_connection_error():
    with socket.create_server(("127.0.0.1", 0)) as unused:
        port = unused.getsockname()[1]
    with pytest.raises(requests.exceptions.ConnectionError):
        Session(1, 1).get(f"http://127.0.0.1:{port}")


def test_a_redirect_is_not_followed_so_that_the_token_goes_nowhere_else(server):
    other = Server()
    other.answers = [ok(b"caught it")]
    server.answers = [
        f"HTTP/1.1 302 Found\r\nLocation: {other.url}/\r\nContent-Length: 0\r\n\r\n".encode()
    ]
    answer = Session(1, 1).get(server.url, headers={"X-Plex-Token": "secret"})
    other.close()
    assert answer.status_code == 302
    assert other.requests == []


def test_an_answer_without_end_is_given_up(server, monkeypatch):
    monkeypatch.setattr(net, "MAX_BYTES", 100_000)  # 64 MiB would only take longer

    def flood(connection, request):
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n")
        while True:
            connection.sendall(b"x" * 65536)

    server.answers = [flood]
    with pytest.raises(requests.exceptions.ContentDecodingError, match="too large"):
        Session(1, 1).get(server.url)


def test_what_unpacks_to_far_more_is_given_up_too(server, monkeypatch):
    monkeypatch.setattr(net, "MAX_BYTES", 100_000)
    server.answers = [ok(gzip.compress(b"0" * 10_000_000), "Content-Encoding: gzip")]
    with pytest.raises(requests.exceptions.ContentDecodingError, match="too large"):
        Session(1, 1).get(server.url)


@pytest.mark.parametrize(
    "broken",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nhalf",
        b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\nhalf",
    ],
)
def test_a_broken_body_is_an_error_of_requests(server, broken):
    server.answers = [lambda connection, request: connection.sendall(broken)]
    with pytest.raises(requests.exceptions.RequestException):
        Session(1, 1).get(server.url)


# --- an idle connection that the server closes as we use it --------------------------------


def closing_after_the_first(server: Server) -> None:
    """The second request on a connection meets its end."""

    def hang_up(connection, request):
        return False

    server.answers = [ok(b"one"), hang_up, ok(b"two")]


@pytest.mark.parametrize("method", ["GET", "PUT"])
def test_what_may_be_repeated_is_sent_once_more(server, method):
    closing_after_the_first(server)
    session = Session(1, 1)
    assert session.get(server.url).text == "one"
    assert session.request(method, server.url).text == "two"
    assert len(server.requests) == 3


def test_a_post_is_never_sent_twice(server):
    closing_after_the_first(server)
    session = Session(1, 1)
    session.get(server.url)
    with pytest.raises(requests.exceptions.ConnectionError):
        session.post(server.url, data=b"a poster")
    assert [one.split()[0] for one in server.requests] == [b"GET", b"POST"]


def test_a_post_that_only_asks_may_be_declared_repeatable(server):
    closing_after_the_first(server)
    session = Session(1, 1, repeatable=("GET", "POST"))
    session.get(server.url)
    assert session.post(server.url, data=b"a query").text == "two"


def test_nothing_is_sent_a_third_time(server):
    server.answers = [lambda connection, request: False]
    with pytest.raises(requests.exceptions.ConnectionError):
        Session(1, 1).get(server.url)
    assert len(server.requests) == 2


# --- the environment is none of our business -----------------------------------------------


def test_a_proxy_of_the_environment_is_not_used(server, monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:1")
    server.answers = [ok(b"direct")]
    assert Session(1, 1).get(server.url).text == "direct"


def test_cookies_of_a_server_are_not_kept_by_themselves(server):
    server.answers = [ok(b"", "Set-Cookie: session=new; Path=/")]
    session = Session(1, 1)
    session.get(server.url, headers={"Cookie": "session=old"})
    session.get(server.url, headers={"Cookie": "session=old"})
    assert server.requests[1].count(b"session=") == 1

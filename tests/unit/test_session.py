"""The HTTP session against a server that misbehaves byte by byte."""

from __future__ import annotations

import contextlib
import gzip
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import pytest

from devserver import trickle
from net import plain, response
from net import session as tls
from net.plain import PlainSession
from net.response import NoAnswer, TooLarge, Unusable
from net.session import Session

Answer = Callable[[socket.socket, bytes], bool]


class Server:
    """Answers every request with the next of `answers` (the last one for ever); an answer is
    bytes, or a function of the connection and the request that tells whether to keep it open."""

    def __init__(self) -> None:
        self.answers: list[bytes | Answer] = []
        self.requests: list[bytes] = []
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port = self._socket.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
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


@pytest.fixture(params=[Session, PlainSession], ids=["requests", "plain"])
def kind(request: pytest.FixtureRequest) -> Any:
    return request.param


def get(session: Any, url: str, headers: Any = None, **more: Any) -> Any:
    return session.request("GET", url, headers or {}, **more)


def put(session: Any, url: str, headers: Any = None) -> Any:
    return session.request("PUT", url, headers or {})


def ok(body: bytes, *headers: str) -> bytes:
    head = "".join(f"{one}\r\n" for one in (f"Content-Length: {len(body)}", *headers))
    return f"HTTP/1.1 200 OK\r\n{head}\r\n".encode() + body


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def test_an_answer_comes_whole(kind, server):
    server.answers = [ok(b"x" * 200_000)]
    assert get(kind(1, 1), server.url).content == b"x" * 200_000


def test_a_packed_answer_is_unpacked(kind, server):
    server.answers = [ok(gzip.compress(b"many words " * 50_000), "Content-Encoding: gzip")]
    assert get(kind(1, 1), server.url).content == b"many words " * 50_000


def test_the_connection_is_used_again(kind, server):
    ports = set()

    def note(connection, request):
        ports.add(connection.getpeername()[1])
        connection.sendall(ok(b"fine"))
        return True

    server.answers = [note]
    session = kind(1, 1)
    assert [get(session, server.url).text for _ in range(3)] == ["fine"] * 3
    assert len(ports) == 1


def test_a_notice_before_an_answer_never_shifts_the_answers(kind, server):
    def early(connection, request):
        connection.sendall(b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n")
        time.sleep(0.05)
        connection.sendall(ok(request.split()[1]))
        return True

    server.answers, session, found = [early], kind(1, 1), []
    for path in ("/1", "/2", "/3"):
        with contextlib.suppress(NoAnswer):
            found.append((path, get(session, server.url + path).text))
    assert all(path == text for path, text in found)
    assert len(found) == (3 if kind is PlainSession else 0)


@pytest.mark.parametrize("phase", trickle.PHASES)
def test_an_answer_that_trickles_ends_at_the_deadline(kind, server, phase):
    clock = Clock()

    def answer(connection, request):
        for piece in trickle.pieces(phase, b"x" * 10_000, 10_000):
            clock.now += 7  # each byte comes within the read timeout
            connection.sendall(piece)
        return False

    server.answers = [answer]
    with pytest.raises(NoAnswer):
        get(kind(1, 30, deadline=60, clock=clock), server.url)


@pytest.mark.parametrize("phase", trickle.PHASES)
def test_an_answer_that_comes_slowly_but_in_time_is_whole(kind, server, phase):
    def answer(connection, request):
        for piece in trickle.pieces(phase, b"the body", 3):
            connection.sendall(piece)
        return False

    server.answers = [answer]
    found = get(kind(1, 30), server.url)
    assert (found.status_code, found.content) == (200, b"the body")


def test_a_second_request_of_a_connection_has_the_whole_time_again(kind, server):
    clock = Clock()

    def answer(connection, request):
        clock.now += 50
        connection.sendall(ok(b"fine"))
        return True

    server.answers = [answer]
    session = kind(1, 30, deadline=60, clock=clock)
    assert [get(session, server.url).text for _ in range(3)] == ["fine"] * 3


def test_a_silent_server_ends_at_the_read_timeout(kind, server):
    hold = threading.Event()
    server.answers = [lambda connection, request: hold.wait(20) and False]
    with pytest.raises(NoAnswer):
        get(kind(1, 0.2), server.url)
    hold.set()


def test_an_answer_that_tells_two_lengths_is_one_that_cannot_be_read(kind, server):
    server.answers = [b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\nContent-Length: 5\r\n\r\nfine"]
    with pytest.raises(NoAnswer) as error:
        get(kind(1, 1), server.url)
    assert error.value.fate.cause == "unreadable"
    with pytest.raises(Unusable):  # this one is ours
        get(kind(1, 1), server.url, headers={"X": "a\nb"})


def test_a_server_without_tls_is_named_as_that():
    class Raw(Server):
        def _serve(self, connection):
            with connection:
                connection.recv(65536)
                connection.sendall(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")

    plain = Raw()
    with pytest.raises(NoAnswer) as error:
        get(Session(1, 1), plain.url.replace("http://", "https://"))
    plain.close()
    assert error.value.fate.words == response.SPEAKS_PLAINLY


def test_a_port_where_nobody_listens_is_a_connection_error(kind):
    with socket.create_server(("127.0.0.1", 0)) as unused:
        port = unused.getsockname()[1]
    with pytest.raises(NoAnswer):
        get(kind(1, 1), f"http://127.0.0.1:{port}")


@contextmanager
def silent_place() -> Iterator[tuple[str, int]]:
    """An address where every further attempt to connect waits in vain: the queue of the listener is full."""
    with ExitStack() as stack:
        full = stack.enter_context(socket.create_server(("127.0.0.1", 0), backlog=0))
        for _ in range(200):
            attempt = stack.enter_context(socket.socket())
            attempt.settimeout(0.05)
            try:
                attempt.connect(full.getsockname())
            except OSError:
                break
        yield full.getsockname()


@pytest.mark.parametrize("first", ["silent", "of no known family"])
def test_a_name_with_several_addresses_is_tried_until_one_answers(kind, server, monkeypatch, first):
    with silent_place() as silent_one:
        family = socket.AF_INET if first == "silent" else 9999
        rows = [(family, silent_one), (socket.AF_INET, ("127.0.0.1", server.port))]
        found = [(family, socket.SOCK_STREAM, 0, "", place) for family, place in rows]
        for module in (socket, plain.socket):
            monkeypatch.setattr(module, "getaddrinfo", lambda *_, **__: found)
        server.answers = [ok(b"fine")]
        assert get(kind(0.3, 1), f"http://two.invalid:{server.port}").text == "fine"


@pytest.mark.skipif(sys.platform == "win32", reason="Windows drops the answer with the connection")
def test_an_answer_before_the_end_of_the_request_counts(kind, server):
    def refuse(connection, request):
        connection.sendall(b"HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\n\r\n")
        return False  # the rest of the body is never read, so the connection is reset

    server.answers = [refuse]
    body = b"x" * (8 << 20)
    assert kind(1, 1).request("POST", server.url, {}, data=body).status_code == 413


def test_a_redirect_is_not_followed_so_that_the_token_goes_nowhere_else(kind, server):
    other = Server()
    other.answers = [ok(b"caught it")]
    server.answers = [
        f"HTTP/1.1 302 Found\r\nLocation: {other.url}/\r\nContent-Length: 0\r\n\r\n".encode()
    ]
    answer = get(kind(1, 1), server.url, headers={"X-Plex-Token": "secret"})
    other.close()
    assert answer.status_code == 302
    assert other.requests == []


def test_an_answer_without_end_is_given_up(kind, server, monkeypatch):
    for module in (plain, tls):
        monkeypatch.setattr(module, "MAX_BYTES", 100_000)  # 64 MiB would only take longer

    def flood(connection, request):
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n")
        while True:
            connection.sendall(b"x" * 65536)

    server.answers = [flood]
    with pytest.raises(TooLarge):
        get(kind(1, 1), server.url)


def test_no_answer_is_read_beyond_its_limit(kind, server):
    sent = []

    def flood(connection, request):
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n")
        while True:
            sent.append(connection.send(b"x" * 65536))

    server.answers = [flood]
    with pytest.raises(TooLarge):
        get(kind(1, 1), server.url, limit=100_000)
    assert sum(sent) < 16 << 20, "what the buffers of the system hold, and not more"
    server.answers = [ok(b"x" * 100_000)]
    assert len(get(kind(1, 1), server.url, limit=100_000).content) == 100_000


def test_what_unpacks_to_far_more_is_given_up_too(kind, server, monkeypatch):
    for module in (plain, tls):
        monkeypatch.setattr(module, "MAX_BYTES", 100_000)
    server.answers = [ok(gzip.compress(b"0" * 10_000_000), "Content-Encoding: gzip")]
    with pytest.raises(TooLarge):
        get(kind(1, 1), server.url)


@pytest.mark.parametrize(
    "broken",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nhalf",
        b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\nhalf",
    ],
)
def test_a_broken_body_is_an_error_of_requests(kind, server, broken):
    server.answers = [lambda connection, request: connection.sendall(broken)]
    with pytest.raises(NoAnswer):
        get(kind(1, 1), server.url)


# --- a connection that breaks --------------------------------------------------------------


@pytest.mark.parametrize("method", ["GET", "PUT", "POST"])
def test_nothing_is_sent_twice(kind, server, method):
    """Not even when an idle connection ends just as it is used: the caller knows what is safe."""
    server.answers = [ok(b"one"), lambda connection, request: False, ok(b"two")]
    session = kind(1, 1)
    assert get(session, server.url).text == "one"
    with pytest.raises(NoAnswer):
        session.request(method, server.url, {}, data=b"x")
    assert len(server.requests) == 2


def hang_up(connection, request):
    return False


def half(connection, request):
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf")
    return False


def silent(connection, request):
    return connection.recv(1) and False


@pytest.mark.parametrize(
    ("answer", "cause", "sent"),
    [
        (hang_up, "lost", True),
        (half, "lost", True),
        (b"no HTTP at all\r\n\r\n", "lost", True),
        (silent, "timeout", True),
        (ok(b"not gzip", "Content-Encoding: gzip"), "unreadable", True),
        (None, "refused", False),
    ],
    ids=["hang up", "half a body", "no HTTP", "silence", "not gzip", "nobody listens"],
)
def test_how_a_request_ended_is_told(kind, server, answer, cause, sent):
    url = server.url if answer else "http://127.0.0.1:1"
    server.answers = [answer]
    with pytest.raises(NoAnswer) as error:
        put(kind(1, 0.3), url)
    found = error.value.fate
    assert (found.cause, found.sent) == (cause, sent) and found.words


def test_a_name_that_nobody_knows(kind, monkeypatch):
    def unknown(*_: object, **__: object) -> None:
        raise socket.gaierror(-2, "Name or service not known")

    for module in (socket, plain.socket):
        monkeypatch.setattr(module, "getaddrinfo", unknown)
    with pytest.raises(NoAnswer) as error:
        get(kind(1, 1), "http://plex.invalid:32400")
    assert error.value.fate[:1] == ("dns",)


def test_a_server_that_speaks_no_tls():
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def answer():
            connection, _ = listening.accept()
            with connection:
                connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")
                connection.recv(65536)

        threading.Thread(target=answer, daemon=True).start()
        with pytest.raises(NoAnswer) as error:
            get(Session(1, 1), f"https://127.0.0.1:{listening.getsockname()[1]}")
    assert error.value.fate.cause == "tls"


# --- the environment is none of our business -----------------------------------------------


def test_a_proxy_of_the_environment_is_not_used(kind, server, monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:1")
    server.answers = [ok(b"direct")]
    assert get(kind(1, 1), server.url).text == "direct"


def test_cookies_of_a_server_are_not_kept_by_themselves(kind, server):
    server.answers = [ok(b"", "Set-Cookie: session=new; Path=/")]
    session = kind(1, 1)
    get(session, server.url, headers={"Cookie": "session=old"})
    get(session, server.url, headers={"Cookie": "session=old"})
    assert server.requests[1].count(b"session=") == 1


# --- the short way, from the second request on ----------------------------------------------


WORDS = {"X-Plex-Token": "t", "Accept": "application/xml"}


def warm(server: Server, read: float = 1) -> Session:
    """A session that has had its first answer."""
    before, server.answers = server.answers, [ok(b"")]
    session = Session(1, read)
    put(session, f"{server.url}/first?a=%25", headers=WORDS)
    server.answers = before
    return session


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_the_short_way_sends_what_the_long_one_sends(server, method):
    server.answers = [ok(b"fine", "Content-Type: text/xml")]
    session, path = warm(server), "/library/all?id=1&title.value=100%25%20%C3%A4&c%5B0%5D=a%252Cb"
    found = session.request(method, server.url + path, headers=WORDS)
    long = Session(1, 1).request(method, server.url + path, headers=WORDS)
    assert sorted(server.requests[1].splitlines()) == sorted(server.requests[2].splitlines())
    assert (found.status_code, found.text) == (long.status_code, long.text) == (200, "fine")
    assert found.headers == long.headers


@pytest.mark.parametrize(
    ("answer", "cause"),
    [
        (hang_up, "lost"), (half, "lost"), (b"no HTTP at all\r\n\r\n", "lost"),
        (silent, "timeout"), (ok(b"not gzip", "Content-Encoding: gzip"), "unreadable"),
    ],
    ids=["hang up", "half a body", "no HTTP", "silence", "not gzip"],
)  # fmt: skip
def test_how_a_request_ended_is_told_on_the_short_way_too(server, answer, cause):
    server.answers = [answer]
    session = warm(server, 0.3)
    with pytest.raises(NoAnswer) as error:
        put(session, f"{server.url}/second", headers=WORDS)
    assert error.value.fate[::2] == (cause, True)
    server.answers = [ok(b"again")]
    assert put(session, f"{server.url}/third", headers=WORDS).text == "again"


def test_what_cannot_be_sent_is_refused_on_the_short_way_too(server):
    server.answers = [ok(b"")]
    session = warm(server)
    with pytest.raises(Unusable):
        get(session, server.url, headers={**WORDS, "X-Plex-Token": "t\r\nX-Evil: 1"})
    assert get(session, f"{server.url}/ä b", headers=WORDS).status_code == 200
    assert b"GET /%C3%A4%20b HTTP/1.1" in server.requests[-1]
    assert len(server.requests) == 2


def test_another_server_is_not_taken_for_the_one_that_is_known(server):
    server.answers = [ok(b"")]
    session, other = warm(server), Server()
    other.answers = [ok(b"other")]
    assert get(session, f"{other.url}/x", headers=WORDS).text == "other"
    assert get(session, f"{server.url}/x", headers=WORDS).text == ""
    other.close()

"""The hook: what makes dirty, where Stash is, and a wake that never fails or delays a Save."""

from __future__ import annotations

import _socket
import json
import os
import shutil
import socket
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from disk.lock import FileLock
from stash import hook, light, stdio
from stash.scene import WATCHED
from sync_queue import inbox

Reply = Callable[[socket.socket, dict[str, Any]], None]


# -- does this event matter?


def context(type_: str, id_: Any = 42, fields: Any = None) -> dict[str, Any]:
    return {"id": id_, "type": type_, "input": None, "inputFields": fields}


@pytest.mark.parametrize(
    ("event", "expected"),
    [
        (context("Scene.Update.Post"), ("scene", 42)),
        (context("Scene.Create.Post"), ("scene", 42)),
        (context("Scene.Destroy.Post"), ("scene", 42)),
        (context("Scene.Update.Post", "42"), ("scene", 42)),
        (context("Scene.Update.Post", fields=["id", "organized"]), ("scene", 42)),
        (context("Performer.Update.Post", fields=["id", "name"]), ("performer", 42)),
        (context("Performer.Update.Post", fields=["id", "favorite"]), None),
        (context("Performer.Update.Post"), ("performer", 42)),
        (context("Performer.Update.Post", fields="name"), ("performer", 42)),
        (context("Performer.Destroy.Post", fields=["id"]), ("performer", 42)),
        (context("Studio.Update.Post", fields=["name"]), ("studio", 42)),
        (context("Studio.Update.Post", fields=["parent_id"]), None),
        (context("Performer.Update.Post", fields=["disambiguation"]), None),
        (context("Tag.Update.Post", fields=["description"]), None),
        (context("Tag.Merge.Post", fields=["source"]), ("tag", 42)),
        (context("Group.Update.Post", fields=["name"]), None),
        (context("Group.Update.Post"), None),
        (context("Group.Destroy.Post"), None),
        (context("Movie.Update.Post"), None),
        (context("Image.Update.Post"), None),
        (context("Scene.Update.Pre"), None),
        (context("Scene"), None),
        (context(""), None),
        ({"id": 42}, None),
        ({"type": "Scene.Update.Post"}, None),
        ({"id": 42, "type": ["Scene.Update.Post"]}, None),
        (None, None),
        ([], None),
        ("Scene.Update.Post", None),
    ],
)
def test_only_what_plex_shows_makes_dirty(event: object, expected: object, tmp_path) -> None:
    assert hook.flag(event, str(tmp_path)) == expected


@pytest.mark.parametrize(
    ("event", "dirty"),
    [
        (context("Group.Update.Post", fields=["id", "name"]), True),
        (context("Group.Update.Post"), True),
        (context("Group.Update.Post", fields=["id", "synopsis"]), False),
        (context("Group.Destroy.Post"), True),
        (context("Studio.Update.Post", fields=["parent_id"]), True),
        (context("Studio.Update.Post", fields=["details"]), False),
        (context("Performer.Update.Post", fields=["image"]), False),
        (context("Tag.Update.Post", fields=["parent_id"]), False),
    ],
)
def test_some_settings_make_plex_show_more(event: object, dirty: bool, tmp_path) -> None:
    (tmp_path / inbox.SHOWS).write_text("Group.name Studio.parent_id")
    assert bool(hook.flag(event, str(tmp_path))) is dirty


def test_unknown_settings_count_every_field(
    tmp_path: Path,
) -> None:
    (tmp_path / "config.yml").write_text("hook_mode: x")
    shown = {f"{owner}.{name}" for owner, names in inbox.ALL_SHOWN.items() for name in names}
    assert shown == set(WATCHED.values())
    event = context("Group.Update.Post", fields=["id", "name"])
    assert hook.flag(event, str(tmp_path), str(tmp_path)) == ("group", 42)
    state = inbox.state_of_settings(str(tmp_path))
    (tmp_path / inbox.SETTINGS).write_text(state)
    assert hook.flag(event, str(tmp_path), str(tmp_path)) is None


@pytest.mark.parametrize(
    ("event", "input_", "sources"),
    [
        ("Tag.Merge.Post", {"source": ["7", "8"], "destination": "42"}, [7, 8]),
        ("Tag.Merge.Post", {"source": ["../x", True, None, 9]}, [9]),
        ("Tag.Merge.Post", {"source": "7"}, []),
        ("Tag.Merge.Post", None, []),
        ("Tag.Update.Post", {"source": ["7"]}, []),
    ],
)
def test_a_merge_names_the_tags_that_are_gone(event: str, input_: object, sources: object) -> None:
    assert hook.merged(context(event) | {"input": input_}) == sources


@pytest.mark.parametrize("note", [b"", b"\xff\xfe", b"Group", b".", b"Group. Group.."])
def test_a_note_that_makes_no_sense_breaks_no_hook(note: bytes, tmp_path) -> None:
    (tmp_path / inbox.SHOWS).write_bytes(note)
    assert hook.flag(context("Group.Update.Post", fields=["name"]), str(tmp_path)) is None


@pytest.mark.parametrize(
    "number",
    [0, -1, None, True, 1.5, "", "0", "-1", "1e3", " 7", "٣", "4\0", "../../x", "9" * 30, 2**63,
     [42], {"id": 42}],
)  # fmt: skip
def test_an_id_that_stash_cannot_have_given_marks_nothing(number: object) -> None:
    assert hook.flag(context("Scene.Update.Post", number), "") is None


# -- where is Stash?


@pytest.mark.parametrize(
    ("connection", "expected"),
    [
        ({"Host": "0.0.0.0", "Port": 9999}, ("127.0.0.1", 9999)),
        ({"Host": "::", "Port": "9998"}, ("127.0.0.1", 9998)),
        ({"Host": "", "Port": None}, ("127.0.0.1", 9999)),
        ({}, ("127.0.0.1", 9999)),
        ({"Host": "[::1]", "Port": 1}, ("::1", 1)),
        ({"Host": "stash.lan", "Port": 80}, ("stash.lan", 80)),
    ],
)
def test_stash_names_itself_by_what_it_is_bound_to(
    connection: dict[str, Any], expected: object
) -> None:
    assert light.address(connection) == expected


@pytest.mark.parametrize(
    "connection",
    [{"Port": [1]}, {"Port": "x"}, {"Port": 70000}, {"Port": -1}, {"Port": float("inf")},
     {"Host": "a\r\nX: y"}, {"Host": "a\0b"}],
)  # fmt: skip
def test_an_address_that_makes_no_sense_is_refused(connection: dict[str, Any]) -> None:
    with pytest.raises(ValueError):
        light.address(connection)


# -- a Stash that answers as it is told


class FakeStash:
    """Listens, notes each GraphQL request, and lets `reply` answer it."""

    def __init__(self, reply: Reply, host: str = "127.0.0.1", tls: Any = None) -> None:
        self.reply, self.tls = reply, tls
        self.requests: list[dict[str, Any]] = []
        self.heads: list[str] = []
        self.released = threading.Event()
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self._server = socket.create_server((host, 0), family=family, backlog=64)
        self.port = self._server.getsockname()[1]
        self.connection: dict[str, Any] = {
            "Scheme": "https" if tls else "http", "Host": host, "Port": self.port,
            "SessionCookie": {"Name": "session", "Value": "MTYabc"},
        }  # fmt: skip
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                client, _ = self._server.accept()
            except OSError:
                return
            threading.Thread(target=self._answer, args=(client,), daemon=True).start()

    def _answer(self, client: socket.socket) -> None:
        try:
            with self.tls.wrap_socket(client, server_side=True) if self.tls else client as stream:
                self.reply(stream, self._request(stream))
        except OSError:
            pass

    def _request(self, stream: socket.socket) -> dict[str, Any]:
        data = b""
        while b"\r\n\r\n" not in data:
            data += stream.recv(65536)
        head, _, body = data.partition(b"\r\n\r\n")
        self.heads.append(head.decode())
        length = int(head.lower().partition(b"content-length: ")[2].split(b"\r\n")[0])
        while len(body) < length:
            body += stream.recv(65536)
        self.requests.append(json.loads(body))
        return self.requests[-1]

    def close(self) -> None:
        self.released.set()
        self._server.close()


@pytest.fixture
def stash() -> Iterator[Callable[..., FakeStash]]:
    made: list[FakeStash] = []

    def make(reply: Reply, **options: Any) -> FakeStash:
        made.append(FakeStash(reply, **options))
        return made[-1]

    yield make
    for one in made:
        one.close()


def says(body: object, status: str = "200 OK") -> Reply:
    data = body if isinstance(body, bytes) else json.dumps(body).encode()

    def reply(stream: socket.socket, request: dict[str, Any]) -> None:
        stream.sendall(f"HTTP/1.0 {status}\r\nContent-Type: x\r\n\r\n".encode() + data)

    return reply


def queues(number: str = "12", waits: dict[str, str] | None = None) -> Reply:
    """As Stash does: a job for runPluginTask, `waits` for findJob."""

    def reply(stream: socket.socket, request: dict[str, Any]) -> None:
        found = "findJob" in request["query"]
        says({"data": {"findJob": waits} if found else {"runPluginTask": number}})(stream, request)

    return reply


@pytest.fixture
def data(tmp_path: Path) -> str:
    return str(tmp_path)


def test_a_machine_without_ipv6_finds_stash_by_its_other_address(
    stash: Callable[..., FakeStash], monkeypatch: pytest.MonkeyPatch
) -> None:
    one = stash(says({"data": {"a": 1}}))
    place = "127.0.0.1", one.port
    found = [(family, socket.SOCK_STREAM, 0, "", place) for family in (9999, socket.AF_INET)]
    monkeypatch.setattr(_socket, "getaddrinfo", lambda *_: found)
    assert light.ask(one.connection, "query", {}) == {"a": 1}


def marker(data: str) -> str | None:
    path = Path(data) / inbox.WAKE
    return path.read_text() if path.exists() else None


def stale(data: str, text: str, age: float = 100.0) -> None:
    path = Path(data) / inbox.WAKE
    path.write_text(text)
    os.utime(path, (time.time() - age,) * 2)


def ours(job: str) -> str:
    return f"{job} {stdio.server_identity() or ''}"


# -- waking


def test_a_wake_asks_for_the_task_once_and_remembers_the_job(
    stash: Callable[..., FakeStash], data: str
) -> None:
    server = stash(queues("12"))
    for _ in range(3):
        hook.wake(server.connection, data)
    assert [r["variables"]["task"] for r in server.requests] == ["Process Queue"]
    assert server.requests[0]["variables"]["plugin"] == "Stash2Plex"
    assert marker(data) == ours("12")
    assert "Cookie: session=MTYabc" in server.heads[0]


def test_the_task_that_is_asked_for_is_in_the_manifest() -> None:
    root = Path(hook.__file__).resolve().parent.parent
    manifest = (root / "Stash2Plex.yml").read_text(encoding="utf-8")
    assert f"name: {hook.DRAIN_TASK}\n" in manifest
    assert manifest.startswith(f"name: {stdio.PLUGIN_ID}\n")


def test_twenty_hooks_at_once_ask_once(stash: Callable[..., FakeStash], data: str) -> None:
    """A stale marker is the hard case: each of them must replace it, and only one may."""
    server = stash(queues("12"))
    stale(data, "7 another:server")
    code = (
        f"import sys; sys.path.insert(0, {str(Path(hook.__file__).parent.parent)!r})\n"
        "from stash import hook\nprint(flush=True); sys.stdin.readline()\n"
        f"hook.wake({server.connection!r}, {data!r})"
    )
    children = [
        subprocess.Popen([sys.executable, "-c", code], stdin=-1, stdout=-1) for _ in range(20)
    ]
    for child in children:
        assert child.stdout and child.stdout.readline()
    for child in children:
        assert child.stdin
        child.stdin.write(b"go\n")
        child.stdin.flush()
    for child in children:
        child.communicate()
    assert len(server.requests) == 1
    assert [child.returncode for child in children] == [0] * 20


def test_a_hook_that_finds_another_one_asking_leaves_it_to_that_one(
    stash: Callable[..., FakeStash], data: str, capfd: pytest.CaptureFixture[str]
) -> None:
    server = stash(queues())
    holder = FileLock(os.path.join(data, inbox.WAKE_LOCK))
    assert holder.acquire()
    hook.wake(server.connection, data)
    holder.release()
    assert server.requests == [] and capfd.readouterr().err == ""


def test_a_killed_hook_holds_back_no_other(stash: Callable[..., FakeStash], data: str) -> None:
    server = stash(queues("12"))
    inbox.begin_wake(data)
    hook.wake(server.connection, data)
    assert len(server.requests) == 1 and marker(data) == ours("12")


def test_a_drain_that_took_the_lock_meanwhile_needs_no_wake(
    stash: Callable[..., FakeStash], data: str
) -> None:
    server = stash(queues())
    with FileLock(os.path.join(data, inbox.LOCK)):
        hook.wake(server.connection, data)
    assert server.requests == []


@pytest.mark.parametrize("status", ["READY", "RUNNING"])
def test_a_job_that_still_waits_is_not_queued_twice(
    stash: Callable[..., FakeStash], data: str, status: str
) -> None:
    waits = {"status": status, "description": "Running plugin task: Process Queue"}
    server = stash(queues(waits=waits))
    stale(data, ours("7"))
    for _ in range(3):
        hook.wake(server.connection, data)
    assert ["findJob" in r["query"] for r in server.requests] == [True]
    assert marker(data) == ours("7")


@pytest.mark.parametrize(
    "found",
    [
        None,
        {"status": "CANCELLED", "description": "Running plugin task: Process Queue"},
        {"status": "FINISHED", "description": "Running plugin task: Process Queue"},
        {"status": "READY", "description": "Scanning..."},  # the numbers began anew
    ],
)
def test_a_job_that_does_not_wait_any_more_is_queued_anew(
    stash: Callable[..., FakeStash], data: str, found: Any
) -> None:
    server = stash(queues("12", waits=found))
    stale(data, ours("7"))
    hook.wake(server.connection, data)
    assert len(server.requests) == 2 and marker(data) == ours("12")


def test_a_restart_of_stash_voids_the_wake_marker(
    stash: Callable[..., FakeStash], data: str
) -> None:
    server = stash(queues("1"))
    stale(data, "7 1:old", age=1.0)
    hook.wake(server.connection, data)
    assert marker(data) == ours("1")


REFUSALS = {
    "500": says(b"oops", "500 Internal Server Error"),
    "401": says(b"", "401 Unauthorized"),
    "a web page": says(b"<!DOCTYPE html><html></html>"),
    "errors": says({"errors": [{"message": "no"}], "data": None}),
    "no data": says({}),
    "no job": says({"data": {}}),
    "a list": says([1]),
    "nothing": lambda stream, request: None,
    "half an answer": lambda stream, request: stream.sendall(b'HTTP/1.0 200 OK\r\n\r\n{"data": {'),
    "no HTTP": lambda stream, request: stream.sendall(b"hello"),
}


@pytest.mark.parametrize("name", REFUSALS)
def test_a_refused_wake_is_logged_and_tried_again(
    stash: Callable[..., FakeStash], data: str, name: str, capfd: pytest.CaptureFixture[str]
) -> None:
    server = stash(REFUSALS[name])
    hook.wake(server.connection, data)
    assert marker(data) is None
    (line,) = capfd.readouterr().err.splitlines()
    assert line.startswith("\x01w\x02Stash could not be asked to sync this now (")
    assert line.endswith("): the change is noted, and the next event or Process Queue syncs it")
    assert "MTYabc" not in line
    server.reply = queues("12")
    hook.wake(server.connection, data)
    assert marker(data) == ours("12")
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(
    "connection",
    [
        {"Host": "127.0.0.1", "Port": 1},
        {"Host": "127.0.0.1", "Port": "many"},
        {"Host": "no such host.invalid", "Port": 1},
        {"Host": "x" * 300, "Port": 1},
        {"Host": "\u2603", "Port": 1},
        {"Host": 5, "Port": {}},
    ],
)
def test_a_stash_that_cannot_be_found_does_not_fail_the_hook(
    data: str, connection: dict[str, Any]
) -> None:
    hook.wake({**connection, "Scheme": "http"}, data)
    assert marker(data) is None


@pytest.mark.parametrize(
    ("reply", "why"),
    [
        (REFUSALS["500"], "HTTP 500"),
        (REFUSALS["401"], "HTTP 401"),
        (REFUSALS["no HTTP"], "an answer that is no HTTP"),
        (REFUSALS["errors"], "an answer without data"),
    ],
)
def test_why_a_wake_failed_is_said(
    stash: Callable[..., FakeStash],
    data: str,
    reply: Reply,
    why: str,
    capfd: pytest.CaptureFixture[str],
) -> None:
    hook.wake(stash(reply).connection, data)
    assert f"({why})" in capfd.readouterr().err


def test_a_stash_that_refuses_the_connection_is_named_as_the_reason(
    data: str, capfd: pytest.CaptureFixture[str]
) -> None:
    hook.wake({"Host": "127.0.0.1", "Port": 1, "Scheme": "http"}, data)
    assert "(Connection refused)" in capfd.readouterr().err


def hangs(server: list[FakeStash]) -> Reply:
    return lambda stream, request: server[0].released.wait(60) and None  # type: ignore[return-value]


def drips(server: list[FakeStash]) -> Reply:
    def reply(stream: socket.socket, request: dict[str, Any]) -> None:
        stream.sendall(b"HTTP/1.0 200 OK\r\n")
        while not server[0].released.wait(0.02):
            stream.sendall(b"X: y\r\n")

    return reply


@pytest.mark.parametrize("kind", [hangs, drips])
def test_a_stash_without_an_answer_is_left_alone(
    stash: Callable[..., FakeStash],
    data: str,
    kind: Callable[[list[FakeStash]], Reply],
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    """One Save waits for the limit; those after it do not wait at all."""
    monkeypatch.setattr(hook, "WAKE_SECONDS", 0.3)
    found: list[FakeStash] = []
    found.append(stash(kind(found)))
    for _ in range(3):
        hook.wake(found[0].connection, data)
    assert len(found[0].requests) == 1
    assert marker(data) == ours(inbox.NO_ANSWER)
    assert capfd.readouterr().err.count("(no answer in time)") == 1


def test_an_answer_ends_where_it_says_even_if_the_connection_stays_open(
    stash: Callable[..., FakeStash], data: str, capfd: pytest.CaptureFixture[str]
) -> None:
    found: list[FakeStash] = []

    def kept_open(stream: socket.socket, request: dict[str, Any]) -> None:
        body = json.dumps({"data": {"runPluginTask": "12"}}).encode()
        head = f"HTTP/1.1 200 OK\r\ncontent-LENGTH: {len(body)}\r\n\r\n".encode()
        stream.sendall(head + body[:9])
        stream.sendall(body[9:])
        found[0].released.wait(60)

    found.append(stash(kept_open))
    hook.wake(found[0].connection, data)
    assert marker(data) == ours("12")
    assert capfd.readouterr().err == ""


def test_the_limit_is_for_all_questions_together(
    stash: Callable[..., FakeStash], data: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Asking for the old job used up the time: the new one is not asked for."""
    monkeypatch.setattr(hook, "WAKE_SECONDS", 0.3)
    found: list[FakeStash] = []
    found.append(stash(hangs(found)))
    stale(data, ours("7"))
    hook.wake(found[0].connection, data)
    assert ["findJob" in r["query"] for r in found[0].requests] == [True]
    assert inbox.waking(data, stdio.server_identity(), time.time()) == ""


def test_the_limit_is_a_matter_of_seconds() -> None:
    assert hook.WAKE_SECONDS <= 3.0 and light.CONNECT_SECONDS <= 1.0


@pytest.mark.parametrize(
    "cookie",
    [None, {}, {"Value": None}, {"Value": 5}, {"Value": ["a"]}, {"Value": ""}, "session=a", 7],
)
def test_a_cookie_of_no_use_is_not_sent(
    stash: Callable[..., FakeStash], data: str, cookie: object
) -> None:
    """A Stash without a password answers all the same."""
    server = stash(queues())
    hook.wake({**server.connection, "SessionCookie": cookie}, data)
    assert "cookie" not in server.heads[0].lower() and marker(data) == ours("12")


@pytest.mark.parametrize("secret", ["a\r\nX-Evil: 1", "a\nb", "a\0b", "a\x85b"])
def test_no_value_can_add_a_line_to_the_request(
    stash: Callable[..., FakeStash], data: str, secret: str
) -> None:
    server = stash(queues())
    hook.wake({**server.connection, "SessionCookie": {"Value": secret}, "ApiKey": secret}, data)
    assert "evil" not in server.heads[0].lower() and "apikey" not in server.heads[0].lower()


def test_ipv6_is_reached_and_named_in_brackets(stash: Callable[..., FakeStash], data: str) -> None:
    try:
        server = stash(queues(), host="::1")
    except OSError:
        pytest.skip("this machine has no IPv6")
    hook.wake(server.connection, data)
    assert f"Host: [::1]:{server.port}" in server.heads[0] and marker(data) == ours("12")


def test_https_with_a_certificate_that_nobody_signed(
    stash: Callable[..., FakeStash], data: str, tmp_path: Path
) -> None:
    if not shutil.which("openssl"):
        pytest.skip("openssl makes the certificate")
    key, cert = str(tmp_path / "key.pem"), str(tmp_path / "cert.pem")
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
         "-nodes", "-subj", "/CN=stash", "-keyout", key, "-out", cert],
        check=True, capture_output=True,
    )  # fmt: skip
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(cert, key)
    server = stash(queues(), tls=tls)
    hook.wake(server.connection, data)
    assert marker(data) == ours("12")


# -- the hook as a whole


def test_a_mark_comes_before_the_wake(stash: Callable[..., FakeStash], data: str) -> None:
    seen: list[Any] = []

    def reply(stream: socket.socket, request: dict[str, Any]) -> None:
        seen.extend(inbox.flags(data))
        queues()(stream, request)

    server = stash(reply)
    said = hook.handle(context("Scene.Update.Post"), server.connection, data)
    assert said == ("scene 42 is marked", 0) and seen == [("scene", 42)]


def test_while_a_drain_is_awake_a_hook_only_marks(
    stash: Callable[..., FakeStash], data: str
) -> None:
    server = stash(queues())
    with FileLock(os.path.join(data, inbox.LOCK)):
        hook.handle(context("Scene.Update.Post"), server.connection, data)
    assert inbox.flags(data) == [("scene", 42)] and server.requests == []


def test_a_change_that_plex_does_not_show_costs_nothing(
    stash: Callable[..., FakeStash], data: str
) -> None:
    server = stash(queues())
    event = context("Tag.Update.Post", fields=["id", "description"])
    assert hook.handle(event, server.connection, data) == (
        "nothing that Plex shows has changed",
        0,
    )
    assert os.listdir(data) == [] and server.requests == []


def save(number: int = 42) -> dict[str, Any]:
    return context("Scene.Update.Post", number) | {"input": {"title": "new"}}


def test_inline_drains_here_but_not_while_another_drain_is_awake(data: str) -> None:
    (Path(data) / inbox.INLINE).touch()
    assert hook.handle(save(), {}, data) == ("scene 42 is marked", 42)
    with FileLock(os.path.join(data, inbox.LOCK)):
        assert hook.handle(save(), {}, data)[1] == 0


@pytest.mark.parametrize(
    "event",
    [
        context("Scene.Update.Post"),  # by a scan
        context("Scene.Create.Post"),
        context("Scene.Destroy.Post") | {"input": {"id": "42"}},
        context("Tag.Update.Post") | {"input": {"name": "new"}},
        context("Performer.Update.Post") | {"input": {"name": "new"}},
    ],
)
def test_only_the_save_of_a_scene_is_done_inline(
    stash: Callable[..., FakeStash], data: str, event: dict[str, Any]
) -> None:
    server = stash(queues())
    (Path(data) / inbox.INLINE).touch()
    assert hook.handle(event, server.connection, data)[1] == 0 and len(server.requests) == 1


@pytest.mark.parametrize("inline", [False, True])
def test_a_hook_only_marks_while_plex_is_away(
    stash: Callable[..., FakeStash], data: str, inline: bool
) -> None:
    """A drain could do nothing, and inline a person would wait until a connection times out."""
    server = stash(queues())
    if inline:
        (Path(data) / inbox.INLINE).touch()
    away(data, time.time() + 60)
    assert hook.handle(save(), server.connection, data) == ("scene 42 is marked; Plex is away", 0)
    assert inbox.flags(data) == [("scene", 42)] and server.requests == []
    away(data, time.time() - 1)
    assert hook.handle(save(), server.connection, data)[1] == (42 if inline else 0)
    assert len(server.requests) == (0 if inline else 1)


def test_a_look_too_far_ahead_means_a_moved_clock(data: str) -> None:
    away(data, 1000.0)
    assert [inbox.is_away(data, now) for now in (699.0, 701.0, 999.0, 1000.0)] == [
        False, True, True, False,
    ]  # fmt: skip


def away(data: str, until: float) -> None:
    path = Path(data) / inbox.AWAY
    path.touch()
    os.utime(path, (until, until))


def state(data: str, **fields: Any) -> None:
    (Path(data) / hook.STATE_FILE).write_text(json.dumps(fields))


def test_a_due_reconciliation_is_left_to_a_task_even_inline(
    stash: Callable[..., FakeStash], data: str
) -> None:
    """A Save must not wait until a library is compared."""
    server = stash(queues())
    (Path(data) / inbox.INLINE).touch()
    state(data, interval="daily", next_due=1.0, stash_identity=stdio.server_identity())
    assert hook.handle(None, server.connection, data) == ("a reconciliation is due", 0)
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    ("fields", "due"),
    [
        ({"interval": "daily", "next_due": 99.0}, True),
        ({"interval": "daily", "next_due": 101.0}, False),
        ({"interval": "daily", "next_due": None}, False),
        ({"interval": "never", "next_due": 99.0}, False),
        ({"interval": "", "next_due": 99.0}, False),
        ({"next_due": 99.0}, False),
        ({"interval": "daily", "next_due": 101.0, "stash_identity": "1:old"}, True),
        ({"interval": "never", "stash_identity": "1:old"}, False),
        # The start-up run failed: not every event shall ask for the next try.
        ({"interval": "daily", "stash_identity": "1:old", "retry_at": 150.0}, False),
        ({"interval": "daily", "stash_identity": "1:old", "retry_at": 50.0}, True),
        # Further away than any: the clock stood a year ahead when it failed.
        ({"interval": "daily", "stash_identity": "1:old", "retry_at": 3.2e7}, True),
        ({"interval": "daily", "next_due": "soon"}, False),
    ],
)
def test_whether_a_reconciliation_is_due_stands_in_its_state(
    data: str, fields: dict[str, Any], due: bool
) -> None:
    state(data, **{"stash_identity": stdio.server_identity(), **fields})
    assert hook.is_due(data, 100.0) is due


@pytest.mark.parametrize("text", ["", "{", "[]", "null", '"x"', "\x00", "[" * 100_000])
def test_a_broken_state_is_not_the_hooks_business(data: str, text: str) -> None:
    (Path(data) / hook.STATE_FILE).write_text(text)
    assert not hook.is_due(data, 100.0)


def test_a_disk_that_does_not_take_the_flag_is_told(data: str) -> None:
    (Path(data) / inbox.FOLDER).write_text("not a folder")
    with pytest.raises(OSError):
        hook.handle(context("Scene.Update.Post"), {}, data)

"""Where the token, the session and the key do not go. What the plugin wrote is searched for them at
the end of every test with a box (`devserver/leaks.py`)."""

from __future__ import annotations

import contextlib
import json
import os
import stat
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from devserver.box import TOKEN, Box
from devserver.leaks import leaks
from tests.support.box_output import lines, terminal, until

pytestmark = pytest.mark.uncovered

ODD = 'a+b/c="d\\e%f&g'
posix = pytest.mark.skipif(os.name == "nt", reason="POSIX modes")


class Elsewhere:
    """Two ports: whoever asks the first is sent to the second, which remembers who came."""

    def __init__(self, status: int) -> None:
        self.came: list[str] = []
        self.asked = 0
        owner = self

        class Trap(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                owner.came.append(str(self.headers))
                self.send_error(404)

            do_POST = do_PUT = do_GET

            def log_message(self, *_: object) -> None:
                """Quiet."""

        class Sign(Trap):
            def do_GET(self) -> None:
                owner.asked += 1
                self.rfile.read(int(self.headers.get("Content-Length") or 0))
                self.send_response(status)
                self.send_header("Location", f"http://localhost:{owner.trap.server_port}/x")
                self.send_header("Content-Length", "0")
                self.end_headers()

            do_POST = do_PUT = do_GET

        self.trap, self.sign = (
            HTTPServer(("127.0.0.1", 0), Trap),
            HTTPServer(("127.0.0.1", 0), Sign),
        )
        for server in (self.trap, self.sign):
            threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        self.url = f"http://127.0.0.1:{self.sign.server_port}"

    def close(self) -> None:
        for server in (self.trap, self.sign):
            server.shutdown()
            server.server_close()


@pytest.fixture(params=[301, 302, 303, 307, 308])
def elsewhere(request: pytest.FixtureRequest) -> Iterator[Elsewhere]:
    found = Elsewhere(request.param)
    yield found
    found.close()


def test_a_plex_that_sends_us_elsewhere_gets_no_token_there(box: Box, elsewhere: Elsewhere) -> None:
    scene = box.add("a.mp4", title="T")
    box.configure(plex_url=elsewhere.url, read_timeout=2)
    with contextlib.suppress(Exception):
        box.operation("reconcile_all")
    box.stash.update_scene(scene, title="New")
    box.settle()
    assert elsewhere.asked and elsewhere.came == []
    assert any("sends us elsewhere" in line for line in lines(box))
    box.configure()
    box.operation("process_queue")
    assert box.item(scene)["title"] == "New"


def test_a_stash_that_sends_us_elsewhere_gets_no_key_there(
    box: Box, elsewhere: Elsewhere, tmp_path: Path
) -> None:
    key = tmp_path / "key"
    key.write_text("the-key-of-this-stash")
    given = ("reconcile-all", "--stash", elsewhere.url, "--api-key-file", str(key))
    for more in ((), ("--data-dir", str(tmp_path / "own"))):
        ended = terminal(box, *given, *more)
        assert ended.returncode == 1 and json.loads(ended.stdout)["error"]
        assert "the-key-of-this-stash" not in ended.stdout + ended.stderr
    assert elsewhere.asked and elsewhere.came == []


def test_a_token_of_odd_characters_is_used_and_stays_hidden(box: Box) -> None:
    box.plex.token = ODD
    scene = box.add("a.mp4", title=f"T {ODD}", details="told")
    for more in ({}, {"plex_url": "http://127.0.0.1:1"}, {"plex_library": ODD}, {"path_map": ODD}):
        box.configure(plex_token=ODD, debug_logging=True, **more)
        for mode in ("all", "reconcile_all", "health_check", "doctor", "queue_status"):
            with contextlib.suppress(Exception):
                box.operation(mode)
    assert box.item(scene)["summary"] == "told"
    assert any("***" in line for line in lines(box))
    assert not leaks(box)


def processes(pid: int) -> Iterator[int]:
    """A process and its descendants."""
    yield pid
    with contextlib.suppress(OSError):
        for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
            yield from processes(int(child))


@pytest.mark.cold
@pytest.mark.skipif(not os.path.exists("/proc/self/cmdline"), reason="processes are seen in /proc")
def test_no_process_shows_a_secret_in_its_arguments_or_environment(box: Box) -> None:
    """Every user of the machine can read the arguments."""
    box.add("a.mp4", title="T")
    box.plex.latency = 0.3
    box.stash.run_task("Stash2Plex", "Sync All Scenes to Plex")
    until(lambda: box.plex.requests)
    [child] = box.stash.library.host.running
    cookie = box.stash.library.sessions.mark
    seen = b""
    for pid in processes(child.pid):
        for name in ("cmdline", "environ"):
            seen += Path(f"/proc/{pid}/{name}").read_bytes()
    box.plex.latency = 0.0
    box.settle()
    assert b"Stash2Plex.py" in seen
    assert TOKEN.encode() not in seen and cookie.encode() not in seen


@posix
def test_only_the_owner_may_look_at_what_the_plugin_keeps(box: Box) -> None:
    scene = box.add("a.mp4", title="T")
    box.configure(hook_mode="inline", reconcile_interval="hourly")
    for mode in ("all", "reconcile_all"):
        box.operation(mode)
    box.stash.update_scene(scene, title="Inline")
    box.plex.go_down()
    box.stash.update_scene(scene, title="Down")
    box.settle()
    for name in ("plex.sqlite", "queue/queue.sqlite", "reconciliation_state.json"):
        (box.data_dir / name).write_bytes(b"broken" * 100)
    box.plex.come_up()
    box.configure()
    box.task("Reconcile Library (All)")
    kept = [box.data_dir, *box.data_dir.rglob("*")]
    assert len([path for path in kept if "aside" in path.name]) >= 2 and len(kept) > 12
    open_ = {
        str(path): oct(path.stat().st_mode)
        for path in kept
        if stat.S_IMODE(path.stat().st_mode) & 0o077
    }
    assert open_ == {}
    assert box.item(scene)["title"] == "Down"


def test_nothing_temporary_is_left(box: Box) -> None:
    scene = box.add("a.mp4", title="T", cover=b"\xff\xd8\xff" + b"x" * 100_000)
    for mode in ("all", "reconcile_all", "health_check", "doctor"):
        box.operation(mode)
    box.stash.update_scene(scene, title="New")
    box.settle()
    assert list(box.temporary.iterdir()) == []
    assert not [path for path in box.data_dir.rglob("*") if "tmp" in path.name]
    assert list(box.stash.library.cwd.iterdir()) == []


@pytest.mark.parametrize("settings", [
    {"plex_url": "{}", "plex_token": "another"},
    {"plex_url": "?X-Plex-Token={}"},
    {"plex_url": "http://127.0.0.1:1/library/metadata/1?X-Plex-Token={}", "plex_token": "another"},
    {"plex_url": "", "plex_token": "http://127.0.0.1:1/library/metadata/1?X-Plex-Token={}"},
])  # fmt: skip
def test_a_pasted_token_is_shown_nowhere(box: Box, settings: dict[str, str]) -> None:
    pasted = "aB3-xY_9kLmNoPqRsTuV"
    typed = {name: value.format(pasted) for name, value in settings.items()}
    box.configure(debug_logging=True, **typed)
    box.add("clips/one.mp4", title="One")
    for task in ("Health Check", "Sync All Scenes to Plex"):
        run = box.task(task)
        assert run.stderr
        assert pasted not in f"{run.stdout}{run.stderr}{run.error}"
    assert pasted not in json.dumps(box.operation("bundle"))

"""Whatever comes in: one JSON document goes out, and nothing hangs or falls silent."""

from __future__ import annotations

import ast
import base64
import json
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest

from devserver.box import Box
from sync_queue import inbox
from tests.support.hooks import flags, right, runs, silent

pytestmark = pytest.mark.cold


@pytest.fixture(scope="module")
def plugin(plugin_zip: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("plugins") / "Stash2Plex"
    with zipfile.ZipFile(plugin_zip) as archive:
        archive.extractall(folder)
    return folder


def start(
    plugin: Path, stdin: bytes, cwd: Path | None = None, **options: Any
) -> subprocess.CompletedProcess[bytes]:
    given = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **options}
    return subprocess.run(
        [sys.executable, "-S", str(plugin / "Stash2Plex.py")],
        input=stdin, cwd=cwd, check=False, timeout=60, **given,
    )  # fmt: skip


def document(folder: object, context: object = None, **connection: Any) -> dict[str, Any]:
    usual = {"Scheme": "http", "Host": "127.0.0.1", "Port": 1, "Dir": folder, "PluginDir": "x"}
    return {
        "server_connection": {**usual, "SessionCookie": None, **connection},
        "args": {"mode": "hook", "hookContext": context},
    }


def event(number: object = 42, kind: object = "Scene.Update.Post") -> dict[str, Any]:
    return {"id": number, "type": kind, "input": None}


def answer(done: subprocess.CompletedProcess[bytes]) -> dict[str, Any]:
    """The one document; Stash takes anything else for a text."""
    found = json.loads(done.stdout)
    assert isinstance(found, dict) and {"output"} <= set(found) <= {"output", "error"}
    return found


@pytest.mark.parametrize(
    "stdin",
    [b"", b" ", b"hello", b"{", b"[]", b"null", b'"x"', b"\xff\xfe\x00", b"{}{}", b"[" * 200_000,
     b"{}", b'{"server_connection": []}', b'{"server_connection": {"Dir": null}}',
     b'{"server_connection": {"Dir": 5}}', b'{"server_connection": {"Dir": "a\\u0000b"}}'],
)  # fmt: skip
def test_input_that_is_none_gives_one_sentence_and_code_1(plugin: Path, stdin: bytes) -> None:
    done = start(plugin, stdin)
    assert done.returncode == 1
    assert answer(done)["error"] and b"Traceback" not in done.stderr


@pytest.mark.parametrize(
    "piece", [b"\xff", b" ", b"[", b'{"a":', b"1", b'"x', b"\x00", b'{"args": {}}, ']
)
def test_twenty_megabytes_of_nonsense_end_in_the_same_sentence(plugin: Path, piece: bytes) -> None:
    done = start(plugin, piece * (20_000_000 // len(piece)))
    assert done.returncode == 1 and "no JSON document" in answer(done)["error"]
    assert done.stderr.count(b"\n") == 1


@pytest.mark.parametrize(
    ("context", "connection"),
    [
        (event(), {}),
        (event("42"), {"SessionCookie": {"Value": 5}}),
        (event(), {"SessionCookie": "session=abc"}),
        (event(), {"SessionCookie": {"Value": ["a"]}}),
        (event(), {"SessionCookie": {"Value": "a\r\nb"}}),
        (event(), {"Port": "1"}),
        (event(), {"Port": "many"}),
        (event(), {"Port": {}}),
        (event(), {"Host": 7}),
        (event(), {"Host": None, "Port": None, "Scheme": None}),
        (event(), {"Host": "::1"}),
        (event(), {"Host": "\u2603\x00"}),
        (event(), {"Scheme": "https"}),
        (event(), {"Scheme": ["http"]}),
    ],
)
def test_however_odd_the_connection_the_scene_is_marked(
    plugin: Path, tmp_path: Path, context: object, connection: dict[str, Any]
) -> None:
    done = start(plugin, json.dumps(document(str(tmp_path), context, **connection)).encode())
    assert done.returncode == 0 and done.stderr.count(b"\n") == 1
    assert done.stderr.startswith(b"\x01w\x02Stash could not be asked to sync this now")
    assert answer(done) == {"output": "scene 42 is marked"}
    assert inbox.flags(str(tmp_path / "plugin_data" / "Stash2Plex")) == [("scene", 42)]


@pytest.mark.parametrize(
    "context",
    [None, [], "x", 5, {}, event(None), event(""), event("../../etc/x"), event("4\x002"),
     event(-1), event(10**40), event([1]), event(True), event(kind=None), event(kind=["a"]),
     event(kind="Scene.Update.Post\x00"), event(kind="../x.Update.Post")],
)  # fmt: skip
def test_a_context_without_sense_marks_nothing_and_fails_nothing(
    plugin: Path, tmp_path: Path, context: object
) -> None:
    done = start(plugin, json.dumps(document(str(tmp_path), context)).encode())
    assert (done.returncode, done.stderr) == (0, b"")
    assert answer(done)["output"] == "nothing that Plex shows has changed"
    assert list((tmp_path / "plugin_data" / "Stash2Plex").iterdir()) == []


@pytest.mark.parametrize("args", [None, [], "hook", {}, {"mode": None}, {"mode": "no such"}])
def test_arguments_without_sense_give_a_sentence(
    box: Box, plugin: Path, tmp_path: Path, args: object
) -> None:
    given = document(str(tmp_path), Port=box.stash.port) | {"args": args}
    done = start(plugin, json.dumps(given).encode())
    assert done.returncode == 1 and "there is no mode" in answer(done)["error"]


def test_a_disk_that_takes_no_flag_is_told_in_one_sentence(plugin: Path, tmp_path: Path) -> None:
    data = tmp_path / "plugin_data" / "Stash2Plex"
    data.mkdir(parents=True)
    (data / "inbox").write_text("in the way")
    done = start(plugin, json.dumps(document(str(tmp_path), event())).encode())
    assert done.returncode == 1 and "could not be noted on disk" in answer(done)["error"]
    assert str(tmp_path) not in (done.stdout + done.stderr).decode()


def test_a_data_folder_that_cannot_be_made_is_told_without_its_path(
    plugin: Path, tmp_path: Path
) -> None:
    """The hook does not know yet whether the user wants paths in the log."""
    (tmp_path / "plugin_data").write_text("in the way")
    done = start(plugin, json.dumps(document(str(tmp_path), event())).encode())
    assert done.returncode == 1 and "cannot be made" in answer(done)["error"]
    assert str(tmp_path) not in (done.stdout + done.stderr).decode()


def test_nobody_listens_to_stderr_or_stdout(plugin: Path, tmp_path: Path) -> None:
    stdin = json.dumps(document(str(tmp_path), event())).encode()
    for name in ("stdout", "stderr"):
        read, write = os.pipe()
        os.close(read)
        done = start(plugin, stdin, **{name: write})
        os.close(write)
        assert done.returncode == 0
    failing = start(plugin, b"nonsense", stderr=subprocess.DEVNULL)
    assert failing.returncode == 1 and answer(failing)["error"]


def test_a_foreign_folder_and_a_relative_path(plugin: Path, tmp_path: Path) -> None:
    relative = os.path.relpath(plugin / "Stash2Plex.py", tmp_path)
    done = subprocess.run(
        [sys.executable, relative], cwd=tmp_path, capture_output=True, check=False,
        input=json.dumps(document(str(tmp_path), event())).encode(),
    )  # fmt: skip
    assert answer(done) == {"output": "scene 42 is marked"}


def test_a_module_of_a_sibling_plugin_does_not_come_in_the_way(
    plugin: Path, tmp_path: Path
) -> None:
    """Stash puts the folder above the plugins on PYTHONPATH."""
    for name in ("stash", "app", "errors", "plex"):
        (tmp_path / f"{name}.py").write_text("raise RuntimeError('the wrong module')")
    done = start(
        plugin,
        json.dumps(document(str(tmp_path), event())).encode(),
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
    )
    assert answer(done) == {"output": "scene 42 is marked"}


def half_replaced(plugin: Path, tmp_path: Path, name: str, text: str | None) -> Path:
    """A copy of the plugin in which one file is gone, or holds something else."""
    copy = tmp_path / "copy"
    shutil.copytree(plugin, copy, ignore=shutil.ignore_patterns("__pycache__"))
    (copy / name).unlink()
    if text is not None:
        (copy / name).write_text(text)
    return copy


@pytest.mark.parametrize(
    ("name", "mode"),
    [
        ("app/entry.py", "hook"),
        ("stash/stdio.py", "hook"),
        ("stash/hook.py", "hook"),
        ("stash/light.py", "hook"),
        ("sync_queue/inbox.py", "hook"),
        ("app/lane.py", "queue_status"),
        ("app/commands/registry.py", "queue_status"),
        ("errors.py", "queue_status"),
    ],
)
@pytest.mark.parametrize("text", [None, "", "def half(", "raise ImportError"])
def test_a_folder_that_is_half_replaced_gives_one_answer(
    plugin: Path, tmp_path: Path, name: str, mode: str, text: str | None
) -> None:
    folder = half_replaced(plugin, tmp_path, name, text)
    given = document(str(tmp_path), event())
    given["args"] = given["args"] if mode == "hook" else {"mode": mode}
    done = start(folder, json.dumps(given).encode())
    said = answer(done)["error"]
    assert done.returncode == 1 and "is being updated or is not whole" in said
    assert said.endswith("reinstall it if this error stays") and str(tmp_path) not in said
    assert done.stderr.startswith(b"\x01e\x02") and b"Traceback" not in done.stderr


def test_a_python_that_is_too_old_is_told_in_one_sentence(plugin: Path, tmp_path: Path) -> None:
    """The entry script must be understood by it, and ask before it imports anything."""
    source = (plugin / "Stash2Plex.py").read_text(encoding="utf-8")
    ast.parse(source, feature_version=(3, 6))
    code = f"import sys; sys.version_info = (3, 8, 18); exec({source!r})"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=False, input=b"")
    said = answer(done)["error"]
    assert done.returncode == 1 and done.stderr == b"\x01e\x02" + said.encode() + b"\n"
    assert "needs Python 3.10 or newer" in said and "with 3.8" in said and "Python Path" in said


def test_a_save_with_a_cover_of_15_megabytes(box: Box) -> None:
    scene = box.add("a.mp4", title="old")
    image = base64.b64encode(b"\xff\xd8\xff" + os.urandom(1000) * 15_000).decode()
    box.stash.hold_jobs()
    box.stash.update_scene(scene, cover_image="data:image/jpeg;base64," + image)
    [run] = runs(box, "hook")
    size = len(json.dumps(run.stdin))
    assert size > 20_000_000 and run.peak_rss < (30 << 20) + 4 * size
    assert silent(box) and flags(box) == [("scene", scene)]


def test_titles_with_prefixes_and_control_characters_stay_within_their_line(box: Box) -> None:
    title = "\x01e\x02fake\nsecond \u2028third \x1b[31m" + "long " * 20_000
    scene = box.add("a.mp4", title="old")
    box.configure(debug_logging=True)
    box.stash.hold_jobs()
    box.stash.update_scene(scene, title=title, details="x" * 200_000)
    box.operation("process_queue")
    assert not any(line.text.startswith("fake") for line in box.stash.logs)
    assert all(len(line.text.encode()) < 64 * 1024 for line in box.stash.logs)
    assert not any(line.level == "error" for line in box.stash.logs)
    assert "fake" in box.item(scene)["title"]


def test_without_a_password_or_with_one_the_cookie_is_enough(make_box: Any) -> None:
    box = make_box(password="secret")
    scene = box.add("a.mp4", title="old")
    box.stash.update_scene(scene, title="new")
    right(box)
    assert silent(box)


def test_no_session_at_all_leaves_the_flag(box: Box, plugin: Path) -> None:
    """A locked Stash that gives no cookie cannot be woken: the next event does it."""
    folder = str(box.stash.config_dir)
    scene = box.add("a.mp4", title="old")
    stdin = json.dumps(document(folder, event(scene), Port=box.stash.port)).encode()
    box.stash.faults.arm("runPluginTask", action="401")
    done = start(plugin, stdin)
    assert (done.returncode, flags(box)) == (0, [("scene", scene)])
    box.stash.update_scene(scene, title="new")
    right(box)

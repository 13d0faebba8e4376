"""The demo ends with its proof, and the play box does what it prints."""

from __future__ import annotations

import json
import shlex
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from devserver import seed_library
from devserver.__main__ import arguments
from devserver.box import Box
from devserver.demo import Demo
from devserver.stage import ROOT

pytestmark = pytest.mark.uncovered


def test_the_demo_ends_with_its_proof() -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "devserver.demo"],
        cwd=ROOT, capture_output=True, text=True, timeout=600, check=False,
    )  # fmt: skip

    lines = ended.stdout.splitlines()
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert lines[-1] == "200 of 200 items say what Stash says"
    assert "\x1b" not in ended.stdout
    assert ended.stderr == ""
    assert [line for line in lines if "error:" in line] == []
    for act in ("200 to be written", "0 writes to Plex", "32 of 32 items with her say so", "My own words",
                "30 fields of 30 items restored", "Then 0 have it"):  # fmt: skip
        assert act in ended.stdout


def test_the_demo_fails_when_plex_says_something_else(
    box: Box, capsys: pytest.CaptureFixture[str]
) -> None:
    demo = Demo(box, 200)

    assert demo.prove(0.0) is False
    assert capsys.readouterr().out.splitlines()[-1] == "0 of 200 items say what Stash says"


def test_the_invented_library_is_the_same_every_time() -> None:
    covers = [seed_library.cover(n) for n in range(200)]

    assert len(set(covers)) == 200
    assert all(data.startswith(b"\x89PNG") and len(data) < 3000 for data in covers)
    assert seed_library.scene(7) == seed_library.scene(7)


@pytest.fixture
def play(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        [sys.executable, "-m", "devserver", "--scenes", "3", "--dir", str(tmp_path / "kept")],
        cwd=ROOT, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    yield process
    process.kill()
    process.wait()


def test_the_play_box_does_what_it_prints_and_ends_with_ctrl_c(
    play: subprocess.Popen[str], tmp_path: Path
) -> None:
    assert play.stdout is not None
    told = []
    while not told or "Ctrl-C" not in told[-1]:
        told.append(play.stdout.readline().strip())
    (status,) = [line for line in told if "queue-status" in line]

    ran = subprocess.run(
        shlex.split(status), cwd=ROOT, capture_output=True, text=True, timeout=120, check=True
    )
    play.send_signal(signal.SIGINT)

    assert json.loads(ran.stdout)["output"]["plex"]["reachable"] is True
    assert play.wait(30) == 0
    assert play.stdout.read().splitlines()[-1] == "Ended."
    assert (tmp_path / "kept" / "stash" / "plugins" / "local" / "Stash2Plex").is_dir()


def test_the_graphql_that_it_prints_is_understood(
    box: Box, capsys: pytest.CaptureFixture[str]
) -> None:
    from devserver.__main__ import introduce

    scene = box.add("clips/one.mp4", title="One")
    introduce(box, 1)
    printed = [shlex.split(line) for line in capsys.readouterr().out.splitlines() if "-d" in line]
    for words in printed:
        assert box.stash.gql(json.loads(words[-1])["query"])
    box.settle()

    assert len(printed) == 2
    assert box.item(scene)["title"] == "A new title"


def test_a_folder_that_is_not_empty_is_refused(tmp_path: Path) -> None:
    (tmp_path / "something").touch()

    with pytest.raises(SystemExit):
        arguments(["--dir", str(tmp_path)])

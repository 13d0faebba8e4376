"""The words for an error that nobody expected."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

import errors
from app import lane


def test_an_unexpected_error_names_itself() -> None:
    assert lane.in_words(KeyError("x")) == "unexpected KeyError: 'x'"
    assert lane.in_words(errors.Busy("as it is")) == "as it is"


def test_an_error_of_the_disk_names_the_file_but_no_path() -> None:
    """It may come before anybody knows whether the user wants paths in the log."""
    error = PermissionError(13, "Permission denied", "/home/ann/plugin_data/drain.lock")
    said = lane.in_words(error)
    assert said.startswith("drain.lock cannot be read or written (Permission denied): the file and")
    assert lane.in_words(OSError("what it says")) == "unexpected OSError: what it says"


def test_a_process_with_the_token_leaves_no_core(tmp_path: Path) -> None:
    resource = pytest.importorskip("resource")
    _, hard = resource.getrlimit(resource.RLIMIT_CORE)
    code = (
        "import os, resource, signal, sys; from app import lane\n"
        "with lane.opened({}, {}, sys.argv[1], {}):\n"
        "    assert resource.getrlimit(resource.RLIMIT_CORE) == (0, 0)\n"
        "    os.kill(os.getpid(), signal.SIGABRT)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "data")], cwd=tmp_path, check=False,
        env={**os.environ, "PYTHONPATH": str(Path(lane.__file__).parent.parent)},
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_CORE, (hard, hard)),
    )  # fmt: skip
    assert done.returncode == -signal.SIGABRT
    assert [path.name for path in tmp_path.iterdir() if "core" in path.name] == []

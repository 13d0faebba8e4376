"""The lock between processes: one holder, freed by its death, looked at without being taken."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from disk.lock import FileLock, is_held

posix = pytest.mark.skipif(os.name == "nt", reason="Windows has other rules for who may read")
ROOT = Path(__file__).resolve().parent.parent.parent
HOLD = """
import sys
sys.path.insert(0, sys.argv[1])
from disk.lock import FileLock
print(FileLock(sys.argv[2]).acquire(), flush=True)
sys.stdin.read()
"""


@contextmanager
def another_process(path: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A process that took the lock, or tried to, and stays."""
    command = [sys.executable, "-c", HOLD, str(ROOT), str(path)]
    child = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert child.stdout and child.stdin
    try:
        assert child.stdout.readline().strip() == b"True"
        yield child
    finally:
        child.kill()
        child.wait()
        child.stdin.close()
        child.stdout.close()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "data" / "drain.lock"


def test_a_file_is_locked_only_once(
    path: Path,
) -> None:
    first, second = FileLock(path), FileLock(path)
    assert first.acquire() and not second.acquire()
    first.release()
    assert second.acquire()
    second.release()


def test_another_process_is_seen_and_kept_out(path: Path) -> None:
    with another_process(path):
        assert is_held(path)
        assert not FileLock(path).acquire()


def test_the_kernel_frees_the_lock_of_a_killed_process(path: Path) -> None:
    with another_process(path) as child:
        child.kill()
        child.wait()
        assert not is_held(path)
        with FileLock(path):
            pass


def test_looking_does_not_lose_the_lock_that_this_process_holds(path: Path) -> None:
    """Closing any descriptor of the file would free a POSIX lock."""
    look = (
        f"import sys; sys.path.insert(0, {str(ROOT)!r});"
        f"from disk.lock import is_held; print(is_held({str(path)!r}))"
    )
    with FileLock(path):
        assert is_held(path)
        assert not FileLock(path).acquire()
        seen = subprocess.run([sys.executable, "-c", look], capture_output=True, check=True)
        assert seen.stdout.strip() == b"True"


def test_looking_creates_nothing(path: Path) -> None:
    assert not is_held(path)
    assert not path.parent.exists()


def test_what_cannot_be_opened_is_not_held(tmp_path: Path) -> None:
    assert not is_held(tmp_path)


def test_a_file_system_without_locks_is_not_taken_for_a_busy_one(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_locks(*_: object) -> None:
        raise OSError(37, "No locks available")

    with FileLock(path):
        pass
    monkeypatch.setattr("disk.lock._test", no_locks)
    monkeypatch.setattr("disk.lock._lock", no_locks)
    assert not is_held(path)
    with pytest.raises(OSError, match="No locks"):
        FileLock(path).acquire()


def test_a_lock_file_has_a_byte_for_windows(path: Path) -> None:
    for _ in range(2):
        with FileLock(path):
            assert path.stat().st_size == 1


def test_waiting_ends_when_the_lock_is_given_back(path: Path) -> None:
    held, waited = FileLock(path), []

    def sleep(seconds: float) -> None:
        waited.append(seconds)
        held.release()

    assert held.acquire() and FileLock(path).acquire(blocking=True, sleep=sleep)
    assert waited == [0.1]


def test_releasing_twice_is_harmless(path: Path) -> None:
    lock = FileLock(path)
    lock.release()
    assert lock.acquire()
    lock.release()
    lock.release()


@posix
def test_only_the_owner_may_open_it(path: Path) -> None:
    with FileLock(path):
        assert path.stat().st_mode & 0o077 == 0
        assert os.stat(path.parent).st_mode & 0o077 == 0

"""Interpreters that have it harder than this one: set one as `box.stash.python`.

Each is an executable that prepares the process and then becomes the real interpreter, so that the
plugin runs as it is: as an ordinary user even where the tests run as root, with a disk that takes
no more than so many bytes, or on a share where every file takes its time.
"""

from __future__ import annotations

import shlex
import sys
from pathlib import Path

import pytest

linux = pytest.mark.skipif(sys.platform != "linux", reason="Linux has the means for this")

# Root reads and writes everything by these three: without them the bits of a file bind it as well.
_ORDINARY = """
import ctypes
CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH, CAP_FOWNER, PR_CAPBSET_DROP = 1, 2, 3, 24
for capability in (CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH, CAP_FOWNER):
    ctypes.CDLL(None).prctl(PR_CAPBSET_DROP, capability, 0, 0, 0)  # takes effect with exec
"""

# Python ignores SIGXFSZ, and so do its children: a write fails as on a full disk.
_FULL = """
import resource
resource.setrlimit(resource.RLIMIT_FSIZE, ({size}, {size}))
"""

_BECOME = """
import os, sys
os.execv({python!r}, [{python!r}, *sys.argv[1:]])
"""

_SLOW = """
import os, runpy, sys, time
SLOW = {{"open", "os.rename", "os.remove", "os.mkdir", "os.listdir", "os.scandir", "sqlite3.connect"}}
def slowly(event, given):
    if event in SLOW and {folder!r} in str(given[0]):
        time.sleep({seconds})
sys.addaudithook(slowly)
sys.argv = [word for word in sys.argv[1:] if word != "-S"]
sys.path[0] = os.path.dirname(os.path.abspath(sys.argv[0]))
runpy.run_path(sys.argv[0], run_name="__main__")
"""

# As on a share without locks. SQLite has its own way to them, which a test cannot take away.
_WITHOUT_LOCKS = """
import errno, os, posix, runpy, sys
def refused(*given):
    raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))
posix.lockf = refused
sys.argv = [word for word in sys.argv[1:] if word != "-S"]
sys.path[0] = os.path.dirname(os.path.abspath(sys.argv[0]))
runpy.run_path(sys.argv[0], run_name="__main__")
"""


def ordinary(folder: Path) -> str:
    """An interpreter for which the owners and modes of files bind, whoever runs the tests."""
    return _executable(
        folder / "ordinary", _ORDINARY + _BECOME.format(python=sys.executable), "-IS"
    )


def full(folder: Path, size: int) -> str:
    """An interpreter whose files cannot grow beyond `size` bytes."""
    become = _BECOME.format(python=sys.executable)
    return _executable(folder / f"full{size}", _FULL.format(size=size) + become, "-IS")


def slow(folder: Path, share: Path, seconds: float) -> str:
    """An interpreter for which everything below `share` takes `seconds` longer."""
    return _executable(folder / "slow", _SLOW.format(folder=str(share), seconds=seconds))


def without_locks(folder: Path) -> str:
    """An interpreter for which no file can be locked."""
    return _executable(folder / "without_locks", _WITHOUT_LOCKS)


def _executable(path: Path, code: str, *options: str) -> str:
    """Without the measuring of coverage: its own file would not be written either."""
    script = path.with_suffix(".py")
    script.write_text(code, encoding="utf-8")
    command = shlex.join([sys.executable, *options, str(script)])
    names = "COVERAGE_PROCESS_START COVERAGE_PROCESS_CONFIG"
    path.write_text(f'#!/bin/sh\nunset {names}\nexec {command} "$@"\n', encoding="utf-8")
    path.chmod(0o755)
    return str(path)

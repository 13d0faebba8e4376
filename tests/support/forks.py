"""The process that has imported the plugin, and forks for each request. See `warm_start`."""

from __future__ import annotations

import gc
import importlib
import json
import os
import runpy
import select
import signal
import socket
import sys
import tempfile
import time
from pathlib import Path

ENTRY = "Stash2Plex.py"
MEASURED = "COVERAGE_PROCESS_CONFIG"
Request = tuple[list[str], str, dict[str, str], list[int]]


def _import_ahead(folder: Path) -> None:
    import coverage  # noqa: F401
    import requests  # noqa: F401

    sys.path[0] = str(folder)
    for path in sorted(folder.rglob("*.py")):
        parts = path.relative_to(folder).with_suffix("").parts
        if parts[-1] != "__init__" and path.name != ENTRY:
            importlib.import_module(".".join(parts))
    gc.collect()
    gc.freeze()  # what is there now is shared with every fork


def _serve(channel: socket.socket) -> Request | None:
    """Forks for each request, and tells how each fork ended. Gives a request in a fork."""
    wake, woken = os.pipe()
    os.set_blocking(woken, False)
    signal.set_wakeup_fd(woken)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    while True:
        ready, _, _ = select.select([channel, wake], [], [])
        if wake in ready:
            os.read(wake, 4096)
            _tell_ends(channel)
        if channel not in ready:
            continue
        message, fds, _, _ = socket.recv_fds(channel, 1 << 20, 3)
        if not message:
            return None
        number, argv, cwd, env = json.loads(message)
        pid = os.fork()
        if not pid:
            signal.set_wakeup_fd(-1)
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            for fd in (wake, woken, channel.detach()):
                os.close(fd)
            return argv, cwd, env, fds
        for fd in fds:
            os.close(fd)
        channel.send(json.dumps(["born", number, pid]).encode())


def _tell_ends(channel: socket.socket) -> None:
    while True:
        try:
            pid, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return
        if not pid:
            return
        channel.send(json.dumps(["exit", pid, os.waitstatus_to_exitcode(status)]).encode())


def _become(argv: list[str], cwd: str, env: dict[str, str], fds: list[int]) -> None:
    """The process that was asked for; its end is that of an ordinary one."""
    for number, fd in enumerate(fds):
        os.dup2(fd, number)
        os.close(fd)
    os.chdir(cwd)
    os.environ.clear()
    os.environ.update(env)
    time.tzset()
    tempfile.tempdir = None
    script = os.path.abspath(argv[1])
    sys.path[:1] = [os.path.dirname(script), *filter(None, [env.get("PYTHONPATH")])]
    sys.argv = argv[1:]
    if env.get(MEASURED):
        import coverage

        coverage.process_startup()
    runpy.run_path(script, run_name="__main__")


if __name__ == "__main__":
    _import_ahead(Path(sys.argv[1]))
    _asked = _serve(socket.socket(fileno=int(sys.argv[2])))
    if _asked:
        _become(*_asked)

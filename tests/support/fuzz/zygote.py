"""The plugin's entry point as a process per case, without the price of a start.

One process imports everything and then forks for each case: the child has real pipes on its three
streams, its own memory and its own end. It reaches this machine's simulators and nothing else, and
makes no folder outside its own. POSIX only.
"""

from __future__ import annotations

import json
import os
import selectors
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[3]
ENTRY = ROOT / "Stash2Plex.py"
PATIENCE = 30.0
_MESSAGE = 1 << 12


@dataclass(frozen=True)
class Ended:
    """What is left of one process; `code` is negative when a signal ended it."""

    stdout: bytes
    stderr: bytes
    code: int


class Zygote:
    """Runs the entry point in forks of one process; `ports` are those that they may connect to.

    `light` has imported only what most cases need: a small process forks in half the time.
    """

    def __init__(self, folder: Path, ports: Sequence[int], light: bool = False) -> None:
        self.folder = folder
        self._socket, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        given = [str(theirs.fileno()), str(int(light)), str(folder), *map(str, ports)]
        # The measuring of coverage would make each case several times as slow.
        bare = {name: value for name, value in os.environ.items() if not name.startswith("COV")}
        bare.pop("STASH_API_KEY", None)
        bare["STASH2PLEX_PLEX_TV"] = "http://127.0.0.1:1"  # no case asks the real one
        self._process = subprocess.Popen(
            [sys.executable, __file__, *given],
            pass_fds=[theirs.fileno()],
            stdin=subprocess.DEVNULL,
            cwd=folder,
            env=bare,
        )
        theirs.close()

    def run(self, stdin: bytes) -> Ended:
        """One process: this on its stdin, closed behind it."""
        pipes = [os.pipe() for _ in range(3)]
        theirs = [pipes[0][0], pipes[1][1], pipes[2][1]]
        mine = [pipes[0][1], pipes[1][0], pipes[2][0]]
        socket.send_fds(self._socket, [b"run"], theirs)
        for fd in theirs:
            os.close(fd)
        pid = json.loads(self._socket.recv(_MESSAGE))
        stdout, stderr = pump(mine, stdin, pid)
        return Ended(stdout, stderr, json.loads(self._socket.recv(_MESSAGE)))

    def close(self) -> None:
        self._socket.close()
        self._process.wait(PATIENCE)


def pump(fds: Sequence[int], stdin: bytes, pid: int) -> tuple[bytes, bytes]:
    """Feed the first of the three, drain the other two; a process that hangs is killed."""
    left, found = memoryview(stdin), {fds[1]: bytearray(), fds[2]: bytearray()}
    ends = time.monotonic() + PATIENCE
    with selectors.DefaultSelector() as selector:
        for fd in fds:
            os.set_blocking(fd, False)
            selector.register(fd, selectors.EVENT_WRITE if fd == fds[0] else selectors.EVENT_READ)
        while selector.get_map():
            ready = selector.select(max(0.0, ends - time.monotonic()))
            if not ready:
                os.kill(pid, signal.SIGKILL)
                ends += PATIENCE
            for key, _ in ready:
                fd = key.fd
                if fd == fds[0]:
                    left = _fed(fd, left)
                    over = not left
                else:
                    piece = os.read(fd, 1 << 20)
                    found[fd] += piece
                    over = not piece
                if over:
                    selector.unregister(fd)
                    os.close(fd)
    return bytes(found[fds[1]]), bytes(found[fds[2]])


def _fed(fd: int, left: memoryview) -> memoryview:
    try:
        return left[os.write(fd, left[: 1 << 16]) :] if left else left
    except OSError:  # it does not want its input
        return left[:0]


# ---- the zygote itself ---------------------------------------------------------------------


def _serve(channel: socket.socket) -> None:
    while True:
        message, fds, _, _ = socket.recv_fds(channel, _MESSAGE, 3)
        if not message:
            return
        pid = os.fork()
        if not pid:
            channel.close()
            _be_the_plugin(fds)
        for fd in fds:
            os.close(fd)
        channel.send(json.dumps(pid).encode())
        code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        channel.send(json.dumps(code).encode())


def _be_the_plugin(fds: Sequence[int]) -> None:
    import traceback

    import Stash2Plex

    code = 99
    try:
        for number, fd in enumerate(fds):
            os.dup2(fd, number)
            os.close(fd)
        code = Stash2Plex.main([])
    except SystemExit as ended:
        code = ended.code if isinstance(ended.code, int) else 1
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def _import_ahead(light: bool) -> None:
    """What a case would import on its way, so that a fork has it already."""
    import importlib

    sys.path.insert(0, str(ROOT))
    from app import drain_task
    from app.packages import install
    from net import retry
    from sync_queue import circuit_breaker

    for folder in ("disk", "plex", "reconciliation", "stash", "sync_queue", "validation") * (
        not light
    ):
        for path in sorted((ROOT / folder).rglob("*.py")):
            if path.stem != "__init__":
                importlib.import_module(".".join(path.relative_to(ROOT).with_suffix("").parts))
    # Nobody waits here for what comes a moment later, and the packages do not change.
    drain_task.LINGER = drain_task.PATIENCE = 0.0
    retry.PAUSES = (0.0, 0.0)
    circuit_breaker.RAMP = tuple((jobs, 0.0) for jobs, _ in circuit_breaker.RAMP)
    install.missing = lambda *_: []


def _stay_here(folder: str, ports: Sequence[int]) -> None:
    """No name is looked up, no other port is spoken to, no folder is made elsewhere."""
    import _socket

    look_up = _socket.getaddrinfo

    def guarded(host: Any, port: Any, *rest: Any) -> Any:
        family, kind, protocol, flags = (*rest, 0, 0, 0, 0)[:4]
        if host not in ("localhost", b"localhost"):
            flags |= socket.AI_NUMERICHOST
        found = look_up(host, port, family, kind, protocol, flags)
        if port not in ports or not all(_is_loopback(place[4][0]) for place in found):
            raise socket.gaierror(socket.EAI_NONAME, "outside of the fuzz")
        return found

    def watch(event: str, given: tuple[Any, ...]) -> None:
        if event == "os.mkdir" and not os.path.realpath(given[0]).startswith(folder):
            raise PermissionError(13, "Permission denied")

    _socket.getaddrinfo = guarded
    sys.addaudithook(watch)


def _is_loopback(address: str) -> bool:
    return address.startswith("127.") or address == "::1"


if __name__ == "__main__":
    import gc

    own = socket.socket(fileno=int(sys.argv[1]))
    _import_ahead(sys.argv[2] == "1")
    _stay_here(os.path.realpath(sys.argv[3]), [int(one) for one in sys.argv[4:]])
    gc.disable()  # a sweep would copy all that the forks share
    _serve(own)

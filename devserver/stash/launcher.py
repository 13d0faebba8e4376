"""A small process between the simulator and its plugins, so that a restart changes their parent."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Sequence
from typing import Any

MAX_MESSAGE = 1 << 20
COMMAND = (sys.executable, "-S", "-E", __file__)


class Launcher:
    """Starts one launcher process; `spawn` has the part of Popen's interface that Child needs."""

    def __init__(self, command: Sequence[str] = COMMAND, env: dict[str, str] | None = None) -> None:
        """`command` gets the number of its socket as a last argument."""
        self._socket, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._process = subprocess.Popen(
            [*command, str(theirs.fileno())],
            pass_fds=[theirs.fileno()],
            stdin=subprocess.DEVNULL,
            env=env,
        )
        theirs.close()
        self._lock = threading.Lock()
        self._changed = threading.Condition(self._lock)
        self._exits: dict[int, int] = {}
        self._born: dict[int, int | str] = {}
        self._next = 0
        self._gone = False
        threading.Thread(target=self._listen, daemon=True).start()

    @property
    def pid(self) -> int:
        return self._process.pid

    def spawn(self, argv: list[str], *, cwd: str, env: dict[str, str], **_: Any) -> Remote:
        pipes = [os.pipe() for _ in range(3)]
        theirs = [pipes[0][0], pipes[1][1], pipes[2][1]]
        mine = [pipes[0][1], pipes[1][0], pipes[2][0]]
        try:
            pid = self._ask(argv, cwd, env, theirs)
        except OSError:
            for fd in mine:
                os.close(fd)
            raise
        finally:
            for fd in theirs:
                os.close(fd)
        return Remote(self, pid, mine)

    def _ask(self, argv: list[str], cwd: str, env: dict[str, str], fds: list[int]) -> int:
        with self._changed:
            self._next += 1
            number = self._next
            message = json.dumps([number, argv, cwd, env]).encode()
            socket.send_fds(self._socket, [message], fds)
            self._changed.wait_for(lambda: number in self._born or self._gone, 30)
            born = self._born.pop(number, "the launcher is gone")
        if isinstance(born, str):
            raise OSError(born)
        return born

    def _listen(self) -> None:
        while True:
            try:
                message = self._socket.recv(MAX_MESSAGE)
            except OSError:
                message = b""
            with self._changed:
                if not message:
                    self._gone = True
                    self._changed.notify_all()
                    return
                what, key, value = json.loads(message)
                if what == "born":
                    self._born[key] = value
                    self._exits.pop(value, None)  # of an earlier process with this number
                else:
                    self._exits[key] = value
                self._changed.notify_all()

    def exit_of(self, pid: int, timeout: float | None) -> int | None:
        """The return code; -9 when the launcher is gone and cannot say."""
        with self._changed:
            self._changed.wait_for(lambda: pid in self._exits or self._gone, timeout)
            if pid in self._exits:
                return self._exits[pid]
            return -signal.SIGKILL if self._gone else None

    def close(self) -> None:
        self._socket.close()
        self._process.kill()
        self._process.wait()

    def abandon(self) -> None:
        """The launcher dies, its children do not."""
        self._process.kill()
        self._process.wait()


class Remote:
    """A child of the launcher, with our ends of its pipes."""

    def __init__(self, launcher: Launcher, pid: int, fds: list[int]) -> None:
        self.launcher = launcher
        self.pid = pid
        self.stdin = os.fdopen(fds[0], "wb", buffering=0)
        self.stdout = os.fdopen(fds[1], "rb", buffering=0)
        self.stderr = os.fdopen(fds[2], "rb", buffering=0)

    def poll(self) -> int | None:
        return self.launcher.exit_of(self.pid, 0)

    def wait(self) -> int:
        code = self.launcher.exit_of(self.pid, None)
        return -signal.SIGKILL if code is None else code


# ---- the launcher process itself ---------------------------------------------------------


def _serve(channel: socket.socket) -> None:
    while True:
        message, fds, _, _ = socket.recv_fds(channel, MAX_MESSAGE, 3)
        if not message:
            return
        number, argv, cwd, env = json.loads(message)
        try:
            child = subprocess.Popen(
                argv, stdin=fds[0], stdout=fds[1], stderr=fds[2], cwd=cwd, env=env
            )
        except OSError as error:
            channel.send(json.dumps(["born", number, str(error)]).encode())
            continue
        finally:
            for fd in fds:
                os.close(fd)
        channel.send(json.dumps(["born", number, child.pid]).encode())
        threading.Thread(target=_report, args=(channel, child), daemon=True).start()


def _report(channel: socket.socket, child: subprocess.Popen) -> None:
    code = child.wait()
    try:
        channel.send(json.dumps(["exit", child.pid, code]).encode())
    except OSError:
        pass


if __name__ == "__main__":
    _serve(socket.socket(fileno=int(sys.argv[1])))

"""One plugin process: stdin once, both streams drained, SIGKILL when told, its answer read."""

from __future__ import annotations

import json
import os
import re
import selectors
import signal
import subprocess
import threading
import time
from collections.abc import Callable
from typing import IO, Any


class CannotStart(Exception):
    """The executable could not be started at all."""


class Child:
    """The process starts at once, its streams with `begin`. `done` is set when stdout is at its
    end and the process is gone."""

    def __init__(
        self,
        argv: list[str],
        stdin: bytes,
        *,
        cwd: str,
        env: dict[str, str],
        on_stderr: Callable[[str], None],
        line_limit: int | None,
        on_done: Callable[[Child], None] = lambda child: None,
        spawn: Callable[..., Any] = subprocess.Popen,
    ) -> None:
        self.started = time.monotonic()
        self.stdout = bytearray()
        self.stderr = bytearray()
        self.exit_code: int | None = None
        self.peak_rss: int | None = None
        self.duration = 0.0
        self.done = threading.Event()
        self._stdin = stdin
        self._lines = StderrLines(on_stderr, line_limit)
        try:
            self.process = spawn(
                argv,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                cwd=cwd,
                env=env,
            )
        except OSError as error:
            raise CannotStart(f"error running plugin: {error}") from error
        self.pid: int = self.process.pid
        self._on_done = on_done

    def begin(self) -> None:
        """Feed stdin and drain the other two, in a thread of its own."""
        threading.Thread(target=self._pump, daemon=True).start()

    def kill(self) -> None:
        """SIGKILL for the direct child only: grandchildren live on, as with Stash."""
        if self.exit_code is None:
            try:
                os.kill(self.pid, signal.SIGKILL)
            except ProcessLookupError:
                pass

    # -- streams ---------------------------------------------------------------------------

    def _pump(self) -> None:
        try:
            with selectors.DefaultSelector() as selector:
                self._register(selector)
                self._until_stdout_ends(selector)
                self._wait_while_reading_stderr(selector)
            code = self.process.wait()
            self._read_the_rest()
            self.exit_code = code
        finally:
            for pipe in (self.process.stdin, self.process.stdout, self.process.stderr):
                if pipe and not pipe.closed:
                    _close(pipe)
            self.duration = time.monotonic() - self.started
            self._on_done(self)
            self.done.set()

    def _register(self, selector: selectors.BaseSelector) -> None:
        for pipe in (self.process.stdin, self.process.stdout, self.process.stderr):
            os.set_blocking(pipe.fileno(), False)
        self._left = memoryview(self._stdin)
        selector.register(self.process.stdin, selectors.EVENT_WRITE, self._write)
        selector.register(self.process.stdout, selectors.EVENT_READ, self._read_stdout)
        selector.register(self.process.stderr, selectors.EVENT_READ, self._read_stderr)

    def _until_stdout_ends(self, selector: selectors.BaseSelector) -> None:
        while self.process.stdout in [key.fileobj for key in selector.get_map().values()]:
            for key, _ in selector.select():
                key.data(selector)

    def _wait_while_reading_stderr(self, selector: selectors.BaseSelector) -> None:
        """stdout is closed, the process may still run and log."""
        while self.process.poll() is None:
            for key, _ in selector.select(0.005) if selector.get_map() else []:
                key.data(selector)
            if not selector.get_map():
                self.process.wait()

    def _write(self, selector: selectors.BaseSelector) -> None:
        try:
            sent = os.write(self.process.stdin.fileno(), self._left[:65536])
            self._left = self._left[sent:]
        except BlockingIOError:
            return
        except OSError:
            self._left = self._left[:0]  # the plugin does not want its input
        if not self._left:
            self._sample_memory()  # it has yet to answer; when that has come it may be gone
            selector.unregister(self.process.stdin)
            _close(self.process.stdin)

    def _read_stdout(self, selector: selectors.BaseSelector) -> None:
        data = _read(self.process.stdout)
        if data:
            self.stdout += data
            self._sample_memory()
        elif data == b"":
            selector.unregister(self.process.stdout)

    def _read_stderr(self, selector: selectors.BaseSelector) -> None:
        data = _read(self.process.stderr)
        if data:
            self._sample_memory()
            self.stderr += data
            self._lines.feed(data)
        if data == b"" or self._lines.broken:
            selector.unregister(self.process.stderr)
            _close(self.process.stderr)
            self._lines.end()

    def _read_the_rest(self) -> None:
        """What was written just before the exit; a grandchild with the pipe is not awaited."""
        stderr = self.process.stderr
        while not stderr.closed:
            data = _read(stderr)
            if not data:
                break
            self.stderr += data
            self._lines.feed(data)
        self._lines.end()

    def _sample_memory(self) -> None:
        """The peak so far (VmHWM); the exit status would also count the parent's memory."""
        try:
            with open(f"/proc/{self.pid}/status", "rb") as status:
                found = re.search(rb"VmHWM:\s+(\d+) kB", status.read())
        except OSError:
            return
        if found:
            self.peak_rss = max(self.peak_rss or 0, int(found.group(1)) * 1024)

    # -- the answer ------------------------------------------------------------------------

    def answer(self) -> tuple[Any, str | None]:
        """(output, error) as Stash understands stdout and the exit code."""
        output, error = parse_output(self.stdout.decode("utf-8", "replace"))
        if error is None and self.exit_code:
            error = exit_error(self.exit_code)
        return output, error


def exit_error(code: int) -> str:
    if code < 0:
        name = {9: "killed", 15: "terminated", 11: "segmentation fault"}.get(-code, str(-code))
        return f"signal: {name}"
    return f"exit status {code}"


def parse_output(text: str) -> tuple[Any, str | None]:
    """Exactly one JSON object answers; anything else is output as the text that it is."""
    try:
        document = json.loads(text)
    except ValueError:
        return text, None
    if document is None:
        return None, None
    if not isinstance(document, dict):
        return text, None
    folded = {str(key).lower(): value for key, value in document.items()}
    error = folded.get("error")
    if error is not None and not isinstance(error, str):
        return text, None
    return folded.get("output"), error


class StderrLines:
    """Cuts stderr into lines; a line at the limit breaks the pipe, as Go's Scanner does."""

    def __init__(self, on_line: Callable[[str], None], limit: int | None) -> None:
        self.on_line = on_line
        self.limit = limit
        self.broken = False
        self._buffer = b""

    def feed(self, data: bytes) -> None:
        if self.broken:
            return
        *lines, self._buffer = (self._buffer + data).split(b"\n")
        for line in lines:
            if self._too_long(line):
                return
            self._line(line)
        self._too_long(self._buffer)

    def end(self) -> None:
        rest, self._buffer = self._buffer, b""
        if rest and not self.broken:
            self._line(rest)

    def _too_long(self, line: bytes) -> bool:
        self.broken = self.broken or (self.limit is not None and len(line) >= self.limit)
        return self.broken

    def _line(self, line: bytes) -> None:
        text = (line[:-1] if line.endswith(b"\r") else line).decode("utf-8", "replace")
        if text:
            self.on_line(text)


def _read(pipe: IO[bytes]) -> bytes | None:
    """Bytes, b"" at the end, None when there is nothing just now."""
    try:
        return os.read(pipe.fileno(), 1 << 20)
    except BlockingIOError:
        return None
    except OSError:
        return b""


def _close(pipe: IO[bytes]) -> None:
    try:
        pipe.close()
    except OSError:
        pass

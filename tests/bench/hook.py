"""What a hook adds to a Save: the whole process against a bare interpreter, in one run.

    make bench-hook        (or: python tests/bench/hook.py [--runs 40])

Bars: <= 2.2 times `python -c pass` while a drain is awake, <= 3.5 times when one has to be woken,
at most 16 MB of memory. Runs of the three kinds alternate, so that a noisy machine troubles all
of them alike; figures are medians. Exits with 1 when a bar is missed.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT))

from sync_queue import inbox  # noqa: E402
from sync_queue.lock import FileLock  # noqa: E402

# Where Stash runs compiled modules are kept.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
BARS = {"drain awake": 2.2, "wake needed": 3.5}
MEMORY_MB = 16.0


class StashThatAnswers(BaseHTTPRequestHandler):
    """Takes the wake and answers at once, so that only our own cost is measured."""

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        body = b'{"data": {"runPluginTask": "1"}}'
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Quiet."""


def document(folder: str, port: int) -> bytes:
    """What Stash writes to a hook's stdin."""
    return json.dumps(
        {
            "server_connection": {
                "Scheme": "http", "Host": "127.0.0.1", "Port": port, "Dir": folder,
                "SessionCookie": {"Name": "session", "Value": "MTY5" * 40}, "PluginDir": str(ROOT),
            },
            "args": {
                "mode": "hook",
                "hookContext": {
                    "id": 42, "type": "Scene.Update.Post", "inputFields": ["id", "title"],
                    "input": {"id": "42", "title": "A title", "details": "some text " * 20},
                },
            },
        }
    ).encode()  # fmt: skip


def seconds(command: list[str], stdin: bytes) -> float:
    """How long one process takes, from its start to its end."""
    began = time.perf_counter()
    subprocess.run(
        command, input=stdin, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False
    )
    return time.perf_counter() - began


# Linux counts what the forking parent held as the child's own memory: this parent holds least.
SMALL_PARENT = """
import os, sys
pid = os.spawnv(os.P_NOWAIT, sys.argv[1], sys.argv[1:])
os.write(2, str(os.wait4(pid, 0)[2].ru_maxrss).encode())
"""


def peak(command: list[str], stdin: bytes) -> float:
    """Peak memory of one process in MB."""
    parent = [sys.executable, "-S", "-c", SMALL_PARENT, *command]
    ended = subprocess.run(parent, input=stdin, capture_output=True, check=True)
    return int(ended.stderr) / 1024


def measure(runs: int) -> tuple[dict[str, list[float]], dict[str, float]]:
    """Seconds of each kind, taken in turn; and the peak memory of each."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), StashThatAnswers)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    times: dict[str, list[float]] = {"bare python": [], **{name: [] for name in BARS}}
    with tempfile.TemporaryDirectory() as folder:
        data_dir = os.path.join(folder, "plugin_data", "Stash2Plex")
        stdin = document(folder, server.server_address[1])
        bare, hook = [sys.executable, "-c", "pass"], [sys.executable, str(ROOT / "Stash2Plex.py")]
        lock = FileLock(os.path.join(data_dir, inbox.LOCK))
        for _ in range(runs + 3):
            times["bare python"].append(seconds(bare, b""))
            with lock:
                times["drain awake"].append(seconds(hook, stdin))
            inbox.drop_wake(data_dir)
            times["wake needed"].append(seconds(hook, stdin))
            inbox.drop_wake(data_dir)
        memory = {"bare python": peak(bare, b""), "wake needed": peak(hook, stdin)}
        with lock:
            memory["drain awake"] = peak(hook, stdin)
    server.shutdown()
    return {name: found[3:] for name, found in times.items()}, memory


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=40)
    times, memory = measure(parser.parse_args().runs)
    bare = statistics.median(times["bare python"])
    print(f"{'':14}{'median':>10}{'ratio':>8}{'bar':>6}{'peak':>10}")
    missed = False
    for name, found in times.items():
        middle, bar = statistics.median(found), BARS.get(name, 1.0)
        missed |= middle / bare > bar or memory[name] > MEMORY_MB
        print(
            f"{name:14}{middle * 1000:>7.1f} ms{middle / bare:>8.2f}{bar:>6}{memory[name]:>7.1f} MB"
        )
    print(f"missed (memory bar {MEMORY_MB:g} MB)" if missed else "all bars met")
    return int(missed)


if __name__ == "__main__":
    sys.exit(main())

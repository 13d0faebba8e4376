"""What the benchmarks share: the servers' process, the plugin's, and how long a process takes."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

ROOT = Path(__file__).resolve().parent.parent.parent
ENTRY = str(ROOT / "Stash2Plex.py")
BARE = [sys.executable, "-c", "pass"]
COMMAND = [sys.executable, "-S", ENTRY]  # as the manifest has it, which a test compares
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))
# Where Stash runs, compiled modules are kept.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)


class Cost(NamedTuple):
    """Of one process, with its start; `said` is what it answered."""

    seconds: float
    cpu: float
    peak_mb: float
    requests: int
    said: dict[str, Any]


class Servers:
    """The process that holds a Stash and a Plex (`library.py`)."""

    def __init__(self, folder: Path, scenes: int) -> None:
        library = [sys.executable, str(ROOT / "tests/bench/library.py"), str(folder), str(scenes)]
        self._process = subprocess.Popen(
            library, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self.places = self._answer()

    def __enter__(self) -> Servers:
        return self

    def __exit__(self, *_: object) -> None:
        assert self._process.stdin
        self._process.stdin.close()
        self._process.wait()

    def tell(self, command: str) -> dict[str, Any]:
        assert self._process.stdin
        self._process.stdin.write(f"{command}\n")
        self._process.stdin.flush()
        return self._answer()

    def _answer(self) -> dict[str, Any]:
        assert self._process.stdout
        found: dict[str, Any] = json.loads(self._process.stdout.readline())
        return found


class Plugin:
    """The plugin on a terminal, with a folder of its own."""

    def __init__(self, servers: Servers, folder: Path) -> None:
        self._servers, self._folder = servers, folder

    def run(self, *words: str) -> Cost:
        command = [*COMMAND, *words]
        command += ["--stash", self._servers.places["stash"], "--data-dir", str(self._folder)]
        self._servers.tell("asked")
        cost = measured(command)
        asked = self._servers.tell("asked")
        if "output" not in cost.said or cost.said.get("error"):
            raise SystemExit(f"the run failed: {cost.said}")
        return cost._replace(requests=sum(asked.values()), said=cost.said["output"])

    def run_quick(self) -> Cost:
        """The run of the interval, an hour after the last one."""
        path = self._folder / "reconciliation_state.json"
        known, then = json.loads(path.read_text()), time.time() - 2 * 3600
        times = dict.fromkeys(("last_run_time", "last_interval_time", "last_usual_time"), then)
        path.write_text(json.dumps(known | times | {"next_due": None}))
        cost = self.run("process-queue")
        said = cost.said["auto_reconcile"]
        if said.get("kind") != "quick":
            raise SystemExit(f"the run was not quick: {said}")
        return cost

    def bytes_on_disk(self) -> int:
        return sum(one.stat().st_size for one in self._folder.rglob("*") if one.is_file())


# Linux counts what the forking parent held as the child's own memory: this parent holds least.
SMALL_PARENT = """
import os, sys
pid = os.spawnv(os.P_NOWAIT, sys.argv[2], sys.argv[2:])
_, status, used = os.wait4(pid, 0)
found = f"{used.ru_maxrss} {used.ru_utime + used.ru_stime} {os.waitstatus_to_exitcode(status)}"
with open(sys.argv[1], "w") as file:
    file.write(found)
"""


def measured(command: list[str], stdin: bytes = b"") -> Cost:
    """What one process costs; SystemExit with what it said when it fails."""
    with tempfile.TemporaryDirectory() as folder:
        used = Path(folder) / "used"
        parent = [sys.executable, "-I", "-S", "-c", SMALL_PARENT, str(used), *command]
        began = time.perf_counter()
        ended = subprocess.run(parent, input=stdin, capture_output=True, check=False)
        took = time.perf_counter() - began
        peak, cpu, code = used.read_text().split()
    if code != "0":
        raise SystemExit(f"the run failed: {ended.stdout!r} {ended.stderr.decode()[-2000:]}")
    said = json.loads(ended.stdout) if ended.stdout.startswith(b"{") else {}
    return Cost(took, float(cpu), int(peak) / 1024, 0, said)


class Took(NamedTuple):
    """Seconds on the wall, and of a core for each process."""

    wall: float
    cpu: float


def at_once(command: list[str], stdins: list[bytes]) -> Took:
    """As many processes as there are documents, all at the same time."""
    used, began = cpu_of_children(), time.perf_counter()
    crowd = [subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL,
                              stderr=subprocess.DEVNULL) for _ in stdins]  # fmt: skip
    for process, stdin in zip(crowd, stdins, strict=True):
        assert process.stdin
        process.stdin.write(stdin)
        process.stdin.close()
    for process in crowd:
        process.wait()
    return Took(time.perf_counter() - began, (cpu_of_children() - used) / len(crowd))


def cpu_of_children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def middle(costs: Sequence[Took]) -> Took:
    """The medians."""
    return Took(*map(median, zip(*costs, strict=True)))


def from_stash(folder: str, args: dict[str, Any], port: int = 1) -> bytes:
    """What Stash writes to the plugin's stdin."""
    connection = {
        "Scheme": "http", "Host": "127.0.0.1", "Port": port, "Dir": folder,
        "SessionCookie": {"Name": "session", "Value": "MTY5" * 40}, "PluginDir": str(ROOT),
    }  # fmt: skip
    return json.dumps({"server_connection": connection, "args": args}).encode()

"""What a reconciliation costs, against the bare download of the same pages in the same run.

    make bench-reconcile        (or: python tests/bench/reconcile.py [1000 10000 100000])

Each run is the plugin's own process, from its start to its end. Bars: the first run <= 3 times the
download of all pages and batches, with requests <= N/1000 + N/20 + 50; a run with nothing changed
<= 1.5 times the download of the listings, with requests <= 2 N/1000 + 30; <= 2 further requests per
scene when 0.1 % changed; at most 120 MB, and 2 kB on disk per scene. Below 10,000 scenes the start
of the process outweighs all else. The simulated Plex answers from memory, in a thousandth of the time that
a real one takes for a page; `--latency 50` lets it take 50 ms for each request. `--unsynced` spares the
sync before the first run, and with it the ledger. Exits with 1 when a bar is missed.
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT))

from stash import scene  # noqa: E402

PAGE, BATCH = 1000, 25
MEMORY_MB, DISK_BYTES = 120.0, 2048.0
JUDGED = 10_000  # scenes from which on times are judged
KEY = re.compile(rb'<Video ratingKey="(\d+)"')
SCENE = re.compile(rb'"id": ?"(\d+)", ?"title"')


class Cost(NamedTuple):
    """Of one run of the plugin, with its start; `said` is what it answered."""

    seconds: float
    cpu: float
    peak_mb: float
    requests: int
    said: dict[str, Any]


class Servers:
    """The process that holds both servers."""

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


class Bare:
    """A minimal client: it reads the bodies, and does nothing with them."""

    def __init__(self, places: dict[str, str]) -> None:
        self._plex = http.client.HTTPConnection(urlsplit(places["plex"]).netloc)
        self._stash = http.client.HTTPConnection(urlsplit(places["stash"]).netloc)
        self._token = places["token"]

    def __enter__(self) -> Bare:
        return self

    def __exit__(self, *_: object) -> None:
        self._plex.close()
        self._stash.close()

    def listings(self) -> tuple[float, list[bytes]]:
        """Seconds for all pages of both servers, and Plex's rating keys."""
        began, keys = time.perf_counter(), []
        start = 0
        while rows := KEY.findall(self._page(start)):
            keys += rows
            start += PAGE
            if len(rows) < PAGE:
                break
        last = b"0"
        while rows := SCENE.findall(self._scenes(last)):
            last = rows[-1]
            if len(rows) < PAGE:
                break
        return time.perf_counter() - began, keys

    def batches(self, keys: list[bytes]) -> float:
        """Seconds for all items in full."""
        began = time.perf_counter()
        for at in range(0, len(keys), BATCH):
            some = b",".join(keys[at : at + BATCH]).decode()
            self._plex.request("GET", f"/library/metadata/{some}", headers=self._headers())
            self._plex.getresponse().read()
        return time.perf_counter() - began

    def _headers(self, **more: str) -> dict[str, str]:
        return {"X-Plex-Token": self._token, **more}

    def _page(self, start: int) -> bytes:
        window = {"X-Plex-Container-Start": str(start), "X-Plex-Container-Size": str(PAGE)}
        headers = self._headers(**window)
        self._plex.request("GET", "/library/sections/1/all?type=1", headers=headers)
        return self._plex.getresponse().read()

    def _scenes(self, after: bytes) -> bytes:
        query = (
            "query Page($only: SceneFilterType, $filter: FindFilterType) "
            "{ findScenes(scene_filter: $only, filter: $filter) { scenes { ...S } } } "
            + scene.fragment()
        )
        only = {"id": {"modifier": "GREATER_THAN", "value": int(after)}}
        window = {"sort": "id", "direction": "ASC", "per_page": PAGE}
        body = {"query": query, "variables": {"only": only, "filter": window}}
        headers = {"Content-Type": "application/json"}
        self._stash.request("POST", "/graphql", json.dumps(body), headers)
        return self._stash.getresponse().read()


class Plugin:
    """The plugin on a terminal, with a folder of its own."""

    def __init__(self, servers: Servers, folder: Path) -> None:
        self._servers, self._folder = servers, folder

    def run(self, *words: str) -> Cost:
        command = [sys.executable, str(ROOT / "Stash2Plex.py"), *words]
        command += ["--stash", self._servers.places["stash"], "--data-dir", str(self._folder)]
        self._servers.tell("asked")
        began = time.perf_counter()
        with tempfile.TemporaryFile() as out:
            process = subprocess.Popen(command, stdout=out, stderr=subprocess.PIPE)
            assert process.stderr
            said = process.stderr.read()
            _, status, used = os.wait4(process.pid, 0)
            seconds = time.perf_counter() - began
            process.returncode = os.waitstatus_to_exitcode(status)
            out.seek(0)
            answer = json.loads(out.read() or b"{}")
        if process.returncode or "output" not in answer or answer.get("error"):
            raise SystemExit(f"the run failed: {answer} {said.decode()}")
        asked = self._servers.tell("asked")
        cpu = used.ru_utime + used.ru_stime
        return Cost(seconds, cpu, used.ru_maxrss / 1024, sum(asked.values()), answer["output"])

    def bytes_on_disk(self) -> int:
        return sum(one.stat().st_size for one in self._folder.rglob("*") if one.is_file())


class Table:
    """Prints rows as they come, and knows whether a bar was missed."""

    def __init__(self) -> None:
        self.missed = False
        print(
            f"{'scenes':>8}  {'run':22}{'wall':>10}{'of bare':>9}{'CPU':>10}{'requests':>10}{'peak':>9}"
        )

    def row(self, scenes: int, name: str, cost: Cost, bare: float, most: float, asked: int) -> None:
        times, note = cost.seconds / bare, ""
        slow = scenes >= JUDGED and most and times > most
        if slow or cost.requests > asked or cost.peak_mb > MEMORY_MB:
            note, self.missed = f"  missed: {most:g} times, {asked} requests", True
        print(
            f"{scenes:>8}  {name:22}{cost.seconds:>8.2f} s{times:>9.2f}{cost.cpu:>8.2f} s{cost.requests:>10}"
            f"{cost.peak_mb:>6.0f} MB{note}",
            flush=True,
        )

    def disk(self, scenes: int, size: int) -> None:
        self.missed |= size > scenes * DISK_BYTES
        print(f"{scenes:>8}  on disk: {size / scenes:.0f} bytes per scene", flush=True)


def measure(scenes: int, table: Table, latency: float, synced: bool) -> None:
    with tempfile.TemporaryDirectory() as folder:
        state = Path(folder) / "state"
        state.mkdir()
        with Servers(Path(folder) / "stash", scenes) as servers:
            plugin = Plugin(servers, state)
            if synced:
                plugin.run("all")  # what it knows of each item takes its place on disk
            servers.tell(f"latency {latency:g}")
            listings, whole = download(servers)
            few = 2 * scenes // 1000 + 30
            first = plugin.run("reconcile-all")
            table.row(scenes, "first", first, whole, 3.0, scenes // 1000 + scenes // 20 + 50)
            again = plugin.run("reconcile-all")
            table.row(scenes, "nothing changed", again, listings, 1.5, few)
            changed = max(1, scenes // 1000)
            servers.tell(f"edit {changed}")
            some = plugin.run("reconcile-all")
            table.row(scenes, "0.1 % changed", some, listings, 0.0, few + 2 * changed)
            table.disk(scenes, plugin.bytes_on_disk())


def download(servers: Servers) -> tuple[float, float]:
    """Seconds that the listings take alone, and with all items in full."""
    with Bare(servers.places) as bare:
        bare.listings()  # the servers make their pages once
        listings, keys = bare.listings()
        return listings, listings + bare.batches(keys)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("scenes", type=int, nargs="*", default=[10_000])
    parser.add_argument("--latency", type=float, default=0, metavar="MS", help="of Plex")
    parser.add_argument("--unsynced", action="store_true", help="with an empty ledger")
    given, table = parser.parse_args(), Table()
    for scenes in given.scenes:
        measure(scenes, table, given.latency / 1000, not given.unsynced)
    print("missed" if table.missed else "all bars met")
    return int(table.missed)


if __name__ == "__main__":
    sys.exit(main())

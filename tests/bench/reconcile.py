"""What a reconciliation costs, against the bare download of the same pages in the same run.

    make bench-reconcile        (or: python tests/bench/reconcile.py [1000 10000 100000])

Each run is the plugin's own process, from its start to its end; of those with nothing changed, each
right after its download, the median is told. Bars: the first run <= 3 times the
download of all pages and batches, with requests <= N/1000 + N/20 + 50; a run with nothing changed
<= 2.0 times the download of the listings, with requests <= 2 N/1000 + 30; <= 2 further requests per
scene when 0.1 % changed; a quick run with nothing changed <= 0.1 of the download of the listings, with <= 15
requests, and <= 2 further ones per changed scene; at most 90 MB, and 2 kB on disk per scene. Times are judged at 100,000
scenes: the fewer there are, the more of it is the start of the process. The simulated Plex answers
from memory, in a thousandth of the time that a real one takes for a page; `--latency 50` lets it take
50 ms for each request. `--unsynced` spares the sync before the first run, and with it the ledger.
Exits with 1 when a bar is missed.
"""

from __future__ import annotations

import http.client
import json
import re
import sys
import tempfile
import time
from pathlib import Path
from urllib.parse import urlsplit

from report import Report, parser
from rig import Cost, Plugin, Servers

from stash import scene

PAGE, BATCH = 1000, 25
MEMORY_MB, DISK_BYTES = 90.0, 2048.0
QUICK = 15  # requests of a quick run
JUDGED = 100_000  # scenes from which on times are judged
SMALL = 10_000  # and from which on growth is
KEY = re.compile(rb'<Video ratingKey="(\d+)"')
SCENE = re.compile(rb'"id": ?"(\d+)", ?"title"')


class Bare:
    """A minimal client: it reads the bodies, and does nothing with them."""

    def __init__(self, places: dict[str, str]) -> None:
        self._plex = http.client.HTTPConnection(urlsplit(places["plex"]).netloc)
        self._stash = http.client.HTTPConnection(urlsplit(places["stash"]).netloc)
        self._token = places["token"]

    def __enter__(self) -> Bare:
        return self

    def __exit__(self, *_: object) -> None:
        self._anew()

    def listings(self) -> tuple[float, list[bytes]]:
        """Seconds for all pages of both servers, and Plex's rating keys."""
        self._anew()
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
        self._anew()
        began = time.perf_counter()
        for at in range(0, len(keys), BATCH):
            some = b",".join(keys[at : at + BATCH]).decode()
            self._plex.request("GET", f"/library/metadata/{some}", headers=self._headers())
            self._plex.getresponse().read()
        return time.perf_counter() - began

    def _anew(self) -> None:
        """The servers close connections that rest for long; the next request opens another."""
        self._plex.close()
        self._stash.close()

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


def judge(
    report: Report, scenes: int, name: str, cost: Cost, bare: float, most: float, asked: int
) -> None:
    """The rows of one run; `most` times the bare download (0: not judged), `asked` requests."""
    bar = most if most and scenes >= JUDGED else None
    report.add(name, cost.seconds / bare, bar, scenes, s=cost.seconds, s_bare=bare, s_CPU=cost.cpu)
    report.add(f"{name}: requests", cost.requests / asked, 1, scenes, requests=cost.requests)
    report.add(f"{name}: memory", cost.peak_mb / MEMORY_MB, 1, scenes, MB=cost.peak_mb)


def grown(report: Report, small: Cost, large: Cost, scenes: int, times: float) -> None:
    """What a run of so many times as many scenes costs more."""
    report.add("growth: time", large.seconds / small.seconds, times * 1.1, scenes)
    report.add("growth: memory", large.peak_mb / small.peak_mb, 1.3, scenes)


def measure(scenes: int, report: Report, latency: float, synced: bool) -> Cost:
    """The runs over a library of this size; the first of them."""
    with tempfile.TemporaryDirectory() as folder:
        state = Path(folder) / "state"
        with Servers(Path(folder) / "stash", scenes) as servers:
            plugin = Plugin(servers, state)
            if synced:
                plugin.run("all")  # what it knows of each item takes its place on disk
            servers.tell(f"latency {latency:g}")
            whole = download(servers)
            few = 2 * scenes // 1000 + 30
            first = plugin.run("reconcile-all")
            if scenes <= SMALL and not synced:  # what growth is measured by, and quickly done
                others = [anew(servers, Path(folder) / name) for name in ("second", "third")]
                first = sorted([first, *others], key=lambda one: one.seconds)[1]
            most = scenes // 1000 + scenes // 20 + 50
            judge(report, scenes, "first", first, whole, 3.0, most)
            rounds = [(download_listings(servers), plugin.run("reconcile-all")) for _ in range(3)]
            listings, again = sorted(rounds, key=lambda one: one[1].seconds / one[0])[1]
            judge(report, scenes, "nothing changed", again, listings, 2.0, few)
            changed = max(1, scenes // 1000)
            plugin.run_quick()  # it looks once more at what had just changed
            quick = sorted((plugin.run_quick() for _ in range(3)), key=lambda one: one.seconds)[1]
            judge(report, scenes, "quick, nothing changed", quick, listings, 0.1, QUICK)
            servers.tell(f"edit {changed}")
            found = plugin.run_quick()
            if found.said["auto_reconcile"]["enqueued"] != changed:
                raise SystemExit(f"the quick run did not find what changed: {found.said}")
            name, asked = "quick, 0.1 % changed", QUICK + 2 * changed
            judge(report, scenes, name, found, listings, 0.0, asked)
            servers.tell(f"edit {changed}")
            some = plugin.run("reconcile-all")
            judge(report, scenes, "0.1 % changed", some, listings, 0.0, few + 2 * changed)
            if scenes <= SMALL:  # beyond, it is the writes that are measured
                servers.tell(f"edit {scenes // 10}")
                many = plugin.run("reconcile-all")
                judge(report, scenes, "10 % changed", many, listings, 0.0, few + scenes // 5)
            size = plugin.bytes_on_disk() / scenes
            report.add("disk", size / DISK_BYTES, 1, scenes, bytes_per_scene=size)
            return first


def anew(servers: Servers, state: Path) -> Cost:
    """A first run that knows nothing yet."""
    return Plugin(servers, state).run("reconcile-all")


def download(servers: Servers) -> float:
    """Seconds that the listings take with all items in full."""
    with Bare(servers.places) as bare:
        bare.listings()  # the servers make their pages once
        listings, keys = bare.listings()
        return listings + bare.batches(keys)


def download_listings(servers: Servers) -> float:
    """Seconds that the listings take alone."""
    with Bare(servers.places) as bare:
        return bare.listings()[0]


def main() -> int:
    arguments = parser(__doc__)
    arguments.add_argument("scenes", type=int, nargs="*", default=[10_000])
    arguments.add_argument("--latency", type=float, default=0, metavar="MS", help="of Plex")
    arguments.add_argument("--unsynced", action="store_true", help="with an empty ledger")
    given = arguments.parse_args()
    report = Report("reconcile", "scenes", given.json)
    costs = {n: measure(n, report, given.latency / 1000, not given.unsynced) for n in given.scenes}
    judged = sorted(n for n in costs if n >= SMALL)
    if len(judged) > 1:
        small, large = judged[0], judged[-1]
        grown(report, costs[small], costs[large], large, large / small)
    return report.end()


if __name__ == "__main__":
    sys.exit(main())

"""What the looks of a page cost in CPU, as multiples of a bare interpreter, with a large library on disk.

python tests/bench/page.py [--scenes 100000] [--rounds 15]
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT))

import report  # noqa: E402
from rig import BARE, COMMAND, cpu_of_children  # noqa: E402

from app.commands.preview import plan_file  # noqa: E402
from app.dashboard import read_only_db, routes  # noqa: E402
from plex.state.database import Store  # noqa: E402
from plex.state.journal import Journal, Row  # noqa: E402
from sync_queue.job import Job  # noqa: E402
from sync_queue.jobs import Jobs  # noqa: E402

POLLED, LISTS = 1.5, 8.0  # at most so many times a bare interpreter
DEAD, WRITES = 5_000, 10_000
# As many scenes as a search can find, spread over the library, and a page far behind.
FOUND = {"scenes": list(range(1, 1000 * 99, 99))}
FAR = {"page": 90, "limit": 50}
# Each mode as the page asks first, then as it asks for a search, another order and a page far behind.
CASES: dict[str, list[dict[str, Any]]] = {mode: [{}] for mode in routes.PAGE_OPERATIONS} | {
    "scene_states": [FOUND],
    "list_scenes": [{"state": "in_sync"}, {"state": "in_sync", "page": 1900, "limit": 50}],
    "list_queue": [{}, FOUND, FAR | {"order": "due"}],
    "list_dead_letters": [{}, FOUND | {"order": "oldest"}, FAR],
    "list_runs": [{}, FOUND],
    "list_changes": [{}, FOUND, FAR | {"order": "oldest"}],
    "list_decisions": [{}, FOUND],
    "list_held": [{}, FOUND],
    "list_preview": [{}, FAR | {"field": "title"}],
    "preview_scenes": [{}, FOUND, FAR | {"field": "title"}],
}


def fill(data: Path, scenes: int) -> None:
    """A library that is in sync, with dead letters, a journal, and a tenth of it owed."""
    data.mkdir(parents=True)
    jobs = Jobs(data)
    jobs.put([Job(number) for number in range(1, DEAD + 1)], 1.0)
    for job in jobs.claim(DEAD, 2.0):
        jobs.bury(job, f"Plex answered {job.id % 7}", 3.0 + job.id)
    jobs.put([Job(DEAD + number) for number in range(1, scenes // 10)], 1.0)
    jobs.close()
    store = Store(data)
    with store.writing() as db:
        db.executemany(
            "INSERT INTO item (rating_key, scene_id, baseline, asked) VALUES (?, ?, ?, ?)",
            [(n, n, json.dumps({"title": "x" * 500}), "title" if n % 1000 == 0 else "")
             for n in range(1, scenes + 1)],
        )  # fmt: skip
        db.executemany(
            "INSERT INTO scene_state VALUES (?, ?, ?)",
            [(n, "edited" if n % 1000 == 0 else "in_sync", "") for n in range(1, scenes + 1)],
        )
        db.executemany(
            "INSERT INTO ref VALUES ('tag', ?, ?)", [(n % 50, n) for n in range(1, scenes + 1)]
        )
    journal = Journal(store, "all")
    for start in range(0, WRITES, 500):
        rows = [Row(n, n, "title", "before", "after", False, "write")
                for n in range(start + 1, start + 501)]  # fmt: skip
        Journal(store, "all").record(rows, 1e9 + start)
    journal.hold(dict.fromkeys(range(1, 300), ()), "by you", 1e9)
    store.close()
    with plan_file(data) as table:
        for n in range(scenes):
            table.add({"scene": n, "title": f"Scene {n}", "item": n, "field": "title",
                       "before": "a", "after": "b", "why": "write", "writes": True})  # fmt: skip
        table.about({"scenes": {}, "by_reason": {}, "scope": "all"})


def seconds(command: list[str], stdin: bytes = b"") -> float:
    """The CPU time of one process."""
    before = cpu_of_children()
    done = subprocess.run(command, input=stdin, capture_output=True, check=True)
    took = cpu_of_children() - before
    if stdin and len(json.loads(done.stdout)["output"].get("rows", ())) > read_only_db.FOUND:
        raise SystemExit("a page is longer than it may be")
    return took


def main() -> int:
    parser = report.parser(__doc__)
    parser.add_argument("--scenes", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=15)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        fill(Path(folder) / "plugin_data" / "Stash2Plex", chosen.scenes)
        given = {"": b""} | {name: asked(folder, args) for name, args in cases().items()}
        found: dict[str, list[float]] = {name: [] for name in given}
        for _ in range(chosen.rounds):
            for name, took in found.items():  # in turn: a busy machine is busy for all of them
                took.append(seconds(COMMAND, given[name]) if name else seconds(BARE))
    return told(found, report.Report("page", file=chosen.json))


def cases() -> dict[str, dict[str, Any]]:
    """The arguments of each row of the report: `list_queue`, `list_queue 2` and so on."""
    return {
        f"{mode} {number}" if number > 1 else mode: {"mode": mode, **args}
        for mode, each in CASES.items()
        for number, args in enumerate(each, 1)
    }


def asked(folder: str, args: dict[str, Any]) -> bytes:
    """The input that Stash gives to a page operation."""
    connection = {"Scheme": "http", "Host": "h", "Port": 1, "Dir": folder}
    return json.dumps({"server_connection": connection, "args": args}).encode()


def told(found: dict[str, list[float]], rows: report.Report) -> int:
    bare = statistics.median(found.pop(""))
    for mode, took in found.items():
        middle, most = statistics.median(took), POLLED if mode == "status" else LISTS
        rows.add(mode, middle / bare, most, ms=middle * 1000, ms_bare=bare * 1000)
    return rows.end()


if __name__ == "__main__":
    sys.exit(main())

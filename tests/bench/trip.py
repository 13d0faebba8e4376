"""How many files of the plugin one edited title goes through, and how often it changes between them.

    make trip        (or: python tests/bench/trip.py [--files] [--calls])

A hook, the *Process Queue* that it wakes, and what the page polls, each as a process that Stash
starts. A file counts when one of its functions runs; a switch is a call that enters
another file than the code before it. State files are those of the data dir, read once a process.
Exits with 1 when a bar is missed; `--files` lists the files of each, `--calls` who switches
to whom how often.
"""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path
from typing import Any, NamedTuple

from report import Report, parser
from rig import ROOT

sys.path.insert(0, str(ROOT / "scripts"))

import package
from devserver.box import Box

HOOK = Path(__file__).with_name("trip_hook")


class Bar(NamedTuple):
    """The most files, and the most switches (None: no promise)."""

    files: int
    switches: int | None = None


BARS = {"hook": Bar(6), "Process Queue": Bar(70, 450), "status": Bar(7)}


class Trip:
    """A box with synced scenes, whose processes write down where they went."""

    def __init__(self, box: Box, out: Path) -> None:
        self._box, self._out = box, out
        for loaded in box.stash.library.host.plugins:
            loaded.exec.remove("-S")  # with it, Python loads no sitecustomize before a hook
        box.stash.env = {
            **box.stash.env,
            "PYTHONPATH": str(HOOK),
            "TRIP_ROOT": str(box.folder.resolve()),
            "TRIP_DATA": str(box.data_dir),
            "TRIP_OUT": str(out),
        }
        self._scene = box.add("one.mp4", title="One")
        box.add("two.mp4", title="Two")
        for _ in range(2):  # the second finds everything in its place
            box.operation("all")
        self._clear()

    def takes(self) -> dict[str, dict[str, Any]]:
        """What each process says of its way, by the name in BARS."""
        self._box.stash.hold_jobs()  # the drain that the hook wakes is started by hand
        self._box.stash.update_scene(self._scene, title="Another title")
        found = {"hook": self._collected()}
        self._box.operation("process_queue")
        found["Process Queue"] = self._collected()
        self._box.operation("status")
        found["status"] = self._collected()
        return found

    def _clear(self) -> None:
        for path in self._out.glob("*.json"):
            path.unlink()

    def _collected(self) -> dict[str, Any]:
        [path] = self._out.glob("*.json")
        found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        path.unlink()
        return found


def tell(report: Report, name: str, found: dict[str, Any]) -> None:
    bar, files = BARS[name], len(found["files"])
    report.add(f"{name}: files", files / bar.files, 1, files=files)
    if bar.switches:
        report.add(f"{name}: switches", found["switches"] / bar.switches, 1, n=found["switches"])
    most = max(found["read"].values(), default=0)
    report.add(f"{name}: reads of one state file", float(most), 1, n=most)


def main() -> int:
    arguments = parser(__doc__)
    arguments.add_argument("--files", action="store_true", help="list the files of each as well")
    arguments.add_argument("--calls", action="store_true", help="list the switches of each as well")
    given = arguments.parse_args()
    report = Report("trip", file=given.json)
    with tempfile.TemporaryDirectory() as folder:
        plugin = package.build(Path(folder) / "dist")
        out = Path(folder) / "out"
        out.mkdir()
        with Box(Path(folder) / "box", plugin) as box:
            takes = Trip(box, out).takes()
    for name, found in takes.items():
        tell(report, name, found)
        if given.files:
            print(json.dumps({"files": found["files"], "read": found["read"]}, indent=1))
        if given.calls:
            print(
                *(f"{n:4} {caller} -> {callee}" for caller, callee, n in found["calls"]), sep="\n"
            )
    return report.end()


if __name__ == "__main__":
    sys.exit(main())

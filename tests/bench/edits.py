"""How many requests go to Plex when many scenes change at once, and whether all of them end up right.

    make bench-edits        (or: python tests/bench/edits.py [--scenes 1000])

Counts only, no times. A first sync of bare scenes with posters, three of four rated. Then, on scenes
that were synced before, each with names of its own and of a person's: a label by a setting, a content
rating by a setting, a renamed tag; and an undo of each. In the modes in which Plex adds names to
several items (the mode in which it replaces them has single edits, and no bar). Bars: <= 2.15 requests
per scene of the first sync, <= 30 edits for each change of 1,000 items, no item wrong, before and after
the undo. Exits with 1 when a bar is missed.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from report import Report, parser
from rig import ENTRY, measured

from devserver.plex import PlexServer
from devserver.stash import StashServer
from sync_queue import inbox

PER_SCENE, EDITS = 2.15, 30
A_MONTH = 30 * 86400.0
FIELDS = "title, summary, studio, date, genres, actors, rating, poster, labels, content_rating"
LISTS = ("genres", "labels", "collections", "actors", "directors")
PERSONS = {"add_genres": ["a person's"], "add_labels": ["Mine"]}
Says = dict[int, dict[str, Any]]
Told = list[dict[str, Any]]


class Pair:
    """A Stash and a Plex in this process, and the plugin in processes of its own. Before its first run
    everything happens a month ago."""

    def __init__(self, folder: Path, mode: str = "add") -> None:
        self._state, self._now = folder / "state", lambda: time.time() - A_MONTH
        self._state.mkdir(parents=True)
        self.stash = StashServer(folder / "stash", clock=lambda: self._now())
        self.plex = PlexServer(clock=lambda: self._now())
        self.plex.tag_mode = mode
        self.plex.add_section("Scenes", roots=["/media"])
        self.keys: list[int] = []

    def __enter__(self) -> Pair:
        self.plex.start()
        self.stash.start()
        self.set()
        return self

    def __exit__(self, *_: object) -> None:
        self.stash.stop()
        self.plex.stop()

    def set(self, **settings: Any) -> None:
        usual = {"path_map": "/data => /media", "sync_fields": FIELDS, "plex_url": self.plex.url}
        self.stash.configure("Stash2Plex", plex_token="sim-token", **usual, **settings)

    def add(self, number: int, shown: dict[str, Any], **scene: Any) -> None:
        path = f"folder {number % 50}/clip {number}.mp4"
        self.stash.add_scene(path=f"/data/{path}", title=f"Scene {number}", **scene)
        self.keys.append(self.plex.add_file(f"/media/{path}", **shown))

    def run(self, *words: str) -> None:
        self._now = time.time
        self.plex.clear_requests()
        command = [sys.executable, ENTRY, *words, "--stash", self.stash.url]
        said = measured([*command, "--data-dir", str(self._state)]).said
        if "output" not in said or said.get("error"):
            raise SystemExit(f"the run failed: {said}")

    def rename(self, tag: str, name: str) -> None:
        number = self.stash.tag_id(tag)
        self.stash.rename("tag", number, name)
        inbox.mark(str(self._state), "tag", number)

    @property
    def edits(self) -> int:
        return sum(request.method == "PUT" for request in self.plex.requests)

    def says(self) -> Says:
        """What Plex says of each item, lists in alphabetical order, without times."""
        found = {}
        for key in self.keys:
            item = self.plex.item(key)
            found[key] = {k: v for k, v in item.items() if k not in ("updatedAt", "thumb")}
            found[key] |= {name: sorted(item[name]) for name in LISTS}
        return found


def first_sync(report: Report, folder: Path, count: int) -> None:
    with Pair(folder) as pair:
        for number in range(count):
            rated = number % 10 * 10 + 10 if number % 4 else None
            cover = b"\xff\xd8\xff" + str(number).encode() * 100
            pair.add(number, {}, details="Long.", rating100=rated, cover=cover, tags=["a", "b"],
                     studio=f"Studio {number % 20}")  # fmt: skip
        pair.run("all")
        asked = len(pair.plex.requests)
        report.add("a first sync", asked / count / PER_SCENE, 1, requests=asked, scenes=count)
        lacking = [
            key for key, item in pair.says().items() if not (item["studio"] and item["poster"])
        ]
        rated = sum(item["userRating"] is not None for item in pair.says().values())
        missed = len(lacking) + abs(rated - (count - -(-count // 4)))
        report.add("a first sync: items that are wrong", missed, 0)


def label(pair: Pair, says: Says) -> tuple[str, ...]:
    pair.set(labels="From Stash")
    for item in says.values():
        item |= {"labels": sorted([*item["labels"], "From Stash"])}
        item |= {"locks": item["locks"] | {"label"}}
    return ("all",)


def content_rating(pair: Pair, says: Says) -> tuple[str, ...]:
    pair.set(labels="From Stash", content_rating="XXX")
    for item in says.values():
        item |= {"contentRating": "XXX", "locks": item["locks"] | {"contentRating"}}
    return ("all",)


def renamed(pair: Pair, says: Says) -> tuple[str, ...]:
    pair.rename("shared", "Renamed")
    for item in says.values():
        item |= {"genres": sorted({*item["genres"], "Renamed"} - {"shared"})}
    return ("process-queue",)


CHANGES: dict[str, Callable[[Pair, Says], tuple[str, ...]]] = {
    "a label": label, "a content rating": content_rating, "a renamed tag": renamed,
}  # fmt: skip


def changes(report: Report, folder: Path, count: int, mode: str) -> None:
    """Each change of all items, one after the other, and then an undo of each, the last first."""
    with Pair(folder, mode) as pair:
        for number in range(count):
            tags = ["shared", f"own {number % 90}"]
            pair.add(number, {}, tags=tags)
            pair.plex.edit_as_person(pair.keys[-1], lock=False, **PERSONS)
        pair.run("all")
        states = [pair.says()]
        for name, change in CHANGES.items():
            expected = {key: dict(item) for key, item in states[-1].items()}
            pair.run(*change(pair, expected))
            tell(report, f"{name}, {mode}", pair, expected, mode)
            states.append(pair.says())
        for name, before in zip(reversed(CHANGES), reversed(states[:-1]), strict=True):
            pair.run("undo")
            tell(report, f"undo of {name}, {mode}", pair, before, mode)


def tell(report: Report, name: str, pair: Pair, expected: Says, mode: str) -> None:
    bar = None if mode == "replace" else 1
    report.add(name, pair.edits / EDITS, bar, edits=pair.edits, items=len(expected))
    says = pair.says()
    wrong = sum(says[key] != expected[key] for key in expected)
    report.add(f"{name}: items that are wrong", wrong, 0)


def measure(report: Report, given: argparse.Namespace) -> None:
    with tempfile.TemporaryDirectory() as folder:
        first_sync(report, Path(folder) / "first", given.scenes)
        for mode in given.modes:
            changes(report, Path(folder) / mode, given.scenes, mode)


def main() -> int:
    arguments = parser(__doc__)
    arguments.add_argument("--scenes", type=int, default=1000)
    arguments.add_argument("--modes", nargs="*", default=["add", "mixed", "replace"])
    given = arguments.parse_args()
    report = Report("edits", "", given.json)
    measure(report, given)
    return report.end()


if __name__ == "__main__":
    sys.exit(main())

"""A Stash and a Plex that agree about many scenes, in a process of their own.

    python tests/bench/library.py FOLDER SCENES

Prints one line of JSON when it is up. Then each line on stdin is a command, answered by a line:
`asked` tells how many requests came since it was last asked; `writes` tells which of these
told Plex something, how many overlapped, and what the others were; `edit N` gives N scenes new titles in Stash, and tells nobody but
whoever asks; `latency S` lets Plex take S seconds more for each request. It ends with its stdin.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT))

from devserver.plex import PlexServer  # noqa: E402
from devserver.plex.items import Item  # noqa: E402
from devserver.plex.kinds import TAG_BY_PLURAL  # noqa: E402
from devserver.stash import StashServer  # noqa: E402

PLUGIN, TOKEN = "Stash2Plex", "token-of-the-bench"
FIELDS = "title, summary, studio, date, genres, actors, directors, rating, collections"
A_MONTH = 30 * 86400.0


def said(number: int) -> dict[str, Any]:
    """What both servers say about one scene, in Stash's words."""
    return {
        "title": f"Scene number {number}",
        "details": f"What happens in scene {number}.\n" + "It is a long story. " * 20,
        "date": f"20{number % 20 + 10}-0{number % 9 + 1}-1{number % 10}",
        "rating100": number % 10 * 10,
        "studio": f"Studio {number % 50}",
        "performers": sorted({f"Person {number % 700}", f"Person {number % 311}"}),
        "tags": sorted({f"tag {number % 90}", f"tag {number % 41}", f"tag {number % 17}"}),
        "director": f"Director {number % 30}",
    }


def shown(scene: dict[str, Any]) -> dict[str, Any]:
    """The same in Plex's words."""
    return {
        "title": scene["title"],
        "summary": scene["details"].strip(),
        "originallyAvailableAt": scene["date"],
        "userRating": scene["rating100"] / 10 or None,
        "studio": scene["studio"],
        "genres": scene["tags"],
        "actors": scene["performers"],
        "directors": [scene["director"]],
        "collections": [scene["studio"]],
    }


def add(stash: StashServer, plex: PlexServer, number: int) -> None:
    """One scene and its item; the item as `PlexServer.add_file` makes it, in a tenth of the time."""
    scene, name = said(number), f"folder {number % 100}/clip {number}.mp4"
    stash.add_scene(files=[{"path": f"/data/{name}"}], **scene)
    library = plex.library
    item = library.add_item(library.sections[1], [(f"/media/{name}", 1234)])
    fill(plex, item, shown(scene))


def fill(plex: PlexServer, item: Item, fields: dict[str, Any]) -> None:
    for name, value in fields.items():
        if name in TAG_BY_PLURAL:
            kind = TAG_BY_PLURAL[name].wire
            tags = [plex.library.tags.named(kind, one) for one in value]
            plex.library.set_tags(item, kind, tags)
        elif value is not None:
            item.attrs[name] = str(value)
    item.section.moved(item)


class Library:
    """Both servers, filled; all of it happened a month ago, a scene a second."""

    def __init__(self, folder: Path, scenes: int) -> None:
        then = time.time() - A_MONTH - scenes
        self.now = lambda: then
        self.stash = StashServer(folder, clock=lambda: self.now())
        self.plex = PlexServer(token=TOKEN, clock=lambda: self.now())
        self.plex.add_section("Scenes", roots=["/media"])
        for number in range(1, scenes + 1):
            add(self.stash, self.plex, number)
            then += 1.0
        self.now = time.time
        self.writes: dict[str, Any] = {}

    def __enter__(self) -> Library:
        self.plex.start()
        self.stash.start()
        self.stash.configure(
            PLUGIN, plex_url=self.plex.url, plex_token=TOKEN, path_map="/data => /media",
            sync_fields=FIELDS, reconcile_interval="hourly", reconcile_scope="all",
        )  # fmt: skip
        return self

    def __exit__(self, *_: object) -> None:
        self.stash.stop()
        self.plex.stop()

    def asked(self) -> dict[str, int]:
        found = {"stash": len(self.stash.requests), "plex": len(self.plex.requests)}
        self.writes = {
            "puts": [one.raw_target for one in self.plex.requests if one.method == "PUT"],
            "reads": [one.raw_target for one in self.plex.requests if one.method == "GET"],
            "questions": [[q.query, q.variables] for q in self.stash.requests if q.query],
            "overlapping": self.plex.overlapping_writes,
        }
        self.plex.clear_requests()
        self.stash.requests.clear()
        return found

    def edit(self, count: int) -> dict[str, Any]:
        scenes = list(self.stash.library.store.scenes.items())
        chosen = scenes[:: max(1, len(scenes) // count)][:count]
        for _, scene in chosen:
            scene.title = f"{scene.title} again"
            scene.updated_at = self.stash.library.store.now()
        return {"edited": [number for number, _ in chosen]}


def main() -> None:
    folder, scenes = Path(sys.argv[1]), int(sys.argv[2])
    with Library(folder, scenes) as library:
        tell({"stash": library.stash.url, "plex": library.plex.url, "token": TOKEN})
        for line in sys.stdin:
            verb, *number = line.split()
            if verb == "edit":
                tell(library.edit(int(number[0])))
            elif verb == "latency":
                library.plex.latency = float(number[0])  # type: ignore[attr-defined]
                tell({"latency": float(number[0])})
            elif verb == "writes":
                tell(library.writes)
            else:
                tell(library.asked())


def tell(found: dict[str, Any]) -> None:
    print(json.dumps(found), flush=True)


if __name__ == "__main__":
    main()

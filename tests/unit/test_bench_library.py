"""The library of the benchmark is made in a hurry, and is what the simulators make otherwise."""

from __future__ import annotations

import sys
import urllib.request
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "bench"))

import library

from devserver.plex import PlexServer
from devserver.stash import StashServer

THEN = 1_700_000_000.0


def answers(plex: PlexServer) -> list[bytes]:
    """What Plex says of its section and of each item."""
    paths = ["/library/sections/1/all?type=1", "/library/metadata/101,103,105"]
    found = []
    for path in paths:
        asked = urllib.request.Request(plex.url + path, headers={"X-Plex-Token": "t"})
        with urllib.request.urlopen(asked) as answer:
            found.append(answer.read())
    return found


def test_its_items_are_those_of_the_simulator(tmp_path):
    servers = [PlexServer(token="t", clock=lambda: THEN) for _ in range(2)]
    hasty, usual = servers
    stash = StashServer(tmp_path)
    for plex in servers:
        plex.add_section("Scenes", roots=["/media"])
    for number in (1, 2, 3):
        library.add(stash, hasty, number)
        name = f"folder {number % 100}/clip {number}.mp4"
        usual.add_file(f"/media/{name}", **library.shown(library.said(number)))
    with hasty, usual:
        assert [answers(hasty)] == [answers(usual)]

"""The bar of scale: reconciling 10,000 scenes with nothing to do (`make whole`), or fewer of them.
Run with `-s` for the figures."""

from __future__ import annotations

import time

import pytest
from telling import gaps, quiet

from tests.sizes import size

pytestmark = pytest.mark.uncovered

SCENES = size(2000, 10_000)
PLEX_REQUESTS, STASH_REQUESTS, PEAK_MB = SCENES // 20 + 40, 30, 150


def said(number: int) -> dict:
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


def shown(scene: dict) -> dict:
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


@pytest.fixture
def large(box):
    box.stash.timeout = 600  # an operation answers when it is done
    for number in range(1, SCENES + 1):
        scene, name = said(number), f"folder {number % 100}/clip {number}.mp4"
        assert box.stash.add_scene(files=[{"path": f"/data/{name}"}], **scene) == number
        box.plex.add_file(f"/media/{name}", **shown(scene))
    return box


def test_a_library_with_nothing_to_do(large):
    begun = time.monotonic()
    first = large.operation("all")
    assert (first["queued"], first["unchanged"], first["written"]) == (SCENES, SCENES, 0)
    known = time.monotonic() - begun
    quiet(large)
    run = large.task("Reconcile Library (All)", timeout=600)
    plex, peak = len(large.plex.requests), run.peak_rss / 2**20
    stash = [one for one in large.stash.requests if one.headers.get("DNT")]
    print(
        f"\n{SCENES} scenes: Plex {plex} requests (bar {PLEX_REQUESTS}), Stash {len(stash)} (bar "
        f"{STASH_REQUESTS}), peak {peak:.0f} MB (bar {PEAK_MB}), {run.duration:.1f} s; "
        f"the first comparison took {known:.1f} s"
    )
    assert run.output["scenes_checked"] == SCENES
    assert not gaps(run.output) and run.output["enqueued"] == 0 and not run.output["errors"]
    assert not large.plex.writes()
    assert plex <= PLEX_REQUESTS
    assert 0 < len(stash) <= STASH_REQUESTS
    assert peak <= PEAK_MB

"""The bar of scale: reconciling 10,000 scenes with nothing to do (`make whole`), or fewer of them.
Run with `-s` for the figures."""

from __future__ import annotations

import time

import pytest

from tests.bench.library import said, shown
from tests.support.box_output import gaps, is_of_plugin, quiet
from tests.support.sizes import size

pytestmark = [pytest.mark.uncovered, pytest.mark.cold]

SCENES = size(2000, 10_000)
PLEX_REQUESTS, STASH_REQUESTS, PEAK_MB = SCENES // 20 + 40, 30, 150


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
    stash = [one for one in large.stash.requests if is_of_plugin(one)]
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

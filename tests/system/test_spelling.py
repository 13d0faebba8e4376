"""Names that differ in their spelling only are one thing to Plex: a second sync writes nothing."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.in_process import Bench

pytestmark = pytest.mark.uncovered


@pytest.fixture(params=["add", "replace", "mixed"])
def bench(request, tmp_path: Path) -> Iterator[Bench]:
    with Bench(tmp_path) as found:
        found.plex.tag_mode = request.param
        found.settings = {"collections_from": "studio, group, performer", "label_tags": "*"}
        yield found


def test_names_that_differ_in_case_only_are_written_once(bench):
    scenes = [
        bench.add(title="T", tags=[spelt("rain")], performers=[spelt("ann")],
                  studio=spelt("acme"), director=spelt("dir"), groups=[spelt("g")])[0]
        for spelt in (str.upper, str.lower, str.title)
    ]  # fmt: skip
    bench.sync(*scenes)
    for order in (scenes, scenes[::-1], scenes[1:]):
        bench.plex.clear_requests()
        bench.sync(*order)
        assert bench.writes() == []

"""A Plex that shows what was written only after it was read back: it stays ours all the same."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from devserver.proof import differences
from plex.fields.item import Item
from tests.support.in_process import Bench

EMPTY = {"summary": "", "genres": (), "rating": None}


class Late:
    """The read-back of a sync finds nothing of what the sync wrote."""

    def __init__(self, client: Any) -> None:
        self._client, self._wrote = client, False

    def __getattr__(self, name: str) -> Any:
        return getattr(self._client, name)

    def edit(self, *given: Any) -> None:
        self._client.edit(*given)
        self._wrote = True

    def items(self, *given: Any) -> dict[int, Item]:
        found = self._client.items(*given)
        if not self._wrote:
            return found
        return {key: replace(one, values=one.values | EMPTY) for key, one in found.items()}


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    with Bench(tmp_path) as found:
        yield found


@pytest.fixture
def late(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> tuple[int, int]:
    """A scene whose summary, rating and genre came late, and its item."""
    client = bench.client
    scene, key = bench.add(title="T", details="d", tags=["a"], rating100=70)
    monkeypatch.setattr(bench, "client", lambda: Late(client()))
    (outcome,) = bench.sync(scene)
    assert len(outcome.warnings) == 3, outcome.warnings
    monkeypatch.setattr(bench, "client", client)
    assert differences(bench.stash, bench.plex, scene, bench.plex.item(key)["files"][0]) == {}
    return scene, key


@pytest.mark.parametrize("seen", [True, False], ids=["after a look", "at once"])
def test_a_value_that_came_late_goes_when_stash_drops_it(
    bench: Bench, late: tuple[int, int], seen: bool
) -> None:
    scene, key = late
    if seen:
        bench.sync(scene)
    bench.stash.update_scene(scene, details="", tag_ids=[], rating100=None)
    bench.sync(scene)
    item = bench.plex.item(key)
    assert (item["summary"], item["genres"], item["userRating"]) == (None, [], None)


@pytest.mark.parametrize("seen", [True, False], ids=["after a look", "at once"])
@pytest.mark.parametrize("policy", ["newest", "stash", "plex", "ask"])
def test_a_value_that_came_late_is_no_edit(
    bench: Bench, late: tuple[int, int], policy: str, seen: bool
) -> None:
    scene, key = late
    bench.settings = {"on_edit_in_plex": policy}
    if seen:
        bench.sync(scene)
    tags = [str(bench.stash.tag_id("b"))]
    bench.stash.update_scene(scene, details="new", tag_ids=tags, rating100=90)
    bench.sync(scene)
    item = bench.plex.item(key)
    assert (item["summary"], item["genres"], item["userRating"]) == ("new", ["b"], 9.0)

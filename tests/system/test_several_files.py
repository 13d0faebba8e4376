"""Scenes and items with several files: duplicates that were merged in Stash, versions and parts in
Plex. Each item shows one scene, whatever comes first."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from plex.state.database import Store
from reconciliation.engine import GapDetectionEngine
from tests.support.in_process import Bench

pytestmark = pytest.mark.uncovered


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    with Bench(tmp_path) as found:
        yield found


def title(bench: Bench, key: int) -> str:
    return bench.plex.item(key)["title"]


def scene(bench: Bench, *names: str, **says: str) -> int:
    return bench.stash.add_scene(files=[f"/data/{name}.mp4" for name in names], **says)


def item(bench: Bench, first: str, *others: str, add: str = "add_media") -> int:
    key = bench.plex.add_file(f"/media/{first}.mp4")
    for other in others:
        path = f"/media/{other}.mp4"
        getattr(bench.plex, add)(key, [path] if add == "add_parts" else path)
    return key


def state(bench: Bench, number: int) -> str:
    with closing(Store(bench.data)) as store:
        return store.value("SELECT state FROM scene_state WHERE scene_id = ?", (number,))


def rests(bench: Bench, *scenes: int) -> bool:
    """No order of the scenes, and no reconciliation, finds anything to do."""
    bench.plex.clear_requests()
    for one in (*scenes, *reversed(scenes)):
        bench.sync(one)
    found = GapDetectionEngine(bench._api, bench.config(), bench.data).run("all")
    return not bench.writes() and (found.total_gaps, found.conflict_count) == (0, 0)


# -- one scene, several files


def test_a_scene_of_several_files_shows_on_the_items_of_all(bench: Bench) -> None:
    merged = scene(bench, "a", "b", title="T")
    keys = [item(bench, "b"), item(bench, "a")]
    (outcome,) = bench.sync(merged)
    assert [title(bench, key) for key in keys] == ["T", "T"]
    assert not outcome.refused and state(bench, merged) == "in_sync"
    assert rests(bench, merged)


def test_a_reconciliation_finds_the_items_of_all_files(bench: Bench) -> None:
    scene(bench, "a", "b", title="T", details="d")
    item(bench, "a"), item(bench, "b")
    found = GapDetectionEngine(bench._api, bench.config(), bench.data).run("all")
    assert (found.conflict_count, found.total_gaps) == (0, 1)


def test_what_is_merged_in_stash_shows_on_both_items(bench: Bench) -> None:
    kept, gone = scene(bench, "a", title="Kept", details="d"), scene(bench, "b", title="Gone")
    keys = [item(bench, "a"), item(bench, "b")]
    bench.sync(kept, gone)
    store = bench.stash.library.store
    (file,) = store.scenes[gone].files
    store.scenes[gone].files = ()
    store.scenes[kept].files = (*store.scenes[kept].files, file)
    bench.stash.destroy_scene(gone)
    bench.sync(kept)
    assert [title(bench, key) for key in keys] == ["Kept", "Kept"]
    assert rests(bench, kept)


@pytest.mark.parametrize("order", [("merged", "other"), ("other", "merged"), ("both",)])
@pytest.mark.parametrize("files", [("b", "c"), ("c", "b")])
def test_an_item_shows_the_scene_of_its_primary_file(
    bench: Bench, order: tuple[str, ...], files: tuple[str, str]
) -> None:
    merged, other = scene(bench, "a", "b", title="Merged"), scene(bench, "c", title="Other")
    own, shared = item(bench, "a"), item(bench, *files)
    which = {"merged": [merged], "other": [other], "both": [merged, other]}
    for name in order:
        outcomes = bench.sync(*which[name])
        assert not any(one.refused for one in outcomes)
    assert (title(bench, own), title(bench, shared)) == ("Merged", "Other")
    assert (state(bench, merged), state(bench, other)) == ("in_sync", "in_sync")
    assert rests(bench, merged, other)


def test_a_further_file_in_two_libraries_holds_up_no_other(bench: Bench) -> None:
    other = bench.plex.add_section("Other", roots=["/elsewhere"])
    merged, own = scene(bench, "a", "b", title="T"), item(bench, "a")
    twins = [item(bench, "b"), bench.plex.add_file("/media/b.mp4", section=other)]
    (outcome,) = bench.sync(merged)
    assert [title(bench, key) for key in (own, *twins)] == ["T", "b", "b"]
    assert "has a further file that fits 2 Plex items" in outcome.warnings[0]
    assert state(bench, merged) == "ambiguous"


# -- one item, several scenes

ADDS = ["add_media", "add_parts"]


@pytest.mark.parametrize("add", ADDS)
@pytest.mark.parametrize("order", [("bare", "rich"), ("rich", "bare"), ("both",)])
def test_a_scene_with_values_comes_before_a_silent_scene(
    bench: Bench, add: str, order: tuple[str, ...]
) -> None:
    bench.settings = {"content_rating": "XXX", "labels": "Stash"}
    bare, rich = scene(bench, "a"), scene(bench, "b", title="Rich", details="d")
    key = item(bench, "a", "b", add=add)
    which = {"bare": [bare], "rich": [rich], "both": [bare, rich]}
    for name in order:
        outcomes = bench.sync(*which[name])
        assert not any(one.refused for one in outcomes)
    assert (title(bench, key), bench.plex.item(key)["summary"]) == ("Rich", "d")
    assert rests(bench, bare, rich)
    assert (state(bench, bare), state(bench, rich)) == ("left_out", "in_sync")


def test_a_later_text_takes_the_item_of_a_silent_scene(bench: Bench) -> None:
    bare, other = scene(bench, "a"), scene(bench, "b")
    key = item(bench, "a", "b")
    bench.sync(bare, other)
    bench.stash.update_scene(other, title="Identified")
    bench.sync(other)
    assert title(bench, key) == "Identified"
    bench.stash.update_scene(bare, title="Identified too")
    (outcome,) = bench.sync(bare)
    assert title(bench, key) == "Identified"
    assert f"shares Plex item {key}" in outcome.warnings[0]


def test_the_scene_of_the_first_version_has_the_item(bench: Bench) -> None:
    optimized, original = scene(bench, "b", title="Optimized"), scene(bench, "a", title="Original")
    key = item(bench, "a", "b")
    told, _ = bench.sync(optimized, original)
    assert title(bench, key) == "Original"
    assert told.refused and f"shares Plex item {key}" in told.warnings[0]

"""Collections, over HTTP: those that we made and emptied go; those that a person made stay."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from plex.library.index import Index
from plex.state.database import Store
from plex.state.ledger import Ledger
from plex.sync.collections import LAG
from plex.sync.decide import Decider
from plex.sync.pipeline import Pipeline
from plex.sync.prefetch import Pipelined, Prefetch, Reader
from tests.support.box_output import lines
from tests.support.in_process import Bench

pytestmark = pytest.mark.uncovered


@pytest.fixture(params=["add", "replace", "mixed"])
def bench(request, tmp_path: Path) -> Iterator[Bench]:
    with Bench(tmp_path) as found:
        found.plex.tag_mode = request.param
        yield found


def shown(bench: Bench) -> dict[str, list[int]]:
    found = bench.plex.collections(bench.section)
    return {title: sorted(keys) for title, keys in found.items()}


def of_studio(bench: Bench, scene: int, name: str | None) -> None:
    number = name and str(bench.stash.library.store.id_of("studio", name))
    bench.stash.update_scene(scene, studio_id=number)


def made(bench: Bench) -> list[Any]:
    with closing(Store(bench.data)) as store:
        return store.rows("SELECT title, rating_key != 0, emptied FROM collection ORDER BY title")


def key_of(bench: Bench, title: str) -> int:
    known = bench.plex.state()["collections"]
    return next(rk for rk, one in known.items() if one["title"] == title)


@pytest.mark.parametrize("stays", [True, False])
def test_one_that_we_made_goes_with_its_last_scene(bench, stays):
    bench.plex.options.empty_collections_stay = stays
    (one, first), (two, second) = bench.add(studio="A"), bench.add(studio="a & b, c")
    bench.sync(one, two)
    assert shown(bench) == {"A": [first], "a & b, c": [second]}
    assert made(bench) == [("A", 1, 0), ("a & b, c", 1, 0)]
    of_studio(bench, one, "a & b, c")
    bench.sync(one)
    assert shown(bench) == {"a & b, c": [first, second]}
    of_studio(bench, one, None)
    bench.sync(one)
    assert shown(bench) == {"a & b, c": [second]}, "it has another scene"
    of_studio(bench, two, None)
    bench.sync(two)
    assert (shown(bench), made(bench)) == ({}, [])
    bench.plex.clear_requests()
    bench.sync(one, two)
    assert bench.writes() == []


def test_one_that_a_person_made_stays(bench):
    theirs = bench.plex.add_file("/media/theirs.mp4", collections=["A"])
    scene, key = bench.add(studio="A")
    bench.sync(scene)
    assert (shown(bench), made(bench)) == ({"A": [theirs, key]}, [])
    bench.plex.remove_item(theirs)
    of_studio(bench, scene, "B")
    bench.sync(scene)
    assert shown(bench) == {"A": [], "B": [key]}


def test_one_with_an_item_of_a_person_stays(bench):
    scene, _ = bench.add(studio="A")
    bench.sync(scene)
    theirs = bench.plex.add_file("/media/theirs.mp4", collections=["A"])
    of_studio(bench, scene, None)
    bench.sync(scene)
    assert shown(bench) == {"A": [theirs]}
    assert made(bench) == [("A", 1, 0)]


def test_one_that_a_person_changed_is_theirs(bench):
    (one, _), (two, second) = bench.add(studio="A"), bench.add(studio="B")
    bench.sync(one, two)
    section, a, b = bench.section, key_of(bench, "A"), key_of(bench, "B")
    put = bench.client()._plex.put
    put(f"/library/sections/{section}/all?type=18&id={a}&summary.value=s&summary.locked=1")
    put(f"/library/sections/{section}/all?type=18&id={b}&title.value=Mine")
    of_studio(bench, one, None)
    of_studio(bench, two, "C")
    bench.sync(one, two)
    assert shown(bench) == {"A": [], "Mine": [second], "C": [second]}


def test_one_that_a_person_made_anew_is_theirs(bench):
    scene, key = bench.add(studio="A")
    bench.sync(scene)
    bench.client().delete_collection(key_of(bench, "A"))
    bench.plex.edit_as_person(key, collections=["A"])
    of_studio(bench, scene, "B")
    bench.sync(scene)
    bench.plex.edit_as_person(key, remove_collections=["A"])
    bench.sync(scene)
    assert shown(bench)["A"] == []


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("method", ["edit", "delete_collection", "collections"])
def test_a_kill_leaves_no_empty_collection_for_ever(bench, method, when):
    scene, key = bench.add(studio="A")
    bench.sync(scene, kill=("edit", 1, when))
    bench.sync(scene)
    of_studio(bench, scene, "B")
    bench.sync(scene, kill=(method, 1, when))
    bench.sync(scene)
    assert (shown(bench), made(bench)) == ({"B": [key]}, [("B", 1, 0)])


# -- groups, in their order


def in_group(bench: Bench, *places: int | None) -> tuple[list[int], dict[int | None, int]]:
    """Scenes at these places of group G; place -> rating key."""
    bench.settings = {"collections_from": "group", "collection_prefix": "{kind}:"}
    found = [bench.add(groups=[("G", place)], date="2024-01-01") for place in places]
    return [scene for scene, _ in found], dict(zip(places, (key for _, key in found), strict=True))


def order(bench: Bench) -> list[int]:
    return bench.plex.collections(bench.section)["Group: G"]


def move_to(bench: Bench, scene: int, place: int | None) -> None:
    group = str(bench.stash.library.store.id_of("group", "G"))
    bench.stash.update_scene(scene, groups=[{"group_id": group, "scene_index": place}])


def test_a_group_stands_in_its_order(bench):
    scenes, at = in_group(bench, 3, 1, None, 2, 10)
    bench.sync(*scenes)
    assert order(bench) == [at[1], at[2], at[3], at[10], at[None]]
    move_to(bench, scenes[0], 12)
    bench.sync(scenes[0])
    assert order(bench) == [at[1], at[2], at[10], at[3], at[None]]
    move_to(bench, scenes[1], None)
    bench.sync(scenes[1])
    assert order(bench)[:3] == [at[2], at[10], at[3]]
    bench.plex.clear_requests()
    bench.sync(*scenes)
    assert bench.writes() == []


def test_one_more_scene_is_put_where_it_belongs_with_one_move(bench):
    scenes, at = in_group(bench, 1, 2, 4, 5)
    bench.sync(*scenes)
    more, key = bench.add(groups=[("G", 3)])
    bench.plex.clear_requests()
    bench.sync(more)
    assert order(bench) == [at[1], at[2], key, at[4], at[5]]
    assert sum("/move" in line for line in bench.writes()) == 1


def test_a_person_who_sorts_a_group_in_another_way_is_left_alone(bench):
    scenes, _ = in_group(bench, 2, 1)
    bench.sync(*scenes)
    bench.client()._plex.put(
        f"/library/collections/{key_of(bench, 'Group: G')}/prefs?collectionSort=1"
    )
    more, _ = bench.add("zz.mp4", groups=[("G", 0)])
    bench.plex.clear_requests()
    bench.sync(more)
    assert [line for line in bench.writes() if "collections" in line] == []


def test_a_group_that_a_person_made_a_collection_of_keeps_their_order(bench):
    theirs = bench.plex.add_file("/media/a.mp4", collections=["Group: G"])
    scenes, at = in_group(bench, 2, 1)
    bench.plex.clear_requests()
    bench.sync(*scenes)
    assert set(order(bench)) == {theirs, *at.values()}
    assert [line for line in bench.writes() if "collections" in line] == []


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize(("method", "nth"), [("edit", 2), ("sort_by_hand", 1), ("move", 1)])
def test_a_kill_leaves_no_group_out_of_order(bench, method, nth, when):
    scenes, at = in_group(bench, 3, 2, 1)
    bench.sync(*scenes, kill=(method, nth, when))
    bench.sync(*scenes)
    assert order(bench) == [at[1], at[2], at[3]]


@pytest.mark.parametrize("action", ["500", "drop", "drop_after", "503"])
def test_a_plex_that_fails_at_it_is_asked_again_another_time(bench, action):
    scene, key = bench.add(studio="A")
    bench.sync(scene)
    of_studio(bench, scene, "B")
    bench.plex.faults.arm(action, method="DELETE", times=9)
    (outcome,) = bench.sync(scene)
    assert (outcome.error, bench.plex.item(key)["studio"]) == (None, "B")
    bench.plex.faults.clear()
    bench.sync(scene)
    assert (shown(bench), made(bench)) == ({"B": [key]}, [("B", 1, 0)])


def test_a_plex_that_will_not_is_told_of_once(box):
    scene = box.add("a.mp4", title="T", studio="A")
    box.operation("all")
    of_studio(box, scene, None)
    box.plex.faults.arm("403", method="DELETE", times=9)
    for _ in range(2):
        box.task("Sync All Scenes to Plex")
    assert sum("is empty, and Plex does not remove it" in line for line in lines(box)) == 1
    assert box.plex.collections(box.section) == {"A": []}


def test_an_undo_leaves_no_collection_of_ours_behind(box):
    box.add("a.mp4", title="T", studio="A")
    theirs = box.plex.add_file("/media/theirs.mp4", collections=["B"])
    box.add("b.mp4", title="T", studio="B")
    box.operation("all")
    assert set(box.plex.collections(box.section)) == {"A", "B"}
    box.task("Undo Last Run")
    assert box.plex.collections(box.section) == {"B": [theirs]}


def test_what_is_removed_is_told(box):
    scene = box.add("a.mp4", title="T", studio="A")
    box.operation("all")
    box.stash.rename("studio", box.stash.scene(scene)["studio"], "B")
    box.task("Process Queue")
    box.settle()
    assert box.plex.collections(box.section) == {"B": [box.item(scene)["ratingKey"]]}
    assert "the collection “A” was empty and is removed from Plex" in lines(box, "info")


@pytest.mark.parametrize("how", ["deleted", "moved"])
def test_one_whose_last_item_plex_has_no_more_goes(box, how):
    scene = box.add("sub/a.mp4", title="T", studio="A")
    stays = box.add("b.mp4", title="T", studio="B")
    others = box.plex.add_section("Others", roots=["/others"])
    box.operation("all")
    box.plex.add_file("/media/theirs.mp4", collections=["Theirs"])
    box.plex.remove_item(box.plex.item_by_file("/media/theirs.mp4")["ratingKey"])
    box.plex.remove_item(box.item(scene)["ratingKey"])
    if how == "moved":
        box.plex.add_file("/others/a.mp4", others, size=1000)
        box.configure(path_map=f"/data/sub => /others; {box.path_map}")
    box.operation("reconcile_all")
    left = {"B": [box.item(stays)["ratingKey"]], "Theirs": []}
    assert box.plex.collections(box.section) == left
    assert list(box.plex.collections(others)) == (["A"] if how == "moved" else [])
    box.operation("reconcile_all")
    assert box.plex.collections(box.section) == left


@pytest.mark.parametrize(("seconds", "kept"), [(LAG - 1, True), (LAG, False)])
def test_a_collection_that_the_next_batch_fills_is_not_empty(bench, seconds, kept):
    """Batches overlap: what the first one left empty is looked at after the writes of the second,
    and Plex lists an item a second after it was told of it. Not ten seconds after."""
    now = 0.0
    (one, _), (two, second) = bench.add(studio="A"), bench.add()
    bench.sync(one, two)
    of_studio(bench, one, None)
    of_studio(bench, two, "A")
    client = bench.client()
    members = client.members
    client.members = lambda key: [k for k in members(key) if k != second]  # type: ignore[method-assign]
    with closing(Store(bench.data)) as store:
        settings = bench.sync_settings()
        known = Index(store), Ledger(store), settings, bench.clock
        pipeline = Pipeline(Decider(bench._api, client, *known), timer=lambda: now)
        reader = Reader(bench._api.beside(), client.beside(), store, settings, bench.clock)
        sync = Pipelined(pipeline, Prefetch(bench._api, client, reader))
        begun = [sync.begin([one]), sync.begin([two])]
        now = seconds
        for each in begun:
            each()
    assert shown(bench) == ({"A": [second]} if kept else {})

"""Which item of Plex a scene is: found by its files, checked on the item, never guessed."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from pathlib import Path

import pytest

import errors
from tests.support.in_process import Bench

pytestmark = pytest.mark.uncovered


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    with Bench(tmp_path) as found:
        yield found


def title(bench, key):
    return bench.plex.item(key)["title"]


def listings(bench):
    """How often a library was listed, its newest items alone not counted."""
    return sum(
        r.path.endswith("/all") and r.method == "GET" and not r.get("sort")
        for r in bench.plex.requests
    )


# -- files


def test_any_file_of_a_scene_will_do(bench):
    scene = bench.stash.add_scene(files=["/data/a.mp4", "/data/b.mp4"], title="T")
    key = bench.plex.add_file("/media/b.mp4")
    bench.sync(scene)
    assert title(bench, key) == "T"


@pytest.mark.parametrize("add", ["add_parts", "add_media"])
def test_any_file_of_an_item_will_do(bench, add):
    key = bench.plex.add_file("/media/a.mp4")
    getattr(bench.plex, add)(key, ["/media/b.mp4"] if add == "add_parts" else "/media/b.mp4")
    scene = bench.stash.add_scene(path="/data/b.mp4", title="T")
    bench.sync(scene)
    assert title(bench, key) == "T"


def test_equal_names_in_other_folders_are_other_files(bench):
    scene, _ = bench.add("x/clip.mp4", in_plex=False, title="T")
    other = bench.plex.add_file("/media/y/clip.mp4")
    (outcome,) = bench.sync(scene)
    assert outcome.missing
    assert title(bench, other) == "clip"


@pytest.mark.parametrize(
    ("path_map", "in_stash", "in_plex"),
    [
        ("/data => D:\\Media", "/data/Ünï/a b.mp4", "D:\\Media\\ünÏ\\A b.mp4"),
        ("/data => \\\\nas\\media", "/data/a.mp4", "\\\\NAS\\Media\\a.mp4"),
        ("C:\\v => /media; c: => /other", "C:\\V\\x\\a.mp4", "/media/x/a.mp4"),
        ("/data => /m1; /data/x => /m2", "/data/x/a.mp4", "/m2/a.mp4"),
        ("", "/same/a.mp4", "/same/a.mp4"),
        ("/data => /m", "/data/é.mp4", unicodedata.normalize("NFD", "/m/é.mp4")),
        ("/data => /m", unicodedata.normalize("NFD", "/data/é.mp4"), "/m/é.mp4"),
    ],
)
def test_paths_of_two_worlds(bench, path_map, in_stash, in_plex):
    bench.settings = {"path_map": path_map}
    scene = bench.stash.add_scene(path=in_stash, title="T")
    key = bench.plex.add_file(in_plex, section=bench.section)
    bench.sync(scene)
    assert title(bench, key) == "T"


def test_case_counts_where_it_counts(bench):
    scene, _ = bench.add("Clip.mp4", in_plex=False, title="T")
    bench.plex.add_file("/media/clip.mp4")
    (outcome,) = bench.sync(scene)
    assert outcome.missing
    assert outcome.folders == ["/data/Clip.mp4"]


# -- a rating key is only a hint


def test_an_item_that_came_back_under_another_key(bench):
    scene, key = bench.add(title="T")
    bench.sync(scene)
    new = bench.plex.readd_item(key)
    bench.sync(scene)
    assert title(bench, new) == "T"


def test_a_file_that_moved_to_another_item(bench):
    one, first = bench.add("a.mp4", title="A")
    two, second = bench.add("b.mp4", title="B")
    bench.sync(one, two)
    bench.plex.move_file("/media/a.mp4", "/media/c.mp4")
    bench.plex.move_file("/media/b.mp4", "/media/a.mp4")
    bench.stash.update_scene(one, title="A2")
    bench.sync(one)
    assert (title(bench, first), title(bench, second)) == ("A", "A2")


def test_an_item_that_was_deleted_is_missing(bench):
    scene, key = bench.add(title="T")
    bench.add("other.mp4")
    bench.sync(scene)
    bench.plex.remove_item(key)
    (outcome,) = bench.sync(scene)
    assert outcome.missing
    assert outcome.error is None


def test_an_item_that_vanishes_while_it_is_written_is_tried_again(bench):
    scene, _ = bench.add(title="T")
    fine, key = bench.add(title="U")
    bench.plex.faults.arm("404", "/library/sections", "PUT")
    outcomes = bench.sync(scene, fine)
    assert isinstance(outcomes[0].error, errors.Gone)
    assert title(bench, key) == "U"


def test_a_library_that_was_made_anew(bench):
    scene, key = bench.add(title="T", tags=["a"])
    bench.sync(scene)
    bench.plex.recreate_section("Scenes")
    bench.sync(scene)
    (item,) = bench.plex.items()
    assert item["ratingKey"] != key
    assert (item["title"], item["genres"]) == ("T", ["a"])


def test_a_new_file_is_found_though_the_library_shows_no_scan(bench):
    first, _ = bench.add(title="T")
    bench.sync(first)
    second, key = bench.add(title="U")
    bench.sync(second)
    assert title(bench, key) == "U"


# -- several candidates


def two_libraries(bench):
    other = bench.plex.add_section("Other", roots=["/elsewhere"])
    scene, key = bench.add("a.mp4", title="T")
    return scene, key, bench.plex.add_file("/media/a.mp4", section=other)


def test_one_file_in_two_libraries_is_refused_and_named(bench):
    scene, key, twin = two_libraries(bench)
    (outcome,) = bench.sync(scene)
    assert bench.writes() == []
    (line,) = outcome.warnings
    for said in (f"{key} “", f"{twin} “", "“Scenes”", "“Other”", "“/media/a.mp4”"):
        assert said in line
    assert "Allow Ambiguous Match" in line
    assert outcome.refused


def test_one_file_in_two_libraries_is_written_twice_if_allowed(bench):
    bench.settings = {"allow_ambiguous_match": True}
    scene, key, twin = two_libraries(bench)
    bench.sync(scene)
    assert title(bench, key) == title(bench, twin) == "T"
    bench.plex.clear_requests()
    bench.sync(scene)
    assert bench.writes() == []


def test_a_listed_library_that_is_left_out_stays(bench):
    bench.settings = {"allow_ambiguous_match": True}
    scene, key, twin = two_libraries(bench)
    bench.sync(scene)
    bench.settings = {"plex_library": "scenes"}
    bench.stash.update_scene(scene, title="New")
    bench.sync(scene)
    assert (title(bench, key), title(bench, twin)) == ("New", "T")


# -- two scenes on one item


def shared(bench, **second):
    key = bench.plex.add_file("/media/a.mp4")
    bench.plex.add_media(key, "/media/b.mp4")
    one = bench.stash.add_scene(
        path="/data/a.mp4", title="One", tags=["one"], studio="S1", details="of one"
    )
    return one, bench.stash.add_scene(path="/data/b.mp4", **second), key


@pytest.mark.parametrize("batches", ["together", "in turn", "in reverse"])
def test_two_scenes_on_one_item_do_not_overwrite_each_other_in_turn(bench, batches):
    one, two, key = shared(bench, title="Two", tags=["two"])
    order = {"together": [(two, one)], "in turn": [(one,), (two,)], "in reverse": [(two,), (one,)]}
    shown = "Two" if batches == "in reverse" else "One"
    for batch in order[batches] * 2:
        outcomes = bench.sync(*batch)
    assert title(bench, key) == shown
    other = {"in turn": two, "in reverse": one, "together": two}[batches]
    (told,) = [o for o in outcomes if o.scene_id == other]
    assert f"shares Plex item {key}" in told.warnings[0]
    assert told.refused
    assert len(bench.writes("PUT")) == 1


def test_the_second_scene_takes_over_exactly_when_the_first_is_gone(bench):
    one, two, key = shared(bench, title="Two", tags=["two"])
    bench.plex.edit_as_person(key, genres=["theirs"])
    bench.sync(one)
    bench.stash.destroy_scene(one)
    bench.sync(one, two)
    item = bench.plex.item(key)
    assert (item["title"], sorted(item["genres"])) == ("Two", ["theirs", "two"])
    assert (item["studio"], item["summary"], item["collections"]) == (None, None, [])


def test_also_when_nobody_told_that_the_first_is_gone(bench):
    one, two, key = shared(bench, title="Two")
    bench.sync(one)
    bench.stash.destroy_scene(one)
    bench.sync(two)
    assert title(bench, key) == "Two"


@pytest.mark.parametrize("settings", [{}, {"content_rating": "XXX", "labels": "Stash"}])
def test_an_unidentified_scene_wipes_nothing_of_another(bench, settings):
    bench.settings = settings
    one, two, key = shared(bench)
    bench.sync(one)
    bench.stash.destroy_scene(one)
    bench.plex.clear_requests()
    (outcome,) = bench.sync(two)
    assert bench.writes() == []
    assert "says nothing yet" in outcome.said
    bench.stash.update_scene(two, title="Identified")
    bench.sync(two)
    assert (title(bench, key), bench.plex.item(key)["genres"]) == ("Identified", [])


# -- missing, and empty


def test_many_missing_scenes_ask_plex_once(bench):
    bench.add(title="there")
    missing = [bench.add(in_plex=False, title="T")[0] for _ in range(60)]
    bench.plex.clear_requests()
    with_one_process = bench.sync(*missing)
    assert all(outcome.missing for outcome in with_one_process)
    assert listings(bench) == 1
    assert len(bench.plex.requests) <= 5
    bench.plex.clear_requests()
    bench.sync(*missing[:5])
    assert listings(bench) == 0


def test_an_emptied_library_stops_the_sync(bench):
    scene, key = bench.add(title="T")
    bench.sync(scene)
    bench.plex.remove_item(key)
    bench.plex.clear_requests()
    with pytest.raises(errors.LibraryEmpty, match="not mounted"):
        bench.sync(scene)
    bench.plex.remove_section(bench.section)
    with pytest.raises(errors.LibraryEmpty, match="none of the libraries"):
        bench.sync(scene)
    assert bench.writes() == []


def test_one_emptied_library_holds_up_no_other(bench):
    other = bench.plex.add_section("Films", roots=["/films"])
    film = bench.plex.add_file("/films/f.mp4", section=other)
    bench.settings = {"path_map": "/data/films => /films; /data => /media"}
    lost = bench.stash.add_scene(path="/data/films/f.mp4", title="Film")
    scene, key = bench.add(title="T")
    bench.sync(scene, lost)
    bench.plex.remove_item(film)
    bench.stash.update_scene(scene, title="New")
    waits, done = bench.sync(lost, scene)
    assert waits.missing and not waits.error
    assert done.wrote and title(bench, key) == "New"
    back = bench.plex.add_file("/films/f.mp4", section=other)
    bench.sync(lost)
    assert title(bench, back) == "Film"


def test_a_library_that_was_deleted_beside_another_one_leaves_its_scenes_missing(bench):
    other = bench.plex.add_section("Films", roots=["/films"])
    bench.plex.add_file("/films/f.mp4", section=other)
    bench.settings = {"path_map": "/data/films => /films; /data => /media"}
    lost = bench.stash.add_scene(path="/data/films/f.mp4", title="Film")
    scene, key = bench.add(title="T")
    bench.sync(scene, lost)
    bench.plex.remove_section(other)
    bench.stash.update_scene(scene, title="New")
    waits, done = bench.sync(lost, scene)
    assert waits.missing and done.wrote
    assert title(bench, key) == "New"


def test_a_scene_without_a_file_waits_for_nothing(bench):
    scene = bench.stash.add_scene(title="T")
    (outcome,) = bench.sync(scene)
    assert (outcome.missing, outcome.said) == (False, "has no file")

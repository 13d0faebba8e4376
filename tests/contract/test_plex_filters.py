"""Filters and sorts of the Plex simulator's listings."""

from __future__ import annotations

import pytest

from tests.support.plex_contract import DATA, Scenes


@pytest.fixture
def shelf(scenes: Scenes) -> Scenes:
    scenes.add("Alpha One", year=2001, genres=["Comedy"], studio="Acme", userRating=8)
    scenes.add("Beta One", year=2002, genres=["Drama", "Comedy"], addedAt=1_700_000_500)
    scenes.add("Gamma", year=2003, addedAt=1_700_000_900)
    return scenes


@pytest.mark.parametrize(
    ("query", "titles"),
    [
        ("title=one", ["Alpha One", "Beta One"]),
        ("title!=one", ["Gamma"]),
        ("title==beta%20one", ["Beta One"]),
        ("title%3D=gamma", ["Gamma"]),
        ("title!==gamma", ["Alpha One", "Beta One"]),
        ("title<=beta", ["Beta One"]),
        ("title%3E=one", ["Alpha One", "Beta One"]),
        ("year=2002", ["Beta One"]),
        ("year!=2002", ["Alpha One", "Gamma"]),
        ("year%3E%3E=2001", ["Beta One", "Gamma"]),
        ("year<<=2002", ["Alpha One"]),
        ("year=2001,2003", ["Alpha One", "Gamma"]),
        ("addedAt%3E%3E=1700000400", ["Beta One", "Gamma"]),
        ("addedAt<<=2023-11-14", []),
        ("genre=Drama,Western", ["Beta One"]),
        ("genre!=comedy", ["Gamma"]),
        ("movie.studio=acme", ["Alpha One"]),
        ("push=1&title=gamma&or=1&year=2001&pop=1&year%3E%3E=2000", ["Alpha One", "Gamma"]),
        ("userRating%3E%3E=7", ["Alpha One"]),
    ],
)
def test_official_operators(shelf: Scenes, query: str, titles: list[str]) -> None:
    assert shelf.list("type=1&" + query).titles == titles


def test_tags_can_be_filtered_by_id(shelf: Scenes) -> None:
    choice = shelf.get(f"/library/sections/{shelf.section}/genre").xml[1]
    assert (choice.get("title"), choice.get("type")) == ("Drama", "genre")
    assert shelf.list({"genre": choice.get("key")}).titles == ["Beta One"]


def test_an_unknown_filter_is_ignored_and_everything_comes(shelf: Scenes) -> None:
    assert len(shelf.list({"titel": "gamma"}).titles) == 3


def test_sorts_by_several_keys(shelf: Scenes) -> None:
    assert shelf.list({"sort": "addedAt:desc"}).titles == ["Gamma", "Beta One", "Alpha One"]
    assert shelf.list({"sort": "userRating,year:desc"}).titles == ["Gamma", "Beta One", "Alpha One"]


def test_a_date_filter_is_strict_and_known_by_its_name(shelf: Scenes) -> None:
    assert shelf.list("addedAt%3E=1700000500").titles == ["Gamma"]
    assert shelf.list("addedAt%3E%3E=1700000500").titles == ["Gamma"]
    assert len(shelf.list("addedAt%3E%3D=1700000500").titles) == 3, "not a filter: all rows come"


def test_newest_first_by_the_last_change(shelf: Scenes) -> None:
    shelf.clock.wait(60)
    key = shelf.plex.item_by_file(f"{DATA}/Beta One.mp4")["ratingKey"]
    shelf.plex.edit_as_person(key, summary="New")
    assert shelf.list({"sort": "updatedAt:desc"}).titles[0] == "Beta One"
    shelf.plex.options.ignored_sorts = {"updatedAt"}
    assert shelf.list({"sort": "updatedAt:desc"}).titles == ["Alpha One", "Beta One", "Gamma"]
    assert shelf.list({"sort": "addedAt:desc"}).titles[0] == "Gamma"


def test_an_empty_window_has_only_the_total(shelf: Scenes) -> None:
    nothing = {"headers": {"X-Plex-Container-Size": "0"}}
    assert (shelf.list(**nothing).xml.get("totalSize"), shelf.list(**nothing).titles) == ("3", [])
    shelf.plex.options.omit_total_size = True
    assert shelf.list(**nothing).xml.get("totalSize") == "3"
    assert shelf.list().xml.get("totalSize") is None, "the window has everything"


def test_the_default_order_is_by_sort_title(scenes: Scenes) -> None:
    for name in ("The Zebra", "Middle", "A Bee"):
        scenes.add(name)
    assert scenes.list().titles == ["A Bee", "Middle", "The Zebra"]


@pytest.mark.parametrize(
    ("mode", "value", "titles"),
    [
        ("basename", "a.mp4", ["a", "a"]),
        ("basename", f"{DATA}/a.mp4", []),
        ("path", f"{DATA}/a.mp4", ["a"]),
        ("folder", f"{DATA}/a.mp4", ["a", "b"]),
        ("ignored", "a.mp4", ["a", "a", "b"]),
    ],
)
def test_the_file_filter_is_switchable(
    scenes: Scenes, mode: str, value: str, titles: list[str]
) -> None:
    scenes.add("a"), scenes.add("b"), scenes.plex.add_file("/data/other/a.mp4")
    scenes.plex.options.file_filter = mode
    assert sorted(scenes.list({"type": 1, "file": value}).titles) == titles


def test_trash_lists_items_whose_file_is_gone(shelf: Scenes) -> None:
    rk = shelf.add("Lost")
    shelf.plex.trash_item(rk)
    assert shelf.list({"trash": 1}).titles == ["Lost"]
    shelf.ask("PUT", f"/library/sections/{shelf.section}/emptyTrash")
    assert shelf.get(f"/library/metadata/{rk}").status == 404


def test_the_meta_tree_offers_filters_without_rows(shelf: Scenes) -> None:
    root = shelf.list({"includeMeta": 1, "X-Plex-Container-Size": 0}).xml
    assert root.get("totalSize") == "3" and root.find("Video") is None
    assert root.find("Meta/Type/Filter[@filter='label']") is not None
    assert root.find("Meta/FieldType[@type='date']/Operator") is not None


def test_a_limit_cuts_the_result(shelf: Scenes) -> None:
    reply = shelf.list({"limit": 1, "sort": "year:desc"})
    assert reply.titles == ["Gamma"] and reply.xml.get("totalSize") == "1"


def test_all_sections_can_be_searched_at_once(shelf: Scenes) -> None:
    shelf.plex.add_section("Movies", roots=["/m"])
    shelf.plex.add_file("/m/gamma ray.mkv")
    assert shelf.get("/library/all", {"title": "gamma"}).titles == ["Gamma", "gamma ray"]

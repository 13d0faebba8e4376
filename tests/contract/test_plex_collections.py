"""Collections of the Plex simulator: made by tags, filled and dissolved by requests."""

from __future__ import annotations

import pytest

from tests.support.plex_contract import Scenes


def uri(scenes: Scenes, *keys: int) -> str:
    items = ",".join(map(str, keys))
    machine = scenes.plex.machine_identifier
    return f"server://{machine}/com.plexapp.plugins.library/library/metadata/{items}"


def key_of(scenes: Scenes, title: str) -> str:
    rows = scenes.get(f"/library/sections/{scenes.section}/collections").xml
    return next(row.get("ratingKey") for row in rows if row.get("title") == title)


def test_a_tag_creates_the_collection_and_equal_titles_share_members(scenes: Scenes) -> None:
    one, two = scenes.add("a"), scenes.add("b")
    scenes.edit(one, "collection[0].tag.tag=Acme")
    scenes.edit(two, "collection[0].tag.tag=ACME")
    assert scenes.plex.collections(scenes.section) == {"Acme": [one, two]}
    children = scenes.get(f"/library/collections/{key_of(scenes, 'Acme')}/children")
    assert children.titles == ["a", "b"]


@pytest.mark.parametrize("stays", [True, False])
def test_whether_a_collection_goes_with_its_last_member_is_switchable(
    scenes: Scenes, stays: bool
) -> None:
    scenes.plex.options.empty_collections_stay = stays
    rk = scenes.add(collections=["Acme"])
    key = key_of(scenes, "Acme")
    scenes.edit(rk, "collection[].tag.tag-=acme")
    assert scenes.plex.collections(scenes.section) == ({"Acme": []} if stays else {})
    assert scenes.get(f"/library/collections/{key}").status == (200 if stays else 404)
    if stays:
        assert scenes.get(f"/library/collections/{key}").xml[0].get("childCount") == "0"
        assert scenes.get(f"/library/collections/{key}/children").xml.findall("Video") == []


def test_an_empty_collection_is_deleted_by_request(scenes: Scenes) -> None:
    rk = scenes.add(collections=["Acme"])
    key = key_of(scenes, "Acme")
    scenes.edit(rk, "collection[].tag.tag-=acme")
    assert scenes.ask("DELETE", f"/library/collections/{key}").status == 200
    assert scenes.plex.collections(scenes.section) == {}
    assert scenes.ask("DELETE", f"/library/collections/{key}").status == 404


def test_a_collection_is_created_filled_and_emptied_by_requests(scenes: Scenes) -> None:
    one, two = scenes.add("a"), scenes.add("b")
    query = {"type": 1, "title": "Mine", "smart": 0, "sectionId": scenes.section}
    made = scenes.ask("POST", "/library/collections", {**query, "uri": uri(scenes, one)}).xml[0]
    where = f"/library/collections/{made.get('ratingKey')}/items"
    scenes.ask("PUT", where, {"uri": uri(scenes, two)})
    assert scenes.plex.collections(scenes.section) == {"Mine": [one, two]}
    assert scenes.tags(two, "collections") == ["Mine"]
    scenes.ask("DELETE", f"{where}/{one}")
    assert scenes.plex.collections(scenes.section) == {"Mine": [two]}


def test_deleting_a_collection_leaves_its_items(scenes: Scenes) -> None:
    rk = scenes.add(collections=["Acme"])
    scenes.ask("DELETE", f"/library/collections/{key_of(scenes, 'Acme')}")
    assert scenes.plex.item(rk)["collections"] == []


def children(scenes: Scenes, key: str) -> list[str]:
    return scenes.get(f"/library/collections/{key}/children").titles


def test_a_collection_is_sorted_by_date_by_title_or_by_hand(scenes: Scenes) -> None:
    keys = {
        name: scenes.add(name, collections=["C"], originallyAvailableAt=f"2024-01-0{day}")
        for name, day in (("a", 2), ("b", 3), ("c", 1))
    }
    key = key_of(scenes, "C")
    where = f"/library/collections/{key}"
    assert children(scenes, key) == ["c", "a", "b"]
    assert scenes.ask("PUT", f"{where}/items/{keys['a']}/move").status == 400, "not custom"
    scenes.ask("PUT", f"{where}/prefs", {"collectionSort": 1})
    assert children(scenes, key) == ["a", "b", "c"]
    scenes.ask("PUT", f"/library/metadata/{key}/prefs", {"collectionSort": 2})
    assert scenes.get(where).xml[0].get("collectionSort") == "2"
    scenes.ask("PUT", f"{where}/items/{keys['a']}/move", {"after": keys["b"]})
    assert children(scenes, key) == ["b", "a", "c"]
    scenes.ask("PUT", f"{where}/items/{keys['c']}/move")
    assert children(scenes, key) == ["c", "b", "a"]
    scenes.add("0", collections=["C"])
    assert children(scenes, key) == ["c", "b", "a", "0"], "a new one comes last"
    assert scenes.ask("PUT", f"{where}/prefs", {"collectionSort": 7}).status == 400


def test_a_rename_to_a_taken_title_is_a_conflict(scenes: Scenes) -> None:
    rk = scenes.add(collections=["Acme", "Other"])
    where, key = f"/library/sections/{scenes.section}/all", key_of(scenes, "Acme")
    assert scenes.ask("PUT", where, f"type=18&id={key}&title.value=other").status == 409
    assert scenes.ask("PUT", where, f"type=18&id={key}&title.value=New").status == 200
    assert scenes.tags(rk, "collections") == ["New", "Other"]


def test_a_collection_shows_a_composite_until_it_gets_a_poster(scenes: Scenes) -> None:
    scenes.add(collections=["Acme"])
    key = key_of(scenes, "Acme")
    thumb = scenes.full(int(key)).get("thumb")
    assert thumb.startswith(f"/library/collections/{key}/composite/")
    assert scenes.get(thumb).body.startswith(b"\x89PNG")
    scenes.ask("POST", f"/library/collections/{key}/posters", body=b"\xff\xd8 mine")
    assert scenes.get(scenes.full(int(key)).get("thumb")).body == b"\xff\xd8 mine"


def test_a_collection_lists_in_its_own_type_and_is_locked_alike(scenes: Scenes) -> None:
    scenes.add(collections=["Acme", "Bold"])
    key = key_of(scenes, "Bold")
    where = f"/library/sections/{scenes.section}/all"
    scenes.ask("PUT", where, f"type=18&id={key}&summary.value=s&summary.locked=1")
    rows = scenes.list({"type": 18}).xml.findall("Directory")
    assert [(r.get("title"), r.get("childCount")) for r in rows] == [("Acme", "1"), ("Bold", "1")]
    assert scenes.full(int(key)).find("Field").get("name") == "summary"


def test_a_removed_item_leaves_its_collections(scenes: Scenes) -> None:
    one, two = scenes.add("a", collections=["C"]), scenes.add("b", collections=["C"])
    scenes.plex.remove_item(one)
    assert scenes.plex.collections(scenes.section) == {"C": [two]}
    scenes.plex.agent_refresh(two)
    assert scenes.plex.collections(scenes.section) == {"C": []}

"""Listings, full items, paging, filters: what a client can read from the Plex simulator."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest

from tests.support.plex_contract import DATA, Scenes, tags_of

MANY = ["A", "B", "C", "D"]


def test_a_listing_shows_two_tags_of_each_kind_and_three_roles(scenes: Scenes) -> None:
    scenes.add(genres=MANY, collections=MANY, directors=MANY, actors=MANY)
    video = scenes.list().xml[0]
    assert tags_of(video, "Genre") == tags_of(video, "Collection") == ["A", "B"]
    assert tags_of(video, "Director") == ["A", "B"]
    assert tags_of(video, "Role") == ["A", "B", "C"]


def test_a_listing_has_no_labels_locks_streams_or_tag_ids(scenes: Scenes) -> None:
    scenes.add(labels=["Stash"], genres=["A"], locks=["title"])
    video = scenes.list({"checkFiles": 1}).xml[0]
    assert video.find("Label") is video.find("Field") is video.find(".//Stream") is None
    assert video.find("Genre").attrib == {"tag": "A"}
    assert "exists" not in video.find(".//Part").attrib
    assert video.get("librarySectionID") is None


def test_a_full_item_is_complete_and_in_written_order(scenes: Scenes) -> None:
    actors = [("Zoe", "Lead", "http://img/z.jpg"), "Ann", "Bob", "Cid"]
    rk = scenes.add(labels=["Stash"], genres=list(reversed(MANY)), actors=actors, locks=["title"])
    video = scenes.full(rk)
    assert tags_of(video, "Genre") == ["D", "C", "B", "A"]
    assert tags_of(video, "Role") == ["Zoe", "Ann", "Bob", "Cid"]
    assert video.find("Role").get("role") == "Lead"
    assert video.find("Role").get("thumb") == "http://img/z.jpg"
    assert video.find("Label").get("id") and video.find("Label").get("filter")
    assert video.find("Field").attrib == {"locked": "1", "name": "title"}
    assert video.find(".//Stream") is not None and video.get("librarySectionID")


def test_unset_values_are_left_out(scenes: Scenes) -> None:
    video = scenes.full(scenes.add())
    unset = ("summary", "studio", "userRating", "year", "originallyAvailableAt", "art")
    assert not [name for name in unset if name in video.attrib]


def test_newlines_are_written_as_character_references(scenes: Scenes) -> None:
    rk = scenes.add(summary='one\ntwo "three" & <four>\t.')
    assert b"one&#10;two &quot;three&quot; &amp; &lt;four&gt;&#9;." in scenes.list().body
    assert scenes.full(rk).get("summary") == 'one\ntwo "three" & <four>\t.'


def test_guids_are_listed_on_request(scenes: Scenes) -> None:
    movies = scenes.plex.add_section("Movies", agent="tv.plex.agents.movie", roots=["/m"])
    scenes.plex.add_file("/m/x.mkv")
    where = f"/library/sections/{movies}/all"
    assert scenes.get(where).xml.find(".//Guid") is None
    assert scenes.get(where, {"includeGuids": 1}).xml.find("Video/Guid") is not None


@pytest.mark.parametrize("by_header", [True, False])
def test_pages_by_header_or_query(scenes: Scenes, by_header: bool) -> None:
    for number in range(5):
        scenes.add(f"clip {number}")
    window = {"X-Plex-Container-Start": "2", "X-Plex-Container-Size": "2"}
    reply = scenes.list(headers=window) if by_header else scenes.list(window)
    assert reply.titles == ["clip 2", "clip 3"]
    assert reply.xml.get("totalSize") == reply.headers["X-Plex-Container-Total-Size"] == "5"
    assert reply.xml.get("offset") == reply.headers["X-Plex-Container-Start"] == "2"


def test_size_zero_gives_totals_only(scenes: Scenes) -> None:
    scenes.add()
    reply = scenes.list({"X-Plex-Container-Start": 0, "X-Plex-Container-Size": 0})
    assert (reply.titles, reply.xml.get("size"), reply.xml.get("totalSize")) == ([], "0", "1")


def test_total_size_may_be_missing_when_the_window_covers_all(scenes: Scenes) -> None:
    scenes.add("a"), scenes.add("b")
    scenes.plex.options.omit_total_size = True
    assert scenes.list().xml.get("totalSize") is None
    assert scenes.list({"X-Plex-Container-Size": 1}).xml.get("totalSize") == "2"


def test_a_page_may_be_smaller_than_asked(scenes: Scenes) -> None:
    for number in range(5):
        scenes.add(f"clip {number}")
    scenes.plex.options.page_cap = 3
    reply = scenes.list({"X-Plex-Container-Size": 5})
    assert len(reply.titles) == 3 and reply.xml.get("totalSize") == "5"


def test_a_batch_skips_missing_ids(scenes: Scenes) -> None:
    one, two = scenes.add("a"), scenes.add("b")
    reply = scenes.get(f"/library/metadata/{one},99999,{two}")
    assert reply.titles == ["a", "b"]


def test_a_batch_is_404_only_when_nothing_exists(scenes: Scenes) -> None:
    assert scenes.get("/library/metadata/99998,99999").status == 404


def test_a_stalling_id_hangs_a_batch_but_not_itself(scenes: Scenes) -> None:
    one, two = scenes.add("a"), scenes.add("b")
    scenes.plex.options.stalling_ids = {two}
    scenes.plex.options.stall_seconds = 0.2
    scenes.get(f"/library/metadata/{one},{two}")
    scenes.get(f"/library/metadata/{two}")
    batch, single = scenes.plex.requests
    assert batch.ended - batch.started >= 0.2 > single.ended - single.started


def test_check_files_works_on_full_items(scenes: Scenes) -> None:
    rk = scenes.add()
    part = scenes.get(f"/library/metadata/{rk}", {"checkFiles": 1}).xml.find(".//Part")
    assert part.get("exists") == part.get("accessible") == "1"


def test_elements_and_fields_can_be_excluded(scenes: Scenes) -> None:
    rk = scenes.add(summary="text", tagline="line")
    query = {"excludeElements": "Media", "excludeFields": "summary,tagline"}
    video = scenes.get(f"/library/metadata/{rk}", query).xml[0]
    assert video.find("Media") is None and "summary" not in video.attrib


def test_json_on_request_has_booleans_numbers_and_string_keys(scenes: Scenes) -> None:
    rk = scenes.add(userRating=7.5, genres=["A"], year=2020)
    accept = {"Accept": "application/json"}
    video = scenes.get(f"/library/metadata/{rk}", headers=accept).json["Metadata"][0]
    assert video["ratingKey"] == str(rk) and video["addedAt"] == 1_700_000_000
    assert (video["userRating"], video["year"]) == (7.5, 2020)
    assert video["Genre"][0]["tag"] == "A" and video["Media"][0]["Part"][0]["size"] == 1234
    section = scenes.get("/library/sections", headers=accept).json["Directory"][0]
    assert section["refreshing"] is False and section["key"] == str(scenes.section)


def test_several_parts_and_several_media_per_item(scenes: Scenes) -> None:
    rk = scenes.add("one")
    scenes.plex.add_parts(rk, [f"{DATA}/one-cd2.mp4"])
    scenes.plex.add_media(rk, f"{DATA}/other scene.mp4")
    media = scenes.list().xml[0].findall("Media")
    files = [[part.get("file") for part in one.findall("Part")] for one in media]
    assert files == [[f"{DATA}/one.mp4", f"{DATA}/one-cd2.mp4"], [f"{DATA}/other scene.mp4"]]


def test_one_file_may_be_in_two_sections(scenes: Scenes) -> None:
    other = scenes.plex.add_section("Again", roots=["/data"])
    first, second = scenes.add(), scenes.add(section=other)
    assert first != second
    assert scenes.plex.item(first)["files"] == scenes.plex.item(second)["files"]


def test_a_readded_item_has_a_new_rating_key(scenes: Scenes) -> None:
    old = scenes.add(title="Edited")
    new = scenes.plex.readd_item(old)
    assert scenes.get(f"/library/metadata/{old}").status == 404
    assert scenes.plex.item(new)["title"] == "clip one"


def test_a_recreated_section_has_a_new_id(scenes: Scenes) -> None:
    scenes.add()
    new = scenes.plex.recreate_section("Scenes")
    assert new != scenes.section
    assert scenes.list().status == 404
    assert scenes.get(f"/library/sections/{new}/all").titles == ["clip one"]


def test_a_moved_file_keeps_its_item(scenes: Scenes) -> None:
    rk = scenes.add()
    scenes.plex.move_file(f"{DATA}/clip one.mp4", "/data/else/new.mp4")
    assert scenes.plex.item_by_file("/data/else/new.mp4")["ratingKey"] == rk
    assert scenes.list({"file": "clip one.mp4"}).titles == []


def test_a_show_section_without_type_is_an_error_of_the_server(scenes: Scenes) -> None:
    shows = scenes.plex.add_section("TV", type="show", roots=["/tv"])
    where = f"/library/sections/{shows}/all"
    assert scenes.get(where, {"file": "x.mp4"}).status == 500
    assert scenes.get(where).status == 500
    assert scenes.get(where, {"type": 2}).status == 200
    scenes.plex.options.shows_need_type = False
    assert [scenes.get(where, q).status for q in ({}, {"file": "x.mp4"})] == [200, 500]


def test_sections_tell_scan_times_and_locations(scenes: Scenes) -> None:
    section = scenes.get("/library/sections/").xml.find("Directory")
    assert section.find("Location").get("path") == "/data"
    assert section.get("scannedAt") == "1700000000" and section.get("refreshing") == "0"
    assert (section.get("type"), section.get("agent")) == ("movie", "tv.plex.agents.none")
    before = int(section.get("contentChangedAt"))
    scenes.add()
    after = scenes.get("/library/sections").xml.find("Directory").get("contentChangedAt")
    assert int(after) > before


def test_a_row_may_be_no_xml_while_the_others_are(scenes: Scenes) -> None:
    spoilt, other = scenes.add(), scenes.add()
    scenes.plex.options.spoilt_rows = {spoilt}
    with pytest.raises(ElementTree.ParseError):
        _ = scenes.list().xml
    scenes.plex.options.spoilt_rows = set()
    assert [int(one.get("ratingKey")) for one in scenes.list().xml] == [spoilt, other]

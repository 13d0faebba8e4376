"""Edits on the Plex simulator: fields, locks, tags and ratings, as they go over the wire."""

from __future__ import annotations

from urllib.parse import quote

import pytest

from tests.support.plex_contract import Scenes, tags_of

RATE = {"identifier": "com.plexapp.plugins.library"}


def test_one_request_sets_and_locks_several_fields(scenes: Scenes) -> None:
    rk = scenes.add()
    sent = "title.value=%C3%9Cn%C3%AF%20%26%20x&title.locked=1&studio.value=b&studio.locked=0"
    reply = scenes.edit(rk, sent)
    assert (reply.status, reply.body, reply.headers["Content-Length"]) == (200, b"", "0")
    item = scenes.plex.item(rk)
    assert (item["title"], item["studio"], item["locks"]) == ("Ünï & x", "b", {"title"})


def test_an_empty_value_clears_the_attribute(scenes: Scenes) -> None:
    rk = scenes.add(summary="text")
    scenes.edit(rk, "summary.value=&summary.locked=1")
    assert "summary" not in scenes.full(rk).attrib
    assert scenes.full(rk).find("Field").get("name") == "summary"


def test_a_lock_alone_can_be_toggled_and_then_vanishes(scenes: Scenes) -> None:
    rk = scenes.add()
    scenes.edit(rk, "thumb.locked=1")
    assert scenes.full(rk).find("Field").get("name") == "thumb"
    scenes.edit(rk, "thumb.locked=0")
    assert scenes.full(rk).find("Field") is None


def test_a_missing_id_edits_every_item(scenes: Scenes) -> None:
    first, second = scenes.add("a"), scenes.add("b")
    where = f"/library/sections/{scenes.section}/all"
    scenes.ask("PUT", where, "type=1&summary.value=oops")
    assert {scenes.plex.item(rk)["summary"] for rk in (first, second)} == {"oops"}


def test_an_edit_of_an_item_that_is_gone_is_404(scenes: Scenes) -> None:
    assert scenes.edit(99999, "title.value=x").status == 404


def test_two_edits_within_a_second_bump_updated_at_once(scenes: Scenes) -> None:
    rk = scenes.add()
    scenes.clock.wait(10)
    scenes.edit(rk, "title.value=x")
    scenes.edit(rk, "title.value=y")
    assert scenes.plex.item(rk)["updatedAt"] == 1_700_000_010
    assert scenes.list().xml[0].get("updatedAt") == "1700000010"


def test_the_sort_title_is_derived_while_unset(scenes: Scenes) -> None:
    rk = scenes.add()
    scenes.edit(rk, "title.value=The%20End")
    assert scenes.full(rk).get("titleSort") == "End"
    scenes.edit(rk, "titleSort.value=zzz")
    assert scenes.full(rk).get("titleSort") == "zzz"
    scenes.edit(rk, "titleSort.value=")
    assert scenes.plex.item(rk)["titleSort"] == "End"


@pytest.mark.parametrize("sets_year", [True, False])
def test_whether_the_date_sets_the_year_is_switchable(scenes: Scenes, sets_year: bool) -> None:
    scenes.plex.options.date_sets_year = sets_year
    rk = scenes.add()
    scenes.edit(rk, "originallyAvailableAt.value=2024-02-03")
    assert scenes.full(rk).get("year") == ("2024" if sets_year else None)


@pytest.mark.parametrize("date", ["2024", "2024-02-30", "03.02.2024"])
def test_a_malformed_date_is_refused(scenes: Scenes, date: str) -> None:
    reply = scenes.edit(scenes.add(), f"originallyAvailableAt.value={date}")
    assert reply.status == 500 and b"Field data is not valid" in reply.body


def test_a_rating_is_set_and_reset_without_a_lock(scenes: Scenes) -> None:
    rk = scenes.add()
    scenes.ask("PUT", "/:/rate", {"key": rk, "rating": 7.5, **RATE})
    assert scenes.full(rk).get("userRating") == "7.5" and scenes.full(rk).find("Field") is None
    scenes.ask("PUT", "/:/rate", {"key": rk, "rating": -1, **RATE})
    assert "userRating" not in scenes.full(rk).attrib


def test_a_rating_outside_0_to_10_is_refused(scenes: Scenes) -> None:
    rk = scenes.add()
    assert scenes.ask("PUT", "/:/rate", {"key": rk, "rating": 75, **RATE}).status == 400
    assert scenes.ask("PUT", "/:/rate", {"key": rk, "rating": 7}).status == 400


MODES = [("add", ["Old", "New"], True), ("replace", ["New"], False), ("mixed", ["New"], True)]


@pytest.mark.parametrize(("mode", "single", "multi_adds"), MODES)
def test_tags_are_added_or_replaced_by_mode(
    scenes: Scenes, mode: str, single: list[str], multi_adds: bool
) -> None:
    scenes.plex.tag_mode = mode
    one, two, three = (scenes.add(name, genres=["Old"]) for name in "abc")
    scenes.edit(one, "genre%5B0%5D.tag.tag=New&genre.locked=1")
    scenes.edit(f"{two},{three}", "genre[0].tag.tag=New")
    assert scenes.tags(one) == single
    assert scenes.tags(three) == (["Old", "New"] if multi_adds else ["New"])


def test_a_set_tag_may_hold_a_comma(scenes: Scenes) -> None:
    rk = scenes.add()
    scenes.edit(rk, "genre%5B0%5D.tag.tag=N%2C%20w&genre%5B1%5D.tag.tag=G1")
    assert scenes.tags(rk) == ["N, w", "G1"]


def test_removals_are_split_on_commas_without_regard_to_case(scenes: Scenes) -> None:
    rk = scenes.add(genres=["A", "B", "C"])
    scenes.edit(rk, "genre%5B%5D.tag.tag-=a%2CB")
    assert scenes.tags(rk) == ["C"]


@pytest.mark.parametrize("name", ["G1, x", "Fish & Chips", "50%25 off", "C++"])
def test_special_names_are_removed_only_when_encoded_twice(scenes: Scenes, name: str) -> None:

    rk = scenes.add(genres=[name])
    scenes.edit(rk, "genre%5B%5D.tag.tag-=" + quote(name, safe=""))
    assert scenes.tags(rk) == [name]
    scenes.edit(rk, "genre%5B%5D.tag.tag-=" + quote(quote(name, safe=""), safe=""))
    assert scenes.tags(rk) == []


@pytest.mark.parametrize("clear", ["genre%5B%5D.tag.tag-=", "genre%5B%5D.tag="])
def test_an_empty_removal_clears_the_kind(scenes: Scenes, clear: str) -> None:
    rk = scenes.add(genres=["A", "B"], labels=["Kept"])
    scenes.edit(rk, clear)
    assert (scenes.tags(rk), scenes.tags(rk, "labels")) == ([], ["Kept"])


def test_only_the_first_removal_may_count(scenes: Scenes) -> None:
    scenes.plex.options.only_first_removal = True
    rk = scenes.add(genres=["A", "B"], labels=["L"])
    scenes.edit(rk, "genre[].tag.tag-=A,B&label[].tag.tag-=L")
    assert (scenes.tags(rk), scenes.tags(rk, "labels")) == (["B"], ["L"])


def test_a_value_that_plex_will_not_have_leaves_a_lock_behind(scenes: Scenes) -> None:
    scenes.plex.options.deaf_to = {"studio"}
    rk = scenes.add()
    scenes.edit(rk, "studio.value=After&studio.locked=1&title.value=T")
    item = scenes.plex.item(rk)
    assert (item["studio"], item["title"], "studio" in item["locks"]) == (None, "T", True)


def test_the_first_casing_of_a_tag_wins_on_the_whole_server(scenes: Scenes) -> None:
    scenes.add("a", genres=["Outdoor"])
    rk = scenes.add("b")
    scenes.edit(rk, "genre[0].tag.tag=OUTDOOR&director[0].tag.tag=OUTDOOR")
    assert scenes.tags(rk) == ["Outdoor"]
    assert scenes.tags(rk, "directors") == ["OUTDOOR"]


def test_a_new_label_gets_a_capital_first_letter(scenes: Scenes) -> None:
    rk = scenes.add()
    scenes.edit(rk, "label[0].tag.tag=stash%20sync")
    assert tags_of(scenes.full(rk), "Label") == ["Stash sync"]


def test_a_server_may_keep_the_spelling_of_a_label(scenes: Scenes) -> None:
    scenes.plex.options.labels_get_capital = False
    rk = scenes.add()
    scenes.edit(rk, "label[0].tag.tag=mine")
    assert scenes.tags(rk, "labels") == ["mine"]


def test_a_server_may_leave_updated_at_as_it_was(scenes: Scenes) -> None:
    scenes.plex.options.edit_bumps_updated_at = False
    rk = scenes.add()
    before = scenes.plex.item(rk)["updatedAt"]
    scenes.clock.wait(10)
    scenes.edit(rk, "title.value=x")
    assert (scenes.plex.item(rk)["title"], scenes.plex.item(rk)["updatedAt"]) == ("x", before)


@pytest.mark.parametrize(
    ("way", "status", "studios"), [("first", 200, ["S", None]), ("refused", 400, [None, None])]
)
def test_a_server_may_not_understand_several_ids(
    scenes: Scenes, way: str, status: int, studios: list[str | None]
) -> None:
    scenes.plex.options.several_ids = way
    first, second = scenes.add("a"), scenes.add("b")
    assert scenes.edit(f"{first},{second}", "studio.value=S").status == status
    assert [scenes.plex.item(rk)["studio"] for rk in (first, second)] == studios
    assert scenes.edit(first, "studio.value=T").status == 200


def test_an_actor_has_a_role_per_item_and_one_thumb(scenes: Scenes) -> None:
    one = scenes.add("a", actors=[("Jane Doe", "", "http://old/j.jpg")])
    two = scenes.add("b")
    sent = "actor[0].tag.tag=Jane%20Doe&actor[0].tag.thumb=http%3A%2F%2Fnew%2Fj.jpg"
    scenes.edit(two, sent + "&actor[0].tagging.text=Lead")
    assert scenes.plex.item(two)["actor_details"][0]["role"] == "Lead"
    assert scenes.plex.item(one)["actor_details"] == [
        {"name": "Jane Doe", "role": "", "thumb": "http://new/j.jpg"}
    ]


def test_a_refresh_spares_locked_fields_only(scenes: Scenes) -> None:
    rk = scenes.add(title="Mine", summary="Mine", genres=["Mine"], locks=["title", "genre"])
    scenes.ask("PUT", f"/library/metadata/{rk}/refresh")
    item = scenes.plex.item(rk)
    assert (item["title"], item["summary"], item["genres"]) == ("Mine", None, ["Mine"])
    scenes.plex.edit_as_person(rk, unlock=["title"])
    scenes.plex.agent_refresh(scenes.section)
    assert scenes.plex.item(rk)["title"] == "clip one"


def test_a_person_edits_and_locks_without_a_trace_in_the_log(scenes: Scenes) -> None:
    rk = scenes.add(genres=["A"])
    scenes.plex.edit_as_person(rk, title="By hand", add_genres=["B"], remove_genres=["A"])
    item = scenes.plex.item(rk)
    assert (item["title"], item["genres"]) == ("By hand", ["B"])
    assert item["locks"] == {"title", "genre"} and not scenes.plex.requests


def test_an_edit_shows_in_the_next_listing(scenes: Scenes) -> None:
    first, second = scenes.add("a"), scenes.add("b")
    assert scenes.list().titles == ["a", "b"]
    scenes.edit(first, "title.value=z")
    assert scenes.list().titles == ["b", "z"]
    assert scenes.list({"id": f"{first},{second}"}).titles == ["b", "z"]


def test_an_edit_can_set_and_lock_a_rating(scenes: Scenes) -> None:
    rk = scenes.add()
    scenes.edit(rk, "userRating.value=7.5&userRating.locked=1")
    assert scenes.full(rk).get("userRating") == "7.5"
    assert scenes.full(rk).find("Field").get("name") == "userRating"
    scenes.ask("PUT", "/:/rate", {"key": rk, "rating": 3, **RATE})
    assert (scenes.plex.item(rk)["userRating"], scenes.plex.item(rk)["locks"]) == (
        3,
        {"userRating"},
    )
    scenes.edit(rk, "userRating.value=&userRating.locked=0")
    assert "userRating" not in scenes.full(rk).attrib and scenes.full(rk).find("Field") is None


def test_a_server_may_take_ratings_only_apart(scenes: Scenes) -> None:
    scenes.plex.options.deaf_to = {"userRating"}
    rk = scenes.add()
    scenes.edit(rk, "userRating.value=7.5&title.value=T")
    assert (scenes.full(rk).get("title"), scenes.full(rk).get("userRating")) == ("T", None)
    scenes.ask("PUT", "/:/rate", {"key": rk, "rating": 7.5, **RATE})
    assert scenes.full(rk).get("userRating") == "7.5"


def test_a_person_can_lock_a_rating(scenes: Scenes) -> None:
    rk = scenes.add()
    scenes.plex.edit_as_person(rk, lock=False, userRating=3.0, locks=["userRating"])
    assert scenes.full(rk).find("Field").get("name") == "userRating"


@pytest.mark.parametrize(("mode", "single", "multi_adds"), MODES)
def test_an_edit_of_several_items_reaches_each(
    scenes: Scenes, mode: str, single: list[str], multi_adds: bool
) -> None:
    """Names come and go on each, values are set on all; an item that is gone is passed over."""
    scenes.plex.tag_mode = mode
    keys = [scenes.add(name, genres=["Old", name], labels=["L"]) for name in "abc"]
    ids = ",".join(map(str, [*keys, 99999]))
    sent = "genre[0].tag.tag=New&genre[].tag.tag-=Old&genre.locked=1&label[].tag.tag-=l"
    reply = scenes.edit(ids, f"{sent}&studio.value=S&studio.locked=1&contentRating.value=XXX")
    assert (reply.status, reply.body) == (200, b"")
    for key, name in zip(keys, "abc", strict=True):
        item = scenes.plex.item(key)
        assert item["genres"] == ([name, "New"] if multi_adds else ["New"])
        assert (item["labels"], item["studio"], item["contentRating"]) == ([], "S", "XXX")
        assert item["locks"] == {"genre", "studio"}


def test_an_edit_of_several_items_of_which_one_is_left(scenes: Scenes) -> None:
    scenes.plex.tag_mode = "mixed"
    rk = scenes.add(genres=["Old"])
    scenes.edit(f"{rk},99999", "genre[0].tag.tag=New")
    assert scenes.tags(rk) == ["New"]
    assert scenes.edit("99998,99999", "genre[0].tag.tag=New").status == 404

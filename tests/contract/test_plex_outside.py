"""What happens to a Plex library outside the API: a new database, an Unmatch, a second server."""

from __future__ import annotations

import pytest

from devserver.plex import PlexServer
from tests.support.plex_contract import DATA, Scenes

BARE = {"summary": None, "studio": None, "genres": [], "collections": [], "locks": set()}
NAMES = "abc"


@pytest.fixture
def full(scenes: Scenes) -> list[int]:
    """Three items that say something."""
    keys = [scenes.add(name) for name in NAMES]
    for key in keys:
        scenes.edit(key, "title.value=T&title.locked=1&summary.value=s&collection[0].tag.tag=C")
        scenes.ask("POST", f"/library/metadata/{key}/posters", body=b"\xff\xd8\xff picture")
    return keys


def files(scenes: Scenes) -> dict[int, str]:
    return {item["ratingKey"]: item["title"] for item in scenes.plex.items()}


def test_a_database_begun_anew_knows_the_files_and_nothing_else(
    scenes: Scenes, full: list[int]
) -> None:
    machine = scenes.plex.machine_identifier
    assert scenes.plex.begin_anew() == {key: key for key in full}
    assert scenes.plex.machine_identifier == machine
    assert files(scenes) == dict(zip(full, NAMES, strict=True))
    item = scenes.plex.item(full[0])
    assert {name: item[name] for name in BARE} == BARE
    assert item["poster"].startswith("media://") and len(item["posters"]) == 1
    assert scenes.plex.collections(scenes.section) == {}
    assert scenes.list().titles == list(NAMES)


def test_its_rating_keys_may_stand_for_other_files(scenes: Scenes, full: list[int]) -> None:
    a, b, c = full
    assert scenes.plex.begin_anew(keys="shifted") == {a: b, b: c, c: a}
    assert files(scenes) == {a: "c", b: "a", c: "b"}
    assert scenes.plex.item_by_file(f"{DATA}/a.mp4")["ratingKey"] == b
    assert scenes.full(a).find("Media/Part").get("file") == f"{DATA}/c.mp4"


def test_its_items_keep_all_their_files(scenes: Scenes, full: list[int]) -> None:
    scenes.plex.add_parts(full[0], [f"{DATA}/a 2.mp4"])
    scenes.plex.add_media(full[0], f"{DATA}/a 4K.mp4", size=99)
    before = scenes.plex.item(full[0])["media"]
    scenes.plex.begin_anew("shifted")
    assert scenes.plex.item(full[1])["media"] == before
    assert scenes.plex.item_by_file(f"{DATA}/a 4K.mp4")["ratingKey"] == full[1]


def test_an_agent_may_say_something_of_its_items(scenes: Scenes, full: list[int]) -> None:
    scenes.plex.begin_anew("shifted")
    for key in full:
        scenes.plex.agent_says(key, summary="the agent's")
    scenes.plex.agent_refresh(section=scenes.section)
    assert {item["summary"] for item in scenes.plex.items()} == {"the agent's"}
    assert scenes.plex.written_by_plugin(full[0]) == {}


def test_a_new_key_is_given_if_there_is_no_other(scenes: Scenes) -> None:
    only = scenes.add()
    ((old, new),) = scenes.plex.begin_anew("shifted").items()
    assert old == only != new and list(scenes.plex.library.items) == [new]


def test_an_unmatched_item_says_what_plex_makes_of_its_file(
    scenes: Scenes, full: list[int]
) -> None:
    scenes.clock.wait(9)
    scenes.plex.unmatch_as_person(full[0])
    item = scenes.plex.item(full[0])
    assert {name: item[name] for name in BARE} == BARE
    assert (item["title"], item["poster"][:8]) == ("a", "media://")
    assert item["updatedAt"] == 1_700_000_009
    assert scenes.plex.collections(scenes.section) == {"C": full[1:]}
    assert scenes.plex.written_by_plugin(full[0]) == {}


def test_two_servers_are_two_machines_unless_they_are_told_otherwise() -> None:
    with PlexServer() as one, PlexServer() as two:
        assert one.machine_identifier != two.machine_identifier
    assert PlexServer(machine_identifier="m").machine_identifier == "m"

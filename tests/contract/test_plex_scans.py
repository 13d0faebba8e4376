"""Scans of the Plex simulator: phase by phase, on the server's clock."""

from __future__ import annotations

import pytest

from tests.support.plex_contract import DATA, Scenes


def scan(scenes: Scenes, path: str = DATA) -> None:
    where = f"/library/sections/{scenes.section}/refresh"
    assert scenes.get(where, "path=" + path.replace(" ", "+")).body == b""


def refreshing(scenes: Scenes) -> str:
    return scenes.get("/library/sections").xml.find("Directory").get("refreshing")


def activities(scenes: Scenes) -> list[str]:
    return [row.get("type") for row in scenes.get("/activities").xml]


def test_a_file_appears_only_after_a_refresh_that_covers_it(scenes: Scenes) -> None:
    scenes.plex.add_file("/data/sub dir/new.mp4", scanned=False)
    scan(scenes, "/data/elsewhere")
    scenes.clock.wait(60)
    assert scenes.list().titles == []
    scan(scenes, "/data/sub dir")
    scenes.clock.wait(60)
    assert scenes.list().titles == ["new"]


def test_a_path_outside_the_roots_finds_nothing(scenes: Scenes) -> None:
    scenes.plex.add_file("/other/new.mp4", section=scenes.section, scanned=False)
    scan(scenes, "/other")
    scenes.plex.advance_scan()
    assert scenes.list().titles == []


def test_refreshing_falls_long_before_the_items_have_settled(scenes: Scenes) -> None:
    for number in range(50):
        scenes.add(f"new {number}", scanned=False)
    scan(scenes)
    assert refreshing(scenes) == "1" and activities(scenes) == ["butler", "library.update.section"]
    assert scenes.list().titles == []
    scenes.clock.wait(2)
    assert activities(scenes)[2:] == ["library.update.item.metadata"] * 3
    scenes.clock.wait(4)
    assert refreshing(scenes) == "0" and len(activities(scenes)) == 4
    scenes.clock.wait(28)
    assert activities(scenes) == ["butler"] and len(scenes.list().titles) == 50


def test_scanned_at_moves_when_the_scan_ends(scenes: Scenes) -> None:
    scan(scenes)
    scenes.clock.wait(10)
    section = scenes.get("/library/sections").xml.find("Directory")
    assert section.get("scannedAt") == "1700000006"


def test_what_is_written_before_the_items_own_pass_is_lost_unless_locked(scenes: Scenes) -> None:
    scenes.add("new", scanned=False)
    scan(scenes)
    scenes.clock.wait(3)
    rk = scenes.plex.item_by_file(f"{DATA}/new.mp4")["ratingKey"]
    scenes.edit(rk, "title.value=Mine&summary.value=Mine&summary.locked=1")
    scenes.clock.wait(30)
    item = scenes.plex.item(rk)
    assert (item["title"], item["summary"]) == ("new", "Mine")


def test_a_scan_can_be_cancelled(scenes: Scenes) -> None:
    scenes.add("new", scanned=False)
    scan(scenes)
    scenes.ask("DELETE", f"/library/sections/{scenes.section}/refresh")
    scenes.clock.wait(60)
    assert scenes.list().titles == []


def test_force_resets_unlocked_fields_of_the_whole_section(scenes: Scenes) -> None:
    rk = scenes.add(title="Mine", summary="Mine", locks=["summary"])
    scenes.get(f"/library/sections/{scenes.section}/refresh", {"force": 1})
    assert scenes.full(rk).get("title") == "clip one"
    assert scenes.full(rk).get("summary") == "Mine"


def test_time_can_be_let_pass_for_scans_alone(scenes: Scenes) -> None:
    scenes.add("new", scanned=False)
    scenes.plex.scan(scenes.section)
    scenes.plex.advance_scan(2)
    assert scenes.list().titles == ["new"] and refreshing(scenes) == "1"
    scenes.plex.advance_scan()
    assert refreshing(scenes) == "0" and activities(scenes) == ["butler"]


def test_a_second_scan_of_the_section_waits_for_the_first(scenes: Scenes) -> None:
    scan(scenes, "/data/empty")
    scenes.add("new", scanned=False)
    scan(scenes)
    scenes.clock.wait(7)
    assert scenes.list().titles == [] and refreshing(scenes) == "1"
    scenes.clock.wait(2)
    assert scenes.list().titles == ["new"]


@pytest.mark.parametrize(
    ("name", "title", "date"),
    [
        ("clip one", "clip one", None),
        ("clip-1_a", "clip-1_a", None),
        ("[Studio] Jane Doe - Some Scene (14.09.2017) rq (1k)", "Jane Doe Some Scene 14 09", "2017"),
        ("studio.17.09.14.jane.doe.some.scene.1080p.x264", "studio 17 09 14 jane doe some scene", None),
        ("Some Scene (2016)", "Some Scene", "2016"),
        ("Some Scene [1080p]", "Some Scene", None),
        ("[2016]", "[2016]", "2016"),
    ],
)  # fmt: skip
def test_the_scanner_makes_a_title_and_a_date_of_the_name(
    scenes: Scenes, name: str, title: str, date: str | None
) -> None:
    rk = scenes.add(name)
    for _ in range(2):
        item = scenes.full(rk)
        assert item.get("title") == title
        assert item.get("originallyAvailableAt") == (date and f"{date}-01-01")
        assert item.find("Field") is None
        scenes.edit(rk, "title.value=Mine&originallyAvailableAt.value=2020-02-02")
        scenes.plex.agent_refresh(rk)

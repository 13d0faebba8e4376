"""The operations of the page's settings, as Stash calls them."""

from __future__ import annotations

from typing import Any

import pytest

from devserver.box import TOKEN, Box
from devserver.stash.client import StashError
from validation.config import load, shown
from validation.rules import GROUPS, RULES

WRONG: dict[str, Any] = {
    "plex_url": "ftp://x", "plex_token": "a b", "path_map": "/a", "sync_fields": "title, nonsense",
    "on_leave": "maybe", "title_template": "{nothing}", "max_tags": 5000,
    "actor_photo_url": "here", "collections_from": "tag", "collection_prefix": "{x}",
    "reconcile_interval": "often", "reconcile_scope": "soon", "brake_share": "x",
}  # fmt: skip


def rows(box: Box) -> dict[str, dict[str, Any]]:
    return {row["name"]: row for row in box.operation("settings")["settings"]}


def test_each_setting_comes_in_its_group_with_the_default_of_the_config(box: Box) -> None:
    found = box.operation("settings")["settings"]
    assert [(row["group"], row["name"]) for row in found] == [
        (group, name) for group, rules in GROUPS.items() for name in rules
    ]
    defaults = {name: list(one) if isinstance(one, tuple) else one for name, one in shown().items()}
    assert {row["name"]: row["default"] for row in found} == {
        **defaults,
        "plex_token": "",
        "notify": "",
    }


def test_a_value_is_told_as_it_is_typed(box: Box) -> None:
    box.configure(
        plex_url=f"{box.plex.url}/web?X-Plex-Token={TOKEN}", exclude_tags="Rain, snow;", max_tags=7,
        plex_library='"Films, old", #3', reconcile_scope="30D", labels=["a, b", "c"],
        include_tags=["x", "y"], sync_studio=False, max_retries=500,
    )  # fmt: skip
    found = rows(box)
    typed = {name: row["typed"] for name, row in found.items()}
    assert typed["plex_url"] == box.plex.url and typed["plex_token"] == ""
    assert (typed["exclude_tags"], typed["max_tags"]) == ("Rain, snow;", "7")
    assert (typed["plex_library"], typed["reconcile_scope"]) == ('"Films, old", #3', "30D")
    assert (typed["labels"], typed["include_tags"]) == ("a, b; c;", "x, y")
    assert "studio" not in typed["sync_fields"] and typed["sync_fields"].startswith("title, ")
    assert (typed["max_retries"], typed["paused"]) == ("500", False)
    assert (typed["brake_share"], typed["on_leave"]) == ("", "")
    assert load({name: value for name, value in typed.items() if name != "max_retries"})[1] == ()
    assert "from 1 to 100" in found["max_retries"]["problem"]


@pytest.mark.parametrize("name", WRONG)
def test_a_typed_value_is_refused_with_the_sentence_of_the_config(box: Box, name: str) -> None:
    problem = box.operation("check_setting", name=name, value=WRONG[name])["problem"]
    warnings = load({name: WRONG[name]})[1]
    assert problem
    assert not warnings or warnings[0].startswith(f"{name}: {problem}")
    with pytest.raises(StashError) as refused:
        box.operation("save_settings", settings={name: WRONG[name]})
    assert str(refused.value).endswith(f"{name}: {problem}")


def test_blank_values_and_good_values_have_no_problem(box: Box) -> None:
    for name, rule in RULES.items():
        blank = 0 if rule.kind == "number" else ""
        assert box.operation("check_setting", name=name, value=blank)["problem"] == ""
    for name, value in (("max_tags", "7"), ("path_map", "/a => /b"), ("plex_url", box.plex.url)):
        assert box.operation("check_setting", name=name, value=value)["problem"] == ""


def test_a_check_of_no_setting_is_refused(box: Box) -> None:
    for name in ("no_setting", "reconcile_missing", ""):
        with pytest.raises(StashError, match="there is no setting"):
            box.operation("check_setting", name=name, value="x")


def test_a_template_is_shown_for_a_real_scene_as_a_sync_writes(box: Box) -> None:
    box.add("bare.mp4", title="Bare")
    parts = {"studio": "North", "performers": ["Ann"], "groups": [("Series", 7)]}
    scene = box.add("a.mp4", title="Whole", date="2024-05-06", **parts)
    found = box.operation("template_parts")
    assert (found["scene"], found["title"]) == (scene, "Whole")
    form = "{performers} - {title} ({year}) {code}"
    asked = {"value": form, "parts": found["parts"]}
    answer = box.operation("check_setting", name="title_template", **asked)
    assert answer == {"problem": "", "example": "Ann - Whole (2024)"}
    sort = {"value": "{group} {scene_index}", "parts": found["parts"]}
    example = box.operation("check_setting", name="sort_title_template", **sort)["example"]
    box.configure(title_template=form, sort_title_template="{group} {scene_index}")
    box.operation("all")
    assert box.item(scene)["title"] == "Ann - Whole (2024)"
    assert box.item(scene)["titleSort"] == example == "Series 007"


def test_without_a_scene_there_are_no_parts(box: Box) -> None:
    assert box.operation("template_parts") == {"scene": None, "title": "", "parts": {}}


def test_the_libraries_of_plex_are_listed_and_nothing_is_left(box: Box) -> None:
    other = box.plex.add_section("Others", roots=["/others"])
    box.configure(plex_library=f"#{other}")
    box.add("a.mp4")
    assert box.operation("libraries")["rows"] == [
        {"id": box.section, "name": "Scenes", "items": 1, "chosen": False},
        {"id": other, "name": "Others", "items": 0, "chosen": True},
    ]
    box.plex.stop()
    with pytest.raises(StashError, match="Plex"):
        box.operation("libraries")
    box.plex.start()
    assert box.operation("status")["failure"] is None

"""The fields and lists that a setting switches on or shapes, on each kind of server: what Plex says
after Stash spoke, after Stash changed its mind, and after the setting changed.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.support.in_process import Bench

LISTS = ("genres", "actors", "directors", "collections", "labels")
BOTH = "{performers} - {title} ({year})"


@dataclass(frozen=True)
class Case:
    """`theirs`: what a person made of the item before. `later`: (settings, edit in Stash, shows)."""

    name: str
    settings: dict[str, Any]
    scene: dict[str, Any]
    shows: dict[str, Any]
    theirs: dict[str, Any] = field(default_factory=dict)
    later: tuple[tuple[dict[str, Any], dict[str, Any], dict[str, Any]], ...] = ()


CASES = [
    Case(
        "title by template", {"title_template": BOTH},
        {"title": "T", "performers": ["A & B", "C"], "date": "2024-05"}, {"title": "A & B, C - T (2024)"},
        later=(({}, {"date": None}, {"title": "A & B, C - T"}),
               ({}, {"performer_ids": [], "title": ""}, {"title": "A & B, C - T"}),
               ({"title_template": ""}, {"title": "U"}, {"title": "U"})),
    ),
    Case(
        "sort title", {"sort_title_template": "{group} {scene_index}"},
        {"title": "The End", "groups": [("G", 2)]}, {"titleSort": "G 002", "locks": {"title", "titleSort"}},
        later=(({}, {"groups": [("G", 11)]}, {"titleSort": "G 011"}),
               ({}, {"groups": []}, {"titleSort": "End", "locks": {"title"}})),
    ),
    Case(
        "sort title of a person", {"sort_title_template": "{code}"}, {"title": "The End"},
        {"titleSort": "mine"}, {"titleSort": "mine"},
        later=(({}, {"code": "C"}, {"titleSort": "mine"}), ({"on_edit_in_plex": "stash"}, {}, {"titleSort": "C"})),
    ),
    Case("sort title switched off", {"sort_title_template": "{code}"}, {"title": "The End", "code": "C"},
         {"titleSort": "C"}, later=(({"sort_title_template": ""}, {"code": "D"}, {"titleSort": "C"}),)),
    Case(
        "original title", {"sync_fields": "all, original_title"}, {"code": "AB-1"}, {"originalTitle": "AB-1"},
        later=(({}, {"code": ""}, {"originalTitle": None}), ({"sync_fields": ""}, {"code": "X"}, {"originalTitle": None})),
    ),
    Case("original title is off", {}, {"code": "AB-1"}, {"originalTitle": None}),
    Case(
        "tagline", {"tagline_template": "{studio}, {code}"}, {"studio": "S", "code": "C"}, {"tagline": "S, C"},
        later=(({}, {"code": ""}, {"tagline": "S"}), ({}, {"studio_id": None}, {"tagline": None})),
    ),
    Case(
        "content rating", {"content_rating": "XXX"}, {}, {"contentRating": "XXX"},
        later=(({"content_rating": "18"}, {}, {"contentRating": "18"}), ({"content_rating": ""}, {}, {"contentRating": "18"})),
    ),
    Case("content rating of a person", {"content_rating": "XXX"}, {}, {"contentRating": "PG"}, {"contentRating": "PG"}),
    Case(
        "genres by list", {"genre_ignore": "[*", "genre_only": ""},
        {"tags": ["b", "[auto] x", "a, b"]}, {"genres": ["a, b", "b", "mine"]}, {"genres": ["mine"]},
        later=(({"genre_only": "b*"}, {}, {"genres": ["b", "mine"]}), ({"genre_only": "x"}, {}, {"genres": ["mine"]}),
               ({"genre_only": "", "genre_ignore": ""}, {}, {"genres": ["[auto] x", "a, b", "b", "mine"]})),
    ),
    Case(
        "tags of performers", {"performer_tags": True, "max_tags": 3}, {"tags": ["z"], "performers": ["tagged"]},
        {"genres": ["p1", "p2", "z"]},
        later=(({"max_tags": 2}, {}, {"genres": ["p1", "z"]}), ({"performer_tags": False}, {}, {"genres": ["z"]})),
    ),
    Case(
        "collections", {"collections_from": "studio, parent_studio, group, performer", "collection_tags": "t*"},
        {"studio": "below", "groups": ["G"], "performers": ["P"], "tags": ["t1", "x"]},
        {"collections": ["Above", "G", "P", "below", "mine", "t1"]}, {"collections": ["mine"]},
        later=(({"collections_from": "", "collection_prefix": "{kind}:"}, {}, {"collections": ["Studio: below", "Tag: t1", "mine"]}),
               ({"collections_from": "none", "collection_tags": ""}, {}, {"collections": ["mine"]})),
    ),
    Case(
        "labels", {"labels": "stash, own", "label_tags": "t*", "label_organized": "done"},
        {"tags": ["t1", "x"], "organized": True}, {"labels": ["Done", "Mine", "Own", "Stash", "T1"]}, {"labels": ["Mine"]},
        later=(({}, {"organized": False, "tag_ids": []}, {"labels": ["Mine", "Own", "Stash"]}),
               ({"labels": "other", "label_tags": ""}, {}, {"labels": ["Mine", "Other"]}),
               ({"labels": "", "label_organized": ""}, {}, {"labels": ["Mine", "Other"]})),
    ),
]  # fmt: skip


@pytest.fixture(params=["add", "replace", "mixed"])
def bench(request, tmp_path: Path) -> Iterator[Bench]:
    with Bench(tmp_path) as found:
        found.plex.tag_mode = request.param
        store = found.stash.library.store
        tags = tuple(store.id_of("tag", name) for name in ("p1", "p2", "p3"))
        store.named["performer"][store.id_of("performer", "tagged")].tags = tags
        above = store.id_of("studio", "Above")
        store.named["studio"][store.id_of("studio", "below")].parent = above
        yield found


def save(bench: Bench, scene: int, edit: dict[str, Any]) -> None:
    edit = dict(edit)
    if "groups" in edit:
        ids = bench.stash.library.store.id_of
        edit["groups"] = [
            {"group_id": str(ids("group", name)), "scene_index": n} for name, n in edit["groups"]
        ]
    bench.stash.update_scene(scene, **edit)


def shown(bench: Bench, key: int, shows: dict[str, Any]) -> dict[str, Any]:
    item = bench.plex.item(key)
    return {name: sorted(item[name]) if name in LISTS else item[name] for name in shows}


def settled(bench: Bench, scene: int, key: int) -> bool:
    """Neither a second sync nor one after Plex's own refresh has anything to write."""
    bench.plex.clear_requests()
    (outcome,) = bench.sync(scene)
    before = bench.plex.item(key)
    return bench.writes() == [] and outcome.warnings == [] and before == bench.plex.item(key)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_plex_shows_it_and_follows(bench, case):
    scene, key = bench.add(**case.scene)
    bench.plex.edit_as_person(key, **case.theirs)
    steps = [(case.settings, {}, case.shows), *case.later]
    for number, (settings, edit, shows) in enumerate(steps):
        bench.settings |= settings
        save(bench, scene, edit)
        (outcome,) = bench.sync(scene)
        assert shown(bench, key, shows) == shows, f"step {number}: {outcome.said}"
        assert outcome.warnings == []
        assert settled(bench, scene, key), f"step {number}"


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_refresh_by_plex_s_agent_takes_nothing_back(bench, case):
    scene, key = bench.add(**case.scene)
    bench.settings = case.settings
    bench.sync(scene)
    before = shown(bench, key, case.shows)
    bench.plex.agent_refresh(key)
    assert shown(bench, key, case.shows) == before
    assert settled(bench, scene, key)


def test_edits_in_plex_can_be_preserved_in_these_fields_too(bench):
    bench.settings = {
        "preserve_plex_edits": True, "sort_title_template": "{code}", "tagline_template": "{code}",
        "content_rating": "XXX", "labels": "stash", "sync_fields": "all, original_title",
    }  # fmt: skip
    scene, key = bench.add(title="The End", code="C")
    bench.plex.edit_as_person(key, tagline="mine", contentRating="PG", labels=["Mine"])
    bench.sync(scene)
    item = bench.plex.item(key)
    assert (item["tagline"], item["contentRating"], item["labels"]) == ("mine", "PG", ["Mine"])
    assert (item["titleSort"], item["originalTitle"]) == ("C", "C"), "what is derived is empty"
    assert settled(bench, scene, key)


def test_the_plugin_as_it_is_installed_shows_what_the_proof_expects(box):
    box.configure(
        sync_fields="all, original_title, background", content_rating="XXX", labels="stash, own",
        collections_from="studio, group, performer", tagline_template="{studio}, {code}",
    )  # fmt: skip
    scenes = [
        box.add(f"{n}.mp4", title="T", code=f"C-{n}", studio="S", groups=["G"], performers=["P"])
        for n in range(3)
    ]
    expected = {"originalTitle", "contentRating", "labels", "collections"}
    assert expected <= set(box.differences()[scenes[0]])
    box.task("Sync All Scenes to Plex")
    assert box.differences() == {}
    assert box.item(scenes[2])["tagline"] == "S, C-2"
    box.plex.clear_requests()
    found = box.task("Reconcile Library (All)").output
    assert (found["total_gaps"], box.plex.writes()) == (0, [])

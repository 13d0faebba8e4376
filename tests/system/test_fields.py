"""Every field, with real processes, on each kind of server: what Plex says after Stash spoke."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.support.in_process import Bench

pytestmark = pytest.mark.uncovered

Phase = tuple[dict[str, Any], dict[str, Any], dict[str, Any]]
ODD = ("a, b", "c & d", "50%", "%2C", "1+1", "it's “x”", "😀", "שלום")
MANY = [f"tag {n:03}" for n in range(130)]
LONG = ["n" * 90 + f" {n:03}" for n in range(90)]


@dataclass(frozen=True)
class Case:
    """`theirs`: what a person made of the item before. `scene`: as it is at first, and `shows`.

    `later`: phases of (what a person does in Plex, what is saved in Stash, what Plex shows).
    """

    name: str
    scene: dict[str, Any]
    shows: dict[str, Any]
    theirs: dict[str, Any] = field(default_factory=dict)
    later: tuple[Phase, ...] = ()


CASES = [
    Case(
        "odd characters", {"title": "Ünï “q” & 100% + a=b;c#d?e/f 😀 שלום"},
        {"title": "Ünï “q” & 100% + a=b;c#d?e/f 😀 שלום"},
        later=(({}, {"title": "%2C, a+b"}, {"title": "%2C, a+b"}),),
    ),
    Case("control characters", {"title": "a\x01b\nc\td"}, {"title": "ab c d"}),
    Case("300 characters", {"title": "t" * 300}, {"title": "t" * 254 + "…"}),
    Case(
        "no title", {"title": "", "details": "x"}, {"title": "no title", "summary": "x"},
        later=(({}, {"title": "T"}, {"title": "T"}), ({}, {"title": ""}, {"title": "T"})),
    ),
    Case(
        "newlines", {"title": "t", "details": "one\r\ntwo\n\nthree"}, {"summary": "one\ntwo\n\nthree"},
        later=(({}, {"details": "one\ntwo"}, {"summary": "one\ntwo"}), ({}, {"details": ""}, {"summary": None})),
    ),
    Case(
        "partial dates", {"date": "2024-05"}, {"originallyAvailableAt": "2024-05-01", "year": 2024},
        later=(({}, {"date": "2023"}, {"originallyAvailableAt": "2023-01-01"}),
               ({}, {"date": ""}, {"originallyAvailableAt": None})),
    ),
    Case(
        "ratings", {"rating100": 85}, {"userRating": 8.5},
        later=(({}, {"rating100": 100}, {"userRating": 10.0}), ({}, {"rating100": None}, {"userRating": None})),
    ),
    Case(
        "their rating", {"title": "t"}, {"userRating": 6.0}, {"userRating": 6.0},
        later=(({}, {"rating100": 20}, {"userRating": 2.0}),
               ({"userRating": 9.0}, {"rating100": None}, {"userRating": 9.0})),
    ),
    Case(
        "found there", {"studio": "Found", "tags": ["found"]},
        {"studio": "Found", "genres": ["found"], "collections": ["Found"]},
        {"studio": "Found", "genres": ["found"]},
        later=(({}, {"studio": None, "tags": []}, {"studio": "Found", "genres": ["found"], "collections": []}),),
    ),
    Case(
        "odd names", {"tags": list(ODD), "performers": list(ODD)}, {"genres": sorted(ODD), "actors": list(ODD)},
        later=(({}, {"tags": ["50%"], "performers": ["c & d", "a, b"]}, {"genres": ["50%"], "actors": ["a, b", "c & d"]}),
               ({}, {"tags": [], "performers": []}, {"genres": [], "actors": []})),
    ),
    Case(
        "theirs stays", {"tags": ["ours", "both"], "studio": "A"},
        {"genres": ["both", "ours", "theirs"], "collections": ["A", "Their Own"]},
        {"genres": ["theirs", "both"], "collections": ["Their Own"]},
        later=(({"add_genres": ["more"]}, {"tags": ["new"], "studio": "B"},
                {"genres": ["both", "more", "new", "theirs"], "collections": ["B", "Their Own"], "studio": "B"}),
               ({}, {"tags": [], "studio": None},
                {"genres": ["both", "more", "theirs"], "collections": ["Their Own"], "studio": None})),
    ),
    Case(
        "their casing", {"performers": ["jane doe", "BOB"]}, {"actors": ["Jane Doe", "BOB"]},
        {"actors": ["Jane Doe"]},
        later=(({}, {"performers": ["bob"]}, {"actors": ["Jane Doe", "BOB"]}),),
    ),
    Case(
        "more tags than are shown", {"tags": MANY}, {"genres": MANY[:100]},
        later=(({}, {"tags": MANY[:50] + MANY[51:]}, {"genres": MANY[:50] + MANY[51:101]}),
               ({}, {"tags": MANY[:3]}, {"genres": MANY[:3]})),
    ),
    Case(
        "longer than an address", {"details": "word " * 1500, "tags": LONG, "performers": LONG[:80]},
        {"summary": ("word " * 1500).strip(), "genres": [*LONG, "theirs"], "actors": LONG[:80]},
        {"genres": ["theirs"]},
        later=(({}, {"tags": LONG[:40]}, {"genres": [*LONG[:40], "theirs"]}),),
    ),
    Case("300 characters in a name", {"tags": ["x" * 300]}, {"genres": ["x" * 254 + "…"]}),
    Case(
        "directors", {"director": "Ann Lee, Bob Ray, Jr."}, {"directors": ["Ann Lee", "Bob Ray, Jr."]},
        later=(({}, {"director": "Bob Ray, Jr."}, {"directors": ["Bob Ray, Jr."]}), ({}, {"director": ""}, {"directors": []})),
    ),
    Case(
        "their edit stands", {"title": "S1", "details": "d1", "tags": ["a", "b"]}, {"title": "S1"},
        later=(({"title": "P", "remove_genres": ["a"]}, {"details": "d2"}, {"title": "P", "summary": "d2", "genres": ["b"]}),
               ({}, {"title": "S2", "tags": ["a", "b", "c"]}, {"title": "S2", "genres": ["a", "b", "c"]})),
    ),
    Case(
        "their edit is not cleared", {"details": "ours", "studio": "A"}, {"summary": "ours"},
        later=(({"summary": "theirs"}, {"details": "", "studio": None}, {"summary": "theirs", "studio": None}),
               ({}, {"details": "ours"}, {"summary": "ours"})),
    ),
    Case("in agreement", {"title": "in agreement", "tags": ["Y", "z"]}, {"title": "in agreement"}, {"genres": ["Z", "y"]}),
    Case("nothing to say", {}, {"title": "nothing to say", "genres": ["p"], "summary": "p"}, {"genres": ["p"], "summary": "p"}),
]  # fmt: skip
LISTS = ("genres", "actors", "directors", "collections")
LOCKS = {"summary": "summary", "studio": "studio", "genres": "genre", "actors": "actor",
         "directors": "director", "originallyAvailableAt": "originallyAvailableAt"}  # fmt: skip


def save(stash, number: int, edit: dict[str, Any]) -> None:
    """What a person saves, without the hooks: what those do is proved elsewhere."""
    scene, store = stash.library.store.scenes[number], stash.library.store
    for name, value in edit.items():
        if name == "studio":
            value = value and store.id_of("studio", value)
        elif name in ("tags", "performers"):
            value = tuple(store.id_of(name.rstrip("s"), one) for one in value)
        setattr(scene, name, value)
    scene.updated_at = store.now()


def unequal(item: dict[str, Any], shows: dict[str, Any]) -> dict[str, Any]:
    """Field -> (expected, found); lists without order."""
    pairs = {name: (value, item[name]) for name, value in shows.items()}
    return {
        name: pair
        for name, pair in pairs.items()
        if (sorted(pair[0]) != sorted(pair[1]) if name in LISTS else pair[0] != pair[1])
    }


@pytest.mark.parametrize(
    ("mode", "first_only"),
    [("add", False), ("replace", False), ("mixed", False), ("add", True), ("replace", True)],
    ids=["add", "replace", "mixed", "add, first removal only", "replace, first removal only"],
)
def test_plex_shows_what_stash_says(box, mode, first_only):
    box.plex.tag_mode = mode
    box.plex.options.only_first_removal = first_only
    ids = [box.add(f"{case.name}.mp4", **case.scene) for case in CASES]
    keys = [box.item(number)["ratingKey"] for number in ids]
    for key, case in zip(keys, CASES, strict=True):
        box.plex.edit_as_person(key, lock=False, **case.theirs)

    box.task("Sync All Scenes to Plex")
    found = {
        case.name: unequal(box.plex.item(key), case.shows)
        for key, case in zip(keys, CASES, strict=True)
    }
    assert {name: wrong for name, wrong in found.items() if wrong} == {}
    for key, case in zip(keys, CASES, strict=True):
        item = box.plex.item(key)
        written = {LOCKS[f] for f in case.shows if f in LOCKS and item[f] != case.theirs.get(f)}
        found_there = case.name in ("found there", "in agreement", "nothing to say")
        assert found_there or written - item["locks"] == set(), case.name

    for number in range(2):
        phases = [
            (i, k, c, c.later[number])
            for i, k, c in zip(ids, keys, CASES, strict=True)
            if c.later[number:]
        ]
        for _, key, _, (person, _, _) in phases:
            box.plex.edit_as_person(key, **person)
        for scene, _, _, (_, edit, _) in phases:
            save(box.stash, scene, edit)
        box.task("Sync All Scenes to Plex")
        found = {
            case.name: unequal(box.plex.item(key), shows) for _, key, case, (_, _, shows) in phases
        }
        assert {name: wrong for name, wrong in found.items() if wrong} == {}, f"phase {number + 1}"

    box.plex.clear_requests()
    box.task("Sync All Scenes to Plex")
    reconciled = box.task("Reconcile Library (All)").output
    assert (reconciled["total_gaps"], reconciled["enqueued"]) == (0, 0)
    assert [f"{r.method} {r.raw_target}" for r in box.plex.writes()] == []
    assert box.plex.overlapping_writes == 0


# -- settings, and a Plex with a mind of its own: in this process, over HTTP


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    with Bench(tmp_path) as found:
        yield found


def test_a_field_that_is_switched_off_is_left_alone(bench):
    scene, key = bench.add(title="T", studio="A", tags=["a"], details="d")
    bench.sync(scene)
    bench.settings = {"sync_fields": "title, summary"}
    save(bench.stash, scene, {"studio": "B", "tags": [], "details": ""})
    bench.sync(scene)
    item = bench.plex.item(key)
    assert (item["studio"], item["genres"], item["summary"]) == ("A", ["a"], None)
    bench.settings = {}
    bench.sync(scene)
    item = bench.plex.item(key)
    assert (item["studio"], item["genres"], item["collections"]) == ("B", [], ["B"])


def test_edits_in_plex_can_be_preserved(bench):
    bench.settings = {"preserve_plex_edits": True}
    scene, key = bench.add(title="T", studio="A", details="d", tags=["a"], rating100=50)
    bench.plex.edit_as_person(key, studio="P", genres=["p"], userRating=9.0)
    bench.sync(scene)
    item = bench.plex.item(key)
    assert (item["title"], item["studio"], item["summary"]) == ("T", "P", "d")
    assert (item["genres"], item["userRating"], item["collections"]) == (["p"], 9.0, ["A"])
    bench.plex.edit_as_person(key, title="P")
    bench.stash.update_scene(scene, title="T2", details="d2")
    (outcome,) = bench.sync(scene)
    assert (bench.plex.item(key)["title"], bench.plex.item(key)["summary"]) == ("P", "d2")
    assert "left as edited in Plex: title" in outcome.said


class Stubborn:
    """A Plex that shortens titles, keeps the genre `sticky` and never takes a studio."""

    def __init__(self, client: Any) -> None:
        self._client = client

    def __getattr__(self, name: str) -> Any:
        return getattr(self._client, name)

    def edit(self, section: int, key: int, parameters: list[tuple[str, str]]) -> None:
        kept = [
            (name, value[:5] if name == "title.value" else value)
            for name, value in parameters
            if name != "studio.value" and (name, value) != ("genre[].tag.tag-", "sticky")
        ]
        if kept:
            self._client.edit(section, key, kept)


@pytest.fixture
def stubborn(bench, monkeypatch) -> Bench:
    client = bench.client
    monkeypatch.setattr(bench, "client", lambda: Stubborn(client()))
    return bench


def test_what_plex_makes_of_a_value_is_told_once_and_not_looped(stubborn):
    scene, key = stubborn.add(title="A long title", studio="S", tags=["sticky"])
    (outcome,) = stubborn.sync(scene)
    assert stubborn.plex.item(key)["title"] == "A lon"
    assert len(outcome.warnings) == 2
    assert "title = 'A long title' and shows 'A lon'" in outcome.warnings[0]
    stubborn.plex.clear_requests()
    (outcome,) = stubborn.sync(scene)
    assert (stubborn.writes(), outcome.warnings) == ([], [])

    stubborn.stash.update_scene(scene, tag_ids=[])
    (outcome,) = stubborn.sync(scene)
    assert "sticky" in outcome.warnings[0]
    stubborn.plex.clear_requests()
    (outcome,) = stubborn.sync(scene)
    assert (stubborn.writes(), outcome.warnings) == ([], [])

    stubborn.plex.edit_as_person(key, title="P")
    stubborn.sync(scene)
    assert stubborn.plex.item(key)["title"] == "P"


def test_a_date_that_no_calendar_has_holds_up_nothing(bench):
    scene, key = bench.add(title="T", date="2024-02-28")
    bench.stash.library.store.scenes[scene].date = "2024-02-31"
    (outcome,) = bench.sync(scene)
    assert outcome.error is None
    assert bench.plex.item(key)["title"] == "T"

"""The setting on_edit_in_plex, with real processes: whose word counts, what a lock keeps, how a
person decides, and what an agent's refresh cannot undo.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from plex.sync.decision import Outcome
from tests.support.box_output import gaps, lines, terminal
from tests.support.in_process import Bench
from tests.support.jobs import at_rest

pytestmark = pytest.mark.uncovered

SCENE = {"title": "S title", "details": "S words", "studio": "S studio", "tags": ["a", "b"],
         "performers": ["Jane"], "rating100": 70, "date": "2024-05-06", "director": "Ann"}  # fmt: skip
# A person's edits in Plex, after the first sync; stars lock nothing.
EDITS = {"title": "P title", "summary": "", "remove_genres": ["a"],
         "add_collections": ["P collection"]}  # fmt: skip
STARS = {"userRating": 9.0}
EDITED = {"title": "P title", "summary": None, "userRating": 9.0, "genres": ["b"],
          "collections": ["P collection", "S studio"], "studio": "S studio"}  # fmt: skip
SAID = {"title": "S title", "summary": "S words", "userRating": 7.0, "genres": ["a", "b"],
        "studio": "S studio", "actors": ["Jane"]}  # fmt: skip
LISTS = ("genres", "actors", "directors", "collections", "labels")


@pytest.fixture
def edited(box):
    """A scene that was synced, and then edited in Plex; `wrote` counts writes from here."""
    box.scene = box.add("a/clip.mp4", **SCENE)
    box.operation("all")
    box.key = box.item(box.scene)["ratingKey"]
    box.plex.edit_as_person(box.key, **EDITS)
    box.plex.edit_as_person(box.key, lock=False, **STARS)
    box.plex.clear_requests()
    return box


def shows(box, expected: dict[str, Any]) -> dict[str, Any]:
    """What of it Plex shows otherwise."""
    item = box.plex.item(box.key)
    found = {n: sorted(item[n]) if n in LISTS else item[n] for n in expected}
    return {name: value for name, value in found.items() if value != expected[name]}


def save(box, **edit: Any) -> None:
    """What a person saves in Stash, without its hook."""
    store = box.stash.library.store
    scene = store.scenes[box.scene]
    for name, value in edit.items():
        if name in ("tags", "performers"):
            value = tuple(store.id_of(name.rstrip("s"), one) for one in value)
        setattr(scene, name, store.id_of("studio", value) if name == "studio" and value else value)


# -- the four policies


def test_newest_lets_an_edit_stand_until_the_field_changes_in_stash(edited):
    found = edited.operation("reconcile_all")
    assert gaps(found) == {"drifted": 1}
    assert found["drifted"][0]["fields"] == ["title", "summary", "rating", "genres"]
    assert shows(edited, EDITED) == {} and at_rest(edited)
    save(edited, title="New title", tags=["a", "b", "c"])
    edited.operation("all")
    now = EDITED | {"title": "New title", "genres": ["a", "b", "c"]}
    assert shows(edited, now) == {} and at_rest(edited)


def test_plex_lets_an_edit_stand_for_ever(edited):
    edited.configure(on_edit_in_plex="plex")
    assert gaps(edited.operation("reconcile_all")) == {"drifted": 1}
    save(edited, title="New title", details="New words", rating100=20, studio="New studio",
         tags=["a", "c"])  # fmt: skip
    edited.operation("all")
    now = EDITED | {"studio": "New studio", "genres": ["c"],
                    "collections": ["New studio", "P collection"]}  # fmt: skip
    assert shows(edited, now) == {} and at_rest(edited)
    save(edited, title="Newest title", tags=["a", "d"])
    edited.operation("all")
    assert shows(edited, now | {"genres": ["d"]}) == {} and at_rest(edited)


def test_stash_makes_plex_a_mirror_by_the_next_reconciliation(edited):
    edited.configure(on_edit_in_plex="stash")
    edited.plex.edit_as_person(edited.key, add_genres=["P genre"], add_actors=["P actor"])
    found = edited.operation("reconcile_all")
    assert gaps(found) == {"stale_sync": 1} and found["enqueued"] == 1
    assert shows(edited, SAID | {"collections": ["S studio"]}) == {} and at_rest(edited)


def test_stash_leaves_nothing_that_stash_does_not_say_but_a_title(box):
    box.configure(on_edit_in_plex="stash", debug_logging=True)
    box.scene = box.add("a/clip.mp4", studio="S studio")
    box.key = box.item(box.scene)["ratingKey"]
    box.plex.edit_as_person(box.key, title="P", summary="P", genres=["p"], userRating=3.0)
    box.operation("all")
    now = {"title": "P", "summary": None, "genres": [], "userRating": None, "studio": "S studio"}
    assert shows(box, now) == {} and at_rest(box)
    assert any("genres ('p',) → () (clear)" in line for line in lines(box, "debug"))


def test_ask_lists_an_edit_and_writes_it_nowhere_until_it_is_decided(edited):
    edited.configure(on_edit_in_plex="ask")
    found = edited.operation("reconcile_all")
    assert gaps(found) == {"drifted": 1} and found["enqueued"] == 1, "to be listed"
    assert shows(edited, EDITED) == {} and at_rest(edited)
    save(edited, title="New title", tags=["a", "b", "c"])
    edited.operation("all")
    assert shows(edited, EDITED) == {} and not edited.plex.writes()
    listed = edited.operation("decide")
    assert listed["items"] == 1
    assert {one["field"]: (one["plex"], one["stash"]) for one in listed["open"]} == {
        "title": ("P title", "New title"),
        "summary": ("", "S words"),
        "rating": (9.0, 7.0),
        "genres": (["b"], ["a", "b", "c"]),
    }
    assert any("title is 'P title' in Plex and 'New title' in Stash" in o for o in lines(edited))

    decide(edited, "title", "stash")
    decide(edited, "genres", "plex")
    decide(edited, "rating", "plex")
    now = EDITED | {"title": "New title", "genres": ["b", "c"]}
    assert shows(edited, now) == {} and at_rest(edited)
    assert [one["field"] for one in edited.operation("decide")["open"]] == ["summary"]
    save(edited, rating100=10)
    edited.operation("all")
    assert [one["field"] for one in edited.operation("decide")["open"]] == ["summary", "rating"]
    decide(edited, "all", "stash")
    assert shows(edited, now | {"summary": "S words", "userRating": 1.0}) == {}
    assert edited.operation("decide") == {"items": 0, "open": []} and at_rest(edited)


def decide(box, field: str, side: str) -> Any:
    return box.operation("decide", item=box.key, field=field, side=side)


# -- deciding


def test_a_decision_is_void_once_a_side_says_something_else(bench):
    bench.settings = {"on_edit_in_plex": "ask"}
    bench.scene, bench.key = bench.add(**SCENE)
    sync(bench)
    bench.plex.edit_as_person(bench.key, title="P title")
    assert bench.decide(bench.key, "stash") == ["title"]
    bench.plex.edit_as_person(bench.key, title="P again")
    sync(bench)
    assert shows(bench, {"title": "P again"}) == {} and rests(bench)
    assert bench.entry(bench.key).asked == ("title",)
    assert bench.decide(bench.key, "plex") == ["title"]
    assert rests(bench) and bench.entry(bench.key).asked == ()


def test_it_is_decided_from_a_terminal_as_well(edited):
    edited.configure(on_edit_in_plex="ask")
    words = ("decide", "--stash", edited.stash.url, "--item", str(edited.key))
    ended = terminal(edited, *words, "--field", "title", "--side", "stash")
    assert json.loads(ended.stdout)["output"]["fields"] == ["title"]
    assert shows(edited, EDITED | {"title": "S title"}) == {}


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (
            {"item": "no number", "field": "title", "side": "stash"},
            "item must be a positive whole number",
        ),
        ({"item": "1", "field": "title", "side": "neither"}, "decide needs a field"),
        ({"field": "title"}, "decide needs a field"),
        ({"item": "99999", "field": "title", "side": "stash"}, "shows no scene"),
        (
            {"field": "studio", "side": "stash"},
            "open decisions are: title, summary, rating, genres",
        ),
    ],
)
def test_what_cannot_be_decided_is_told(edited, args, said):
    edited.configure(on_edit_in_plex="ask")
    given = ({"item": edited.key} if said.startswith("open decisions") else {}) | args
    with pytest.raises(Exception, match=said):
        edited.operation("decide", **given)
    assert not edited.plex.writes()


def test_an_unknown_policy_is_told_and_the_default_is_used(edited):
    edited.configure(on_edit_in_plex="plexx")
    edited.operation("all")
    assert shows(edited, EDITED) == {}
    assert any("on_edit_in_plex: 'plexx' cannot be used" in line for line in lines(edited))


# -- locks: in this process, over HTTP


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    with Bench(tmp_path) as found:
        yield found


def sync(bench: Bench) -> Outcome:
    (outcome,) = bench.sync(bench.scene)
    return outcome


def rests(bench: Bench) -> bool:
    """A second sync has nothing left to write, and nothing to warn of."""
    bench.plex.clear_requests()
    return not sync(bench).warnings and not bench.writes()


def test_what_a_person_locked_before_our_first_touch_is_kept(bench):
    bench.scene, bench.key = bench.add(**SCENE)
    bench.plex.edit_as_person(bench.key, title="P title", genres=["p"])
    outcome = sync(bench)
    now = SAID | {"title": "P title", "genres": ["a", "b", "p"]}
    assert shows(bench, now) == {} and rests(bench)
    assert "left as locked in Plex: title" in outcome.said
    save(bench, title="New title")
    sync(bench)
    assert shows(bench, now) == {}

    bench.plex.edit_as_person(bench.key, unlock=["title"])
    sync(bench)
    assert shows(bench, now | {"title": "New title"}) == {} and rests(bench)


@pytest.mark.parametrize("policy", ["plex", "ask"])
def test_where_edits_count_a_locked_list_is_kept_whole(bench, policy):
    bench.settings = {"on_edit_in_plex": policy}
    bench.scene, bench.key = bench.add(**SCENE)
    bench.plex.edit_as_person(bench.key, genres=["p"])
    sync(bench)
    assert shows(bench, SAID | {"genres": ["p"]}) == {} and rests(bench)
    assert bench.decide(bench.key, "stash") == ["genres"]
    sync(bench)
    assert shows(bench, SAID) == {} and rests(bench), "exactly what Stash says"


def test_stash_takes_over_what_was_locked_and_has_it_for_good(bench):
    bench.settings = {"on_edit_in_plex": "stash"}
    bench.scene, bench.key = bench.add(**SCENE)
    bench.plex.edit_as_person(bench.key, title="P title", genres=["p"])
    sync(bench)
    assert shows(bench, SAID) == {}
    bench.settings = {"on_edit_in_plex": ""}
    save(bench, title="New title")
    sync(bench)
    assert shows(bench, SAID | {"title": "New title"}) == {} and rests(bench)


def test_a_ledger_that_was_lost_holds_nothing_up(bench):
    """Our own locks are taken for a person's only where Plex does not say what Stash says."""
    bench.scene, bench.key = bench.add(**SCENE)
    sync(bench)
    for file in bench.data.glob("plex.sqlite*"):
        file.unlink()
    sync(bench)
    save(bench, title="New title", details="New words", tags=["a", "c"])
    sync(bench)
    now = SAID | {"title": "New title", "summary": "New words", "genres": ["a", "b", "c"]}
    assert shows(bench, now) == {} and rests(bench)


# -- what came from Stash goes with it, and no agent undoes it


@pytest.mark.parametrize("mode", ["add", "replace", "mixed"])
def test_a_removed_value_goes_and_a_person_s_own_stays(bench, mode):
    bench.plex.tag_mode = mode
    bench.scene, bench.key = bench.add(**SCENE)
    sync(bench)
    theirs = {"genres": ["P genre"], "labels": ["P label"], "collections": ["P collection"]}
    bench.plex.edit_as_person(bench.key, **{f"add_{name}": value for name, value in theirs.items()})
    save(bench, tags=["b"], performers=[], studio=None)
    sync(bench)
    now = {"genres": ["P genre", "b"], "actors": [], "studio": None}
    now |= {"collections": ["P collection"], "labels": ["P label"]}
    assert shows(bench, now) == {} and rests(bench)


@pytest.mark.parametrize("policy", ["newest", "stash", "plex", "ask"])
def test_no_refresh_by_an_agent_reverts_what_we_wrote(bench, policy):
    bench.settings = {"on_edit_in_plex": policy}
    bench.scene, bench.key = bench.add(**SCENE, cover=b"\xff\xd8\xff" + b"c" * 99)
    agent = {"title": "A", "summary": "A", "studio": "A", "genres": ["A"], "actors": ["A"],
             "directors": ["A"], "collections": ["A"], "originallyAvailableAt": "1999-01-01"}  # fmt: skip
    bench.plex.agent_says(bench.key, **agent)
    bench.plex.agent_refresh(bench.key)
    sync(bench)
    written = bench.plex.item(bench.key)
    bench.plex.agent_refresh(bench.key)
    again = bench.plex.item(bench.key)
    assert {n: again[n] for n in (*agent, "poster")} == {n: written[n] for n in (*agent, "poster")}
    texts = {name: SAID[name] for name in ("title", "summary", "studio")}
    assert rests(bench) and shows(bench, texts) == {}


def test_a_refused_value_is_tried_again_after_an_edit(bench):
    bench.scene, bench.key = bench.add(title="T", studio="S studio")
    bench.settings = {"sync_fields": "studio"}
    bench.plex.options.deaf_to = {"studio"}
    (told,) = sync(bench).warnings
    assert "Plex got studio = 'S studio'" in told
    (change,) = sync(bench).changes
    assert change.why == "refused" and rests(bench)
    bench.plex.options.deaf_to = set()
    assert rests(bench)
    save(bench, studio="New studio")
    assert sync(bench).warnings == []
    assert shows(bench, {"studio": "New studio"}) == {}

"""Posters, over HTTP: the cover's very bytes, uploaded once, and a person's choice left alone."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

import errors
from devserver.proof import poster_key
from tests.support.in_process import Bench


def cover(number: int) -> bytes:
    return b"\xff\xd8\xff" + bytes([number]) * 200


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    with Bench(tmp_path) as found:
        yield found


def uploads(bench):
    return [w for w in bench.writes("POST") if w.endswith("/posters")]


def test_the_cover_is_shown_and_locked(bench):
    scene, key = bench.add(title="T", cover=cover(1))
    bench.sync(scene)
    item = bench.plex.item(key)
    assert item["poster"] == poster_key(cover(1))
    assert bench.plex.image(item["poster"]) == cover(1)
    assert "thumb" in item["locks"]
    assert len(bench.writes("PUT")) == 1
    bench.plex.agent_refresh(key)
    assert bench.plex.item(key)["poster"] == poster_key(cover(1))


def test_an_edit_that_leaves_the_cover_alone_uploads_nothing(bench):
    scene, key = bench.add(title="T", cover=cover(1))
    bench.sync(scene)
    bench.stash.library.store.scenes[scene].updated_at = "2030-01-01T00:00:00+02:00"
    bench.stash.library.store.scenes[scene].title = "New"
    bench.plex.clear_requests()
    bench.sync(scene)
    assert bench.plex.item(key)["title"] == "New"
    assert not [r for r in bench.plex.requests if "poster" in r.path]


def test_an_earlier_cover_is_selected_and_not_uploaded(bench):
    scene, key = bench.add(title="T", cover=cover(1))
    for number in (1, 2, 1, 3):
        bench.stash.set_cover(scene, cover(number))
        bench.sync(scene)
        assert bench.plex.item(key)["poster"] == poster_key(cover(number))
    assert len(uploads(bench)) == 3
    assert bench.writes("PUT").count(f"PUT /library/metadata/{key}/poster") == 1


def test_a_scene_without_a_cover_keeps_what_plex_shows(bench):
    """Stash answers with a drawing (SVG) then."""
    scene, key = bench.add(title="T")
    shown = bench.plex.item(key)["poster"]
    bench.sync(scene)
    bench.stash.set_cover(scene, b"<svg xmlns='http://www.w3.org/2000/svg'/>", "image/svg+xml")
    bench.sync(scene)
    assert bench.plex.item(key)["poster"] == shown
    assert uploads(bench) == []


def test_a_poster_that_a_person_picked_stands_until_the_cover_changes(bench):
    scene, key = bench.add(title="T", cover=cover(1))
    bench.sync(scene)
    bench.plex.edit_as_person(key, poster=cover(9))
    bench.stash.update_scene(scene, title="New")
    bench.sync(scene)
    assert bench.plex.item(key)["poster"] == poster_key(cover(9))
    bench.stash.set_cover(scene, cover(2))
    bench.sync(scene)
    assert bench.plex.item(key)["poster"] == poster_key(cover(2))


def test_preserving_keeps_a_poster_that_a_person_picked(bench):
    bench.settings = {"preserve_plex_edits": True}
    scene, key = bench.add(title="T", cover=cover(1))
    other, plain = bench.add(title="U", cover=cover(2))
    bench.plex.edit_as_person(key, poster=cover(9))
    bench.sync(scene, other)
    assert bench.plex.item(key)["poster"] == poster_key(cover(9))
    assert bench.plex.item(plain)["poster"] == poster_key(cover(2))
    bench.plex.edit_as_person(plain, poster=cover(8))
    bench.stash.set_cover(other, cover(3))
    (outcome,) = bench.sync(other)
    assert bench.plex.item(plain)["poster"] == poster_key(cover(8))
    assert "left as edited in Plex: poster" in outcome.said


def rests(bench, scene, key, shown):
    """Plex shows that cover, and a sync later nothing is written."""
    assert bench.plex.item(key)["poster"] == poster_key(cover(shown))
    bench.plex.clear_requests()
    bench.sync(scene)
    return not bench.writes() and bench.plex.item(key)["poster"] == poster_key(cover(shown))


def test_a_poster_that_a_person_locked_before_our_first_touch_is_kept(bench):
    scene, key = bench.add(title="T", cover=cover(1))
    bench.plex.edit_as_person(key, poster=cover(9))
    (outcome,) = bench.sync(scene)
    assert "left as locked in Plex: poster" in outcome.said
    assert rests(bench, scene, key, 9)
    bench.plex.edit_as_person(key, unlock=["thumb"])
    bench.sync(scene)
    assert rests(bench, scene, key, 1)
    bench.stash.set_cover(scene, cover(2))
    bench.sync(scene)
    assert rests(bench, scene, key, 2), "the lock is ours now"


def test_a_ledger_that_was_lost_holds_no_poster_up(bench):
    scene, key = bench.add(title="T", cover=cover(1))
    bench.sync(scene)
    for file in bench.data.glob("plex.sqlite*"):
        file.unlink()
    bench.sync(scene)
    assert rests(bench, scene, key, 1) and len(uploads(bench)) == 0
    bench.stash.set_cover(scene, cover(2))
    bench.sync(scene)
    assert rests(bench, scene, key, 2)


def later(bench):
    """Plex names its posters by second."""
    now = bench.plex.clock
    bench.plex.clock = lambda: now() + 5


def test_the_policy_says_what_becomes_of_a_poster_that_was_picked(bench):
    for policy, then, changed in (
        ("newest", 9, 2), ("stash", 1, 2), ("plex", 9, 9), ("ask", 9, 9),
    ):  # fmt: skip
        bench.settings = {"on_edit_in_plex": policy}
        scene, key = bench.add(title="T", cover=cover(1))
        bench.sync(scene)
        later(bench)
        bench.plex.edit_as_person(key, poster=cover(9))
        bench.sync(scene)
        assert rests(bench, scene, key, then), policy
        bench.stash.set_cover(scene, cover(2))
        bench.sync(scene)
        assert rests(bench, scene, key, changed), policy


@pytest.mark.parametrize(("side", "shown"), [("stash", 1), ("plex", 9)])
def test_what_poster_to_show_is_decided_by_a_person(bench, side, shown):
    bench.settings = {"on_edit_in_plex": "ask"}
    scene, key = bench.add(title="T", cover=cover(1))
    bench.sync(scene)
    later(bench)
    bench.plex.edit_as_person(key, poster=cover(9))
    (outcome,) = bench.sync(scene)
    assert "left until it is decided: poster" in outcome.said
    assert bench.entry(key).asked == ("poster",)
    assert bench.decide(key, side) == ["poster"]
    bench.sync(scene)
    assert bench.entry(key).asked == () and rests(bench, scene, key, shown)
    later(bench)
    bench.stash.update_scene(scene, title="New")
    bench.sync(scene)
    assert bench.entry(key).asked == (), "an edit of another field asks nothing"
    bench.stash.set_cover(scene, cover(2))
    bench.sync(scene)
    assert bench.entry(key).asked == (("poster",) if side == "plex" else ())


def test_posters_can_be_switched_off_and_on(bench):
    scene, key = bench.add(title="T", cover=cover(1))
    bench.settings = {"sync_fields": "title"}
    bench.sync(scene)
    assert uploads(bench) == []
    assert bench.plex.item(key)["locks"] == {"title"}
    bench.settings = {}
    bench.sync(scene)
    assert bench.plex.item(key)["poster"] == poster_key(cover(1))


def test_a_cover_that_cannot_be_had_stops_nothing_else(bench):
    scene, key = bench.add(title="T", cover=cover(1))
    other, fine = bench.add(title="U", cover=cover(2))
    bench.stash.faults.arm(lambda request: f"/scene/{scene}/screenshot" in request.path, times=3)
    outcomes = bench.sync(scene, other)
    assert [type(o.error) for o in outcomes] == [errors.Busy, type(None)], "the scene stays owed"
    assert "cover" in str(outcomes[0].error)
    assert bench.plex.item(key)["title"] == "T"
    assert bench.plex.item(fine)["poster"] == poster_key(cover(2))
    bench.sync(scene)
    assert bench.plex.item(key)["poster"] == poster_key(cover(1))


def test_a_cover_that_plex_refuses_is_told_once(bench):
    scene, key = bench.add(title="T", cover=cover(1))
    bench.plex.faults.arm("400", f"/library/metadata/{key}/posters", "POST")
    (outcome,) = bench.sync(scene)
    assert outcome.error is None
    assert "does not take" in outcome.warnings[0]
    assert "poster" not in outcome.said
    assert bench.plex.item(key)["title"] == "T"
    bench.plex.clear_requests()
    (outcome,) = bench.sync(scene)
    assert (outcome.warnings, bench.writes()) == ([], [])


def test_a_plex_that_is_busy_gets_the_poster_later(bench):
    scene, key = bench.add(title="T", cover=cover(1))
    bench.plex.faults.arm("500", f"/library/metadata/{key}/posters", "POST", times=2)
    (outcome,) = bench.sync(scene)
    assert isinstance(outcome.error, errors.Busy)
    bench.sync(scene)
    assert len(bench.writes("POST")) == 1
    assert bench.plex.item(key)["poster"] == poster_key(cover(1))


def test_an_item_that_came_back_gets_its_poster_again(bench):
    scene, key = bench.add(title="T", cover=cover(1))
    bench.sync(scene)
    new = bench.plex.readd_item(key)
    bench.sync(scene)
    assert bench.plex.item(new)["poster"] == poster_key(cover(1))

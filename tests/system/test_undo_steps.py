"""Undo goes back, a step or all the way, whatever cuts in; what we wrote or locked stays ours."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from itertools import product
from typing import Any

import pytest

from devserver.box import Box
from devserver.stash.client import StashError
from tests.support.sizes import WHOLE, size

pytestmark = pytest.mark.uncovered


@pytest.fixture
def saved(box: Box) -> Box:
    """One scene that was saved three times: A, B, C."""
    box.scene = box.add("a.mp4")
    for title, tags in (("A", ["both", "x"]), ("B", ["both", "y"]), ("C", ["both", "w"])):
        save(box, title=title, details=f"Words {title}.", tags=tags, rating100=ord(title))
    return box


def save(box: Box, **fields: Any) -> None:
    store = box.stash.library.store
    if "tags" in fields:
        fields["tag_ids"] = [str(store.id_of("tag", name)) for name in fields.pop("tags")]
    with box.silence():  # neither a hook nor its drain
        box.stash.update_scene(box.scene, **fields)
    box.operation("sync", scene=box.scene)


def shown(box: Box) -> tuple[Any, ...]:
    item = box.item(box.scene)
    return item["title"], item["summary"], sorted(item["genres"]), item["userRating"]


def test_what_was_undone_is_synced_again_after_a_resume(saved: Box) -> None:
    saved.operation("undo")
    assert shown(saved) == ("B", "Words B.", ["both", "y"], 6.6)
    saved.operation("resume")
    assert shown(saved) == ("C", "Words C.", ["both", "w"], 6.7)
    saved.operation("undo")
    save(saved, title="D", details="Words D.", tags=["z"], rating100=90)
    saved.operation("resume")
    assert shown(saved) == ("D", "Words D.", ["z"], 9.0)
    assert saved.differences() == {}


def test_what_an_earlier_version_wrote_is_ours_after_an_undo(saved: Box) -> None:
    with closing(sqlite3.connect(saved.data_dir / "plex.sqlite")) as db, db:
        db.execute("UPDATE journal SET files = '', known = ''")
        db.execute("UPDATE origin SET files = ''")
        db.execute("UPDATE item SET files = ''")
    saved.operation("undo")
    assert shown(saved) == ("B", "Words B.", ["both", "y"], 6.6)
    saved.operation("resume")
    save(saved, title="D", details="Words D.", tags=["z"], rating100=90)
    assert shown(saved) == ("D", "Words D.", ["z"], 9.0)


def test_a_second_undo_of_a_scene_is_no_redo(saved: Box) -> None:
    assert saved.operation("undo", scene=saved.scene)["fields"] > 0
    first = shown(saved)
    assert first == ("a", None, [], None)
    assert saved.operation("undo", scene=saved.scene)["fields"] == 0
    assert shown(saved) == first


def test_a_person_s_hold_survives_an_undo(saved: Box) -> None:
    saved.operation("hold", scene=saved.scene)
    saved.operation("undo")
    assert saved.operation("list_held")["rows"][0]["why"] == "by you"


def test_the_last_run_twice_goes_two_steps_back(saved: Box) -> None:
    saved.operation("undo")
    saved.operation("undo")
    assert shown(saved) == ("A", "Words A.", ["both", "x"], 6.5)


WAYS = [
    {},
    {"item": 101},
    {"scene": 1},
    {"run": 3},
    {"item": 101, "field": "title"},
    {"original": True},
]


ACTIONS = ("503", "drop", "drop_after")
# Each way, and each fault twice.
IN_THE_GATE = [(way, ACTIONS[number % 3]) for number, way in enumerate(WAYS)]


@pytest.mark.parametrize(
    ("way", "action"), list(product(WAYS, ACTIONS)) if WHOLE else IN_THE_GATE, ids=str
)
def test_an_interrupted_undo_goes_on_when_repeated(saved, action, way) -> None:
    """With a fault at any of its requests."""
    saved.configure(read_timeout=2)
    before, whole = shown(saved), True
    for nth in range(1, size(6, 60)):
        saved.plex.faults.arm(action, nth_on(nth), times=3)
        try:
            cut = saved.operation("undo", **way)
            whole = not cut["left"]
        except StashError:
            whole = False
        saved.plex.faults.clear()
        if not whole:
            saved.operation("undo", **way)
        after = shown(saved)
        assert after != before and after[0] == ("B" if way in ({}, {"run": 3}) else "a")
        assert saved.operation("undo", **(way or {"run": 3}))["fields"] == 0
        saved.operation("resume")
        assert shown(saved) == before
        if way in ({}, {"run": 3}) or "original" in way:
            return  # the run has another number now


def nth_on(nth: int) -> Any:
    """From the n-th request on."""
    seen = iter(range(10**9))
    return lambda call: next(seen) >= nth - 1


def test_a_run_of_which_a_part_was_pruned_says_what_is_left(saved: Box) -> None:
    from contextlib import closing

    from plex.state.database import Store

    with closing(Store(saved.data_dir)) as store, store.writing() as db:
        db.execute("DELETE FROM journal WHERE run = 3 AND field = 'title'")
    saved.stash.logs.clear()
    saved.operation("undo")
    assert any("1 change can no longer be undone" in line.text for line in saved.stash.logs)
    assert shown(saved)[:2] == ("C", "Words B.")

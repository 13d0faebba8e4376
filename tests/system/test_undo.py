"""Undo over HTTP: what a run wrote goes back, what a person changed since stays, and who undoes is left alone."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from devserver.proof import poster_key
from plex.fields.item import POSTER
from plex.state.database import Store
from plex.state.journal import LATEST, Journal
from plex.state.ledger import Ledger
from plex.sync.undo import Undo, first_touches
from plex.sync.undo_plan import Undone
from tests.support.in_process import Bench

COVER = b"\xff\xd8\xff" + b"c" * 200
SCENE: dict[str, Any] = {
    "title": "Title", "details": "Text", "date": "2024-02-03", "rating100": 70, "studio": "Studio",
    "director": "Dir", "tags": ["a", "b"], "performers": ["Ann", "Bob"], "cover": COVER,
}  # fmt: skip


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    with Bench(tmp_path) as found:
        yield found


def item(bench: Bench, key: int) -> dict[str, Any]:
    """All that a person could see, without when it changed and what else is offered."""
    found = bench.plex.item(key)
    return {k: v for k, v in found.items() if k not in ("updatedAt", "thumb", "posters")}


def undo(bench: Bench, run: int = 0, origin: bool = False, **narrower: Any) -> Undone:
    with closing(Store(bench.data)) as store:
        journal, ledger = Journal(store, "undo"), Ledger(store)
        if origin:
            rows = first_touches(journal, journal.touched(), ledger)
        else:
            rows = journal.rows(run=run or journal.last_run(), **narrower)
        return Undo(bench.client(), ledger, journal, bench.clock).undo(rows, original=origin)


def resume(bench: Bench) -> list[int]:
    with closing(Store(bench.data)) as store:
        return Journal(store).resume()


def test_a_first_sync_goes_back_to_the_letter(bench: Bench) -> None:
    scene, key = bench.add(**SCENE)
    bench.plex.edit_as_person(key, genres=["theirs"], studio="Theirs")
    before = item(bench, key)
    bench.sync(scene)
    assert item(bench, key) != before
    done = undo(bench)
    assert item(bench, key) == before
    assert (done.items, done.scenes, done.left) == ({key}, {scene}, {})


def test_what_a_person_changed_since_stays(bench: Bench) -> None:
    scene, key = bench.add(**SCENE)
    bench.sync(scene)
    bench.plex.edit_as_person(key, title="By hand", add_genres=["theirs"])
    done = undo(bench)
    found = item(bench, key)
    assert found["title"] == "By hand" and set(found["genres"]) == {"a", "b", "theirs"}
    assert found["summary"] is found["studio"] is None
    assert done.left == {"changed since": 2}


def test_only_the_last_run_is_undone_and_then_the_one_before(bench: Bench) -> None:
    scene, key = bench.add(**SCENE)
    bench.sync(scene)
    first = item(bench, key)
    bench.stash.update_scene(scene, title="Second", tag_ids=[])
    bench.sync(scene)
    undo(bench)
    assert item(bench, key) == first
    undo(bench)
    assert item(bench, key)["summary"] is None and item(bench, key)["genres"] == []


def test_one_field_alone_can_be_undone(bench: Bench) -> None:
    scene, key = bench.add(**SCENE)
    bench.sync(scene)
    undo(bench, field="summary")
    found = item(bench, key)
    assert found["summary"] is None and found["title"] == "Title"
    assert "summary" not in found["locks"] and "title" in found["locks"]


def test_whoever_was_undone_is_left_alone_until_he_is_resumed(bench: Bench) -> None:
    scene, key = bench.add(**SCENE)
    bench.sync(scene)
    undo(bench)
    before = item(bench, key)
    (held,) = bench.sync(scene)
    assert item(bench, key) == before and "is held" in held.said
    assert resume(bench) == [scene]
    bench.sync(scene)
    assert item(bench, key)["title"] == "Title" and item(bench, key)["poster"] == poster_key(COVER)


def test_the_original_value_outlives_the_journal_s_rows(bench: Bench) -> None:
    scene, key = bench.add(**SCENE)
    before = item(bench, key)
    bench.sync(scene)
    for title in ("Second", "Third"):
        bench.stash.update_scene(scene, title=title)
        bench.sync(scene)
    with closing(Store(bench.data)) as store, store.writing() as db:
        db.execute("DELETE FROM journal")
        db.execute("DELETE FROM run")
    undo(bench, origin=True)
    assert item(bench, key) == before


def test_the_poster_that_was_picked_before_comes_back(bench: Bench) -> None:
    other = b"\xff\xd8\xff" + b"o" * 200
    bench.settings = {"on_edit_in_plex": "stash"}  # the others leave what a person picked
    scene, key = bench.add(title="T")
    bench.client().upload_image(key, POSTER, other)
    bench.client().edit(bench.section, key, [("thumb.locked", "1")])
    bench.stash.set_cover(scene, COVER)
    bench.sync(scene)
    assert item(bench, key)["poster"] == poster_key(COVER)
    undo(bench)
    assert item(bench, key)["poster"] == poster_key(other) and "thumb" in item(bench, key)["locks"]


def test_the_poster_of_plex_that_a_person_picked_since_stays(bench: Bench) -> None:
    scene, key = bench.add(title="T")
    bench.stash.set_cover(scene, COVER)
    bench.sync(scene)
    bench.plex.library.item(key).shelves["thumb"].show("media://picked")
    undo(bench)
    assert item(bench, key)["poster"] == "media://picked"


@pytest.mark.parametrize("mode", ["add", "replace", "mixed"])
def test_lists_go_back_however_plex_takes_them(bench: Bench, mode: str) -> None:
    bench.plex.tag_mode = mode
    scene, key = bench.add(**SCENE)
    bench.plex.edit_as_person(key, genres=["theirs"])
    before = item(bench, key)
    bench.sync(scene)
    undo(bench)
    assert item(bench, key) == before


def test_an_item_that_is_gone_is_told_and_hinders_no_other(bench: Bench) -> None:
    one, key = bench.add(**SCENE)
    two, other = bench.add(**SCENE)
    before = item(bench, other)
    bench.sync(one, two)
    bench.plex.remove_item(key)
    done = undo(bench)
    assert item(bench, other) == before and done.left["the item is gone"] > 5


def test_an_undo_can_be_undone(bench: Bench) -> None:
    scene, key = bench.add(**SCENE)
    bench.sync(scene)
    after = item(bench, key)
    undo(bench)
    with closing(Store(bench.data)) as store:
        (last, _) = Journal(store).runs()
    undo(bench, run=last.run)
    assert item(bench, key) == after


def test_the_journal_is_bounded_by_age_and_size(bench: Bench) -> None:
    scene, _ = bench.add(**SCENE)
    for number in range(4):
        bench.stash.update_scene(scene, title=f"T{number}")
        with closing(Store(bench.data)) as store:
            Journal(store, "", 30, 3).record([], bench.clock())
        bench.sync(scene)
    with closing(Store(bench.data)) as store:
        journal = Journal(store, "all", 30, 3)
        assert len(journal.runs()) == 4
        row = journal.rows()[0]
        journal.record([row], bench.clock())
        assert len(journal.rows()) == 4  # three and the new one
        later = bench.clock() + 31 * 86400
        for _ in range(LATEST):
            Journal(store, "all", 30).record([row], later)
        assert {one.fields for one in journal.runs(LATEST + 9)} == {1}
        assert len(journal.runs(LATEST + 9)) == LATEST


def test_a_clock_a_year_ahead_prunes_no_journal(
    bench: Bench,
) -> None:
    scene, _ = bench.add(**SCENE)
    bench.sync(scene)
    with closing(Store(bench.data)) as store:
        journal = Journal(store, "all")
        rows = journal.rows()
        journal.record(rows[:1], bench.clock() + 365 * 86400)
        Journal(store, "all").record(rows[:1], bench.clock())
        assert [one.fields for one in journal.runs()] == [1, 1, len(rows)]

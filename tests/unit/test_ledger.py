"""The ledger: what we wrote where, kept on disk whole or not at all."""

from __future__ import annotations

from contextlib import closing

import pytest

from plex.plan.baseline import Decision
from plex.plan.plan import SCALAR, Written
from plex.state.database import Store
from plex.state.entry import Entry
from plex.state.ledger import Ledger


@pytest.mark.parametrize(
    "written",
    [
        Written("a", "a"),
        Written("a", "a", SCALAR),
        Written("a", "", SCALAR, True),
        Written("", "a", SCALAR, True),
        Written(7.5, 7.5, SCALAR),
        Written(7.5, None, SCALAR, True),
        Written(None, 7.0, SCALAR, True),
        Written("ü 😀\n\"'", "x", SCALAR),
        Written((), ("a",), ("a",)),
        Written(("a, b",), ("A, b", "p"), ("a, b",)),
        Written(("a",), (), ("a",), True),
        Written((), (), (), True),
        Written("a", "p", theirs=SCALAR),
        Written(("a", "b"), ("b",), ("b",), theirs=("a",)),
    ],
)
def test_a_baseline_comes_back_as_it_was(store, written):
    locks, asked = frozenset({"title", "thumb"}), ("title", "genres")
    entry = Entry(
        5, 9, {"studio": written}, "v1", "sha", True, 12.5,
        locks=locks, asked=asked, poster_shown="/t/1",
        art_version="v2", art="sha2", art_begun=True, art_shown="/a/1",
    )  # fmt: skip
    Ledger(store).put([entry])
    assert Ledger(store).entries([5, 6]) == {5: entry}


def test_whose_the_locks_were_is_not_known_of_an_item_of_before(tmp_path):
    class Before(Store):
        STEPS = Store.STEPS[:1]

    with closing(Before(tmp_path)) as store, store.writing() as db:
        db.execute("INSERT INTO item (rating_key, scene_id, baseline) VALUES (1, 10, '{}')")
    with closing(Store(tmp_path)) as store:
        entry = Ledger(store).entries([1])[1]
        assert entry == Entry(1, 10, locks=None)
        Ledger(store).put([entry])
        assert Ledger(store).entries([1])[1] == entry


def test_a_decision_waits_for_the_sync_that_takes_it_into_the_baseline(store):
    ledger, one = Ledger(store), Decision("plex", ("a",), ())
    ledger.put([Entry(1, 10, asked=("genres",)), Entry(2, 20)])
    assert ledger.undecided() == [(1, 10, ("genres",))]
    ledger.decide(1, {"genres": one, "title": Decision("stash", "P", "S")})
    entry = ledger.entries([1, 2])[1]
    assert entry.decided == {"genres": one, "title": Decision("stash", "P", "S")}
    ledger.decide(1, {"title": Decision("plex", "P", "S")})  # while that sync was on its way
    ledger.put([entry.but(asked=())])
    assert ledger.entries([1])[1].decided == {"title": Decision("plex", "P", "S")}
    assert ledger.undecided() == []


def test_a_decision_that_makes_no_sense_is_none(store):
    Ledger(store).put([Entry(1, 10)])
    with store.writing() as db:
        db.executemany(
            "INSERT INTO decision VALUES (1, ?, ?)",
            [("title", "{"), ("studio", "5"), ("no such field", '["stash", "a", "b"]')],
        )
    assert Ledger(store).entries([1])[1].decided == {}


def test_a_batch_is_recorded_whole_or_not_at_all(store):
    def entries():
        yield Entry(1, 1)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        Ledger(store).put(entries())
    assert Ledger(store).entries([1]) == {}


def test_a_scene_s_references_outlive_stash_s_rows(store):
    ledger = Ledger(store)
    ledger.put([Entry(1, 10)], {10: [("tag", 3), ("tag", 3), ("studio", 4)]})
    ledger.put([Entry(2, 20)], {20: [("tag", 3)]})
    ledger.put([Entry(1, 10)], {10: [("studio", 4)]})
    assert ledger.scenes_showing("tag", 3) == [20]
    assert ledger.scenes_showing("studio", 4) == [10]


def test_a_destroyed_scene_leaves_what_we_wrote_known_to_its_successor(store):
    ledger = Ledger(store)
    ledger.put([Entry(1, 10, {"studio": Written("S", "S", SCALAR)})], {10: [("tag", 3)]})
    assert ledger.forget_scene(10) == [1]
    assert ledger.forget_scene(10) == []
    assert ledger.scenes_showing("tag", 3) == []
    assert ledger.size() == 0
    assert ledger.entries([1])[1] == Entry(1, 0, {"studio": Written("S", "S", SCALAR)})


def test_a_server_without_an_identity_is_not_another_server(store):
    store.belongs_to("m1")
    Ledger(store).put([Entry(1, 10)])
    store.belongs_to("")
    store.belongs_to("m1")
    assert Ledger(store).size() == 1


def test_a_store_is_about_the_first_server_that_it_met(store):
    assert store.belongs_to("") and store.machine == ""
    assert store.belongs_to("m1") and store.belongs_to("m1") and store.machine == "m1"
    assert not store.belongs_to("m2") and store.machine == "m1"


def test_a_damaged_entry_counts_as_unknown(store):
    Ledger(store).put([Entry(1, 10, {"studio": Written("S", "S")}), Entry(2, 20)])
    for baseline in (b"{", b"\xff\xfe", b"[1]", b'{"studio": 5}', b'{"studio": []}', b"null"):
        with store.writing() as db:
            db.execute("UPDATE item SET baseline = ? WHERE rating_key = 1", (baseline,))
            db.execute("UPDATE item SET baseline = CAST(baseline AS TEXT) WHERE rating_key = 1")
        assert Ledger(store).entries([1, 2]) == {1: Entry(1, 10), 2: Entry(2, 20)}


def test_references_are_written_only_when_they_change(store: Store) -> None:
    ledger, entry = Ledger(store), Entry(1, 10)
    ledger.put([entry], {10: [("tag", 1), ("tag", 2)], 11: [("tag", 1)]})
    before = store.db.total_changes
    ledger.put([entry], {10: [("tag", 2), ("tag", 1)], 11: [("tag", 1)]})
    assert store.db.total_changes - before == 1  # the entry
    ledger.put([entry], {10: [("tag", 2), ("studio", 3)], 11: []})
    assert ledger.scenes_showing("tag", 1) == [] and ledger.scenes_showing("tag", 2) == [10]
    assert ledger.scenes_showing("studio", 3) == [10]


def test_an_entry_with_something_else_leaves_the_first_as_it_was() -> None:
    first = Entry(1, 10, asked=("title",))
    other = first.but(scene_id=11)
    assert (first.scene_id, other.scene_id, other.asked) == (10, 11, ("title",))
    assert other.but(scene_id=10) == first and other != first

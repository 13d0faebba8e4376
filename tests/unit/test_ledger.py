"""The ledger: what we wrote where, kept on disk whole or not at all."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from plex.ledger import Entry, Ledger
from plex.plan import SCALAR, Written
from plex.store import Store


@pytest.fixture
def store(tmp_path) -> Iterator[Store]:
    found = Store(tmp_path)
    yield found
    found.close()


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
    ],
)
def test_a_baseline_comes_back_as_it_was(store, written):
    entry = Entry(5, 9, {"studio": written}, "v1", "sha", True, 12.5)
    Ledger(store).put([entry])
    assert Ledger(store).entries([5, 6]) == {5: entry}


def test_a_batch_is_recorded_whole_or_not_at_all(store):
    def entries():
        yield Entry(1, 1)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        Ledger(store).put(entries())
    assert Ledger(store).entries([1]) == {}


def test_what_a_scene_shows_is_known_after_the_thing_is_gone_from_stash(store):
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
    store.belongs_to("m1", 0)
    Ledger(store).put([Entry(1, 10)])
    store.belongs_to("", 0)
    store.belongs_to("m1", 0)
    assert Ledger(store).size() == 1


def test_the_ledger_of_another_server_is_set_aside(store, tmp_path):
    store.belongs_to("m1", 0)
    Ledger(store).put([Entry(1, 10)])
    store.belongs_to("m2", 0)
    assert Ledger(store).size() == 0
    assert store.notices
    assert [path for path in tmp_path.iterdir() if path.name.endswith(".aside")]


def test_a_ruined_file_is_set_aside(tmp_path):
    (tmp_path / "plex.sqlite").write_bytes(b"not a database at all " * 50)
    store = Store(tmp_path)
    Ledger(store).put([Entry(1, 10)])
    assert "could not be read" in store.notices[0]
    store.close()

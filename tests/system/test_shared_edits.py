"""One edit for many items: right in every mode of a server, undone, killed, and with faults on the way."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from plex.state.database import Store
from plex.state.journal import UNDO, Journal
from plex.state.ledger import Ledger
from plex.sync.together import ADDS, SEVERAL, Traits
from plex.sync.undo import Undo
from tests.support.in_process import Bench, Dying, Killed

MODES = ["add", "replace", "mixed"]
FIELDS = ("title", "studio", "contentRating", "genres", "collections", "labels", "actors", "locks")
KINDS = ("genres", "collections", "labels", "actors")
Key = int
Says = dict[Key, dict[str, Any]]


class Shelf:
    """Synced scenes that share a tag. Each has a tag of its own and a name of a person's besides."""

    def __init__(self, bench: Bench, count: int, mode: str) -> None:
        self.bench, bench.plex.tag_mode = bench, mode
        self.items = dict(
            bench.add(title=f"T{n}", tags=["shared", f"own {n}"], studio="S") for n in range(count)
        )
        for key in self.keys:
            bench.plex.edit_as_person(key, lock=False, add_genres=["theirs"], add_labels=["Mine"])
        bench.sync(*self.items)
        bench.plex.clear_requests()

    @property
    def keys(self) -> list[int]:
        return list(self.items.values())

    def says(self) -> Says:
        """What Plex says of each item, lists in alphabetical order."""
        found: Says = {}
        for key in self.keys:
            item = self.bench.plex.item(key)
            found[key] = {name: item[name] for name in FIELDS}
            found[key] |= {name: sorted(item[name]) for name in KINDS}
        return found

    def sync(self, **more: Any) -> list[Any]:
        return [outcome.error for outcome in self.bench.sync(*self.items, **more)]

    def edits(self) -> list[int]:
        """The number of items of each edit."""
        return [len(r.get("id").split(",")) for r in self.bench.plex.writes() if r.get("id")]

    def knows(self, trait: str) -> bool | None:
        with closing(Store(self.bench.data)) as store:
            return Traits(store).knows(trait)

    def undo(self) -> Any:
        with closing(Store(self.bench.data)) as store:
            ledger, journal = Ledger(store), Journal(store)
            rows = journal.rows(run=journal.last_run())
            return Undo(self.bench.client(), ledger, journal, time.time).undo(rows)

    def undo_all(self, kill: Any = None) -> Any:
        """Undoes everything since the first sync, in one process; `kill` as in `Bench.sync`."""
        with closing(Store(self.bench.data)) as store:
            ledger, journal, plex = Ledger(store), Journal(store), self.bench.client()
            rows = [row for row in journal.rows(field="genres") if row.why != UNDO and row.run > 1]
            dying = Dying(plex, kill[0], kill[1], kill[2] == "before") if kill else plex
            return Undo(dying, ledger, journal, time.time).undo(rows)  # type: ignore[arg-type]

    def rests(self) -> bool:
        self.bench.plex.clear_requests()
        return self.sync() == [None] * len(self.items) and self.bench.writes() == []


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    with Bench(tmp_path) as found:
        yield found


def rename(shelf: Shelf, says: Says) -> None:
    stash = shelf.bench.stash
    stash.rename("tag", stash.tag_id("shared"), "Renamed")
    for item in says.values():
        item["genres"] = sorted({*item["genres"], "Renamed"} - {"shared"})


def label(shelf: Shelf, says: Says) -> None:
    shelf.bench.settings = {"labels": "From Stash"}
    for item in says.values():
        item["labels"] = sorted([*item["labels"], "From Stash"])
        item["locks"] = item["locks"] | {"label"}


def rated(shelf: Shelf, says: Says) -> None:
    shelf.bench.settings = {"content_rating": "XXX"}
    for item in says.values():
        item["contentRating"] = "XXX"
        item["locks"] = item["locks"] | {"contentRating"}


CHANGES = {"a renamed tag": rename, "a label": label, "a content rating": rated}


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_a_change_of_all_is_right_in_every_mode(bench: Bench, change: Any, mode: str) -> None:
    shelf = Shelf(bench, 12, mode)
    before = shelf.says()
    expected = shelf.says()
    change(shelf, expected)
    assert shelf.sync() == [None] * 12
    assert shelf.says() == expected
    takes_names = mode == "replace" and change is not rated
    assert shelf.edits() == ([2] + [1] * 12 if takes_names else [2, 10])
    assert shelf.knows(ADDS) is (None if change is rated else not takes_names)
    assert shelf.knows(SEVERAL) and shelf.rests()
    assert shelf.undo().left == {} and shelf.says() == before
    assert shelf.edits() == ([1] * 12 if takes_names and change is rename else [12])


@pytest.mark.parametrize("mode", MODES)
def test_a_server_is_tried_once(bench: Bench, mode: str) -> None:
    shelf = Shelf(bench, 12, mode)
    expected = shelf.says()
    for change in (label, rename):
        bench.plex.clear_requests()
        change(shelf, expected)
        shelf.sync()
    assert shelf.says() == expected
    assert shelf.edits() == ([1] * 12 if mode == "replace" else [12])


STEPS = [(method, nth, when) for method, nth in (("edit_several", 1), ("edit_several", 2), ("items", 2),
         ("items", 3), ("edit", 1), ("edit", 2), ("put", 1), ("put", 2)) for when in ("before", "after")]  # fmt: skip


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("kill", STEPS, ids=lambda kill: f"{kill[2]} {kill[0]} {kill[1]}")
def test_a_kill_anywhere_loses_no_name(bench: Bench, kill: Any, mode: str) -> None:
    shelf = Shelf(bench, 5, mode)
    expected = shelf.says()
    rename(shelf, expected)
    shelf.sync(kill=kill)
    assert shelf.sync() == [None] * 5
    assert shelf.says() == expected and shelf.rests()
    assert shelf.knows(ADDS) in (mode != "replace", None)


FAULTS = ["400", "500", "drop", "drop_after", "empty", "html"]


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("action", FAULTS)
def test_a_fault_on_the_way_is_made_good(bench: Bench, action: str, mode: str) -> None:
    shelf = Shelf(bench, 12, mode)
    expected = shelf.says()
    label(shelf, expected)
    shelf.sync()
    rename(shelf, expected)
    bench.plex.faults.arm(action, lambda call: "," in call.get("id"), "PUT")
    assert shelf.sync() == [None] * 12
    assert shelf.says() == expected and shelf.rests()


@pytest.mark.parametrize("action", ["400", "500"])
def test_a_bad_item_is_written_alone_and_fails_alone(bench: Bench, action: str) -> None:
    shelf = Shelf(bench, 12, "mixed")
    expected = shelf.says()
    label(shelf, expected)
    shelf.sync()
    rename(shelf, expected)
    bad = str(shelf.keys[7])
    bench.plex.faults.arm(action, lambda call: bad in call.get("id").split(","), "PUT", times=99)
    bench.plex.clear_requests()
    assert [type(error) for error in shelf.sync()].count(type(None)) == 11
    assert len(shelf.edits()) < 12
    bench.plex.faults.clear()
    assert shelf.sync() == [None] * 12 and shelf.says() == expected


@pytest.mark.parametrize("mode", MODES)
def test_an_item_that_goes_meanwhile_takes_no_name_from_others(bench: Bench, mode: str) -> None:
    """A server that adds names to several items replaces those of the only one that is left."""
    shelf = Shelf(bench, 3, mode)
    expected = shelf.says()
    label(shelf, expected)
    shelf.sync()
    rename(shelf, expected)
    gone = shelf.keys[:2]
    bench.plex.faults.arm("empty", lambda call: [bench.plex.remove_item(k) for k in gone], "PUT")
    shelf.sync()
    shelf.sync()
    left = shelf.keys[2]
    assert sorted(bench.plex.item(left)["genres"]) == expected[left]["genres"]


@pytest.mark.parametrize("mode", MODES)
def test_a_trial_never_empties_a_collection(bench: Bench, mode: str) -> None:
    """Plex drops one that is empty, and another one of that name would lack its texts and images."""
    bench.plex.options.empty_collections_stay = False
    shelf = Shelf(bench, 2, mode)
    for key in shelf.keys:
        bench.plex.edit_as_person(key, add_collections=["Theirs"])
    known = bench.plex.state()["collections"]
    theirs = [key for key, one in known.items() if one["title"] == "Theirs"]
    bench.settings = {"collections_from": "studio, performer", "sync_fields": "collections"}
    for scene in shelf.items:
        bench.stash.update_scene(scene, performer_ids=[str(bench.stash.performer_id("Ann"))])
    shelf.sync()
    assert all("Ann" in says["collections"] for says in shelf.says().values())
    known = bench.plex.state()["collections"]
    assert [key for key, one in known.items() if one["title"] == "Theirs"] == theirs


def test_only_equal_edits_go_out_together(bench: Bench) -> None:
    """An actor, a title or a photo is an item's own; so is the rest of an edit that has one."""
    shelf = Shelf(bench, 6, "add")
    expected = shelf.says()
    label(shelf, expected)
    first, second, third, *others = shelf.items
    bench.stash.update_scene(first, title="Own title")
    bench.stash.update_scene(second, performer_ids=[str(bench.stash.performer_id("Ann"))])
    for scene in (third, *others):
        bench.stash.update_scene(scene, studio_id=str(bench.stash.studio_id("New")))
    shelf.sync()
    assert sorted(shelf.edits()) == [1, 1, 2, 2]
    assert all(says["labels"] == ["From Stash", "Mine"] for says in shelf.says().values())


def test_a_hundred_items_and_a_long_list_fit_into_an_address(bench: Bench) -> None:
    shelf = Shelf(bench, 130, "add")
    names = [f"{'long name ' * 12} {n}" for n in range(30)]
    bench.settings = {"labels": ", ".join(names)}
    assert shelf.sync() == [None] * 130
    assert all(len(says["labels"]) == 31 for says in shelf.says().values())
    targets = [len(r.raw_target) for r in bench.plex.writes()]
    assert max(targets) < 7000 and max(shelf.edits()) <= 100
    bench.plex.clear_requests()
    bench.settings |= {"labels": ", ".join([*names, "short"])}
    shelf.sync()
    assert shelf.edits() == [100, 30]


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("kill", [step for step in STEPS if step[0] != "put"], ids=str)
def test_an_undo_with_a_kill_anywhere_goes_on(bench: Bench, kill: Any, mode: str) -> None:
    """The first shared edit of this server may be the undo's."""
    shelf = Shelf(bench, 4, mode)
    before = shelf.says()
    shelf.bench.settings = {"sync_fields": "title, studio, genres"}
    for scene in shelf.items:  # one by one: nothing is shared
        bench.stash.update_scene(scene, tag_ids=[str(bench.stash.tag_id("shared"))])
        bench.sync(scene)
    assert shelf.knows(ADDS) is None
    with contextlib.suppress(Killed):
        shelf.undo_all(kill)
    assert shelf.undo_all().left == {} and shelf.says() == before

"""Test Plex: its verdicts on every kind of server, and an item that is as it was, wherever it is killed."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import closing
from itertools import product
from pathlib import Path
from typing import Any

import pytest

import errors
from plex.self_test import names
from plex.self_test.put_back import put_back
from plex.self_test.walk import Walk
from plex.state.database import Store
from plex.state.journal import Journal
from plex.state.self_tests import Result, SelfTests
from plex.sync.together import ADDS, SEVERAL, Traits
from tests.support.in_process import Bench, Killed
from tests.support.sizes import WHOLE

MODES = ["add", "replace", "mixed"]
WRITES = ("edit", "edit_several", "rate", "upload_image", "select_image", "unset_image")
CALLS = 21  # requests that write, those that put back included
ALL_GOOD = {
    "add": "added", "case": "first", "list": "adds", "special": "kept", "special_off": "removed",
    "removals": "all", "label": "capital", "text": "kept", "unlock": "unlocked", "empty": "empty",
    "rating": "edit", "rating_off": "edit", "poster": "shown", "poster_back": "shown",
    "several": "adds", "updated": "all", "newest": "kept", "back": "back",
}  # fmt: skip


class Mortal:
    """Passes everything on, until the `nth` write: from there on nothing works any more."""

    def __init__(self, inner: Any, nth: int, when: str) -> None:
        self._inner, self.left, self._when = inner, nth, when

    def __getattr__(self, name: str) -> Any:
        call = getattr(self._inner, name)

        def counted(*given: Any) -> Any:
            if self.left <= 0:
                raise Killed
            self.left -= name in WRITES
            if self.left == 0 and self._when == "before":
                raise Killed
            answer = call(*given)
            if self.left == 0:
                raise Killed
            return answer

        return counted if callable(call) else call


class Case:
    """Two synced items, the first with names, locks and a poster of a person's."""

    def __init__(self, bench: Bench) -> None:
        self.bench, self.now = bench, time.time()
        bench.plex.clock = lambda: self.now
        self.scene, self.key = bench.add(title="One", tags=["b", "a"], cover=b"\xff\xd8\xff" + b"1")
        self.other, self.second = bench.add(title="Two", tags=["c"])
        bench.plex.edit_as_person(
            self.key, tagline="Théirs", userRating=7.3, add_genres=["Zoo"], add_labels=["Mine"]
        )
        bench.plex.edit_as_person(self.second, lock=False, tagline="also", add_genres=["A"])
        bench.sync(self.scene, self.other)
        self.wait()
        bench.plex.clear_requests()

    def wait(self) -> None:
        self.now += 2

    def says(self) -> dict[int, dict[str, Any]]:
        """All that Plex says, without the times and the images that it only offers."""
        left = {"updatedAt", "thumb", "posters"}
        return {
            key: {name: value for name, value in self.bench.plex.item(key).items() if name not in left}
            for key in (self.key, self.second)
        }  # fmt: skip

    def walk(self, pair: bool = True, die: tuple[int, str] | None = None) -> Result | None:
        with closing(Store(self.bench.data)) as store:
            plex: Any = self.bench.client()
            mortal = Mortal(plex, *die) if die else plex
            scenes = {self.key: self.scene} | ({self.second: self.other} if pair else {})
            walk = Walk(mortal, store, Journal(store, "test_plex"), scenes, time.time, self.wait)
            try:
                return walk.go(plex.version, lambda part: None)
            except Killed:
                return None

    def put_back(self, die: tuple[int, str] | None = None) -> list[Any]:
        with closing(Store(self.bench.data)) as store:
            plex: Any = self.bench.client()
            try:
                return put_back(Mortal(plex, *die) if die else plex, Journal(store), store)
            except Killed:
                return ["killed"]

    def state(self) -> tuple[int, int]:
        """The run that is open, and the rows of the journal that are not undone."""
        with closing(Store(self.bench.data)) as store:
            rows = [row for row in Journal(store).rows() if row.why == "test"]
            return SelfTests(store).run, len(rows)


@pytest.fixture
def case(tmp_path: Path) -> Iterator[Case]:
    with Bench(tmp_path) as bench:
        yield Case(bench)


@pytest.mark.parametrize("mode", MODES)
def test_it_sees_how_lists_are_taken_and_leaves_no_trace(case: Case, mode: str) -> None:
    case.bench.plex.tag_mode = mode
    before = case.says()
    result = case.walk()
    assert result and case.says() == before and case.state() == (0, 0)
    more = {"list": "replaces"} if mode != "add" else {}
    more |= {"several": "replaces"} if mode == "replace" else {}
    assert result.seen == ALL_GOOD | more and result.still == ()
    with closing(Store(case.bench.data)) as store:
        traits, kept = Traits(store), SelfTests(store).result
        knows = traits.knows(SEVERAL), traits.knows(ADDS)
    assert kept == result and knows == (True, mode != "replace")


def test_only_the_picked_items_are_named_in_a_request(case: Case) -> None:
    others = [case.bench.add(title=f"Other {n}", tags=["a"]) for n in range(3)]
    case.bench.sync(*(scene for scene, _ in others))
    before = {key: case.bench.plex.item(key) for _, key in others}
    case.bench.plex.clear_requests()
    case.walk()
    ids = {request.get("id") or request.get("key") for request in case.bench.plex.writes()}
    both = {str(case.key), str(case.second), f"{case.key},{case.second}"}
    assert ids - {""} <= both and str(case.key) in ids
    paths = {r.path for r in case.bench.plex.writes() if "/metadata/" in r.path}
    assert {path.split("/")[3] for path in paths} == {str(case.key)}
    assert {key: case.bench.plex.item(key) for _, key in others} == before


def way(case: Case, **options: Any) -> None:
    for name, value in options.items():
        setattr(case.bench.plex.options, name, value)


SERVERS: list[tuple[dict[str, Any], dict[str, str]]] = [
    ({"deaf_to": {"userRating"}}, {"rating": "apart", "rating_off": "apart"}),
    ({"deaf_to": {"tagline"}}, {"text": "missing", "unlock": "unlocked", "empty": "stays"}),
    ({"only_first_removal": True}, {"removals": "one"}),
    ({"labels_get_capital": False}, {"label": "written"}),
    ({"several_ids": "first"}, {"several": "some"}),
    ({"several_ids": "refused"}, {"several": "refused"}),
    ({"upload_locks": True}, {"poster": "locks"}),
    ({"image_limit": 10}, {"poster": "refused"}),
    ({"edit_bumps_updated_at": False}, {"updated": "some", "newest": "kept"}),
    ({"thumb_bumps_updated_at": False}, {"updated": "some"}),
    ({"ignored_sorts": {"updatedAt"}}, {"newest": "mixed"}),
]


@pytest.mark.parametrize(("options", "seen"), SERVERS, ids=str)
def test_it_sees_each_way_of_a_server(
    case: Case, options: dict[str, Any], seen: dict[str, str]
) -> None:
    way(case, **options)
    case.bench.client().edit(1, case.key, [("thumb.locked", "0")])  # the sync has locked it
    case.wait()
    before = case.says()
    result = case.walk()
    assert result and case.says() == before and case.state() == (0, 0)
    gone = {"poster_back"} if seen.get("poster") == "refused" else set()
    assert result.seen == {k: v for k, v in (ALL_GOOD | seen).items() if k not in gone}


def test_a_server_that_moves_no_time_is_seen(case: Case) -> None:
    way(case, edit_bumps_updated_at=False, thumb_bumps_updated_at=False)
    result = case.walk()
    assert result and result.seen["updated"] == "none" and "text" in result.still


def test_a_server_that_refuses_a_rating_in_an_edit_is_seen(case: Case) -> None:
    case.bench.plex.faults.arm("400", lambda call: call.has("userRating.value"), "PUT", times=99)
    before = case.says()
    result = case.walk()
    assert result and result.seen == ALL_GOOD | {"rating": "apart", "rating_off": "apart"}
    assert case.says() == before
    with closing(Store(case.bench.data)) as store:
        assert Traits(store).rates_apart


def test_what_was_learnt_otherwise_is_corrected(case: Case) -> None:
    with closing(Store(case.bench.data)) as store:
        Traits(store).rate_apart()
        Traits(store).note(SEVERAL, False)
    case.walk()
    with closing(Store(case.bench.data)) as store:
        assert not Traits(store).rates_apart and Traits(store).knows(SEVERAL)


def test_without_a_second_item_several_ids_are_not_tested(case: Case) -> None:
    before = case.bench.plex.item(case.second)
    result = case.walk(pair=False)
    assert result and result.seen == ALL_GOOD | {"several": "untested"}
    assert case.bench.plex.item(case.second) == before


KILLS = list(product(range(1, CALLS + 1), ["before", "after"], MODES))


@pytest.mark.parametrize(("nth", "when", "mode"), KILLS if WHOLE else KILLS[::5])
def test_killed_at_any_request_the_next_run_puts_it_back(
    case: Case, nth: int, when: str, mode: str
) -> None:
    case.bench.plex.tag_mode = mode
    before = case.says()
    assert case.walk(die=(nth, when)) is None and case.state()[0]
    assert case.put_back() == []
    assert case.says() == before and case.state() == (0, 0)


def test_the_kills_reach_every_write(case: Case) -> None:
    assert case.walk(die=(CALLS, "after")) is None
    case.put_back()
    assert case.walk(die=(CALLS + 1, "after"))


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("nth", [1, 2, 3])
def test_a_put_back_that_is_killed_goes_on(case: Case, nth: int, when: str) -> None:
    before = case.says()
    case.walk(die=(14, "after"))
    assert case.put_back(die=(nth, when)) == ["killed"]
    assert case.put_back() == [] and case.says() == before


def test_a_person_s_edit_after_a_kill_stays(case: Case) -> None:
    case.walk(die=(9, "after"))
    assert case.bench.plex.item(case.key)["tagline"] == names.TEXT
    case.bench.plex.edit_as_person(case.key, tagline="New", add_genres=["New"])
    assert case.put_back() == []
    item = case.bench.plex.item(case.key)
    assert (item["tagline"], item["genres"][-1]) == ("New", "New")
    assert not any(map(names.is_of_test, [*item["genres"], *item["labels"]]))


def test_an_item_that_is_gone_or_another_file_s_is_left(case: Case) -> None:
    case.walk(die=(9, "after"))
    case.bench.plex.remove_item(case.key)
    assert case.put_back() == [] and case.state() == (0, 0)


def test_a_plex_that_fails_on_the_way_is_put_back_later(case: Case) -> None:
    before = case.says()
    case.bench.plex.faults.arm("drop", lambda call: call.has("contentRating.value"), times=1)
    seen = iter(range(99))
    case.bench.plex.faults.arm("drop", lambda call: next(seen) > 20, times=60)
    with pytest.raises(errors.Unreachable):
        case.walk()
    case.bench.plex.faults.clear()
    assert case.state()[0] and case.says() != before
    assert case.put_back() == [] and case.says() == before


def test_a_value_that_plex_does_not_give_back_stays_in_the_journal(case: Case) -> None:
    case.walk(die=(9, "after"))
    way(case, deaf_to={"tagline"})
    assert [back.field for back in case.put_back()] == ["tagline"]
    run, rows = case.state()
    assert run == 0 and rows > 0
    way(case, deaf_to=set())


def test_an_item_with_names_of_a_test_is_not_taken(case: Case) -> None:
    case.bench.plex.edit_as_person(case.key, add_genres=[names.SECOND])
    case.bench.plex.clear_requests()
    with pytest.raises(errors.SetupError, match="remove that in Plex first"):
        case.walk()
    assert case.bench.plex.writes() == []

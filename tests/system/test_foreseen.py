"""What was read ahead: used once, never instead of what we wrote since, and its faults are nobody else's."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest

import errors
from plex.fields.item import POSTER
from plex.library.index import Index
from plex.state.database import Store
from plex.state.ledger import Ledger
from plex.sync.decide import Decider
from plex.sync.decision import Outcome
from plex.sync.pipeline import Pipeline
from plex.sync.prefetch import PAUSE, STALE, Pipelined, Prefetch, Reader
from tests.support.in_process import Bench

YEARS = 10 * 365 * 86400.0


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    with Bench(tmp_path) as found:
        found.ahead = YEARS  # the items were not added just now
        yield found


class Line:
    """A drain's way with a sync: batches overlap. `now` is what tells how old something is."""

    def __init__(self, bench: Bench, store: Store, writer: Any) -> None:
        settings, self.now = bench.sync_settings(), 0.0
        reader = Reader(bench._api.beside(), writer.beside(), store, settings, bench.clock)
        self.prefetch = Prefetch(bench._api, writer, reader, lambda: self.now)
        known = Index(store), Ledger(store), settings, bench.clock
        self.sync = Pipelined(Pipeline(Decider(bench._api, writer, *known)), self.prefetch)

    def ahead(self, *ids: int) -> None:
        """Read all that they need, and be done with that."""
        self.sync.ahead(ids)
        read = self.prefetch._coming[-1]
        for one in (read.scenes, read.items, read.covers):
            one.exception(30)


@contextmanager
def line(bench: Bench, writer: Any = None) -> Iterator[Line]:
    with closing(Store(bench.data)) as store:
        found = Line(bench, store, writer or bench.client())
        yield found
        found.sync.close()


def known(bench: Bench, count: int, **scene: Any) -> list[int]:
    """Scenes that are in sync, and have another title in Stash since."""
    ids = [bench.add(title=f"Title {n}", **scene)[0] for n in range(count)]
    bench.sync(*ids)
    for number in ids:
        bench.stash.update_scene(number, title=f"New {number}")
    forget(bench)
    return ids


def forget(bench: Bench) -> None:
    bench.plex.clear_requests()
    bench.stash.requests.clear()


def reads(bench: Bench) -> list[str]:
    return [f"{r.method} {r.path}" for r in bench.plex.requests if r.method == "GET"]


def wrote(outcomes: list[Outcome]) -> list[list[str]]:
    return [[change.field for change in one.changes if change.writes] for one in outcomes]


def test_what_was_read_ahead_is_not_read_again(bench: Bench) -> None:
    ids = known(bench, 4)
    with line(bench) as it:
        it.sync.begin(ids[:2])()
        it.ahead(*ids[2:])
        forget(bench)
        assert wrote(it.sync.begin(ids[2:])()) == [["title"], ["title"]]
    assert len(bench.stash.requests) == 0
    assert len([one for one in reads(bench) if "/library/metadata/" in one]) == 1  # the read back


def test_the_next_batch_is_read_while_this_one_is_written(
    bench: Bench,
) -> None:
    """The write of the second batch does not end before both have happened."""
    ids = known(bench, 3)
    client = bench.client()
    beside, both = client.beside(), threading.Semaphore(0)
    edit, items = client.edit, beside.items
    client.beside = lambda: beside  # type: ignore[method-assign]

    def reading(keys: list[int]) -> Any:
        found = items(keys)
        both.release()
        return found

    with line(bench, client) as it:
        it.ahead(ids[1])
        first = it.sync.begin(ids[:1])
        beside.items = reading  # type: ignore[method-assign, assignment]
        it.sync.ahead(ids[2:])

        def writing(*given: Any) -> None:
            assert both.acquire(timeout=30)
            edit(*given)

        client.edit = writing  # type: ignore[method-assign]
        second = it.sync.begin(ids[1:2])
        assert wrote(first()) == wrote(second()) == [["title"]]
    assert bench.plex.overlapping_writes == 0


def test_an_item_that_was_written_since_is_read_again(bench: Bench) -> None:
    """Else our own write would look like somebody's edit."""
    (scene,) = known(bench, 1)
    with line(bench) as it:
        it.ahead(scene)
        other = it.sync.begin([scene, 999])
        assert wrote(other())[0] == ["title"]
        (again,) = it.sync.begin([scene])()
        assert again.changes == [] and not again.wrote
    assert bench.writes("PUT") == ["PUT /library/sections/1/all"]


def test_a_scene_that_comes_again_is_recorded_first(
    bench: Bench,
) -> None:
    (scene,) = known(bench, 1)
    with line(bench) as it:
        first = it.sync.begin([scene])
        bench.stash.update_scene(scene, title="Newer")
        (again,) = it.sync.begin([scene])()
        assert [change.before for change in again.changes] == [f"New {scene}"]
        assert wrote(first()) == [["title"]]
    assert len(bench.writes("PUT")) == 2


def test_the_cover_thread_gets_whole_scenes(bench: Bench) -> None:
    (scene,) = known(bench, 1)
    with line(bench) as it:
        it.ahead(scene)
        read = it.prefetch._coming[-1]
        assert wrote(it.sync.begin([scene])()) == [["title"]]
    assert len(read.items.result()) == 1


def test_a_scene_that_was_written_since_is_read_again(bench: Bench) -> None:
    """An edit that overtook it must not be undone by what was read before."""
    ids = known(bench, 2)
    with line(bench) as it:
        it.ahead(*ids)
        bench.stash.update_scene(ids[0], title="Newest")
        it.sync.begin(ids[:1])()
        it.sync.begin(ids)()
    titles = {item.attrs["title"] for item in bench.plex.library.items.values()}
    assert titles == {"Newest", f"New {ids[1]}"}


def test_two_scenes_that_share_an_item_are_told_apart_across_batches(bench: Bench) -> None:
    one, key = bench.add("a.mp4", title="One")
    two, _ = bench.add("b.mp4", in_plex=False, title="Two")
    bench.plex.add_parts(key, ["/media/b.mp4"])
    bench.sync(one)
    bench.stash.update_scene(one, title="New")
    with line(bench) as it:
        it.ahead(two)
        first = it.sync.begin([one])
        (second,) = it.sync.begin([two])()
        assert first()[0].wrote and not second.wrote and "shares" in second.said


def test_what_is_old_is_read_again(bench: Bench) -> None:
    (scene,) = known(bench, 1)
    with line(bench) as it:
        it.ahead(scene)
        bench.stash.update_scene(scene, title="Newest")
        it.now = STALE + 1
        (outcome,) = it.sync.begin([scene])()
    assert bench.plex.item(outcome.items[0])["title"] == "Newest"


def test_a_new_item_is_read_in_its_turn(bench: Bench) -> None:
    """By then Plex has had its own pass over it, or it is waited for."""
    bench.ahead = 0.0
    bench.sync(bench.add(title="Title")[0])
    scene, key = bench.add(title="Another", details="Ours")
    with line(bench) as it:
        it.sync.begin([bench.add(title="Third")[0]])()  # lists both
        it.ahead(scene)
        bench.plex.agent_says(key, summary="from an agent")
        bench.plex.agent_refresh(key)
        (outcome,) = it.sync.begin([scene])()
    assert {change.field: change.before for change in outcome.changes}["summary"] == "from an agent"


def test_new_items_are_not_read_ahead_again_and_again(bench: Bench) -> None:
    bench.ahead = 0.0
    first, *others = [bench.add(title=f"T{n}")[0] for n in range(PAUSE + 4)]
    with line(bench) as it:
        it.sync.begin([first])()  # lists all
        counts = []
        for scene in others:
            forget(bench)
            it.ahead(scene)
            it.sync.begin([scene])()
            counts.append(sum("/library/metadata/" in one for one in reads(bench)))
    assert counts == [3, *[2] * PAUSE, 3, 2]


def test_a_fault_ahead_is_that_of_its_batch_and_of_no_other(bench: Bench) -> None:
    ids = known(bench, 2)
    with line(bench) as it:
        bench.plex.faults.arm("502", "/library/metadata", times=99)
        it.ahead(ids[1])
        bench.plex.faults.clear()
        assert wrote(it.sync.begin(ids[:1])()) == [["title"]]
        with pytest.raises(errors.Unreachable):
            it.sync.begin(ids[1:])
        assert wrote(it.sync.begin(ids[1:])()) == [["title"]]


def test_a_stash_that_is_away_is_met_when_its_batch_is_due(bench: Bench) -> None:
    ids = known(bench, 2)
    with line(bench) as it:
        bench.stash.faults.arm(action="html", times=99)
        it.ahead(ids[1])
        bench.stash.faults.clear()
        with pytest.raises(errors.Unreachable):
            it.sync.begin(ids[1:])
        assert wrote(it.sync.begin(ids)()) == [["title"], ["title"]]


def test_a_fault_of_the_read_back_writes_nothing_twice(
    bench: Bench,
) -> None:
    (scene,) = known(bench, 1)
    client = bench.client()
    edit = client.edit

    def last(*given: Any) -> None:
        edit(*given)
        bench.plex.faults.arm("502", "/library/metadata", times=99)

    client.edit = last  # type: ignore[method-assign]
    with line(bench, client) as it:
        begun = it.sync.begin([scene])
        for _ in range(2):
            with pytest.raises(errors.Unreachable):
                begun()
        bench.plex.faults.clear()
        assert wrote(it.sync.begin([scene])()) == [[]]
    assert len(bench.writes("PUT")) == 1
    assert bench.sync(scene)[0].changes == []


def test_covers_are_downloaded_ahead_and_shown(bench: Bench) -> None:
    bench.settings = {"sync_fields": "title"}
    ids = known(bench, 2, cover=b"\xff\xd8\xff" + bytes(200))
    bench.settings = {"sync_fields": "title, poster"}
    with line(bench) as it:
        it.ahead(ids[1])
        it.sync.begin(ids[:1])()
        forget(bench)
        it.sync.begin(ids[1:])()
    assert [one for one in bench.stash.requests if "screenshot" in one.path] == []
    assert len(bench.writes("POST")) == 1


def test_a_cover_of_a_failed_batch_is_read_again(bench: Bench) -> None:
    """What is read anew of the scene is newer than the cover: they must not be taken for a pair."""
    bench.settings = {"sync_fields": "title"}
    (scene,) = known(bench, 1, cover=b"\xff\xd8\xff" + bytes(200))
    bench.settings = {"sync_fields": "title, poster"}
    newest = b"\xff\xd8\xff" + b"\x01" * 200
    with line(bench) as it:
        it.ahead(scene)
        it.prefetch.spend(list(bench.plex.library.items))  # so it is read again, and that fails
        bench.plex.faults.arm("500", "/library/metadata", times=99)
        with pytest.raises(errors.Unreachable):
            it.sync.begin([scene])
        bench.plex.faults.clear()
        bench.stash.set_cover(scene, newest)
        it.sync.begin([scene])()
        it.sync.begin([scene])()
    (item,) = bench.plex.library.items.values()
    shown = [key for key, selected in bench.client().images(item.rk, POSTER).items() if selected]
    assert shown == [POSTER.key(hashlib.sha1(newest).hexdigest())]

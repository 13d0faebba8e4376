"""A library that is listed again: what reads as before is left alone, what is gone is let go."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import pytest
from test_index import Server

import errors
from plex.index import ASK_SECONDS, Index
from plex.listed import SETTLED
from plex.listing import Page
from plex.store import Store


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    found = Store(tmp_path)
    yield found
    found.close()


class Resting(Server):
    """One library whose items have not moved for long, a page for two of them; counts what is parsed."""

    also = ' updatedAt="9"'

    def __init__(self, files: dict[int, str]) -> None:
        super().__init__(s1=files)
        self.parsed: list[int] = []

    def listing(self, section: int) -> Iterator[Page]:
        files = list(self.found[section].items())
        for at in range(0, len(files), 2):
            yield self._page(section, dict(files[at : at + 2]))

    def newest(self, section: int) -> Page:
        self.asked.append(f"newest {section}")
        return self._page(section, dict(list(self.found[section].items())[:2]))

    def _parse(self, xml: bytes) -> Any:
        self.parsed.append(xml.count(b"<Video "))
        return super()._parse(xml)


def test_of_pages_that_read_as_before_nothing_is_parsed(store):
    server, now = Resting({5: "/m/a", 6: "/m/b", 7: "/m/c"}), 1e9
    Index(store).refresh(server, now)
    assert server.parsed == [2, 1]
    Index(store).refresh(server, now, force=True)
    assert server.parsed == [2, 1] and Index(store).size() == 3
    server.found[1][6] = "/m/x"
    Index(store).refresh(server, now, force=True)
    assert server.parsed == [2, 1, 1]
    assert [Index(store).find([f"/m/{name}"]) for name in "abcx"] == [[5], [], [7], [6]]


@pytest.mark.parametrize(
    "damage", ["DELETE FROM part", "UPDATE listed SET told = x'00'", "DELETE FROM listed"]
)
def test_what_the_index_lost_is_listed_again_though_the_pages_are_the_same(store, damage):
    server, now = Resting({5: "/m/a", 6: "/m/b", 7: "/m/c"}), 1e9
    Index(store).refresh(server, now)
    with store.writing() as db:
        db.execute(damage)
    Index(store).refresh(server, now, force=True)
    assert [Index(store).find([f"/m/{name}"]) for name in "abc"] == [[5], [6], [7]]


def test_pages_that_a_library_has_no_more_are_not_kept(store):
    server = Resting({5: "/m/a", 6: "/m/b", 7: "/m/c"})
    kept = "SELECT count(*) FROM listed WHERE place"
    Index(store).refresh(server, 1e9)
    assert store.value(kept) == 2
    del server.found[1][7]
    Index(store).refresh(server, 1e9, force=True)
    assert store.value(kept) == 1
    server.found = {2: {9: "/m/z"}}
    Index(store).refresh(server, 1e9, force=True)
    assert store.rows("SELECT section FROM listed WHERE place") == [(2,)]


class Broken(Resting):
    """Its second page does not come."""

    def listing(self, section: int) -> Iterator[Page]:
        pages = super().listing(section)
        yield next(pages)
        raise errors.Busy("no answer")


def test_a_file_that_an_item_lost_is_forgotten_though_the_listing_that_told_so_broke_off(store):
    whole = {5: "/m/a", 6: "/m/b", 7: "/m/c"}
    Index(store).refresh(Resting(whole), 1e9)
    moved = whole | {5: "/m/x"}
    with pytest.raises(errors.Busy):
        Index(store).refresh(Broken(moved), 1e9, force=True)
    Index(store).refresh(Resting(moved), 1e9, force=True)
    assert Index(store).find(["/m/x"]) == [5]
    assert Index(store).find(["/m/a"]) == []


def test_a_file_that_an_item_lost_is_forgotten_though_the_newest_were_asked_for_meanwhile(store):
    server = Resting({5: "/m/a", 6: "/m/b"})
    index = Index(store)
    index.refresh(server, 1e9)
    server.found[1][5] = "/m/x"
    index.refresh(server, 1e9 + ASK_SECONDS + 1)
    assert server.asked[-1] == "newest 1"
    index.refresh(server, 1e9 + 99, force=True)
    assert index.find(["/m/x"]) == [5]
    assert index.find(["/m/a"]) == []


class Meanwhile(Resting):
    """While its last page is on the way, `meanwhile` happens in another process."""

    def __init__(self, files: dict[int, str], meanwhile: Callable[[], object]) -> None:
        super().__init__(files)
        self.meanwhile = meanwhile

    def listing(self, section: int) -> Iterator[Page]:
        *first, last = super().listing(section)
        yield from first
        self.meanwhile()
        yield last


@pytest.mark.parametrize("force", [True, False])
def test_two_processes_that_ask_at_once_forget_nothing(tmp_path, force):
    """A reconciliation lists a library while a drain lists it, or asks for the newest files."""
    files = {number: f"/m/{number}" for number in range(5, 10)}

    def other() -> None:
        with closing(Store(tmp_path)) as store:
            assert Index(store).refresh(Resting(files), 1e9 + 1, force) is force

    with closing(Store(tmp_path)) as store:
        index = Index(store)
        index.refresh(Resting(files), 1e9)
        index.refresh(Meanwhile(files, other), 1e9 + 1, force=True)
        assert [index.find([file]) for file in files.values()] == [[key] for key in files]


@pytest.mark.parametrize("seen", [1, 2**62])
def test_what_is_gone_is_forgotten_though_the_machine_was_started_anew(store, seen):
    Index(store).refresh(Resting({5: "/m/a", 6: "/m/b"}), 1e9)
    with store.writing() as db:
        db.execute("UPDATE part SET seen = ?", (seen,))
    Index(store).refresh(Resting({5: "/m/a"}), 1e9, force=True)
    assert [Index(store).find([f"/m/{name}"]) for name in "ab"] == [[5], []]


# -- sealed: only what has changed is written


def kept(store: Store) -> list[Any]:
    return store.rows("SELECT path_key, rating_key, mark != 0 FROM part ORDER BY path_key")


def changed(store: Store, act: Callable[[], object]) -> int:
    """How many files' rows `act` writes."""
    said: list[str] = []
    store.db.set_trace_callback(said.append)
    act()
    store.db.set_trace_callback(None)
    return len([one for one in said if one.startswith(("UPDATE part", "INSERT INTO part"))])


def test_of_a_library_that_rests_no_file_is_written_again(store):
    server = Resting({number: f"/m/{number}" for number in range(5, 12)})
    index = Index(store)
    assert changed(store, lambda: index.refresh(server, 1e9)) == 7
    assert changed(store, lambda: index.refresh(server, 1e9 + 1, force=True)) == 0
    server.found[1][8] = "/m/x"
    assert changed(store, lambda: index.refresh(server, 1e9 + 2, force=True)) == 1
    del server.found[1][5]  # which moves all that follow
    assert changed(store, lambda: index.refresh(server, 1e9 + 3, force=True)) == 0
    assert [row[1] for row in kept(store)] == [10, 11, 6, 7, 9, 8]


class Recent(Resting):
    """What changed a moment before it was listed first."""

    also = f' updatedAt="{1e9:.0f}"'


def test_a_mark_is_told_once_plex_can_not_change_the_item_unnoticed(store):
    server = Recent({5: "/m/a", 6: "/m/b", 7: "/m/c"})
    for seconds, told in ((1, 0), (SETTLED, 0), (SETTLED + 1, 1)):
        Index(store).refresh(server, 1e9 + seconds, force=True)
        assert [row[2] for row in kept(store)] == [told] * 3
    parsed = len(server.parsed)
    Index(store).refresh(server, 1e9 + SETTLED + 2, force=True)
    assert len(server.parsed) == parsed


@pytest.mark.parametrize("page", [1, 2])
def test_what_is_gone_is_forgotten_though_what_was_kept_of_a_page_is_damaged(store, page):
    server = Resting({5: "/m/a", 6: "/m/b", 7: "/m/c", 8: "/m/d"})
    Index(store).refresh(server, 1e9)
    with store.writing() as db:
        db.execute("UPDATE listed SET told = x'00' WHERE place = ?", (page,))
    del server.found[1][5], server.found[1][8]
    for seconds in (1, 2):  # the first time nobody knows what the page had
        Index(store).refresh(server, 1e9 + seconds, force=True)
    assert kept(store) == [("/m/b", 6, 1), ("/m/c", 7, 1)]


def test_a_page_that_went_with_its_items_is_forgotten_though_what_was_kept_of_it_is_damaged(store):
    server = Resting({5: "/m/a", 6: "/m/b", 7: "/m/c"})
    Index(store).refresh(server, 1e9)
    with store.writing() as db:
        db.execute("UPDATE listed SET told = x'00' WHERE place = 2")
    del server.found[1][7]
    for seconds in (1, 2):
        Index(store).refresh(server, 1e9 + seconds, force=True)
    assert kept(store) == [("/m/a", 5, 1), ("/m/b", 6, 1)]


class Shaky(Resting):
    """Its listing may break off before the page `cut`, or tell an item `twice`: on the page after its
    own, as happens when something comes in before it meanwhile."""

    cut = twice = 99

    def listing(self, section: int) -> Iterator[Page]:
        files = list(self.found[section].items())
        for place, at in enumerate(range(0, len(files), 2)):
            if place == self.cut:
                raise errors.Busy("no answer")
            page = dict(files[at : at + 2])
            yield self._page(
                section, dict(files[at - 1 : at]) | page if place == self.twice else page
            )


def shaken(server: Shaky, chance: random.Random) -> None:
    """Something happens to the library, and perhaps to the listing that comes next."""
    files = list(server.found[1].items())
    happens = chance.choice(["come", "go", "go", "rename", "move", "shuffle", "nothing"])
    one = chance.randrange(len(files))
    if happens == "come":
        files.insert(one, (max(server.found[1]) + 1 + chance.randrange(3), f"/m/{chance.random()}"))
    elif happens == "go" and len(files) > 2:
        del files[one]
    elif happens == "rename":
        files[one] = (files[one][0], f"/m/{chance.random()}")
    elif happens == "move":
        files.insert(chance.randrange(len(files)), files.pop(one))
    elif happens == "shuffle":
        chance.shuffle(files)
    server.found[1] = dict(files)
    server.cut, server.twice = (chance.choice([99, 99, 99, chance.randrange(5)]) for _ in "ct")


@pytest.mark.parametrize("seed", range(40))
def test_whatever_happens_to_a_library_the_index_knows_what_it_shows(store, seed):
    chance, now = random.Random(seed), 1e9
    server = Shaky({number: f"/m/{number}" for number in range(5, 5 + chance.randrange(1, 12))})
    index = Index(store)
    for _ in range(40):
        shaken(server, chance)
        now += 2 * ASK_SECONDS
        force = chance.random() < 0.7  # else the newest are asked for
        with suppress(errors.Busy):
            index.refresh(server, now, force)
            if force:
                shown = sorted((file, key, 1) for key, file in server.found[1].items())
                assert kept(store) == shown

"""A library that is listed again: what reads as before is left alone, what is gone is let go."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from typing import Any
from xml.etree import ElementTree

import pytest

import errors
from plex.client.listing import Page
from plex.library.index import ASK_SECONDS, Index
from plex.library.section_listing import SETTLED, Reading, SectionListing
from plex.state.database import Store
from tests.support.plex_listing import Server


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


def test_a_lost_row_is_listed_again_from_equal_pages(store):
    server, now = Resting({5: "/m/a", 6: "/m/b", 7: "/m/c"}), 1e9
    Index(store).refresh(server, now)
    with store.writing() as db:
        db.execute("DELETE FROM part")
    Index(store).refresh(server, now, force=True)
    assert [Index(store).find([f"/m/{name}"]) for name in "abc"] == [[5], [6], [7]]


class Broken(Resting):
    """Its second page does not come."""

    def listing(self, section: int) -> Iterator[Page]:
        pages = super().listing(section)
        yield next(pages)
        raise errors.Busy("no answer")


def test_a_lost_file_is_forgotten_after_a_broken_listing(store):
    whole = {5: "/m/a", 6: "/m/b", 7: "/m/c"}
    Index(store).refresh(Resting(whole), 1e9)
    moved = whole | {5: "/m/x"}
    with pytest.raises(errors.Busy):
        Index(store).refresh(Broken(moved), 1e9, force=True)
    Index(store).refresh(Resting(moved), 1e9, force=True)
    assert Index(store).find(["/m/x"]) == [5]
    assert Index(store).find(["/m/a"]) == []


def test_a_lost_file_is_forgotten_after_a_glance(store):
    server = Resting({5: "/m/a", 6: "/m/b"})
    index = Index(store)
    index.refresh(server, 1e9)
    server.found[1][5] = "/m/x"
    assert index.refresh(server, 1e9 + ASK_SECONDS + 1)  # in the place of another one
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


# -- only what has changed is written


def kept(store: Store) -> list[Any]:
    return store.rows("SELECT path_key, rating_key, mark != 0 FROM part ORDER BY path_key")


def changed(store: Store, act: Callable[[], object]) -> int:
    """How many files' rows `act` writes."""
    said: list[str] = []
    store.db.set_trace_callback(said.append)
    act()
    store.db.set_trace_callback(None)
    return len([one for one in said if one.startswith("INSERT OR REPLACE INTO part")])


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


# -- whatever happens

Item = tuple[int, tuple[str, ...], int]  # rating key, files, updatedAt


class Shaken:
    """A library to which things happen; two items to a page."""

    def __init__(self, chance: random.Random) -> None:
        self.chance, self.now = chance, 1e9
        self.items: list[Item] = [
            (key, (f"/m/{key}",), 9) for key in range(5, 5 + chance.randrange(1, 9))
        ]

    def happen(self) -> None:
        """An item comes, goes, moves, or has other files: none, one or two."""
        at, key = self.chance.randrange(len(self.items)), max(self.items)[0] + 1
        happens = self.chance.choice(["come", "go", "files", "files", "move", "shuffle", "nothing"])
        if happens == "come":
            self.items.insert(at, (key + self.chance.randrange(2), self._files(), self._updated()))
        elif happens == "go" and len(self.items) > 1:
            del self.items[at]
        elif happens == "files":
            self.items[at] = (self.items[at][0], self._files(), self._updated())
        elif happens == "move":
            self.items.insert(self.chance.randrange(len(self.items)), self.items.pop(at))
        elif happens == "shuffle":
            self.chance.shuffle(self.items)

    def _files(self) -> tuple[str, ...]:
        return tuple(
            f"/m/{self.chance.randrange(30)}" for _ in range(self.chance.choice([0, 1, 1, 2]))
        )

    def _updated(self) -> int:
        return self.chance.choice([9, 9, int(self.now)])

    def page(self, items: list[Item]) -> Page:
        return Page(_xml(items).encode(), ElementTree.fromstring)

    def pages(self) -> Iterator[Page]:
        """Each as the library is when it is asked for: an item may come twice, or not at all."""
        at = 0
        while items := self.items[at : at + 2]:
            at += 2
            yield self.page(items)

    def shown(self) -> set[tuple[str, int]]:
        return {(file, key) for key, files, _ in self.items for file in files}


def _xml(items: list[Item]) -> str:
    rows = "".join(
        f'<Video ratingKey="{key}" updatedAt="{at}"><Media>'
        + "".join(f'<Part file="{file}" size="1"/>' for file in files)
        + "</Media></Video>"
        for key, files, at in items
    )
    return f'<MediaContainer size="{len(items)}" librarySectionID="1">{rows}</MediaContainer>'


class Process:
    """One of those that list the library, a step at a time."""

    def __init__(self, store: Store, library: Shaken) -> None:
        self._store, self._library = store, library
        self._reading: Reading | None = None
        self._held: Page | None = None  # read ahead: it may be old by now
        self._newest: Page | None = None

    def step(self) -> None:
        """Begin, look at the next page, end, be killed, or ask for what was added last."""
        if self._newest:
            SectionListing(self._store).add(self._newest.parts(), 1, self._library.now)
            self._newest = None
        elif self._library.chance.random() < 0.1:
            self._newest = self._library.page(self._library.items[-2:])
        elif self._reading is None:
            self._reading = Reading(self._store, 1, self._library.now)
            self._pages = self._library.pages()
            self._held = next(self._pages, None)
        elif self._held:
            self._reading.page(self._held)
            self._held = next(self._pages, None)
        else:
            self._reading.end()
            self._reading = None
        if self._library.chance.random() < 0.05:
            self._reading = None


def listed(
    store: Store, items: list[Item], after: Callable[[], object] = int, section: int = 1
) -> None:
    """One page; something happens between it and the end."""
    reading = Reading(store, section, 1e9)
    reading.page(Page(_xml(items).encode(), ElementTree.fromstring))
    after()
    reading.end()


BEFORE: list[Item] = [(5, ("/m/a",), 9), (6, ("/m/b",), 9)]
AFTER: list[Item] = [(5, ("/m/x",), 9), (6, ("/m/b",), 9)]


def late(store: Store) -> None:
    """Another process puts what it was told before: as the newest."""
    SectionListing(store).add(Page(_xml(BEFORE).encode(), ElementTree.fromstring).parts(), 1, 1e9)


def elsewhere(store: Store) -> None:
    """The same, as those of another library."""
    listed(store, BEFORE, section=2)


@pytest.mark.parametrize("other", [late, elsewhere])
@pytest.mark.parametrize("between", [True, False])
def test_what_another_process_puts_late_is_put_right(store, other, between):
    listed(store, BEFORE)
    listed(store, AFTER, (lambda: other(store)) if between else int)
    if not between:
        other(store)
    listed(store, AFTER)
    assert kept(store) == [("/m/b", 6, 1), ("/m/x", 5, 1)]


@pytest.mark.parametrize("seed", range(60))
@pytest.mark.parametrize("processes", [1, 2])
def test_whatever_happens_to_a_library_it_is_known_after_two_listings(tmp_path, processes, seed):
    """After one, if nobody else lists."""
    chance = random.Random(seed)
    library = Shaken(chance)
    with ExitStack() as opened:
        stores = [opened.enter_context(closing(Store(tmp_path))) for _ in range(processes)]
        several = [Process(store, library) for store in stores]
        for _ in range(12):
            for _ in range(chance.randrange(24)):
                library.now += chance.choice([0.0, SETTLED])
                if chance.random() < 0.5:
                    library.happen()
                chance.choice(several).step()
            for _ in range(processes):
                reading = Reading(stores[0], 1, library.now)
                for page in library.pages():
                    reading.page(page)
                reading.end()
            assert {row[:2] for row in kept(stores[0])} == library.shown()
            marks = {key: mark for page in library.pages() for key, mark in page.marks.items()}
            known = stores[0].rows("SELECT rating_key, mark FROM part WHERE mark != 0")
            assert [(key, marks[key]) for key, _ in known] == known

"""The index of Plex's files: refreshed from listings, stopped by an empty one, fast to ask."""

from __future__ import annotations

import tracemalloc
from collections.abc import Iterator

import pytest

import errors
from devserver.plex import PlexServer
from plex.client.client import connect
from plex.library.index import ASK_SECONDS, RELIST_SECONDS, Index
from plex.library.section_listing import SectionListing
from plex.state.entry import Entry
from plex.state.ledger import Ledger
from tests.support.plex_listing import Server


@pytest.fixture
def index(store) -> Index:
    return Index(store)


def later(seconds: float) -> float:
    return 1000.0 + seconds


def test_a_file_is_found_in_every_library_that_has_it(index):
    index.refresh(Server(s1={5: "/m/a", 6: "/m/b"}, s2={9: "/m/a"}), later(0))
    assert index.find(["/m/a"]) == [5, 9]
    assert index.find(["/m/a", "/m/b", "/m/a"]) == [5, 6, 9]
    assert index.find(["/m/x"]) == index.find([]) == []
    assert (index.size(), index.titles()) == (3, {1: "L1", 2: "L2"})


def test_a_library_is_listed_again_after_a_scan(index):
    server = Server(s1={5: "/m/a"})
    for wait, stamp, listed in [
        (0, "1", True),
        (ASK_SECONDS - 1, "2", False),
        (ASK_SECONDS + 1, "2", True),
        (ASK_SECONDS * 3, "2", False),
        (ASK_SECONDS * 3 + RELIST_SECONDS, "2", True),
    ]:
        server.stamp, before = stamp, server.asked.count("list 1")
        index.refresh(server, later(wait))
        assert (server.asked.count("list 1") > before) is listed, wait


def test_the_newest_items_show_a_silently_added_file(index):
    server = Server(s1={n: f"/m/{n}" for n in range(1, 9)})
    index.refresh(server, later(0))
    assert index.refresh(server, later(20)) is False
    server.found[1][50] = "/m/new"
    assert index.refresh(server, later(40)) is True
    assert index.find(["/m/new"]) == [50]
    assert server.asked.count("list 1") == 1


def test_a_moved_item_makes_its_library_due(index):
    server = Server(s1={5: "/m/a"}, s2={9: "/m/b"})
    index.refresh(server, later(0))
    server.found[1] = {6: "/m/a"}
    index.doubt([5])
    assert index.refresh(server, later(1)) is True
    assert index.find(["/m/a"]) == [6]
    assert server.asked.count("list 2") == 1
    assert index.refresh(server, later(2)) is False


def test_what_a_listing_no_longer_has_is_forgotten(index):
    server = Server(s1={5: "/m/a", 6: "/m/b"})
    index.refresh(server, later(0))
    server.found[1] = {6: "/m/c"}
    index.refresh(server, later(0), force=True)
    assert (index.find(["/m/a", "/m/b"]), index.find(["/m/c"])) == ([], [6])


def test_an_empty_listing_stops_and_forgets_nothing(index):
    server = Server(s1={5: "/m/a"}, s2={})
    index.refresh(server, later(0))
    server.found[1] = {}
    with pytest.raises(errors.LibraryEmpty, match="“L1”, where it had 1 file; nothing is changed"):
        index.refresh(server, later(0), force=True)
    assert index.size() == 1


def test_an_emptied_library_is_kept_and_logged_once(store):
    told: list[str] = []
    server = Server(s1={5: "/m/a"}, s2={9: "/m/b", 10: "/m/c"})
    Index(store).refresh(server, later(0))
    server.found[2] = {}
    for index in (Index(store, told.append), Index(store, told.append)):
        for wait in (0, ASK_SECONDS + 1):
            index.refresh(server, later(wait), force=True)
        assert (index.find(["/m/a"]), index.find(["/m/b"]), index.size()) == ([5], [], 3)
    (line,) = told
    assert "nothing in “L2”, where it had 2 files: its scenes wait" in line
    assert "“Plex Libraries”" in line


def test_a_library_that_is_filled_again_is_as_it_was(index):
    server = Server(s1={5: "/m/a"}, s2={9: "/m/b"})
    index.refresh(server, later(0))
    server.found[2] = {}
    index.refresh(server, later(0), force=True)
    assert index.find(["/m/b"]) == []
    server.found[2] = {9: "/m/b"}
    index.refresh(server, later(ASK_SECONDS + 1))
    assert index.find(["/m/b"]) == [9]


@pytest.mark.parametrize("left", [{1: {}}, {1: {}, 2: {}}])
def test_the_last_emptied_library_stops_the_run(index, left):
    server = Server(s1={5: "/m/a"}, s2={9: "/m/b"})
    index.refresh(server, later(0))
    server.found = left
    with pytest.raises(errors.LibraryEmpty, match="Plex lists nothing in “L1”"):
        index.refresh(server, later(0), force=True)


def test_an_empty_library_in_place_of_a_written_one_stops_the_run(index, store):
    index.refresh(Server(s1={5: "/m/a"}), later(0))
    Ledger(store).put([Entry(5, 1)])
    with pytest.raises(errors.LibraryEmpty, match="none of the files that were written") as told:
        index.refresh(Server(s2={}), later(ASK_SECONDS + 1))
    assert (told.value.server, told.value.cause) == (errors.PLEX, "library")


def test_a_plex_without_any_library_stops(index):
    server = Server(s1={5: "/m/a"})
    index.refresh(server, later(0))
    server.found = {}
    with pytest.raises(errors.LibraryEmpty, match="none of the libraries"):
        index.refresh(server, later(0), force=True)
    assert index.find(["/m/a"]) == [5]


def test_a_library_that_is_gone_or_left_out_is_forgotten(index):
    server = Server(s1={5: "/m/a"}, s2={9: "/m/a"})
    index.refresh(server, later(0))
    index.keep_to(server.sections()[1:])
    assert index.find(["/m/a"]) == [9]


def test_progress_goes_to_the_end(index):
    seen: list[tuple[int, int]] = []
    server = Server(s1={1: "/a"}, s2={2: "/b", 3: "/c"})
    index.refresh(server, later(0), progress=lambda *counts: seen.append(counts))
    assert seen == [(1, 1), (3, 3)]


def test_finding_uses_an_index(store):
    plan = store.db.execute(
        "EXPLAIN QUERY PLAN SELECT DISTINCT rating_key FROM part WHERE path_key IN (?, ?)"
        " AND section NOT IN (7) ORDER BY rating_key",
        ["a", "b"],
    )
    steps = [row[3] for row in plan]
    assert any("SEARCH part USING PRIMARY KEY (path_key=?)" in step for step in steps), steps
    assert not any(step.startswith("SCAN") for step in steps), steps


@pytest.fixture
def plex() -> Iterator[PlexServer]:
    with PlexServer(token="t") as server:
        server.add_section("Scenes", roots=["/media"])
        yield server


@pytest.mark.parametrize("cap", [None, 7])
@pytest.mark.parametrize("omit", [False, True])
@pytest.mark.parametrize("count", [0, 5, 30])
def test_a_library_is_listed_whole_whatever_its_pages(index, plex, cap, omit, count):
    for number in range(count):
        plex.add_file(f"/media/{number}.mp4")
    plex.options.page_cap, plex.options.omit_total_size = cap, omit
    index.refresh(connect(plex.url, "t", 5, 30), later(0))
    assert index.size() == count


def test_a_page_that_comes_twice_ends_the_listing(index, plex):
    for number in range(30):
        plex.add_file(f"/media/{number}.mp4")
    plex.options.page_cap = 7
    client = connect(plex.url, "t", 5, 30)
    page = client._plex.page
    client._plex.page = lambda key, headers, chances: page(key, {})  # type: ignore[method-assign]
    with pytest.raises(errors.Busy, match="twice"):
        index.refresh(client, later(0))


def test_ten_thousand_items_come_in_ten_pages_of_which_one_is_held(index, plex):
    for number in range(10_000):
        plex.add_file(f"/media/folder {number % 100}/clip {number}.mp4")
    client = connect(plex.url, "t", 5, 30)
    plex.clear_requests()
    pages, peaks = client.listing(1), []
    for number, page in enumerate(pages):
        SectionListing(index._store).add(page.parts(), 1, later(0))
        del page
        if number == 6:
            tracemalloc.start()  # it makes everything many times slower: two pages will do
        if number in (7, 8):
            peaks.append(tracemalloc.get_traced_memory()[1])
            tracemalloc.reset_peak()
        if number == 8:
            tracemalloc.stop()
    assert index.size() == 10_000
    assert len(plex.requests) == 10
    # Simulator and client share this process; a page of 1,000 items is about 1 MB of XML.
    assert max(peaks) < 40e6, peaks

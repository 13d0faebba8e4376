"""The path map in force: remembered with its evidence, kept up, and told of in the log."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import pytest

import errors
from plex.library import path_map
from plex.library.index import Index
from plex.library.path_map import AGAIN_SECONDS, Finder, Memory
from plex.path_map import paths
from plex.path_map.file_pairs import File
from plex.path_map.infer import PrefixPair
from plex.state.database import Store
from tests.support.files import below
from tests.support.plex_listing import Server

NOW = 1_790_000_000.0
MEDIA = PrefixPair("/data", "/media", 412, 430, ("/data/odd.mp4",))


class World:
    """Both servers' files, and what is said about them."""

    def __init__(self, store: Store) -> None:
        self.store, self.said, self.warned = store, list[str](), list[str]()
        self.stash: list[File] = []
        self.plex = Server(s1={})
        self.broken: Exception | None = None
        self.now = NOW

    def sample(self) -> list[File]:
        if self.broken:
            raise self.broken
        return self.stash

    def has(self, stash: list[File], plex: list[File]) -> None:
        self.stash = [File(file.path, 1) for file in stash]  # what the Server says of sizes
        self.plex.found[1] = {n: file.path for n, file in enumerate(plex, start=1)}
        self.plex.stamp += "1"
        self.now += 3600

    def finder(self, setting: paths.PathMap = ()) -> Finder:
        """As in a process of its own."""
        return Finder(
            setting, self, Index(self.store), self.store, lambda: self.now,
            self.said.append, self.warned.append,
        )  # fmt: skip

    def look(self) -> bool:
        return self.finder().look(self.plex)


@pytest.fixture
def world(store) -> World:
    return World(store)


# -- remembered


@pytest.mark.parametrize("looked", [0.0, NOW])
def test_what_was_found_is_remembered_with_its_evidence(store, looked):
    path_map.save(store, Memory((MEDIA,), looked))
    assert path_map.load(store) == Memory((MEDIA,), looked)


@pytest.mark.parametrize(
    "damaged", ["", "{", "[]", "[[[1]], 0]", '[[["/a", "/b", "x", 1, []]], 0]', "7"]
)
def test_a_memory_that_cannot_be_read_is_none(store, damaged):
    store.set_meta(path_map.META, damaged)
    assert path_map.load(store) == Memory()


def test_the_map_is_marked_as_a_guess():
    found = Memory((MEDIA,), NOW).path_map
    assert found == (("/data", "/media"),) and isinstance(found, paths.Inferred)


def test_the_same_paths_need_no_map():
    same = PrefixPair("/data", "/data", 9, 9)
    assert Memory((same, PrefixPair("d:\\v", "D:\\V", 9, 9)), NOW).path_map == ()
    assert Memory((same, MEDIA), NOW).path_map == (("/data", "/data"), ("/data", "/media"))


# -- found


def test_a_look_finds_and_says(world):
    world.has(below("/data"), below("/media"))
    assert world.look()
    assert world.finder().path_map == (("/data", "/media"),)
    assert world.said == ["paths: found by comparing files: /data => /media: 5 of 5 agree"]


def test_a_second_look_says_nothing_new(world):
    world.has(below("/data"), below("/media"))
    world.look()
    assert not world.look()
    assert len(world.said) == 1 and not world.warned


def test_one_process_looks_once(world):
    world.has(below("/data"), below("/media"))
    finder = world.finder()
    finder.look()
    finder.look(world.plex)
    assert finder.is_blank and not finder.memory.found


def test_nobody_looks_when_it_is_set(world):
    world.broken = AssertionError("asked")
    assert not world.finder([("/data", "/x")]).look(world.plex)


@pytest.mark.parametrize("error", [errors.Busy("it fails"), errors.Rejected("no")])
def test_a_look_that_fails_holds_up_nothing(world, error):
    world.broken = error
    assert not world.look()
    assert "could not be compared" in world.warned[0]
    assert world.finder().is_due


def test_a_server_that_is_away_stops_the_run(world):
    world.broken = errors.Unreachable("away")
    with pytest.raises(errors.Unreachable):
        world.look()


def test_a_sync_looks_again_after_a_while(world):
    world.has(below("/data")[:2], below("/media")[:2])
    world.look()
    assert "2 files in Stash fit a file in Plex" in world.said[0]
    assert world.finder().is_blank and not world.finder().is_due
    world.now += AGAIN_SECONDS
    assert world.finder().is_due


def test_two_files_in_the_same_place_need_no_word(world):
    world.has(below("/data")[:2], below("/data")[:2])
    world.look()
    assert world.said == []


# -- kept up


def test_files_that_moved_are_followed_with_a_warning(world):
    world.has(below("/data"), below("/media"))
    world.look()
    world.has(below("/data"), below("/new"))
    assert world.look()
    assert world.finder().path_map == (("/data", "/new"),)
    assert world.warned == [
        "paths: no longer right: /data => /media: 0 of 5 agree, earlier 5 of 5 agreed; "
        "/data/a.mp4 does not agree"
    ]


def test_a_fall_that_proves_nothing_new_is_said_once_and_changes_nothing(world):
    world.has(below("/data"), below("/media"))
    world.look()
    here, there = below("/media")[:3], below("/media/in a mess/x")[3:]
    world.has(
        below("/data"), here + [File(f"/m{n}/{n}/{f.path[-5:]}", 1) for n, f in enumerate(there)]
    )
    assert not world.look()
    assert not world.look()
    assert len(world.warned) == 1 and "3 of 5 agree" in world.warned[0]
    assert world.finder().path_map == (("/data", "/media"),)


def test_a_root_of_which_nothing_is_seen_any_more_is_kept(world):
    world.has(below("/data") + below("/more"), below("/media") + below("/srv"))
    world.stash = [
        File(f.path, 1) for f in below("/data", ["p.mp4", "q.mp4", "r.mp4"]) + below("/more")
    ]
    world.plex.found[1] = dict(
        enumerate([f.path for f in below("/media", ["p.mp4", "q.mp4", "r.mp4"]) + below("/srv")], 1)
    )
    world.look()
    assert world.finder().path_map == (("/data", "/media"), ("/more", "/srv"))
    world.has(below("/more"), below("/srv"))
    assert not world.look()
    assert world.finder().path_map == (("/data", "/media"), ("/more", "/srv"))


def test_a_library_that_is_away_takes_no_map_along(world):
    world.has(below("/data"), below("/media"))
    world.look()
    world.has(below("/data"), [])
    with pytest.raises(errors.LibraryEmpty):
        world.look()
    assert not world.finder().look()
    assert world.finder().path_map == (("/data", "/media"),)


# -- what it stands on


def test_the_index_knows_how_plex_spells_its_files(store):
    index = Index(store)
    index.refresh(Server(s1={1: "D:\\Média\\Ä.mp4", 2: "/m/b.mp4", 3: "/m/c.mp4"}), NOW)
    assert index.files(lambda file: "c" not in file.path) == [
        File("/m/b.mp4", 1),
        File("D:\\Média\\Ä.mp4", 1),
    ]


def test_a_file_of_before_the_spelling_was_kept_is_listed_again(tmp_path):
    with closing(sqlite3.connect(tmp_path / Store.FILE)) as db:
        db.executescript(Store.STEPS[0])
        db.execute("INSERT INTO part VALUES ('D:/A.MP4', 1, 1, 1, 1)")
        db.execute("INSERT INTO section VALUES (1, 'L1', '1', ?)", (NOW,))
        db.execute("PRAGMA user_version=1")
        db.commit()
    with closing(Store(tmp_path)) as store:
        index = Index(store)
        assert index.files(bool) == [File("D:/A.MP4", 1)]
        index.refresh(Server(s1={1: "D:\\a.mp4"}), NOW)
        assert index.files(bool) == [File("D:\\a.mp4", 1)]

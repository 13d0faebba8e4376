"""A run that reads only what moved finds what a run that reads everything finds."""

from __future__ import annotations

import random
import shutil
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

import errors
from plex.state.database import Store
from plex.state.journal import Journal
from reconciliation.engine import GapDetectionEngine
from tests.support.in_process import Bench
from tests.support.sizes import size

pytestmark = pytest.mark.uncovered

JPEG = b"\xff\xd8\xff\xe0"
NAMES = ("Ann", "Bob", "Cid", "Dee", "Eve")
TAGS = ("one", "two", "three", "four", "five")


class Pair(Bench):
    """Two servers with one clock, which moves when it is told to."""

    time = 1_700_000_000.0

    def __init__(self, root: Path) -> None:
        super().__init__(root)
        self.plex.clock = self.stash.library.store.clock = self.clock
        self.copy = root / "copy"

    def clock(self) -> float:
        return self.time

    def wait(self, seconds: float = 3600) -> None:
        self.time += seconds

    def make(self, count: int) -> list[int]:
        """Scenes that Plex shows as Stash has them, an hour later."""
        scenes = []
        for n in range(count):
            who, tags = sorted({NAMES[n % 5], NAMES[n * 3 % 5]}), list(TAGS[: n % 6])
            number, _ = self.add(
                title=f"Scene {n}", details=f"About {n}.", performers=who, tags=tags,
                studio=f"Studio {n % 2}", rating100=n * 10 or None, cover=JPEG + bytes([n]),
            )  # fmt: skip
            scenes.append(number)
        self.wait()
        self.sync(*scenes)
        self.wait()
        return scenes

    def reconcile(self, deep: bool = False, data: Path | None = None) -> dict[str, Any]:
        """What a run counts, and what it owes."""
        with closing(Store(data or self.data, self.clock)) as store:
            engine = GapDetectionEngine(
                self._api, self.config(), None, plex=self.client(), store=store, clock=self.clock
            )
            found = engine.run("all", deep).as_dict()
            owed = engine._findings.to_sync.by_reason
            return found | {"owed": {why: sorted(ids) for why, ids in owed.items()}}

    def both(self) -> tuple[dict[str, Any], dict[str, Any]]:
        """The same by a run that reads what moved, and by one that reads everything, which starts
        from the same knowledge and leaves no trace."""
        shutil.rmtree(self.copy, ignore_errors=True)
        shutil.copytree(self.data, self.copy)
        deep = self.reconcile(deep=True, data=self.copy)
        return self.reconcile(), deep

    def key(self, scene: int) -> int:
        row = self.stash.library.store.scenes[scene]
        name = self.stash.library.store.files[row.files[0]].path.rpartition("/")[2]
        return int(self.plex.item_by_file(f"/media/{name}")["ratingKey"])

    def batches(self) -> int:
        """How often items were read in full since the log was cleared."""
        return sum(one.path.startswith("/library/metadata/") for one in self.plex.requests)


@pytest.fixture
def pair(tmp_path: Path) -> Iterator[Pair]:
    with Pair(tmp_path) as found:
        yield found


def same(found: dict[str, Any]) -> dict[str, Any]:
    """What has to be equal: all but how it was found out."""
    return {name: value for name, value in found.items() if name not in ("unmoved", "deep", "kind")}


# --- what is read ----------------------------------------------------------------------------


def test_what_agreed_and_has_not_moved_is_not_read_again(pair):
    pair.make(8)
    first = pair.reconcile()
    pair.plex.clear_requests()
    second = pair.reconcile()
    assert (first["unmoved"], first["deep"]) == (0, True)
    assert (second["unmoved"], second["deep"], second["scenes_checked"]) == (8, False, 8)
    assert not pair.batches() and same(first) == same(second)


def test_only_what_moved_is_read(pair):
    scenes = pair.make(8)
    pair.reconcile()
    pair.plex.edit_as_person(pair.key(scenes[3]), add_genres=["a fourth"])
    pair.stash.library.store.scenes[scenes[5]].title = "New"
    pair.wait()
    pair.plex.clear_requests()
    found = pair.reconcile()
    assert found["unmoved"] == 6 and found["owed"] == {"stale_sync": [scenes[5]]}
    assert pair.batches() == 1


def test_a_deep_run_reads_everything(pair):
    pair.make(8)
    pair.reconcile()
    pair.plex.clear_requests()
    found = pair.reconcile(deep=True)
    assert found["deep"] and not found["unmoved"] and pair.batches() == 1


def test_a_gap_that_nobody_closed_is_found_again_and_again(pair):
    scenes = pair.make(4)
    pair.stash.library.store.scenes[scenes[0]].title = "New"
    for _ in range(3):
        assert pair.reconcile()["owed"] == {"stale_sync": [scenes[0]]}


def test_a_change_in_the_second_of_the_listing_is_not_missed(pair):
    """Plex's times are in seconds: the listing afterwards looks like the one before."""
    scenes = pair.make(4)
    key = pair.key(scenes[3])
    pair.plex.edit_as_person(key, labels=["a"])
    assert pair.reconcile()["drifted"] == []
    pair.plex.edit_as_person(key, remove_genres=["two"])  # the listing shows two of the three
    pair.wait()
    found, deep = pair.both()
    assert found["drifted"] and same(found) == same(deep)


@pytest.mark.parametrize(("side", "gaps"), [("stash", 1), ("plex", 0)])
def test_what_a_person_decides_is_seen_though_neither_side_moves(pair, side, gaps):
    scenes = pair.make(4)
    pair.settings = {"on_edit_in_plex": "ask"}
    pair.reconcile()
    pair.plex.edit_as_person(pair.key(scenes[1]), title="Mine")
    pair.wait()
    assert pair.reconcile()["unmoved"] == 3
    pair.sync(scenes[1])
    assert pair.reconcile()["unmoved"] == 3
    pair.decide(pair.key(scenes[1]), side)
    found, deep = pair.both()
    assert found["total_gaps"] == gaps and same(found) == same(deep)


def test_a_scene_that_is_held_is_counted_as_held(pair):
    scenes = pair.make(4)
    pair.reconcile()
    with closing(Store(pair.data, pair.clock)) as store:
        Journal(store).hold({scenes[2]: ()}, "undone", pair.clock())
    found = pair.reconcile()
    assert (found["held"], found["unmoved"]) == (1, 3)


def test_a_photo_due_moves_to_another_scene_of_the_performer(pair):
    scenes = pair.make(6)
    for one in pair.stash.library.store.named["performer"].values():
        one.image = (JPEG, "image/jpeg")
    pair.settings = {"actor_photo_url": "http://photos.lan"}
    (first, *_) = pair.reconcile()["owed"]["stale_sync"]
    del pair.stash.library.store.scenes[first]
    found, deep = pair.both()
    assert found["total_gaps"] and same(found) == same(deep)
    assert first == scenes[0]


@pytest.mark.parametrize("ledger", ["known", "lost"])
def test_a_scene_that_gets_the_item_of_another_one_is_a_conflict(pair, ledger):
    scenes = pair.make(4)
    pair.settings = {"sync_fields": "title, summary"}  # covers are a matter of the ledger
    if ledger == "lost":
        (pair.data / "plex.sqlite").unlink()
    pair.plex.add_media(pair.key(scenes[0]), "/media/part 2.mp4")
    pair.wait()
    assert pair.reconcile()["conflicts"] == 0
    pair.add("part 2.mp4", in_plex=False, title="Part 2")
    found, deep = pair.both()
    assert found["conflicts"] == 1 and same(found) == same(deep)


def test_a_lost_file_is_noticed_after_a_broken_listing(pair):
    scenes = pair.make(6)
    pair.plex.options.page_cap = 3
    pair.reconcile()
    pair.plex.move_file("/media/clip 1.mp4", "/media/other.mp4")
    pair.wait()
    asked = []

    def is_away(call):
        """From the second page on nothing is answered any more."""
        asked.append(call.number("X-Plex-Container-Start", 0))
        return max(asked) > 0

    pair.plex.faults.arm("drop", is_away, times=99)
    with pytest.raises(errors.Stash2PlexError):
        pair.reconcile()
    pair.plex.faults.clear()
    found, deep = pair.both()
    assert (found["unmoved"], found["owed"]) == (5, {"missing": scenes[:1]})
    assert same(found) == same(deep)


def test_other_settings_and_a_lost_file_have_everything_read_once(pair):
    pair.make(4)
    pair.reconcile()
    pair.settings = {"read_timeout": 60}
    assert pair.reconcile()["unmoved"] == 4
    pair.settings = {"max_tags": 50}
    assert pair.reconcile()["unmoved"] == 0
    (pair.data / "plex.sqlite").unlink()
    assert pair.reconcile()["unmoved"] == 0


# --- what only a deep pass finds (docs/reconciliation.md) --------------------------------------


def test_the_deep_run_finds_a_silently_renamed_tag(pair):
    scenes = pair.make(6)
    pair.reconcile()
    pair.plex.library.tags.named("genre", "four").name = "vier"
    pair.wait()
    found, deep = pair.both()
    assert found["owed"] == {}
    assert deep["owed"] or deep["drifted"]
    assert scenes


# --- anything may happen -----------------------------------------------------------------------


Deed = Callable[[Pair, random.Random, int], None]


def row(pair: Pair, scene: int) -> Any:
    return pair.stash.library.store.scenes[scene]


def item(pair: Pair, scene: int) -> Any:
    return pair.plex.library.items[pair.key(scene)]


def rate(pair: Pair, chance: random.Random, scene: int) -> None:
    """A person's rating leaves updatedAt as it is."""
    found = item(pair, scene)
    found.attrs["userRating"] = str(float(chance.randint(1, 10)))
    pair.plex.library.changed(found, bump=False)


def lock(pair: Pair, chance: random.Random, scene: int) -> None:
    field = chance.choice(["title", "summary", "genre", "studio", "thumb"])
    pair.client().edit(pair.section, pair.key(scene), [(f"{field}.locked", chance.choice("01"))])


def share(pair: Pair, chance: random.Random, scene: int) -> None:
    """The item of one scene gets a file of another one."""
    other = chance.choice(list(pair.stash.library.store.scenes))
    store = pair.stash.library.store
    name = store.files[row(pair, other).files[0]].path.rpartition("/")[2]
    if f"/media/{name}" not in item(pair, scene).files:
        pair.plex.add_parts(pair.key(scene), [f"/media/{name}"])


def settings(pair: Pair, chance: random.Random, scene: int) -> None:
    name = chance.choice(list(SETTINGS))
    pair.settings = {**pair.settings, name: chance.choice(SETTINGS[name])}


def rename(pair: Pair, chance: random.Random, scene: int) -> None:
    store, kind = pair.stash.library.store, chance.choice(["performer", "tag", "studio"])
    if store.named[kind]:
        one = chance.choice(list(store.named[kind].values()))
        store.renamed(kind, one, f"{one.name}+")


def decide(pair: Pair, chance: random.Random, scene: int) -> None:
    key = pair.key(scene)
    with closing(Store(pair.data, pair.clock)) as store:
        known = store.value("SELECT scene_id FROM item WHERE rating_key = ?", (key,))
    if known in pair.stash.library.store.scenes:
        pair.decide(key, chance.choice(["stash", "plex"]))


SETTINGS: dict[str, list[Any]] = {
    "on_edit_in_plex": ["newest", "stash", "plex", "ask"],
    "preserve_plex_edits": [True, False],
    "genre_ignore": ["one", ""],
    "exclude_tags": ["two", ""],
    "labels": ["L", ""],
    "actor_photo_url": ["http://photos.lan", ""],
    "allow_ambiguous_match": [True, False],
    "max_retries": [3, 4],
}
DEEDS: list[Deed] = [
    lambda pair, chance, n: setattr(row(pair, n), "title", chance.choice(["", "Other", "Third"])),
    lambda pair, chance, n: setattr(row(pair, n), "details", chance.choice(["", "Told anew."])),
    lambda pair, chance, n: setattr(row(pair, n), "rating100", chance.choice([None, 20, 90])),
    lambda pair, chance, n: setattr(row(pair, n), "tags", tuple(chance.sample([1, 2, 3], 2))),
    lambda pair, chance, n: pair.stash.set_cover(n, JPEG + bytes([chance.randrange(9)])),
    lambda pair, chance, n: pair.plex.edit_as_person(pair.key(n), title=chance.choice("ABC")),
    lambda pair, chance, n: pair.plex.edit_as_person(pair.key(n), summary="", lock=False),
    lambda pair, chance, n: pair.plex.edit_as_person(pair.key(n), add_genres=[chance.choice(TAGS)]),
    lambda pair, chance, n: pair.plex.edit_as_person(
        pair.key(n), remove_genres=[chance.choice(TAGS)], lock=chance.random() < 0.5
    ),
    lambda pair, chance, n: pair.plex.edit_as_person(pair.key(n), labels=[chance.choice("xyz")]),
    lambda pair, chance, n: pair.plex.edit_as_person(pair.key(n), poster=JPEG + b"mine"),
    lambda pair, chance, n: pair.plex.agent_refresh(pair.key(n)),
    lambda pair, chance, n: setattr(pair, "key_of_new", pair.plex.readd_item(pair.key(n))),
    lambda pair, chance, n: pair.plex.add_media(pair.key(n), f"/media/more {chance.random()}.mp4"),
    lambda pair, chance, n: setattr(pair, "new", pair.add(title="New", tags=["one"])),
    lambda pair, chance, n: setattr(pair, "new", pair.add(title="Lost", in_plex=False)),
    lambda pair, chance, n: setattr(pair, "done", pair.sync(*pair.stash.library.store.scenes)),
    lambda pair, chance, n: setattr(pair, "done", pair.sync(n)),
    rate, lock, share, settings, rename, decide,
]  # fmt: skip


@pytest.mark.parametrize("seed", range(size(6, 60)))
def test_whatever_happens_both_kinds_of_runs_find_the_same(pair, seed):
    chance = random.Random(seed)
    pair.make(10)
    told, unmoved = [], 0
    for _ in range(size(12, 25)):
        for _ in range(chance.randint(1, 3)):
            deed, scene = chance.choice(DEEDS), chance.choice(_with_item(pair))
            told.append((DEEDS.index(deed), scene))
            deed(pair, chance, scene)
            pair.wait(chance.choice([0, 0, 1, 5, 3600]))
        found, deep = pair.both()
        unmoved += found["unmoved"]
        assert same(found) == same(deep), (seed, told)
    assert unmoved


def _with_item(pair: Pair) -> list[int]:
    found = []
    for scene in pair.stash.library.store.scenes:
        try:
            pair.key(scene)
        except KeyError:
            continue
        found.append(scene)
    return found

"""New files: Plex is asked to look where they are, and they are written when it has read them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path

import pytest

from devserver.box import Box
from devserver.plex import PlexServer
from plex.client.client import connect
from plex.library import readiness, scans
from plex.state.database import Store
from tests.support.box_output import lines
from tests.support.in_process import TOKEN, Bench

pytestmark = pytest.mark.uncovered

FOLDERS = ("north", "south", "east side")
AGENT = {"title": "Agent's title", "summary": "Agent's text", "genres": ["Agent's"]}


@pytest.fixture
def box(box: Box) -> Box:
    """Plex is asked to scan, and is quick about it; what it finds has words of an agent."""
    box.configure(trigger_plex_scan=True)
    options = box.plex.options
    options.scan_appear, options.scan_refreshing, options.scan_per_item = 0.3, 0.6, 0.05
    return box


def scanned(box: Box) -> list[tuple[str, str]]:
    """(section, folder) of every scan that was asked for; '' is a whole library."""
    asked = [one for one in box.plex.requests if one.path.endswith("/refresh")]
    return [(one.path.split("/")[3], one.get("path") or "") for one in asked]


def new_files(box: Box, *names: str) -> list[int]:
    """Files that neither server has looked at: Stash scans and identifies them; their scenes."""
    first = len(box.stash.library.store.scenes) + 1
    scenes = list(range(first, first + len(names)))
    box.stash.hold_jobs()
    box.stash.start_scan()
    box.stash.start_identify(scenes)
    for scene, name in zip(scenes, sorted(names), strict=True):
        box.paths[scene] = f"/media/{name}"
        box.stash.library.disk[f"/data/{name}"] = {}
        box.stash.library.identified[scene] = {
            "title": f"Title {scene}", "details": f"Text {scene}", "date": "2024-05-06",
        }  # fmt: skip
    box.stash.release_jobs()
    box.settle()
    return scenes


def on_plex_s_disk(box: Box, *names: str) -> None:
    for name in names:
        box.plex.add_file(f"/media/{name}", scanned=False, **AGENT)


def clips(first: int, behind: int) -> list[str]:
    return [f"{FOLDERS[n % 3]}/clip {n}.mp4" for n in range(first, behind)]


def test_new_files_in_three_folders_are_three_scans(box: Box) -> None:
    on_plex_s_disk(box, *clips(0, 30))
    scenes = new_files(box, *clips(0, 30))
    assert sorted(scanned(box)) == sorted(("1", f"/media/{one}") for one in FOLDERS)
    assert len(scenes) == 30 and box.differences() == {}
    box.plex.advance_scan()
    box.plex.agent_refresh(section=box.section)
    assert box.differences() == {}, "no pass of Plex's own came after what was written"
    assert box.operation("queue_status")["queue"]["waiting"] == 0
    assert lines(box, "warning", "error") == []


def test_an_undo_restores_what_plex_made_of_the_file(box: Box) -> None:
    on_plex_s_disk(box, "a.mp4")
    (scene,) = new_files(box, "a.mp4")
    assert box.item(scene)["title"] == f"Title {scene}"
    box.operation("undo")
    assert {name: box.item(scene)[name] for name in AGENT} == AGENT


# -- one process after the other, on a clock that is moved by hand


class Clock:
    """Of the plugin and of Plex."""

    now = 1_790_000_000.0

    def __call__(self) -> float:
        return self.now


class World:
    """A Plex with new files on its disk, and what each process of the plugin asks of it."""

    def __init__(self, root: Path) -> None:
        self.root, self.clock, self.settled = root, Clock(), 0
        self.plex = PlexServer(token=TOKEN, clock=self.clock)

    def __enter__(self) -> World:
        self.plex.start()
        self.plex.add_section("Scenes", roots=["/media"])
        return self

    def __exit__(self, *_: object) -> None:
        self.plex.stop()

    def lacks(self, *files: str) -> None:
        """One process that looks for these, stays while it is worth it, and looks again."""
        before = self.clock.now
        with closing(Store(self.root)) as store:
            warnings: list[str] = []
            client = connect(self.plex.url, TOKEN, 5, 5)
            asked = scans.Scans(client, store, self.clock, warnings.append, self._settled)
            asked.want(self._lacking(files))
            while asked.stay():
                self.clock.now += 0.5
                if self.settled:
                    self.settled = 0
                    asked.want(self._lacking(files))
            assert warnings == []
        self.stayed = self.clock.now - before

    def _settled(self) -> None:
        self.settled += 1

    def _lacking(self, files: Sequence[str]) -> list[str]:
        return [one for one in files if not self.has(one)]

    def has(self, file: str) -> bool:
        return any(file in part["files"] for part in self.plex.items())

    def scans(self) -> int:
        return sum(one.path.endswith("/refresh") for one in self.plex.requests)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with World(tmp_path) as found:
        yield found


def test_a_folder_is_asked_for_once_by_many_processes_in_a_row(world: World) -> None:
    for n in range(30):
        world.plex.add_file(f"/media/north/{n}.mp4", scanned=False)
    for n in range(30):
        world.lacks(f"/media/north/{n}.mp4")
    assert world.scans() == 1 and world.has("/media/north/29.mp4")


def test_a_file_after_its_scan_is_found_by_the_next(
    world: World,
) -> None:
    for name in ("a", "b"):
        world.plex.add_file(f"/media/north/{name}.mp4", scanned=False)
        world.lacks(f"/media/north/{name}.mp4")
        assert world.has(f"/media/north/{name}.mp4")
    assert world.scans() == 2


def test_an_invisible_file_is_asked_for_once(world: World) -> None:
    world.lacks("/media/north/away.mp4", "/media/north/gone.mp4")
    assert world.scans() == 1 and world.stayed < scans.BEGIN


def test_a_drain_waits_two_minutes_for_a_scan(world: World) -> None:
    world.plex.options.scan_per_item = 1e6
    world.plex.add_file("/media/north/a.mp4", scanned=False)
    world.lacks("/media/north/a.mp4")
    assert scans.STAY <= world.stayed <= scans.STAY + 2


def test_a_plex_that_goes_away_meanwhile_is_not_stayed_for(world: World) -> None:
    world.plex.add_file("/media/north/a.mp4", scanned=False)
    world.plex.faults.arm("drop", match="/activities", times=9)
    world.lacks("/media/north/a.mp4")
    assert world.stayed < scans.STAY


# -- an item that Plex is still reading


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    with Bench(tmp_path) as found:
        found.plex.options.scan_refreshing = 2.0
        yield found


def found_by_plex(bench: Bench) -> tuple[int, int]:
    """(scene, rating key) of a file that a scan has found, and that is not read yet."""
    scene, _ = bench.add("new.mp4", in_plex=False, title="T", details="D")
    bench.plex.add_file("/media/new.mp4", scanned=False, **AGENT)
    bench.plex.options.scan_per_item = 1e6
    bench.plex.scan(bench.section)
    bench.plex.advance_scan(3)
    return scene, bench.plex.item_by_file("/media/new.mp4")["ratingKey"]


def test_an_item_that_plex_still_reads_waits_until_it_has_settled(bench: Bench) -> None:
    scene, key = found_by_plex(bench)
    (outcome,) = bench.sync(scene)
    assert outcome.unsettled and outcome.said == f"waits: Plex is still reading its item {key}"
    assert bench.writes() == []
    bench.plex.advance_scan()
    (outcome,) = bench.sync(scene)
    assert outcome.wrote and bench.plex.item(key)["title"] == "T"


def test_an_item_that_was_written_before_waits_for_nothing(bench: Bench) -> None:
    scene, key = bench.add(title="T")
    bench.sync(scene)
    found_by_plex(bench)
    bench.stash.update_scene(scene, title="New")
    bench.plex.clear_requests()
    bench.sync(scene)
    assert bench.plex.item(key)["title"] == "New"
    assert not [one for one in bench.plex.requests if one.path == "/activities"]


def test_an_endless_analysis_is_awaited_ten_minutes(bench: Bench) -> None:
    scene, key = found_by_plex(bench)
    bench.ahead = readiness.RECENT + 1
    (outcome,) = bench.sync(scene)
    assert outcome.wrote and bench.plex.item(key)["title"] == "T"


@pytest.mark.parametrize("action", ["404", "403", "500"])
def test_who_is_not_told_what_plex_does_writes(bench: Bench, action: str) -> None:
    scene, key = found_by_plex(bench)
    bench.plex.faults.arm(action, match="/activities", times=9)
    (outcome,) = bench.sync(scene)
    assert outcome.wrote and bench.plex.item(key)["title"] == "T"

"""One part of Plex or of Stash that cannot be had: all others are right, the bad one is named, and
nothing is concluded from what could not be seen."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from urllib.request import Request, urlopen

import pytest

from devserver.box import Box
from tests.support.bad_parts import FOR_EVER, PLACES, state, which
from tests.support.boxes import NewBox
from tests.support.quick_box import quicken
from tests.support.sizes import WHOLE

pytestmark = pytest.mark.uncovered
WHICH = which((0,), (1, 2))
NAMES = ("Ants", "Bees", "Crows")


@pytest.fixture
def box(tmp_path: Path, new_box: NewBox) -> Iterator[Box]:
    with new_box(tmp_path) as found:
        yield quicken(found)


# -- libraries


class Libraries:
    """Three libraries with two scenes each; of some of them Plex lists nothing."""

    def __init__(self, box: Box) -> None:
        self.box = box
        box.plex.remove_section(box.section)
        self.ids = [box.plex.add_section(one, roots=[f"/media/{one}"]) for one in NAMES]
        self.scenes = [
            [box.add(f"{name}/{number}.mp4", title=f"{name} {number}") for number in range(2)]
            for name in NAMES
        ]

    def break_(self, bad: Sequence[int], action: str) -> None:
        paths = {f"/library/sections/{self.ids[one]}/all" for one in bad}
        self.box.plex.faults.arm(
            action, lambda call: call.path in paths and call.method == "GET", times=FOR_EVER
        )

    def of(self, bad: Sequence[int]) -> list[int]:
        return [scene for one in bad for scene in self.scenes[one]]

    def others(self, bad: Sequence[int]) -> list[int]:
        return [scene for one in PLACES if one not in bad for scene in self.scenes[one]]


@pytest.fixture
def libraries(box: Box) -> Libraries:
    return Libraries(box)


class Numbers(Libraries):
    """The same; Plex's list of libraries has no number for some of them."""

    def break_(self, bad: Sequence[int], action: str) -> None:
        plex = self.box.plex
        call = Request(f"{plex.url}/library/sections", headers={"X-Plex-Token": plex.token})
        with urlopen(call) as answer:
            text = answer.read().decode()
        for one in bad:
            assert f' key="{self.ids[one]}"' in text
            text = text.replace(f' key="{self.ids[one]}"', action)
        plex.faults.arm("html", lambda call: call.path == "/library/sections", times=FOR_EVER, text=text)  # fmt: skip


@pytest.fixture
def numbers(box: Box) -> Numbers:
    return Numbers(box)


def names_bad(said: str, bad: Sequence[int]) -> None:
    for one in PLACES:
        assert (f"“{NAMES[one]}”" in said) == (one in bad), said


@pytest.mark.parametrize(
    "action", ["500", "400", "404", "html", "drop"] if WHOLE else ["500", "404"]
)
@pytest.mark.parametrize("bad", WHICH)
def test_the_other_libraries_of_plex_are_synced(
    libraries: Libraries, bad: Sequence[int], action: str, capfd: pytest.CaptureFixture[str]
) -> None:
    endure(libraries, bad, "truncated" if action == "html" else action, capfd)


def endure(
    libraries: Libraries, bad: Sequence[int], action: str, capfd: pytest.CaptureFixture[str]
) -> None:
    box = libraries.box
    box.configure(trigger_plex_scan=True)
    libraries.break_(bad, action)
    box.operation("all")
    log = capfd.readouterr().err
    assert box.differences(libraries.others(bad)) == {}
    names_bad(log, bad)
    assert "not in Plex" not in log
    assert [r for r in box.plex.requests if r.path.endswith("/refresh")] == []
    assert {state(box, one) for one in libraries.of(bad)} == {"waiting"}
    found = box.operation("reconcile_all")
    assert found["errors"] == [] and found["gaps_by_type"]["missing"] == 0
    names_bad("".join(found["left_out"]), bad)
    names_bad("".join(box.operation("queue_status")["unlisted"]), bad)
    capfd.readouterr()
    box.operation("doctor")
    told = [line for line in capfd.readouterr().err.splitlines() if "could not list" in line]
    names_bad("".join(told), bad)
    box.plex.faults.clear()
    box.operation("process_queue")
    assert box.differences() == {}
    assert {state(box, one) for one in box.paths} == {"in_sync"}
    assert box.operation("queue_status")["unlisted"] == []


@pytest.mark.parametrize("key", ["", ' key="x"'])
@pytest.mark.parametrize("bad", WHICH)
def test_the_libraries_that_have_a_number_are_synced(
    numbers: Numbers, bad: Sequence[int], key: str, capfd: pytest.CaptureFixture[str]
) -> None:
    endure(numbers, bad, key, capfd)


@pytest.mark.parametrize("bad", WHICH)
def test_a_library_that_was_listed_before_loses_its_number(
    numbers: Numbers, bad: Sequence[int]
) -> None:
    go_on(numbers, bad, "")


@pytest.mark.parametrize("bad", WHICH)
def test_a_library_that_was_listed_before_goes_on(libraries: Libraries, bad: Sequence[int]) -> None:
    go_on(libraries, bad, "500")


def test_with_all_libraries_bad_nothing_is_called_missing(libraries: Libraries) -> None:
    libraries.break_(PLACES, "500")
    recovers(libraries)


def test_with_no_number_at_all_nothing_is_called_missing(numbers: Numbers) -> None:
    numbers.break_(PLACES, "")
    recovers(numbers)


def recovers(libraries: Libraries) -> None:
    box = libraries.box
    assert box.operation("all")["paused"]
    assert "not_in_plex" not in {state(box, one) for one in box.paths}
    box.operation("doctor")
    box.plex.faults.clear()
    box.operation("all")
    assert box.differences() == {}


def go_on(libraries: Libraries, bad: Sequence[int], action: str) -> None:
    box = libraries.box
    box.operation("all")
    libraries.break_(bad, action)
    for scene in box.paths:
        box.stash.update_scene(scene, details="New.")
    late = box.add(f"{NAMES[bad[0]]}/late.mp4", title="Late")
    found = box.operation("reconcile_all")
    assert found["errors"] == [] and found["gaps_by_type"]["missing"] == 0
    box.operation("all")
    assert box.differences(libraries.of(PLACES)) == {}
    assert state(box, late) == "waiting"
    box.plex.faults.clear()
    box.operation("process_queue")
    assert box.differences() == {}


def test_what_is_missing_in_a_library_that_is_listed_is_told(libraries: Libraries) -> None:
    box = libraries.box
    libraries.break_((0,), "500")
    lost = box.add(f"{NAMES[1]}/lost.mp4", in_plex=False, title="Lost")
    box.operation("all")
    assert state(box, lost) == "not_in_plex"


def test_a_deleted_library_is_forgotten_although_another_one_is_bad(libraries: Libraries) -> None:
    box = libraries.box
    libraries.break_((0,), "500")
    box.operation("all")
    box.plex.remove_section(libraries.ids[0])
    box.operation("reconcile_all")
    assert box.operation("queue_status")["unlisted"] == []
    assert {state(box, one) for one in libraries.scenes[0]} == {"not_in_plex"}


def test_a_hidden_scene_is_found_by_a_run_of_recent_scenes(libraries: Libraries) -> None:
    box = libraries.box
    for scene in libraries.scenes[0]:
        box.stash.library.store.scenes[scene].updated_at = "2020-01-01T00:00:00Z"
    libraries.break_((0,), "500")
    box.operation("reconcile_all")
    box.plex.faults.clear()
    box.operation("reconcile_recent")
    assert box.differences() == {}

"""Rows and pages of a listing that Plex cannot give: less is asked for around them, the bad ones are
named, and no scene behind them is called missing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from devserver.box import Box
from plex.client import pages
from plex.client.client import connect
from tests.support.bad_parts import FOR_EVER, state, which
from tests.support.boxes import NewBox
from tests.support.quick_box import quicken
from tests.support.sizes import WHOLE

pytestmark = pytest.mark.uncovered
PAGE = 8
ROWS = {0: 0, 1: 11, 2: 3 * PAGE - 1}  # the first, one in the middle, the last
ACTIONS = ["500", "400", "truncated", "drop", "cut"] if WHOLE else ["500", "drop"]


@pytest.fixture
def box(tmp_path: Path, new_box: NewBox, monkeypatch: pytest.MonkeyPatch) -> Iterator[Box]:
    monkeypatch.setattr(pages, "PAGE", PAGE)
    with new_box(tmp_path) as found:
        quicken(found)
        for number in range(3 * PAGE):
            found.add(f"{number:02}.mp4", title=f"Title {number}")
        found.configure(trigger_plex_scan=True)
        yield found


def listed(box: Box) -> list[int]:
    """The scenes in the order in which Plex lists their items."""
    client = connect(box.plex.url, box.plex.token, 5, 5)
    files = [
        part.file for page in client.listing(box.section)
        if not isinstance(page, pages.Hole) for part in page.parts()
    ]  # fmt: skip
    scenes = {path: scene for scene, path in box.paths.items()}
    return [scenes[file] for file in files]


def break_(box: Box, rows: Sequence[int], action: str) -> None:
    """No answer in which any of these rows would be."""

    def match(call: Any) -> bool:
        if call.method != "GET" or call.path != f"/library/sections/{box.section}/all":
            return False
        start = call.number("X-Plex-Container-Start", 0)
        size = call.number("X-Plex-Container-Size", 0)
        asked = range(size and FOR_EVER) if call.get("sort") else range(start, start + size)
        return any(row in asked for row in rows)

    box.plex.faults.arm(action, match, times=FOR_EVER)


def endure(
    box: Box, rows: Sequence[int], action: str, named: str, capfd: pytest.CaptureFixture[str]
) -> None:
    order = listed(box)
    hidden = [order[row] for row in rows]
    others = [scene for scene in order if scene not in hidden]
    break_(box, rows, action)
    capfd.readouterr()
    box.operation("all")
    log = capfd.readouterr().err
    assert box.differences(others) == {}
    assert f"could not list all of its library “Scenes”: {named}" in log
    assert "not in Plex" not in log
    assert [r for r in box.plex.requests if r.path.endswith("/refresh")] == []
    assert {state(box, one) for one in hidden} == {"waiting"}
    found = box.operation("reconcile_all")
    assert found["errors"] == [] and found["gaps_by_type"]["missing"] == 0
    assert named in found["left_out"][0]
    assert named in box.operation("queue_status")["unlisted"][0]
    box.plex.faults.clear()
    box.operation("process_queue")
    assert box.differences() == {}
    box.operation("reconcile_all")
    assert box.operation("queue_status")["unlisted"] == []
    assert {state(box, one) for one in box.paths} == {"in_sync"}


@pytest.mark.parametrize("action", ACTIONS)
@pytest.mark.parametrize("bad", which((0,), (1, 2)))
def test_the_rows_around_bad_ones_are_listed(
    box: Box, bad: Sequence[int], action: str, capfd: pytest.CaptureFixture[str]
) -> None:
    rows = [ROWS[one] for one in bad]
    endure(box, rows, action, f"row {rows[0] + 1}: ", capfd)


@pytest.mark.parametrize("action", ACTIONS)
@pytest.mark.parametrize("bad", which((0,), (0, 1), (2,)))
def test_the_other_pages_are_listed(
    box: Box, bad: Sequence[int], action: str, capfd: pytest.CaptureFixture[str]
) -> None:
    rows = [row for one in bad for row in range(one * PAGE, (one + 1) * PAGE)]
    endure(box, rows, action, f"row {rows[0] + 1}: ", capfd)


def test_what_was_listed_before_stays_known(box: Box) -> None:
    box.operation("all")
    order = listed(box)
    break_(box, [3], "500")
    for scene in box.paths:
        box.stash.update_scene(scene, details="New.")
    box.operation("reconcile_all")
    box.operation("process_queue")
    assert box.differences(order) == {}


@pytest.mark.parametrize("bad", which((0,), (1, 2)))
def test_the_rows_around_unreadable_ones_are_listed(
    box: Box, bad: Sequence[int], capfd: pytest.CaptureFixture[str]
) -> None:
    order = listed(box)
    hidden = [order[ROWS[one]] for one in bad]
    keys = {int(box.item(scene)["ratingKey"]) for scene in hidden}
    box.plex.options.spoilt_rows = keys
    box.operation("all")
    log = capfd.readouterr().err
    assert box.differences([one for one in order if one not in hidden]) == {}
    assert all(f"item {key}: it cannot be read" in log for key in keys)
    assert "not in Plex" not in log
    for _ in range(2):  # the pages read as before then
        found = box.operation("reconcile_all")
        assert found["errors"] == [] and found["gaps_by_type"]["missing"] == 0
        assert len(found["left_out"]) == 1
    assert {state(box, one) for one in hidden} == {"waiting"}
    box.plex.options.spoilt_rows = set()
    box.operation("reconcile_all")
    assert box.differences() == {}
    assert box.operation("queue_status")["unlisted"] == []


def test_a_library_that_gives_no_row_is_bad(box: Box) -> None:
    other = box.plex.add_section("Others", roots=["/media/others"])
    late = box.add("others/late.mp4", in_plex=False, title="Late")
    box.plex.add_file(box.paths[late], other)
    break_(box, range(3 * PAGE), "500")
    box.operation("all")
    assert box.differences([late]) == {}
    assert "could not list its library “Scenes”" in box.operation("queue_status")["unlisted"][0]
    asked = [r for r in box.plex.requests if r.path == f"/library/sections/{box.section}/all"]
    assert len(asked) < 80

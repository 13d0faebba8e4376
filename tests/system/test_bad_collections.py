"""A collection that Plex cannot give, and collections of a library that was deleted: all others are
tidied, and the bad one is named."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from devserver.box import Box
from plex.sync import collections
from tests.support.bad_parts import FOR_EVER, which
from tests.support.boxes import NewBox
from tests.support.quick_box import quicken
from tests.support.sizes import WHOLE

pytestmark = pytest.mark.uncovered
STUDIOS = ("Ants", "Bees", "Crows")


@pytest.fixture
def box(tmp_path: Path, new_box: NewBox, monkeypatch: pytest.MonkeyPatch) -> Iterator[Box]:
    monkeypatch.setattr(collections, "LAG", 0.0)  # nothing here is read too early
    with new_box(tmp_path) as found:
        yield quicken(found)


def shown(box: Box, section: int) -> set[str]:
    return {title for title, members in box.plex.collections(section).items()}


def leave_studios(box: Box) -> None:
    for scene in box.paths:
        box.stash.update_scene(scene, studio_id=None)
    box.operation("process_queue")


@pytest.mark.parametrize("action", ["500", "400", "truncated"] if WHOLE else ["500"])
@pytest.mark.parametrize("bad", which((0,), (2,), (0, 1)))
def test_the_other_collections_are_tidied(
    box: Box, bad: Sequence[int], action: str, capfd: pytest.CaptureFixture[str]
) -> None:
    box.plex.options.empty_collections_stay = True
    for number, studio in enumerate(STUDIOS):
        box.add(f"{number}.mp4", title=f"Title {number}", studio=studio)
    box.operation("all")
    assert shown(box, box.section) == set(STUDIOS)
    keys = {one["title"]: key for key, one in box.plex.state()["collections"].items()}
    paths = [f"/library/collections/{keys[STUDIOS[one]]}" for one in bad]
    box.plex.faults.arm(action, lambda call: call.path.startswith(tuple(paths)), times=FOR_EVER)
    capfd.readouterr()
    leave_studios(box)
    log = capfd.readouterr().err
    assert box.differences() == {}
    assert shown(box, box.section) == {STUDIOS[one] for one in bad}
    for number, name in enumerate(STUDIOS):
        said = f"the collection “{name}” could not be looked at"
        assert (said in log) == (number in bad)
    box.plex.faults.clear()
    box.stash.update_scene(1, title="New")
    box.operation("process_queue")
    assert shown(box, box.section) == set()


def test_a_library_whose_collections_cannot_be_listed_is_written_like_the_others(
    box: Box, capfd: pytest.CaptureFixture[str]
) -> None:
    box.add("0.mp4", title="Title", studio="Ants")
    path = f"/library/sections/{box.section}/collections"
    box.plex.faults.arm("500", path, times=FOR_EVER)
    box.operation("all")
    assert box.differences() == {}
    assert "the collections of library" in capfd.readouterr().err


def test_a_library_that_was_deleted_ends_no_tidying(box: Box) -> None:
    box.plex.options.empty_collections_stay = True
    box.plex.remove_section(box.section)
    first, second = (box.plex.add_section(one, roots=[f"/media/{one}"]) for one in "ab")
    box.add("a/0.mp4", title="First", studio="Ants")
    seen = iter([False])

    def later(call: Any) -> bool:  # what was made is not seen any more
        return call.path == f"/library/sections/{first}/collections" and next(seen, True)

    box.plex.faults.arm("500", later, times=FOR_EVER)
    box.operation("all")
    box.plex.faults.clear()
    box.plex.remove_section(first)
    del box.paths[1]
    box.add("b/0.mp4", title="Second", studio="Bees")
    box.operation("all")
    assert shown(box, second) == {"Bees"}
    leave_studios(box)
    assert shown(box, second) == set()
    box.plex.clear_requests()
    box.stash.update_scene(2, title="Third")
    box.operation("process_queue")
    assert not [one for one in box.plex.requests if f"sections/{first}/" in one.path]

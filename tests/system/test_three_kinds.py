"""What each kind of reconciliation finds: the table in docs/reconciliation.md, change by change."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest

from devserver.box import STASH_ROOT, Box
from reconciliation.recent_changes import HEAD
from tests.support.box_output import gaps, ran_ago
from tests.support.product import ROOT

HOUR = 3600.0
KINDS = ("quick", "usual", "deep")
pytestmark = pytest.mark.uncovered


def table() -> dict[str, list[str]]:
    """Change -> the kinds of runs that find it, as the document says."""
    text = (ROOT / "docs/reconciliation.md").read_text(encoding="utf-8")
    rows = text.partition("## Who finds what")[2].partition("\n## ")[0].splitlines()
    cells = [[cell.strip() for cell in row.strip("|").split("|")] for row in rows if row[:1] == "|"]
    assert cells[0] == ["what changed", *KINDS]
    return {
        c[0]: [k for k, said in zip(KINDS, c[1:], strict=True) if said == "yes"] for c in cells[2:]
    }


def run(box: Box, kind: str) -> Any:
    """One run of this kind; its answer."""
    if kind != "quick":
        return box.operation("reconcile_all", deep=kind == "deep")
    ran_ago(box, 2 * HOUR, last_usual_time=time.time() - 3 * HOUR, last_deep_time=time.time())
    found = box.operation("process_queue")["auto_reconcile"]
    assert found["scope"] == "all"
    return found


# --- changes after which Plex differs from Stash


def edit_scene(box: Box, scene: int) -> None:
    box.stash.update_scene(scene, title="Edited")


def rename(box: Box, scene: int) -> None:
    for kind in ("performer", "studio", "tag", "group"):
        box.stash.rename(kind, box.stash.library.store.names[kind][f"The {kind}"], f"New {kind}")


def move_in_stash(box: Box, scene: int) -> None:
    """The item of the new path is there, and nobody has written to it."""
    file = box.stash.library.store.files[box.stash.library.store.scenes[scene].files[0]]
    file.path = f"{STASH_ROOT}/spare.mp4"
    box.paths[scene] = "/media/spare.mp4"


def edit_item(box: Box, scene: int) -> None:
    box.plex.edit_as_person(box.item(scene)["ratingKey"], title="Edited in Plex")


def rate(box: Box, scene: int) -> None:
    item = box.item(scene)
    same = item["updatedAt"]
    box.plex.edit_as_person(item["ratingKey"], lock=False, userRating=1.0, updatedAt=same)


def change_row(box: Box, scene: int) -> None:
    item = box.plex.library.items[box.item(scene)["ratingKey"]]
    item.attrs["summary"], item.listing = "By a tool", None


def change_row_unseen(box: Box, scene: int) -> None:
    box.plex.library.items[box.item(scene)["ratingKey"]].attrs["summary"] = "By a tool"


SILENT: dict[str, Callable[[Box, int], None]] = {
    "a scene in Stash, with or without a hook": edit_scene,
    "the name of a performer, studio, tag or group": rename,
    "the file of a scene in Stash, by a rescan or a move": move_in_stash,
    "an edit in Plex, or a refresh by the agent: `updatedAt` moves": edit_item,
    "your rating in Plex: `updatedAt` stays": rate,
    "an item's row, by a tool, and the listing shows it": change_row,
    "an item's row, by a tool, and the listing does not show it": change_row_unseen,
}


# --- changes of what there is


def new_item(box: Box, scene: int) -> None:
    box.plex.add_file(box.paths[scene], size=0)


def gone(box: Box, scene: int) -> None:
    box.plex.remove_item(box.item(scene)["ratingKey"])


def another_key(box: Box, scene: int) -> None:
    box.plex.readd_item(box.item(scene)["ratingKey"])


def move_in_plex(box: Box, scene: int) -> None:
    box.plex.move_file(box.paths[scene], f"/media/moved {scene}.mp4")


def delete_scene(box: Box, scene: int) -> None:
    box.stash.destroy_scene(scene)


def delete_thing(box: Box, scene: int) -> None:
    kind, number = next(
        (kind, row.id)
        for kind in ("performer", "studio", "tag", "group")
        for row in box.stash.library.store.named[kind].values()
        if row.name == f"One of {scene}"
    )
    box.stash.destroy(kind, number)


EXISTENCE: dict[str, tuple[Callable[[Box, int], None], dict[str, int] | None]] = {
    "an item is new in Plex": (new_item, None),
    "an item is gone from Plex": (gone, {"missing": 1}),
    "an item is under another rating key": (another_key, None),
    "a file moved in Plex": (move_in_plex, {"missing": 1}),
    "a scene deleted in Stash": (delete_scene, None),
    "a performer, studio, tag or group deleted in Stash": (delete_thing, None),
}


@pytest.fixture
def library(box: Box) -> Box:
    """A library without scenes, whose items follow Stash, and which is reconciled every hour."""
    box.plex.clock = lambda: time.time() - HOUR
    box.configure(
        reconcile_interval="hourly", reconcile_scope="all", on_edit_in_plex="stash",
        collections_from="studio, group", skip_not_found=False,
    )  # fmt: skip
    return box


def settle(box: Box) -> None:
    """The first sync, and the marks of a usual run."""
    store = box.stash.library.store
    for place, scene in enumerate(store.scenes.values()):
        scene.updated_at = store.timestamp(time.time() - 60 * place)
    box.operation("all")
    for number in range(HEAD + 20):  # newer than the items of the scenes
        box.plex.add_file(f"/media/other {number}.mp4")
    for place, item in enumerate(reversed(box.plex.library.items.values())):
        item.updated_at, item.listing = item.updated_at - 60 * place, None
        item.added_at -= 60 * place  # all in one second would be no order
    box.operation("reconcile_all", deep=True)
    assert box.differences() == {}


def test_the_table_has_every_change_of_this_test() -> None:
    assert set(table()) == {*SILENT, *EXISTENCE}


def test_each_kind_finds_what_the_table_says(library: Box) -> None:
    box, scenes = library, dict[str, int]()
    shown = {"performers": ["The performer"], "studio": "The studio", "tags": ["The tag"],
             "groups": ["The group"]}  # fmt: skip
    for name in SILENT:
        also = shown if SILENT[name] is rename else {}
        scenes[name] = box.add(
            f"{len(scenes)}.mp4", title=name, details="Told.", rating100=80, **also
        )
    box.plex.add_file(
        "/media/spare.mp4",
        size=1000 + scenes[next(n for n in SILENT if SILENT[n] is move_in_stash)] - 1,
    )
    settle(box)
    with box.silence():
        for name, change in SILENT.items():
            change(box, scenes[name])
    found: dict[str, list[str]] = {name: [] for name in SILENT}
    for kind in KINDS:
        ended = run(box, kind)
        assert ended["kind"] == kind, ended
        left = box.differences()
        for name, scene in scenes.items():
            found[name] += [kind] * (scene not in left)
    assert found == {name: kinds for name, kinds in table().items() if name in SILENT}


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_finds_what_is_there_and_what_is_gone(library: Box, kind: str) -> None:
    box, found = library, dict[str, bool]()
    scenes = {
        name: box.add(f"{at}.mp4", EXISTENCE[name][0] is not new_item, title=name, details="Told.",
                      tags=[f"One of {at + 1}"])
        for at, name in enumerate(EXISTENCE)
    }  # fmt: skip
    box.operation("all")
    box.operation("reconcile_all", deep=True)
    for name, (change, expected) in EXISTENCE.items():
        with box.silence():
            change(box, scenes[name])
        if change in (gone, move_in_plex, delete_scene):
            del box.paths[scenes[name]]
        answer = run(box, kind)
        is_seen = expected is None or gaps(answer).get("missing", 0) >= expected["missing"]
        if change is delete_scene:
            is_seen = answer["enqueued"] >= 1
        found[name] = is_seen and box.differences() == {}
    said = table()
    assert found == {name: kind in said[name] for name in EXISTENCE}

"""The operations of the page: every list in pages, every deed seen in Plex, nonsense refused."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from app.dashboard import routes
from app.modes import ARGUMENTS
from devserver.box import Box
from devserver.stash.client import StashError
from sync_queue.job import Job
from sync_queue.jobs import Jobs
from tests.support.jobs import bury, fill

HOSTILE: tuple[Any, ...] = (
    {"a": 1}, ["1; DROP TABLE journal"], [-1], -1, 2**70, 1.5, True, "x\u202e",
)  # fmt: skip
# Words in which there is no sense to miss: nothing fits them.
FREE_TEXT = {"field", "why", "error", "after", "state", "scope"}


def state(box: Box) -> dict[str, Any]:
    """All that could have changed: Plex, what is owed and given up, what is held and remembered."""
    jobs = Jobs(box.data_dir)
    rows = jobs.rows("SELECT key, status FROM ack_queue_default ORDER BY key")
    jobs.close()
    journal = box.operation("list_changes")["rows"]
    held = box.operation("list_held")["rows"]
    return {"plex": box.plex.state()["items"], "jobs": rows, "journal": journal, "held": held}


def test_before_the_first_sync_every_look_answers_and_makes_no_file(box: Box) -> None:
    for mode in routes.PAGE_OPERATIONS:
        given = {"scene_states": {"scenes": [1]}, "list_scenes": {"state": "held"}}.get(mode, {})
        assert box.operation(mode, **given) is not None
    assert not any(box.data_dir.iterdir())


def test_the_overview_counts_every_scene_once(box: Box) -> None:
    scenes = fill(box, 5)
    box.add("gone.mp4", in_plex=False, title="Gone")
    box.operation("all")
    box.operation("hold", scene=scenes[0])
    found = box.operation("overview")
    assert {name: count for name, count in found["scenes"].items() if count} == {
        "in_sync": 4, "not_in_plex": 1, "held": 1,
    }  # fmt: skip
    assert not found["busy"] and found["outage"] is None


def test_a_reconciliation_leaves_its_gaps_in_the_history(box: Box) -> None:
    fill(box, 3)
    box.operation("reconcile_all")
    box.operation("reconcile_all")
    first, second = box.operation("overview")["reconciliation"]["history"]
    assert sum(first["gaps"].values()) == 3 and sum(second["gaps"].values()) == 0
    assert first["checked"] == 3 and first["scope"] == "all"


def test_changes_come_in_pages_that_meet(box: Box) -> None:
    fill(box, 5, tags=["Rain"])
    box.operation("all")
    whole = [row["number"] for row in box.operation("list_changes")["rows"]]
    paged: list[int] = []
    after = None
    while True:
        page = box.operation("list_changes", limit=3, **({"after": after} if after else {}))
        paged += [row["number"] for row in page["rows"]]
        if (after := page["next"]) is None:
            break
    assert paged == whole and len(whole) > 6


def test_the_queue_comes_in_pages_in_the_order_of_the_work(box: Box) -> None:
    jobs = Jobs(box.data_dir)
    jobs.put([Job(number, rank=number % 2) for number in range(1, 8)], 1.0)
    expected = [job.id for job in jobs.claim(3, 2.0)]
    jobs.resume(2.0)
    jobs.close()
    first = box.operation("list_queue", limit=3)
    rest = box.operation("list_queue", after=first["next"])
    assert [row["id"] for row in first["rows"]] == expected
    assert sorted(row["id"] for row in first["rows"] + rest["rows"]) == list(range(1, 8))


def numbered(box: Box, mode: str, key: str, **given: Any) -> list[int]:
    """The rows of all pages, by number."""
    rows: list[int] = []
    page = 1
    while True:
        found = box.operation(mode, page=page, limit=3, **given)
        rows += [row[key] for row in found["rows"]]
        if found["next"] is None:
            assert len(rows) == found["total"]
            return rows
        page += 1


def test_pages_with_numbers_meet_in_every_order(box: Box) -> None:
    scenes = fill(box, 10, tags=["Rain"])
    box.operation("all")
    box.operation("hold", scenes=scenes[:4])
    dead = sorted(_buried(box))
    jobs = Jobs(box.data_dir)
    jobs.put([Job(number, rank=number % 2) for number in scenes[6:]], 1.0)
    jobs.claim(1, 2.0)  # it comes first in every order
    jobs.close()
    in_sync, held = scenes[4:6], scenes[:4]
    for mode, key, expected, given in (
        ("list_scenes", "scene", in_sync, {"state": "in_sync"}),
        ("list_scenes", "scene", held, {"state": "held"}),
        ("list_held", "scene", held, {}),
        ("list_dead_letters", "id", dead, {}),
        ("list_runs", "run", [1], {}),
        ("list_changes", "number", sorted(numbered(box, "list_changes", "number")), {}),
    ):
        oldest = numbered(box, mode, key, order="oldest", **given)
        assert oldest == expected, mode
        assert numbered(box, mode, key, order="newest", **given) == oldest[::-1], mode
    for order in ("work", "due", "newest"):
        assert sorted(numbered(box, "list_queue", "id", order=order)) == scenes[6:]


def _buried(box: Box) -> list[int]:
    bury(box, 5, first=9001)
    return [row["id"] for row in box.operation("list_dead_letters")["rows"]]


def test_lists_are_narrowed_down_to_the_scenes_of_a_search(box: Box) -> None:
    scenes = fill(box, 4)
    box.operation("all")
    box.operation("hold", scenes=scenes)
    bury(box, 4, first=scenes[0])
    some = scenes[1:3]
    for mode, key in (
        ("list_held", "scene"), ("list_changes", "scene"), ("list_dead_letters", "id"),
    ):  # fmt: skip
        found = box.operation(mode, scenes=some)["rows"]
        assert {row[key] for row in found} == set(some), mode
    (run,) = box.operation("list_runs", scenes=some)["rows"]
    assert run["scene_count"] == 4 and run["scenes"] == scenes[:3]
    assert box.operation("list_runs", scenes=[9999])["total"] == 0


def test_one_some_or_all_dead_letters_are_dropped(box: Box) -> None:
    numbers = bury(box, 6)
    assert box.operation("clear_dlq", ids=[]) == {"cleared": 0}
    assert box.operation("clear_dlq", ids=numbers[:2]) == {"cleared": 2}
    assert box.operation("clear_dlq", error="another reason") == {"cleared": 0}
    assert len(box.operation("list_dead_letters")["rows"]) == 4
    assert box.operation("clear_dlq") == {"cleared": 4}


def test_dead_letters_that_are_retried_reach_plex(box: Box) -> None:
    scenes = fill(box, 3)
    numbers = bury(box, 3)
    assert box.operation("retry_dlq", ids=numbers[:1])["requeued"] == 1
    assert set(box.differences()) == set(scenes[:2])
    found = box.operation("retry_dlq", later=True)
    box.settle()
    assert found["later"] and box.differences() == {}


def test_sync_writes_one_scene_and_leaves_the_others(box: Box) -> None:
    scenes = fill(box, 3)
    box.operation("sync", scene=scenes[1])
    assert set(box.differences()) == {scenes[0], scenes[2]}


def test_a_preview_is_applied_as_far_as_it_was_chosen(box: Box) -> None:
    scenes = fill(box, 2)
    more = box.add("tagged.mp4", title="Tagged", tags=["Rain"])
    box.operation("preview")
    found = box.operation("list_preview", field="genres")
    assert [row["scene"] for row in found["rows"]] == [more]
    assert found["about"]["scenes"] == {"to be written": 3}
    (shown,) = box.operation("preview_scenes", field="genres")["rows"]
    assert [(shown["scene"], row["field"]) for row in shown["changes"]] == [(more, "genres")]
    pages = [box.operation("preview_scenes", page=n, limit=2) for n in (1, 2)]
    assert [row["scene"] for page in pages for row in page["rows"]] == [more, *scenes[::-1]]
    assert pages[0]["total"] == 3 and pages[0]["about"] == found["about"]
    assert box.operation("apply_preview", field="genres", scenes=scenes)["queued"] == 0
    assert box.operation("apply_preview", field="genres")["queued"] == 1
    assert set(box.differences()) == set(scenes)


def test_the_bundle_has_neither_token_nor_names_nor_paths(box: Box) -> None:
    box.add("a.mp4", title="Secret title")
    box.add("private/place.mp4", in_plex=False, title="Nobody knows")
    box.operation("all")
    text = str(box.operation("bundle"))
    for private in ("plex-token", "Secret", "private", "/data", "/media", "Nobody", box.plex.url):
        assert private not in text
    assert "findings" in text and "0.1.0" in text


@pytest.mark.uncovered
@pytest.mark.parametrize("mode", [mode for mode, names in ARGUMENTS.items() if names])
def test_an_argument_that_makes_no_sense_changes_nothing(box: Box, mode: str) -> None:
    fill(box, 2, tags=["Rain"])
    box.operation("all")
    bury(box, 2)
    before = state(box)
    for name in ARGUMENTS[mode]:
        for value in HOSTILE:
            if name in FREE_TEXT and isinstance(value, str):
                continue
            if name in ("later", "original", "deep", "confirm") and value is True:
                continue  # that makes sense
            with pytest.raises(StashError) as refused:
                box.operation(mode, **{name: value})
            assert refused.value.args and "Traceback" not in str(refused.value), (name, value)
    assert state(box) == before


def test_a_look_works_while_the_drain_has_its_lock_and_takes_none(box: Box) -> None:
    from disk.lock import FileLock
    from sync_queue import inbox

    fill(box, 1)
    with FileLock(Path(box.data_dir) / inbox.LOCK):
        assert box.operation("status")["draining"]
        assert box.operation("overview")["busy"]
    assert not box.operation("status")["draining"]


def test_a_file_of_a_later_version_is_refused_in_a_sentence(box: Box) -> None:
    jobs = Jobs(box.data_dir)
    jobs.rows("PRAGMA user_version = 99")
    jobs.close()
    with pytest.raises(StashError, match="newer Stash2Plex"):
        box.operation("status")
    assert os.listdir(box.data_dir / "queue")


def test_edits_in_plex_that_stand_are_told_as_edited(box: Box) -> None:
    scenes = fill(box, 3)
    box.operation("all")
    box.plex.edit_as_person(int(box.item(scenes[0])["ratingKey"]), title="By hand")
    box.operation("reconcile_all")
    found = box.operation("overview")["scenes"]
    assert (found["in_sync"], found["edited"]) == (2, 1)
    rows = box.operation("list_scenes", state="edited")["rows"]
    assert rows == [{"scene": scenes[0], "why": "edited in Plex: title"}]
    assert box.operation("scene_states", scenes=scenes)["rows"][0]["state"] == "edited"
    box.configure(on_edit_in_plex="stash")
    box.operation("reconcile_all")
    box.operation("reconcile_all")
    assert box.operation("list_scenes", state="edited")["rows"] == []


def test_the_states_of_scenes_are_told_as_the_overview_counts_them(box: Box) -> None:
    scenes = fill(box, 3)
    gone = box.add("gone.mp4", in_plex=False, title="Gone")
    new = box.add("new.mp4", title="New")
    box.operation("all")
    box.operation("hold", scene=scenes[0])
    box.stash.wait_idle()
    rows = box.operation("scene_states", scenes=[*scenes, gone, new, 999])["rows"]
    assert [row["state"] for row in rows] == [
        "held", "in_sync", "in_sync", "not_in_plex", "in_sync", "unknown",
    ]  # fmt: skip


def test_the_status_knows_when_each_server_last_answered(box: Box) -> None:
    box.operation("health_check")
    well = box.operation("status")["servers"]
    box.plex.stop()
    box.operation("health_check")
    box.plex.start()
    away = box.operation("status")["servers"]
    assert well["plex"]["version"].startswith("1.") and well["plex"]["since"] is None
    assert well["stash"]["answered"] and well["stash"]["version"]
    assert away["plex"]["answered"] == well["plex"]["answered"]
    assert (
        away["plex"]["since"] > well["plex"]["answered"]
        and "does not answer" in away["plex"]["problem"]
    )


def test_cards_get_states_only_while_the_setting_shows_badges(box: Box) -> None:
    scenes = fill(box, 1)
    asked = {"scenes": scenes, "cards": True}
    assert box.operation("scene_states", **asked) == {"rows": [], "shown": None}
    box.operation("all")
    assert box.operation("scene_states", **asked) == {"rows": [], "shown": False}
    box.configure(card_badge=True)
    assert box.operation("scene_states", **asked) == {"rows": [], "shown": None}
    box.operation("process_queue")
    row = {"scene": scenes[0], "state": "in_sync", "why": ""}
    assert box.operation("scene_states", **asked) == {"rows": [row], "shown": True}


def test_a_glance_names_needs_writes_and_runs(box: Box) -> None:
    scenes = fill(box, 4)
    away = box.add("gone.mp4", in_plex=False, title="Gone")
    box.configure(on_edit_in_plex="ask")
    box.operation("all")
    with box.silence():
        box.plex.edit_as_person(int(box.item(scenes[0])["ratingKey"]), title="Theirs")
        box.stash.update_scene(scenes[0], title="Ours")
    box.plex.add_file(box.paths[scenes[1]], title="A second item")
    box.operation("reconcile_all")
    bury(box, 1, "Plex says no", first=scenes[2])
    found = box.operation("glance")
    needs = {need["kind"]: need for need in found["needs"]}
    assert needs["decisions"]["rows"] == [{"scene": scenes[0], "why": "title"}]
    assert [row["scene"] for row in needs["ambiguous"]["rows"]] == [scenes[1]]
    assert needs["gave_up"]["rows"] == [{"scene": scenes[2], "why": "Plex says no"}]
    assert [row["scene"] for row in needs["not_in_plex"]["rows"]] == [away]
    assert {need["total"] for need in found["needs"]} == {1}
    assert {row["scene"] for row in found["writes"]} == set(scenes)
    assert all("title" in row["fields"] and row["run"] == 1 for row in found["writes"])
    assert [row["run"] for row in found["runs"]] == [1]

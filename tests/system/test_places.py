"""Every place tells the same state of a scene, and it is the one that the two servers show."""

from __future__ import annotations

from typing import Any

import pytest

from devserver.box import Box
from devserver.stash.client import StashError
from tests.support.box_output import lines
from tests.support.brakes import says_less
from tests.support.jobs import fill
from tests.support.scene_states import assert_places_agree, told

pytestmark = pytest.mark.uncovered


def key(box: Box, scene: int) -> int:
    return int(box.item(scene)["ratingKey"])


def states(box: Box) -> dict[int, str]:
    return {number: state for number, (state, _) in told(box).items()}


def counts(box: Box) -> dict[str, int]:
    return {name: n for name, n in box.operation("overview")["scenes"].items() if n}


def test_a_scene_of_each_state_is_told_alike_everywhere(box: Box) -> None:
    synced, edited, differs, held, away, double = fill(box, 6, details="Long.")
    gone = box.add("gone.mp4", in_plex=False, title="Gone")
    out = box.add("out.mp4", title="Out", tags=["Private"])
    box.configure(exclude_tags="Private")
    box.operation("all")
    box.plex.add_file(box.paths[double], title="A second item")
    box.operation("reconcile_all")
    box.plex.edit_as_person(key(box, edited), title="By hand")
    box.operation("hold", scene=held)
    store = box.stash.library.store
    store.scenes[differs].title = "Nobody told the plugin"
    store.scenes[differs].updated_at = store.now()
    new = box.stash.add_scene(path="/data/elsewhere.mp4", title="New")
    box.stash.hold_jobs()
    box.stash.update_scene(away, title="Waits")
    assert assert_places_agree(box, looked=False) == {
        synced: "in_sync", edited: "edited", differs: "differs", held: "held", away: "waiting",
        double: "ambiguous", gone: "not_in_plex", out: "left_out", new: "not_in_plex",
    }  # fmt: skip


# -- what was told wrong


def test_a_scene_that_fits_two_items_is_ambiguous_everywhere(box: Box) -> None:
    first, _ = fill(box, 2)
    box.operation("all")
    box.plex.add_file(box.paths[first], title="A second item")
    box.operation("reconcile_all")
    assert counts(box) == {"in_sync": 1, "ambiguous": 1}
    assert assert_places_agree(box)[first] == "ambiguous"
    found = box.operation("explain", scene=first)
    assert found["why"].startswith("fits Plex items ")
    assert not any("in sync" in line for line in lines(box, "info")[-8:])


def test_of_two_scenes_on_one_item_one_is_ambiguous(box: Box) -> None:
    (first,) = fill(box, 1)
    other = box.add("other.mp4", in_plex=False, title="Other")
    box.plex.add_media(key(box, first), box.paths[other], 1001)
    for mode in ("all", "reconcile_all"):
        box.operation(mode)
        assert told(box) == {
            first: ("in_sync", ""),
            other: (
                "ambiguous",
                f"shares Plex item {key(box, first)} with scene 1, which it shows",
            ),
        }


def test_a_run_that_a_brake_stops_leaves_what_it_has_seen(box: Box) -> None:
    scenes = fill(box, 40, tags=["Rain"], details="Long.")
    box.operation("all")
    says_less(box, scenes[:31])
    with pytest.raises(StashError, match="31 of 40 scenes"):
        box.operation("reconcile_all")
    assert box.plex.state()["items"] and counts(box) == {"in_sync": 9, "differs": 31}
    rows = box.operation("list_scenes", state="differs")["rows"]
    assert [row["scene"] for row in rows] == scenes[:31]
    assert rows[0]["why"].startswith("Plex says something else: summary, genres")


def test_scenes_that_wait_for_a_decision_count_as_edited_once_each(box: Box) -> None:
    scenes = fill(box, 3)
    box.configure(on_edit_in_plex="ask")
    box.operation("all")
    for number in scenes[:2]:
        box.plex.edit_as_person(key(box, number), title="By hand")
        box.stash.update_scene(number, title=f"New {number}")
    box.settle()
    box.operation("reconcile_all")
    assert counts(box) == {"in_sync": 1, "edited": 2}
    rows = box.operation("list_scenes", state="edited")["rows"]
    assert rows == [{"scene": n, "why": "to be decided: title"} for n in scenes[:2]]
    assert_places_agree(box)


def test_a_field_that_was_decided_for_plex_does_not_count_as_different(box: Box) -> None:
    first, _ = fill(box, 2)
    box.configure(on_edit_in_plex="ask")
    box.operation("all")
    box.plex.edit_as_person(key(box, first), title="By hand")
    box.stash.update_scene(first, title="New")
    box.settle()  # or its drain has the lock, and what is decided waits for it
    box.operation("reconcile_all")
    box.operation("decide", item=key(box, first), field="title", side="plex")
    assert counts(box) == {"in_sync": 1, "edited": 1}
    assert told(box)[first] == ("edited", "edited in Plex: title")
    box.operation("reconcile_all")
    assert assert_places_agree(box)[first] == "edited"


def test_a_file_that_plex_lacks_is_not_in_plex_everywhere(box: Box) -> None:
    gone = box.add("gone.mp4", in_plex=False, title="Gone")
    box.operation("all")
    assert counts(box) == {"not_in_plex": 1} and states(box) == {gone: "not_in_plex"}
    box.operation("clear_queue")
    assert assert_places_agree(box) == {gone: "not_in_plex"}


def test_what_plex_does_not_take_differs(box: Box) -> None:
    box.plex.options.url_limit, box.plex.options.url_limit_action = 8000, "414"
    scene = box.add("long.mp4", title="T", details="word " * 1900)
    box.operation("all")
    state, why = told(box)[scene]
    assert (state, why) == ("differs", "not taken by Plex: summary")
    box.operation("reconcile_all")
    assert told(box)[scene] == (state, why)


def test_what_was_given_up_or_dropped_is_not_in_sync(box: Box) -> None:
    first, other = fill(box, 2)
    box.operation("all")
    box.plex.faults.arm("400", match=lambda call: call.method == "PUT")
    box.stash.hold_jobs()
    box.stash.update_scene(first, title="New")
    box.stash.release_jobs()
    box.settle()
    box.plex.faults.clear()
    state, why = told(box)[first]
    if state == "gave_up":
        assert "400" in why
    box.operation("clear_dlq")
    box.operation("clear_queue")
    assert states(box) == {first: "differs", other: "in_sync"}
    assert assert_places_agree(box)[first] == "differs"


def test_a_queue_that_is_cleared_leaves_what_changed_as_not_looked_at(box: Box) -> None:
    scenes = fill(box, 3, tags=["Rain"])
    box.operation("all")
    box.stash.hold_jobs()
    box.stash.update_scene(scenes[0], title="New")
    assert states(box)[scenes[0]] == "waiting"
    box.operation("clear_queue")
    assert states(box) == {scenes[0]: "unknown", scenes[1]: "in_sync", scenes[2]: "in_sync"}
    assert assert_places_agree(box)[scenes[0]] == "differs"


def test_scenes_wait_while_a_name_that_they_show_has_changed(box: Box) -> None:
    (first,) = fill(box, 1, tags=["Rain"])
    (other,) = [box.add("other.mp4", title="Other")]
    box.operation("all")
    box.stash.hold_jobs()
    box.stash.rename("tag", box.stash.tag_id("Rain"), "Snow")
    assert states(box) == {first: "waiting", other: "in_sync"}
    box.stash.release_jobs()
    box.settle()
    assert assert_places_agree(box) == {first: "in_sync", other: "in_sync"}


def test_what_was_undone_and_resumed_is_told_as_it_is(box: Box) -> None:
    first, other = fill(box, 2)
    box.operation("all")
    box.stash.update_scene(first, title="New")
    box.settle()
    box.operation("undo", scene=first)
    assert assert_places_agree(box) == {first: "held", other: "in_sync"}
    box.operation("resume", scene=first)
    assert_places_agree(box)


def test_a_scene_that_a_setting_leaves_out_says_which(box: Box) -> None:
    first, other = fill(box, 2, tags=["Rain"])
    box.operation("all")
    box.configure(exclude_tags="Rain")
    box.operation("reconcile_all")
    assert counts(box) == {"left_out": 2}
    assert told(box)[first] == ("left_out", "excluded by tag “Rain”")
    box.configure()
    box.operation("reconcile_all")
    assert assert_places_agree(box) == {first: "in_sync", other: "in_sync"}


def test_a_preview_keeps_what_it_has_seen(box: Box) -> None:
    scenes = fill(box, 2)
    assert box.operation("preview")["scenes"] == {"to be written": 2}
    assert counts(box) == {"differs": 2}
    box.operation("all")
    assert assert_places_agree(box) == dict.fromkeys(scenes, "in_sync")


# -- scenes that are gone


@pytest.mark.parametrize("left", ["synced", "held", "given up", "not in Plex"])
def test_a_scene_that_is_gone_from_stash_is_forgotten(box: Box, left: str) -> None:
    scenes = fill(box, 3)
    gone = box.add("gone.mp4", in_plex=left != "not in Plex", title="Gone")
    box.operation("all")
    if left == "held":
        box.operation("hold", scene=gone)
    if left == "given up":
        bury(box, gone)
    del box.stash.library.store.scenes[gone]  # merged away, and no plugin was told
    box.operation("reconcile_all")
    assert counts(box) == {"in_sync": 3}
    assert assert_places_agree(box) == dict.fromkeys(scenes, "in_sync")


def bury(box: Box, scene: int) -> None:
    from sync_queue.job import Job
    from sync_queue.jobs import Jobs

    jobs = Jobs(box.data_dir)
    jobs.put([Job(scene)], 1.0)
    for job in jobs.claim(1, 2.0):
        jobs.bury(job, "Plex says no", 3.0)
    jobs.close()


def test_a_run_over_a_part_forgets_nothing(box: Box) -> None:
    scenes = fill(box, 3)
    box.operation("all")
    del box.stash.library.store.scenes[scenes[0]]
    box.operation("reconcile_recent")
    assert counts(box) == {"in_sync": 3}


def test_nothing_is_forgotten_when_stash_lists_no_scene(box: Box) -> None:
    fill(box, 3)
    box.operation("all")
    box.stash.library.store.scenes.clear()
    with pytest.raises(StashError, match="lists no scene at all"):
        box.operation("reconcile_all")
    assert counts(box) == {"in_sync": 3}


def test_a_scene_between_two_pages_is_not_gone(box: Box) -> None:
    scenes = fill(box, 4)
    box.operation("all")
    del box.stash.library.store.scenes[scenes[1]]
    for _ in range(3):  # by then its pages are known without a look
        box.operation("reconcile_all")
    assert counts(box) == {"in_sync": 3}


# -- what `sync` answers


def synced(box: Box, *scenes: int) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = box.operation("sync", scenes=list(scenes))["scenes"]
    return found


def test_a_sync_answers_where_its_scenes_stand(box: Box) -> None:
    first, edited = fill(box, 2)
    gone = box.add("gone.mp4", in_plex=False, title="Gone")
    box.operation("all")
    box.plex.edit_as_person(key(box, edited), title="By hand")
    one, two, three = synced(box, first, edited, gone)
    assert (one["state"], one["why"]) == ("in_sync", "") and "says the same" in one["said"]
    assert (two["state"], two["why"]) == ("edited", "edited in Plex: title")
    assert (three["state"], "not in Plex" in three["said"]) == ("not_in_plex", True)


def test_a_sync_by_a_task_says_that_scenes_wait(box: Box) -> None:
    (first,) = fill(box, 1)
    box.stash.hold_jobs()
    found = box.operation("sync", scene=first, later=True)
    assert found["scenes"] == [{"scene": first, "said": "", "state": "waiting", "why": ""}]


def test_a_sync_tells_of_so_many_scenes_at_most(box: Box) -> None:
    assert len(synced(box, *fill(box, 60))) == 50

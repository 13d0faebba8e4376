"""Two tabs, a drain at work, and a tab that is closed in the middle of an operation: nothing is lost."""

from __future__ import annotations

import re
from typing import Any

from devserver.box import Box
from tests.support.jobs import bury
from tests.ui.conftest import Open, View


def filled(box: Box, count: int) -> list[int]:
    return [box.add(f"{n}.mp4", title=f"Title {n}", tags=["Rain"]) for n in range(count)]


def held_up(box: Box) -> Any:
    """The next write is made, and Plex's answer to it does not come."""
    return box.plex.faults.arm("slow_headers", method="PUT", seconds=300)


def test_two_tabs_and_one_that_is_closed_meanwhile_lose_nothing(box: Box, open_tab: Open) -> None:
    filled(box, 40)
    one, two = open_tab().go(), open_tab().go("queue")
    one.press("Sync All Scenes to Plex")
    two.press("Process Queue")
    two.page.close()
    one.says("Sync All Scenes to Plex is done")
    box.settle()
    assert box.differences() == {} and box.plex.overlapping_writes == 0


def test_a_tab_that_is_closed_in_the_middle_of_an_operation_loses_nothing(
    box: Box, open_tab: Open
) -> None:
    scenes = filled(box, 6)
    before = {scene: box.item(scene)["title"] for scene in scenes}
    one, two = open_tab().go(), open_tab()
    two.page.goto(f"{box.stash.url}/scenes/{scenes[0]}")
    two.page.get_by_role("tab", name="Plex").click()
    write = held_up(box)
    two.press("Sync now")
    two.until(lambda: write.fired > 0)
    one.press("Sync All Scenes to Plex")
    one.says("Sync All Scenes to Plex is done")
    assert box.operation("status")["draining"], "the operation has the drain's lock"
    two.page.close()
    one.until(lambda: not box.operation("status")["draining"])  # Stash ends it with its request
    one.press("Process Queue")
    one.says("Process Queue is done")
    assert box.differences() == {} and box.plex.overlapping_writes == 0
    for scene in scenes:
        box.operation("undo", scene=scene, original=True)
    assert {scene: box.item(scene)["title"] for scene in scenes} == before, "each write was noted"


def test_what_another_tab_dropped_is_not_retried(box: Box, open_tab: Open) -> None:
    (scene,) = filled(box, 1)
    bury(box, 1, first=scene)
    one, two = open_tab().go("queue"), open_tab().go("queue")
    two.button(f"Retry scene {scene}").wait_for()
    one.press(f"Drop scene {scene}")
    one.says("1 dead letter dropped")
    two.press(f"Retry scene {scene}")
    two.says("0 dead letters are back in the queue")
    two.shows("There are no dead letters")
    assert set(box.differences()) == {scene}


def test_a_stopped_task_keeps_the_rest_of_its_work(box: Box, tab: View) -> None:
    filled(box, 5)
    write = held_up(box)
    tab.go()
    tab.press("Sync All Scenes to Plex")
    tab.until(lambda: write.fired > 0)
    tab.press("Stop Sync All Scenes to Plex")
    tab.says("Sync All Scenes to Plex was stopped")
    tab.card("Now").get_by_text(re.compile(r"Idle\. \d+ jobs? (is|are) waiting")).wait_for()
    tab.press("Process Queue")
    tab.says("Process Queue is done")
    assert box.differences() == {}


def test_the_end_of_a_task_is_shown_though_stop_answers_later(box: Box, tab: View) -> None:
    filled(box, 1)
    write = held_up(box)

    def late(route: Any, request: Any) -> None:
        answer = route.fetch()
        if "Stash2PlexStop" in (request.post_data or ""):
            tab.says("was stopped")
        route.fulfill(response=answer)

    tab.page.route("**/graphql", late)
    tab.go()
    tab.press("Sync All Scenes to Plex")
    tab.until(lambda: write.fired > 0)
    with tab.page.expect_response(lambda one: "Stash2PlexStop" in (one.request.post_data or "")):
        tab.press("Stop Sync All Scenes to Plex")
    tab.page.wait_for_timeout(200)
    tab.says("Sync All Scenes to Plex was stopped")
    tab.page.unroute_all(behavior="wait")

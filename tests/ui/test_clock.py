"""The clock: any open tab of Stash starts what is due. Time runs in the browser as the test says."""

from __future__ import annotations

import time
from typing import Any

import pytest

from devserver.box import Box
from sync_queue.schema import OUTAGES
from tests.support.box_output import look_is_due, ran_ago, set_state
from tests.ui.conftest import Open, View

NO_LOCKS = "Object.defineProperty(Navigator.prototype, 'locks', { value: undefined });"
STEP = 1000  # ms of the browser's clock
STATUS = {"at": 1000.0, "next_look": None, "busy": False, "clock": "on", "outage": None}
AWAY = {"outage": {"state": "open"}}
LATE = {"next_look": 990.0}


# (status, drains in a row, a hidden tab), then (to wake, drains in a row, seconds until the next look)
PLANS: tuple[tuple[Any, int, bool, Any], ...] = (
    ({}, 0, False, (False, 0, 180)),
    ({}, 4, False, (False, 0, 180)),
    ({"next_look": 1002.0}, 0, False, (False, 0, 15)),
    ({"next_look": 1002.0}, 0, True, (False, 0, 60)),
    ({"next_look": 1080.0}, 0, False, (False, 0, 81)),
    ({"next_look": 9000.0}, 0, False, (False, 0, 180)),
    (LATE, 0, False, (True, 1, 60)),
    (LATE, 1, False, (True, 2, 120)),
    (LATE, 9, False, (True, 10, 3600)),
    (LATE | AWAY, 9, False, (True, 10, 300)),
    (AWAY | {"next_look": 1010.0}, 2, False, (False, 2, 120)),
    (LATE | {"busy": True}, 1, False, (False, 1, 60)),
    ({"clock": "off"}, 0, False, (False, 0, 900)),
    ({"clock": "paused"}, 0, False, (False, 0, 180)),
    (LATE | {"clock": "off"}, 0, False, (True, 1, 60)),
)


def test_when_to_look_again(box: Box, tab: View) -> None:
    opened(box, tab)
    for status, wakes, hidden, plan in PLANS:
        found = tab.page.evaluate(
            "([status, wakes, hidden]) => Stash2Plex.clockPlan(status, wakes, hidden)",
            [STATUS | status, wakes, hidden],
        )
        assert (found["wake"], found["wakes"], found["pause"] / 1000) == plan, (status, wakes)


def opened(box: Box, tab: View) -> View:
    """A tab with another page of Stash, whose time the test moves."""
    tab.page.clock.install()
    load(box, tab)
    return tab


def load(box: Box, tab: View) -> None:
    tab.page.goto(f"{box.stash.url}/scenes")
    tab.until(lambda: bool(tab.page.evaluate("Boolean((window.Stash2Plex || {}).clockPlan)")))


def looks(*tabs: View) -> int:
    return sum(tab.asked.count("status") for tab in tabs)


def passes(tab: View, seconds: int, *others: View) -> None:
    """Time passes for the tab, and each answer comes before it goes on."""
    for _ in range(seconds):
        tab.page.clock.run_for(STEP)
        for one in (tab, *others):
            one.until(lambda one=one: one.answered == len(one.asked))


def drains(box: Box) -> list[Any]:
    return [run for run in box.stash.runs if run.kind == "task" and run.mode == "process_queue"]


def reconciled(box: Box) -> None:
    """A box that reconciles daily, with a scene that only the next reconciliation finds."""
    box.configure(reconcile_interval="daily", reconcile_scope="all")
    box.task("Process Queue")
    box.add("one.mp4", title="One")
    ran_ago(box, 2 * 86400, interval="daily", next_due=time.time() + 2)


def test_a_reconciliation_starts_when_it_is_due(box: Box, tab: View) -> None:
    reconciled(box)
    set_state(box, next_due=time.time() + 3600)
    opened(box, tab)
    passes(tab, 35)
    assert looks(tab) == 1 and len(drains(box)) == 1, "it is not due yet"
    set_state(box, next_due=time.time() - 1)
    passes(tab, 185)
    tab.until(lambda: box.differences() == {})
    box.settle()
    assert len(drains(box)) == 2
    passes(tab, 180)
    assert len(drains(box)) == 2, "nothing is due any more"


def test_it_comes_within_90_seconds_of_its_time(box: Box, tab: View) -> None:
    reconciled(box)
    opened(box, tab)
    passes(tab, 35)
    tab.until(lambda: time.time() > box_due(box))
    passes(tab, 60)
    tab.until(lambda: box.differences() == {})


def box_due(box: Box) -> float:
    return float(box.operation("overview")["reconciliation"]["next_due"] or 0)


def test_plex_is_back_and_nobody_touches_stash(box: Box, tab: View) -> None:
    scene = box.add("one.mp4", title="One")
    box.operation("all")
    box.plex.go_down()
    box.stash.update_scene(scene, title="Two")
    box.settle()
    assert (box.data_dir / OUTAGES).exists()
    box.plex.come_up()
    look_is_due(box)
    passes(opened(box, tab), 35)
    tab.until(lambda: box.differences() == {})
    assert looks(tab) <= 2


@pytest.mark.parametrize("script", ["", NO_LOCKS], ids=["locks", "plain http"])
def test_two_tabs_start_one_process(box: Box, open_tab: Open, script: str) -> None:
    reconciled(box)
    set_state(box, next_due=time.time() - 1)
    one = open_tab()
    one.page.context.add_init_script(script)
    two = View(one.page.context.new_page(), box, [])
    opened(box, one)
    load(box, two)
    before = len(drains(box))
    passes(one, 55, two)
    one.until(lambda: box.differences() == {})
    box.settle()
    assert looks(one, two) == 1
    assert len(drains(box)) == before + 1
    assert one.faults == two.faults == []


def test_an_idle_hour_costs_few_looks(box: Box, tab: View) -> None:
    opened(box, tab)
    for _ in range(3600 // 15):
        tab.page.clock.run_for(15 * STEP)
        tab.until(lambda: tab.answered == len(tab.asked))
    assert 10 <= looks(tab) <= 30 and not drains(box)


def test_a_page_that_is_loaded_often_looks_no_more_often(box: Box, tab: View) -> None:
    opened(box, tab)
    passes(tab, 35)
    for _ in range(3):
        load(box, tab)
        passes(tab, 40)
    assert looks(tab) == 1


def test_only_on_events_starts_nothing(box: Box, tab: View) -> None:
    reconciled(box)
    box.configure(reconcile_interval="daily", reconcile_scope="all", events_only=True)
    box.task("Process Queue")  # any run reads the settings
    set_state(box, next_due=time.time() - 1)
    before = len(drains(box))
    opened(box, tab)
    passes(tab, 240)
    assert looks(tab) == 1 and len(drains(box)) == before


def test_a_look_that_fails_shows_nothing_and_comes_later(box: Box, open_tab: Open) -> None:
    tab = open_tab(("500",))
    fails = {"status": 500, "body": "{}"}
    tab.page.route("**/graphql", lambda route: broken(route, fails))
    opened(box, tab)
    passes(tab, 35)
    assert looks(tab) == 1
    passes(tab, 50)
    assert looks(tab) == 1
    passes(tab, 80)
    assert looks(tab) == 2 and tab.page.get_by_text("cannot look").count() == 0
    tab.page.unroute_all(behavior="wait")


def broken(route: Any, fails: dict[str, Any]) -> None:
    if "runPluginOperation" in (route.request.post_data or ""):
        route.fulfill(**fails)
    else:
        route.continue_()

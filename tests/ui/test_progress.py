"""Progress on the overview: it moves, is right, never goes back, and can be stopped."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import Any

import pytest

from app.activity import Activity
from app.progress import Step
from devserver.box import PLUGIN, Box
from tests.support.progress_looks import written
from tests.ui.conftest import View

COUNT = re.compile(r"(\d+) of (\d+) jobs done")
# Notes each different look of the card.
WATCH = """
() => {
  window.looks = [];
  const look = () => {
    const bar = document.querySelector(".s2p-work [role=progressbar]");
    if (!bar) return;
    const text = document.querySelector(".s2p-work").innerText;
    const last = window.looks[window.looks.length - 1];
    const part = Number(bar.getAttribute("aria-valuenow"));
    const task = bar.getAttribute("aria-label");
    if (!last || last.text !== text || last.part !== part) window.looks.push({ task, part, text });
  };
  new MutationObserver(look).observe(document.body, { subtree: true, childList: true, characterData: true, attributes: true });
  look();
}
"""


def filled(box: Box, count: int) -> list[int]:
    return [box.add(f"{n}.mp4", title=f"Title {n}", details=f"About {n}") for n in range(count)]


def started(box: Box) -> str:
    """A sync that another tab, or a hook, has started; Plex takes its time."""
    box.plex.latency = 0.05
    return str(box.stash.run_task(PLUGIN, "Sync All Scenes to Plex"))


def test_the_overview_moves_with_a_sync_and_never_back(box: Box, tab: View) -> None:
    filled(box, 150)
    box.plex.latency = 0.05
    tab.go()
    tab.page.evaluate(WATCH)
    tab.press("Sync All Scenes to Plex")
    tab.says("Sync All Scenes to Plex is done")
    seen: list[dict[str, Any]] = tab.page.evaluate("window.looks")
    looks = [look for look in seen if look["task"].startswith("Sync All")]
    assert all(before["part"] <= after["part"] for before, after in pairwise(looks)), seen
    counts = [found for look in looks if (found := COUNT.search(look["text"]))]
    done = [int(found[1]) for found in counts]
    assert {found[2] for found in counts} == {"150"} and done == sorted(done)
    assert box.differences() == {}


def test_a_task_of_another_tab_is_shown_and_stopped(box: Box, tab: View) -> None:
    filled(box, 60)
    tab.go()
    job = started(box)
    card = tab.card("Now")
    tab.until(lambda: written(box) > 3)
    card.get_by_text(COUNT).wait_for()
    card.get_by_text(re.compile(r"^Title \d+$")).wait_for()
    tab.shot("progress")
    tab.press("Stop Sync All Scenes to Plex")
    tab.says("Sync All Scenes to Plex was stopped")
    card.get_by_text(re.compile(r"Idle\. \d+ jobs? (is|are) waiting")).wait_for()
    tab.until(lambda: box.stash.job(job)["status"] == "CANCELLED")
    assert 0 < len(box.differences()) < 60, "some are done, the rest waits"
    box.plex.latency = 0.0
    tab.press("Process Queue")
    tab.says("Process Queue is done")
    assert box.differences() == {}


def test_work_that_is_no_job_of_stash_has_no_stop(box: Box, tab: View) -> None:
    activity = note(box, Step(0.3, "compare", 30, 0, 100, "One"))
    tab.go()
    tab.card("Now").get_by_text("30 of 100 scenes compared").wait_for()
    tab.page.wait_for_load_state("networkidle")
    assert tab.page.get_by_role("button", name="Stop Reconcile").count() == 0
    activity.close()


def note(box: Box, step: Step) -> Activity:
    box.data_dir.mkdir(parents=True, exist_ok=True)
    activity = Activity(str(box.data_dir), "reconcile_all", lambda: 1000.0)
    activity.note(step)
    return activity


# What a note says, and what is shown.
SHOWN = (
    (Step(0.1, "list", 4000, 0, 10000), ["4,000 of 10,000 items listed in Plex"]),
    (Step(0.5, "sync", 5, 2, 9, "A", 120.4, 31.0), ["5 of 9 jobs done", "2 for later", "120 a minute", "about 35 s left"]),
    (Step(0.5, "undo", 1, 0, 2, "A", 6.0, 61.0), ["1 of 2 items put back", "about 2 min left"]),
    (Step(0.5, "preview", 1, 0, 2, "A", 6.0, 5000.0), ["about 1.5 h left"]),
    (Step(0.5, "install", 2, 0, 4, "wheel"), ["2 of 4 steps done"]),
)  # fmt: skip


@pytest.mark.parametrize(("step", "texts"), SHOWN, ids=[step.phase for step, _ in SHOWN])
def test_a_note_is_shown_in_words(box: Box, tab: View, step: Step, texts: list[str]) -> None:
    activity = note(box, step)
    tab.go()
    card = tab.card("Now")
    for text in texts:
        card.get_by_text(text).wait_for()
    activity.close()

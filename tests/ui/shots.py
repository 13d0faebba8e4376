"""Draws the pictures of the README and of docs/page.md from the box's library: `make shots`."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import Any

from devserver import seed_library
from devserver.box import PLUGIN, Box
from devserver.stage import ROOT, open_box
from sync_queue.job import Job
from sync_queue.jobs import Jobs
from tests.ui import libraries, views

IMAGES = ROOT / "docs" / "images"
SIZE = {"width": 1180, "height": 640}
PHONE = {"width": 390, "height": 780}
STEPS = "start"  # the view of a new user, which has a picture of each step


def lived_in(box: Box) -> int:
    """A library with a past: synced, edited on both sides, some of it missing; a scene to look at."""
    scenes = seed_library.fill(box, 120)
    for number in range(7):
        box.add(f"new/clip {number}.mp4", in_plex=False, title=f"Not scanned yet {number}")
    box.operation("reconcile_all")
    for step in (12, 5, 9):
        for scene in scenes[::step]:
            box.plex.edit_as_person(int(box.item(scene)["ratingKey"]), summary="")
        box.operation("reconcile_all")
    for scene in scenes[:4]:
        box.operation("hold", scene=scene)
    box.configure(path_map="", reconcile_interval="daily")
    box.operation("queue_status")
    box.configure(reconcile_interval="daily")
    box.operation("process_queue")
    box.stash.update_scene(scenes[9], title="A new title", details="Said anew.")
    box.settle()
    to_decide(box, scenes[20:22])
    give_up(box, scenes[30:33])
    box.operation("preview", scope="all")
    return scenes[9]


def to_decide(box: Box, scenes: list[int]) -> None:
    """Titles that were edited on both sides."""
    box.configure(on_edit_in_plex="ask", reconcile_interval="daily")
    for scene in scenes:
        box.plex.edit_as_person(int(box.item(scene)["ratingKey"]), title=f"My title {scene}")
        box.stash.update_scene(scene, title=f"The title of Stash {scene}")
    box.settle()
    box.operation("process_queue")


def give_up(box: Box, scenes: list[int]) -> None:
    jobs = Jobs(box.data_dir)
    jobs.put([Job(scene) for scene in scenes], time.time() - 7200)
    for job in jobs.claim(len(scenes), time.time()):
        jobs.bury(job, "Plex answered 500 to the edit of the item", time.time() - 3600)
    jobs.close()


def draw(page: Any, box: Box, scene: int) -> None:
    for view in views.names():
        if view != STEPS:
            show(page, box, view)
            page.screenshot(path=IMAGES / f"{view}.png")
    page.set_viewport_size(PHONE)
    show(page, box, "overview")
    page.screenshot(path=IMAGES / "phone.png")
    page.set_viewport_size(SIZE)
    page.goto(f"{box.stash.url}/scenes/{scene}")
    page.get_by_role("tab", name="Plex").click()
    page.get_by_text("Last writes").wait_for()
    page.screenshot(path=IMAGES / "scene.png")


def show(page: Any, box: Box, view: str) -> None:
    page.goto(f"{box.stash.url}/plugins/stash2plex?view={view}")
    page.locator(".s2p-card").first.wait_for()
    page.wait_for_load_state("networkidle")
    page.locator(".s2p-skeleton").first.wait_for(state="detached")


def draw_start(page: Any, box: Box) -> None:
    """The steps of a new user, from the sign-in to the first sync."""
    seed_library.fill(box, 40)
    box.stash.configure(PLUGIN)
    plex_tv = box.sign_in_at()
    page.goto(f"{box.stash.url}/plugins/stash2plex")
    page.get_by_text("Sign in to Plex").click()
    page.get_by_text("Allow it on Plex's page").wait_for()
    plex_tv.approve()
    page.get_by_text("Which libraries").wait_for()
    page.screenshot(path=IMAGES / "start-connect.png", full_page=True)
    page.get_by_text("Save the connection").click()
    page.locator(".s2p-sample img").first.wait_for()
    page.get_by_text("Make a preview").wait_for()
    page.screenshot(path=IMAGES / "start-check.png", full_page=True)
    page.get_by_text("Sync all").click()
    page.get_by_text("Go to the overview").wait_for()
    box.settle()
    last = page.locator("section.s2p-card").filter(has=page.get_by_role("heading", name="3. Go"))
    last.screenshot(path=IMAGES / "start-go.png")


def main() -> int:
    from playwright.sync_api import sync_playwright

    path, folder = libraries.browser(), libraries.libraries()
    if path is None or folder is None:
        print("Chromium and npm are needed to draw the pictures")
        return 1
    Path(IMAGES).mkdir(parents=True, exist_ok=True)
    with open_box() as box, sync_playwright() as started:
        box.stash.libraries = folder
        scene = lived_in(box)
        browser = started.chromium.launch(executable_path=path, args=[*libraries.FLAGS])
        draw(browser.new_page(viewport=SIZE), box, scene)  # type: ignore[arg-type]
        with open_box() as fresh:
            fresh.stash.libraries = folder
            draw_start(browser.new_page(viewport=SIZE), fresh)  # type: ignore[arg-type]
        browser.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())

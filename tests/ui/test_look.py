"""How the page looks and is used: each view at two widths, dark and light, by eyes, ears and keys."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from devserver.box import PLUGIN, Box
from tests.support.jobs import bury
from tests.ui import views
from tests.ui.conftest import Open, View

LIGHT = (Path(__file__).parent / "light.css").read_text(encoding="utf-8")
PHONE = 390


def lived_in(box: Box) -> int:
    """Something to see in every view: states, jobs, dead letters, runs, a decision, a held scene."""
    scenes = [box.add(f"{n}.mp4", title=f"Title {n}", tags=["Rain"]) for n in range(6)]
    box.add("gone.mp4", in_plex=False, title="Gone")
    box.operation("preview")
    box.operation("reconcile_all")
    box.configure(on_edit_in_plex="ask", max_retries=500, card_badge=True)
    box.plex.edit_as_person(int(box.item(scenes[1])["ratingKey"]), title="By hand")
    with box.silence():
        box.stash.update_scene(scenes[1], title="Said anew")
    box.operation("all")
    bury(box, 2, first=scenes[0])
    box.operation("hold", scene=scenes[3])
    return scenes[0]


def opened(open_tab: Open, width: int = 1280, theme: str = "dark", **options: Any) -> View:
    tab = open_tab(width=width, **options)
    if theme == "light":
        tab.page.add_init_script(
            "addEventListener('DOMContentLoaded', () => document.body.appendChild("
            f"Object.assign(document.createElement('style'), {{textContent: `{LIGHT}`}})))"
        )
    return tab


def places(tab: View, scene: int) -> Any:
    """Opens all that we show, one after the other, and names it."""
    for view in views.names():
        tab.go(view)
        tab.page.wait_for_load_state("networkidle")
        yield view
    tab.go("changes", "&run=1")
    tab.page.wait_for_load_state("networkidle")
    yield "run"
    tab.page.goto(f"{tab.box.stash.url}/scenes/{scene}")
    tab.page.get_by_role("tab", name="Plex").click()
    tab.button("Look again").wait_for()
    tab.page.wait_for_load_state("networkidle")
    yield "tab of a scene"
    tab.page.goto(f"{tab.box.stash.url}/settings?tab=plugins")
    tab.page.locator(".s2p-in-force").first.wait_for()
    yield "Stash's settings"
    tab.page.goto(f"{tab.box.stash.url}/scenes")
    tab.page.locator(".s2p-card-badge").first.wait_for()
    yield "cards"


def serious(tab: View, node_modules: Path) -> list[str]:
    """What axe-core finds in our part of the page."""
    axe = (node_modules / "axe-core" / "axe.min.js").read_text(encoding="utf-8")
    tab.page.evaluate(axe)
    found = tab.page.evaluate(
        "axe.run({include: ['.s2p-page', '.s2p-in-force', '.s2p-card-badge']"
        ".filter(one => document.querySelector(one))}, {resultTypes: ['violations']})"
    )
    return [
        f"{one['id']}: {node['html'][:150]} {node['failureSummary'][:200]}"
        for one in found["violations"]
        if one["impact"] in ("serious", "critical")
        for node in one["nodes"]
    ]


WIDER = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


@pytest.mark.parametrize("theme", ["dark", "light"])
@pytest.mark.parametrize("width", [1280, PHONE])
def test_no_view_has_a_serious_fault_or_is_too_wide(
    box: Box, open_tab: Open, node_modules: Path, width: int, theme: str
) -> None:
    scene = lived_in(box)
    tab = opened(open_tab, width, theme)
    faults = {}
    for place in places(tab, scene):
        faults[place] = serious(tab, node_modules)
        if tab.page.locator(".s2p-page").count() and place in views.names():
            assert tab.page.evaluate(WIDER) <= 0, f"{place} fits into {width} pixels"
        tab.shot(f"{place}-{width}-{theme}")
    assert {place: found for place, found in faults.items() if found} == {}
    assert len(faults) == len(views.names()) + 4


@pytest.mark.parametrize("theme", ["dark", "light"])
@pytest.mark.parametrize("width", [1280, PHONE])
def test_an_unconfigured_start_has_no_serious_fault(
    box: Box, open_tab: Open, node_modules: Path, width: int, theme: str
) -> None:
    box.stash.configure(PLUGIN)
    tab = opened(open_tab, width, theme)
    faults = {}
    for view in views.names():
        tab.go(view)
        tab.page.wait_for_load_state("networkidle")
        faults[view] = serious(tab, node_modules)
        assert tab.page.evaluate(WIDER) <= 0, f"{view} fits into {width} pixels"
        tab.shot(f"{view}-new-{width}-{theme}")
    assert {view: found for view, found in faults.items() if found} == {}


def test_the_light_theme_names_nothing_of_ours() -> None:
    assert "s2p" not in LIGHT


def test_each_view_has_its_picture_in_the_docs() -> None:
    docs = Path(__file__).parents[2] / "docs"
    page = (docs / "page.md").read_text(encoding="utf-8")
    drawn = [view for view in views.names() if view != "start"]
    assert [view for view in drawn if f"](images/{view}.png)" not in page] == []


# -- tabs, fields, motion


def test_on_a_phone_the_tabs_are_one_row_that_shows_the_current_one(
    box: Box, open_tab: Open
) -> None:
    tab = opened(open_tab, PHONE)
    tab.go("setup")
    boxes = [one.bounding_box() for one in tab.page.locator(".s2p-tabs a").all()]
    assert len({round(one["y"]) for one in boxes if one}) == 1
    current = tab.page.locator(".s2p-tabs [aria-current]").bounding_box()
    assert current and current["x"] >= 0 and current["x"] + current["width"] <= PHONE


def ground(tab: View, place: str) -> tuple[int, ...]:
    colour = tab.page.locator(place).first.evaluate("one => getComputedStyle(one).backgroundColor")
    return tuple(int(part) for part in colour.strip("rgba()").split(",")[:3])


def test_a_select_is_dark_as_stashs_own(box: Box, tab: View) -> None:
    tab.go("scenes")
    tab.page.locator("select").first.wait_for()
    assert max(ground(tab, "select")) < 100


def hold_up(tab: View, part: str) -> list[Any]:
    """The requests with this part that have no answer yet."""
    held: list[Any] = []

    def handed_on(route: Any) -> None:
        if part in (route.request.post_data or ""):
            held.append(route)
        else:
            route.continue_()

    tab.page.route("**/graphql", handed_on)
    return held


def test_whoever_wants_no_motion_has_none(box: Box, open_tab: Open) -> None:
    moving = "[...document.querySelectorAll('.s2p-page *')].filter(one => one.getAnimations().length).length"
    for wish, expected in (("no-preference", True), ("reduce", False)):
        tab = opened(open_tab, reduced_motion=wish)
        hold_up(tab, "runPluginOperation")  # what loads goes on loading
        tab.go("queue")
        tab.page.locator(".s2p-skeleton").first.wait_for(state="attached")
        assert bool(tab.page.evaluate(moving)) is expected, wish


# -- keys


def test_the_keyboard_reaches_each_button_and_shows_where_it_is(box: Box, tab: View) -> None:
    tab.go()
    tab.page.wait_for_load_state("networkidle")
    reached, outlined = set(), set()
    tab.page.locator(".s2p-tabs a").first.focus()
    for _ in range(tab.page.locator("a, button, input, select, summary").count() + 5):
        name, outline = tab.page.evaluate(
            "[document.activeElement.innerText.trim(), getComputedStyle(document.activeElement).outlineStyle]"
        )
        reached.add(name)
        if outline != "none":
            outlined.add(name)
        tab.page.keyboard.press("Tab")
    wanted = {
        one.inner_text().strip() for one in tab.page.locator(".s2p-page button:enabled").all()
    }
    assert wanted and wanted <= reached
    assert wanted <= outlined


def test_a_button_at_work_keeps_the_focus_and_is_pressed_once(box: Box, tab: View) -> None:
    box.operation("health_check")
    tab.go()
    button = tab.button("Test the connection")
    button.wait_for()
    before = tab.asked.count("health_check")
    held = hold_up(tab, '"health_check"')
    button.focus()
    tab.page.keyboard.press("Enter")
    tab.until(lambda: len(held) == 1)
    tab.page.keyboard.press("Enter")
    assert button.evaluate("one => one === document.activeElement")
    held[0].continue_()
    tab.says("answer.")
    assert tab.asked.count("health_check") == before + 1
    assert button.evaluate("one => one === document.activeElement")

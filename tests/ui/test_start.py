"""From the installation to the first sync, following only what the page says; and the sign-in again."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from devserver.box import PLUGIN, TOKEN, Box
from devserver.plex_tv import PlexTv
from devserver.plex_tv.resources import Connection
from tests.ui.conftest import View
from tests.ui.first_run import allow, count_clicks, filled

STUB = Path(__file__).parents[1] / "torture" / "stub"


@pytest.fixture
def tv(box: Box) -> PlexTv:
    """The plugin as it is after the installation, and a plex.tv."""
    box.stash.configure(PLUGIN)
    return box.sign_in_at()


def steps(tab: View) -> list[str]:
    names = ("1. Connect", "2. Check", "3. Go")
    return [tab.card(name).locator("header .s2p-badge").first.inner_text() for name in names]


def test_a_new_user_gets_from_the_page_to_the_first_sync(box: Box, tab: View, tv: PlexTv) -> None:
    filled(box, 40)
    clicks = count_clicks(tab)
    tab.go()
    tab.shows("Three steps to the first sync")
    assert steps(tab) == ["now", "later", "later"]
    allow(tab)
    tab.shows("Which libraries of Sim")
    assert tab.page.get_by_label("Scenes (40 items)").is_checked()
    tab.shot("start-libraries")
    tab.press("Save the connection")
    tab.says("Sim is connected")
    tab.shows("Some scenes as they will look in Plex")
    tab.until(lambda: tab.page.locator(".s2p-sample img").count() == 3)
    tab.shot("start-check")
    tab.until(lambda: steps(tab) == ["done", "done", "now"])
    tab.press("Make a preview")
    tab.says("Preview is done")
    tab.shows("40 to be written")
    assert box.plex.writes() == []
    tab.press("Sync all")
    tab.says("Sync All Scenes to Plex is done")
    tab.shows("40 scenes are in sync")
    tab.until(lambda: steps(tab) == ["done", "done", "done"])
    assert box.differences() == {}
    tab.shot("start-done")
    assert clicks() <= 12
    tab.page.get_by_role("link", name="Go to the overview").click()
    tab.shows("Reconciliation")
    content = tab.page.content()
    assert TOKEN not in content and tv.token not in content


def test_the_token_is_in_no_answer_that_the_browser_gets(box: Box, tab: View, tv: PlexTv) -> None:
    filled(box, 6)
    answers: list[str] = []

    def keep(reply: Any) -> None:
        if reply.url.endswith("/graphql"):
            answers.append(reply.text())

    tab.page.on("response", keep)
    tab.go()
    allow(tab)
    tab.press("Save the connection")
    tab.says("Sim is connected")
    tab.shows("Some scenes as they will look in Plex")
    assert box.settings()["plex_token"] == TOKEN
    tab.press("Accept what files prove", sure="Set Path Map?")
    tab.says("Path Map is now")
    assert box.settings()["path_map"] == box.path_map
    tab.page.wait_for_load_state("networkidle")
    text = "".join(answers)
    assert "sign_in_save" in tab.asked and len(text) > 100
    assert not any(secret in text for secret in (TOKEN, tv.token, *map(str, tv.pins.known)))


def test_a_server_and_its_libraries_are_chosen(box: Box, tab: View, tv: PlexTv) -> None:
    other = box.second_plex(token="token-of-the-other-server")
    second = other.add_section("Others", roots=["/others"])
    tv.add_server(
        other.machine_identifier, "Attic", other.token, Connection("127.0.0.1", other.port)
    )
    tv.add_server("far-away", "Far away", "token-of-far-away", Connection("127.0.0.1", 1))
    tab.go("start")
    allow(tab)
    tab.shows("Which server has the files of Stash?")
    tab.shows("None of its addresses answers where Stash runs")
    tab.page.get_by_label(re.compile("Attic")).check()
    tab.press("Use this server")
    tab.page.get_by_label(re.compile("Scenes")).uncheck()
    tab.press("Save the connection")
    tab.says("Attic is connected")
    tab.until(lambda: box.settings().get("plex_library") == f"#{second}")
    assert box.settings()["plex_url"] == other.url


def test_an_address_that_plex_does_not_know_is_typed(box: Box, tab: View, tv: PlexTv) -> None:
    tv.resources[0].connections.clear()
    tab.go("start")
    allow(tab)
    tab.page.get_by_label("Another address").fill("http://127.0.0.1:1")
    tab.press("Use this server")
    tab.says("Plex does not answer")
    tab.page.get_by_label("Another address").fill(box.plex.url)
    tab.press("Use this server")
    tab.press("Save the connection")
    tab.says("Sim is connected")
    assert box.settings()["plex_url"] == box.plex.url


def test_a_sign_in_is_given_up(box: Box, tab: View, tv: PlexTv) -> None:
    tab.go("start")
    with tab.page.context.expect_page():
        tab.press("Sign in to Plex")
    tab.shows("Allow it on Plex's page")
    assert (box.data_dir / "sign_in.json").exists()
    tab.press("Cancel the sign-in")
    tab.until(lambda: not (box.data_dir / "sign_in.json").exists())
    tab.button("Cancel the sign-in").wait_for(state="detached")
    tab.button("Sign in to Plex").wait_for()


def test_address_and_token_are_entered_by_hand(box: Box, tab: View, tv: PlexTv) -> None:
    filled(box, 1)
    tab.go("start")
    tab.page.get_by_text("Enter address and token by hand").click()
    tab.page.get_by_label("Plex URL").fill(box.plex.url)
    tab.page.get_by_label("Plex Token").fill("a-token-that-is-wrong")
    tab.press("Connect")
    tab.says("does not accept")
    assert box.settings() == {}
    tab.page.get_by_label("Plex Token").fill(TOKEN)
    tab.press("Connect")
    tab.says("Sim is connected")
    assert box.settings() == {"plex_url": box.plex.url, "plex_token": TOKEN}
    tab.press("Change the connection")
    tab.button("Sign in to Plex").wait_for()


def test_a_revoked_token_is_renewed_from_the_banner(box: Box, tab: View, tv: PlexTv) -> None:
    box.configure()
    scene = box.add("a.mp4", title="T")
    box.operation("all")
    box.plex.token = tv.resources[0].token = "the-new-token-of-this-server"
    box.tokens.add(box.plex.token)
    box.stash.update_scene(scene, title="Later")
    box.settle()
    tab.go()
    tab.shows("Plex has refused the token since")
    tab.shot("sign-in-again")
    allow(tab, "Sign in again")
    tab.says("Process Queue is done")
    assert box.settings()["plex_token"] == "the-new-token-of-this-server"
    assert box.item(scene)["title"] == "Later"


@pytest.mark.cold
def test_the_packages_are_installed_by_a_task_first(box: Box, tab: View, tv: PlexTv) -> None:
    box.stash.hold_jobs()
    requirements = box.folder / "requirements.txt"
    requirements.write_text(requirements.read_text() + "s2p-tiny>=1,<2\n")
    box.stash.env = {**box.stash.env, "PYTHONPATH": str(STUB)}
    tab.go()
    tab.shows("four Python packages")
    tab.press("Install the packages")
    box.stash.release_jobs()
    tab.says("Set Up is done")
    tab.button("Sign in to Plex").wait_for()
    assert list((box.data_dir / "deps").glob("*/s2p_tiny.py"))


def test_an_error_of_the_check_keeps_the_last_step_closed(box: Box, tab: View, tv: PlexTv) -> None:
    box.configure()
    filled(box, 1)
    tab.go("setup")
    tab.press("Set up step by step")
    tab.shows("Three steps to the first sync")
    tab.until(lambda: steps(tab)[1] == "done")
    box.plex.go_down()
    tab.press("Check again")
    tab.shows("First resolve the errors that the check found")
    box.plex.come_up()
    tab.press("Check again")
    tab.until(lambda: steps(tab)[1] == "done")

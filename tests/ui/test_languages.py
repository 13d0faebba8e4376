"""The page speaks Stash's language, else the browser's, else English; numbers, days and plurals fit."""

from __future__ import annotations

import json
from typing import Any

import pytest

from devserver.box import Box
from tests.ui.conftest import Open, View


def overview(tab: View) -> str:
    tab.go()
    tab.page.locator(".s2p-ring").wait_for()
    return str(tab.page.locator(".s2p-page").inner_text())


@pytest.mark.parametrize(
    ("stash", "browser", "expected"),
    [
        ("de-DE", "en-GB", "Nichts wartet"),
        ("en-GB", "de-DE", "Nothing is waiting"),
        ("fr-FR", "de-AT", "Nichts wartet"),
        ("fr-FR", "sv-SE", "Nothing is waiting"),
    ],
)
def test_the_page_has_the_language_of_stash(
    box: Box, open_tab: Open, stash: str, browser: str, expected: str
) -> None:
    box.operation("health_check")
    box.stash.set_language(stash)
    tab = open_tab(locale=browser)

    assert expected in overview(tab)
    german = expected.startswith("Nichts")
    assert tab.page.locator("main").get_attribute("lang") == ("de" if german else "en")


def test_a_stash_that_tells_no_language_has_the_browsers(box: Box, open_tab: Open) -> None:
    box.operation("health_check")
    tab = open_tab(locale="de-DE")
    tab.page.add_init_script(
        "Object.defineProperty(window, 'PluginApi', {configurable: true, set(api) {"
        " delete api.libraries.Intl; Object.defineProperty(window, 'PluginApi', {value: api}); }});"
    )
    assert "Nichts wartet" in overview(tab)


def shown(tab: View, script: str, given: Any = None) -> Any:
    return tab.page.evaluate(script, given)


def test_a_text_that_is_not_translated_is_shown_in_english(box: Box, open_tab: Open) -> None:
    box.stash.set_language("de-DE")
    tab = open_tab().go()
    script = "key => { delete Stash2Plex.TEXTS.de[key]; return Stash2Plex.text(key, {count: 1}); }"
    assert shown(tab, script, "state.differs.count") == "1 differs"


def add_texts(tab: View, tag: str, **texts: str) -> None:
    """As another file of texts does."""

    def handed_on(route: Any) -> None:
        answer = route.fetch()
        added = f"Object.assign((Stash2Plex.TEXTS.{tag} ||= {{}}), {json.dumps(texts)});"
        route.fulfill(response=answer, body=f"{answer.text()};\n{added}")

    tab.page.route("**/plugin/Stash2Plex/javascript*", handed_on)


@pytest.mark.parametrize(
    ("stash", "template", "expected"),
    [
        ("en-GB", "{count:job|jobs}", {0: "jobs", 1: "job", 2: "jobs"}),
        ("de-DE", "{count:Auftrag|Aufträge}", {0: "Aufträge", 1: "Auftrag", 21: "Aufträge"}),
        ("pl-PL", "{count:zadanie|zadania|zadań|zadania}",
         {1: "zadanie", 2: "zadania", 5: "zadań", 22: "zadania", 112: "zadań"}),
        ("ja-JP", "{count:件}", {0: "件", 1: "件", 7: "件"}),
    ],
)  # fmt: skip
def test_a_plural_follows_the_rules_of_its_language(
    box: Box, open_tab: Open, stash: str, template: str, expected: dict[int, str]
) -> None:
    box.stash.set_language(stash)
    tab = open_tab()
    add_texts(tab, stash.partition("-")[0], jobs=template)
    tab.go()
    words = "counts => counts.map((count) => Stash2Plex.text('jobs', { count }))"
    assert shown(tab, words, list(expected)) == list(expected.values())


TIMES = """(days) => { const now = new Date(); now.setHours(15, 4, 0, 0);
  return Stash2Plex.when(now / 1000 - days * 86400); }"""


@pytest.mark.parametrize(
    ("stash", "browser", "number", "today", "earlier"),
    [
        ("en-US", "en-US", "1,234,567", "3:04 PM", "Nov 21, 2026"),
        ("en-US", "en-GB", "1,234,567", "15:04", "21 Nov 2026"),
        ("en-US", "de-DE", "1.234.567", "15:04", "21.11.2026"),
        ("de-DE", "en-US", "1.234.567", "15:04", "21.11.2026"),
        ("de-DE", "de-CH", "1'234'567", "15:04", "21.11.2026"),
    ],
)  # fmt: skip
def test_numbers_and_days_are_shown_as_the_reader_writes_them(
    box: Box, open_tab: Open, stash: str, browser: str, number: str, today: str, earlier: str
) -> None:
    box.stash.set_language(stash)
    tab = open_tab(locale=browser)
    tab.page.clock.set_fixed_time("2026-12-01T15:30:00")
    tab.go()
    assert shown(tab, "Stash2Plex.number(1234567)").replace("’", "'") == number
    assert shown(tab, TIMES, 0).replace("\u202f", " ") == today
    assert shown(tab, TIMES, 10).startswith(earlier)

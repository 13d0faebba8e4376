"""What a check means, and how it is told."""

from __future__ import annotations

import pytest

import errors
from app.phrasing import sized
from app.setup_check import diagnosis, finding, settings_report
from app.setup_check.finding import ERROR, NOTE, OK, WARNING, Finding
from plex.client.section import Section
from validation.config import load, shown

MB = 1 << 20


@pytest.mark.parametrize(
    ("free", "ours", "level"),
    [
        (300 * MB, 0, OK),
        (199 * MB, 0, WARNING),
        (300 * MB, 301 * MB, WARNING),
        (19 * MB, 0, ERROR),
    ],
)
def test_there_has_to_be_room_for_all_that_is_kept_once_more(
    free: int, ours: int, level: str
) -> None:
    assert diagnosis.disk(free, ours).level == level


@pytest.mark.parametrize(
    ("number", "said"),
    [(999, "999 bytes"), (1000, "1.0 kB"), (1_500_000, "1.5 MB"), (83 * 10**9, "83 GB")],
)
def test_sizes_are_told_in_the_unit_that_fits(number: int, said: str) -> None:
    assert sized(number) == said


def test_an_unofficial_build_of_stash_is_noted() -> None:
    found = diagnosis.stash("unknown", "0.30", is_older=True)
    assert (found.level, found.do) == (NOTE, "Use a build that is at least as new as Stash 0.30")


@pytest.mark.parametrize("cause", errors.CAUSES)
def test_for_every_cause_there_is_something_to_do(cause: str) -> None:
    assert diagnosis.advice(errors.Unreachable("away").of(errors.PLEX, cause))


def test_an_error_of_a_setting_says_itself_what_to_do() -> None:
    assert diagnosis.advice(errors.SetupError("Set it there.")) == ""


def test_a_warning_names_only_real_settings() -> None:
    _, warnings = load({"max_tags": "x"})
    assert diagnosis.overheard(warnings[0], warnings).id == "settings.max_tags"
    assert diagnosis.overheard("max_tags: the same words", warnings).id == "state"
    assert diagnosis.overheard("paths: no longer right", warnings).id == "paths.map"
    assert diagnosis.overheard("Plex lists nothing in “A”", warnings).id == "plex.empty"


def test_the_most_serious_comes_first_and_the_order_of_the_checks_stays() -> None:
    levels = (OK, NOTE, ERROR, WARNING, OK, ERROR)
    found = [Finding(str(number), level, "said") for number, level in enumerate(levels)]
    assert "".join(one.id for one in finding.sorted_by_gravity(found)) == "253104"
    assert finding.summary(found) == "setup: 2 errors, 1 warning, 1 note; 2 of 6 are OK"
    assert not finding.is_healthy(found) and finding.is_healthy(found[:2])


def test_a_line_has_what_to_do_behind_what_is_said() -> None:
    assert Finding("a", WARNING, "It is so.", "Do this").line == "It is so. Do this"
    assert Finding("a", NOTE, "it is so").line == "note: it is so"


def test_only_what_differs_from_the_defaults_is_told_and_the_token_never() -> None:
    given = {"plex_token": "secret-token", "path_map": "/a => /b; /c => /d", "paused": True}
    config, warnings = load(given | {"labels": "x" * 99, "collections_from": "none"})
    said = settings_report.changed(rows := settings_report.rows(config, warnings, shown()))
    assert said.startswith("settings: 5 of ")
    for one in ("plex_token = ***", "path_map = /a => /b, /c => /d", "paused = on",
                "collections_from = nothing", "labels = xxx"):  # fmt: skip
        assert one in said
    assert "secret" not in said + str(rows) and "x" * 60 not in said
    assert next(r for r in rows if r["name"] == "plex_url")["problem"].endswith(":32400.")


@pytest.mark.parametrize("kind", ["movie", "series"])
def test_a_library_that_reads_nfo_files_has_its_own_sentence(kind: str) -> None:
    section = Section(1, "Scenes", f"tv.plex.agents.nfo.{kind}", "", ("/media",))
    found = diagnosis.agent(section)
    assert "reads NFO files" in found.said and "looks things up" not in found.said
    assert "NFO" in found.do

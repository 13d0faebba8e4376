"""The gap of a scene is read off the very plan that a sync would carry out."""

import subprocess
import sys

import pytest

from plex.plan.plan import Change
from reconciliation.detector import DRIFTED, EMPTY, STALE, Gap, gap, worst

BARE = {"title": "clip 1", "genres": (), "actors": (), "summary": "", "studio": "", "date": ""}
TOLD = {**BARE, "studio": "Studio A"}
WRITE = Change("title", "clip 1", "A title", "write")
STUDIO = Change("studio", "", "Studio A", "write")
KEPT = Change("summary", "Mine", "Mine", "drifted")


def test_agreement_is_no_gap():
    assert gap(1, [], TOLD, TOLD) is None


def test_none_of_the_substance_in_plex_and_some_in_stash_is_empty():
    assert gap(1, [WRITE, STUDIO], BARE, TOLD) == Gap(1, EMPTY, ("title", "studio"))


def test_a_title_alone_is_no_substance():
    assert gap(1, [WRITE], BARE, {**BARE, "title": "A title"}) == Gap(1, STALE, ("title",))


@pytest.mark.parametrize(
    ("field", "value"),
    [("studio", "S"), ("actors", ("A",)), ("genres", ("G",)), ("summary", "x"), ("date", "2024")],
)
def test_any_substance_in_plex_makes_it_stale_instead(field, value):
    assert gap(1, [WRITE], {**BARE, field: value}, TOLD) == Gap(1, STALE, ("title",))


def test_a_clear_is_a_gap():
    cleared = Change("summary", "old", "", "clear")
    assert gap(1, [cleared], TOLD, BARE) == Gap(1, STALE, ("summary",))


def test_what_a_person_edited_is_drift_and_only_if_nothing_is_due():
    assert gap(1, [KEPT], TOLD, TOLD) == Gap(1, DRIFTED, ("summary",))
    assert gap(1, [KEPT, STUDIO], TOLD, TOLD) == Gap(1, STALE, ("studio",))


def test_what_the_settings_preserve_is_no_gap():
    assert gap(1, [Change("title", "Mine", "Mine", "preserved")], TOLD, TOLD) is None


def test_a_scene_on_several_items_counts_once_by_what_needs_most():
    kinds = [Gap(1, DRIFTED), Gap(1, EMPTY), Gap(1, STALE)]
    assert worst(kinds) == Gap(1, EMPTY)
    assert worst([]) is None


def test_importing_the_package_imports_no_third_party_library():
    code = (
        "import sys, reconciliation, reconciliation.scheduler, reconciliation.detector;"
        "bad = {'requests', 'plexapi', 'stashapi', 'pydantic', 'persistqueue'} & set(sys.modules);"
        "sys.exit(str(bad) if bad else 0)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_the_package_gives_its_four_names_and_no_other():
    import reconciliation

    for name in reconciliation.__all__:
        assert getattr(reconciliation, name).__name__ == name
    with pytest.raises(AttributeError):
        _ = reconciliation.GapFinder

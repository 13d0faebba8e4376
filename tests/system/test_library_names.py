"""The setting plex_library: whatever a library is called in Plex, it can be named."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

import errors
from tests.support.in_process import Bench

pytestmark = pytest.mark.uncovered

ODD = [" Films", "Clips, old ", 'My "best"', "#1"]


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    with Bench(tmp_path) as found:
        yield found


def library(bench: Bench, title: str) -> tuple[int, int, int]:
    """(scene, rating key, number of the library) of a library with this title."""
    section = bench.plex.add_section(title, roots=["/media/odd"])
    scene, _ = bench.add("odd/a.mp4", in_plex=False, title="T")
    return scene, bench.plex.add_file("/media/odd/a.mp4", section), section


def offered(bench: Bench) -> str:
    bench.settings = {"plex_library": "nowhere"}
    with pytest.raises(errors.SetupError) as error:
        bench.client().sections()
    return str(error.value)


@pytest.mark.parametrize("title", ODD)
@pytest.mark.parametrize("by", ["title", "number"])
def test_a_library_of_any_title_is_synced_and_no_other(bench: Bench, title: str, by: str) -> None:
    other, left = bench.add("a.mp4", title="Other")
    scene, key, number = library(bench, title)
    typed = '"' + title.replace('"', '""') + '"' if by == "title" else f"#{number}"
    assert typed in offered(bench)
    bench.settings = {"plex_library": typed}
    bench.sync(scene, other)
    assert (bench.plex.item(key)["title"], bench.plex.item(left)["title"]) == ("T", "a")


def test_several_libraries_are_named_side_by_side(bench: Bench) -> None:
    other, _ = bench.add("a.mp4", title="Other")
    scene, key, _ = library(bench, "Clips, old ")
    bench.settings = {"plex_library": 'scenes, "Clips, old "'}
    assert [one.title for one in bench.client().sections()] == ["Scenes", "Clips, old "]
    bench.sync(scene, other)
    assert bench.plex.item(key)["title"] == "T"


def test_blanks_at_the_ends_of_a_title_need_not_be_typed(bench: Bench) -> None:
    scene, key, _ = library(bench, " Old  clips ")
    bench.settings = {"plex_library": "old clips"}
    bench.sync(scene)
    assert bench.plex.item(key)["title"] == "T"

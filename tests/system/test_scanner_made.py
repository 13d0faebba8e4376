"""What Plex's scanner made of a file is nobody's edit: it counts as if Plex said nothing there."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from reconciliation.engine import GapDetectionEngine
from reconciliation.result import GapDetectionResult
from tests.support.in_process import Bench

pytestmark = pytest.mark.uncovered

NAME = "[Studio] Jane Doe - Some Scene (14.09.2017) rq (1k).mp4"
MADE = ("Jane Doe Some Scene 14 09", "2017-01-01")
SAID = ("Some Scene", "2017-09-14")


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    with Bench(tmp_path) as found:
        found.settings = {"preserve_plex_edits": True}
        yield found


def add(bench: Bench, **scene: Any) -> tuple[int, int]:
    return bench.add(NAME, title=SAID[0], date=SAID[1], **scene)


def shown(bench: Bench, key: int) -> tuple[str, str]:
    item = bench.plex.item(key)
    return item["title"], item["originallyAvailableAt"]


def reconciled(bench: Bench) -> GapDetectionResult:
    return GapDetectionEngine(bench._api, bench.config(), bench.data).run("all")


def rests(bench: Bench, scene: int) -> bool:
    bench.plex.clear_requests()
    bench.sync(scene)
    return not bench.writes()


def test_a_scanner_s_title_and_date_are_no_edits(bench: Bench) -> None:
    scene, key = add(bench)
    assert shown(bench, key) == MADE
    (outcome,) = bench.sync(scene)
    assert shown(bench, key) == SAID
    assert "left as edited" not in outcome.said
    assert rests(bench, scene)


@pytest.mark.parametrize("agent", ["tv.plex.agents.none", "com.plexapp.agents.none"])
def test_what_was_embedded_in_the_file_is_no_edit_to_preserve(bench: Bench, agent: str) -> None:
    bench.plex.add_section("Own", agent=agent, roots=["/media/own"])
    scene, _ = bench.add("own/a.mp4", in_plex=False, title="T", details="d", tags=["t"])
    key = bench.plex.add_file(
        "/media/own/a.mp4", bench.plex.library.section_for("/media/own/a.mp4").id + 1,
        title="Embedded", summary="by an encoder", genres=["Video"],
    )  # fmt: skip
    bench.sync(scene)
    item = bench.plex.item(key)
    assert (item["title"], item["summary"], set(item["genres"])) == ("T", "d", {"Video", "t"})
    assert rests(bench, scene)


def test_what_a_person_edited_is_locked_and_preserved(bench: Bench) -> None:
    scene, key = add(bench)
    bench.plex.edit_as_person(key, title="Mine", originallyAvailableAt="2001-01-01")
    (outcome,) = bench.sync(scene)
    assert shown(bench, key) == ("Mine", "2001-01-01")
    assert "left as locked in Plex: title, date" in outcome.said


def test_what_was_put_into_a_collection_or_labelled_by_hand_is_preserved(bench: Bench) -> None:
    bench.settings |= {"labels": "stash"}
    scene, key = add(bench, studio="S")
    bench.plex.edit_as_person(key, lock=False, collections=["Mine"], labels=["Mine"])
    bench.sync(scene)
    item = bench.plex.item(key)
    assert (item["collections"], item["labels"]) == (["Mine"], ["Mine"])


def test_what_another_agent_found_is_preserved(bench: Bench) -> None:
    films = bench.plex.add_section("Films", agent="tv.plex.agents.movie", roots=["/films"])
    scene, _ = bench.add("f.mp4", in_plex=False, title="T", date=SAID[1])
    key = bench.plex.add_file(
        "/media/f.mp4", films, title="Found", originallyAvailableAt="1999-01-01"
    )
    bench.sync(scene)
    assert shown(bench, key) == ("Found", "1999-01-01")


def test_a_film_that_no_agent_knows_has_what_the_scanner_made(bench: Bench) -> None:
    films = bench.plex.add_section("Films", agent="tv.plex.agents.movie", roots=["/films"])
    scene, _ = bench.add(NAME, in_plex=False, title=SAID[0], date=SAID[1])
    key = bench.plex.add_file(f"/media/{NAME}", films)
    bench.plex.unmatch_as_person(key)
    bench.sync(scene)
    assert shown(bench, key) == SAID


# -- without preserve_plex_edits


@pytest.mark.parametrize("policy", ["newest", "plex", "ask"])
def test_a_new_item_has_the_scanner_s_title(bench: Bench, policy: str) -> None:
    bench.settings = {"on_edit_in_plex": policy}
    scene, key = add(bench, studio="S")
    bench.sync(scene)
    bench.plex.begin_anew()
    assert shown(bench, key) == MADE
    bench.sync(scene)
    assert shown(bench, key) == SAID
    assert bench.plex.item(key)["studio"] == "S"


def test_a_date_of_the_scanner_hides_not_that_plex_lost_all(bench: Bench) -> None:
    bench.settings = {"sync_fields": "studio, summary, date"}
    scene, key = add(bench, studio="S", details="d")
    bench.sync(scene)
    bench.plex.begin_anew()
    bench.sync(scene)
    item = bench.plex.item(key)
    assert (item["studio"], item["summary"], item["originallyAvailableAt"]) == ("S", "d", SAID[1])


def test_an_item_of_which_plex_knows_only_the_file_counts_as_empty(bench: Bench) -> None:
    bench.settings = {}
    add(bench, studio="S")
    assert reconciled(bench).empty_metadata_count == 1

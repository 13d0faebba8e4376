"""Check Setup: whatever is wrong is a finding with what to do, in the log and as JSON."""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest

from app.setup_check.finding import GRAVITY
from devserver.box import TOKEN, Box
from sync_queue.job import Job
from sync_queue.jobs import Jobs
from tests.support.box_output import lines, quiet, terminal, until
from tests.support.boxes import MakeBox
from validation.config import Stash2PlexConfig
from validation.rules import UNLISTED

pytestmark = pytest.mark.uncovered

ROOT = Path(__file__).resolve().parents[2]
KEYS = (
    "ok", "findings", "stash", "plex", "paths", "files", "unmatched", "settings", "disk", "queue",
)  # fmt: skip
Found = dict[str, Any]
Trouble = Callable[[Box], Any]


def check(box: Box) -> Found:
    """The answer, after a look at what it always has, and at what it never does."""
    quiet(box)
    found = box.operation("doctor")
    assert tuple(found) == KEYS
    assert box.plex.writes() == []
    assert TOKEN not in json.dumps(found)
    levels = [one["level"] for one in found["findings"]]
    assert levels == sorted(levels, key=GRAVITY.index), "the most serious first"
    assert found["ok"] == ("error" not in levels)
    for one in found["findings"]:
        assert list(one) == ["id", "level", "said", "do"] and one["said"]
    assert lines(box)[-1].startswith("setup: ")
    return found


def of(found: Found, id: str) -> list[tuple[str, str, str]]:
    return [(o["level"], o["said"], o["do"]) for o in found["findings"] if o["id"] == id]


def fill(box: Box, count: int = 4) -> list[int]:
    return [box.add(f"a/{n}.mp4", title=f"Title {n}") for n in range(count)]


# -- all is well


def test_a_good_setup_lists_every_check(box: Box) -> None:
    box.configure(reconcile_interval="daily", max_tags=50)
    fill(box)
    found = check(box)
    assert found["ok"] and {one["level"] for one in found["findings"]} == {"ok"}
    assert {one["do"] for one in found["findings"]} == {""}
    assert found["stash"] == {"reachable": True, "version": "v0.31.1"}
    assert (found["plex"]["version"], found["plex"]["owner"]) == ("1.43.3.10861-sim", True)
    assert found["plex"]["libraries"] == [
        {"name": "Scenes", "id": box.section, "type": "movie", "agent": "tv.plex.agents.none",
         "language": "en-US", "items": 4, "chosen": True, "roots": ["/media"]}
    ]  # fmt: skip
    pair = {"stash": "/data", "plex": "/media", "agree": 4, "of": 4, "against": []}
    assert found["paths"] == {"set": True, "pairs": [pair], "proven": [pair], "silence": ""}
    assert found["files"] == {"looked_at": 4, "unknown": 0} and found["unmatched"] == []
    assert found["disk"]["free"] > 0 and found["disk"]["files"]["plex.sqlite"] > 0
    assert found["disk"]["ours"] == sum(found["disk"]["files"].values())
    assert (found["queue"]["pending"], found["queue"]["held"]) == (0, 0)
    assert lines(box)[-1] == "setup: everything is OK"
    assert len(lines(box, "info")) == len(lines(box)) == len(found["findings"]) + 1


def test_the_settings_are_told_as_they_count(box: Box) -> None:
    box.configure(max_tags="a lot", labels="A, B", connect_timeout="7")
    found = check(box)
    told = {row["name"]: row for row in found["settings"]}
    assert list(told) == [n for n in Stash2PlexConfig.model_fields if n not in UNLISTED]
    values = {n: told[n]["value"] for n in ("max_tags", "labels", "connect_timeout", "path_map")}
    assert values == {
        "max_tags": 100, "labels": ["A", "B"], "connect_timeout": 7, "path_map": [["/data", "/media"]],
    }  # fmt: skip
    assert told["plex_token"] == {
        "name": "plex_token", "value": "***", "default": "", "is_default": False, "problem": "",
    }  # fmt: skip
    assert (
        told["max_tags"]["is_default"] and "'a lot' cannot be used" in told["max_tags"]["problem"]
    )
    [(level, said, do)] = of(found, "settings.max_tags")
    assert (level, said) == ("warning", told["max_tags"]["problem"]) and "Settings > Plugins" in do
    [said] = [one for one in lines(box, "info") if one.startswith("settings: ")]
    assert "labels = A, B" in said and "plex_token = ***" in said


# -- the plugin itself


@pytest.mark.parametrize(
    ("changed", "level", "said"),
    [
        ({"version": "0.0.9"}, "warning", "Stash has loaded version 0.0.9, and this is"),
        (
            {"version": "1.6.0", "url": "https://example.org/other"},
            "error",
            "another plugin with the id Stash2Plex (version 1.6.0, https://example.org/other)",
        ),
        ({"version": None, "url": None}, "error", "(version unknown, without an address)"),
        ({"id": "Other"}, "error", "Stash has loaded no plugin Stash2Plex"),
    ],
)
def test_another_plugin_with_our_id_is_told_of(
    box: Box, changed: dict[str, Any], level: str, said: str
) -> None:
    (loaded,) = box.stash.library.host.plugins
    for name, value in changed.items():
        setattr(loaded, name, value)
    ended = terminal(box, "doctor", "--stash", box.stash.url)
    [found] = of(json.loads(ended.stdout)["output"], "plugin")
    assert found[0] == level and said in found[1] and "Reload plugins" in found[2]


@pytest.mark.cold  # a fork has the files of another folder
def test_the_data_of_an_older_plugin_is_told_of_and_left_alone(box: Box) -> None:
    queue = box.folder / "data" / "queue.db"
    queue.parent.mkdir()
    queue.write_text("theirs")
    [(level, said, _)] = of(check(box), "plugin.data")
    assert level == "note" and "not changed" in said
    assert queue.read_text() == "theirs"


# -- what may be wrong with the servers and the settings


@contextmanager
def settings(box: Box, **changed: Any) -> Iterator[None]:
    box.configure(**changed)
    yield
    box.configure()


@contextmanager
def plex_down(box: Box) -> Iterator[None]:
    box.plex.go_down()
    yield
    box.plex.come_up()


@contextmanager
def not_the_owner(box: Box, status: int) -> Iterator[None]:
    box.plex.owner, box.plex.options.shared_status = False, status
    yield
    box.plex.owner = True


@contextmanager
def libraries(box: Box, *agents: str) -> Iterator[None]:
    """One more per agent, called by it, with no items."""
    added = [box.plex.add_section(one, roots=[f"/of/{one}"], agent=one) for one in agents]
    yield
    for number in added:
        box.plex.remove_section(number)


@contextmanager
def a_huge_file(box: Box) -> Iterator[None]:
    """What we keep does not fit on the disk a second time. The file has no blocks."""
    path = box.data_dir / "preview.json"
    path.touch(mode=0o600)
    os.truncate(path, shutil.disk_usage(box.data_dir).free + (1 << 30))
    yield
    path.unlink()


@contextmanager
def filled_twice(box: Box) -> Iterator[None]:
    number = box.plex.add_section("Twice", roots=["/media/a"])
    key = box.plex.add_file("/media/a/0.mp4", section=number)
    yield
    box.plex.remove_item(key)
    box.plex.remove_section(number)


GUEST = ("plex.owner", "error", "does not belong to the server's owner", "owns the server")
# What is done, and for each of its findings: id, level, what is said, what is to be done.
TROUBLES: dict[str, tuple[Trouble, list[tuple[str, str, str, str]]]] = {
    "Plex is down": (plex_down, [
        ("plex.reach", "error", "Plex does not answer at", "that Plex runs")]),
    "a wrong token": (lambda box: settings(box, plex_token="not-the-token-of-the-box"), [
        ("plex.token", "error", "does not accept “Plex Token” (401)", "owns the server")]),
    "no token": (lambda box: settings(box, plex_token=""), [
        ("plex.settings", "error", "(Plex Token) is missing", "Settings > Plugins")]),
    "an address of something else": (lambda box: settings(box, plex_url=box.stash.url), [
        ("plex.reach", "error", "is not Plex", "Set Plex URL to Plex")]),
    "a guest's token, 403": (lambda box: not_the_owner(box, 403), [GUEST]),
    "a guest's token, 401": (lambda box: not_the_owner(box, 401), [GUEST]),
    "an unknown library": (lambda box: settings(box, plex_library="Nowhere"), [
        ("plex.libraries", "error", "no movie-type library “nowhere”", "leave it blank")]),
    "other agents": (
        lambda box: libraries(box, "tv.plex.agents.movie", "com.plexapp.agents.imdb",
                              "tv.plex.agents.custom.a.b", "com.plexapp.agents.none"), [
        ("plex.agent", "note", "looks things up itself (tv.plex.agents.movie)", "Personal Media"),
        ("plex.agent", "note", "an old agent, which Plex is about to drop", "Personal Media"),
        ("plex.agent", "note", "a metadata provider of its own", "Personal Media"),
        ("plex.agent", "ok", "is a library of personal media (com.plexapp.agents.none)", ""),
        ("plex.empty", "warning", "“tv.plex.agents.movie” has no items", "/of/tv.plex.agents")]),
    "a wrong path map": (lambda box: settings(box, path_map="/data => /wrong"), [
        ("paths.map", "warning", "/data => /wrong: 0 of 4 agree", "Correct Path Map"),
        ("files", "error", "the files of 0 of 4 scenes: /data/a/0.mp4 was looked for as "
         "/wrong/a/0.mp4 and is not there: no library has that folder",
         "The files prove /data => /media: 4 of 4 agree")]),
    "a path map that proves nothing": (
        lambda box: settings(box, path_map="/data => /media; /other => /x"), [
        ("paths.map", "note", "/other => /x: 0 of 0 agree, from Path Map: no file proves",
         "files on both sides")]),
    "settings of consequence": (lambda box: settings(box, paused=True, only_organized=True), [
        ("settings.paused", "warning", "nothing is written to Plex", "Switch Pause off"),
        ("files.skipped", "note", "4 skipped (4 not organized)", "if you want that")]),
    "a scene with two items": (filled_twice, [
        ("files.ambiguous", "warning", "1 scene not synced", "Plex Libraries")]),
    "a disk that is nearly full": (a_huge_file, [
        ("disk", "warning", "it is nearly full", "Make room")]),
}  # fmt: skip


def test_whatever_is_wrong_is_a_finding_with_what_to_do(box: Box) -> None:
    fill(box)
    check(box)
    for name, (how, wanted) in TROUBLES.items():
        with how(box):
            found = check(box)
        for id, level, words, do in wanted:
            hits = [one for one in of(found, id) if words in one[1]]
            assert hits, (name, found["findings"])
            assert hits[0][0] == level and do in hits[0][2], (name, hits)
            log_level = level if level in ("error", "warning") else "info"
            assert any(words in line for line in lines(box, log_level)), name
        assert found["disk"]["free"] and "pending" in found["queue"], name
    assert check(box)["ok"], "nothing of it stays"


def test_a_scene_without_an_item_says_what_was_tried(box: Box) -> None:
    fill(box)
    lost = box.add("b/lost.mp4", title="Lost", in_plex=False)
    outside = box.stash.add_scene(path="/else/where.mp4", title="Outside")
    found = check(box)
    assert found["files"] == {"looked_at": 6, "unknown": 2}
    assert found["unmatched"] == [
        {"scene": lost, "label": f"scene {lost} “Lost”", "tried": [
            {"stash": "/data/b/lost.mp4", "plex": "/media/b/lost.mp4", "library": "Scenes",
             "why": "is not there"}]},
        {"scene": outside, "label": f"scene {outside} “Outside”", "tried": [
            {"stash": "/else/where.mp4", "plex": "/else/where.mp4", "library": "",
             "why": "is not there: no library has that folder"}]},
    ]  # fmt: skip


def test_paths_that_nothing_proves_are_told_with_the_reason(box: Box) -> None:
    box.configure(path_map="")
    fill(box, 2)
    found = check(box)
    [(level, said, do)] = of(found, "paths.map")
    assert level == "note" and "2 of 2 files in Stash fit a file in Plex" in said
    assert "otherwise set Path Map" in do and found["paths"]["silence"] in said
    [(level, _, do)] = of(found, "files")
    assert level == "error" and "set Path Map" in do


def test_without_a_library_of_movie_type_it_says_which_there_are(box: Box) -> None:
    box.plex.remove_section(box.section)
    box.plex.add_section("Series", type="show", roots=["/media"])
    found = check(box)
    [(level, said, do)] = of(found, "plex.libraries")
    assert level == "error" and "no library of movie type: it has “Series” (show)" in said
    assert "Movies or Other Videos" in do
    assert [(one["type"], one["chosen"]) for one in found["plex"]["libraries"]] == [("show", False)]


def test_a_library_that_was_emptied_is_told(box: Box) -> None:
    scenes = fill(box)
    box.operation("all")
    for number in scenes:
        box.plex.remove_file(box.paths[number])
    found = check(box)
    assert any(
        level == "error" and "Plex lists nothing" in said
        for level, said, _ in of(found, "plex.empty")
    )


def test_a_stash_that_is_too_old_is_told(make_box: MakeBox) -> None:
    box = make_box(version="v0.29.3")
    found = check(box)
    [(level, said, do)] = of(found, "stash.version")
    assert (level, do) == ("error", "Update Stash") and "v0.29.3 is too old" in said


def test_with_stash_down_the_rest_is_told(box: Box) -> None:
    box.operation("queue_status")
    box.stash.stop()
    words = ("doctor", "--stash", box.stash.url, "--data-dir", str(box.data_dir))
    ended = terminal(box, *words)
    found = json.loads(ended.stdout)["output"]
    assert ended.returncode == 0 and not found["ok"] and tuple(found) == KEYS
    assert of(found, "stash.reach")[0][0] == "error" and found["settings"] == []
    assert found["disk"]["free"] and found["queue"]["pending"] == 0
    assert ended.stderr.splitlines()[0].startswith("error: Stash does not answer")


# -- what is on disk


def test_dead_letters_and_what_is_due_are_told(box: Box) -> None:
    box.operation("queue_status")
    with closing(Jobs(box.data_dir)) as jobs:
        jobs.put([Job(7), Job(8), Job(9)], 1.0)
        for one in jobs.claim(2, 2.0):
            jobs.bury(one, "Plex answered 400 and changed nothing", 3.0)
    found = check(box)
    [(level, said, do)] = of(found, "queue.dead")
    assert level == "warning" and "2 dead letters, most with: Plex answered 400" in said
    assert "Retry Dead Letters" in do
    [(level, said, do)] = of(found, "queue.idle")
    assert (level, do) == ("note", "Run Process Queue") and "1 job due" in said
    assert (found["queue"]["dead"], found["queue"]["pending"]) == (2, 1)


def test_damaged_files_are_told_when_they_are_set_aside_and_later(box: Box) -> None:
    box.configure(reconcile_interval="daily")
    box.operation("process_queue")
    names = ("outages.json", "plex.sqlite", "queue/queue.sqlite", "reconciliation_state.json")
    for name in names:
        (box.data_dir / name).write_bytes(b"garbage" * 100)
    found = check(box)
    said = [said for level, said, _ in of(found, "state") if level == "warning"]
    for name in names:
        assert [one for one in said if one.startswith(name.rpartition("/")[2])], (name, said)
    later = check(box)
    assert of(later, "state") == [] and len(later["disk"]["aside"]) == len(names)
    [(level, said, _)] = of(later, "state.aside")
    assert level == "note" and all(name in said for name in later["disk"]["aside"])


def test_a_file_of_a_newer_version_is_a_finding(box: Box) -> None:
    box.configure(reconcile_interval="daily")
    box.operation("process_queue")
    path = box.data_dir / "reconciliation_state.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"version": 99}))
    before = path.read_bytes()
    found = check(box)
    [(level, said, _)] = of(found, "state")
    assert level == "error" and "written by a newer Stash2Plex" in said
    assert found["plex"]["owner"] is True and path.read_bytes() == before


def test_an_outage_held_scenes_and_a_failed_reconciliation_are_told(box: Box) -> None:
    [scene] = fill(box, 1)
    box.operation("hold", scene=scene)
    box.plex.go_down()
    with pytest.raises(Exception, match="does not answer"):
        box.operation("reconcile_all")
    found = check(box)
    assert "Plex has been away since" in of(found, "queue.outage")[0][1]
    assert of(found, "queue.held")[0][2] == "Resume Held Scenes releases them"
    [(level, said, _)] = of(found, "reconciliation")
    assert level == "warning" and "the last reconciliation failed: Plex does not answer" in said


def test_it_does_not_wait_for_a_drain(box: Box) -> None:
    fill(box, 1)
    box.plex.faults.arm("slow", match="/library/metadata/", seconds=60)
    box.stash.run_task("Stash2Plex", "Sync All Scenes to Plex")
    until(lambda: any("/library/metadata/" in one.path for one in box.plex.requests))
    found = check(box)
    assert found["queue"]["draining"] and found["queue"]["in_progress"] == 1 and found["ok"]


# -- the document


def test_every_finding_is_in_the_document() -> None:
    text = (ROOT / "docs" / "doctor.md").read_text(encoding="utf-8")
    told = set(re.findall(r"^\| `([a-z.]+)(?:<name>)?` \| ", text.split("## Findings")[1], re.M))
    code = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "app").rglob("*.py"))
    used = set(re.findall(r"(?:Finding|(?<!\.)failed)\(f?\"([a-z.]+)", code))
    used |= set(re.findall(r"^    \(\"([a-z.]+)\", check_", code, re.M))
    assert used - {"settings.paused"} == told


def test_every_key_of_the_answer_is_in_the_document() -> None:
    text = (ROOT / "docs" / "doctor.md").read_text(encoding="utf-8")
    told = re.findall(r"^\| `([a-z]+)` \| ", text.split("## Answer")[1].split("## ")[0], re.M)
    assert tuple(told) == KEYS

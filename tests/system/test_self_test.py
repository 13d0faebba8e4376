"""Test Plex as Stash runs it: a task that tries one item, and what is left of it after a kill."""

from __future__ import annotations

from typing import Any

import pytest

from app.commands import self_test
from devserver.box import Box
from devserver.stash.client import StashError
from plex.self_test import names
from tests.support.box_output import lines, until
from tests.support.quick_box import quicken

pytestmark = pytest.mark.uncovered
VOLATILE = ("updatedAt", "thumb", "posters")


def everything(box: Box) -> dict[int, dict[str, Any]]:
    """All that Plex says, without what no request puts back."""
    items = box.plex.state()["items"]
    return {
        int(key): {k: v for k, v in item.items() if k not in VOLATILE}
        for key, item in items.items()
    }


@pytest.fixture
def synced(box: Box) -> Box:
    """Two synced scenes."""
    with box.silence():
        box.one, box.two = (box.add(f"{n}.mp4", title=n, tags=["b", "a"]) for n in "12")
    box.operation("all")
    return box


@pytest.fixture
def quick(synced: Box, monkeypatch: pytest.MonkeyPatch) -> Box:
    """The same without the pauses between edits, in this process."""
    monkeypatch.setattr(self_test, "SECOND", 0)
    return quicken(synced)


def seen(answer: dict[str, Any]) -> dict[str, str]:
    return {line["line"]: line["seen"] for line in answer["lines"]}


def test_the_task_takes_the_scene_that_was_synced_last(synced: Box) -> None:
    synced.plex.tag_mode = "replace"
    synced.operation("sync", scene=synced.one)
    synced.stash.update_scene(synced.one, title="newer")
    synced.settle()
    before = everything(synced)
    answer = synced.task("Test Plex").output
    assert answer["scenes"] == [synced.one] and everything(synced) == before
    found = seen(answer)
    assert found["list"] == "replaces" and found["several"] == "untested"
    assert found["updated"] == "all" and found["newest"] == "kept" and found["back"] == "back"
    assert answer["good"] == len(answer["lines"]) == 18
    assert any("18 of 18 lines are as expected" in line for line in lines(synced))
    run = synced.operation("list_runs")["rows"][0]
    assert run["command"] == "test_plex" and run["fields"] == run["undone"] > 10
    synced.plex.clear_requests()
    synced.operation("reconcile_all")
    assert synced.plex.writes() == [] and synced.differences() == {}


def test_a_killed_task_is_put_back_by_the_next_sync(synced: Box) -> None:
    before = everything(synced)
    job = synced.stash.run_task("Stash2Plex", "Test Plex")
    written = len(synced.plex.writes())
    until(lambda: len(synced.plex.writes()) > written + 8)
    synced.stash.stop_job(job)
    synced.settle()
    until(lambda: synced.stash.runs[-1].exit_code == -9)
    assert everything(synced) != before
    synced.operation("process_queue")
    assert everything(synced) == before
    assert any("its item is put back now" in line for line in lines(synced))


LEFT = [
    ("process_queue", {}), ("reconcile_all", {}), ("sync", {"scene": 1}), ("undo", {}),
    ("test_plex", {}),
]  # fmt: skip


@pytest.mark.parametrize(("mode", "args"), LEFT, ids=lambda one: str(one))
def test_whatever_runs_next_puts_the_item_back_first(
    quick: Box, mode: str, args: dict[str, Any]
) -> None:
    before = everything(quick)
    cut_off(quick)
    assert everything(quick) != before
    quick.plex.clear_requests()
    quick.operation(mode, **args)
    (first, *_) = quick.plex.writes()
    assert first.get("id") or first.get("key")
    if mode != "undo":  # what it undoes is the sync
        assert everything(quick) == before
    assert not any(map(names.is_of_test, quick.item(quick.two)["genres"]))


def cut_off(box: Box) -> None:
    """A test whose Plex goes away on the way, and stays away."""
    asked = iter(range(999))
    box.plex.faults.arm("drop", lambda call: next(asked) > 30, times=99)
    with pytest.raises(StashError):
        box.operation("test_plex")
    box.plex.faults.clear()


def test_nothing_is_put_back_while_plex_is_away_or_paused(quick: Box) -> None:
    before = everything(quick)
    cut_off(quick)
    quick.configure(paused=True)
    quick.operation("process_queue")
    quick.configure()
    quick.plex.faults.arm("503", method="GET", times=20)
    quick.operation("process_queue")
    assert everything(quick) != before
    quick.plex.faults.clear()
    quick.operation("process_queue")
    assert everything(quick) == before


def test_another_server_keeps_its_own_test(quick: Box) -> None:
    before = everything(quick)
    cut_off(quick)
    first, left = quick.plex, everything(quick)
    quick.look_at(quick.second_plex())
    quick.operation("process_queue")
    assert quick.operation("doctor")["plex"]["test"] is None
    quick.look_at(first)
    assert everything(quick) == left != before
    quick.operation("process_queue")
    assert everything(quick) == before


def refuses(box: Box, words: str, **args: Any) -> None:
    box.plex.clear_requests()
    with pytest.raises(StashError, match=words):
        box.operation("test_plex", **args)
    assert box.plex.writes() == []


def test_scenes_that_are_not_to_be_touched_are_refused(quick: Box) -> None:
    one, two = quick.one, quick.two
    with quick.silence():
        new = quick.add("3.mp4", title="3")
        quick.plex.add_section("Other", roots=["/other"])
    refuses(quick, "no item in Plex that Stash2Plex has synced", scene=new)
    refuses(quick, "must be another scene", scene=one, second=one)
    refuses(quick, "must be another scene", second=two)
    refuses(quick, "does not take field", field="title")
    quick.operation("hold", scene=one)
    refuses(quick, "is held", scene=one)
    refuses(quick, "is held", scene=two, second=one)
    assert quick.operation("test_plex")["scenes"] == [two]
    quick.configure(paused=True)
    refuses(quick, "Pause", scene=two)


def test_a_scene_that_waits_to_be_synced_is_refused(quick: Box) -> None:
    (quick.data_dir / "inbox").mkdir(exist_ok=True)
    (quick.data_dir / "inbox" / f"scene-{quick.one}").touch()
    refuses(quick, "waits to be synced", scene=quick.one)
    refuses(quick, "waits to be synced", scene=quick.two, second=quick.one)


def test_the_result_is_in_check_setup_and_in_the_bug_report(quick: Box) -> None:
    assert "plex.test" not in {f["id"] for f in quick.operation("doctor")["findings"]}
    quick.plex.options.only_first_removal = True
    quick.plex.options.several_ids = "refused"
    quick.operation("test_plex", scene=quick.one, second=quick.two)
    found = quick.operation("doctor")
    said = [f["said"] for f in found["findings"] if f["id"] == "plex.test"]
    assert "Test Plex, one request removes several names: only one name is removed" in said
    assert found["plex"]["edits"]["several"] is False
    report = quick.operation("bundle")["bundle"]["doctor"]
    shown = {line["line"]: line["seen"] for line in report["plex"]["test"]["lines"]}
    assert shown["removals"] == "one" and shown["several"] == "refused"
    assert report["plex"]["edits"] == {"several": False, "adds": None, "rates_apart": False}
    words = {"line", "seen", "moved", "level"}
    assert all(set(line) == words for line in report["plex"]["test"]["lines"])


def test_after_an_update_of_plex_check_setup_asks_to_test_again(quick: Box) -> None:
    quick.operation("test_plex")
    quick.plex.options.version = "9.9.9-new"
    said = [f["said"] for f in quick.operation("doctor")["findings"] if f["id"] == "plex.test"]
    assert any("and this is 9.9.9-new" in line for line in said)


def test_what_it_learnt_saves_requests_in_the_next_sync(quick: Box) -> None:
    """A rating that Plex takes only apart is not tried in an edit again."""
    quick.plex.options.deaf_to = {"userRating"}
    quick.operation("test_plex", scene=quick.one, second=quick.two)
    with quick.silence():
        quick.stash.update_scene(quick.one, rating100=80, title="rated")
    quick.plex.clear_requests()
    quick.operation("sync", scene=quick.one)
    edits = [request for request in quick.plex.writes() if request.path.endswith("/all")]
    assert len(edits) == 1 and not edits[0].get("userRating.value")
    assert quick.item(quick.one)["userRating"] == 8.0

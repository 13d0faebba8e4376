"""The Plex simulator as a process of its own, steered through its control plane."""

from __future__ import annotations

import json
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.support.plex_contract import Scenes

ROOT = Path(__file__).resolve().parents[2]


def control(url: str, verb: str, **arguments: object) -> object:
    request = urllib.request.Request(f"{url}/__control__/{verb}", json.dumps(arguments).encode())
    with urllib.request.urlopen(request, timeout=10) as answer:
        return json.load(answer)


@pytest.fixture
def process() -> Iterator[str]:
    command = [sys.executable, "-m", "devserver.plex", "--section", "Scenes=/data"]
    running = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    try:
        yield running.stdout.readline().strip()
    finally:
        running.terminate()
        assert running.wait(10) == 0
        running.stdout.close()


def test_it_prints_its_url_and_can_be_steered(process: str) -> None:
    rk = control(process, "add_file", path="/data/a.mp4", genres=["A"])
    control(process, "edit_as_person", rating_key=rk, title="By hand")
    item = control(process, "item", rating_key=rk)
    assert (item["title"], item["locks"]) == ("By hand", ["title"])
    assert control(process, "about")["sections"] == {"1": "Scenes"}


def test_files_scans_faults_phases_and_the_log_are_verbs(scenes: Scenes) -> None:
    url = scenes.plex.url
    control(url, "add_file", path="/data/new.mp4", scanned=False)
    control(url, "scan", section=scenes.section)
    control(url, "advance_scan")
    assert control(url, "item_by_file", path="/data/new.mp4")["title"] == "new"
    control(url, "arm", action="500", match="/library", times=1)
    assert scenes.list().status == 500
    control(url, "set", phase="starting", file_filter="path", stalling_ids=[7])
    assert scenes.list().status == 503 and scenes.plex.options.stalling_ids == {7}
    log = control(url, "requests")
    assert [entry["status"] for entry in log] == [500, 503]
    assert control(url, "writes") == []


def answers(scenes: Scenes) -> bool:
    try:
        return scenes.get("/identity").status == 200
    except OSError:
        return False


def came_to(true: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        if true():
            return True
    return False


def test_it_can_be_down_for_a_while(scenes: Scenes) -> None:
    control(scenes.plex.url, "down", seconds=0.3)
    assert came_to(lambda: not answers(scenes))
    assert came_to(lambda: answers(scenes))


def test_a_wrong_verb_or_argument_is_an_error(scenes: Scenes) -> None:
    for verb, arguments, status in (("nonsense", {}, 404), ("add_file", {"nonsense": 1}, 400)):
        with pytest.raises(urllib.error.HTTPError) as caught:
            control(scenes.plex.url, verb, **arguments)
        assert caught.value.code == status
        caught.value.close()


def test_control_calls_are_not_in_the_log(scenes: Scenes) -> None:
    control(scenes.plex.url, "about")
    assert scenes.plex.requests == []

"""Faults that a test can arm between a plugin and Stash."""

from __future__ import annotations

import http.client
import json
import threading
import time

import pytest

from devserver import trickle
from devserver.stash import StashServer
from tests.support.stash_contract import ask, get

VERSION = "{ version { version } }"
RENAME = 'mutation { sceneUpdate(input: {id: 1, title: "new"}) { id } }'


def test_a_fault_strikes_once_unless_told_otherwise(stash: StashServer) -> None:
    stash.faults.arm(action="500")
    assert [ask(stash, VERSION)[0] for _ in range(2)] == [500, 200]


def test_a_fault_may_strike_every_nth_time(stash: StashServer) -> None:
    stash.faults.arm("/graphql", every_nth=3, action="401")
    assert [ask(stash, VERSION)[0] for _ in range(6)] == [200, 200, 401, 200, 200, 401]


def test_a_fault_hits_only_what_it_matches(stash: StashServer) -> None:
    stash.faults.arm("findScenes", times=9)
    stash.faults.arm("/scene", times=9)
    stash.faults.arm(lambda r: r.variables == {"x": 1}, times=9)
    assert ask(stash, VERSION)[0] == 200
    assert ask(stash, "{ findScenes { count } }")[0] == 500
    assert get(stash, "/scene/1/screenshot")[0] == 500
    assert (
        ask(stash, "query($x: Int) { findScenes(scene_ids: [$x]) { count } }", {"x": 1})[0] == 500
    )


def test_html_and_errors_come_with_200(stash: StashServer) -> None:
    stash.faults.arm(action="html")
    stash.faults.arm(action="errors")
    first, second = ask(stash, VERSION), ask(stash, VERSION)
    assert first[0] == 200 and first[1]["content-type"].startswith("text/html")
    assert second[0] == 200 and second[2]["errors"] and second[2]["data"] is None


def test_half_a_body_breaks_off_in_the_middle(stash: StashServer) -> None:
    stash.faults.arm(action="half_body")
    with pytest.raises(http.client.IncompleteRead):
        ask(stash, VERSION)


@pytest.mark.parametrize(("action", "title"), [("drop", "old"), ("drop_after", "new")])
def test_a_dropped_request_may_or_may_not_have_been_done(
    stash: StashServer, action: str, title: str
) -> None:
    stash.add_scene(title="old")
    stash.faults.arm("sceneUpdate", action=action)
    with pytest.raises((ConnectionError, http.client.HTTPException)):
        ask(stash, RENAME)
    assert stash.scene(1)["title"] == title


def test_a_slow_answer_is_still_right(stash: StashServer) -> None:
    stash.faults.arm(action="slow", seconds=0.3)
    started = time.monotonic()
    assert ask(stash, VERSION)[0] == 200 and time.monotonic() - started >= 0.3


def test_a_server_that_hangs_answers_nothing(stash: StashServer) -> None:
    stash.faults.arm(action="hang")
    connection = http.client.HTTPConnection("127.0.0.1", stash.port, timeout=0.3)
    body = json.dumps({"query": VERSION})
    connection.request("POST", "/graphql", body, {"Content-Type": "application/json"})
    with pytest.raises(TimeoutError):
        connection.getresponse()


def hung_up_on(stash: StashServer) -> None:
    with pytest.raises((ConnectionError, http.client.HTTPException)):
        ask(stash, VERSION)


def test_a_request_that_hangs_lets_go_when_the_faults_are_cleared(stash: StashServer) -> None:
    fault = stash.faults.arm(action="hang")
    waiting = threading.Thread(target=hung_up_on, args=(stash,))
    waiting.start()
    while not fault.hits:
        waiting.join(0.01)
    stash.faults.arm(action="500")
    stash.faults.clear()
    waiting.join(10)
    assert not waiting.is_alive() and ask(stash, VERSION)[0] == 200


def test_a_server_can_go_down_and_come_up_at_the_same_address(stash: StashServer) -> None:
    stash.add_scene(title="kept")
    stash.stop()
    stash.start()
    assert stash.gql("{ findScenes { count } }")["findScenes"]["count"] == 1
    stash.start_scan()
    stash.wait_idle()


def test_a_stopped_server_refuses_connections(stash: StashServer) -> None:
    stash.stop()
    with pytest.raises(ConnectionRefusedError):
        ask(stash, VERSION)


@pytest.mark.parametrize("phase", trickle.PHASES)
def test_an_answer_may_trickle(stash: StashServer, phase: str) -> None:
    stash.faults.arm(action="trickle", seconds=0.3, phase=phase)
    started = time.monotonic()
    status, _, _ = get(stash, "/healthz")
    assert status == 200 and time.monotonic() - started >= 0.05

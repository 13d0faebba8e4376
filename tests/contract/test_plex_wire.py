"""The Plex simulator on the wire: tokens, phases, connections, limits, faults and the log."""

from __future__ import annotations

import http.client
import socket
import threading
import time
from xml.etree import ElementTree

import pytest

from devserver import trickle
from tests.support.plex_contract import TOKEN, Scenes

TO = {"X-Plex-Token": TOKEN}


def line(scenes: Scenes) -> http.client.HTTPConnection:
    return http.client.HTTPConnection("127.0.0.1", scenes.plex.port, timeout=5)


def ask_on(connection: http.client.HTTPConnection, path: str = "/identity") -> int:
    connection.request("GET", path, headers=TO)
    answer = connection.getresponse()
    answer.read()
    return answer.status


def test_the_token_comes_by_header_or_query(scenes: Scenes) -> None:
    assert scenes.get("/library/sections").status == 200
    assert scenes.get("/library/sections", {"X-Plex-Token": TOKEN}, token="").status == 200
    assert scenes.get("/library/sections", token="wrong").status == 401
    assert scenes.get("/library/sections", token="").status == 401
    assert scenes.plex.unauthenticated == 2


def test_the_version_changes_with_an_update(scenes: Scenes) -> None:
    scenes.plex.options.version = "1.44.0.1-sim"
    for path in ("/", "/identity"):
        assert scenes.get(path).xml.get("version") == "1.44.0.1-sim"


def test_identity_needs_no_token(scenes: Scenes) -> None:
    root = scenes.get("/identity", token="").xml
    assert root.get("machineIdentifier") == scenes.plex.machine_identifier


def test_an_error_is_a_small_html_page(scenes: Scenes) -> None:
    reply = scenes.get("/library/metadata/99")
    assert reply.headers["Content-Type"] == "text/html" and b"<title>Not Found" in reply.body


def test_every_answer_has_a_length_and_the_protocol_header(scenes: Scenes) -> None:
    reply = scenes.edit(scenes.add(), "title.value=x")
    assert reply.headers["Content-Length"] == "0" and reply.headers["X-Plex-Protocol"] == "1.0"
    assert reply.headers["Keep-Alive"] == "timeout=20"
    assert scenes.list().headers["Content-Type"] == "text/xml;charset=utf-8"


@pytest.mark.parametrize("status", [401, 403])
def test_a_shared_user_reads_but_may_not_edit(scenes: Scenes, status: int) -> None:
    rk = scenes.add()
    scenes.plex.owner = False
    scenes.plex.options.shared_status = status
    assert scenes.edit(rk, "title.value=x").status == status
    assert scenes.get("/library").status == status
    assert scenes.get("/library/sections").xml.find("Directory").get("allowSync") == "0"
    assert scenes.plex.item(rk)["title"] == "clip one" and not scenes.plex.writes()


def test_unknown_preferences_are_accepted(scenes: Scenes) -> None:
    assert scenes.ask("PUT", "/:/prefs", {"NoSuchThing": 1}).status == 200


def test_an_unknown_path_is_404(scenes: Scenes) -> None:
    assert scenes.get("/no/such/thing").status == 404


def test_while_starting_everything_is_503(scenes: Scenes) -> None:
    scenes.plex.phase = "starting"
    assert scenes.get("/identity").status == scenes.list().status == 503


def test_while_writes_are_starting_reads_work(scenes: Scenes) -> None:
    rk = scenes.add()
    scenes.plex.phase = "starting_writes"
    reply = scenes.edit(rk, "title.value=x")
    assert reply.status == 400
    assert b"the server is still starting up. Please retry later" in reply.body
    assert scenes.list().titles == ["clip one"]


def test_down_refuses_and_comes_up_on_the_same_port_with_its_state(scenes: Scenes) -> None:
    scenes.add()
    connection = line(scenes)
    ask_on(connection)
    scenes.plex.go_down()
    with pytest.raises((http.client.HTTPException, OSError)):
        ask_on(connection)
    with pytest.raises(ConnectionRefusedError):
        scenes.list()
    scenes.plex.come_up()
    assert scenes.list().titles == ["clip one"]


def test_connections_are_kept_alive_and_closed_when_idle(scenes: Scenes) -> None:
    scenes.plex.options.keep_alive = 0.05
    connection = line(scenes)
    ask_on(connection)
    kept = connection.sock
    ask_on(connection)
    assert connection.sock is kept
    assert kept.recv(1) == b""


@pytest.mark.parametrize("action", ["414", "reset"])
def test_a_request_line_over_the_limit_fails(scenes: Scenes, action: str) -> None:
    scenes.plex.options.url_limit = 500
    scenes.plex.options.url_limit_action = action
    rk = scenes.add()
    try:
        assert scenes.edit(rk, "summary.value=" + "x" * 600).status == 414
    except (ConnectionResetError, http.client.RemoteDisconnected):
        assert action == "reset"
    assert scenes.plex.item(rk)["summary"] is None


@pytest.mark.parametrize("status", ["400", "401", "403", "404", "429", "500", "503"])
def test_a_status_can_be_armed_n_times(scenes: Scenes, status: str) -> None:
    scenes.plex.faults.arm(status, match="/library/sections", times=2)
    seen = [scenes.get("/library/sections").status for _ in range(3)]
    assert seen == [int(status), int(status), 200]


def test_a_fault_may_strike_every_nth_time_and_choose_by_method(scenes: Scenes) -> None:
    scenes.plex.faults.arm("500", method="PUT", every_nth=3)
    rk = scenes.add()
    assert [scenes.edit(rk, "tagline.value=x").status for _ in range(6)] == [200, 200, 500] * 2
    assert scenes.list().status == 200


def test_a_dropped_request_was_not_applied(scenes: Scenes) -> None:
    rk = scenes.add()
    scenes.plex.faults.arm("drop", method="PUT")
    with pytest.raises(http.client.RemoteDisconnected):
        scenes.edit(rk, "title.value=x")
    assert scenes.plex.item(rk)["title"] == "clip one" and not scenes.plex.writes()


def test_a_connection_may_be_lost_after_the_write_was_applied(scenes: Scenes) -> None:
    rk = scenes.add()
    scenes.plex.faults.arm("drop_after", match=lambda call: call.method == "PUT")
    with pytest.raises(http.client.RemoteDisconnected):
        scenes.edit(rk, "title.value=x")
    assert scenes.plex.item(rk)["title"] == "x" and len(scenes.plex.writes()) == 1


def test_xml_may_be_truncated_and_bodies_cut(scenes: Scenes) -> None:
    scenes.add()
    scenes.plex.faults.arm("truncated")
    with pytest.raises(ElementTree.ParseError):
        _ = scenes.list().xml
    scenes.plex.faults.arm("cut")
    with pytest.raises(http.client.IncompleteRead):
        scenes.list()


def test_headers_may_be_slow(scenes: Scenes) -> None:
    scenes.plex.faults.arm("slow_headers", seconds=0.2)
    began = time.monotonic()
    assert scenes.list().status == 200
    assert time.monotonic() - began >= 0.15


@pytest.mark.parametrize("phase", trickle.PHASES)
def test_an_answer_may_trickle(scenes: Scenes, phase: str) -> None:
    whole = scenes.list()
    scenes.plex.faults.arm("trickle", seconds=0.2, phase=phase)
    began = time.monotonic()
    found = scenes.list()
    assert time.monotonic() - began >= 0.15
    assert found.status == 200
    assert phase == "packed" or found.body == whole.body


def test_a_proxy_may_answer_html_or_nothing(scenes: Scenes) -> None:
    scenes.plex.faults.arm("html")
    scenes.plex.faults.arm("empty")
    assert b"<html>" in scenes.list().body
    assert scenes.list().body == b""


def test_latency_can_change_while_the_server_runs(scenes: Scenes) -> None:
    scenes.plex.latency = 0.1
    began = time.monotonic()
    scenes.list()
    assert time.monotonic() - began >= 0.1


def test_the_log_holds_requests_and_writes_but_no_token(scenes: Scenes) -> None:
    rk = scenes.add()
    scenes.list({"title": "a b"})
    scenes.edit(rk, "title.value=x")
    scenes.edit(99999, "title.value=x")
    listing, edit, failed = scenes.plex.requests
    assert listing.query == [("title", "a b")] and listing.status == 200
    assert edit.raw_target.endswith("title.value=x") and edit.ended >= edit.started
    assert failed.status == 404 and scenes.plex.writes() == [edit]
    assert "x-plex-token" not in listing.headers
    scenes.plex.clear_requests()
    assert scenes.plex.requests == []


def test_parameters_without_a_meaning_are_noted(scenes: Scenes) -> None:
    scenes.edit(scenes.add(), "titel.value=x&genres[0].tag.tag=y")
    assert scenes.plex.requests[0].ignored == ["titel.value", "genres[0].tag.tag"]


def test_overlapping_writes_are_counted(scenes: Scenes) -> None:
    rk = scenes.add()
    scenes.edit(rk, "title.value=x"), scenes.edit(rk, "title.value=y")
    assert scenes.plex.overlapping_writes == 0
    scenes.plex.latency = 0.2
    both = [threading.Thread(target=scenes.edit, args=(rk, "title.value=z")) for _ in range(2)]
    for thread in both:
        thread.start()
    for thread in both:
        thread.join()
    assert scenes.plex.overlapping_writes == 1


def test_a_snapshot_of_everything_is_equal_until_something_changes(scenes: Scenes) -> None:
    rk = scenes.add(genres=["A"], collections=["C"])
    before = scenes.plex.state()
    scenes.list(), scenes.full(rk), scenes.get(f"/library/metadata/{rk}/posters")
    assert scenes.plex.state() == before
    scenes.edit(rk, "genre[0].tag.tag=B")
    assert scenes.plex.state() != before


def test_a_body_may_come_in_chunks(scenes: Scenes) -> None:
    rk = scenes.add()
    connection = line(scenes)
    where = f"/library/metadata/{rk}/posters"
    connection.request("POST", where, iter([b"one", b"two"]), TO, encode_chunked=True)
    assert connection.getresponse().status == 200
    assert scenes.plex.image(scenes.plex.item(rk)["poster"]) == b"onetwo"


def test_requests_may_be_pipelined_on_a_raw_socket(scenes: Scenes) -> None:
    with socket.create_connection(("127.0.0.1", scenes.plex.port), timeout=5) as raw:
        raw.sendall(b"GET /identity HTTP/1.1\r\nHost: x\r\n\r\n" * 2)
        received = b""
        while received.count(b"HTTP/1.1 200 OK") < 2:
            received += raw.recv(65536)

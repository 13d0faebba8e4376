"""The sign-in to Plex, one short operation after the other, against a simulated plex.tv. That no token is in
an answer, a log, an address or a file is checked at the end of every test with a box."""

from __future__ import annotations

import json
import stat
from typing import Any

import pytest

from devserver.box import TOKEN, Box
from devserver.plex_tv import PlexTv
from devserver.plex_tv.resources import Connection
from devserver.stash.client import StashError
from tests.support.box_output import lines

PENDING = "sign_in.json"


@pytest.fixture
def tv(box: Box) -> PlexTv:
    box.stash.configure("Stash2Plex", max_tags=7, path_map=box.path_map)
    return box.sign_in_at()


def begun(box: Box) -> str:
    return box.operation("sign_in")["id"]


def signed_in(box: Box, tv: PlexTv) -> str:
    id = begun(box)
    tv.approve()
    assert box.operation("sign_in_poll", id=id)["signed_in"]
    return id


def refused(box: Box, mode: str, **args: Any) -> str:
    with pytest.raises(StashError) as error:
        box.operation(mode, **args)
    return str(error.value)


def row(found: dict[str, Any]) -> dict[str, Any]:
    (server,) = found["servers"]
    return server


def test_a_person_signs_in_and_the_first_sync_works(box: Box, tv: PlexTv) -> None:
    scene = box.add("a.mp4", title="T")
    begin = box.operation("sign_in")
    assert begin["address"].startswith(f"{tv.url}/auth#?clientID=stash2plex-")
    assert box.operation("sign_in_poll", id=begin["id"]) == {"signed_in": False, "problem": ""}
    tv.approve()
    assert box.operation("sign_in_poll", id=begin["id"])["signed_in"]
    server = row(box.operation("sign_in_servers", id=begin["id"]))
    assert server["best"] == box.plex.url and server["name"] == "Sim"
    chosen = box.operation("sign_in_server", id=begin["id"], machine=server["machine"])
    assert chosen["libraries"] == [
        {"id": box.section, "name": "Scenes", "items": 1, "chosen": True}
    ]
    saved = box.operation("sign_in_save", id=begin["id"], libraries=[box.section])
    assert saved["saved"] == ["plex_library", "plex_token", "plex_url"]
    assert box.settings() == {
        "max_tags": 7, "path_map": box.path_map, "plex_url": box.plex.url, "plex_token": TOKEN, "plex_library": "",
    }  # fmt: skip
    box.operation("all")
    assert box.item(scene)["title"] == "T"
    assert not (box.data_dir / PENDING).exists()


def test_the_pending_sign_in_is_its_owners_and_never_shown(box: Box, tv: PlexTv) -> None:
    id = signed_in(box, tv)
    kept = box.data_dir / PENDING
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    document = json.loads(kept.read_text())
    assert document["token"] == tv.token
    said = json.dumps(box.operation("sign_in_servers", id=id))
    assert tv.token not in said and TOKEN not in said and str(document["pin"]) not in said
    assert box.operation("sign_in_cancel") == {"cancelled": True}
    assert not kept.exists()
    assert "Sign in again" in refused(box, "sign_in_servers", id=id)


def test_the_same_client_signs_in_again(box: Box, tv: PlexTv) -> None:
    for _ in range(2):
        begun(box)
    first, second = tv.pins.known.values()
    assert first.client == second.client and first.strong and len(first.client) > 30


def test_a_later_sign_in_ends_the_one_before(box: Box, tv: PlexTv) -> None:
    old, new = begun(box), begun(box)
    assert "Another sign-in" in refused(box, "sign_in_poll", id=old)
    tv.approve()
    assert box.operation("sign_in_poll", id=new)["signed_in"]


def test_an_expired_pin_is_told_and_forgotten(box: Box, tv: PlexTv) -> None:
    id = begun(box)
    tv.pins.expire()
    assert "expired" in refused(box, "sign_in_poll", id=id)
    assert not (box.data_dir / PENDING).exists()


def test_any_later_run_forgets_a_sign_in_that_has_expired(box: Box, tv: PlexTv) -> None:
    signed_in(box, tv)
    kept = box.data_dir / PENDING
    kept.write_text(json.dumps({**json.loads(kept.read_text()), "ends": 1.0}))
    box.operation("queue_status")
    assert not kept.exists()


def test_a_token_with_two_dots_is_refused_in_words(box: Box, tv: PlexTv) -> None:
    tv.signed = True
    id = begun(box)
    tv.approve()
    assert "no media server accepts" in refused(box, "sign_in_poll", id=id)
    assert not (box.data_dir / PENDING).exists()


@pytest.mark.parametrize("status", ["429", "503"])
def test_a_busy_plex_tv_does_not_end_the_sign_in(box: Box, tv: PlexTv, status: str) -> None:
    id = begun(box)
    tv.approve()
    tv.faults.arm(status, "/api/v2/pins/")
    look = box.operation("sign_in_poll", id=id)
    assert not look["signed_in"] and f"({status})" in look["problem"]
    assert box.operation("sign_in_poll", id=id)["signed_in"]


def test_each_trouble_with_plex_tv_says_what_to_do(box: Box, tv: PlexTv) -> None:
    tv.faults.arm("503", "/api/v2/pins")
    assert "Try again in a minute" in refused(box, "sign_in")
    tv.faults.arm("html", "/api/v2/pins")
    assert "login page of a network" in refused(box, "sign_in")
    tv.faults.arm("400", "/api/v2/pins")
    assert "refuses the sign-in (400)" in refused(box, "sign_in")
    tv.stop()
    assert "reaches the internet" in refused(box, "sign_in")
    box.stash.env["STASH2PLEX_PLEX_TV"] = "http://plex-tv.invalid"
    assert "DNS" in refused(box, "sign_in")
    box.stash.env["STASH2PLEX_PLEX_TV"] = box.plex.url.replace("http:", "https:")
    assert "plex.tv" in refused(box, "sign_in")


def test_an_account_without_a_server_of_its_own_is_told(box: Box, tv: PlexTv) -> None:
    tv.resources.clear()
    tv.add_server("friend", "Friend", "friends-own-token", owned=False)
    tv.add_server("web", "Browser", "token-of-a-browser", provides="client")
    said = refused(box, "sign_in_servers", id=signed_in(box, tv))
    assert "owns no Plex server (it may use 1 server of other people)" in said


def test_of_the_addresses_the_local_one_that_answers_is_taken(box: Box, tv: PlexTv) -> None:
    stranger = box.second_plex(files=False)
    tv.resources[0].connections[:] = [
        Connection("203.0.113.9", 443, local=False),
        Connection("198.51.100.7", 8443, local=False, relay=True),
        Connection("127.0.0.3", 1),
        Connection("127.0.0.1", stranger.port),
        Connection("127.0.0.1", box.plex.port),
    ]
    server = row(box.operation("sign_in_servers", id=signed_in(box, tv)))
    found = {one["url"]: one for one in server["addresses"]}
    assert server["best"] == box.plex.url and found[box.plex.url]["problem"] == ""
    assert "another Plex server" in found[stranger.url]["problem"]
    assert found["http://127.0.0.3:1"]["problem"]
    assert not any("8443" in url for url in found), "relays are slow"
    direct = [url for url, one in found.items() if one["direct"]]
    assert direct and all(url.startswith("https://") for url in direct)
    assert not any(url.startswith("http://203") for url in found), "the token would be readable"
    assert stranger.unauthenticated == 0
    assert [request.path for request in stranger.requests] == ["/identity"]


def test_no_token_goes_to_another_server_at_a_typed_address(box: Box, tv: PlexTv) -> None:
    stranger = box.second_plex(files=False)
    tv.resources[0].connections.clear()
    id = signed_in(box, tv)
    server = row(box.operation("sign_in_servers", id=id))
    assert server["best"] == "" and "container" in server["advice"]
    machine = server["machine"]
    assert "container" in refused(box, "sign_in_server", id=id, machine=machine)
    typed = {"id": id, "machine": machine}
    said = refused(box, "sign_in_server", **typed, address=stranger.url)
    assert "Another Plex server than Sim" in said
    assert {request.path for request in stranger.requests} == {"/identity"}
    assert "must begin with" in refused(box, "sign_in_server", **typed, address="ftp://x")
    given = box.plex.url.removeprefix("http://")
    assert box.operation("sign_in_server", **typed, address=given)["address"] == box.plex.url


def test_a_server_that_takes_the_token_for_a_guests_is_refused(box: Box, tv: PlexTv) -> None:
    box.plex.owner = False
    id = signed_in(box, tv)
    machine = row(box.operation("sign_in_servers", id=id))["machine"]
    said = refused(box, "sign_in_server", id=id, machine=machine)
    assert "as its owner" in said
    assert "plex_url" not in box.settings()


def test_some_libraries_are_saved_by_number_and_the_rest_stays(box: Box, tv: PlexTv) -> None:
    other = box.plex.add_section("Others", roots=["/others"])
    box.plex.add_section("Music", type="artist", roots=["/music"])
    box.stash.configure("Stash2Plex", labels="x", paused=False)
    id = signed_in(box, tv)
    machine = row(box.operation("sign_in_servers", id=id))["machine"]
    found = box.operation("sign_in_server", id=id, machine=machine)["libraries"]
    assert [library["name"] for library in found] == ["Scenes", "Others"]
    for wrong in ([], [other, 99]):
        assert "at least one" in refused(box, "sign_in_save", id=id, libraries=wrong)
    box.operation("sign_in_save", id=id, libraries=[other])
    assert box.settings() == {
        "labels": "x", "paused": False, "plex_url": box.plex.url, "plex_token": TOKEN,
        "plex_library": f"#{other}",
    }  # fmt: skip


def test_the_steps_come_in_their_order(box: Box, tv: PlexTv) -> None:
    id = begun(box)
    assert "not approved yet" in refused(box, "sign_in_servers", id=id)
    assert "Another sign-in" in refused(box, "sign_in_poll", id="")
    tv.approve()
    box.operation("sign_in_poll", id=id)
    assert "not one of the account's" in refused(box, "sign_in_server", id=id, machine="x")
    assert "Choose a server first" in refused(box, "sign_in_save", id=id)


def test_after_the_token_was_revoked_one_sign_in_mends_it(box: Box, tv: PlexTv) -> None:
    scene = box.add("a.mp4", title="T")
    other = box.plex.add_section("Others", roots=["/others"])
    box.configure(plex_library=f"#{box.section}")
    box.operation("all")
    box.plex.token = tv.resources[0].token = "the-new-token-of-this-server"
    box.tokens.add(box.plex.token)
    box.stash.update_scene(scene, title="Later")
    box.settle()
    assert box.operation("status")["outage"]["refused"]
    id = signed_in(box, tv)
    server = row(box.operation("sign_in_servers", id=id))
    assert server["current"]
    found = box.operation("sign_in_server", id=id, machine=server["machine"])
    assert [one["chosen"] for one in found["libraries"]] == [True, False] and other
    assert box.operation("sign_in_save", id=id)["saved"] == ["plex_token", "plex_url"]
    assert box.settings()["plex_library"] == f"#{box.section}"
    box.operation("process_queue")
    assert box.item(scene)["title"] == "Later"
    assert box.operation("status")["outage"] is None


def test_settings_that_stash_does_not_keep_are_told(box: Box, tv: PlexTv) -> None:
    id = signed_in(box, tv)
    machine = row(box.operation("sign_in_servers", id=id))["machine"]
    box.operation("sign_in_server", id=id, machine=machine)
    host = box.stash.library.host
    kept = dict(host.settings)
    type(host).settings = property(lambda self: kept, lambda self, value: None)
    try:
        assert "did not keep" in refused(box, "sign_in_save", id=id)
    finally:
        del type(host).settings
        host.settings = kept
    assert (box.data_dir / PENDING).exists(), "the save can be repeated"
    box.operation("sign_in_save", id=id)
    assert box.settings()["plex_token"] == TOKEN


def test_a_typed_connection_is_saved_only_if_a_plex_takes_it(box: Box) -> None:
    box.stash.configure("Stash2Plex", labels="x")
    for url, token, said in (
        ("", TOKEN, "is missing"),
        (box.plex.url, "", "is missing"),
        (box.plex.url, "a.b.c", "no media server accepts"),
        (box.plex.url, "wrong-token-of-somebody", "does not accept"),
        ("http://127.0.0.1:1", TOKEN, "does not answer"),
    ):
        assert said in refused(box, "connect", url=url, token=token)
    assert box.settings() == {"labels": "x"}
    assert box.operation("connect", url=box.plex.url, token=TOKEN)["name"] == "Sim"
    box.operation("health_check")
    stranger = box.second_plex(files=False)
    assert "enter its token" in refused(box, "connect", url=stranger.url)
    assert {request.path for request in stranger.requests} == {"/identity"}
    assert box.settings() == {"labels": "x", "plex_url": box.plex.url, "plex_token": TOKEN}
    box.operation("connect", url=f"{box.plex.url}/web", token="")
    assert box.settings()["plex_token"] == TOKEN


def test_saved_settings_are_checked_and_leave_the_others(box: Box) -> None:
    before = box.settings()
    for wrong, said in (
        ({"max_tags": 5000}, "from 1 to 1000"),
        ({"no_setting": 1}, "there is no setting"),
        ({}, "must be a map"),
        ({"labels": ["x"]}, "must be a map"),
    ):
        assert said in refused(box, "save_settings", settings=wrong)
    assert box.settings() == before
    assert box.operation("save_settings", settings={"labels": "x", "max_tags": 7})["saved"]
    assert box.settings() == {**before, "labels": "x", "max_tags": 7}
    box.operation("save_settings", settings={"labels": ""})
    assert box.settings() == {**before, "labels": "", "max_tags": 7}


def test_the_task_leads_to_the_page(box: Box) -> None:
    box.task("Set Up")
    assert box.operation("set_up")["page"].startswith(box.stash.url)
    said = lines(box, "info")
    assert any(f"{box.stash.url}/plugins/stash2plex?view=start" in line for line in said)


def test_the_samples_show_what_a_sync_would_write(box: Box) -> None:
    box.add("a.mp4", title="T", tags=["Rain"])
    box.add("b.mp4", title="U", cover=b"\xff\xd8\xff" + b"x" * 1000)
    box.add("gone.mp4", in_plex=False, title="V")
    found = box.operation("samples")
    assert found["looked_at"] == 3 and found["matched"] == 2
    with_poster, first = found["rows"]
    assert with_poster["title"] == "U" and "poster" in str(with_poster["fields"])
    fields = {row["field"]: (row["before"], row["after"]) for row in first["fields"]}
    assert first["title"] == "T" and fields["title"] == ("a", "T") and first["writes"]
    assert fields["genres"][1] == ["Rain"]
    assert box.plex.writes() == []
    box.operation("all")
    again = box.operation("samples")
    assert [row["writes"] for row in again["rows"]] == [False, False]

"""The simulated plex.tv answers a sign-in as plex.tv does: PINs that a person approves, and resources."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from devserver.plex_tv import PlexTv
from devserver.plex_tv.resources import Connection
from tests.support.plex_contract import Clock, Reply, ask_port

CLIENT = {
    "X-Plex-Client-Identifier": "client-one",
    "X-Plex-Product": "Test",
    "Accept": "application/json",
}
ALL = "includeHttps=1&includeRelay=1&includeIPv6=1"


@pytest.fixture
def tv(clock: Clock) -> Iterator[PlexTv]:
    with PlexTv(clock=clock) as started:
        yield started
    assert started.errors == []


def ask(tv: PlexTv, method: str, path: str, **headers: str) -> Reply:
    port = int(tv.url.rpartition(":")[2])
    return ask_port(port, method, path, {**CLIENT, **headers})


def body(reply: Reply) -> Any:
    return json.loads(reply.body)


def pin(tv: PlexTv) -> dict[str, Any]:
    made = ask(tv, "POST", "/api/v2/pins?strong=true")
    assert made.status == 201
    return body(made)


def look(tv: PlexTv, id: int, **headers: str) -> Reply:
    return ask(tv, "GET", f"/api/v2/pins/{id}", **headers)


def test_a_strong_pin_has_a_long_code_and_lives_half_an_hour(tv: PlexTv) -> None:
    made = pin(tv)
    assert len(made["code"]) >= 24 and made["expiresIn"] == 1800
    assert made["authToken"] is None and made["clientIdentifier"] == "client-one"
    short = body(ask(tv, "POST", "/api/v2/pins"))
    assert len(short["code"]) == 4


@pytest.mark.parametrize("missing", ["X-Plex-Client-Identifier", "X-Plex-Product"])
def test_a_pin_wants_to_know_who_asks(tv: PlexTv, missing: str) -> None:
    refused = ask(tv, "POST", "/api/v2/pins?strong=true", **{missing: ""})
    assert refused.status == 400
    assert missing in body(refused)["errors"][0]["message"]


def test_an_approved_pin_hands_its_token_out_once(tv: PlexTv) -> None:
    made = pin(tv)
    assert body(look(tv, made["id"]))["authToken"] is None
    tv.approve(made["code"])
    assert body(look(tv, made["id"]))["authToken"] == tv.token
    assert look(tv, made["id"]).status == 404


def test_a_pin_of_another_client_is_not_found(tv: PlexTv) -> None:
    made = pin(tv)
    tv.approve()
    assert look(tv, made["id"], **{"X-Plex-Client-Identifier": "other"}).status == 404
    assert look(tv, made["id"] + 1).status == 404


def test_a_pin_expires(tv: PlexTv, clock: Clock) -> None:
    made = pin(tv)
    clock.wait(1801)
    gone = look(tv, made["id"])
    assert gone.status == 404 and "expired" in body(gone)["errors"][0]["message"]
    with pytest.raises(KeyError):
        tv.approve(made["code"])


def test_a_newer_client_may_get_a_token_with_two_dots(tv: PlexTv) -> None:
    tv.signed = True
    made = pin(tv)
    tv.approve()
    assert body(look(tv, made["id"]))["authToken"].count(".") == 2


def test_resources_are_shown_to_a_known_token_in_the_header_only(tv: PlexTv) -> None:
    path = f"/api/v2/resources?{ALL}"
    assert ask(tv, "GET", path).status == 401
    assert ask(tv, "GET", path, **{"X-Plex-Token": "unknown"}).status == 401
    assert ask(tv, "GET", f"{path}&X-Plex-Token={tv.token}").status == 401
    assert ask(tv, "GET", path, **{"X-Plex-Token": tv.token}).status == 200


def test_a_server_has_addresses_of_several_kinds(tv: PlexTv) -> None:
    places = Connection("192.168.1.5", 32400), Connection("203.0.113.9", 443, local=False)
    relay = Connection("198.51.100.7", 8443, local=False, relay=True)
    tv.add_server("m1", "Home", "t1", *places, relay, Connection("fe80::1", 32400))
    tv.add_server("m2", "Friend", "t2", owned=False)
    rows = body(ask(tv, "GET", f"/api/v2/resources?{ALL}", **{"X-Plex-Token": tv.token}))
    home, friend = rows
    assert [one["relay"] for one in home["connections"]] == [False, False, True, False]
    assert home["connections"][0]["uri"].startswith("https://192-168-1-5.")
    assert home["connections"][0]["uri"].endswith(".plex.direct:32400")
    assert [one["local"] for one in home["connections"]] == [True, False, False, True]
    assert home["owned"] and home["accessToken"] == "t1" and not friend["owned"]
    fewer = "includeHttps=1&includeRelay=0&includeIPv6=0"
    rows = body(ask(tv, "GET", f"/api/v2/resources?{fewer}", **{"X-Plex-Token": tv.token}))
    assert len(rows[0]["connections"]) == 2


@pytest.mark.parametrize("status", ["429", "503"])
def test_it_is_busy_on_demand(tv: PlexTv, status: str) -> None:
    tv.faults.arm(status, "/api/v2/pins")
    assert ask(tv, "POST", "/api/v2/pins?strong=true").status == int(status)
    assert pin(tv)["id"]


def test_without_json_asked_for_it_answers_xml(tv: PlexTv) -> None:
    assert ask(tv, "POST", "/api/v2/pins?strong=true", Accept="*/*").body.startswith(b"<?xml")

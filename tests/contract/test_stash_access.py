"""Who gets in, for how long, and what everybody else sees (8)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from devserver.stash import StashError, StashServer
from tests.support.stash_contract import Clock, ask, get, install

VERSION = "{ version { version } }"


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def timed(tmp_path: Path, clock: Clock) -> Iterator[StashServer]:
    with StashServer(tmp_path / "config", password="secret", clock=clock) as server:
        yield server


def test_without_a_password_everybody_gets_in(stash: StashServer) -> None:
    assert ask(stash, VERSION)[0] == 200


def test_a_wrong_api_key_is_a_401_even_without_a_password(stash: StashServer) -> None:
    assert ask(stash, VERSION, ApiKey="stale")[0] == 401
    assert get(stash, "/scene/1/screenshot?apikey=stale")[0] == 401


def test_an_empty_api_key_counts_as_none(stash: StashServer) -> None:
    assert ask(stash, VERSION, ApiKey="")[0] == 200


def test_key_header_key_parameter_and_cookie_all_open_the_door(locked: StashServer) -> None:
    locked.add_scene(title="a")
    assert ask(locked, VERSION, ApiKey="the-key")[0] == 200
    assert get(locked, "/scene/1/screenshot?apikey=the-key")[0] == 200
    assert ask(locked, VERSION, Cookie=locked.cookie())[0] == 200


def test_graphql_without_credentials_is_a_401(locked: StashServer) -> None:
    status, headers, _ = ask(locked, VERSION)
    assert (status, headers["www-authenticate"]) == (401, "FormBased")


def test_a_path_without_extension_redirects_to_a_login_page_in_html(locked: StashServer) -> None:
    locked.add_scene(title="a", cover=b"\xff\xd8\xff")
    status, headers, _ = get(locked, "/scene/1/screenshot")
    assert status == 302 and headers["location"].startswith("/login?returnURL=")
    status, headers, body = get(locked, headers["location"])
    assert (status, headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert b"<html>" in body


def test_a_path_with_extension_is_a_401(locked: StashServer) -> None:
    assert get(locked, "/scene/1_sprite.jpg")[0] == 401


def test_health_needs_no_credentials(locked: StashServer) -> None:
    assert get(locked, "/healthz")[0] == 200


def test_logging_in_gives_a_session(locked: StashServer) -> None:
    form = b"username=stash&password=secret"
    assert locked.post(form, {"Cookie": ""}, "/login")[0] == 200
    assert locked.post(b"username=stash&password=no", {"Cookie": ""}, "/login")[0] == 401


def test_a_forged_cookie_is_nobody(locked: StashServer, stash: StashServer) -> None:
    assert ask(locked, VERSION, Cookie="session=MTYnonsense")[0] == 401
    assert ask(stash, VERSION, Cookie="session=MTYnonsense")[0] == 200


def test_a_cookie_dies_after_an_hour(timed: StashServer, clock: Clock) -> None:
    cookie = timed.cookie()
    clock.pass_(3600)
    assert ask(timed, VERSION, Cookie=cookie)[0] == 200
    clock.pass_(1)
    assert ask(timed, VERSION, Cookie=cookie)[0] == 401


def test_every_answer_refreshes_the_cookie(timed: StashServer, clock: Clock) -> None:
    cookie = timed.cookie()
    for _ in range(3):
        clock.pass_(3000)
        status, headers, _ = ask(timed, VERSION, Cookie=cookie)
        assert status == 200
        cookie = headers["set-cookie"].split(";")[0]


def test_of_two_cookies_the_first_one_counts(timed: StashServer, clock: Clock) -> None:
    old = timed.cookie()
    clock.pass_(4000)
    new = timed.cookie()
    assert ask(timed, VERSION, Cookie=f"{old}; {new}")[0] == 401
    assert ask(timed, VERSION, Cookie=f"{new}; {old}")[0] == 200


def test_sessions_can_be_expired_at_once(locked: StashServer) -> None:
    cookie = locked.cookie()
    locked.expire_sessions()
    assert ask(locked, VERSION, Cookie=cookie)[0] == 401


def test_a_plugin_gets_a_cookie_that_opens_the_door(locked: StashServer) -> None:
    install(locked, "answer(given['server_connection']['SessionCookie']['Value'])")
    value = locked.operation("Fake")
    assert ask(locked, VERSION, Cookie=f"session={value}")[0] == 200


def test_a_tasks_cookie_is_minted_when_its_job_starts(timed: StashServer, clock: Clock) -> None:
    install(timed, "answer(given['server_connection']['SessionCookie']['Value'])")
    timed.hold_jobs()
    timed.run_task("Fake", None, {})
    clock.pass_(10_000)
    timed.release_jobs()
    timed.wait_idle()
    assert ask(timed, VERSION, Cookie=f"session={timed.runs[0].output}")[0] == 200


def test_an_api_key_needs_a_password(stash: StashServer, locked: StashServer) -> None:
    with pytest.raises(StashError):
        stash.gql("mutation { generateAPIKey(input: {}) }")
    key = locked.gql("mutation { generateAPIKey(input: {}) }")["generateAPIKey"]
    got = ask(locked, "{ configuration { general { apiKey } } }", ApiKey=key)[2]
    assert got["data"]["configuration"]["general"]["apiKey"] == key
    assert ask(locked, VERSION, ApiKey="the-key")[0] == 401


def test_a_forwarded_public_address_locks_a_server_without_password(stash: StashServer) -> None:
    assert ask(stash, VERSION, **{"X-Forwarded-For": "192.168.1.5"})[0] == 200
    assert ask(stash, VERSION, **{"X-Forwarded-For": "8.8.8.8"})[0] == 403
    assert ask(stash, VERSION)[0] == 403
    stash.restart()
    assert ask(stash, VERSION)[0] == 200


def test_the_request_log_knows_who_asked_what(locked: StashServer) -> None:
    ask(locked, "query Mine($x: ID!) { findScene(id: $x) { id } }", {"x": "1"}, ApiKey="the-key")
    ask(locked, VERSION)
    one, two = locked.requests
    assert (one.operation, one.variables, one.fields) == ("Mine", {"x": "1"}, ("findScene",))
    assert (one.status, one.authenticated, two.status, two.authenticated) == (200, True, 401, False)

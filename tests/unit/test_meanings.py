"""What each error of requests, GraphQL and the operating system means, up to the verdict.

The table names every class of `requests.exceptions`: a new one is noticed.
"""

from __future__ import annotations

import errno
import inspect
import json
import os
import sqlite3
from types import ModuleType
from xml.etree.ElementTree import ParseError

import pytest
import requests
import urllib3

import errors
from errors import Busy, Gone, Lost, Refused, Rejected, SetupError, Unreachable
from net.response import NoAnswer, Response
from net.session import Session, translated
from plex.client import transport as plex
from plex.client.status import of_status
from stash import transport as stash
from sync_queue import retry_policy
from sync_queue.retry_policy import BURY, PAUSE, RETRY

URL = "http://plex:32400"


def classes(module: ModuleType) -> set[str]:
    """The exceptions that a library defines there; warnings are raised by nobody."""
    return {
        name
        for name, one in vars(module).items()
        if inspect.isclass(one)
        and issubclass(one, Exception)
        and not issubclass(one, Warning)
        and one.__module__ == module.__name__
    }


def told(error: errors.Stash2PlexError, server: str) -> None:
    """A sentence for a person, about a server, with a cause that the outage history knows."""
    assert str(error) and "\n" not in str(error) and "Traceback" not in str(error)
    assert error.cause in (*errors.CAUSES, "")
    if isinstance(error, (Unreachable, Refused, Busy)):
        assert error.server == server and error.cause


# -- Plex

STARTING = "<h1>400</h1><p>the server is still starting up. Please retry later</p>"


@pytest.mark.parametrize(
    ("status", "said", "kind", "cause", "action"),
    [
        (302, "", Unreachable, "gateway", PAUSE),
        (400, "", Rejected, "", BURY),
        (400, STARTING, Unreachable, "starting", PAUSE),
        (401, "", Refused, "token", PAUSE),
        (403, "", Refused, "token", PAUSE),
        (404, "", Gone, "", RETRY),
        (406, "", Rejected, "", BURY),
        (408, "", Busy, "busy", RETRY),
        (409, "", Rejected, "", BURY),
        (414, "", Rejected, "", BURY),
        (429, "", Busy, "busy", RETRY),
        (500, "", Busy, "busy", RETRY),
        (502, "", Unreachable, "gateway", PAUSE),
        (503, "", Unreachable, "starting", PAUSE),
        (504, "", Unreachable, "gateway", PAUSE),
        (507, "", Busy, "busy", RETRY),
        (599, "", Busy, "busy", RETRY),
        (999, "", Busy, "busy", RETRY),
    ],
)
def test_each_status_of_plex(status, said, kind, cause, action) -> None:
    error = of_status(status, said, URL)
    assert (type(error), error.cause, retry_policy.action_of(error)) == (kind, cause, action)
    told(error, errors.PLEX)


@pytest.mark.parametrize(
    "error", [ParseError("x"), TypeError("x"), AttributeError("x"), ValueError("x"), KeyError("x")]
)
def test_an_answer_of_another_shape_is_worth_another_try(error: Exception) -> None:
    found = plex.meaning(error, URL)
    assert (type(found), found.cause, found.server) == (Busy, "unreadable", errors.PLEX)


@pytest.mark.parametrize(
    ("header", "after"),
    [("2", 2.0), ("", 0.0), ("Wed, 21 Oct 2026 07:28:00 GMT", 0.0), ("-1", 0.0)],
)
def test_how_long_a_server_asks_us_to_wait_is_kept(header: str, after: float) -> None:
    found = plex._of_answer(plex.BadStatus(503), answered(503, Retry_After=header), URL)
    assert (found.cause, found.after) == ("starting", after)


def answered(status: int, body: bytes = b"", **given: str) -> Response:
    headers = {name.replace("_", "-").lower(): value for name, value in given.items()}
    return Response(status, headers, body)


TINY = (
    b"<html><head><title>Unauthorized</title></head><body><h1>401 Unauthorized</h1></body></html>"
)
FRONTS = [
    answered(401, b"<h1>Authorization Required</h1>", WWW_Authenticate='Basic realm="x"'),
    answered(401, TINY, X_Plex_Protocol="1.0", WWW_Authenticate="Negotiate"),
    answered(401, b'{"login": "/auth"}', Content_Type="application/json"),
    answered(403, b"<!DOCTYPE html>" + b"Just a moment..." * 400, Server="cloudflare"),
    answered(403, b"Forbidden", Content_Type="text/plain"),
]


@pytest.mark.parametrize("answer", FRONTS)
def test_a_refusal_that_is_not_plex_s_is_nothing_of_the_token(answer: Response) -> None:
    found = plex._of_answer(plex.BadStatus(answer.status_code), answer, URL)
    assert (type(found), found.cause) == (Unreachable, "gateway")
    assert "a proxy in front of it" in str(found) and "new one" not in str(found)


@pytest.mark.parametrize(
    ("answer", "wants"),
    [
        (answered(301, Location="https://plex.lan/"), True),
        (answered(308, location="HTTPS://plex.lan/"), True),
        (answered(302, Location="http://plex.lan/login"), False),
        (answered(302), False),
        (answered(400, b"<center>The plain HTTP request was sent to HTTPS port</center>"), True),
        (answered(400, b"Client sent an HTTP request to an HTTPS server."), True),
        (answered(400, b"You're speaking plain HTTP to an SSL-enabled server port."), True),
        (answered(400, b"<h1>400 Bad Request</h1>"), False),
    ],
)
def test_a_server_that_wants_https_is_named_as_that(answer: Response, wants: bool) -> None:
    found = plex._of_answer(plex.BadStatus(answer.status_code), answer, URL)
    assert ("write https:// instead of http://" in str(found)) == wants
    secure = plex._of_answer(plex.BadStatus(answer.status_code), answer, "https://plex:32400")
    assert "write https" not in str(secure)
    if wants:
        told(found, errors.PLEX)


@pytest.mark.parametrize("status", [401, 403])
def test_a_refusal_of_plex_is_one_of_the_token(status: int) -> None:
    answer = answered(status, TINY, X_Plex_Protocol="1.0", Content_Type="text/html")
    found = plex._of_answer(plex.BadStatus(401), answer, URL)
    assert (type(found), found.cause) == (Refused, "token")


@pytest.mark.parametrize(
    ("was_up", "wait", "cause", "after"),
    [(False, "", "starting", 0.0), (True, "", "busy", 1.0), (True, "7", "busy", 7.0)],
)
def test_a_503_after_a_good_answer_is_busy(was_up, wait, cause, after) -> None:
    answer = answered(503, X_Plex_Protocol="1.0", Retry_After=wait)
    found = plex._of_answer(plex.BadStatus(503), answer, URL, was_up)
    assert (found.cause, found.after) == (cause, after)
    assert ("starting" in str(found)) is not was_up


# -- requests, for both servers

REQUESTS: dict[str, tuple[type[errors.Stash2PlexError], str]] = {
    "RequestException": (Lost, "lost"),
    "InvalidJSONError": (Lost, "lost"),
    "JSONDecodeError": (Lost, "lost"),
    "HTTPError": (Lost, "lost"),
    "ConnectionError": (Lost, "lost"),
    "ProxyError": (Unreachable, "gateway"),
    "SSLError": (Unreachable, "tls"),
    "Timeout": (Lost, "timeout"),
    "ConnectTimeout": (Unreachable, "timeout"),
    "ReadTimeout": (Lost, "timeout"),
    "URLRequired": (SetupError, ""),
    "TooManyRedirects": (Unreachable, "gateway"),
    "MissingSchema": (SetupError, ""),
    "InvalidSchema": (SetupError, ""),
    "InvalidURL": (SetupError, ""),
    "InvalidHeader": (SetupError, ""),
    "InvalidProxyURL": (SetupError, ""),
    "ChunkedEncodingError": (Lost, "lost"),
    "ContentDecodingError": (Lost, "unreadable"),
    "StreamConsumedError": (Lost, "lost"),
    "RetryError": (Lost, "lost"),
    "UnrewindableBodyError": (Lost, "lost"),
}
MEANINGS = [(plex.meaning, errors.PLEX), (stash.meaning, errors.STASH)]


def test_every_error_of_requests_is_in_the_table() -> None:
    assert classes(requests.exceptions) == set(REQUESTS)


@pytest.mark.parametrize(("meaning", "server"), MEANINGS, ids=["Plex", "Stash"])
@pytest.mark.parametrize("name", REQUESTS)
def test_what_requests_raises(name: str, meaning, server: str) -> None:
    kind, cause = REQUESTS[name]
    given = ("x", "{", 0) if name == "JSONDecodeError" else ("x",)
    error = meaning(translated(getattr(requests.exceptions, name)(*given)), URL)
    assert (type(error), error.cause) == (kind, cause)
    assert retry_policy.action_of(error) == (RETRY if kind is Busy else PAUSE)
    told(error, server)


@pytest.mark.parametrize(("meaning", "server"), MEANINGS, ids=["Plex", "Stash"])
@pytest.mark.parametrize(
    ("said", "cause"),
    [
        ("[SSL: CERTIFICATE_VERIFY_FAILED] self-signed certificate", "tls"),
        ("[SSL: WRONG_VERSION_NUMBER] wrong version number", "tls"),
        ("[SSL: UNEXPECTED_EOF_WHILE_READING] EOF occurred in violation of protocol", "lost"),
    ],
)
def test_a_tls_mismatch_lasts_and_a_broken_connection_passes(meaning, server, said, cause) -> None:
    error = meaning(translated(requests.exceptions.SSLError(said)), URL)
    assert (error.cause, isinstance(error, Lost)) == (cause, cause == "lost")


def test_a_token_that_no_header_can_hold_is_a_wrong_setting() -> None:
    error = plex.meaning(
        translated(UnicodeEncodeError("latin-1", "t☃ken", 1, 2, "not in range")), URL
    )
    assert isinstance(error, SetupError) and "Plex Token" in str(error) and "☃" not in str(error)


def test_what_urllib3_lets_through_becomes_an_error_of_requests(monkeypatch) -> None:
    def leak(*_: object, **__: object) -> None:
        raise urllib3.exceptions.LocationValueError("no host")

    monkeypatch.setattr(requests.Session, "request", leak)
    with pytest.raises(NoAnswer):
        Session(1, 1).get(URL)


# -- Stash's GraphQL


@pytest.mark.parametrize(
    ("status", "found", "kind"),
    [
        (200, [{"message": "database is locked"}], Busy),
        (200, [{"message": "runtime error: invalid memory address", "path": ["findScenes"]}], Busy),
        (200, [{"message": "context canceled"}], Busy),
        (200, "what is this?", Busy),
        (200, [None], Busy),
        (200, [{"message": "two\nlines"}], Busy),
        (422, [{"message": "anything"}], SetupError),
        (400, [{"message": "anything"}], SetupError),
        (200, [{"message": 'Cannot query field "x" on type "Scene".'}], SetupError),
        (200, [{"message": 'Unknown argument "ids" on field "Query.findScenes".'}], SetupError),
        (200, [{"message": 'Unknown type "SceneFilterType".'}], SetupError),
        (200, [{"message": 'Field "x" is not defined by type "FindFilterType".'}], SetupError),
        (200, [{"message": "x", "extensions": {"code": "GRAPHQL_VALIDATION_FAILED"}}], SetupError),
        (200, [{"message": "x", "extensions": {"code": "GRAPHQL_PARSE_FAILED"}}], SetupError),
    ],
    ids=lambda value: json.dumps(value)[:60] if isinstance(value, list) else None,
)
def test_an_error_of_graphql_passes_unless_the_query_does_not_fit(status, found, kind) -> None:
    error = stash._graphql_error(status, found)
    assert type(error) is kind and error.server == errors.STASH
    assert retry_policy.action_of(error) == (RETRY if kind is Busy else PAUSE)
    assert "\n" not in str(error)
    if kind is SetupError:
        assert "Stash 0.30 or newer is needed" in str(error)


# -- the operating system and our own files


@pytest.mark.parametrize("code", sorted(errno.errorcode), ids=lambda code: errno.errorcode[code])
def test_an_error_of_the_operating_system_is_no_jobs_fault(code: int) -> None:
    error = OSError(code, os.strerror(code), "/home/somebody/secret name.sqlite")
    assert retry_policy.action_of(error) == PAUSE
    assert os.strerror(code) in retry_policy.in_words(error)
    assert "secret name" not in retry_policy.in_words(error)


SQLITE = {
    "Error": PAUSE,
    "DatabaseError": PAUSE,  # not a database, malformed
    "OperationalError": PAUSE,  # full, locked, read-only, cannot be opened
    "InternalError": PAUSE,
    "IntegrityError": RETRY,
    "ProgrammingError": RETRY,
    "InterfaceError": RETRY,
    "DataError": RETRY,
    "NotSupportedError": RETRY,
}


def test_every_error_of_sqlite_is_in_the_table() -> None:
    found = {name for name, one in vars(sqlite3).items() if _is_error(one)}
    assert found == set(SQLITE)


def _is_error(one: object) -> bool:
    return inspect.isclass(one) and issubclass(one, sqlite3.Error)


@pytest.mark.parametrize("name", SQLITE)
def test_our_database_pauses_all_and_a_value_one_job(name: str) -> None:
    error = getattr(sqlite3, name)("disk I/O error")
    assert retry_policy.action_of(error) == SQLITE[name]
    assert "disk I/O error" in retry_policy.in_words(error)


@pytest.mark.parametrize(
    "error",
    [
        KeyError("a mistake of ours"),
        MemoryError(),
        RecursionError(),
        UnicodeEncodeError("utf-8", "\ud800", 0, 1, "surrogates not allowed"),
        json.JSONDecodeError("x", "", 0),
    ],
)
def test_what_nobody_thought_of_is_tried_again_and_then_told(error: Exception) -> None:
    assert retry_policy.action_of(error) == RETRY

"""The client against a server that misbehaves: long addresses, bad items, hostile XML."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

import errors
from devserver.plex import PlexServer
from plex.client import PlexClient, connect
from plex.plan import Change
from plex.wire import parameters


@pytest.fixture
def plex() -> Iterator[PlexServer]:
    with PlexServer(token="t") as server:
        server.add_section("Scenes", roots=["/media"])
        server.add_section("Clips", roots=["/clips"])
        server.add_section("Shows", type="show", roots=["/shows"])
        yield server


@pytest.fixture
def client(plex) -> PlexClient:
    return connect(plex.url, "t", 2, 2)


def edit(client, key, field, value):
    client.edit(1, key, parameters([Change(field, (), value, "write")]))


def test_an_edit_without_an_item_is_never_built(client, plex):
    plex.clear_requests()
    for key, some in ((0, [("title.value", "x")]), (-1, [("title.value", "x")]), (101, [])):
        with pytest.raises(ValueError, match="rating key"):
            client.edit(1, key, some)
    assert plex.requests == []


@pytest.mark.parametrize("action", ["414", "reset"])
def test_a_summary_that_is_too_long_for_the_server_is_cut(client, plex, action):
    key = plex.add_file("/media/a.mp4")
    plex.options.url_limit, plex.options.url_limit_action = 8000, action
    edit(client, key, "summary", "word " * 1900)
    shown = plex.item(key)["summary"]
    assert shown.endswith("…")
    assert 4000 < len(shown) < 6000
    assert plex.item(key)["locks"] == {"summary"}


@pytest.mark.parametrize("action", ["414", "reset"])
def test_a_list_that_is_too_long_is_refused_not_sliced(client, plex, action):
    key = plex.add_file("/media/a.mp4")
    plex.options.url_limit, plex.options.url_limit_action = 8000, action
    with pytest.raises(errors.Rejected, match="max_tags"):
        edit(client, key, "genres", tuple("x" * 90 + str(n) for n in range(99)))
    assert plex.item(key)["genres"] == []


def test_a_long_edit_to_a_plex_that_is_gone_is_no_matter_of_length(client, plex):
    key = plex.add_file("/media/a.mp4")
    plex.go_down()
    with pytest.raises(errors.Unreachable):
        edit(client, key, "summary", "word " * 1900)


def test_an_item_that_stalls_a_batch_is_read_alone(plex):
    keys = [plex.add_file(f"/media/{n}.mp4") for n in range(3)]
    plex.options.stalling_ids = {keys[1]}
    client = connect(plex.url, "t", 1, 0.5)
    assert list(client.items(keys)) == keys


def test_items_that_do_not_exist_are_left_out(client, plex):
    key = plex.add_file("/media/a.mp4")
    assert list(client.items([key, 999])) == [key]
    assert client.items([998, 999]) == client.items([]) == {}


def test_only_the_libraries_that_were_named(client):
    assert [s.title for s in client.sections()] == ["Scenes", "Clips"]
    assert [s.title for s in client.only(["cLIPS"]).sections()] == ["Clips"]
    with pytest.raises(errors.SetupError, match=r"“shows”.*Scenes, Clips"):
        client.only(["Clips", "Shows"]).sections()


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        ({"action": "401"}, errors.Refused),
        ({"action": "403"}, errors.Refused),
        ({"action": "404"}, errors.Gone),
        ({"action": "400"}, errors.Rejected),
        ({"action": "400", "text": "the server is still starting up. Please retry later"}, errors.Unreachable),
        ({"action": "503"}, errors.Unreachable),
        ({"action": "409"}, errors.Rejected),
        ({"action": "429"}, errors.Busy),
        ({"action": "500"}, errors.Busy),
        ({"action": "502"}, errors.Unreachable),
        ({"action": "504"}, errors.Unreachable),
        ({"action": "drop", "times": 2}, errors.Unreachable),
        ({"action": "slow", "seconds": 9}, errors.Unreachable),
        ({"action": "truncated"}, errors.Busy),
        ({"action": "html"}, errors.Unreachable),
        ({"action": "empty"}, errors.Busy),
        ({"action": "cut"}, errors.Stash2PlexError),
    ],
    ids=lambda value: value.get("action") if isinstance(value, dict) else None,
)  # fmt: skip
def test_what_goes_wrong_has_a_name(plex, fault, error):
    client = connect(plex.url, "t", 0.5, 0.5)
    plex.faults.arm(match="/library/sections", **fault)
    with pytest.raises(error):
        client.sections()


def test_a_login_page_does_not_pass_for_a_write(client, plex):
    plex.faults.arm("html", "/library/sections/1/all", "PUT")
    with pytest.raises(errors.Unreachable, match="not Plex"):
        edit(client, plex.add_file("/media/a.mp4"), "summary", "x")


def test_something_else_at_the_address_of_plex(plex):
    plex.faults.arm("html", "/")
    with pytest.raises(errors.Unreachable, match="not Plex"):
        connect(plex.url, "t", 1, 1)


@pytest.mark.parametrize("action", ["400", "404", "409", "429", "500", "502", "504", "empty"])
def test_a_proxy_whose_plex_is_down_is_not_plex(plex, action):
    plex.faults.arm(action, "/")
    with pytest.raises(errors.Unreachable) as error:
        connect(plex.url, "t", 1, 1)
    assert action == "empty" or action in str(error.value)


# -- XML

BOMB = (
    '<!DOCTYPE b [<!ENTITY a "aaaaaaaaaa">'
    + "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 12)).replace("&a0;", "&a;")
    + "]><MediaContainer><Video title='&a11;'/></MediaContainer>"
)
FILE = '<!DOCTYPE f [<!ENTITY f SYSTEM "file:///etc/passwd">]><MediaContainer>&f;</MediaContainer>'
HELLO = b'<MediaContainer machineIdentifier="m" version="1" friendlyName="x"/>'


@pytest.fixture
def answer() -> Iterator[tuple[str, list[bytes]]]:
    """(url, what it answers to everything but the greeting)."""
    bodies: list[bytes] = [b""]

    class Answering(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = HELLO if self.path == "/" else bodies[self.path.endswith("/6")]
            self.send_response(200)
            self.send_header("Content-Type", "text/xml;charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Answering)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}", bodies
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize("xml", [BOMB, FILE], ids=["entity expansion", "external entity"])
def test_hostile_xml_is_an_answer_that_cannot_be_read(answer, xml):
    url, bodies = answer
    bodies[0] = xml.encode()
    with pytest.raises(errors.Busy, match="cannot be read"):
        connect(url, "t", 5, 5).sections()


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("a&#10;b&#9;c", "a\nb\tc"),
        ("a\nb", "a b"),
        ("a\x01\x1fb", "ab"),
        ("é 😀 שלום &amp;amp; &quot;", 'é 😀 שלום &amp; "'),
    ],
)
def test_odd_characters_in_an_answer(answer, raw, shown):
    url, bodies = answer
    bodies[0] = f'<MediaContainer><Video ratingKey="5" summary="{raw}"/></MediaContainer>'.encode()
    assert connect(url, "t", 5, 5).items([5])[5].values["summary"] == shown


def test_an_item_that_no_parser_reads_does_not_hide_the_others(answer):
    url, bodies = answer
    good = b'<MediaContainer><Video ratingKey="6"/></MediaContainer>'
    bad = b'<MediaContainer><Video ratingKey="5" summary="&#1;"/></MediaContainer>'
    bodies[0], bodies[1:] = bad, [good]
    client = connect(url, "t", 5, 5)
    assert list(client.items([5, 6])) == [6]
    for keys in ([5], [5, 5]):
        with pytest.raises(errors.Busy):
            client.items(keys)

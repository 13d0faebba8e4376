"""The client against a server that misbehaves: long addresses, bad items, hostile XML."""

from __future__ import annotations

import contextlib
import threading
import tracemalloc
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

import errors
from devserver.plex import PlexServer
from plex.client.client import PlexClient, connect, probe
from plex.client.edit_request import parameters
from plex.plan.plan import Change

STARTING = "the server is still starting up. Please retry later"
LOGIN = "<!DOCTYPE html><html><head><title>Sign in</title><meta charset=utf-8></head></html>"


@pytest.fixture
def plex() -> Iterator[PlexServer]:
    with PlexServer(token="t") as server:
        server.add_section("Scenes", roots=["/media"])
        server.add_section("Clips", roots=["/clips"])
        server.add_section("Shows", type="show", roots=["/shows"])
        yield server


@pytest.fixture
def client(plex) -> PlexClient:
    return impatient(plex.url, 2, 2)


def impatient(url: str, connect_timeout: float, read_timeout: float) -> PlexClient:
    """A client that does not wait before it asks again."""
    return connect(url, "t", connect_timeout, read_timeout, sleep=lambda seconds: None)


def edit(client, key, field, value):
    client.edit(1, key, parameters([Change(field, (), value, "write")]))


def test_an_edit_without_an_item_is_never_built(client, plex):
    plex.clear_requests()
    for key, some in ((0, [("title.value", "x")]), (-1, [("title.value", "x")]), (101, [])):
        with pytest.raises(ValueError, match="an edit needs"):
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
    with pytest.raises(errors.Rejected, match="Max Tags"):
        edit(client, key, "genres", tuple("x" * 90 + str(n) for n in range(99)))
    assert plex.item(key)["genres"] == []


def test_a_long_edit_fails_when_plex_is_gone(client, plex):
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


FAULTS = [
    ({"action": "401"}, errors.Refused, "token", 1),
    ({"action": "403"}, errors.Refused, "token", 1),
    ({"action": "404"}, errors.Gone, "", 1),
    ({"action": "400"}, errors.Rejected, "", 1),
    ({"action": "400", "text": STARTING}, errors.Unreachable, "starting", 3),
    ({"action": "503"}, errors.Busy, "busy", 3),
    ({"action": "409"}, errors.Rejected, "", 1),
    ({"action": "429"}, errors.Busy, "busy", 3),
    ({"action": "500"}, errors.Busy, "busy", 3),
    ({"action": "502"}, errors.Unreachable, "gateway", 3),
    ({"action": "504"}, errors.Unreachable, "gateway", 3),
    ({"action": "drop"}, errors.Lost, "lost", 3),
    ({"action": "reset"}, errors.Lost, "lost", 3),
    ({"action": "drop_after"}, errors.Lost, "lost", 3),
    ({"action": "slow", "seconds": 9}, errors.Lost, "timeout", 2),
    ({"action": "truncated"}, errors.Busy, "unreadable", 3),
    ({"action": "html"}, errors.Unreachable, "gateway", 3),
    ({"action": "html", "text": LOGIN}, errors.Unreachable, "gateway", 3),
    ({"action": "empty"}, errors.Busy, "unreadable", 3),
    ({"action": "cut"}, errors.Lost, "lost", 3),
]


@pytest.mark.parametrize(("fault", "error", "cause", "times"), FAULTS, ids=str)
def test_a_passing_fault_is_asked_again(plex, fault, error, cause, times):
    client = impatient(plex.url, 0.3, 0.3)
    plex.clear_requests()
    plex.faults.arm(match="/library/sections", times=99, **fault)
    with pytest.raises(error) as told:
        client.sections()
    assert type(told.value) is error
    assert told.value.cause == cause and told.value.server == errors.PLEX
    assert len(plex.requests) == times


@pytest.mark.parametrize(("fault", "times"), [(f, n) for f, *_, n in FAULTS if n > 1], ids=str)
def test_a_fault_of_a_moment_is_not_noticed(plex, fault, times):
    client = impatient(plex.url, 0.3, 0.3)
    plex.faults.arm(match="/library/sections", times=times - 1, **fault)
    assert [s.title for s in client.sections()] == ["Scenes", "Clips"]


@pytest.mark.parametrize("action", ["drop", "reset", "cut"])
def test_an_item_at_which_the_connection_breaks_each_time_is_no_outage(client, plex, action):
    bad, good = (plex.add_file(f"/media/{name}.mp4") for name in "ab")
    plex.faults.arm(action, lambda call: str(bad) in call.path, times=99)
    unread = {}
    assert list(client.items([bad, good], unread)) == [good]
    assert isinstance(unread[bad], errors.Busy) and unread[bad].cause == "lost"


def test_a_plex_that_breaks_every_connection_is_given_up_at_once(client, plex):
    plex.clear_requests()
    plex.faults.arm("drop", times=99)
    with pytest.raises(errors.Lost):
        client.items([101, 102, 103], {})
    assert len(plex.requests) == 4


@pytest.mark.parametrize("action", ["500", "503", "drop", "html", "empty", "truncated"])
def test_a_fault_of_a_moment_at_the_front_door_is_not_noticed(plex, action):
    plex.faults.arm(action, lambda call: call.path == "/", times=2)
    assert impatient(plex.url, 1, 1).machine == plex.machine_identifier


def test_a_library_that_is_missing_is_about_plex(client):
    with pytest.raises(errors.SetupError) as told:
        client.only(["Gone"]).sections()
    assert (told.value.server, told.value.cause) == (errors.PLEX, "library")


@pytest.mark.parametrize("key", ["", "x", "-1", "0", "9" * 5000, str(2**63)])
def test_a_library_without_a_usable_key_is_there_and_cannot_be_listed(client, plex, key):
    """It is not left out: a library that is gone is forgotten with all its files."""
    text = f'<MediaContainer><Directory type="movie" key="{key}" title="Scenes"/></MediaContainer>'
    plex.faults.arm("html", match="/library/sections", text=text, times=2)
    [bad] = client.sections()
    assert (bad.title, bad.id) == ("Scenes", -1)
    assert client.only(["#2"]).sections() == [bad]
    for ask in (client.listing, client.count, client.newest):
        with pytest.raises(errors.Busy, match="the number of a library"):
            ask(bad.id)


@pytest.mark.parametrize("action", ["400", "404", "409", "429", "500", "502", "504", "empty"])
def test_a_proxy_whose_plex_is_down_is_not_plex(plex, action):
    plex.faults.arm(action, "/", times=9)
    with pytest.raises(errors.Unreachable) as error:
        impatient(plex.url, 1, 1)
    assert action == "empty" or action in str(error.value)
    assert (error.value.server, bool(error.value.cause)) == (errors.PLEX, True)


def test_a_batch_that_stalls_is_not_asked_for_twice(plex):
    keys = [plex.add_file(f"/media/{n}.mp4") for n in range(3)]
    plex.options.stalling_ids = {keys[1]}
    client = impatient(plex.url, 1, 0.3)
    plex.clear_requests()
    client.items(keys)
    assert len(plex.requests) == 5  # the batch, whether Plex is up, and each item


# -- writes


def sent(plex):
    """The writes that came to Plex, carried out or not."""
    return [r for r in plex.requests if r.method != "GET"]


@pytest.mark.parametrize(
    "fault",
    [{"action": "500"}, {"action": "503"}, {"action": "429"}, {"action": "400", "text": STARTING}],
    ids=str,
)
def test_a_write_that_was_turned_away_is_sent_once_more(client, plex, fault):
    key = plex.add_file("/media/a.mp4")
    plex.faults.arm(method="PUT", **fault)
    edit(client, key, "summary", "x")
    assert plex.item(key)["summary"] == "x" and len(sent(plex)) == 2
    plex.faults.arm(method="PUT", times=9, **fault)
    with pytest.raises((errors.Busy, errors.Unreachable)) as told:
        edit(client, key, "summary", "y")
    assert not isinstance(told.value, errors.Lost) and len(sent(plex)) == 4


LOST = ["drop", "reset", "drop_after", "html", "502", "504", "slow", "slow_headers"]


WRITES = {
    "an edit": (lambda c, key: edit(c, key, "summary", "x"), "/library/sections/1/all"),
    "a list": (lambda c, key: edit(c, key, "genres", ("a, b", "C")), "/library/sections/1/all"),
    "a removal": (
        lambda c, key: c.edit(1, key, parameters([Change("actors", ("A",), (), "clear")])),
        "/library/sections/1/all",
    ),
    "a lock": (lambda c, key: c.edit(1, key, [("thumb.locked", "1")]), "/library/sections/1/all"),
    "a rating": (lambda c, key: c.rate(key, 7.5), "/:/rate"),
    "no rating": (lambda c, key: c.rate(key, None), "/:/rate"),
}


def shown(plex, key):
    item = plex.item(key)
    names = ("summary", "genres", "actors", "userRating", "locks")
    return {name: item[name] for name in names}


@pytest.mark.parametrize("write", WRITES)
@pytest.mark.parametrize("action", LOST)
def test_an_answer_that_was_lost_is_looked_for_in_plex(plex, write, action):
    """What was carried out is not sent again; what was not, is, once."""
    client = impatient(plex.url, 1, 0.3)
    key, like = (plex.add_file(f"/media/{n}.mp4", actors=["A"], userRating=3) for n in "ab")
    send, path = WRITES[write]
    send(client, like)
    plex.clear_requests()
    plex.faults.arm(action, path, "PUT", seconds=9)
    send(client, key)
    assert shown(plex, key) == shown(plex, like)
    carried_out = action in ("drop_after", "slow_headers")
    assert len(sent(plex)) == (1 if carried_out else 2)
    assert len(plex.writes()) == 1


@pytest.mark.parametrize("write", WRITES)
def test_if_plex_cannot_be_seen_the_doubt_goes_on(plex, write):
    client = impatient(plex.url, 1, 1)
    key = plex.add_file("/media/a.mp4", actors=["A"], userRating=3)
    send, path = WRITES[write]
    plex.faults.arm("drop_after", path, "PUT")
    plex.faults.arm("500", "/library/metadata", "GET", times=9)
    with pytest.raises(errors.Lost) as told:
        send(client, key)
    assert told.value.server == errors.PLEX
    assert len(sent(plex)) == 1


def test_a_change_at_which_the_connection_breaks_each_time_is_no_outage(client, plex):
    """Plex answers in between: the others must not wait for this one."""
    key = plex.add_file("/media/a.mp4")
    plex.faults.arm("drop", method="PUT", times=9)
    with pytest.raises(errors.Busy) as told:
        edit(client, key, "summary", "x")
    assert told.value.cause == "lost" and len(sent(plex)) == 2


def test_a_write_to_a_plex_that_is_gone_was_not_carried_out(client, plex):
    key = plex.add_file("/media/a.mp4")
    plex.go_down()
    with pytest.raises(errors.Unreachable) as told:
        edit(client, key, "summary", "x")
    assert not isinstance(told.value, errors.Lost) and told.value.cause == "refused"


def test_a_login_page_does_not_pass_for_a_write(client, plex):
    plex.faults.arm("html", "/library/sections/1/all", "PUT", times=9)
    with pytest.raises(errors.Busy):
        edit(client, plex.add_file("/media/a.mp4"), "summary", "x")


def test_an_item_that_went_meanwhile_is_gone(client, plex):
    key = plex.add_file("/media/a.mp4")
    plex.faults.arm("drop", method="PUT")
    plex.remove_item(key)
    with pytest.raises(errors.Gone):
        edit(client, key, "summary", "x")


def test_of_a_long_edit_only_the_lost_part_is_sent_again(client, plex):
    """An edit of many fields is several requests, each with an answer of its own."""
    key = plex.add_file("/media/a.mp4")
    names = tuple("x" * 60 + str(n) for n in range(70))
    changes = [Change(f, (), names, "write") for f in ("genres", "actors", "directors")]
    plex.faults.arm("drop", lambda call: call.has("actor.locked"), "PUT")
    client.edit(1, key, parameters(changes))
    item = plex.item(key)
    assert [len(item[f]) for f in ("genres", "actors", "directors")] == [70] * 3
    assert [sum(r.get("genre.locked") == "1" for r in sent(plex)), len(plex.writes())] == [1, 3]


def test_whether_plex_takes_edits_is_asked_by_one_that_changes_nothing(client, plex):
    key = plex.add_file("/media/a.mp4", title="T", genres=["a"])
    for locked in (False, True):
        plex.edit_as_person(key, lock=locked, tagline="theirs")
        before = plex.item(key)
        assert client.takes_edits(key) is True
        times = {"updatedAt": 0, "thumb": ""}  # its address has the time in it
        assert plex.item(key) | times == before | times
    assert client.takes_edits(999) is None
    for action in ("500", "400", "drop", "drop_after", "html"):
        plex.faults.arm(action, method="PUT", times=9)
        assert client.takes_edits(key) is False
        plex.faults.clear()


# -- the probe


def test_a_probe_is_one_request_without_the_token(plex):
    probe(plex.url, 1, 1)
    (request,) = plex.requests
    assert (request.method, request.path) == ("GET", "/identity")
    assert "X-Plex-Token" not in request.raw_target and plex.unauthenticated == 0
    probe(plex.url + "/", 1, 1)


@pytest.mark.parametrize(
    ("fault", "cause"),
    [
        ({"action": "503"}, "starting"),
        ({"action": "400", "text": STARTING}, "starting"),
        ({"action": "401"}, "gateway"),
        ({"action": "404"}, "gateway"),
        ({"action": "500"}, "busy"),
        ({"action": "429"}, "busy"),
        ({"action": "502"}, "gateway"),
        ({"action": "html"}, "gateway"),
        ({"action": "html", "text": LOGIN}, "gateway"),
        ({"action": "truncated"}, "unreadable"),
        ({"action": "empty"}, "unreadable"),
        ({"action": "cut"}, "lost"),
        ({"action": "drop"}, "lost"),
        ({"action": "slow", "seconds": 9}, "timeout"),
    ],
    ids=str,
)
def test_the_probe_says_why_plex_is_away_and_never_asks_twice(plex, fault, cause):
    plex.faults.arm(times=9, **fault)
    with pytest.raises(errors.Unreachable) as told:
        probe(plex.url, 0.3, 0.3)
    assert (told.value.server, told.value.cause) == (errors.PLEX, cause)
    assert len(plex.requests) == 1


def test_the_probe_of_a_plex_that_is_down(plex):
    plex.go_down()
    with pytest.raises(errors.Unreachable) as told:
        probe(plex.url, 1, 1)
    assert told.value.cause == "refused"


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


DECLARED = {
    "entities that grow": BOMB,
    "a file of this machine": FILE,
    "a foreign address": FILE.replace("file:///etc/passwd", "http://127.0.0.1:1/x"),
    "a type from elsewhere": '<!DOCTYPE MediaContainer SYSTEM "http://127.0.0.1:1/x.dtd">'
    "<MediaContainer/>",
    "after a comment": "<?xml version='1.0'?><!-- hello -->" + BOMB,
    "another encoding": "<?xml version='1.0' encoding='iso-8859-1'?>" + BOMB,
}


@pytest.mark.parametrize("xml", DECLARED.values(), ids=DECLARED)
def test_xml_that_declares_a_type_is_refused_before_it_is_parsed(answer, xml, monkeypatch):
    url, bodies = answer
    client = impatient(url, 5, 5)
    bodies[0] = xml.encode()
    monkeypatch.setattr("xml.etree.ElementTree.fromstring", lambda text: pytest.fail("parsed"))
    with pytest.raises(errors.Busy, match="document type declaration") as told:
        client.sections()
    assert told.value.cause == "unreadable"


@pytest.mark.parametrize("coding", ["utf-16", "utf-32", "utf-16-le"])
def test_a_declaration_cannot_hide_in_another_encoding(answer, coding):
    url, bodies = answer
    bodies[0] = BOMB.encode(coding)
    with pytest.raises(errors.Busy):
        impatient(url, 5, 5).sections()


def test_a_declaration_that_cleaning_would_make_is_refused_as_well(answer):
    url, bodies = answer
    bodies[0] = b"<!DOC\x01TYPE MediaContainer><MediaContainer size='0'/>"
    with pytest.raises(errors.Busy, match="document type declaration"):
        impatient(url, 5, 5).sections()
    bodies[0] = "<!DOCTYPE x><MediaContainer machineIdentifier='m'/>".encode("utf-16")
    with pytest.raises(errors.Unreachable):
        probe(url, 5, 5)


def test_characters_that_xml_does_not_allow_are_left_out(answer):
    url, bodies = answer
    bodies[0] = b'<MediaContainer><Video ratingKey="5" summary="a\x01b"/></MediaContainer>'
    assert impatient(url, 5, 5).items([5])[5].values["summary"] == "ab"


@pytest.mark.parametrize("size", [5, 60])
def test_a_large_answer_costs_no_more_than_it_may(answer, size):
    url, bodies = answer
    client = impatient(url, 5, 5)
    rows = [
        f'<Video ratingKey="{n}" summary="{"x" * 4000}" updatedAt="1"/>' for n in range(250 * size)
    ]
    bodies[0] = f'<MediaContainer size="{len(rows)}">{"".join(rows)}</MediaContainer>'.encode()
    tracemalloc.start()
    for ask in (lambda: client.items([1]), lambda: next(client.listing(1)).parts()):
        with contextlib.suppress(errors.Busy):
            ask()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 100e6


def test_a_hostile_answer_takes_no_memory(answer):
    url, bodies = answer
    client = impatient(url, 5, 5)
    bodies[0] = BOMB.encode()
    tracemalloc.start()
    with pytest.raises(errors.Busy):
        client.sections()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 2e6


def test_a_probe_parses_nothing_hostile_either(answer):
    url, bodies = answer
    bodies[0] = BOMB.encode()
    with pytest.raises(errors.Unreachable, match="document type declaration"):
        probe(url, 5, 5)


def test_a_text_may_speak_of_document_types(answer):
    url, bodies = answer
    bodies[0] = b'<MediaContainer><Video ratingKey="5" summary="&lt;!DOCTYPE x>"/></MediaContainer>'
    assert impatient(url, 5, 5).items([5])[5].values["summary"] == "<!DOCTYPE x>"


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
    assert impatient(url, 5, 5).items([5])[5].values["summary"] == shown


def test_an_item_that_no_parser_reads_does_not_hide_the_others(answer):
    url, bodies = answer
    good = b'<MediaContainer><Video ratingKey="6"/></MediaContainer>'
    bad = b'<MediaContainer><Video ratingKey="5" summary="&#1;"/></MediaContainer>'
    bodies[0], bodies[1:] = bad, [good]
    client = impatient(url, 5, 5)
    assert list(client.items([5, 6])) == [6]
    for keys in ([5], [5, 5]):
        with pytest.raises(errors.Busy):
            client.items(keys)


# -- several items


@pytest.mark.parametrize("action", LOST)
def test_an_edit_of_several_items_whose_answer_was_lost(plex, action):
    """It is sent to all of them again: one alone may take it otherwise."""
    plex.tag_mode = "mixed"
    client = impatient(plex.url, 1, 0.3)
    keys = [plex.add_file(f"/media/{n}.mp4", genres=["Old"]) for n in "abc"]
    some = [("genre[0].tag.tag", "New"), ("genre.locked", "1"), ("studio.value", "S")]
    plex.faults.arm(action, "/library/sections/1/all", "PUT", seconds=9)
    client.edit_several(1, keys, some)
    items = [plex.item(key) for key in keys]
    assert [(item["genres"], item["studio"]) for item in items] == [(["Old", "New"], "S")] * 3
    assert {request.get("id") for request in sent(plex)} == {",".join(map(str, keys))}
    assert len(sent(plex)) == (1 if action in ("drop_after", "slow_headers") else 2)


@pytest.mark.parametrize("keys", [[], [0], [-1], [0, 7], [7, -1], ["", 7], [None, 7], [7, ""]])
def test_no_edit_goes_out_without_ids(client, plex, keys):
    """Plex would edit every item of the library."""
    for send in (client.edit_several, client._put):
        with pytest.raises(ValueError, match="an edit"):
            send(1, keys, [("studio.value", "S")])
    assert plex.writes() == []


def test_an_edit_of_several_items_needs_more_than_one(client, plex):
    with pytest.raises(ValueError, match="more than one"):
        client.edit_several(1, [7], [("studio.value", "S")])
    assert plex.writes() == []

"""Stash over GraphQL: pages, sessions that age, covers, and answers that are none."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

import errors
from devserver.stash import StashServer
from stash import stdio
from stash.api import PAGE, SceneFilter, StashApi
from stash.scene import EXTRAS, Group, Performer, Ref, Studio

JPEG, PNG, WEBP = b"\xff\xd8\xff\xe0more", b"\x89PNG\r\n\x1a\nmore", b"RIFF\x10\x00\x00\x00WEBPVP8 "


class Clock:
    def __init__(self) -> None:
        self.now = time.time()

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def stash(tmp_path) -> Iterator[StashServer]:
    with StashServer(tmp_path / "config") as server:
        yield server
        assert not server.queries_rejected


@pytest.fixture
def locked(tmp_path, clock) -> Iterator[StashServer]:
    """Behind a password; its sessions last an hour of `clock`."""
    with StashServer(tmp_path / "config", password="secret", clock=clock) as server:
        server.api_key = "the-key"
        yield server


def api(stash: StashServer, **more) -> StashApi:
    given = {"Scheme": "http", "Host": "127.0.0.1", "Port": stash.port, "SessionCookie": None}
    return StashApi(given | more, connect=2, read=2, sleep=lambda seconds: None)


def session(stash: StashServer) -> dict:
    """What a plugin is given as SessionCookie."""
    return {"SessionCookie": {"Value": stash.cookie().partition("=")[2]}}


def fill(stash: StashServer, count: int) -> None:
    for number in range(count):
        stash.add_scene(path=f"/data/{number}.mp4", title=f"Title {number}", performers=["Jane"])


# --- pages ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("scenes", "pages"),
    [(0, []), (4, [1]), (9, [1, 2, 3]), (40, [1, 4, 7, 10]), (200, [1, 17, 34, 50])],
)
def test_a_sample_of_files_is_spread_over_all_scenes(stash, scenes, pages):
    fill(stash, scenes)
    found = [file.path for file in api(stash).sample(pages=4, page=4)]
    assert found == [
        f"/data/{n}.mp4" for page in pages for n in range(4 * page - 4, min(scenes, 4 * page))
    ]
    assert len(stash.requests) == max(1, len(pages))


def test_a_sample_holds_every_file_of_a_scene_and_skips_scenes_without(stash):
    stash.add_scene(files=[{"path": "/data/a.mp4", "size": 5}, {"path": "/data/b.mp4", "size": 6}])
    stash.add_scene(title="No file")
    assert [(file.path, file.size) for file in api(stash).sample()] == [
        ("/data/a.mp4", 5),
        ("/data/b.mp4", 6),
    ]


def test_all_scenes_come_once_in_pages_by_id(stash):
    fill(stash, 25)
    pages = list(api(stash).walk(page=10))
    assert [len(page) for page in pages] == [10, 10, 5]
    assert [scene.id for page in pages for scene in page] == list(range(1, 26))
    assert pages[0][0].performers[0].name == "Jane"


def test_scenes_that_come_and_go_meanwhile_shift_no_page(stash):
    fill(stash, 30)
    walk = api(stash).walk(page=10)
    seen = [scene.id for scene in next(walk)]
    for gone in (1, 2, 3, 25):
        del stash.library.store.scenes[gone]
    fill(stash, 1)
    seen += [scene.id for page in walk for scene in page]
    assert seen == [*range(1, 25), *range(26, 32)]


def test_a_full_last_page_ends_the_walk(stash):
    fill(stash, 10)
    assert sum(len(page) for page in api(stash).walk_ids(SceneFilter(), page=10)) == 10
    assert PAGE == 1000


def test_scenes_by_id_are_those_that_still_exist(stash):
    fill(stash, 3)
    found = api(stash).scenes([1, 3, 99])
    assert sorted(found) == [1, 3] and found[3].title == "Title 2"
    asked = len(stash.requests)
    assert api(stash).scenes([]) == {}
    assert len(stash.requests) == asked, "`ids: []` would mean all"


def test_what_is_costly_comes_when_it_is_asked_for(stash):
    number = stash.add_scene(
        path="/data/x.mp4", studio="S", performers=["Ann"], groups=[("G", 2)],
        stash_id_list=[{"endpoint": "https://box", "stash_id": "ab"}],
    )  # fmt: skip
    plain = api(stash).scenes([number])[number]
    assert (plain.groups, plain.has_stash_id) == ((), False)
    above = stash.library.store.id_of("studio", "Above")
    stash.update("studio", 1, parent_id=str(above))
    stash.update("performer", 1, tag_ids=[str(stash.library.store.id_of("tag", "t"))])
    found = api(stash).scenes([number], EXTRAS)[number]
    assert found.studio == Studio(1, "S", Ref(above, "Above"))
    assert (found.groups, found.has_stash_id) == ((Group(1, "G", 2),), True)
    assert found.performers == (Performer(1, "Ann", "", (Ref(1, "t"),)),)
    stash.update("performer", 1, image="data:image/jpeg;base64,/9j/")
    assert api(stash).scenes([number], EXTRAS)[number].performers[0].photo == "/performer/1/image"


def test_scenes_of_a_performer_a_studio_or_a_tag(stash):
    fill(stash, 2)
    other = stash.add_scene(path="/data/x.mp4", tags=["one"], studio="S", groups=["G"])
    walk = api(stash).walk_ids
    assert [*walk(SceneFilter(refs=("performer", stash.performer_id("Jane"))))] == [[1, 2]]
    for kind, name in (("tag", "one"), ("studio", "S"), ("group", "G")):
        number = stash.library.store.id_of(kind, name)
        assert [*walk(SceneFilter(refs=(kind, number)))] == [[other]]


def test_settings_version_and_counts(stash):
    one = api(stash)
    assert one.settings("Stash2Plex") == {} and one.newest_timestamp() is None
    stash.configure("Stash2Plex", plex_url="http://plex")
    fill(stash, 3)
    assert one.settings("Stash2Plex") == {"plex_url": "http://plex"}
    assert (one.version(), one.count()) == ("v0.31.1", 3)
    assert one.newest_timestamp() == stash.scene(3)["updated_at"]


@pytest.mark.parametrize("version", ["v0.30.1", "v0.31.1", None])
def test_each_version_of_stash_understands_every_query(tmp_path, version):
    with StashServer(tmp_path / "config", version=version) as stash:
        scene = stash.add_scene(path="/data/1.mp4", title="T", cover=JPEG)
        one = api(stash)
        only = SceneFilter("2020-01-01T00:00:00Z", "2090-01-01T00:00:00Z", ("tag", 1))
        [[found]] = one.walk()
        assert [*one.walk(only)] == [] and one.count(only) == 0
        assert one.cover(found) == JPEG and found.id == scene
        assert one.scenes([1], EXTRAS) == {1: found} == {s.id: s for [s] in one.walk(extras=EXTRAS)}
        assert one.scenes([1]) and one.newest_timestamp() and one.settings("x") == {}
        assert one.version() == (version or "unknown")
        assert not stash.queries_rejected
        asked = " ".join(request.query or "" for request in stash.requests)
        assert "findScenes" in asked and "__schema" not in asked and "__type" not in asked


# --- sessions ------------------------------------------------------------------------------


def test_a_walk_outlives_the_cookie_that_it_began_with(locked, clock):
    fill(locked, 40)
    one, seen = api(locked, **session(locked)), 0
    for page in one.walk(page=10):
        seen += len(page)
        clock.now += 3000
    assert seen == 40
    assert clock.now - time.time() > 3600
    sent = [request.headers["Cookie"] for request in locked.requests]
    assert all(cookie.count("session=") == 1 for cookie in sent), "the first of two would count"


def test_a_renewed_cookie_is_hidden_as_the_first_one_is(locked, clock):
    one = api(locked, **session(locked))
    one.count()
    renewed = one._transport._cookie
    assert (
        renewed in one._transport._credentials()["Cookie"]
        and stdio.redact(f"x{renewed}x") == "x***x"
    )
    clock.now += 1
    one.count()
    assert stdio.redact(renewed) == renewed, "one that is worth nothing any more costs nothing"


def test_a_cookie_that_died_meanwhile_is_told(locked, clock):
    one = api(locked, **session(locked))
    clock.now += 4000
    with pytest.raises(errors.Refused, match="does not accept our session any more"):
        one.count()


def test_a_key_and_no_cookie(locked):
    assert api(locked, ApiKey="the-key").count() == 0
    with pytest.raises(errors.Refused, match="does not accept the API key"):
        api(locked, ApiKey="another").count()
    with pytest.raises(errors.Refused, match="asks for an API key"):
        api(locked).count()


def test_covers_need_a_session_too(locked, clock):
    locked.add_scene(path="/data/1.mp4", cover=JPEG)
    one = api(locked, **session(locked))
    [[scene]] = one.walk()
    assert one.cover(scene) == JPEG
    clock.now += 4000
    with pytest.raises(errors.Refused, match="session"):  # a redirect to the login page
        one.cover(scene)


# --- covers --------------------------------------------------------------------------------


def cover(stash, data, **more):
    stash.add_scene(path="/data/1.mp4", cover=data)
    one = api(stash, **more)
    [[scene]] = one.walk()
    return one.cover(scene)


@pytest.mark.parametrize("data", [JPEG, PNG, WEBP])
def test_a_cover_of_each_kind(stash, data):
    assert cover(stash, data) == data


def test_the_placeholder_is_no_cover(stash):
    assert cover(stash, None) is None


def test_a_cover_that_plex_would_refuse_is_left_out(stash):
    assert cover(stash, JPEG + bytes(10 << 20)) is None


@pytest.mark.parametrize(
    "data", [b"<html>Sign in</html>", b"#!/bin/sh", b"%PDF-1.7", b"\xff\xd8", b""]
)
def test_what_is_only_called_an_image_is_no_cover(stash, data):
    number = stash.add_scene(path="/data/1.mp4")
    stash.set_cover(number, data, "image/jpeg")
    one = api(stash)
    [[scene]] = one.walk()
    assert one.cover(scene) is None


def test_an_answer_that_is_no_image_says_nothing_of_the_cover(stash):
    number = stash.add_scene(path="/data/1.mp4")
    stash.set_cover(number, b"try again", "text/plain")
    one = api(stash)
    [[scene]] = one.walk()
    with pytest.raises(errors.Busy, match="the cover of scene 1 is text/plain"):
        one.cover(scene)


@pytest.mark.parametrize("host", ["https://stash.example", "https://example.invalid/stash"])
def test_the_address_in_an_answer_is_for_browsers(tmp_path, host):
    with StashServer(tmp_path / "config", external_host=host) as stash:
        assert cover(stash, JPEG) == JPEG


def test_a_scene_that_is_gone_has_no_cover(stash):
    stash.add_scene(path="/data/1.mp4", cover=JPEG)
    one = api(stash)
    [[scene]] = one.walk()
    del stash.library.store.scenes[scene.id]
    assert one.cover(scene) is None


@pytest.mark.parametrize("action", ["500", "html", "half_body", "401"])
def test_a_broken_cover_is_an_error_of_ours(stash, action):
    stash.faults.arm(lambda request: "screenshot" in request.path, times=5, action=action)
    with pytest.raises(errors.Stash2PlexError) as told:
        cover(stash, JPEG)
    assert "Stash" in str(told.value) and "\n" not in str(told.value)


# --- answers that are none -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("action", "kind", "words"),
    [
        ("401", errors.Refused, "(401)"),
        ("500", errors.Busy, "no GraphQL answer (500, text/plain)"),
        ("html", errors.Unreachable, "is not Stash, or Stash is not up (a web page)"),
        ("half_body", errors.Unreachable, "Stash does not answer at http://127.0.0.1"),
        ("drop", errors.Unreachable, "Stash does not answer at http://127.0.0.1"),
        ("drop_after", errors.Unreachable, "Stash does not answer at http://127.0.0.1"),
        ("hang", errors.Lost, "(no answer in time)"),
        ("errors", errors.Busy, "Stash could not answer a query: armed fault"),
    ],
)
def test_each_broken_answer_is_a_sentence(stash, action, kind, words):
    stash.faults.arm("/graphql", times=9, action=action)
    with pytest.raises(kind) as told:
        api(stash).count()
    assert words in str(told.value) and "\n" not in str(told.value)
    assert told.value.server == errors.STASH and told.value.cause in errors.CAUSES
    stash.faults.clear()


@pytest.mark.parametrize("action", ["half_body", "drop", "drop_after"])
def test_a_question_at_which_the_connection_breaks_each_time_is_no_outage(stash, action):
    stash.faults.arm("Count", times=9, action=action)
    with pytest.raises(errors.Busy, match="Stash breaks off its answer to this"):
        api(stash).count()


@pytest.mark.parametrize(
    ("action", "times"),
    [("500", 2), ("html", 2), ("half_body", 2), ("drop", 2), ("drop_after", 2), ("errors", 2),
     ("hang", 1)],
)  # fmt: skip
def test_a_fault_of_a_moment_is_asked_over(stash, action, times):
    scene = stash.add_scene(path="/data/1.mp4", cover=JPEG)
    one = api(stash)
    for match in ("/graphql", f"/scene/{scene}/screenshot"):
        stash.faults.arm(match, times=times, action=action)
    found = one.scenes([scene])[scene]
    assert (one.count(), found.id) == (1, scene)
    if action != "errors":
        assert one.cover(found) == JPEG
    stash.faults.clear()


def test_an_answer_that_stays_broken_is_asked_for_three_times(stash):
    one = api(stash)
    stash.faults.arm("/graphql", times=99, action="500")
    asked = len(stash.requests)
    with pytest.raises(errors.Busy):
        one.count()
    assert len(stash.requests) - asked == 3


def test_an_unknown_query_names_the_version_of_stash(stash):
    one = api(stash)
    asked = len(stash.requests)
    with pytest.raises(errors.SetupError, match=r"Stash 0\.30 or newer is needed") as told:
        one._transport.ask("query Q { findScenes { scenes { nothing_of_the_kind } } }")
    assert told.value.server == errors.STASH and "nothing_of_the_kind" in str(told.value)
    assert len(stash.requests) - asked == 1
    stash.queries_rejected.clear()


def test_the_cookie_of_an_answer_that_is_an_error_is_adopted_too(locked, clock):
    """In the middle of a long run Stash fails for a while; its answers still renew the session."""
    locked.add_scene(path="/data/1.mp4")
    one = api(locked, **session(locked))
    for _ in range(3):
        clock.now += 3000
        with pytest.raises(errors.SetupError):
            one._transport.ask("query Q { no_such_field }")
    clock.now += 3000
    assert one.count() == 1
    locked.queries_rejected.clear()


def test_a_fault_does_not_cost_the_session(locked, clock):
    """The answer that is lost had the new cookie; the old one is good for the second question."""
    locked.add_scene(path="/data/1.mp4")
    one = api(locked, **session(locked))
    for action in ("drop_after", "half_body", "500", "html", "errors"):
        clock.now += 1700
        locked.faults.arm("/graphql", action=action)
        assert one.count() == 1


def test_a_401_in_a_run_is_not_asked_again(locked):
    one = api(locked, **session(locked))
    assert one.count() == 0
    locked.faults.arm("/graphql", times=9, action="401")
    asked = len(locked.requests)
    with pytest.raises(errors.Refused) as told:
        one.count()
    assert (told.value.server, told.value.cause) == (errors.STASH, "token")
    assert len(locked.requests) - asked == 1
    locked.faults.clear()
    assert one.count() == 0


def test_a_stash_that_locked_itself_says_why(stash):
    stash.tripwire = True
    with pytest.raises(errors.Refused, match=r"403.*exposed to the public internet"):
        api(stash).count()


def test_a_connection_that_stash_let_go_while_idle_is_opened_again(stash):
    fill(stash, 3)
    one = api(stash)
    assert one.count() == 3
    stash.faults.arm("/graphql", action="drop")
    assert one.count() == 3, "a query may be asked twice"


def test_a_stash_that_is_not_there(stash):
    one = api(stash)
    stash.stop()
    with pytest.raises(errors.Unreachable, match="Stash does not answer at http://127"):
        one.count()


ASKS = {
    "settings": lambda one: one.settings("X"),
    "version": lambda one: one.version(),
    "scenes": lambda one: one.scenes([1, 2]),
    "count": lambda one: one.count(),
    "walk": lambda one: list(one.walk()),
    "ids": lambda one: list(one.walk_ids(SceneFilter())),
    "newest": lambda one: one.newest_timestamp(),
}
SHAPES = ("{}", '{"data": {}}', '{"data": {"findScenes": null}}', '{"data": {"findScenes": {}}}',
          '{"data": {"findScenes": {"scenes": null, "count": null}, "s0": 5, "s1": null}}',
          '{"data": {"findScenes": {"scenes": [null], "count": 1e999}, "s0": {"id": "2"}, "s1": null}}',
          '{"data": {"version": 1, "configuration": {}, "systemStatus": []}}', '{"errors": [5]}')  # fmt: skip


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("ask", ASKS)
def test_an_answer_of_another_shape_is_a_sentence(stash, ask, shape):
    """Above all it is not taken for "that scene is gone"."""
    stash.faults.arm("/graphql", times=9, action="other", text=shape)
    with pytest.raises(errors.Busy, match=r"Stash (sent|could not)"):
        ASKS[ask](api(stash))


@pytest.mark.parametrize("ids", [[1, 1], [2, 1], [0], ["x"], [None], [3, 2**63]])
def test_scenes_out_of_order_end_no_walk(stash, ids):
    rows = ", ".join(f'{{"id": "{one}"}}' for one in ids)
    text = f'{{"data": {{"findScenes": {{"scenes": [{rows}]}}}}}}'
    stash.faults.arm("/graphql", times=9, action="other", text=text)
    with pytest.raises(errors.Busy, match="cannot be read"):
        list(api(stash).walk_ids(SceneFilter(), page=len(ids)))


@pytest.mark.parametrize("host", ["0.0.0.0", "::", ""])
def test_stash_may_call_itself_by_what_it_is_bound_to(stash, host):
    assert api(stash, Host=host).count() == 0


def test_an_ipv6_address_stands_in_brackets():
    assert StashApi({"Host": "::1", "Port": 9999}).base == "http://[::1]:9999"

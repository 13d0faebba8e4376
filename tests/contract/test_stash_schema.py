"""Every query meets a typed schema, by version; errors look as Stash's do (7.1, 12.2 no. 10)."""

from __future__ import annotations

import http.client
import json

import pytest

from devserver.stash import StashError, StashServer
from devserver.stash.schema import schema_for
from tests.support.stash_contract import ask, get, install, recording

MISTAKES = [
    "{ findScenes { scenes { id nonsense } } }",
    "{ findScenes { scenes } }",
    "{ findScene(id: 1) { title { x } } }",
    '{ findScenes(scene_filter: {path: {value: "x"}}) { count } }',
    "{ findScenes(scene_filter: {path: {value: 3, modifier: EQUALS}}) { count } }",
    '{ findScenes(filter: {direction: "ASC"}) { count } }',
    "{ findPerformer { id } }",
    'mutation { sceneUpdate(input: {title: "no id"}) { id } }',
    "mutation { sceneUpdate(input: {id: 1, tags: []}) { id } }",
    "{ findScenes { scenes { id }",
    "query($id: ID!) { findScene(id: $unknown) { id } }",
]


@pytest.mark.parametrize("query", MISTAKES)
def test_one_mistake_rejects_the_whole_query_with_422(stash: StashServer, query: str) -> None:
    status, _, answer = ask(stash, query, {"id": "1"})
    assert status == 422 and answer["data"] is None and answer["errors"][0]["message"]
    assert [r.query for r in stash.queries_rejected] == [query]


JSON, GRAPHQL = "application/json", "application/graphql-response+json"


@pytest.mark.parametrize(
    ("accept", "kind", "status"),
    [
        ("", JSON, 422),
        ("application/json", JSON, 422),
        ("text/html, application/json;q=0.9, */*", JSON, 422),
        ("*/*", GRAPHQL, 400),
        (GRAPHQL, GRAPHQL, 400),
        ("image/*", GRAPHQL, 400),
    ],
)
def test_who_does_not_ask_for_json_gets_graphqls_own_type_and_400(
    stash: StashServer, accept: str, kind: str, status: int
) -> None:
    named = {"Accept": accept} if accept else {}
    for query, expected in (("{ version { version } }", 200), (MISTAKES[0], status)):
        found, headers, _ = ask(stash, query, **named)
        assert (found, headers["content-type"]) == (expected, kind)
    assert len(stash.queries_rejected) == 1


def test_without_a_plugin_the_lists_of_them_are_null(stash: StashServer) -> None:
    assert stash.gql("{ plugins { id } pluginTasks { name } }") == {
        "plugins": None,
        "pluginTasks": None,
    }


@pytest.mark.parametrize("kind", ["tag", "studio", "performer"])
def test_a_blank_name_is_refused_by_its_kind(stash: StashServer, kind: str) -> None:
    with pytest.raises(StashError, match=f"{kind} name must not be blank"):
        stash.gql(f'mutation {{ {kind}Create(input: {{name: " "}}) {{ id }} }}')


VARIABLES = [
    ("query($n: Int!) { findScenes(scene_ids: [$n]) { count } }", {}),
    ("query($n: Int!) { findScenes(scene_ids: [$n]) { count } }", {"n": "1"}),
    ("query($f: FindFilterType) { findScenes(filter: $f) { count } }", {"f": {"pages": 1}}),
    ("query($f: FindFilterType) { findScenes(filter: $f) { count } }", {"f": {"sort": 1}}),
    ("mutation($m: Map!) { configurePlugin(plugin_id: 1, input: $m) }", {"m": [1]}),
]


@pytest.mark.parametrize(("query", "variables"), VARIABLES)
def test_variables_are_checked_against_their_types(
    stash: StashServer, query: str, variables: dict
) -> None:
    assert ask(stash, query, variables)[0] == 422


def test_a_rejected_mutation_changes_nothing_and_fires_nothing(stash: StashServer) -> None:
    recording(stash, "Scene.Update.Post")
    stash.add_scene(title="a")
    ask(stash, 'mutation { sceneUpdate(input: {id: 1, title: "b"}) { id nonsense } }')
    assert stash.scene(1)["title"] == "a" and stash.runs == []


def test_an_error_of_a_resolver_comes_with_200_and_null(stash: StashServer) -> None:
    status, _, answer = ask(stash, "mutation { sceneUpdate(input: {id: 7}) { id } }")
    assert status == 200 and answer["data"] == {"sceneUpdate": None}
    assert answer["errors"] == [{"message": "scene with id 7 not found", "path": ["sceneUpdate"]}]


def test_an_error_below_a_non_null_field_empties_the_whole_data(stash: StashServer) -> None:
    answer = ask(stash, '{ version { version } findScenes(ids: ["7"]) { count } }')[2]
    assert answer["data"] is None and "not found" in answer["errors"][0]["message"]


def test_a_body_that_is_not_json_is_a_400(stash: StashServer) -> None:
    assert stash.post(b"{nonsense", {"Cookie": ""})[0] == 400
    assert stash.post({"query": "{ version { hash } }"}, {"Content-Type": "text/plain"})[0] == 400


def test_one_failing_scene_undoes_the_whole_bulk(stash: StashServer) -> None:
    stash.add_scene(title="a")
    with pytest.raises(StashError, match="scene with id 9 not found"):
        stash.bulk_update([1, 9], title="b")
    assert stash.scene(1)["title"] == "a"


def test_custom_fields_of_a_scene_came_with_0_31(
    stash: StashServer, old_stash_query: str = "{ findScenes { scenes { custom_fields } } }"
) -> None:
    stash.add_scene(title="a")
    stash.update_scene(1, custom_fields={"full": {"k": 1}})
    assert stash.gql(old_stash_query)["findScenes"]["scenes"] == [{"custom_fields": {"k": 1}}]


def test_version_0_30_knows_custom_fields_of_performers_only(old_stash: StashServer) -> None:
    assert ask(old_stash, "{ findScenes { scenes { custom_fields } } }")[0] == 422
    assert ask(old_stash, "{ findTags { tags { custom_fields } } }")[0] == 422
    assert ask(old_stash, "{ findPerformers { performers { custom_fields } } }")[0] == 200


def test_performer_merge_came_with_0_31(stash: StashServer, old_stash: StashServer) -> None:
    query = 'mutation { performerMerge(input: {source: ["2"], destination: "1"}) { id } }'
    assert ask(old_stash, query)[0] == 422
    scene = stash.add_scene(title="a", performers=["P", "Q"])
    assert ask(stash, query)[0] == 200 and stash.scene(scene)["performers"] == (1,)


def test_version_and_status_say_what_a_plugin_may_ask(stash: StashServer) -> None:
    got = stash.gql("{ version { version } systemStatus { appSchema status workingDir } }")
    assert got["version"]["version"] == "v0.31.1"
    assert got["systemStatus"]["workingDir"] == str(stash.config_dir / "cwd")


def test_the_schema_can_be_introspected(stash: StashServer) -> None:
    query = 'query Q { __type(name: "Scene") { fields { name } } version { hash } __typename }'
    got = stash.gql(query)
    assert "custom_fields" in [f["name"] for f in got["__type"]["fields"]]
    assert got["version"]["hash"] and got["__typename"] == "Query"


def test_aliases_fragments_and_directives_work(stash: StashServer) -> None:
    stash.add_scene(title="a", tags=["t"])
    query = """query($no: Boolean!) { one: findScene(id: 1) { ...f name: title id @skip(if: $no) } }
      fragment f on Scene { tags { ... on Tag { name __typename } } }"""
    got = stash.gql(query, {"no": True})["one"]
    assert got == {"tags": [{"name": "t", "__typename": "Tag"}], "name": "a"}


def test_literals_of_maps_may_hold_variables(stash: StashServer) -> None:
    install(stash, "answer(args)")
    query = 'mutation($x: Any) { runPluginOperation(plugin_id: "Fake", args: {a: [1, $x, null]}) }'
    assert stash.gql(query, {"x": "v"})["runPluginOperation"] == {"a": [1, "v", None]}


def test_queries_go_over_get_as_well_but_mutations_do_not(stash: StashServer) -> None:
    status, _, body = get(stash, "/graphql?query=%7Bversion%7Bversion%7D%7D")
    assert status == 200 and json.loads(body)["data"]["version"]["version"] == "v0.31.1"
    assert get(stash, "/graphql?query=mutation%7BstopAllJobs%7D")[0] == 406


def test_a_missing_object_in_a_relation_is_refused(stash: StashServer) -> None:
    stash.add_scene(title="a")
    with pytest.raises(StashError, match="FOREIGN KEY"):
        stash.update_scene(1, tag_ids=["99"])


def test_two_tags_cannot_have_one_name(stash: StashServer) -> None:
    stash.tag_id("a"), stash.tag_id("b")
    with pytest.raises(StashError, match="already exists"):
        stash.rename("tag", 2, "a")


def test_a_scene_without_file_keeps_a_title(stash: StashServer) -> None:
    bare, filed = stash.add_scene(title="a"), stash.add_scene(title="a", path="/m/a.mp4")
    stash.update_scene(filed, title="")
    with pytest.raises(StashError, match="title must be set"):
        stash.update_scene(bare, title="")


def test_a_connection_stays_open_and_every_answer_has_its_length(stash: StashServer) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", stash.port)
    for path in ("/healthz", "/nothing", "/scene/1/screenshot"):
        connection.request("GET", path)
        answer = connection.getresponse()
        assert int(answer.headers["Content-Length"]) == len(answer.read())
        assert answer.version == 11 and not answer.will_close
    connection.close()


def test_a_page_of_a_thousand_scenes_is_whole(stash: StashServer) -> None:
    for n in range(1000):
        people, tags = [f"p{n % 90}", f"p{n % 70}x"], [f"t{(n + k) % 200}" for k in range(6)]
        stash.add_scene(path=f"/m/{n}.mp4", studio="S", performers=people, tags=tags)
    query = """{ findScenes(filter: {per_page: -1}) { scenes { id title date updated_at
      files { path size fingerprints { type value } } paths { screenshot } studio { name }
      tags { id name } performers { id name } groups { scene_index } stash_ids { stash_id } } } }"""
    found = stash.gql(query)["findScenes"]["scenes"]
    assert len(found) == 1000 and all(len(scene["tags"]) == 6 for scene in found)


@pytest.mark.parametrize(("version", "is_old"), [("v0.30.1", False), ("v0.31.0", True), ("", True)])
def test_the_names_that_stash_0_31_gave_up_are_marked(version: str, is_old: bool) -> None:
    types = schema_for(version).graphql.type_map
    for kind, name in (("Performer", "career_length"), ("SceneFilterType", "stash_id_endpoint")):
        reason = types[kind].fields[name].deprecation_reason  # type: ignore[attr-defined]
        assert bool(reason) is is_old

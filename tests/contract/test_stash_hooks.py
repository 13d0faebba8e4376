"""Which events fire which hooks, with what, and which are silent (2.1 to 2.5)."""

from __future__ import annotations

import base64
import threading
import time

from devserver.stash import StashServer
from tests.support.stash_contract import (
    contexts,
    fifo,
    fired,
    hook,
    install,
    recording,
    release,
    wait_for,
)

SCENE = ("Scene.Create.Post", "Scene.Update.Post", "Scene.Destroy.Post")


def test_a_save_answers_only_after_its_hook_has_ended(stash: StashServer) -> None:
    install(stash, "answer(1)", hooks=[hook("Scene.Update.Post")])
    stash.update_scene(stash.add_scene(title="a"), title="b")
    assert [run.exit_code for run in stash.runs] == [0]


def test_a_bulk_update_runs_one_process_per_scene_in_turn(stash: StashServer) -> None:
    install(stash, "answer([time.time(), time.time()])", hooks=[hook("Scene.Update.Post")])
    ids = [stash.add_scene(title=str(n)) for n in range(4)]
    stash.bulk_update(ids, rating100=80)
    assert [c["id"] for c in contexts(stash)] == ids
    starts = [run.output[0] for run in stash.runs]
    assert starts == sorted(starts) and len({run.pid for run in stash.runs}) == 4


def test_a_save_that_changes_nothing_fires_all_the_same(stash: StashServer) -> None:
    recording(stash, *SCENE)
    id_ = stash.add_scene(title="a")
    stash.update_scene(id_)
    assert fired(stash) == [("Scene.Update.Post", id_)]


def test_the_hook_sees_the_full_input_and_the_names_sent(
    stash: StashServer,
) -> None:
    recording(stash, *SCENE)
    id_ = stash.add_scene(title="a")
    stash.update_scene(id_, title="b", details=None)
    context = contexts(stash)[0]
    assert context["input"]["title"] == "b" and context["input"]["rating100"] is None
    assert context["input"]["id"] == str(id_)
    assert sorted(context["inputFields"]) == ["details", "id", "title"]


def test_scenes_update_repeats_the_whole_array_for_every_scene(stash: StashServer) -> None:
    recording(stash, *SCENE)
    ids = [stash.add_scene(title="a"), stash.add_scene(title="b")]
    stash.scenes_update([{"id": i, "rating100": 20} for i in ids])
    assert [c["id"] for c in contexts(stash)] == ids
    assert all([one["id"] for one in c["input"]] == [str(i) for i in ids] for c in contexts(stash))


def test_a_bulk_update_passes_ids_and_modes(stash: StashServer) -> None:
    recording(stash, *SCENE)
    id_, tag = stash.add_scene(title="a"), stash.tag_id("t")
    stash.bulk_update([id_], tag_ids={"ids": [str(tag)], "mode": "ADD"})
    assert contexts(stash)[0]["input"]["tag_ids"] == {"ids": [str(tag)], "mode": "ADD"}
    assert stash.scene(id_)["tags"] == (tag,)


def test_scene_create_has_null_input_and_no_input_fields(stash: StashServer) -> None:
    recording(stash, *SCENE)
    id_ = stash.create_scene(title="new")
    assert contexts(stash) == [{"id": id_, "type": "Scene.Create.Post", "input": None}]


def test_a_destroyed_scene_leaves_only_its_traces_in_the_hook(stash: StashServer) -> None:
    recording(stash, *SCENE)
    id_ = stash.add_scene(files=[{"path": "/m/a.mp4", "oshash": "abc"}])
    stash.destroy_scene(id_)
    got = contexts(stash)[0]["input"]
    assert (got["id"], got["path"], got["oshash"]) == (str(id_), "/m/a.mp4", "abc")
    assert stash.gql("query($i: ID!) { findScene(id: $i) { id } }", {"i": id_})["findScene"] is None


def test_a_cover_in_a_save_makes_stdin_megabytes_long(stash: StashServer) -> None:
    install(stash, "answer(len(json.dumps(given)))", hooks=[hook("Scene.Update.Post")])
    image = (
        "data:image/jpeg;base64," + base64.b64encode(b"\xff\xd8\xff" + b"x" * 1_500_000).decode()
    )
    id_ = stash.add_scene(title="a")
    stash.update_scene(id_, cover_image=image)
    assert stash.runs[0].output > 2_000_000
    assert stash.scene(id_)["cover"][1] == "image/jpeg"


def test_a_scan_creates_a_scene_with_null_input(stash: StashServer) -> None:
    recording(stash, *SCENE)
    id_ = stash.scan_add("/m/new.mp4", size=5)
    assert contexts(stash) == [{"id": id_, "type": "Scene.Create.Post", "input": None}]
    assert stash.scene(id_)["cover"] is None and stash.scene(id_)["title"] == ""


def test_a_file_that_a_scan_moves_updates_with_null_input(
    stash: StashServer,
) -> None:
    recording(stash, *SCENE)
    id_ = stash.add_scene(files=[{"path": "/m/a.mp4", "oshash": "same"}])
    assert stash.scan_add("/m/twin.mp4", oshash="same") == id_
    stash.scan_move("/m/twin.mp4", "/m/moved.mp4")
    stash.scan_again("/m/moved.mp4", size=77)
    stash.scan_again("/m/moved.mp4")
    assert fired(stash) == [("Scene.Update.Post", id_)] * 4
    assert all(c["input"] is None for c in contexts(stash))


def test_a_scan_that_finds_nothing_new_is_silent(stash: StashServer) -> None:
    recording(stash, *SCENE)
    stash.add_scene(path="/m/a.mp4")
    stash.start_scan()
    stash.wait_idle()
    assert fired(stash) == []


def test_clean_destroys_with_an_empty_id_in_its_input(stash: StashServer) -> None:
    recording(stash, *SCENE)
    id_ = stash.add_scene(path="/m/a.mp4")
    stash.clean("/m/a.mp4")
    context = contexts(stash)[0]
    assert (context["id"], context["input"]["id"]) == (id_, "")
    assert context["input"]["path"] == "/m/a.mp4"


def test_identify_fires_only_for_scenes_that_change(stash: StashServer) -> None:
    recording(stash, *SCENE)
    same, other = stash.add_scene(title="kept"), stash.add_scene(title="old")
    stash.identify({same: {"title": "kept"}, other: {"title": "found"}})
    assert fired(stash) == [("Scene.Update.Post", other)]
    assert contexts(stash)[0]["input"]["title"] == "found"


def test_a_rename_fires_its_own_hook_and_none_for_the_scenes(stash: StashServer) -> None:
    recording(stash, *SCENE, "Performer.Update.Post", "Studio.Update.Post", "Tag.Update.Post")
    stash.add_scene(title="a", performers=["P"], studio="S", tags=["T"])
    for kind, name in (("performer", "P"), ("studio", "S"), ("tag", "T")):
        stash.rename(kind, getattr(stash, kind + "_id")(name), name + "2")
    assert fired(stash) == [
        ("Performer.Update.Post", 1),
        ("Studio.Update.Post", 1),
        ("Tag.Update.Post", 1),
    ]


def test_groups_fire_under_their_old_name_too(stash: StashServer) -> None:
    recording(stash, "Group.Update.Post", "Movie.Update.Post")
    stash.rename("group", stash.group_id("G"), "H")
    assert fired(stash) == [("Group.Update.Post", 1), ("Movie.Update.Post", 1)]


def test_a_tag_merge_fires_for_the_target_only(stash: StashServer) -> None:
    recording(stash, *SCENE, "Tag.Merge.Post", "Tag.Destroy.Post", "Tag.Update.Post")
    id_ = stash.add_scene(title="a", tags=["x", "y"])
    stash.merge_tags([stash.tag_id("x")], stash.tag_id("y"))
    assert fired(stash) == [("Tag.Merge.Post", 2)]
    assert stash.scene(id_)["tags"] == (2,)


def test_a_merged_or_destroyed_tag_reaches_its_performers(
    stash: StashServer,
) -> None:
    ann, x, y = stash.performer_id("Ann"), stash.tag_id("x"), stash.tag_id("y")
    stash.update("performer", ann, tag_ids=[str(x)])
    stash.merge_tags([x], y)
    assert stash.named("performer", ann)["tags"] == (y,)
    stash.destroy("tag", y)
    assert stash.named("performer", ann)["tags"] == ()


def test_a_destroyed_studio_leaves_those_below_it_without_one_above(stash: StashServer) -> None:
    above, below = stash.studio_id("Above"), stash.studio_id("Below")
    stash.update("studio", below, parent_id=str(above))
    stash.destroy("studio", above)
    assert stash.named("studio", below)["parent"] is None


def test_a_performer_merge_is_silent(stash: StashServer) -> None:
    recording(stash, *SCENE, "Performer.Update.Post", "Performer.Destroy.Post")
    id_ = stash.add_scene(title="a", performers=["P", "Q"])
    stash.merge_performers([stash.performer_id("Q")], stash.performer_id("P"))
    assert fired(stash) == [] and stash.scene(id_)["performers"] == (1,)


def test_a_destroyed_performer_fires_its_hook_and_leaves_the_scenes(stash: StashServer) -> None:
    recording(stash, *SCENE, "Performer.Destroy.Post")
    id_ = stash.add_scene(title="a", performers=["P", "Q"])
    stash.destroy("performer", stash.performer_id("P"))
    assert fired(stash) == [("Performer.Destroy.Post", 1)]
    assert stash.scene(id_)["performers"] == (2,)


def test_deleting_many_tags_passes_the_list_of_ids_each_time(stash: StashServer) -> None:
    recording(stash, "Tag.Destroy.Post")
    ids = [str(stash.tag_id("x")), str(stash.tag_id("y"))]
    stash.gql("mutation($ids: [ID!]!) { tagsDestroy(ids: $ids) }", {"ids": ids})
    assert [c["input"] for c in contexts(stash)] == [ids, ids]


def test_merge_assign_screenshot_play_activity_and_auto_tag_are_silent(stash: StashServer) -> None:
    recording(stash, *SCENE)
    one, two = stash.add_scene(path="/m/one.mp4"), stash.add_scene(path="/m/Ann two.mp4")
    stash.performer_id("Ann")
    stash.generate_screenshot(one)
    stash.gql("mutation { sceneAddPlay(id: 1) { count } sceneAddO(id: 1) { count } }")
    stash.gql("mutation { sceneSaveActivity(id: 1, resume_time: 3, playDuration: 4) }")
    stash.gql("mutation { sceneAssignFile(input: {scene_id: 1, file_id: 2}) }")
    stash.auto_tag(performers=["*"])
    stash.merge_scenes([two], one)
    assert fired(stash) == []
    assert stash.scene(one)["performers"] == (1,)


def test_a_hook_that_updates_its_scene_is_entered_ten_times(
    stash: StashServer,
) -> None:
    install(stash, UPDATES_ITSELF % "{'Cookie': 'session=' + cookie}", hooks=[hook(SCENE[1])])
    stash.update_scene(stash.add_scene(title="a"), title="b")
    assert len(stash.runs) == 10


UPDATES_ITSELF = """
import urllib.request
server = given["server_connection"]
cookie = server["SessionCookie"]["Value"]
query = 'mutation { sceneUpdate(input: {id: "1", title: "again"}) { id } }'
headers = {"Content-Type": "application/json", **%s}
url = "http://127.0.0.1:%%d/graphql" %% server["Port"]
request = urllib.request.Request(url, json.dumps({"query": query}).encode(), headers)
if not os.path.exists(os.path.join(server["Dir"], "enough")):
    urllib.request.urlopen(request).read()
"""


def test_with_an_api_key_there_is_no_recursion_guard(stash: StashServer) -> None:
    stash.api_key = "k"
    body = UPDATES_ITSELF % "{'ApiKey': 'k'}"
    count = "path = os.path.join(given['server_connection']['Dir'], 'count')\n"
    count += "open(path, 'a').write('x')\n"
    count += "if os.path.getsize(path) >= 13: open(path.replace('count', 'enough'), 'w').close()\n"
    install(stash, count + body, hooks=[hook(SCENE[1])])
    stash.update_scene(stash.add_scene(title="a"), title="b")
    assert len(stash.runs) == 13


def test_hooks_of_different_requests_overlap(stash: StashServer) -> None:
    ready, go = fifo(stash.config_dir / "ready"), fifo(stash.config_dir / "go")
    body = f"if args['hookContext']['id'] == 1:\n    ready(); until({go!r})\n"
    install(stash, body, hooks=[hook("Scene.Update.Post", ready=ready)])
    one, two = stash.add_scene(title="1"), stash.add_scene(title="2")
    slow = threading.Thread(target=lambda: stash.update_scene(one, title="x"))
    slow.start()
    wait_for(ready)
    stash.update_scene(two, title="y")
    assert [run.exit_code for run in stash.runs] == [None, 0]
    release(go)
    slow.join()


def test_a_trigger_that_is_listed_twice_runs_twice(stash: StashServer) -> None:
    recording(stash, "Scene.Update.Post", "Scene.Update.Post")
    stash.update_scene(stash.add_scene(title="a"), title="b")
    assert len(fired(stash)) == 2


def test_a_misspelt_trigger_never_fires_and_nobody_complains(stash: StashServer) -> None:
    recording(stash, "Scene.Updated.Post")
    stash.update_scene(stash.add_scene(title="a"), title="b")
    assert fired(stash) == [] and stash.plugin_errors == {}


def test_a_plugin_that_cannot_start_silences_the_plugins_behind_it(stash: StashServer) -> None:
    install(stash, "", "Aaa", exec=["./no-such-program"], hooks=[hook("Scene.Update.Post")])
    install(stash, "answer(1)", "Bbb", hooks=[hook("Scene.Update.Post")])
    stash.update_scene(stash.add_scene(title="a"), title="b")
    assert stash.runs == []
    assert any("error executing post hooks" in line.text for line in stash.server_log)


def test_a_hook_that_fails_does_not_stop_the_next_plugin(stash: StashServer) -> None:
    install(stash, "sys.exit(3)", "Aaa", hooks=[hook("Scene.Update.Post")])
    install(stash, "answer(1)", "Bbb", hooks=[hook("Scene.Update.Post")])
    stash.update_scene(stash.add_scene(title="a"), title="b")
    assert [(run.plugin, run.error) for run in stash.runs] == [
        ("Aaa", "exit status 3"),
        ("Bbb", None),
    ]


def test_a_disabled_plugin_gets_no_hooks(stash: StashServer) -> None:
    recording(stash, *SCENE)
    stash.gql("mutation { setPluginsEnabled(enabledMap: {Fake: false}) }")
    stash.update_scene(stash.add_scene(title="a"), title="b")
    assert stash.runs == []


def test_scan_hooks_overlap_when_there_are_parallel_tasks(tmp_path) -> None:
    with StashServer(tmp_path / "config", parallel_hooks=2) as server:
        body = "time.sleep(0.3); answer(time.time())"
        install(server, body, hooks=[hook("Scene.Create.Post")])
        server.library.disk.update({"/m/a.mp4": {}, "/m/b.mp4": {}})
        started = time.monotonic()
        server.start_scan()
        server.wait_idle()
        assert sum(run.duration for run in server.runs) > time.monotonic() - started

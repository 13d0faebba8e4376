"""The job queue, operations beside it, and plugin settings (5, 6)."""

from __future__ import annotations

import threading
from itertools import pairwise

import pytest

from devserver.stash import StashError, StashServer
from tests.support.box_output import until
from tests.support.stash_contract import fifo, hook, install, release, task, wait_for


def test_run_plugin_task_answers_with_the_id_at_once(stash: StashServer) -> None:
    install(stash, "", tasks=[task()])
    stash.hold_jobs()
    assert [stash.run_task("Fake", "Run"), stash.run_task("Fake", "Run")] == ["1", "2"]
    queue = stash.gql("{ jobQueue { id status description progress } }")["jobQueue"]
    assert [j["status"] for j in queue] == ["READY", "READY"]
    assert queue[0]["description"] == "Running plugin task: Run" and queue[0]["progress"] is None


def test_jobs_run_one_after_the_other_and_equal_ones_are_not_merged(stash: StashServer) -> None:
    install(stash, "answer([time.time(), time.time()])")
    for _ in range(3):
        stash.run_task("Fake", None, {})
    stash.wait_idle()
    spans = [run.output for run in stash.runs]
    assert len(spans) == 3 and all(a[1] <= b[0] for a, b in pairwise(spans))


def test_a_task_waits_behind_a_scan(stash: StashServer) -> None:
    install(stash, "", hooks=[hook("Scene.Create.Post")])
    stash.hold_jobs()
    stash.library.disk["/m/a.mp4"] = {}
    stash.start_scan()
    stash.run_task("Fake", None, {"mode": "late"})
    stash.release_jobs()
    stash.wait_idle()
    assert [run.kind for run in stash.runs] == ["hook", "task"]


def test_an_empty_queue_is_null(stash: StashServer) -> None:
    assert stash.gql("{ jobQueue { id } }") == {"jobQueue": None}


def test_a_plugin_that_fails_still_ends_as_finished_without_error(stash: StashServer) -> None:
    install(stash, 'print(\'{"error": "boom"}\'); sys.exit(1)')
    job = stash.run_task("Fake", None, {})
    stash.wait_idle()
    got = stash.job(job)
    assert (got["status"], got["error"]) == ("FINISHED", None)
    assert any(line.text == "Plugin returned error: boom" for line in stash.server_log)


def test_a_task_that_cannot_start_has_failed(stash: StashServer) -> None:
    install(stash, "", tasks=[task()])
    jobs = [stash.run_task("Nobody", "Run"), stash.run_task("Fake", "Unknown")]
    stash.wait_idle()
    assert [stash.job(j)["status"] for j in jobs] == ["FAILED", "FAILED"]
    assert "no task with name Unknown" in stash.job(jobs[1])["error"]


def test_only_the_last_ten_finished_jobs_are_kept(stash: StashServer) -> None:
    jobs = [stash.start_scan() for _ in range(12)]
    stash.wait_idle()
    assert [stash.job(j) is None for j in jobs] == [True] * 2 + [False] * 10


def test_a_queued_job_that_is_stopped_never_runs(stash: StashServer) -> None:
    install(stash, "")
    stash.hold_jobs()
    job = stash.run_task("Fake", None, {})
    stash.stop_job(job)
    stash.release_jobs()
    stash.wait_idle()
    assert stash.runs == [] and stash.job(job)["status"] == "CANCELLED"
    assert stash.gql("{ jobQueue { id } }")["jobQueue"] is None


def test_stop_all_jobs_kills_the_running_one_and_drops_the_rest(stash: StashServer) -> None:
    ready = fifo(stash.config_dir / "ready")
    install(stash, "ready(); time.sleep(60)")
    jobs = [stash.run_task("Fake", None, {"ready": ready}) for _ in range(2)]
    wait_for(ready)
    stash.gql("mutation { stopAllJobs }")
    stash.wait_idle()
    assert [stash.job(j)["status"] for j in jobs] == ["CANCELLED", "CANCELLED"]
    assert len(stash.runs) == 1


def test_a_running_task_shows_its_name_and_its_progress(stash: StashServer) -> None:
    ready = fifo(stash.config_dir / "ready")
    install(stash, "log('p', '0.25'); log('p', '0.5'); ready(); time.sleep(60)", tasks=[task()])
    stash.run_task("Fake", "Run", {"ready": ready})
    stash.gql('mutation { runPluginTask(plugin_id: "Fake", description: "Fake: later") }')
    wait_for(ready)
    until(lambda: stash.job("1")["progress"] == 0.5)
    queue = stash.gql("{ jobQueue { id status description progress } }")["jobQueue"]
    assert [tuple(job.values()) for job in queue] == [
        ("1", "RUNNING", "Running plugin task: Run", 0.5),
        ("2", "READY", "Running plugin task: Fake: later", None),
    ]
    times = stash.library.jobs.find(1).progress_times
    assert len(times) == 2 and times == sorted(times)


def test_a_stopped_task_is_killed_and_the_next_one_runs(stash: StashServer) -> None:
    ready = fifo(stash.config_dir / "ready")
    body = """
import signal
if "ready" in args:
    signal.signal(signal.SIGTERM, lambda *_: open(args["ready"] + ".tidy", "w"))
    log("p", "0.5"); ready(); time.sleep(60)
"""
    install(stash, body)
    job, after = stash.run_task("Fake", None, {"ready": ready}), stash.run_task("Fake", None, {})
    wait_for(ready)
    until(lambda: stash.job(job)["progress"] == 0.5)
    stash.stop_job(job)
    stash.wait_idle()
    assert (stash.job(job)["status"], stash.job(job)["progress"]) == ("CANCELLED", 0.5)
    assert stash.job(after)["status"] == "FINISHED"
    assert not (stash.config_dir / "ready.tidy").exists()


def test_stopping_a_scan_kills_its_hook_and_ends_the_scan(stash: StashServer) -> None:
    ready = fifo(stash.config_dir / "ready")
    install(stash, "ready(); time.sleep(60)", hooks=[hook("Scene.Create.Post", ready=ready)])
    stash.library.disk.update({"/m/a.mp4": {}, "/m/b.mp4": {}})
    job = stash.start_scan()
    wait_for(ready)
    stash.stop_job(job)
    stash.wait_idle()
    assert stash.job(job)["status"] == "CANCELLED" and len(stash.runs) == 1


def test_job_ids_start_again_with_the_server(stash: StashServer) -> None:
    first = stash.start_scan()
    stash.wait_idle()
    stash.restart()
    assert stash.start_scan() == first


def test_an_operation_does_not_wait_for_the_queue(stash: StashServer) -> None:
    ready, go = fifo(stash.config_dir / "ready"), fifo(stash.config_dir / "go")
    install(stash, f"if 'ready' in args:\n    ready(); until({go!r})\nanswer(1)")
    stash.run_task("Fake", None, {"ready": ready})
    wait_for(ready)
    assert stash.operation("Fake") == 1
    release(go)
    stash.wait_idle()


def test_a_hook_in_a_job_may_start_a_task(stash: StashServer) -> None:
    body = """
if "hookContext" in args:
    import urllib.request
    server = given["server_connection"]
    headers = {"Content-Type": "application/json",
               "Cookie": "session=" + server["SessionCookie"]["Value"]}
    query = 'mutation { runPluginTask(plugin_id: "Fake", args_map: {mode: "woken"}) }'
    url = "http://127.0.0.1:%d/graphql" % server["Port"]
    urllib.request.urlopen(
        urllib.request.Request(url, json.dumps({"query": query}).encode(), headers)).read()
"""
    install(stash, body, hooks=[hook("Scene.Create.Post")])
    stash.scan_add("/m/a.mp4")
    assert [(run.kind, run.mode) for run in stash.runs] == [("hook", ""), ("task", "woken")]


def test_the_old_argument_list_loses_to_the_map(stash: StashServer) -> None:
    install(stash, "")
    old = '[{key: "a", value: {i: 1}}, {key: "b", value: {a: [{str: "x"}, {b: true}]}}]'
    stash.gql(f'mutation {{ runPluginTask(plugin_id: "Fake", args: {old}) }}')
    stash.gql(f'mutation {{ runPluginTask(plugin_id: "Fake", args: {old}, args_map: {{c: 2}}) }}')
    stash.wait_idle()
    assert [run.args for run in stash.runs] == [{"a": 1, "b": ["x", True]}, {"c": 2}]


def test_an_operation_of_an_unknown_plugin_is_an_internal_error(stash: StashServer) -> None:
    with pytest.raises(StashError, match="Internal system error"):
        stash.operation("Nobody")


def test_waiting_for_an_idle_queue_has_a_limit(stash: StashServer) -> None:
    stash.hold_jobs()
    stash.start_scan()
    with pytest.raises(TimeoutError, match="Scanning"):
        stash.wait_idle(timeout=0.01)


def test_settings_are_empty_before_the_first_save_and_have_no_defaults(stash: StashServer) -> None:
    install(stash, "", settings={"a": {"displayName": "A", "type": "BOOLEAN"}})
    query = '{ configuration { plugins(include: ["Fake"]) } }'
    assert stash.gql(query)["configuration"]["plugins"] == {}


def test_configure_plugin_replaces_the_whole_map(stash: StashServer) -> None:
    stash.configure("Fake", a=1, b=True)
    assert stash.configure("Fake", b=False) == {"b": False}
    assert stash.settings("Fake") == {"b": False}


def test_the_interface_is_english_until_a_person_chooses_a_language(stash: StashServer) -> None:
    query = "{ configuration { interface { language } } }"
    assert stash.gql(query)["configuration"]["interface"] == {"language": "en-US"}
    stash.set_language("de-DE")
    assert stash.gql(query)["configuration"]["interface"] == {"language": "de-DE"}


def test_a_stale_settings_tab_writes_old_values_back(stash: StashServer) -> None:
    stash.configure("Fake", a="old")
    snapshot = stash.settings("Fake")
    stash.configure("Fake", a="new", extra=1)
    stash.configure("Fake", **{**snapshot, "b": 1})
    assert stash.settings("Fake") == {"a": "old", "b": 1}


def test_settings_survive_a_new_server_in_plain_text(stash: StashServer, tmp_path) -> None:
    stash.configure("Fake", token="geheim")
    assert "geheim" in (stash.config_dir / "config.yml").read_text()
    with StashServer(stash.config_dir) as again:
        assert again.settings("Fake") == {"token": "geheim"}


def test_two_clients_can_run_operations_at_the_same_time(stash: StashServer) -> None:
    ready, go = fifo(stash.config_dir / "ready"), fifo(stash.config_dir / "go")
    install(stash, f"if 'ready' in args:\n    ready(); until({go!r})\nanswer(2)")
    first = threading.Thread(target=lambda: stash.operation("Fake", {"ready": ready}))
    first.start()
    wait_for(ready)
    assert stash.operation("Fake") == 2
    release(go)
    first.join()

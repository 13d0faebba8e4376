"""How a plugin process is started, fed, heard and ended (2.6, 3.1 to 3.4)."""

from __future__ import annotations

import http.client
import json
import os
import signal
from pathlib import Path

import pytest

from devserver.stash import StashError, StashServer
from tests.support.stash_contract import fifo, hook, install, release, task, wait_for


def test_stdin_is_one_document_with_connection_and_arguments(stash: StashServer) -> None:
    install(stash, "answer(given)")
    got = stash.operation("Fake", {"mode": "x", "n": [1, True, None]})
    connection = got["server_connection"]
    assert set(got) == {"server_connection", "args"}
    assert got["args"] == {"mode": "x", "n": [1, True, None]}
    assert connection["Port"] == stash.port and connection["Scheme"] == "http"
    assert connection["Dir"] == str(stash.config_dir) and os.path.isabs(connection["Dir"])
    assert connection["SessionCookie"]["Name"] == "session"
    assert connection["SessionCookie"]["Path"] == ""


def test_the_plugin_folder_is_relative_to_a_foreign_working_directory(stash: StashServer) -> None:
    install(stash, "answer([os.getcwd(), given['server_connection']['PluginDir'], __file__])")
    cwd, folder, file = stash.operation("Fake")
    assert folder == "../plugins/local/Fake" and os.path.samefile(
        file, Path(cwd, folder, "fake.py")
    )
    assert Path(cwd) == stash.config_dir / "cwd"


def test_the_parent_of_the_plugin_folder_is_appended_to_pythonpath(stash: StashServer) -> None:
    stash.env = {"PYTHONPATH": "/before", "EXTRA": "yes"}
    install(stash, "answer([os.environ['PYTHONPATH'], os.environ['EXTRA']])")
    assert stash.operation("Fake") == [f"/before:{stash.plugins_dir / 'local'}", "yes"]


def test_the_host_that_a_plugin_gets_is_no_address(stash: StashServer) -> None:
    install(stash, "answer(given['server_connection']['Host'])")
    assert stash.operation("Fake") == "0.0.0.0"
    stash.announced_host = "::"
    assert stash.operation("Fake") == "::"


def test_settings_in_stdin_can_be_switched_on(tmp_path: Path) -> None:
    with StashServer(tmp_path / "config", stdin_settings=True) as server:
        install(server, "answer(given['settings'])")
        assert server.operation("Fake") == {}
        server.configure("Fake", a=1)
        assert server.operation("Fake") == {"a": 1}


def test_a_task_fills_in_default_arguments_but_never_overrides(stash: StashServer) -> None:
    install(stash, "", tasks=[task("Run", mode="default", other="text")])
    stash.run_task("Fake", "Run", {"mode": "given"})
    stash.run_task("Fake", None, {"free": 1})
    stash.wait_idle()
    assert [r.args for r in stash.runs] == [{"mode": "given", "other": "text"}, {"free": 1}]


def test_default_arguments_are_always_text(stash: StashServer) -> None:
    install(stash, "", tasks=[{"name": "Run", "defaultArgs": {"n": 5, "b": True}}])
    stash.run_task("Fake", "Run")
    stash.wait_idle()
    assert stash.runs[0].args == {"n": "5", "b": "true"}


def test_a_hook_gets_its_default_arguments_and_the_context(stash: StashServer) -> None:
    install(stash, "", hooks=[hook("Scene.Update.Post", mode="hook")])
    stash.update_scene(stash.add_scene(title="a"), title="b")
    assert set(stash.runs[0].args) == {"mode", "hookContext"}


def test_an_operation_gets_no_default_arguments(stash: StashServer) -> None:
    install(stash, "answer(args)", tasks=[task("Run", mode="default")])
    assert stash.operation("Fake", {}) == {}


ANSWERS = [
    ("print('{\"output\": [1, 2]}')", [1, 2], None),
    ('print(\'{"error": "boom"}\')', None, "boom"),
    ('print(\'{"error": "boom"}\'); sys.exit(4)', None, "boom"),
    ("sys.exit(1)", "", "exit status 1"),
    ("print('{\"output\": 5}', flush=True); sys.exit(1)", 5, "exit status 1"),
    ("print('plain text')", "plain text\n", None),
    ("print('[1,2]')", "[1,2]\n", None),
    ("print('{} {}')", "{} {}\n", None),
    ("print('{\"foo\": 1}')", None, None),
    ("os.kill(os.getpid(), 9)", "", "signal: killed"),
]


@pytest.mark.parametrize(("body", "output", "error"), ANSWERS)
def test_stdout_and_exit_code_become_output_and_error(
    stash: StashServer, body: str, output: object, error: str | None
) -> None:
    install(stash, body)
    stash.run_task("Fake", None, {})
    stash.wait_idle()
    assert (stash.runs[0].output, stash.runs[0].error) == (output, error)


def test_an_error_of_an_operation_is_a_graphql_error(stash: StashServer) -> None:
    install(stash, 'print(\'{"error": "boom"}\')')
    with pytest.raises(StashError, match="boom"):
        stash.operation("Fake")


def test_ten_megabytes_on_stdout_are_accepted(stash: StashServer) -> None:
    install(stash, "answer('x' * 10_000_000)")
    assert len(stash.operation("Fake")) == 10_000_000


def test_a_plugin_that_does_not_read_its_input_harms_nobody(stash: StashServer) -> None:
    install(stash, "")
    (stash.plugins_dir / "local/Fake/fake.py").write_text("print('{\"output\": 1}')")
    assert stash.operation("Fake", {"big": "x" * 2_000_000}) == 1


LINES = [
    (r"\x01t\x02a", "trace", "a"),
    (r"\x01d\x02a", "debug", "a"),
    (r"\x01i\x02 a ", "info", "a"),
    (r"\x01w\x02a", "warning", "a"),
    (r"\x01e\x02a", "error", "a"),
    (r"no prefix", "error", "no prefix"),
    (r"\x01i\x02", "error", "\x01i\x02"),
    (r"\x01x\x02a", "error", "\x01x\x02a"),
]


@pytest.mark.parametrize(("line", "level", "text"), LINES)
def test_a_stderr_line_becomes_a_log_line(
    stash: StashServer, line: str, level: str, text: str
) -> None:
    install(stash, f"sys.stderr.write('{line}\\n')")
    stash.operation("Fake")
    assert [(log.level, log.text) for log in stash.logs] == [(level, text)]


def test_err_log_sets_the_level_of_lines_without_prefix(stash: StashServer) -> None:
    install(stash, "sys.stderr.write('plain\\n\\x01i\\x02first\\nsecond\\n')", errLog="warning")
    stash.operation("Fake")
    assert [log.level for log in stash.logs] == ["warning", "info", "warning"]


def test_a_line_of_64_kib_closes_the_pipe(stash: StashServer) -> None:
    body = """
log("i", "before")
try:
    sys.stderr.write("x" * 65536 + "\\n"); sys.stderr.flush()
    while True: log("i", "after")
except BrokenPipeError:
    answer("broken"); sys.stdout.flush(); os._exit(0)
"""
    install(stash, body)
    assert stash.operation("Fake") == "broken"
    assert [log.text for log in stash.logs] == ["before"]


def test_a_line_just_below_64_kib_passes(stash: StashServer) -> None:
    install(stash, "sys.stderr.write('x' * 65535 + '\\n'); log('i', 'after')")
    stash.operation("Fake")
    assert [len(log.text) for log in stash.logs] == [65535, 5]


def test_the_line_limit_can_be_switched_off(stash: StashServer) -> None:
    stash.stderr_limit = None
    install(stash, "log('i', 'x' * 200_000)")
    stash.operation("Fake")
    assert len(stash.logs[0].text) == 200_000


def test_log_lines_carry_the_plugins_name_in_the_logs_query(stash: StashServer) -> None:
    install(stash, "[log('i', str(n)) for n in range(40)]; log('d', 'hidden')")
    stash.operation("Fake")
    entries = stash.gql("{ logs { level message time } }")["logs"]
    assert len(entries) == 30 and entries[0]["level"] == "Info"
    assert entries[0]["message"] == "[Plugin / Fake] 39"


def test_progress_belongs_to_tasks_only(stash: StashServer) -> None:
    install(stash, "log('p', '0.25'); log('p', '0.5')", hooks=[hook("Scene.Update.Post")])
    stash.update_scene(stash.add_scene(title="a"), title="b")
    stash.operation("Fake")
    job = stash.run_task("Fake", None, {})
    stash.wait_idle()
    assert stash.progress == {job: [0.25, 0.5]} and stash.logs == []
    assert stash.job(job)["progress"] == 0.5


def test_progress_may_be_dropped(stash: StashServer) -> None:
    stash.library.host.drop_progress = True
    install(stash, "log('p', '0.25')")
    job = stash.run_task("Fake", None, {})
    stash.wait_idle()
    assert stash.job(job)["progress"] is None


def test_stopping_a_job_kills_only_the_direct_child(stash: StashServer) -> None:
    ready, go = fifo(stash.config_dir / "ready"), fifo(stash.config_dir / "go")
    body = f"""
if os.fork() == 0:
    open({go!r}).read(); os._exit(0)
ready(); time.sleep(60)
"""
    install(stash, body)
    job = stash.run_task("Fake", None, {"ready": ready})
    wait_for(ready)
    stash.stop_job(job)
    stash.wait_idle()
    assert stash.job(job)["status"] == "CANCELLED"
    release(go)  # blocks for ever unless the grandchild still waits at the other end


def _post_and_hang_up(stash: StashServer, ready: str, query: str) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", stash.port)
    headers = {"Content-Type": "application/json"}
    connection.request("POST", "/graphql", json.dumps({"query": query}), headers)
    wait_for(ready)
    connection.close()


def _ended(run: object) -> bool:
    return run.exit_code is not None  # type: ignore[attr-defined]


def test_a_client_that_hangs_up_ends_its_bulk_update(stash: StashServer) -> None:
    ready = fifo(stash.config_dir / "ready")
    install(stash, "ready(); time.sleep(60)", hooks=[hook("Scene.Update.Post", ready=ready)])
    stash.add_scene(title="1"), stash.add_scene(title="2")
    query = 'mutation { bulkSceneUpdate(input: {ids: ["1", "2"], title: "new"}) { id } }'
    _post_and_hang_up(stash, ready, query)
    stash.wait_for(lambda: stash.runs[0].exit_code == -signal.SIGKILL)
    assert [stash.scene(i)["title"] for i in (1, 2)] == ["new", "new"]
    assert len(stash.runs) == 1


def test_a_client_that_hangs_up_kills_its_operation(stash: StashServer) -> None:
    ready = fifo(stash.config_dir / "ready")
    install(stash, "ready(); time.sleep(60)")
    args = f'{{ready: "{ready}"}}'
    query = f'mutation {{ runPluginOperation(plugin_id: "Fake", args: {args}) }}'
    _post_and_hang_up(stash, ready, query)
    stash.wait_for(lambda: stash.runs[0].exit_code == -signal.SIGKILL)


def test_a_task_outlives_the_client_that_started_it(stash: StashServer) -> None:
    ready, go = fifo(stash.config_dir / "ready"), fifo(stash.config_dir / "go")
    install(stash, f"ready(); until({go!r}); answer('done')")
    job = stash.run_task("Fake", None, {"ready": ready})
    wait_for(ready)
    release(go)
    stash.wait_idle()
    assert stash.runs[0].output == "done" and stash.job(job)["status"] == "FINISHED"


def test_a_grandchild_that_holds_stdout_keeps_the_hook_blocked(stash: StashServer) -> None:
    body = "if os.fork() == 0:\n    time.sleep(0.5); os._exit(0)\nos._exit(0)"
    install(stash, body)
    stash.operation("Fake")
    assert stash.runs[0].duration >= 0.5


def test_a_grandchild_with_its_own_streams_does_not_block(stash: StashServer) -> None:
    go = fifo(stash.config_dir / "go")
    body = f"""
import subprocess
subprocess.Popen([sys.executable, "-c", "open({go!r}).read()"], start_new_session=True,
    stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
answer(1)
"""
    install(stash, body)
    assert stash.operation("Fake") == 1
    release(go)


def test_the_end_of_the_server_ends_all_plugins(tmp_path: Path) -> None:
    with StashServer(tmp_path / "config") as server:
        ready = fifo(tmp_path / "ready")
        install(server, "ready(); time.sleep(60)")
        server.run_task("Fake", None, {"ready": ready})
        wait_for(ready)
    server.wait_for(lambda: server.runs[0].exit_code == -signal.SIGKILL)


@pytest.mark.parametrize("spawner", ["direct", "child"])
def test_a_restart_changes_the_parent_of_plugins_when_they_have_a_launcher(
    tmp_path: Path, spawner: str
) -> None:
    with StashServer(tmp_path / "config", spawner=spawner) as server:
        install(server, "sys.stderr.write('x\\n'); answer(os.getppid())")
        before, port = server.operation("Fake"), server.port
        server.restart()
        assert server.port == port
        assert (server.operation("Fake") != before) == (spawner == "child")
        assert [log.text for log in server.logs] == ["x", "x"]


def test_a_launched_plugin_is_killed_and_its_failure_seen_as_well(tmp_path: Path) -> None:
    with StashServer(tmp_path / "config", spawner="child") as server:
        ready = fifo(tmp_path / "ready")
        install(server, "ready(); time.sleep(60)")
        job = server.run_task("Fake", None, {"ready": ready})
        wait_for(ready)
        server.stop_job(job)
        server.wait_for(lambda: server.runs[0].exit_code == -signal.SIGKILL)


def test_the_peak_memory_of_a_plugin_is_its_own(stash: StashServer) -> None:
    install(stash, "big = b'x' * 50_000_000; answer(len(big))")
    stash.operation("Fake")
    assert 50_000_000 < stash.runs[0].peak_rss < 90_000_000

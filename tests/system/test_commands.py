"""Every command, as a task button and as an operation; and whatever Stash may send on stdin."""

from __future__ import annotations

import json
import time

import pytest
import yaml

from app.commands.registry import MODES, WITHOUT_TASK
from app.modes import ARGUMENTS
from tests.support.box_output import lines, progress, put_a_bug_into, run, script, set_state


def tasks(box):
    manifest = yaml.safe_load(script(box).with_name("Stash2Plex.yml").read_text())
    return {task["name"]: task["defaultArgs"]["mode"] for task in manifest["tasks"]}


# These need arguments or settings, and have tests of their own.
NEED_MORE = {"connect", "save_settings", "check_setting", "send_test", "plex_picture"}


def send(box, document):
    """What the plugin answers to this on stdin: (exit code, the one JSON document, log)."""
    raw = document if isinstance(document, bytes) else json.dumps(document).encode()
    ended = run(box, stdin=raw)
    return ended.returncode, json.loads(ended.stdout), ended.stderr


def connection(box, **changed):
    usual = {"Scheme": "http", "Host": "127.0.0.1", "Port": box.stash.port}
    return usual | {"SessionCookie": None, "Dir": str(box.stash.config_dir)} | changed


def test_every_task_ends_well_with_progress_that_only_rises_to_1(box):
    box.configure(reconcile_interval="hourly", reconcile_scope="all")
    for number in range(21):
        box.add(f"a/{number}.mp4", title=f"Title {number}")
    assert sorted(tasks(box).values()) == sorted(set(MODES) - {*WITHOUT_TASK})
    for name in [name for name in tasks(box) if name != "Send Test Notification"]:  # no address
        set_state(box, run_count=0, last_run_time=0, last_interval_time=0)
        run = box.task(name)
        told = progress(run.stderr)
        assert (run.exit_code, run.error) == (0, None), name
        assert told == sorted(told) and told[-1] == 1.0, name
        assert all(0 <= one <= 1 for one in told)
        assert isinstance(run.output, dict), name


def test_every_mode_is_an_operation_too(box):
    scene = box.add("a.mp4")
    box.sign_in_at()
    # These need a sign-in that was begun: see test_sign_in.
    later = {mode for mode in MODES if mode.startswith("sign_in_")} - {"sign_in_cancel"}
    for mode in sorted({*MODES} - later - NEED_MORE):
        args = {"scene": scene} if mode in WITHOUT_TASK and "scene" in ARGUMENTS[mode] else {}
        args |= {"url": box.plex.url, "token": box.plex.token} if mode == "connect" else {}
        assert isinstance(box.operation(mode, **args), dict), mode


def test_an_unknown_mode_is_answered_with_the_known_ones(box):
    with pytest.raises(Exception, match="there is no mode 'everything'") as error:
        box.operation("everything")
    assert all(mode in str(error.value) for mode in MODES)
    assert len(lines(box, "error")) == 1


def test_the_custom_range_takes_the_scope_of_the_settings(box):
    store = box.stash.library.store
    for days in (0, 3, 20):
        stamp = store.timestamp(time.time() - days * 86400)
        box.add(f"a/{days}.mp4", title=f"{days} days", updated_at=stamp)
    for scope, name, checked in [
        ("", "recent", 1),
        ("7days", "recent_7days", 2),
        ("30D", "30d", 3),
        ("all", "all", 3),
    ]:
        box.configure(reconcile_scope=scope)
        found = box.operation("reconcile_custom")
        assert (found["scope"], found["scenes_checked"]) == (name, checked)


def test_clearing_the_queue_forgets_flags_and_jobs(box):
    scenes = [box.add(f"a/{number}.mp4", in_plex=number, title="A title") for number in (0, 1)]
    box.operation("all")
    box.stash.hold_jobs()
    box.stash.update_scene(scenes[1], title="New")
    assert box.operation("clear_queue") == {"cleared": 2}
    found = box.operation("queue_status")["queue"]
    assert (found["pending"], found["waiting"]) == (0, 0)


def test_dead_letters_are_purged_by_age_and_cleared_at_once(box):
    box.add("a/clip.mp4", title="A title")
    box.plex.faults.arm("400", method="PUT", times=9)
    box.operation("all")
    assert box.operation("queue_status")["queue"]["dead"] == 1
    assert box.operation("purge_dlq") == {"cleared": 0}
    assert box.operation("clear_dlq") == {"cleared": 1}
    assert box.operation("queue_status")["queue"]["dead"] == 0


def test_syncing_the_recent_scenes_leaves_the_older_ones(box):
    store = box.stash.library.store
    old = box.add("a/old.mp4", title="Old", updated_at=store.timestamp(time.time() - 3 * 86400))
    new = box.add("a/new.mp4", title="New")
    assert box.operation("recent")["queued"] == 1
    assert box.item(new)["title"] == "New" and box.item(old)["title"] == "old"


def test_sync_all_does_not_wait_for_the_back_off_of_a_scene(box):
    scene = box.add("a/late.mp4", in_plex=False, title="Late")
    assert box.operation("all")["waiting"] == 1
    box.plex.add_file(box.paths[scene], scanned=False)
    box.plex.scan(box.section)
    box.plex.advance_scan()
    assert box.operation("all")["written"] == 1


def test_paused_keeps_everything(box):
    box.add("a/clip.mp4", title="A title")
    box.configure(paused=True)
    assert box.operation("all")["paused"]
    assert not box.plex.requests
    box.configure()
    assert box.operation("process_queue")["written"] == 1


def scans_asked(box):
    """(section, folder) of every scan that Plex was asked for."""
    return [
        (int(one.path.split("/")[3]), one.get("path"))
        for one in box.plex.requests
        if one.path.endswith("/refresh")
    ]


def quick_scans(box):
    """A task stays until Plex has read what it has found."""
    options = box.plex.options
    options.scan_appear, options.scan_refreshing, options.scan_per_item = 0.1, 0.2, 0.01


def test_with_trigger_plex_scan_plex_is_asked_to_scan_the_folder_once(box):
    quick_scans(box)
    for number in range(3):
        scene = box.add(f"new folder/{number}.mp4", in_plex=False, title=f"Title {number}")
        box.plex.add_file(box.paths[scene], scanned=False)
    box.plex.add_section("Twin", roots=["/media/new folder"])
    box.plex.add_section("Elsewhere", roots=["/media/new"])
    box.configure(trigger_plex_scan=True)
    found = box.operation("all")
    assert (found["waiting"], found["written"]) == (3, 3)
    assert scans_asked(box) == [(1, "/media/new folder"), (2, "/media/new folder")]
    assert lines(box, "warning") == []


def test_a_failed_scan_request_does_not_stop_the_next(box):
    quick_scans(box)
    scene = box.add("new folder/a.mp4", in_plex=False, title="Title")
    box.plex.add_file(box.paths[scene], scanned=False)
    box.plex.add_section("Twin", roots=["/media/new folder"])
    box.configure(trigger_plex_scan=True)
    box.plex.faults.arm("500", match="/library/sections/1/refresh", times=3)
    assert box.operation("all")["written"] == 0
    (line,) = lines(box, "warning")
    assert "“Scenes” could not be asked to scan /media/new folder" in line
    assert (2, "/media/new folder") in scans_asked(box)


# --- stdin of every kind -------------------------------------------------------------------


@pytest.mark.parametrize(
    "raw", [b"", b"not json", b"[1, 2]", b"null", b'"x"', b"\xff\xfe", b"[" * 100_000, b"{}"]
)
def test_bad_input_is_one_sentence_and_one_answer(box, raw):
    code, answer, log = send(box, raw)
    assert code == 1
    assert "unexpected" not in answer["error"] and "Traceback" not in log
    assert log.count("\x01e\x02") == 1


@pytest.mark.parametrize(
    "changed",
    [
        {"Port": "9999"},
        {"Port": -1, "Host": 7},
        {"SessionCookie": "cookie"},
        {"SessionCookie": {"Value": 5}},
        {"SessionCookie": ["x"], "Scheme": None},
    ],
)
def test_a_server_connection_of_wrong_types_ends_in_a_sentence(box, changed):
    given = connection(box, **changed)
    code, answer, log = send(box, {"server_connection": given, "args": {"mode": "queue_status"}})
    assert "unexpected" not in json.dumps(answer) and "Traceback" not in log
    assert (code, set(answer)) in ((0, {"output"}), (1, {"error", "output"}))


@pytest.mark.parametrize("folder", [None, 5, "", ["x"]])
def test_without_a_config_folder_nothing_can_be_kept(box, folder):
    given = connection(box, Dir=folder)
    code, answer, _ = send(box, {"server_connection": given, "args": {"mode": "all"}})
    assert code == 1 and "server_connection.Dir" in answer["error"]


def test_a_folder_that_cannot_be_made_is_told(box, tmp_path):
    (tmp_path / "file").write_text("")
    given = connection(box, Dir=str(tmp_path / "file"))
    code, answer, _ = send(box, {"server_connection": given, "args": {"mode": "all"}})
    assert code == 1 and answer["error"].startswith("the folder for Stash2Plex's state")


@pytest.mark.parametrize("args", [None, [], "all", {"mode": None}, {"mode": ["all"]}])
def test_arguments_of_wrong_types_are_an_unknown_mode(box, args):
    code, answer, _ = send(box, {"server_connection": connection(box), "args": args})
    assert code == 1 and answer["error"].startswith("there is no mode")


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "", "localhost"])
def test_stash_is_found_by_whatever_it_calls_itself(box, host):
    given = connection(box, Host=host)
    code, answer, _ = send(box, {"server_connection": given, "args": {"mode": "queue_status"}})
    assert code == 0 and answer["output"]["stash"]["reachable"] is True


def test_settings_on_stdin_save_the_question(make_box):
    box = make_box(stdin_settings=True)
    assert box.operation("queue_status")["plex"]["reachable"] is True
    assert not [one for one in box.stash.requests if one.operation == "Settings"]


def test_settings_of_a_wrong_type_are_warned_of(box):
    document = {"server_connection": connection(box), "args": {"mode": "queue_status"}}
    code, answer, log = send(box, document | {"settings": ["plex_url"]})
    assert code == 0 and "list instead of a map" in log
    assert "Plex URL" in answer["output"]["plex"]["problem"]


def test_an_unexpected_error_is_one_sentence_with_a_traceback_for_debugging(box):
    box.configure(debug_logging=True)
    box.operation("queue_status")
    put_a_bug_into(box, "reconciliation/engine.py")
    with pytest.raises(Exception, match="unexpected KeyError"):
        box.operation("reconcile_all")
    assert len([line for line in lines(box, "error") if "KeyError" in line]) == 1
    assert any("Traceback" in line for line in lines(box, "debug"))
    box.configure()
    box.stash.logs.clear()
    with pytest.raises(Exception, match="unexpected"):
        box.operation("reconcile_all")
    assert not lines(box, "debug")


def test_health_check_says_that_a_path_map_is_wrong(box):
    box.add("a/clip.mp4", title="A title")
    assert box.operation("health_check")["files"] == {"looked_at": 1, "unknown": 0}
    box.configure(path_map="/wrong => /media")
    found = box.operation("health_check")
    assert not found["healthy"] and "Path Map" in found["files"]["problem"]
    assert "/data/a/clip.mp4" in found["files"]["problem"]


def test_what_is_kept_for_later_is_said(box):
    box.add("a/lost.mp4", in_plex=False, title="Lost")
    box.operation("all")
    said = lines(box, "info")
    assert any("is not in Plex yet: no item has /media/a/lost.mp4" in line for line in said)
    assert any("1 job kept for later, the next is due at" in line for line in said)


def test_process_queue_looks_again_at_what_was_put_off(box):
    """As after the first sync with a wrong path_map."""
    box.configure(path_map="/wrong => /media")
    number = box.add("a/clip.mp4", title="A title")
    box.operation("all")
    box.configure()
    assert box.operation("process_queue")["written"] == 1
    assert box.item(number)["title"] == "A title"

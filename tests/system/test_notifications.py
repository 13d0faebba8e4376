"""Notifications, at services on this machine: each cause once, nothing waits for them, no address shows."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from devserver.box import Box
from devserver.leaks import leaks
from devserver.stash.client import StashError
from tests.support.box_output import lines, look_is_due, script, terminal, until
from tests.support.brakes import says_less
from tests.support.hooks import queued
from tests.support.jobs import fill
from tests.support.receivers import Receiver, has_openssl, receivers

pytestmark = pytest.mark.uncovered
pytest.importorskip("apprise", reason="requirements-notify.txt is not installed")

WORD = "pass-word-of-mine"  # in the address
TEST = "Send Test Notification"
STUB = Path(__file__).parents[1] / "torture" / "stub"


@pytest.fixture
def service() -> Iterator[Receiver]:
    with receivers(200) as (one,):
        yield one


def address(service: Receiver, path: str = "a-secret-path") -> str:
    return f"json://me:{WORD}@{service.place}/{path}"


def notifies(box: Box, *services: Receiver, **settings: Any) -> Box:
    box.tokens |= {WORD, "a-secret-path"}
    box.configure(notify=" ".join(map(address, services)), **settings)
    return box


def outage(box: Box, scene: int) -> None:
    box.plex.go_down()
    box.stash.update_scene(scene, title="New")
    box.settle()


def answers(box: Box) -> list[str]:
    """The result at each address, as the page shows it."""
    return [row["problem"] for row in box.operation("notifications")["sent"]]


# -- what is told, and how often


def test_without_the_setting_nothing_is_sent_or_installed(box: Box, service: Receiver) -> None:
    outage(box, box.add("a.mp4", title="T"))
    assert service.came == [] and not (box.data_dir / "notified.json").exists()
    assert not (box.data_dir / "apprise").exists()


def test_an_outage_is_told_once_and_its_end_once(box: Box, service: Receiver) -> None:
    scene = box.add("a.mp4", title="T")
    notifies(box, service).operation("all")
    outage(box, scene)
    for _ in range(3):
        look_is_due(box)
        box.task("Process Queue")
    assert service.titles == ["Stash2Plex: Plex is away"]
    assert "1 job waits" in service.came[0]["message"]
    box.plex.come_up()
    for _ in range(3):
        box.task("Process Queue")
    assert len(service.titles) == 2 and "Plex is back after" in service.titles[1]
    assert service.came[1]["type"] == "success" and box.item(scene)["title"] == "New"


def test_a_token_that_is_refused_is_told_and_so_is_its_end(box: Box, service: Receiver) -> None:
    box.add("a.mp4", title="T")
    notifies(box, service, plex_token="another-token")
    for _ in range(2):
        box.task("Sync All Scenes to Plex")
    assert service.titles == ["Stash2Plex: Plex refuses the token"]
    notifies(box, service).task("Sync All Scenes to Plex")
    assert service.titles[1:] == ["Stash2Plex: Plex takes the token again"]


def test_a_brake_is_told_once_until_a_run_has_succeeded(box: Box, service: Receiver) -> None:
    scenes = fill(box, 40, tags=["Rain"], details="Long.")
    notifies(box, service).operation("all")
    says_less(box, scenes)
    for _ in range(2):
        box.task("Reconcile Library (All)")
    assert service.titles == ["Stash2Plex: A reconciliation failed"]
    assert "40 of 40 scenes" in service.came[0]["message"]
    notifies(box, service, brake_share=100).task("Reconcile Library (All)")
    says_less(box, fill(box, 40, tags=["Rain"], details="Long."))
    assert len(service.came) == 1


def test_scenes_that_gave_up_are_told_once_for_each_reason(box: Box, service: Receiver) -> None:
    first, second, third = fill(box, 3)
    notifies(box, service).operation("all")

    def gives_up(scene: int) -> None:
        box.plex.faults.arm("400", method="PUT", times=1)
        box.stash.update_scene(scene, title=f"New {scene}")
        box.settle()

    gives_up(first)
    assert service.titles == ["Stash2Plex: 1 scene gave up"]
    assert "400" in service.came[0]["message"]
    gives_up(second)
    assert len(service.came) == 1
    box.task("Clear Dead Letter Queue")
    gives_up(third)
    assert service.titles[1:] == ["Stash2Plex: 1 scene gave up"]


def test_decisions_that_wait_are_told_once(box: Box, service: Receiver) -> None:
    scenes = fill(box, 2)
    notifies(box, service, on_edit_in_plex="ask").operation("all")
    for number in scenes:
        box.plex.edit_as_person(box.item(number)["ratingKey"], title="By hand")
        box.stash.update_scene(number, title=f"New {number}")
        box.settle()
    box.task("Reconcile Library (All)")
    assert service.titles == ["Stash2Plex: 1 item waits for a decision"]


def test_runs_that_wrote_are_told_only_if_the_user_wants_it(box: Box, service: Receiver) -> None:
    scene = box.add("a.mp4", title="T")
    notifies(box, service).task("Sync All Scenes to Plex")
    assert service.came == []
    notifies(box, service, notify_runs=True)
    box.task("Sync All Scenes to Plex")
    assert service.came == []
    box.stash.update_scene(scene, title="New")
    box.settle()
    (told,) = service.came
    assert told["title"] == "Stash2Plex: Run 2 wrote 1 field of 1 item" and told["type"] == "info"


def test_a_pause_is_no_failure(box: Box, service: Receiver) -> None:
    box.add("a.mp4", title="T")
    notifies(box, service, paused=True).task("Sync All Scenes to Plex")
    assert service.came == []


# -- nothing waits


def test_no_hook_and_no_operation_sends(box: Box, service: Receiver) -> None:
    scene = box.add("a.mp4", title="T")
    notifies(box, service, hook_mode="inline", notify_runs=True)
    box.plex.go_down()
    box.stash.hold_jobs()
    box.stash.update_scene(scene, title="New")
    box.operation("process_queue")
    assert service.came == []
    box.stash.release_jobs()
    look_is_due(box)
    box.task("Process Queue")
    assert service.titles == ["Stash2Plex: Plex is away"]


def test_a_service_that_hangs_holds_up_no_other_service(box: Box) -> None:
    scene = box.add("a.mp4", title="T")
    with receivers(200, 200, 200, 500) as (silent, endless, well, bad):
        silent.hang()
        endless.trickle()
        notifies(box, silent, endless, well, bad, notify_runs=True).task("Sync All Scenes to Plex")
        assert [len(one.came) for one in (silent, endless, well, bad)] == [1, 1, 1, 1]
        assert box.item(scene)["title"] == "T"
        late = "no answer in time"
        assert answers(box) == ["the service did not answer", late, "", "the service answered 500"]
        warned = [line for line in lines(box, "warning") if "notifications" in line]
        assert warned == [
            "notifications: address 1 (JSON): the service did not answer",
            "notifications: address 2: no answer in time",
            "notifications: address 4 (JSON): the service answered 500",
        ]


def test_a_save_does_not_wait_for_a_service_that_hangs(box: Box, service: Receiver) -> None:
    _, scene = fill(box, 2)
    notifies(box, service, notify_runs=True)
    service.trickle()
    box.stash.run_task("Stash2Plex", "Sync All Scenes to Plex")
    until(lambda: service.came)
    assert box.operation("status")["draining"] is False
    box.stash.update_scene(scene, title="New")
    box.settle()
    assert box.differences() == {} and queued(box) == 0
    first, *_ = [line for line in lines(box, "warning") if "notifications" in line]
    assert first == "notifications: address 1: not waited for, because other work came"


def test_saves_that_wait_for_plex_do_not_hide_the_result(box: Box, service: Receiver) -> None:
    first, second = fill(box, 2)
    notifies(box, service).operation("all")
    box.plex.go_down()
    box.stash.hold_jobs()
    for scene in (first, second):
        box.stash.update_scene(scene, title="New")
    box.stash.release_jobs()
    box.settle()
    box.stash.update_scene(second, title="Newer")
    box.task(TEST)
    assert len(service.came) == 2 and answers(box) == [""]


def test_a_cause_is_not_told_again_after_a_service_failed(box: Box) -> None:
    scene = box.add("a.mp4", title="T")
    with receivers(500) as (bad,):
        notifies(box, bad).operation("all")
        outage(box, scene)
        look_is_due(box)
        box.task("Process Queue")
        assert len(bad.came) == 1


# -- what is sent


def test_titles_with_markup_or_a_mention_stay_text(box: Box, service: Receiver) -> None:
    scene = box.add("a.mp4", title="T")
    box.configure(plex_library="[x](http://e.example) @everyone <b>\\n", notify=address(service))
    box.task("Sync All Scenes to Plex")
    (told,) = service.came
    text = told["title"] + told["message"]
    assert scene and "@everyone" not in text and "](" not in text and "<b>" not in text
    assert "everyone" in text and "\\n" in text, "nothing is lost or interpreted"


def test_a_message_is_short(box: Box, service: Receiver) -> None:
    box.add("a.mp4", title="T")
    notifies(box, service, plex_library="long " * 500).task("Sync All Scenes to Plex")
    (told,) = service.came
    assert len(told["title"]) < 350 and 0 < len(told["message"]) <= 1500


@pytest.mark.skipif(not has_openssl(), reason="openssl makes the certificate")
def test_discord_and_ntfy_get_the_message_in_their_forms(
    box: Box, service: Receiver, tmp_path
) -> None:
    with receivers(200) as (proxy,):
        box.stash.env = {**box.stash.env, **proxy.as_proxy(tmp_path), "NO_PROXY": "127.0.0.1"}
        discord = "discord://1234567890/token-of-discord/?verify=no"
        box.tokens.add("token-of-discord")
        box.configure(notify=f"ntfy://{service.place}/my-topic, {discord}")
        box.task(TEST)
        assert service.came[0]["topic"] == "my-topic" and "test" in service.came[0]["title"]
        assert proxy.paths == ["/api/webhooks/1234567890/token-of-discord"]
        assert "This is a test" in proxy.came[0]["content"]


# -- a test message, and the addresses


def test_a_test_names_the_address_that_failed_by_its_number(box: Box) -> None:
    with receivers(200, 500) as (well, bad):
        notifies(box, well, bad)
        box.configure(notify=f"{box.settings()['notify']} nonsense://x-y-z json://127.0.0.1:1/x")
        ended = box.task(TEST)
        assert ended.error == (
            "address 1 (JSON): sent; address 2 (JSON): the service answered 500; address 3: Apprise does "
            "not know this address; address 4 (JSON): the service did not answer"
        )
        assert answers(box)[0] == "" and all(answers(box)[1:])
        said = {row["id"]: row["said"] for row in box.operation("doctor")["findings"]}
        assert "address 2: the service answered 500" in said["settings.notify"]
        assert [len(well.came), len(bad.came)] == [1, 1]


def test_a_test_that_arrives_says_so_for_each_address(box: Box) -> None:
    with receivers(200, 200) as both:
        notifies(box, *both)
        assert box.operation("send_test")["sent"] == [
            {"number": 1, "service": "JSON", "problem": ""}, {"number": 2, "service": "JSON", "problem": ""},
        ]  # fmt: skip
        assert [len(one.came) for one in both] == [1, 1]
        assert box.operation("notifications")["sent_at"] > 0


def test_a_test_without_an_address_says_what_is_missing(box: Box) -> None:
    with pytest.raises(StashError, match="Notify names no address"):
        box.operation("send_test")


def test_a_terminal_notifies_as_a_task_does(box: Box, service: Receiver) -> None:
    box.add("a.mp4", title="T")
    notifies(box, service, notify_runs=True)
    done = terminal(box, "all", "--stash", box.stash.url, "--json")
    assert json.loads(done.stdout)["output"]["queued"] == 1 and len(service.came) == 1


def test_the_addresses_are_shown_nowhere(box: Box, service: Receiver) -> None:
    box.add("a.mp4", title="T")
    notifies(box, service, debug_logging=True).task(TEST)
    service.status = 500
    box.task(TEST)
    said = json.dumps(
        [box.operation(mode) for mode in ("bundle", "doctor", "settings", "notifications")]
    )
    assert WORD not in said and "a-secret-path" not in said and leaks(box) == []
    rows = {row["name"]: row for row in box.operation("settings")["settings"]}
    assert rows["notify"]["value"] == "***" and not rows["notify"]["is_default"]
    box.configure(notify=f"me:{WORD}@nowhere", debug_logging=True)
    assert box.task("Health Check").exit_code == 0
    assert any("must be addresses of Apprise" in line for line in lines(box, "warning"))
    assert leaks(box) == []


def test_files_and_variables_of_apprise_are_not_read(box: Box, service: Receiver, tmp_path) -> None:
    elsewhere = tmp_path / "elsewhere.yml"
    with receivers(200) as (other,):
        elsewhere.write_text(f"urls:\n  - json://{other.place}/x\n")
        box.stash.env = {
            **box.stash.env, "APPRISE_CONFIG_PATH": str(elsewhere), "APPRISE_URLS": f"json://{other.place}/x",
            "APPRISE_PLUGIN_PATH": str(tmp_path), "APPRISE_STORAGE_PATH": str(tmp_path / "store"),
        }  # fmt: skip
        notifies(box, service).task(TEST)
        assert len(service.came) == 1 and other.came == []
        assert not (tmp_path / "store").exists()
    assert script(box).exists()


# -- the package


@pytest.fixture
def bare(box: Box, service: Receiver) -> Box:
    """It needs a package more, which only the stub of pip can deliver."""
    requirements = box.folder / "requirements-notify.txt"
    requirements.write_text(requirements.read_text() + "s2p-tiny>=1,<2\n")
    box.stash.env = {**box.stash.env, "PYTHONPATH": str(STUB)}
    box.add("a.mp4", title="A")
    return notifies(box, service)


def installed(box: Box) -> int:
    return len(list((box.data_dir / "apprise" / "deps").glob("*/s2p_tiny.py")))


@pytest.mark.cold
def test_the_package_is_installed_with_the_first_message_only(bare: Box, service: Receiver) -> None:
    bare.task("Sync All Scenes to Plex")
    assert (installed(bare), service.came) == (0, [])
    with pytest.raises(StashError, match="the task Send Test Notification installs it"):
        bare.operation("send_test")
    outage(bare, 1)
    assert installed(bare) == 1 and service.titles == ["Stash2Plex: Plex is away"]
    bare.plex.come_up()
    bare.task("Process Queue")
    assert len(service.came) == 2 and bare.differences() == {}


@pytest.mark.cold
def test_a_failed_installation_is_not_tried_by_each_task(bare: Box, service: Receiver) -> None:
    bare.stash.env = {**bare.stash.env, "PYTHONPATH": "", "PIP_NO_INDEX": "1"}
    outage(bare, 1)
    look_is_due(bare)
    bare.task("Process Queue")
    tries = [line for line in lines(bare, "warning") if "could not be installed" in line]
    assert len(tries) == 1 and service.came == []
    bare.stash.env = {**bare.stash.env, "PYTHONPATH": str(STUB)}
    bare.task(TEST)
    assert installed(bare) == 1
    look_is_due(bare)
    bare.task("Process Queue")
    assert service.titles[1:] == ["Stash2Plex: Plex is away"], "the cause was not lost"

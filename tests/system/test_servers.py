"""What is remembered of one Plex server is applied to no other, and is whole when that one comes back."""

from __future__ import annotations

import time
from collections.abc import Iterator
from threading import Thread

import pytest

from devserver.box import PLEX_ROOT, TOKEN, Box
from devserver.plex import PlexServer
from sync_queue import inbox
from tests.support.quick_box import quicken

pytestmark = pytest.mark.uncovered


@pytest.fixture
def other() -> Iterator[PlexServer]:
    """A second Plex with the same files, which nobody has ever written to."""
    with PlexServer(token=TOKEN) as server:
        server._state.machine_identifier = "feedbeef" * 5
        server.add_section("Scenes", roots=[PLEX_ROOT])
        yield server


@pytest.fixture
def synced(box: Box, other: PlexServer) -> Box:
    """Three scenes on the first server, whose second run is to be undone."""
    box.scenes = [
        box.add(f"{n}.mp4", title=f"T{n}", details="First.", tags=["Rain"]) for n in (1, 2, 3)
    ]
    for path in box.paths.values():
        other.add_file(path, size=1000 + int(path[-5]) - 1)
    box.operation("all")
    for number in box.scenes:
        box.stash.update_scene(number, title=f"U{number}", details="Second.")
    box.settle()
    box.operation("process_queue")
    assert box.differences() == {}
    return box


def use(box: Box, server: PlexServer) -> None:
    box.configure(plex_url=server.url)


def test_an_undo_of_one_server_changes_nothing_on_another(synced: Box, other: PlexServer) -> None:
    use(synced, other)
    found = synced.operation("undo")
    assert (found["fields"], found["items"]) == (0, 0)
    assert other.writes() == []


@pytest.mark.parametrize("mode", ["doctor", "preview"])
def test_a_look_at_another_server_takes_nothing_from_the_first(synced, other, mode) -> None:
    held = synced.scenes[0]
    synced.operation("hold", scene=held)
    use(synced, other)
    synced.operation(mode)
    use(synced, synced.plex)
    synced.operation("preview")
    assert [row["scene"] for row in synced.operation("list_held")["rows"]] == [held]
    assert len(synced.operation("list_runs")["rows"]) == 2
    synced.stash.update_scene(synced.scenes[1], title="Third")
    synced.settle()
    assert synced.item(synced.scenes[1])["title"] == "Third"
    assert synced.operation("undo")["fields"] == 1
    assert synced.item(synced.scenes[1])["title"] == f"U{synced.scenes[1]}"


def test_a_server_that_comes_back_gets_what_it_missed(synced: Box, other: PlexServer) -> None:
    use(synced, other)
    synced.stash.update_scene(synced.scenes[0], title="Meanwhile")
    synced.settle()
    assert other.item_by_file(synced.paths[synced.scenes[0]])["title"] == "Meanwhile"
    assert synced.item(synced.scenes[0])["title"] != "Meanwhile"
    use(synced, synced.plex)
    synced.stash.update_scene(synced.scenes[1], title="Back")
    synced.settle()
    assert synced.differences() == {}


def test_what_is_owed_when_the_server_changes_reaches_both(synced: Box, other: PlexServer) -> None:
    synced.plex.go_down()
    synced.stash.update_scene(synced.scenes[0], title="While away")
    synced.settle()
    use(synced, other)
    synced.operation("process_queue")
    assert other.item_by_file(synced.paths[synced.scenes[0]])["title"] == "While away"
    synced.plex.come_up()
    use(synced, synced.plex)
    synced.operation("process_queue")
    assert synced.differences() == {}


def test_an_edit_while_a_drain_lingers_reaches_a_server_that_is_new(synced, other) -> None:
    """Which server it is the drain learns with a batch in its hands."""
    scene = synced.scenes[0]
    use(synced, other)
    synced.stash.library.store.scenes[scene].title = "Late"
    lingering = Thread(target=synced.operation, args=["process_queue"], kwargs={"trigger": "hook"})
    lingering.start()
    time.sleep(1.5)
    inbox.mark(str(synced.data_dir), "scene", scene)
    lingering.join()
    assert other.item_by_file(synced.paths[scene])["title"] == "Late"
    assert synced.operation("status")["queue"]["pending"] == 0


@pytest.mark.parametrize(
    "step",
    ["sync_queue.jobs.Jobs.take_over", "sync_queue.servers.enter", "app.run.Run._let_go"],
)
def test_a_switch_of_servers_that_is_cut_off_loses_no_job(
    synced: Box, other: PlexServer, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    box, scene = quicken(synced), synced.scenes[0]
    box.plex.go_down()
    box.stash.update_scene(scene, title="While away")
    box.operation("process_queue")
    use(box, other)
    with monkeypatch.context() as killed, pytest.raises(KeyboardInterrupt):
        killed.setattr(step, _die)
        box.operation("process_queue")
    box.operation("process_queue")
    assert other.item_by_file(box.paths[scene])["title"] == "While away"


def test_a_lost_ledger_is_not_taken_for_another_server(synced: Box, other: PlexServer) -> None:
    box, first = quicken(synced), synced.plex
    for server in (other, first):
        use(box, server)
        box.operation("all")
    for path in box.data_dir.glob("plex.sqlite*"):
        path.unlink()
    use(box, other)
    box.stash.update_scene(box.scenes[0], title="Of the other")
    box.operation("all")
    for server in (first, other):
        use(box, server)
        box.operation("preview")
    assert box.operation("undo")["fields"] == 1
    assert other.item_by_file(box.paths[box.scenes[0]])["title"] == f"U{box.scenes[0]}"


def _die(*_: object) -> None:
    raise KeyboardInterrupt


def test_the_outage_of_one_server_is_not_that_of_another(synced: Box, other: PlexServer) -> None:
    synced.plex.go_down()
    synced.stash.update_scene(synced.scenes[0], title="While away")
    synced.settle()
    assert synced.operation("status")["outage"]["state"] == "open"
    use(synced, other)
    synced.operation("process_queue")
    assert synced.operation("status")["outage"] is None
    assert synced.operation("outage_summary")["outages"] == 0


def test_dead_letters_stay_with_the_server_that_refused(synced: Box, other: PlexServer) -> None:
    synced.configure(max_retries=1)
    synced.plex.faults.arm(
        "400",
        lambda call: (
            call.get("id") == "101" and "locked" in call.target and "country" not in call.target
        ),
        "PUT",
        times=99,
    )
    synced.stash.update_scene(synced.scenes[0], title="Refused")
    synced.settle()
    synced.plex.faults.clear()
    assert synced.operation("status")["queue"]["dead"] == 1
    use(synced, other)
    assert synced.operation("queue_status")["queue"]["dead"] == 0
    use(synced, synced.plex)
    assert synced.operation("queue_status")["queue"]["dead"] == 1

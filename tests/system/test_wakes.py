"""A save while somebody else holds the drain lock: whoever lets go of it wakes a drain."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from devserver.box import Box
from tests.support.box_output import terminal, until
from tests.support.hooks import flags, right

pytestmark = pytest.mark.uncovered


@contextmanager
def at_work(box: Box, work: Callable[[], object]) -> Iterator[None]:
    """`work` is under way, and Plex was asked for a write by it."""
    before = len(box.plex.writes())
    worker = threading.Thread(target=work)
    worker.start()
    until(lambda: len(box.plex.writes()) > before)
    yield
    worker.join()


def test_a_save_during_sync_now_of_another_scene_reaches_plex(box: Box) -> None:
    first, second = (box.add(name, title="old") for name in ("a.mp4", "b.mp4"))
    box.plex.latency = 0.2
    with at_work(box, lambda: box.operation("sync", scene=first)):
        box.stash.update_scene(second, title="new")
        assert flags(box) == [("scene", second)]
    right(box)


def undone(box: Box) -> tuple[int, int]:
    """A scene that was synced, and may be undone; and one to save meanwhile."""
    first, second = (box.add(name, title="old") for name in ("a.mp4", "b.mp4"))
    box.operation("all")
    box.plex.latency = 0.2
    return first, second


def test_a_save_during_an_undo_reaches_plex(box: Box) -> None:
    first, second = undone(box)
    with at_work(box, lambda: box.operation("undo", scene=first)):
        box.stash.update_scene(second, title="new")
        assert flags(box) == [("scene", second)]
    right(box, second)


def test_a_save_during_an_undo_in_a_terminal_reaches_plex(box: Box) -> None:
    first, second = undone(box)
    with at_work(
        box, lambda: terminal(box, "undo", "--stash", box.stash.url, "--scene", str(first))
    ):
        box.stash.update_scene(second, title="new")
        assert flags(box) == [("scene", second)]
    right(box, second)

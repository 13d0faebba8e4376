"""A library that is in sync, and what makes a run stop at its brake."""

from __future__ import annotations

import pytest

from devserver.box import Box
from devserver.stash.client import StashError
from tests.support.jobs import fill

MANY = 40  # of a library; 20 may always lose something


@pytest.fixture
def synced(box: Box) -> Box:
    """A library on which all is well."""
    box.scenes = fill(box, MANY, tags=["Rain", "Sun"], studio="Acme", details="Long.")
    box.operation("all")
    assert box.differences() == {}
    box.plex.clear_requests()
    box.stash.logs.clear()
    return box


def says_less(box: Box, scenes: list[int]) -> None:
    """Stash has lost what it said, and told no plugin."""
    store = box.stash.library.store
    for number in scenes:
        scene = store.scenes[number]
        scene.tags, scene.studio, scene.details = (), None, ""
        scene.updated_at = store.now()


def refused(box: Box, mode: str, **arguments) -> str:
    with pytest.raises(StashError) as told:
        box.operation(mode, **arguments)
    return str(told.value)

"""A server that answers byte by byte: each request has one deadline, and the drain lets go."""

from __future__ import annotations

import pytest

import errors
from devserver import trickle
from devserver.box import Box
from stash.api import StashApi
from tests.support.box_output import lines

pytestmark = pytest.mark.uncovered
FOR_EVER = 600.0  # seconds, as an answer goes; the plugin may wait two


@pytest.fixture
def hasty(box: Box) -> Box:
    box.configure(read_timeout=1)
    box.add("a.mp4", title="A")
    return box


@pytest.mark.parametrize("phase", trickle.PHASES)
def test_a_plex_that_trickles_is_given_up_and_nothing_is_lost(hasty: Box, phase: str) -> None:
    hasty.plex.faults.arm("trickle", "/library/sections", times=99, seconds=FOR_EVER, phase=phase)
    hasty.operation("all")
    assert any("no answer in time" in line for line in lines(hasty, "warning", "error"))
    hasty.plex.faults.clear()
    hasty.operation("all")
    assert hasty.differences() == {}


@pytest.mark.parametrize("phase", trickle.PHASES)
def test_a_stash_that_trickles_is_given_up(box: Box, phase: str) -> None:
    box.add("a.mp4", title="A")
    stash = StashApi({"Host": "127.0.0.1", "Port": box.stash.port}, connect=1, read=0.3)
    box.stash.faults.arm("/graphql", 99, action="trickle", seconds=FOR_EVER, phase=phase)
    with pytest.raises(errors.Unreachable, match="no answer in time"):
        stash.scenes([1])
    box.stash.faults.clear()
    assert stash.scenes([1])[1].title == "A"

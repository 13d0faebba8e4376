"""Floods of events, in small: all of them reach Plex, through one drain. In full: `make flood`."""

from __future__ import annotations

import pytest

from tests.torture import flood

pytestmark = pytest.mark.uncovered


def test_twenty_hooks_at_once(box):
    found = flood.hooks_at_once(box, hooks=20, rounds=2)
    assert found.held, found
    assert (found.events, found.reached) == (40, 40)


def test_one_scene_edited_again_and_again(box):
    found = flood.one_scene(box, edits=40)
    assert found.held, found
    assert found.writes < found.events, "a burst is not written edit by edit"


def test_an_edit_that_comes_while_its_scene_is_written(box):
    found = flood.while_written(box, edits=4)
    assert found.held, found


def test_process_queue_pressed_ten_times(box):
    found = flood.pressed(box, times=5)
    assert found.held, found
    assert found.writes == found.events, "each scene is written once"


def test_events_behind_a_long_scan(box):
    found = flood.behind_a_scan(box, files=30)
    assert found.held, found


def test_a_flood_ten_times_as_large_takes_no_more_memory(make_box):
    small, large = (flood.in_a_row(make_box(), events) for events in (12, 120))
    assert small.held and large.held, (small, large)
    assert large.writes == 120
    assert large.peak == pytest.approx(small.peak, rel=flood.MOST_GROWTH - 1)

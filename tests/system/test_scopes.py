"""Each scope picks its scenes by Stash's own text of times, whatever offset they carry."""

from __future__ import annotations

import time

import pytest

from reconciliation.window import window
from stash.api import StashApi
from stash.queries import SceneFilter
from validation.scope import engine_scope

HOUR, DAY = 3600, 86400


def add(box, ago, offset=None):
    """A scene that changed so many seconds ago, stamped in Stash's offset or another one."""
    store = box.stash.library.store
    usual, store.tz_offset = store.tz_offset, offset or store.tz_offset
    stamp = store.timestamp(time.time() - ago)
    store.tz_offset = usual
    return box.add(f"a/{len(box.paths)}.mp4", title=f"Number {len(box.paths)}", updated_at=stamp)


def checked(box, mode, **settings):
    box.configure(**settings)
    return box.operation(mode)["scenes_checked"]


AGES = (60, 10 * HOUR, 22 * HOUR, 27 * HOUR, 6 * DAY, 8 * DAY, 29 * DAY, 40 * DAY)


def test_every_scope_as_a_task_would_have_it(make_box):
    box = make_box(tz_offset="-08:00")
    for ago in AGES:
        add(box, ago)
    assert checked(box, "reconcile_all") == 8
    assert checked(box, "reconcile_recent") == 3
    assert checked(box, "reconcile_7days") == 5
    assert checked(box, "reconcile_custom", reconcile_scope="12h") == 2


@pytest.mark.parametrize("offset", ["+02:00", "-08:00", "+00:00", "+05:30"])
def test_every_scope_in_every_offset(make_box, offset):
    box = make_box(tz_offset=offset)
    for ago in AGES:
        add(box, ago)
    stash = StashApi({"Host": "127.0.0.1", "Port": box.stash.port})
    found = {}
    for scope in ("all", "recent", "recent_7days", "12h", "30d"):
        bounds = window(engine_scope(scope), time.time(), stash.newest_timestamp())
        found[scope] = stash.count(SceneFilter(*bounds))
    assert found == {"all": 8, "recent": 3, "recent_7days": 5, "12h": 2, "30d": 7}


@pytest.mark.parametrize(("before", "after"), [("+02:00", "+01:00"), ("+01:00", "+02:00")])
def test_no_scene_is_lost_when_the_clocks_change(make_box, before, after):
    box = make_box(tz_offset=after)
    for ago in (DAY - 60, DAY - 40 * 60, 12 * HOUR):
        add(box, ago, before)
    add(box, 60)
    assert checked(box, "reconcile_recent") == 4


@pytest.mark.parametrize("offset", ["+02:00", "-08:00"])
def test_a_range_of_days_has_both_its_ends(make_box, offset):
    box = make_box(tz_offset=offset)
    for day in ("2026-01-31", "2026-02-01", "2026-02-14", "2026-02-28", "2026-03-02"):
        stamp = f"{day}T12:00:00{offset}"
        box.add(f"a/{day}.mp4", title=day, updated_at=stamp)
    assert checked(box, "reconcile_custom", reconcile_scope="2026-02-01..2026-02-28") == 3
    assert checked(box, "reconcile_custom", reconcile_scope="2026-02-14..2026-02-14") == 1


def test_syncing_the_recent_scenes_uses_the_same_window(make_box):
    box = make_box(tz_offset="-08:00")
    for ago in (60, 22 * HOUR, 3 * DAY):
        add(box, ago)
    assert box.operation("recent")["queued"] == 2

"""Which scenes are synced, and why the others are not."""

from __future__ import annotations

import pytest

from plex.fields import registry, selection
from plex.fields.selection import REASONS, Skip
from stash.scene import STASH_IDS, File, Ref, Scene
from tests.support.settings import sync_settings


def scene(*tags, paths=("/data/new/a.mp4",), **more):
    refs = tuple(Ref(number, name) for number, name in enumerate(tags, 1))
    return Scene(1, tags=refs, files=tuple(File(path, 1) for path in paths), **more)


TABLE = [
    # settings, scene, why it is skipped
    ({}, Scene(1), None),
    ({"only_organized": True}, scene(), Skip("not organized")),
    ({"only_organized": True}, scene(organized=True), None),
    ({"only_stash_id": True}, scene(), Skip("no stash-box id")),
    ({"only_stash_id": True}, scene(has_stash_id=True), None),
    ({"only_organized": True, "only_stash_id": True}, scene(), Skip("not organized")),
    ({"exclude_tags": "private"}, scene("a", "Private"), Skip("excluded by tag", "Private")),
    ({"exclude_tags": "private"}, scene("a", "private parts"), None),
    ({"exclude_tags": "p*"}, scene("a", "private parts"), Skip("excluded by tag", "private parts")),
    ({"exclude_tags": "[auto]*"}, scene("a"), None),
    ({"exclude_tags": "[auto]*"}, scene("[Auto] x"), Skip("excluded by tag", "[Auto] x")),
    ({"exclude_tags": "rain, heavy"}, scene("rain, heavy"), None),
    ({"exclude_tags": "rain, heavy;"}, scene("Rain, Heavy"), Skip("excluded by tag", "Rain, Heavy")),
    ({"exclude_tags": "\u00e9te"}, scene("E\u0301te"), Skip("excluded by tag", "E\u0301te")),
    ({"include_tags": "a, b"}, scene("B", "c"), None),
    ({"include_tags": "a, b"}, scene("c"), Skip("none of the included tags")),
    ({"include_tags": "a", "exclude_tags": "b"}, scene("a", "b"), Skip("excluded by tag", "b")),
    ({"exclude_paths": "/data/new"}, scene(), Skip("excluded by path", "/data/new")),
    ({"exclude_paths": "/data/new/"}, scene(), Skip("excluded by path", "/data/new/")),
    ({"exclude_paths": "/data/ne"}, scene(), None),
    ({"exclude_paths": "/DATA"}, scene(), None),
    ({"exclude_paths": "/x, /data"}, scene(), Skip("excluded by path", "/data")),
    ({"exclude_paths": "/x"}, scene(paths=["/data/a", "/x/a"]), Skip("excluded by path", "/x")),
    ({"exclude_paths": "d:\\new"}, scene(paths=["D:/New/a.mp4"]), Skip("excluded by path", "d:\\new")),
    ({"exclude_paths": "/a, b;/c"}, scene(paths=["/a, b/x.mp4"]), Skip("excluded by path", "/a, b")),
    ({"include_paths": "/data"}, scene(), None),
    ({"include_paths": "/"}, scene(), None),
    ({"include_paths": "/x"}, scene(), Skip("outside the included paths")),
    ({"include_paths": "/x"}, scene(paths=["/data/a", "/x/a"]), None),
    ({"include_paths": "/x"}, scene(paths=[]), Skip("outside the included paths")),
    ({"include_paths": "/data", "exclude_paths": "/data/new"}, scene(), Skip("excluded by path", "/data/new")),
    ({"include_paths": "/data/new", "exclude_paths": "/data"}, scene(), Skip("excluded by path", "/data")),
]  # fmt: skip


@pytest.mark.parametrize(("settings", "one", "why"), TABLE)
def test_a_scene_is_synced_unless_a_setting_is_against_it(settings, one, why):
    assert selection.skip_reason(one, sync_settings(**settings)) == why


def test_every_reason_is_in_the_table_and_no_other():
    assert {why.reason for _, _, why in TABLE if why} == set(REASONS)


def test_a_reason_names_what_is_at_fault():
    assert Skip("excluded by tag", "x").words == "excluded by tag “x”"
    assert Skip("not organized").words == "not organized"


def test_stash_ids_are_asked_for_only_if_they_decide():
    assert registry.extras(sync_settings()) == set()
    assert registry.extras(sync_settings(only_stash_id=True)) == {STASH_IDS}

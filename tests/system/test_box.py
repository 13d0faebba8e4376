"""What the box can do to its servers, for tests of what the plugin remembers."""

from __future__ import annotations


def test_a_second_plex_is_another_machine_with_the_same_files(box):
    scene, first = box.add("a/clip.mp4", title="T"), box.plex
    second = box.second_plex()
    box.task("Sync All Scenes to Plex")
    assert box.differences() == {} and not second.requests
    box.look_at(second)
    assert set(box.differences()) == {scene} and box.item(scene)["title"] == "clip"
    box.task("Sync All Scenes to Plex")
    assert box.differences() == {}
    sizes = [plex.library.items[101].parts[0].size for plex in (first, second)]
    assert first.machine_identifier != second.machine_identifier and sizes == [1000, 1000]


def test_a_second_plex_may_have_no_files(box):
    box.add("a.mp4", title="T")
    assert list(box.second_plex(files=False).items()) == []


def test_the_ids_of_a_replaced_stash_database_stand_for_other_files(box):
    a, b = box.add("a.mp4", title="A"), box.add("b.mp4", title="B")
    assert box.replace_stash_database() == {a: b, b: a}
    box.task("Sync All Scenes to Plex")
    assert box.differences() == {}
    assert box.item(a)["title"] == "B" and box.item(a)["files"] == ["/media/b.mp4"]

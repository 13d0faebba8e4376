"""A Stash whose database was replaced by another one of the same files."""

from __future__ import annotations

from devserver.stash import StashServer
from tests.support.stash_contract import fired, recording


def test_a_replaced_database_gives_the_ids_to_other_files(stash: StashServer) -> None:
    recording(stash, "Scene.Update.Post", "Scene.Create.Post", "Scene.Destroy.Post")
    ids = [stash.add_scene(path=f"/data/{name}.mp4", title=name) for name in "abc"]
    files = [stash.scene(one)["files"] for one in ids]
    assert stash.replace_database("2020-01-02T03:04:05Z") == dict(zip(ids, [2, 3, 1], strict=True))
    assert [stash.scene(one)["title"] for one in ids] == ["c", "a", "b"]
    assert [stash.scene(one)["files"] for one in ids] == [files[2], *files[:2]]
    assert {stash.scene(one)["updated_at"] for one in ids} == {"2020-01-02T03:04:05Z"}
    asked = "{ findScenes(ids: [1]) { scenes { id title updated_at } } }"
    found = stash.gql(asked)["findScenes"]["scenes"]
    assert found == [{"id": "1", "title": "c", "updated_at": "2020-01-02T03:04:05Z"}]
    assert fired(stash) == []

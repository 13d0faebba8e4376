"""findScenes and its siblings: ids, filters, order, paging, timestamps (7.2 to 7.4)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from devserver.stash import StashError, StashServer
from tests.support.stash_contract import Clock

QUERY = """query($ids: [ID!], $filter: FindFilterType, $scene_filter: SceneFilterType) {
  findScenes(ids: $ids, filter: $filter, scene_filter: $scene_filter) { count scenes { id } } }"""


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def timed(tmp_path: Path, clock: Clock) -> Iterator[StashServer]:
    with StashServer(tmp_path / "config", clock=clock) as server:
        yield server


def find(stash: StashServer, **variables: Any) -> list[int]:
    return [int(s["id"]) for s in stash.gql(QUERY, variables)["findScenes"]["scenes"]]


def where(stash: StashServer, **criteria: Any) -> list[int]:
    """Criteria as (modifier, value), ids sorted."""
    wanted = {
        name: {"modifier": c[0], "value": c[1]} if isinstance(c, tuple) else c
        for name, c in criteria.items()
    }
    return sorted(find(stash, scene_filter=wanted, filter={"per_page": -1}))


def add(stash: StashServer, count: int) -> list[int]:
    return [stash.add_scene(title=f"Scene {n}") for n in range(count)]


def test_ids_keep_their_order_and_override_filter_and_paging(stash: StashServer) -> None:
    add(stash, 30)
    nothing = {"title": {"modifier": "EQUALS", "value": "nothing"}}
    got = find(stash, ids=["3", "30", "1"], filter={"per_page": 1}, scene_filter=nothing)
    assert got == [3, 30, 1]


def test_one_unknown_id_fails_the_whole_query(stash: StashServer) -> None:
    add(stash, 2)
    with pytest.raises(StashError, match="scene with id 9 not found"):
        find(stash, ids=["1", "9"])


def test_a_duplicate_id_fails_the_whole_query(stash: StashServer) -> None:
    add(stash, 2)
    with pytest.raises(StashError, match="duplicate id found: 1"):
        find(stash, ids=["1", "1"])


def test_no_ids_at_all_means_all_scenes_and_the_first_25(stash: StashServer) -> None:
    add(stash, 30)
    assert len(find(stash, ids=[])) == 25


def test_a_page_has_25_rows_and_minus_one_means_all(stash: StashServer) -> None:
    add(stash, 60)
    assert len(find(stash)) == 25 and len(find(stash, filter={"per_page": -1})) == 60
    assert len(find(stash, filter={"page": 3, "sort": "id"})) == 10


def test_duration_and_size_are_of_all_matches_too(stash: StashServer) -> None:
    for n in range(30):
        stash.add_scene(
            files=[{"path": f"/m/{n}.mp4", "size": 10, "duration": 2.5}, f"/m/{n}b.mp4"]
        )
    got = stash.gql("{ findScenes(filter: {per_page: 1}) { duration filesize } }")["findScenes"]
    assert got == {"duration": 75.0, "filesize": 300.0}


def test_count_is_of_all_matches_not_of_the_page(stash: StashServer) -> None:
    add(stash, 60)
    assert stash.gql(QUERY, {"filter": {"per_page": 2}})["findScenes"]["count"] == 60


def test_without_sort_the_order_is_not_that_of_the_ids(stash: StashServer) -> None:
    ids = add(stash, 60)
    got = find(stash, filter={"per_page": -1})
    assert got != ids and sorted(got) == ids and got == find(stash, filter={"per_page": -1})


def test_paging_by_key_sees_every_scene_once(stash: StashServer) -> None:
    ids, seen, last = add(stash, 23), [], 0
    while page := find(
        stash,
        scene_filter={"id": {"modifier": "GREATER_THAN", "value": last}},
        filter={"sort": "id", "direction": "ASC", "per_page": 10},
    ):
        seen += page
        last = page[-1]
    assert seen == ids


def test_an_unknown_sort_is_an_error(stash: StashServer) -> None:
    with pytest.raises(StashError, match="invalid sort: nonsense"):
        find(stash, filter={"sort": "nonsense"})


def test_titles_sort_naturally(stash: StashServer) -> None:
    ids = [stash.add_scene(title=t) for t in ("b 10", "B 9", "a")]
    assert find(stash, filter={"sort": "title"}) == [ids[2], ids[1], ids[0]]


def test_path_equals_is_like_without_case_and_with_wildcards(stash: StashServer) -> None:
    one = stash.add_scene(path="/m/my_file.mp4")
    two = stash.add_scene(path="/m/my-file.mp4")
    assert where(stash, path=("EQUALS", "/m/my_file.mp4")) == [one, two]
    assert where(stash, path=("EQUALS", "/M/MY-FILE.mp4")) == [two]
    assert where(stash, path=("EQUALS", "/m/%")) == [one, two]


def test_any_file_of_a_scene_counts_for_its_path(stash: StashServer) -> None:
    id_ = stash.add_scene(files=["/m/a.mp4", "/other/b.mp4"])
    stash.add_scene(title="no file")
    assert where(stash, path=("EQUALS", "/other/b.mp4")) == [id_]
    assert where(stash, path=("INCLUDES", "nowhere b.mp4")) == [id_]


def test_find_file_compares_exactly_and_fails_when_there_is_none(stash: StashServer) -> None:
    stash.add_scene(path="/m/my_file.mp4")
    query = "query($p: String) { findFile(path: $p) { id basename ... on VideoFile { height } } }"
    assert stash.gql(query, {"p": "/m/my_file.mp4"})["findFile"]["height"] == 1080
    with pytest.raises(StashError, match="not found"):
        stash.gql(query, {"p": "/m/my-file.mp4"})


def test_timestamps_have_the_servers_offset_and_whole_seconds(timed: StashServer) -> None:
    id_ = timed.add_scene(title="a")
    assert timed.scene(id_)["updated_at"] == "2026-09-21T16:13:20+02:00"
    timed.tz_offset = "+00:00"
    timed.update_scene(id_)
    assert timed.scene(id_)["updated_at"] == "2026-09-21T14:13:20Z"


@pytest.mark.parametrize("kind", ["performer", "studio", "tag", "group"])
def test_a_rename_moves_the_time_of_the_thing_alone(
    timed: StashServer, clock: Clock, kind: str
) -> None:
    first, second = (timed.library.store.add_named(kind, name).id for name in ("A", "B"))
    clock.pass_(10)
    timed.rename(kind, first, "C")
    name = f"find{kind.capitalize()}s"
    page = 'sort: "updated_at", direction: DESC, per_page: 1'
    asked = f"{{ {name}(filter: {{{page}}}) {{ count {kind}s {{ id name }} }} }}"
    rows = [{"id": str(first), "name": "C"}]
    assert timed.gql(asked)[name] == {"count": 2, f"{kind}s": rows}
    last = f'{{ {name}(filter: {{sort: "id", direction: DESC}}) {{ {kind}s {{ id }} }} }}'
    assert timed.gql(last)[name][f"{kind}s"][0] == {"id": str(second)}
    changed = f"query C($t: String!) {{ {name}({kind}_filter: {{updated_at: {{modifier: GREATER_THAN, value: $t}}}}) {{ count }} }}"
    before = timed.library.store.named[kind][second].updated_at
    assert timed.gql(changed, {"t": before})[name]["count"] == 1
    assert timed.gql(changed, {"t": "2026-09-21T23:00:00+09:00"})[name]["count"] == 0, "as text"


def test_newest_first_is_by_the_text_of_the_time(timed: StashServer) -> None:
    one = timed.add_scene(title="a")  # 16:13:20+02:00
    timed.tz_offset = "-05:00"
    two = timed.add_scene(title="b")  # 09:13:20-05:00, the same moment
    asked = '{ findScenes(filter: {sort: "updated_at", direction: DESC}) { scenes { id } } }'
    found = timed.gql(asked)["findScenes"]["scenes"]
    assert [int(row["id"]) for row in found] == [one, two]


def test_timestamps_compare_as_text_whatever_their_offset(timed: StashServer) -> None:
    id_ = timed.add_scene(title="a")  # 16:13:20+02:00 is 14:13:20Z
    assert where(timed, updated_at=("GREATER_THAN", "2026-09-21T15:00:00Z")) == [id_]
    assert where(timed, updated_at=("GREATER_THAN", "2026-09-21T16:13:20+01:00")) == [id_]
    assert where(timed, updated_at=("GREATER_THAN", "2026-09-21T16:13:20+02:00")) == []
    assert where(timed, updated_at=("GREATER_THAN", "<4h")) == []


def test_a_between_needs_both_ends(timed: StashServer, clock: Clock) -> None:
    ids = []
    for _ in range(3):
        ids.append(timed.add_scene(title="a"))
        clock.pass_(60)
    stamps = [timed.scene(i)["created_at"] for i in ids]
    between = {"modifier": "BETWEEN", "value": stamps[1], "value2": stamps[2]}
    assert where(timed, created_at=between) == ids[1:]


def test_relations_include_include_all_and_exclude(stash: StashServer) -> None:
    both = stash.add_scene(title="1", tags=["a", "b"])
    one = stash.add_scene(title="2", tags=["a"])
    none = stash.add_scene(title="3")
    a, b = str(stash.tag_id("a")), str(stash.tag_id("b"))
    assert where(stash, tags=("INCLUDES", [a, b])) == [both, one]
    assert where(stash, tags=("INCLUDES_ALL", [a, b])) == [both]
    assert where(stash, tags=("EXCLUDES", [b])) == [one, none]


def test_a_tag_filter_may_go_down_the_tree(stash: StashServer) -> None:
    parent, child = stash.tag_id("parent"), stash.tag_id("child")
    stash.update("tag", child, parent_ids=[str(parent)])
    id_ = stash.add_scene(title="1", tags=["child"])
    deep = {"modifier": "INCLUDES", "value": [str(parent)], "depth": -1}
    assert where(stash, tags=("INCLUDES", [str(parent)])) == []
    assert where(stash, tags=deep) == [id_]


def test_scenes_of_a_performer_studio_and_group_can_be_found(stash: StashServer) -> None:
    id_ = stash.add_scene(title="1", performers=["P"], studio="S", groups=["G"])
    stash.add_scene(title="2")
    assert where(stash, performers=("INCLUDES", ["1"])) == [id_]
    assert where(stash, studios=("INCLUDES", ["1"])) == [id_]
    assert where(stash, groups=("INCLUDES", ["1"])) == [id_]
    assert where(stash, performers_filter={"name": {"modifier": "EQUALS", "value": "p"}}) == [id_]
    tag = str(stash.tag_id("of p"))
    stash.update("performer", stash.performer_id("P"), tag_ids=[tag])
    of_tag = {"tags": {"modifier": "INCLUDES", "value": [tag]}}
    assert where(stash, performers_filter=of_tag) == [id_]


def test_is_missing_finds_what_is_not_there(stash: StashServer) -> None:
    full = stash.add_scene(
        title="t", date="2024", studio="S", performers=["P"], tags=["T"], cover=b"\xff\xd8\xff"
    )
    empty = stash.add_scene(path="/m/a.mp4")
    for what in ("title", "date", "studio", "performers", "tags", "cover"):
        assert where(stash, is_missing=what) == [empty], what
    assert full not in where(stash, is_missing="title")


def test_and_or_not_nest(stash: StashServer) -> None:
    ids = add(stash, 3)
    first, second = ({"title": {"modifier": "EQUALS", "value": f"Scene {n}"}} for n in (0, 1))
    assert where(stash, **first, OR=second) == ids[:2]
    assert where(stash, **first, AND=second) == []
    assert where(stash, NOT=first) == ids[1:]


def test_q_searches_titles_and_paths(stash: StashServer) -> None:
    id_ = stash.add_scene(title="Night Walk", path="/m/x.mp4")
    stash.add_scene(title="Other")
    assert find(stash, filter={"q": "walk X.mp4"}) == [id_]


def test_performers_tags_studios_and_groups_are_found_the_same_way(stash: StashServer) -> None:
    stash.add_scene(title="a", performers=["P", "Q"], studio="S", tags=["T"], groups=["G"])
    got = stash.gql(
        '{ findPerformers(filter: {q: "q"}) { count performers { name scene_count } }'
        ' findStudios { studios { name } } findTags(ids: ["1"]) { tags { name } }'
        " findGroups { groups { name } } findPerformer(id: 9) { id } findTag(id: 1) { name } }"
    )
    assert got["findPerformers"] == {"count": 1, "performers": [{"name": "Q", "scene_count": 1}]}
    assert got["findStudios"]["studios"] == [{"name": "S"}]
    assert got["findGroups"]["groups"] == [{"name": "G"}]
    assert got["findPerformer"] is None and got["findTag"]["name"] == "T"


BUMPS = {
    "a save": lambda s: s.update_scene(1, title="b"),
    "a save that changes nothing": lambda s: s.update_scene(1),
    "a bulk update": lambda s: s.bulk_update([1], rating100=5),
    "scenesUpdate": lambda s: s.scenes_update([{"id": 1}]),
    "identify": lambda s: s.identify({1: {"title": "found"}}),
    "auto-tag": lambda s: s.auto_tag(performers=["*"]),
    "the target of a merge": lambda s: s.merge_scenes([2], 1),
    "a generated cover": lambda s: s.generate_screenshot(1),
    "a file that a scan adds": lambda s: s.scan_add("/m/twin.mp4", oshash="same"),
    "a clean that changes the primary file": lambda s: s.clean("/m/Ann.mp4"),
}
STAYS = {
    "a play": lambda s: s.gql("mutation { sceneAddPlay(id: 1) { count } }"),
    "an o": lambda s: s.gql("mutation { sceneAddO(id: 1) { count } }"),
    "a position": lambda s: s.gql("mutation { sceneSaveActivity(id: 1, resume_time: 1) }"),
    "a rescan": lambda s: s.scan_again("/m/Ann.mp4"),
    "a changed file": lambda s: s.scan_again("/m/Ann.mp4", size=3),
    "a move": lambda s: s.scan_move("/m/Ann.mp4", "/m/moved.mp4"),
    "an assigned file": lambda s: s.gql(
        "mutation { sceneAssignFile(input: {scene_id: 1, file_id: 3}) }"
    ),
    "a renamed performer": lambda s: s.rename("performer", 1, "Bea"),
    "a renamed studio": lambda s: s.rename("studio", 1, "T"),
    "a destroyed tag": lambda s: s.destroy("tag", 1),
    "a tag merge": lambda s: s.merge_tags([1], s.tag_id("other")),
}


def _moves(stash: StashServer, clock: Clock, action: Any) -> bool:
    files = [{"path": "/m/Ann.mp4", "oshash": "same"}, "/m/second.mp4"]
    stash.add_scene(title="a", files=files, studio="S", tags=["T"])
    stash.add_scene(path="/m/other.mp4")
    stash.performer_id("Ann")
    before = stash.scene(1)["updated_at"]
    clock.pass_(10)
    action(stash)
    return stash.scene(1)["updated_at"] != before


@pytest.mark.parametrize("action", BUMPS)
def test_these_events_move_updated_at(timed: StashServer, clock: Clock, action: str) -> None:
    assert _moves(timed, clock, BUMPS[action])


@pytest.mark.parametrize("action", STAYS)
def test_these_events_leave_updated_at_alone(timed: StashServer, clock: Clock, action: str) -> None:
    assert not _moves(timed, clock, STAYS[action])


def test_dates_may_be_partial_and_nothing_else(stash: StashServer) -> None:
    id_ = stash.add_scene(title="a")
    for date in ("2024", "2024-05", "2024-05-06", None):
        stash.update_scene(id_, date=date)
        assert stash.scene(id_)["date"] == date
    with pytest.raises(StashError, match="converting date"):
        stash.update_scene(id_, date="yesterday")


def test_strange_text_comes_back_as_it_was(stash: StashServer) -> None:
    text = 'a, "b" \x01\u2028 \U0001f600 <&> line\nline'
    id_ = stash.add_scene(details=text, title="x", performers=[text])
    query = "query($i: ID!) { findScene(id: $i) { details performers { name } } }"
    got = stash.gql(query, {"i": id_})["findScene"]
    assert got == {"details": text, "performers": [{"name": text}]}


def test_a_scene_without_files_or_studio_is_complete(stash: StashServer) -> None:
    stash.add_scene(title="x")
    got = stash.gql("{ findScene(id: 1) { files { id } studio { id } groups { scene_index } } }")
    assert got["findScene"] == {"files": [], "studio": None, "groups": []}

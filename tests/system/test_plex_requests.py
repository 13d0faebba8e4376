"""How many requests Plex gets, from the plugin's real processes; the figures are printed (-s)."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.uncovered

N, RATED = 200, 50
SYNC_ALL = "Sync All Scenes to Plex"


def told(what: str, box, bound: float) -> int:
    count = len(box.plex.requests)
    print(
        f"\n{what}: {count} requests to Plex ({len(box.plex.writes())} writes), at most {bound:g}"
    )
    return count


def filled(box, posters: bool) -> list[int]:
    return [
        box.add(
            f"folder {n % 7}/clip {n}.mp4", title=f"Title {n}", details=f"One\n{n}",
            date="2024-05-06", studio=f"Studio {n % 5}", tags=[f"tag {n % 11}", "all"],
            performers=[f"Performer {n % 13}"], rating100=70 if n < RATED else None,
            cover=b"\xff\xd8\xff" + n.to_bytes(4, "big") * 50 if posters else None,
        )
        for n in range(N)
    ]  # fmt: skip


@pytest.mark.parametrize(("posters", "each"), [(False, 1.2), (True, 2.3)])
def test_a_first_sync_a_repeated_one_and_one_edit(box, posters, each):
    scenes = filled(box, posters)
    with_or_without = "with" if posters else "without"

    bound = each * N + RATED + 15
    box.task(SYNC_ALL)
    assert box.differences() == {}
    assert told(f"first sync of {N}, {RATED} rated, {with_or_without} posters", box, bound) <= bound

    bound = N / 15 + 15
    box.plex.clear_requests()
    box.task(SYNC_ALL)
    assert told(f"nothing changed, {with_or_without} posters", box, bound) <= bound
    assert box.plex.writes() == []

    box.plex.clear_requests()
    box.stash.update_scene(scenes[3], title="Another title")
    box.settle()
    assert box.item(scenes[3])["title"] == "Another title"
    assert told(f"one title edited, {with_or_without} posters", box, 8) <= 8
    assert len(box.plex.writes()) == 1
    assert box.plex.overlapping_writes == box.plex.unauthenticated == 0


def test_every_edit_names_its_item_and_is_understood(box):
    scenes = filled(box, posters=False)[:20]
    box.task(SYNC_ALL)
    edits = [r for r in box.plex.writes() if r.path.endswith("/all")]
    assert len(edits) == N
    assert all(r.get("id").isdigit() and r.get("type") == "1" for r in edits)
    assert [r.ignored for r in edits if r.ignored] == []
    assert all("X-Plex-Token" not in r.raw_target for r in box.plex.requests)
    assert {box.item(n)["ratingKey"] for n in scenes} <= {int(r.get("id")) for r in edits}
    for request in edits:
        values = {name.partition(".")[0].partition("[")[0] for name, _ in request.query}
        locked = {
            n.partition(".")[0]
            for n, v in request.query
            if (n.endswith(".locked"), v) == (True, "1")
        }
        assert values - {"id", "type", "userRating"} == locked


def test_a_library_of_files_that_plex_does_not_have_is_listed_once(box):
    box.add("there.mp4", title="T")
    for n in range(60):
        box.add(f"missing {n}.mp4", in_plex=False, title="T")
    box.task(SYNC_ALL)
    assert told("60 files that Plex does not have", box, 15) <= 15
    assert len(box.plex.writes()) == 1

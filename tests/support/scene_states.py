"""Every place that tells where a scene stands, held against the others and against both servers."""

from __future__ import annotations

from collections import Counter
from typing import Any

from app.dashboard.scene_states import LISTED
from devserver import proof
from devserver.box import Box
from plex.state.scene_state import STATES

COMPARED = ("in_sync", "differs", "edited")  # a look at the item gives these


def assert_places_agree(box: Box, looked: bool = True) -> dict[int, str]:
    """The states of all scenes of the box, by id.

    Ring, lists, badges and status have to say the same before and after each scene is looked at
    anew (`explain`), which has to say it as well; what they say then is what the servers say.
    Without `looked` nobody has to have looked since the last change, so that what is told before
    that need not be true.
    """
    before = told(box)
    if looked:
        assert_true(box, before)
    fresh = {n: box.operation("explain", scene=n) for n in scenes(box)}
    after = told(box)
    assert {n: (one["state"], one["why"]) for n, one in fresh.items()} == after
    assert_true(box, after)
    return {n: state for n, (state, _) in after.items()}


def scenes(box: Box) -> list[int]:
    """The ids of all scenes that Stash has."""
    return sorted(box.stash.library.store.scenes)


def told(box: Box) -> dict[int, tuple[str, str]]:
    """The state of each scene and why, as all places tell it that need no look at the servers."""
    ids, listed = scenes(box), lists(box)
    badges = {
        n: state for at in range(0, len(ids), 200) for n, state in badged(box, ids[at : at + 200])
    }
    assert set(badges) == set(ids)
    assert {n: state for n, (state, _) in listed.items()} == {
        n: state for n, state in badges.items() if state != "unknown"
    }, "lists and badges"
    counts = box.operation("overview")["scenes"]
    assert set(counts) == set(STATES)
    counted = {state: count for state, count in counts.items() if state != "unknown"}
    expected = Counter(state for state in badges.values() if state != "unknown")
    assert counted == {state: expected[state] for state in counted}, "the ring and the badges"
    unknown = len(ids) - sum(counted.values())
    assert counts["unknown"] <= unknown
    status = box.operation("queue_status")["scenes"]
    assert status == counted | {"unknown": unknown}, "View Queue Status and the ring"
    return {n: listed.get(n, ("unknown", "")) for n in ids}


def badged(box: Box, ids: list[int]) -> list[tuple[int, str]]:
    rows = box.operation("scene_states", scenes=ids)["rows"] if ids else []
    return [(row["scene"], row["state"]) for row in rows]


def lists(box: Box) -> dict[int, tuple[str, str]]:
    """What the lists of all states have, each in pages of three."""
    found: dict[int, tuple[str, str]] = {}
    for state in LISTED:
        after: int | None = 0
        while after is not None:
            more = {"after": after} if after else {}
            page: dict[str, Any] = box.operation("list_scenes", state=state, limit=3, **more)
            for row in page["rows"]:
                assert row["scene"] not in found, "a scene is in one list"
                found[row["scene"]] = (state, row["why"])
            after = page["next"]
    return found


# Fields with one value, by Plex's names of them: where Stash says something and Plex does not, the
# proof sees it. Of lists it sees no leftovers, of images nothing.
PROVEN = {
    "title": "title", "summary": "summary", "studio": "studio", "date": "originallyAvailableAt",
    "rating": "userRating", "content_rating": "contentRating", "original_title": "originalTitle",
}  # fmt: skip


def assert_true(box: Box, told: dict[int, tuple[str, str]]) -> None:
    """What is told of each scene is what the two servers say."""
    holders = Counter(path for item in items(box) for path in item["files"])
    for number, (state, why) in told.items():
        path = box.paths.get(number)
        if path is None:
            continue  # not a scene of the box
        if not holders[path]:
            assert state not in COMPARED, (number, state, "Plex does not have its file")
            continue
        assert state != "not_in_plex", (number, "Plex has its file")
        differs = box.differences([number]).get(number, {})
        if state == "in_sync":
            assert differs == {}, (number, state, differs)
        if state in ("differs", "edited"):
            assert fields(why), (number, state, why)
            expected = proof.expected(box.stash, number, box.settings())
            proven = {PROVEN[one] for one in fields(why) if one in PROVEN}
            assert proven & set(expected) <= set(differs), (number, state, why, differs)


def items(box: Box) -> list[dict[str, Any]]:
    return list(box.plex.state()["items"].values())


def fields(why: str) -> list[str]:
    """The fields that a reason names: `edited in Plex: title, studio; to be decided: genres`."""
    parts = [part.partition(": ")[2] for part in why.split("; ")]
    return [name for part in parts for name in part.split(", ") if name]

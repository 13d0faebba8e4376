"""Pages that read the same byte for byte: they are not parsed, and every other page is."""

from __future__ import annotations

import json
from typing import Any

import pytest

from plex.client.outline import packed, unpacked
from plex.state.database import Store
from reconciliation.outlines import Outlines, outline
from stash.page import Extent, Page

PATHS = (("/data", "/media"),)


def row(number: int, title: str = "T") -> dict[str, Any]:
    paths = {"screenshot": f"http://stash/scene/{number}/screenshot?t=1"}
    return {"id": str(number), "title": title, "files": [{"path": f"/data/{number}", "size": 7}],
            "paths": paths}  # fmt: skip


def body(*rows: dict[str, Any]) -> bytes:
    return json.dumps(list(rows)).encode()


class Walk:
    """One run; `parsed` are the pages that were read, by what they come after."""

    def __init__(self, store: Store, rules: bytes = b"rules", paths: Any = PATHS) -> None:
        self.outlines = Outlines(store, rules, paths)
        self.parsed: list[int] = []

    def page(self, after: int, said: bytes) -> Any:
        def read() -> dict[int, Any]:
            self.parsed.append(after)
            return {int(one["id"]): one for one in json.loads(said)}

        return self.outlines.of(Page(after, read, self.outlines.known(after, said)))


def test_the_same_bytes_are_not_parsed_again_and_tell_the_same(store):
    said = body(row(1), row(2))
    first = Walk(store)
    told = first.page(0, said)
    again = Walk(store)
    assert told == outline({1: row(1), 2: row(2)}, PATHS)
    assert told.keys == {1: ["/media/1"], 2: ["/media/2"]}
    assert again.page(0, said) == told
    assert (first.parsed, again.parsed) == ([0], [])
    assert Walk(store).outlines.known(0, said) == Extent(2, 2)


@pytest.mark.parametrize(
    "change",
    [
        {"said": body(row(1), row(2, "U"))},
        {"after": 1},
        {"rules": b"other"},
    ],
)
def test_anything_else_is_read(store, change):
    said = body(row(1), row(2))
    Walk(store).page(0, said)
    walk = Walk(store, change.get("rules", b"rules"))
    other = walk.page(change.get("after", 0), change.get("said", said))
    assert walk.parsed == [change.get("after", 0)]
    assert list(other.said) == [1, 2]


def test_a_scene_that_is_what_it_was_before_has_its_number_again(store):
    numbers = [Walk(store).page(0, body(row(1, title))).said[1] for title in "TUT"]
    assert numbers[0] == numbers[2] != numbers[1]


def test_pages_that_begin_elsewhere_leave_nothing_of_those_before(store):
    walk = Walk(store)
    walk.page(0, body(row(1), row(2)))
    walk.page(2, body(row(3), row(5)))
    walk.page(5, body(row(6)))
    Walk(store).page(0, body(row(1), row(3)))
    left = store.rows("SELECT after, last, size FROM walked ORDER BY after")
    assert left == [(0, 3, 2), (5, 6, 1)]


@pytest.mark.parametrize("damage", [b"", b"x", packed("x")[:-2], 5])
def test_what_is_damaged_is_read_again(store, damage):
    said = body(row(1))
    before = Walk(store).page(0, said)
    with store.writing() as db:
        db.execute("UPDATE walked SET told = ?", (damage,))
    walk = Walk(store)
    assert (walk.page(0, said), walk.parsed) == (before, [0])
    assert Walk(store).page(0, said) == before
    assert unpacked(damage) is None


@pytest.mark.parametrize("damage", ["last = 0", "last = 900", "size = 1000", "print = print + 1"])
def test_a_damaged_extent_is_not_believed(store, damage):
    said = body(row(1), row(2))
    Walk(store).page(0, said)
    with store.writing() as db:
        db.execute(f"UPDATE walked SET {damage}")
    walk = Walk(store)
    walk.page(0, said)
    assert walk.parsed == [0]
    assert Walk(store).outlines.known(0, said) == Extent(2, 2)


def test_a_page_that_was_not_asked_about_is_not_kept(store):
    walk = Walk(store)
    walk.outlines.of(Page(0, lambda: {1: row(1)}))
    assert store.rows("SELECT * FROM walked") == []

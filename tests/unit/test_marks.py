"""Marks of quick runs: what counts as changed, and what makes a run unsure."""

from __future__ import annotations

import pytest

from reconciliation.marks import (
    HELD,
    KindMark,
    Mark,
    Marks,
    Row,
    SectionMark,
    Unsure,
    changed,
    check_order,
    check_total,
    from_text,
    is_read,
    next_mark,
    to_text,
)

NOW = 2_000


def rows(*pairs: tuple[int, int]) -> list[Row]:
    """Rows of (key, time); the digest of each is its key and its time."""
    return [Row(key, time, key * 10_000 + time) for key, time in pairs]


def mark(*pairs: tuple[int, int], now: float = NOW, before: Mark[int] | None = None) -> Mark[int]:
    return next_mark(rows(*pairs), int(now), before, now)


BEFORE = (3, 1000), (2, 900), (1, 800)


@pytest.mark.parametrize(
    ("now", "found"),
    [
        (BEFORE, [3]),  # in the second of the mark: looked at once more
        (((4, 1100), *BEFORE), [4, 3]),
        (((3, 1000), (4, 950), *BEFORE[1:]), [3, 4]),  # older than the mark, and new
        (((1, 1200), (3, 1000), (2, 900)), [1, 3]),
        (((3, 1000), (2, 900), (1, 800), (9, 700)), [3]),  # below all that was read
    ],
)
def test_rows_are_changed_if_the_mark_does_not_know_them(now, found):
    assert changed(rows(*now), mark(*BEFORE)) == found


def test_a_second_look_ends_when_the_newest_time_is_held():
    first = mark(*BEFORE)
    assert changed(rows(*BEFORE), mark(*BEFORE, before=first, now=NOW + HELD)) == []
    assert changed(rows(*BEFORE), mark(*BEFORE, before=first, now=NOW + 1)) == [3]


def test_several_rows_of_one_second_are_all_looked_at():
    first = mark((3, 1000), (2, 1000), (1, 800))
    assert changed(rows((4, 1000), (3, 1000), (2, 1000), (1, 800)), first) == [4, 3, 2]


def test_rows_of_the_second_of_the_mark_are_read_on_all_pages():
    first = mark((3, 1000), (2, 1000))
    assert not is_read(rows((3, 1000), (2, 1000)), first)
    assert is_read(rows((3, 1000), (2, 1000), (1, 800)), first)
    held = mark((3, 1000), (2, 1000), now=NOW + HELD, before=first)
    assert is_read(rows((3, 1000), (2, 1000)), held)


@pytest.mark.parametrize("now", [((2, 900), (1, 800)), ((2, 1100), (1, 800)), ()])
def test_a_mark_that_is_gone_makes_the_run_unsure(now):
    with pytest.raises(Unsure, match="gone") as raised:
        changed(rows(*now), mark(*BEFORE))
    assert raised.value.whole


def test_a_row_in_the_future_hides_no_later_change():
    """As after a tool, or with a Plex whose clock runs ahead."""
    known = mark((7, 9_999_999), (3, 1000))
    assert (known.newest, known.reach) == (9_999_999, 1000)
    later = rows((7, 9_999_999), (4, 1500), (3, 1000))
    assert not is_read(later[:1], known) and {4, 3} <= set(changed(later, known))


def test_texts_of_another_offset_are_found_by_their_content():
    before = [Row(1, "2026-01-01T12:00:00+02:00", 1), Row(2, "2026-01-01T11:00:00+02:00", 2)]
    known: Mark[str] = next_mark(before, "2026-01-02T00:00:00+02:00", None, NOW, lowest="")
    moved = [*before, Row(3, "2026-01-01T05:30:00-05:00", 3)]
    assert 3 in changed(moved, known)


def test_rows_in_another_order_make_the_run_unsure():
    check_order(rows((1, 9), (2, 9), (3, 1)))
    with pytest.raises(Unsure, match="first"):
        check_order(rows((1, 9), (3, 1), (2, 9)))


def test_totals_have_to_add_up():
    check_total("scenes", 5, 3, [1, 2])
    for total in (4, 6):
        with pytest.raises(Unsure, match="are listed instead of"):
            check_total("scenes", total, 3, [1, 2])


def test_marks_come_back_as_they_were_kept():
    marks = Marks(
        1.5, "ab", True, {1: SectionMark(3, 9, mark(*BEFORE), mark(*BEFORE))},
        {"scene": KindMark(2, 2, Mark("b", "b", "a", 1, {1: -5}))},
    )  # fmt: skip
    assert from_text(to_text(marks)) == marks


@pytest.mark.parametrize(
    "text", ["", "{}", "[]", '{"version": 9}', "null", '{"version": 1, "plex": 3}']
)
def test_damaged_marks_are_none(text):
    assert from_text(text) is None

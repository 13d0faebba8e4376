"""A scope becomes bounds that compare right as text, in whatever offset Stash writes."""

from datetime import datetime, timedelta, timezone

import pytest

from reconciliation.window import SPARE, covers, offset, reached, reaching, window
from validation.scope import engine_scope, parse_scope

NOW = datetime(2026, 3, 29, 12, 0, tzinfo=timezone.utc).timestamp()
HOUR = 3600


def stamp(moment: float, hours: float = 0) -> str:
    """As a Stash whose server runs at this offset writes a time."""
    text = datetime.fromtimestamp(moment, timezone(timedelta(hours=hours))).isoformat()
    return text.replace("+00:00", "Z")


@pytest.mark.parametrize("hours", [0, 2, -8, 5.5])
@pytest.mark.parametrize(
    ("scope", "seconds"), [("recent", 86400), ("recent_7days", 604800), ("12h", 43200)]
)
def test_the_bound_is_written_as_stash_writes(scope, seconds, hours):
    since, until = window(engine_scope(scope), NOW, stamp(NOW - 5, hours))
    assert until is None
    assert since == stamp(NOW - seconds - SPARE, hours)
    assert since < stamp(NOW - seconds, hours) < stamp(NOW, hours)


def test_everything_has_no_bound():
    assert window(engine_scope("all"), NOW, stamp(NOW)) == (None, None)


def test_an_hour_is_to_spare_for_clocks_that_changed_in_between():
    """Rows from before the change carry the other offset, an hour less in their text."""
    since, _ = window(engine_scope("recent"), NOW, stamp(NOW, 2))
    changed_just_in_time = stamp(NOW - 86400 + 1, 1)
    assert changed_just_in_time > since


@pytest.mark.parametrize("hours", [0, 2, -8])
def test_days_begin_and_end_at_midnight_of_stash(hours):
    since, until = window(parse_scope("2026-03-01..2026-03-02"), NOW, stamp(NOW, hours))
    first = datetime(2026, 3, 1, tzinfo=timezone(timedelta(hours=hours))).timestamp()
    assert since == stamp(first - SPARE, hours)
    assert until == stamp(first + 48 * HOUR + SPARE, hours)


@pytest.mark.parametrize("unusable", [None, "", "yesterday", "2026-03-01T10:00:00"])
def test_without_any_time_of_stash_it_is_utc(unusable):
    assert offset(unusable) == timezone.utc
    since, _ = window(engine_scope("recent"), NOW, unusable)
    assert since == stamp(NOW - 86400 - SPARE)


def test_fractions_of_a_second_never_appear():
    since, _ = window(engine_scope("recent"), NOW + 0.75, stamp(NOW, 2))
    assert "." not in since


SEEN = "2026-03-20T10:00:00+02:00"
BACK = "2026-03-19T08:00:00+02:00"


@pytest.mark.parametrize(
    ("since", "seen", "found"),
    [
        ("2026-03-28T11:00:00+02:00", SEEN, BACK),
        ("2026-03-01T11:00:00+02:00", SEEN, "2026-03-01T11:00:00+02:00"),
        ("2026-03-28T11:00:00+02:00", "", None),
        ("2026-03-28T11:00:00+02:00", "of no use", None),
        (None, SEEN, None),
    ],
)
def test_a_window_reaches_back_to_what_was_seen(since, seen, found):
    assert reaching(since, seen, NOW) == found


def test_what_lies_ahead_tells_of_a_clock_set_back():
    assert reaching("2026-03-28T11:00:00+02:00", stamp(NOW + 1, 2), NOW) is None
    assert reaching(stamp(NOW, 2), stamp(NOW, 2), NOW) == stamp(NOW - 26 * HOUR, 2)


@pytest.mark.parametrize(
    ("newest", "found"),
    [(stamp(NOW - 5, 2), stamp(NOW - 5, 2)), (stamp(NOW + 9, 2), stamp(NOW, 2)), (None, "")],
)
def test_a_run_reaches_no_further_than_its_own_time(newest, found):
    assert reached(newest, NOW) == found


@pytest.mark.parametrize(
    ("since", "until", "seen", "covered"),
    [
        (None, None, SEEN, True),
        (None, None, "", True),
        (BACK, None, SEEN, True),
        ("2026-03-19T08:00:01+02:00", None, SEEN, False),
        (BACK, "2026-03-28", SEEN, False),
        (BACK, None, "", False),
    ],
)
def test_what_bounds_cover(since, until, seen, covered):
    assert covers(since, until, seen) is covered

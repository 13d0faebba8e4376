"""A summary longer than an edit of Plex holds: cut, told once, and never tried again."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

import errors
from tests.support.in_process import Bench


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    with Bench(tmp_path) as found:
        yield found


@pytest.mark.parametrize(
    ("details", "limit", "action", "kept"),
    [
        ("word " * 3000, None, "414", 9_999),
        ("漢" * 4000, None, "414", 1_776),
        ("word " * 1900, 8000, "414", 4_615),
        ("word " * 1900, 8000, "reset", 4_615),
    ],
)
def test_a_cut_summary_is_logged_once(bench, details, limit, action, kept):
    scene, key = bench.add(title="T", details=details)
    if limit:
        bench.plex.options.url_limit, bench.plex.options.url_limit_action = limit, action
    (outcome,) = bench.sync(scene)
    shown = bench.plex.item(key)["summary"]
    assert details.startswith(shown[:-1]) and abs(len(shown) - kept) < 200
    (line,) = outcome.warnings
    assert f"has {len(details.strip())} characters" in line and f"first {len(shown) - 1}" in line
    bench.plex.clear_requests()
    (outcome,) = bench.sync(scene)
    assert (bench.writes(), outcome.warnings) == ([], [])


@pytest.mark.parametrize(("action", "kind"), [("414", errors.Rejected), ("reset", errors.Busy)])
def test_a_proxy_that_takes_no_summary_holds_up_nothing(bench, action, kind):
    """Who hangs up does not say why: that is tried again, later and later."""
    scene, _ = bench.add(title="T", details="word " * 1900)
    bench.plex.options.url_limit, bench.plex.options.url_limit_action = 4000, action
    (outcome,) = bench.sync(scene)
    assert type(outcome.error) is kind


@pytest.mark.parametrize("action", ["drop", "drop_after", "html"])
def test_a_long_edit_whose_answer_is_lost_is_not_cut_for_that(bench, action):
    scene, key = bench.add(title="T", details="word " * 1900)
    bench.plex.faults.arm(action, lambda call: len(call.target) > 8000, "PUT")
    (outcome,) = bench.sync(scene)
    assert outcome.error is None and outcome.warnings == []
    assert bench.plex.item(key)["summary"] == ("word " * 1900).strip()
    assert len([w for w in bench.writes("PUT") if w.endswith("/all")]) == 2  # title, summary

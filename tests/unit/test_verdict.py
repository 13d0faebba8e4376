"""What becomes of a job that failed, waits, or waited too often."""

from __future__ import annotations

import pytest

import errors
from sync_queue import retry_policy

NOW = 1000.0


class Odd(Exception):
    """An error that nobody thought of."""


@pytest.mark.parametrize(
    ("error", "action"),
    [
        (errors.Unreachable("Plex is down"), retry_policy.PAUSE),
        (errors.Refused("401"), retry_policy.PAUSE),
        (errors.SetupError("no token"), retry_policy.PAUSE),
        (errors.LibraryEmpty("nothing there"), retry_policy.PAUSE),
        (errors.Braked("too much"), retry_policy.PAUSE),
        (OSError(28, "No space left on device"), retry_policy.PAUSE),
        (errors.Gone("404"), retry_policy.RETRY),
        (errors.Busy("503"), retry_policy.RETRY),
        (Odd("?"), retry_policy.RETRY),
        (errors.Rejected("400"), retry_policy.BURY),
    ],
)
def test_each_error_has_its_verdict(error: Exception, action: str) -> None:
    assert retry_policy.of_error(error, 1, 5, NOW, 0.5).action == action


def test_every_error_of_ours_is_in_the_table() -> None:
    known = {kind for kind, _ in retry_policy.TABLE}
    assert set(errors.Stash2PlexError.__subclasses__()) <= known


def test_no_row_of_the_table_hides_one_below_it() -> None:
    kinds = [kind for kind, _ in retry_policy.TABLE]
    hidden = [(a, b) for n, b in enumerate(kinds) for a in kinds[:n] if issubclass(b, a)]
    assert hidden == []


def test_after_the_last_attempt_a_job_is_buried_with_its_reason() -> None:
    said = retry_policy.of_error(errors.Busy("Plex answered 503"), 5, 5, NOW, 0.5)
    assert (said.action, said.words) == (retry_policy.BURY, "Plex answered 503 (5 attempts)")
    assert retry_policy.of_error(errors.Busy("x"), 4, 5, NOW, 0.5).action == retry_policy.RETRY


@pytest.mark.parametrize("attempts", [1, 5, 99, 100_000])
def test_a_server_that_is_away_never_buries_a_job(attempts: int) -> None:
    said = retry_policy.of_error(errors.Unreachable("x"), attempts, 5, NOW, 0.5)
    assert said.action == retry_policy.PAUSE


@pytest.mark.parametrize(
    ("attempts", "jitter", "seconds"),
    [
        (1, 0.0, 1.0),
        (1, 1.0, 5.0),
        (2, 1.0, 10.0),
        (4, 0.5, 20.0),
        (30, 1.0, 3600.0),
        (0, 1.0, 5.0),
    ],
)
def test_the_wait_grows_with_the_attempts_and_is_never_nothing(
    attempts: int, jitter: float, seconds: float
) -> None:
    assert retry_policy.backoff(attempts, jitter) == seconds
    said = retry_policy.of_error(errors.Busy("x"), attempts, 99, NOW, jitter)
    assert said.due_at == NOW + seconds


@pytest.mark.parametrize(("attempts", "said"), [(1, "x (1 attempt)"), (2, "x (2 attempts)")])
def test_how_often_it_was_tried_is_said(attempts: int, said: str) -> None:
    assert retry_policy.of_error(errors.Busy("x"), attempts, 1, NOW, 1.0).words == said


def test_a_missing_file_is_awaited_ever_longer() -> None:
    found = [retry_policy.of_missing(waits, NOW) for waits in range(9)]
    waited = [said.due_at - NOW for said in found[:8]]
    assert all(said.action == retry_policy.WAIT for said in found[:8]) and waited == sorted(waited)
    assert waited[0] <= 60 and found[8].action == retry_policy.DONE


def test_an_unexpected_error_names_itself_and_stays_short() -> None:
    assert retry_policy.in_words(Odd("what?")) == "Odd: what?"
    assert len(retry_policy.in_words(Odd("x" * 9999))) == 500
    assert retry_policy.in_words(errors.Busy("as it is")) == "as it is"

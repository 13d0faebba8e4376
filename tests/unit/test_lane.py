"""The words for an error that nobody expected."""

from __future__ import annotations

import errors
from app import lane


def test_an_unexpected_error_names_itself() -> None:
    assert lane.in_words(KeyError("x")) == "unexpected KeyError: 'x'"
    assert lane.in_words(errors.Busy("as it is")) == "as it is"


def test_an_error_of_the_disk_shows_no_path() -> None:
    """It may come before anybody knows whether the user wants paths in the log."""
    error = PermissionError(13, "Permission denied", "/data/a.mp4")
    assert lane.in_words(error) == "unexpected PermissionError: Permission denied"
    assert lane.in_words(OSError("what it says")) == "unexpected OSError: what it says"

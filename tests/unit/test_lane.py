"""The words for an error that nobody expected."""

from __future__ import annotations

import errors
from app import lane


def test_an_unexpected_error_names_itself() -> None:
    assert lane.in_words(KeyError("x")) == "unexpected KeyError: 'x'"
    assert lane.in_words(errors.Busy("as it is")) == "as it is"


def test_an_error_of_the_disk_names_the_file_but_no_path() -> None:
    """It may come before anybody knows whether the user wants paths in the log."""
    error = PermissionError(13, "Permission denied", "/home/ann/plugin_data/drain.lock")
    said = lane.in_words(error)
    assert said.startswith("drain.lock cannot be read or written (Permission denied): it has to")
    assert lane.in_words(OSError("what it says")) == "unexpected OSError: what it says"

"""Where the fuzz runs: its cases are forks."""

from __future__ import annotations

import os

import pytest


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    if not hasattr(os, "fork"):
        for item in items:
            if "tests/fuzz" in item.path.as_posix():
                item.add_marker(pytest.mark.skip(reason="its cases are forks of one process"))

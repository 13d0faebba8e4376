"""The simulators alone: no process that they start has anything of the product in it."""

from __future__ import annotations

import pytest

from tests.support.plex_contract import clock, scenes
from tests.support.stash_contract import locked, old_stash, stash

__all__ = ["clock", "locked", "old_stash", "scenes", "stash"]


@pytest.fixture(autouse=True)
def _unmeasured(monkeypatch: pytest.MonkeyPatch) -> None:
    """Measuring coverage costs a process ten times what it costs to start one."""
    monkeypatch.delenv("COVERAGE_PROCESS_CONFIG", raising=False)

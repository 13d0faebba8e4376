"""The simulators alone: no process that they start has anything of the product in it."""

from __future__ import annotations

from tests.support.plex_contract import clock, scenes
from tests.support.stash_contract import locked, old_stash, stash

__all__ = ["clock", "locked", "old_stash", "scenes", "stash"]

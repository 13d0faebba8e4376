"""Fixtures that several of these files use."""

from __future__ import annotations

from tests.support.brakes import synced

__all__ = ["synced"]

"""Settings for tests of pure functions."""

from __future__ import annotations

from typing import Any

from validation.config import Stash2PlexConfig
from validation.settings import SyncSettings


def sync_settings(**given: Any) -> SyncSettings:
    """The default settings, with these as a user types them."""
    return Stash2PlexConfig.model_validate(given).sync_settings()

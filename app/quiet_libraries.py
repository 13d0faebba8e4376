"""Keeps third-party log lines out of Stash's log, where they would show as errors, and keeps modules
that nobody uses out of the process."""

import logging
import os
import sys
import warnings
from types import ModuleType


def prepare() -> None:
    """Call this before the first third-party import."""
    _silence()
    # persist-queue's queues for asyncio would import all of asyncio.
    for name in ("persistqueue.async_queue", "persistqueue.async_sqlqueue"):
        sys.modules.setdefault(name, _Hollow(name))
    # Pydantic would search every installed package for its plugins.
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")


class _Hollow(ModuleType):
    """A module in which every name exists and is None."""

    def __getattr__(self, name: str) -> None:
        if name.startswith("__"):
            raise AttributeError(name)


def _silence() -> None:
    """Switch off Python's logging and warnings. Whatever matters is raised as an error."""
    logging.getLogger().addHandler(logging.NullHandler())
    logging.lastResort = None
    warnings.simplefilter("ignore")

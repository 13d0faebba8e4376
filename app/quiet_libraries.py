"""Keeps the libraries' own log lines out of Stash's log, where they would show as errors, and out of
the process what they bring along that nobody uses."""

import logging
import os
import sys
import warnings
from types import ModuleType


def libraries() -> None:
    """Before any of them is imported."""
    _silence()
    # The queues for asyncio, which would bring all of that.
    for name in ("persistqueue.async_queue", "persistqueue.async_sqlqueue"):
        sys.modules.setdefault(name, _Hollow(name))
    # Pydantic would look through everything that is installed, for plugins that have no part here.
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")


class _Hollow(ModuleType):
    """A module in which every name is found, and is nothing."""

    def __getattr__(self, name: str) -> None:
        if name.startswith("__"):
            raise AttributeError(name)


def _silence() -> None:
    """Python's logging and warnings: what matters is raised, and told in our words."""
    logging.getLogger().addHandler(logging.NullHandler())
    logging.lastResort = None
    warnings.simplefilter("ignore")

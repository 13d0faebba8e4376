"""Keeps the libraries' own log lines out of Stash's log, where they would show as errors, and out of
the process what they bring along that nobody uses."""

import logging
import os
import sys
import warnings


def libraries() -> None:
    """Before any of them is imported."""
    _silence()
    # persistqueue does without where there are none; they bring all of asyncio.
    sys.modules.setdefault("persistqueue.async_queue", None)  # type: ignore[arg-type]
    # Pydantic would look through everything that is installed, for plugins that have no part here.
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")


def _silence() -> None:
    """Python's logging and warnings: what matters is raised, and told in our words."""
    logging.getLogger().addHandler(logging.NullHandler())
    logging.lastResort = None
    warnings.simplefilter("ignore")

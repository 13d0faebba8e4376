"""Keeps the libraries' own log lines out of Stash's log, where they would show as errors."""

import logging
import warnings


def libraries() -> None:
    """Silence Python's logging and warnings: what matters is raised, and told in our words."""
    logging.getLogger().addHandler(logging.NullHandler())
    logging.lastResort = None
    warnings.simplefilter("ignore")

"""Keeps plexapi away from the configuration of other programs on the machine."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

PREFIX = "PLEXAPI_"
PLACE = "PLEXAPI_CONFIG_PATH"


@contextmanager
def only_our_settings() -> Iterator[None]:
    """For the import of plexapi, which reads its file then, and its variables at any time later.

    The variables stay removed from this process and its children.
    """
    for name in [name for name in os.environ if name.upper().startswith(PREFIX)]:
        del os.environ[name]
    os.environ[PLACE] = os.devnull
    try:
        yield
    finally:
        del os.environ[PLACE]

"""Keeps plexapi away from the configuration that somebody made for another program."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

PREFIX = "PLEXAPI_"
PLACE = "PLEXAPI_CONFIG_PATH"


@contextmanager
def only_our_settings() -> Iterator[None]:
    """plexapi is imported inside: it then reads its file, and reads its variables ever after.

    They stay away from this process; a child of it sees none of them either.
    """
    for name in [name for name in os.environ if name.upper().startswith(PREFIX)]:
        del os.environ[name]
    os.environ[PLACE] = os.devnull
    try:
        yield
    finally:
        del os.environ[PLACE]

"""How much the tests try: a part of it in the gate, all of it with `make whole`."""

import os

WHOLE = os.environ.get("STASH2PLEX_WHOLE") == "1"


def size(gate: int, whole: int) -> int:
    """How many scenes, jobs or random cases a test takes."""
    return whole if WHOLE else gate

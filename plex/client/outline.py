"""What was read of a page, small: whoever gets the very same bytes again need not read them. Pure."""

import json
import zlib
from typing import Any


def packed(told: object) -> bytes:
    return zlib.compress(json.dumps(told, separators=(",", ":")).encode(), 1)


def unpacked(found: object) -> Any:
    """What was packed; None if that is damaged."""
    try:
        return json.loads(zlib.decompress(found))  # type: ignore[arg-type]
    except (zlib.error, TypeError, ValueError):
        return None

"""The values that a test writes. Pure. Each contains MARK, so that it is never taken for a person's value."""

import struct
import zlib

from plex.fields.registry import Value
from plex.fields.text import name_key
from plex.plan.plan import Tags, names_of

MARK = "Stash2Plex test"
FIRST, SECOND, THIRD = MARK, f"{MARK} 2", f"{MARK} 3"
OTHER_CASE = MARK.upper()
SPECIAL = (
    f"{MARK}, {MARK} & 50 %+"  # Plex cuts lists of removals at commas, and decodes percent signs
)
LABEL = "stash2Plex test"
TEXT = f"{MARK}: “ä” & 50 %+"
RATINGS = (7.0, 6.0)


def is_of_test(value: Value) -> bool:
    """Whether a test wrote this text or name, whatever Plex has made of it."""
    return name_key(MARK) in name_key(str(value or ""))


def own(names: Value) -> Tags:
    """The names of a list that no test wrote."""
    return tuple(name for name in names_of(names) if not is_of_test(name))


def other_rating(rating: Value) -> float:
    """A rating that differs from this one."""
    return RATINGS[rating == RATINGS[0]]


def picture() -> bytes:
    """A small grey PNG, not compressed: always the same bytes, so that uploads do not pile up."""
    rows = (b"\0" + b"\x80" * 40) * 60
    header = struct.pack(">IIBBBBB", 40, 60, 8, 0, 0, 0, 0)
    chunks = (b"IHDR", header), (b"IDAT", zlib.compress(rows, 0)), (b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(*chunk) for chunk in chunks)


def _chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

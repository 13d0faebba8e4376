"""An invented library to show and to play with: the same scenes every time."""

from __future__ import annotations

import struct
import zlib
from typing import Any

from devserver.box import Box

FIRST = ("Quiet", "Second", "Borrowed", "Northern", "Paper", "Late", "Salted", "Hollow", "Amber")
SECOND = ("Harbour", "Lantern", "Orchard", "Signal", "Staircase", "Winter", "Compass", "Meadow")
# Characters that separate lists, break URLs or have two forms, as names in a library have them.
STUDIOS = ("Harbour Light", "Öresund Film", "Smith & Sons", "Café Numéro 9", "Studio #4, Ltd.")
PERFORMERS = (
    "Ada Quill",
    "Zoë Lindqvist",
    "John Marsh, Jr.",
    "Björn O'Neil",
    "Mei-Lin Tan",
    "Ray “Dot” Hollis",
    "李小明",
    "Åsa & the Band",
)
TAGS = (
    "black & white",
    "rain, heavy",
    "100% handmade",
    "rock'n'roll",
    "slow/fast",
    "C++",
    "déjà vu",
    "日本",
    "to be sorted?",
    "4K=yes",
)
DIRECTORS = ("Ines Vale", "Tomáš Řehoř", "D. O'Hara", "")
DATES = ("2024-05-17", "2023-11", "2022", "2024-02-29", "")


def fill(box: Box, count: int) -> list[int]:
    """Put `count` scenes into Stash, and their files into Plex, which knows only the names."""
    return [box.add(path(n), **scene(n)) for n in range(count)]


def path(n: int) -> str:
    return f"{_of(STUDIOS, n)}/{n // 20 + 1:02}/clip {n:03}.mp4"


def scene(n: int) -> dict[str, Any]:
    """The n-th scene, as `Box.add` takes it; every field is empty now and then."""
    title = f"{_of(FIRST, n)} {_of(SECOND, n // len(FIRST))} {n:03}"
    return {
        "title": title,
        "details": f"“{title}” was made in a week.\n\nTake {n % 7 + 1}, a <rough> cut."
        * (n % 6 > 0),
        "date": _of(DATES, n) or None,
        "rating100": (n * 7) % 101 if n % 3 else None,
        "studio": _of(STUDIOS, n) if n % 11 else None,
        "performers": _some(PERFORMERS, n, n // 3 % 4),
        "tags": _some(TAGS, n, n // 2 % 5),
        "director": _of(DIRECTORS, n),
        "cover": cover(n) if n % 8 else None,
    }


def _of(choice: tuple[str, ...], n: int) -> str:
    return choice[n % len(choice)]


def _some(choice: tuple[str, ...], n: int, count: int) -> list[str]:
    return [_of(choice, n + 3 * k) for k in range(count)]


def cover(n: int, width: int = 40, height: int = 60) -> bytes:
    """A small PNG of its own for every n: a slope between two colours."""
    top, bottom = _colour(n), _colour(n + 101)
    rows = bytearray()
    for y in range(height):
        mixed = bytes(
            (a * (height - y) + b * y) // height for a, b in zip(top, bottom, strict=True)
        )
        rows += b"\0" + mixed * width
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunks = ((b"IHDR", head), (b"IDAT", zlib.compress(bytes(rows))), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(*one) for one in chunks)


def _colour(n: int) -> bytes:
    return bytes((n * step + 40) % 256 for step in (37, 83, 149))


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

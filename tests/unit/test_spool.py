"""Images that wait are not kept in memory."""

from __future__ import annotations

import tracemalloc

import pytest

from plex.images.images import SMALL, Spooled


@pytest.mark.parametrize("size", [0, 1, SMALL, SMALL + 1, 3 << 20])
def test_what_is_spooled_is_read_again_and_again(size: int) -> None:
    data = bytes(range(256)) * (size // 256) + b"x" * (size % 256)
    one = Spooled(data)
    assert one.read() == one.read() == data


def test_forty_large_covers_take_next_to_no_memory() -> None:
    tracemalloc.start()
    waiting = [Spooled(bytes([number]) * (2 << 20)) for number in range(40)]
    held, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert held < 2 << 20 and waiting[7].read() == b"\x07" * (2 << 20)

"""Sets a damaged file aside under a dated name in the same folder, and keeps the last few."""

import os
import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

KEPT = 5  # files set aside of each name
PARTS = ("", "-wal", "-shm")  # SQLite keeps one database in up to three files
_TRIES = 5
_T = TypeVar("_T")


def set_aside(path: Path, now: float) -> str:
    """Move the file away, with its -wal and -shm. Returns the new name, '' if there was no file. Raises
    OSError if it cannot be moved."""
    target, moved = _free(path, now), ""
    for part in PARTS:
        if os.path.lexists(f"{path}{part}"):
            _move(f"{path}{part}", f"{target}{part}")
            moved = target.name
    _forget([aside for aside in asides(path) if aside != target])
    return moved


def asides(path: Path) -> list[Path]:
    """The files that were set aside for this file, the oldest first."""
    name = re.compile(re.escape(path.name) + r"\.(\d{8}-\d{6})(?:-(\d+))?\.aside(?:-wal|-shm)?")
    dates = {}
    for entry in os.listdir(path.parent) if path.parent.is_dir() else ():
        if match := name.fullmatch(entry):
            known = path.with_name(entry.removesuffix("-wal").removesuffix("-shm"))
            dates[known] = (match[1], int(match[2] or 1))
    return sorted(dates, key=lambda aside: dates[aside])


def patiently(work: Callable[[], _T], sleep: Callable[[float], None] = time.sleep) -> _T:
    """Do `work`, and try again: Windows refuses while another process reads or replaces the file."""
    for attempt in range(_TRIES - 1):
        try:
            return work()
        except PermissionError:
            sleep(0.02 * 2**attempt)
    return work()


def _free(path: Path, now: float) -> Path:
    """A free name for this second."""
    stamp = time.strftime("%Y%m%d-%H%M%S", time.gmtime(now))
    taken, number = set(asides(path)), 1
    target = path.with_name(f"{path.name}.{stamp}.aside")
    while target in taken:
        number += 1
        target = path.with_name(f"{path.name}.{stamp}-{number}.aside")
    return target


def _move(source: str, target: str) -> None:
    try:
        patiently(lambda: os.replace(source, target))
    except FileNotFoundError:  # another process was quicker
        pass


def _forget(others: list[Path]) -> None:
    """Delete all but the newest, so that KEPT remain with the new one."""
    for old in others[: -(KEPT - 1)]:
        for part in PARTS:
            _remove(f"{old}{part}")


def _remove(path: str) -> None:
    """Delete a file. A folder in place of a file is deleted only if it is empty."""
    try:
        os.rmdir(path) if os.path.isdir(path) else os.unlink(path)
    except OSError:  # deleted already, or in use until the next time
        pass

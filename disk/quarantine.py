"""A file that cannot be used is kept beside its place under a dated name: the last few of them."""

import os
import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

KEPT = 5  # of each file; the oldest go
PARTS = ("", "-wal", "-shm")  # SQLite keeps one database in up to three files
_TRIES = 5
_T = TypeVar("_T")


def set_aside(path: Path, now: float) -> str:
    """Move the file away, with what SQLite keeps beside it; gives its new name, '' when there is
    nothing. OSError when it cannot be moved."""
    target, moved = _free(path, now), ""
    for part in PARTS:
        if os.path.lexists(f"{path}{part}"):
            _move(f"{path}{part}", f"{target}{part}")
            moved = target.name
    _forget([one for one in asides(path) if one != target])
    return moved


def asides(path: Path) -> list[Path]:
    """What was set aside of the file, the oldest first."""
    name = re.compile(re.escape(path.name) + r"\.(\d{8}-\d{6})(?:-(\d+))?\.aside(?:-wal|-shm)?")
    found = {}
    for entry in os.listdir(path.parent) if path.parent.is_dir() else ():
        if match := name.fullmatch(entry):
            known = path.with_name(entry.removesuffix("-wal").removesuffix("-shm"))
            found[known] = (match[1], int(match[2] or 1))
    return sorted(found, key=lambda one: found[one])


def patiently(work: Callable[[], _T], sleep: Callable[[float], None] = time.sleep) -> _T:
    """Windows refuses for the instant in which another process reads or replaces the file."""
    for attempt in range(_TRIES - 1):
        try:
            return work()
        except PermissionError:
            sleep(0.02 * 2**attempt)
    return work()


def _free(path: Path, now: float) -> Path:
    """A name of this second that no aside has."""
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
    """All but the newest, so that with the one just made there are KEPT."""
    for old in others[: -(KEPT - 1)]:
        for part in PARTS:
            _remove(f"{old}{part}")


def _remove(path: str) -> None:
    """A folder stood in place of a file: what somebody put into it is not ours to delete."""
    try:
        os.rmdir(path) if os.path.isdir(path) else os.unlink(path)
    except OSError:  # gone already, or in use: the next time
        pass

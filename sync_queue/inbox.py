"""Dirty flags: one empty file per thing that changed in Stash. Feather lane.

A flag carries no data but its name (`scene-42`): whoever sweeps it reads the newest state.
Marking the same thing a thousand times leaves one file.
"""
import os
import time

KINDS = ("scene", "performer", "studio", "tag", "group")
FOLDER = "inbox"
LOCK = "drain.lock"
WAKE = "wake"
INLINE = "hook_inline"  # there while the setting hook_mode, which a hook cannot ask for, is inline
# A marker without a job number: its hook is just asking, or was killed while it asked.
ASKING_SECONDS = 10.0
# After this long the hook asks Stash whether the job is still in its queue.
TRUST_SECONDS = 60.0


def mark(data_dir: str, kind: str, number: int) -> None:
    """Set the flag; OSError when the disk does not take it."""
    path = os.path.join(data_dir, FOLDER, f"{kind}-{number}")
    flags = os.O_CREAT | os.O_WRONLY
    try:
        fd = os.open(path, flags, 0o600)
    except FileNotFoundError:
        make_private(os.path.join(data_dir, FOLDER))
        fd = os.open(path, flags, 0o600)
    os.close(fd)


def make_private(folder: str) -> None:
    """The folder and what it needs above it; only its owner may look into the data dir."""
    os.makedirs(folder, mode=0o700, exist_ok=True)


def flags(data_dir: str) -> "list[tuple[str, int]]":
    """All flags as (kind, id), in no order; files of other names are left alone."""
    try:
        with os.scandir(os.path.join(data_dir, FOLDER)) as entries:
            return [flag for entry in entries if (flag := _flag(entry.name))]
    except FileNotFoundError:
        return []


def _flag(name: str) -> "tuple[str, int] | None":
    kind, _, number = name.partition("-")
    return (kind, int(number)) if kind in KINDS and number.isascii() and number.isdigit() else None


def is_empty(data_dir: str) -> bool:
    """Whether nothing is flagged; looks at one name, however many wait."""
    try:
        with os.scandir(os.path.join(data_dir, FOLDER)) as entries:
            return not any(_flag(entry.name) for entry in entries)
    except FileNotFoundError:
        return True


def clear(data_dir: str, kind: str, number: int) -> None:
    """Take a flag down, after what it stands for is owed elsewhere on disk."""
    try:
        os.unlink(os.path.join(data_dir, FOLDER, f"{kind}-{number}"))
    except FileNotFoundError:
        pass


def waking(data_dir: str, server: "str | None", now: float) -> "str | None":
    """None: nobody is waking a drain. '': somebody is, surely. Else a job number to ask about."""
    path = os.path.join(data_dir, WAKE)
    try:
        age = abs(now - os.stat(path).st_mtime)
        with open(path, encoding="utf-8") as file:
            job, _, owner = file.read(200).partition(" ")
    except (OSError, ValueError):
        return None
    if not job:
        return "" if age < ASKING_SECONDS else None
    if owner != (server or ""):
        return None  # that queue went with its server
    return "" if age < TRUST_SECONDS else job


def begin_wake(data_dir: str) -> bool:
    """Announce that this process asks for a drain; False when another one was quicker."""
    try:
        os.close(os.open(os.path.join(data_dir, WAKE), os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    except FileExistsError:
        return False
    return True


def end_wake(data_dir: str, job: "str | None" = None, server: "str | None" = None) -> None:
    """Note the job that is on its way, or (job None) that none is: the drain calls it so, too."""
    path = os.path.join(data_dir, WAKE)
    try:
        if job is None:
            os.unlink(path)
            return
        # Without O_CREAT: a drain that already started took the marker down, and rightly so.
        fd = os.open(path, os.O_WRONLY | os.O_TRUNC)
        os.write(fd, f"{job} {server or ''}".encode())
        os.close(fd)
    except FileNotFoundError:
        pass


def touch_wake(data_dir: str, now: "float | None" = None) -> None:
    """The job is still waiting: trust the marker for another while."""
    now = time.time() if now is None else now
    try:
        os.utime(os.path.join(data_dir, WAKE), (now, now))
    except OSError:
        pass

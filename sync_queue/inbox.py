"""Dirty flags: one empty file per thing that changed in Stash. Feather lane.

A flag carries no data but its name (`scene-42`): whoever sweeps it reads the newest state.
Marking the same thing a thousand times leaves one file.
"""

import os
import sys
import time

KINDS = ("scene", "performer", "studio", "tag", "group")
FOLDER = "inbox"
SERVER = "server"  # names the folder of the Plex server in force; without it that is the data dir
SERVERS = "servers"
LOCK = "drain.lock"
WAKE = "wake"
WAKE_LOCK = "wake.lock"  # held while a hook asks Stash for a drain
INLINE = "hook_inline"  # there while the setting hook_mode, which a hook cannot ask for, is inline
SHOWS = "hook_shows"  # what Plex shows with settings that a hook cannot ask for, as `Group.name`
SETTINGS = "hook_settings"  # which state of Stash's settings these two notes are of
# All that there is to note, for as long as the note is of settings that have changed since.
ALL_SHOWN = {"Group": ("name",), "Studio": ("parent_id",), "Performer": ("image", "tag_ids")}
AWAY = "plex_away"  # its time: when Plex, which is away, is to be looked at again
AWAY_SECONDS = 300.0  # no look is further away than that
HIGHEST = 2**63 - 1  # of ids: Stash keeps them in 64 bits
NO_ANSWER = "?"  # in the place of a job number: Stash was asked, and did not answer in time
ASKING_SECONDS = 30.0  # for so long it is not asked again
# After this long the hook asks Stash whether the job is still in its queue: its drain may have been
# killed before it could take the marker down. One question in so long costs a bulk edit nothing.
TRUST_SECONDS = 10.0
# Windows refuses to open or remove a file that another process has open at this moment.
PATIENCE = (0.01, 0.02, 0.05, 0.1, 0.2)


def mark(data_dir: str, kind: str, number: int) -> None:
    """Set the flag; OSError when the disk does not take it."""
    path = os.path.join(data_dir, FOLDER, f"{kind}-{number}")
    try:
        _touch(path)
    except FileNotFoundError:
        make_private(os.path.join(data_dir, FOLDER))
        _patiently(_touch, path)
    except PermissionError:
        _patiently(_touch, path)


def _touch(path: str) -> None:
    os.close(os.open(path, os.O_CREAT | os.O_WRONLY, 0o600))


def make_private(folder: str) -> None:
    """The folder and what it needs above it; only its owner may look into the data dir."""
    os.makedirs(folder, mode=0o700, exist_ok=True)


def flags(data_dir: str) -> "list[tuple[str, int]]":
    """All flags as (kind, id), in no order. Files of other names are left alone."""
    return list(each_flag(data_dir))


def each_flag(data_dir: str):  # type: ignore[no-untyped-def]
    """The same one by one, for a reader that may stop early."""
    try:
        with os.scandir(os.path.join(data_dir, FOLDER)) as entries:
            for entry in entries:
                if flag := _flag(entry):
                    yield flag
    except FileNotFoundError:
        pass


def _flag(entry: "os.DirEntry[str]") -> "tuple[str, int] | None":
    kind, _, number = entry.name.partition("-")
    if kind not in KINDS or not (number.isascii() and number.isdigit()) or number[0] == "0":
        return None  # a name that no mark gives could not be cleared by its kind and id
    if len(number) > 19 or int(number) > HIGHEST or not entry.is_file():
        return None
    return sys.intern(kind), int(number)


def is_empty(data_dir: str) -> bool:
    """Whether nothing is flagged. Reads one flag, however many wait."""
    return next(each_flag(data_dir), None) is None


def clear(data_dir: str, kind: str, number: int) -> None:
    """Take a flag down, after what it stands for is owed elsewhere on disk."""
    try:
        _patiently(os.unlink, os.path.join(data_dir, FOLDER, f"{kind}-{number}"))
    except FileNotFoundError:
        pass


def _patiently(act, path: str) -> None:  # type: ignore[no-untyped-def]
    """`act(path)`, again for a moment while permission is refused."""
    for pause in PATIENCE:
        try:
            act(path)
            return
        except PermissionError:
            time.sleep(pause)
    act(path)


def home(data_dir: str) -> str:
    """The folder of what belongs to the Plex server in force, and to no other: its index, ledger and
    journal, its queue, outages and reconciliations."""
    try:
        with open(os.path.join(data_dir, SERVER), encoding="utf-8") as file:
            folder, _, leaf = file.readline(200).strip().partition("/")
    except (OSError, ValueError):
        return data_dir
    return (
        os.path.join(data_dir, SERVERS, leaf) if folder == SERVERS and leaf.isalnum() else data_dir
    )


def also_shown(data_dir: str, subject: str, config_dir: str = "") -> "tuple[str, ...]":
    """The fields of a performer, studio, tag or group that Plex may show besides the usual."""
    if not knows_settings(data_dir, config_dir):
        return ALL_SHOWN.get(subject, ())
    pairs = [word.partition(".") for word in _note(data_dir, SHOWS).split()]
    return tuple(name for owner, _, name in pairs if owner == subject)


def _note(data_dir: str, name: str) -> str:
    try:
        with open(os.path.join(data_dir, name), encoding="utf-8") as file:
            return file.read(1000)
    except (OSError, ValueError):
        return ""


# -- the settings, which live in Stash


def state_of_settings(config_dir: str) -> str:
    """Another one after each change of a setting in Stash; '' when that cannot be told."""
    try:
        found = os.stat(os.path.join(config_dir, "config.yml"))
    except (OSError, ValueError):
        return ""
    return f"{found.st_mtime_ns} {found.st_size}"


def knows_settings(data_dir: str, config_dir: str) -> bool:
    """Whether the notes for hooks are of the settings that are in force."""
    state = state_of_settings(config_dir) if config_dir else ""
    return not state or _note(data_dir, SETTINGS) == state


def is_inline(data_dir: str) -> bool:
    """Whether a hook is to drain what it marks, by the setting when it was last read."""
    return os.path.exists(os.path.join(data_dir, INLINE))


def is_away(data_dir: str, now: float) -> bool:
    """Whether Plex is away and not to be looked at yet: a drain could do nothing."""
    try:
        left = os.stat(os.path.join(data_dir, AWAY)).st_mtime - now
    except OSError:
        return False
    return 0 < left <= AWAY_SECONDS  # else the clock was set back


# -- the marker that says a drain is on its way


def waking(data_dir: str, server: "str | None", now: float) -> "str | None":
    """None: no drain is on its way. '': one is, surely. Else a job number to ask Stash about."""
    path = os.path.join(data_dir, WAKE)
    try:
        age = abs(now - os.stat(path).st_mtime)  # a clock may have been set back
        with open(path, encoding="utf-8") as file:
            job, _, owner = file.read(200).partition(" ")
    except (OSError, ValueError):
        return None
    if not job:
        return None  # a hook asks just now, and holds the wake lock; or it was killed meanwhile
    if owner != (server or ""):
        return None  # that queue went with its server
    if job == NO_ANSWER:
        return "" if age < ASKING_SECONDS else None
    return "" if age < TRUST_SECONDS else job


def begin_wake(data_dir: str) -> None:
    """Note that Stash is being asked for a drain. For the holder of the wake lock."""
    os.close(os.open(os.path.join(data_dir, WAKE), os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o600))
    touch_wake(data_dir)


def end_wake(data_dir: str, job: str, server: "str | None") -> None:
    """Note the job that Stash promised, unless its drain was quicker than this note."""
    try:
        # Without O_CREAT: a drain that already started took the marker down, and rightly so.
        fd = os.open(os.path.join(data_dir, WAKE), os.O_WRONLY | os.O_TRUNC)
    except OSError:
        return
    try:
        os.write(fd, f"{job} {server or ''}".encode())
    finally:
        os.close(fd)


def drop_wake(data_dir: str) -> None:
    """No drain is on its way any more: it is here, or Stash refused it."""
    try:
        _patiently(os.unlink, os.path.join(data_dir, WAKE))
    except OSError:  # only a hint: it loses its weight with time
        pass


def touch_wake(data_dir: str, now: "float | None" = None) -> None:
    """The job is still waiting: trust the marker for another while."""
    now = time.time() if now is None else now
    try:
        os.utime(os.path.join(data_dir, WAKE), (now, now))
    except OSError:
        pass

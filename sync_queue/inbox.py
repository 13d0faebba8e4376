"""Dirty flags: one empty file per thing that changed in Stash. Also the notes that hooks read. Hook lane.

A flag carries no data except its name (`scene-42`); the drain reads the newest state. Marking the same
thing a thousand times leaves one file.
"""

import sys
import time

if sys.platform == "win32":
    import nt as calls
else:
    import posix as calls  # the system calls of `os`, whose import costs a tenth of a hook

KINDS = ("scene", "performer", "studio", "tag", "group")
FOLDER = "inbox"
SERVER = (
    "server"  # names the folder of the current Plex server, which is the data dir without this file
)
SERVERS = "servers"
LOCK = "drain.lock"
WAKE = "wake"
WAKE_LOCK = "wake.lock"  # held while a hook asks Stash for a drain
INLINE = "hook_inline"  # exists while Hook Mode is inline; a hook cannot read settings
SHOWS = "hook_shows"  # more fields that Plex shows with these settings, such as `Group.name`
SETTINGS = "hook_settings"  # the state of Stash's settings that these two notes were made from
# Every field that the note can have. Used while the note is older than the settings.
ALL_SHOWN = {"Group": ("name",), "Studio": ("parent_id",), "Performer": ("image", "tag_ids")}
BADGE = "badges"  # exists while Badge on Scene Cards is on
CLOCK = "clock"  # why no tab of Stash starts due work: `off` or `paused`. No file: tabs do
AWAY = "plex_away"  # Plex is away; the file's time is that of the next probe
AWAY_SECONDS = 300.0  # no probe is later than that
LONGEST_RETRY = 6 * 3600  # of the scheduler; a later time means that the clock was set back
HIGHEST = 2**63 - 1  # of ids: Stash keeps them in 64 bits
NO_ANSWER = "?"  # in place of a job number: Stash did not answer in time
ASKING_SECONDS = 30.0  # so long it is not asked again
# After this time a hook asks Stash whether the job is still in its queue: a kill may have come before the
# drain removed the marker. One question in ten seconds costs a bulk edit nothing.
TRUST_SECONDS = 10.0
# Windows refuses to open or remove a file while another process has it open.
PATIENCE = (0.01, 0.02, 0.05, 0.1, 0.2)


def lock_path(data_dir: str) -> str:
    """The lock that the process holds which writes to Plex."""
    return f"{data_dir}/{LOCK}"


def mark(data_dir: str, kind: str, number: int) -> None:
    """Set the flag. Raises OSError if the disk refuses it."""
    path = f"{data_dir}/{FOLDER}/{kind}-{number}"
    try:
        _touch(path)
    except FileNotFoundError:
        make_private(f"{data_dir}/{FOLDER}")
        _patiently(_touch, path)
    except PermissionError:
        _patiently(_touch, path)


def is_file(path: str) -> bool:
    return _type(path) == 0o100000


def _type(path: str) -> int:
    """The bits of `stat` for the type of what is at `path`, 0 if nothing is there."""
    try:
        return calls.stat(path).st_mode & 0o170000
    except OSError:
        return 0


def _touch(path: str) -> None:
    calls.close(calls.open(path, calls.O_CREAT | calls.O_WRONLY, 0o600))


def make_private(folder: str) -> None:
    """Make the folder and its parents, readable by their owner only."""
    if _type(folder) == 0o040000:
        return
    import os  # once in the life of a folder

    os.makedirs(folder, mode=0o700, exist_ok=True)


def flags(data_dir: str) -> "list[tuple[str, int]]":
    """All flags as (kind, id), in no order. Files of other names are left alone."""
    return list(each_flag(data_dir))


def each_flag(data_dir: str):  # type: ignore[no-untyped-def]
    """Yields all flags one by one, for a reader that may stop early."""
    try:
        with calls.scandir(f"{data_dir}/{FOLDER}") as entries:
            for entry in entries:
                if flag := _flag(entry):
                    yield flag
    except FileNotFoundError:
        pass


def _flag(entry: "calls.DirEntry[str]") -> "tuple[str, int] | None":
    kind, _, number = entry.name.partition("-")
    if kind not in KINDS or not (number.isascii() and number.isdigit()) or number[0] == "0":
        return None  # `clear` could not remove such a file by kind and id
    if len(number) > 19 or int(number) > HIGHEST or not entry.is_file():
        return None
    return sys.intern(kind), int(number)


def is_empty(data_dir: str) -> bool:
    """Whether nothing is flagged. Reads one flag, however many wait."""
    return next(each_flag(data_dir), None) is None


def clear(data_dir: str, kind: str, number: int) -> None:
    """Remove a flag, after its job is on disk."""
    try:
        _patiently(calls.unlink, f"{data_dir}/{FOLDER}/{kind}-{number}")
    except FileNotFoundError:
        pass


def _patiently(act, path: str) -> None:  # type: ignore[no-untyped-def]
    """Call `act(path)`, and try again for a moment while permission is denied."""
    for pause in PATIENCE:
        try:
            act(path)
            return
        except PermissionError:
            time.sleep(pause)
    act(path)


def home(data_dir: str) -> str:
    """The folder with the state of the current Plex server."""
    try:
        with open(f"{data_dir}/{SERVER}", encoding="utf-8") as file:
            folder, _, leaf = file.readline(200).strip().partition("/")
    except (OSError, ValueError):
        return data_dir
    has_own = folder == SERVERS and leaf.isalnum()
    return f"{data_dir}/{SERVERS}/{leaf}" if has_own else data_dir


def also_shown(data_dir: str, subject: str, config_dir: str = "") -> "tuple[str, ...]":
    """The fields of a performer, studio, tag or group that Plex shows only with some settings."""
    if not knows_settings(data_dir, config_dir):
        return ALL_SHOWN.get(subject, ())
    pairs = [word.partition(".") for word in _note(data_dir, SHOWS).split()]
    return tuple(name for owner, _, name in pairs if owner == subject)


def _note(data_dir: str, name: str) -> str:
    try:
        with open(f"{data_dir}/{name}", encoding="utf-8") as file:
            return file.read(1000)
    except (OSError, ValueError):
        return ""


# -- the settings, which live in Stash


def state_of_settings(config_dir: str) -> str:
    """A text that changes with every change of a setting in Stash; '' if the file cannot be read."""
    try:
        config = calls.stat(f"{config_dir}/config.yml")
    except (OSError, ValueError):
        return ""
    return f"{config.st_mtime_ns} {config.st_size}"


def knows_settings(data_dir: str, config_dir: str) -> bool:
    """Whether the notes for hooks were made from the present settings."""
    state = state_of_settings(config_dir) if config_dir else ""
    return not state or _note(data_dir, SETTINGS) == state


def has_old_settings(data_dir: str) -> bool:
    """Whether the settings changed after the notes for hooks were made. False without notes."""
    made_from = _note(data_dir, SETTINGS)
    config_dir = data_dir.rsplit("/", 2)[0]
    return bool(made_from) and state_of_settings(config_dir) not in ("", made_from)


def clock(data_dir: str) -> str:
    """`on` if tabs of Stash start due work, else `off` or `paused`."""
    return _note(data_dir, CLOCK) or "on"


def shows_badges(data_dir: str) -> "bool | None":
    """Whether Badge on Scene Cards is on; None if the settings may have changed since they were last read."""
    config_dir = data_dir.rsplit("/", 2)[0]
    return exists(f"{data_dir}/{BADGE}") if knows_settings(data_dir, config_dir) else None


def is_inline(data_dir: str) -> bool:
    """Whether Hook Mode was inline when the settings were last read."""
    return exists(f"{data_dir}/{INLINE}")


def reconciliation_due(state, server: "str | None", now: float):  # type: ignore[no-untyped-def]
    """When the state of the scheduler says that a reconciliation is due (epoch seconds, in the past if
    overdue); None for never. `server` names the running Stash."""
    if state.get("interval") in (None, "", "never"):
        return None
    due, retry = state.get("next_due"), state.get("retry_at")
    # The last try failed, and every event would start the next.
    waits = isinstance(retry, (int, float)) and now < retry <= now + LONGEST_RETRY
    earliest = float(retry) if waits else 0.0
    if server is not None and state.get("stash_identity") != server:
        return earliest
    return max(float(due), earliest) if isinstance(due, (int, float)) else None


def exists(path: str) -> bool:
    return _type(path) != 0


def is_away(data_dir: str, now: float) -> bool:
    """Whether Plex is away and its next probe is not due: a drain could do nothing."""
    try:
        left = calls.stat(f"{data_dir}/{AWAY}").st_mtime - now
    except OSError:
        return False
    return 0 < left <= AWAY_SECONDS  # a later time means that the clock was set back


# -- the marker that says a drain is on its way


def waking(data_dir: str, server: "str | None", now: float) -> "str | None":
    """None: no drain is on its way. '': a drain is on its way. Else a job number to ask Stash about."""
    path = f"{data_dir}/{WAKE}"
    try:
        age = abs(now - calls.stat(path).st_mtime)  # a clock may have been set back
        with open(path, encoding="utf-8") as file:
            job, _, owner = file.read(200).partition(" ")
    except (OSError, ValueError):
        return None
    if not job:
        return None  # a hook is asking now and holds the wake lock, or it was killed
    if owner != (server or ""):
        return None  # that queue ended with its Stash
    if job == NO_ANSWER:
        return "" if age < ASKING_SECONDS else None
    return "" if age < TRUST_SECONDS else job


def begin_wake(data_dir: str) -> None:
    """Note that a hook is asking Stash for a drain. For the holder of the wake lock."""
    flags = calls.O_CREAT | calls.O_TRUNC | calls.O_WRONLY
    calls.close(calls.open(f"{data_dir}/{WAKE}", flags, 0o600))
    touch_wake(data_dir)


def end_wake(data_dir: str, job: str, server: "str | None") -> None:
    """Note the job that Stash promised, unless its drain has already started."""
    try:
        # Without O_CREAT: a drain that has started removed the marker for good.
        fd = calls.open(f"{data_dir}/{WAKE}", calls.O_WRONLY | calls.O_TRUNC)
    except OSError:
        return
    try:
        calls.write(fd, f"{job} {server or ''}".encode())
    finally:
        calls.close(fd)


def drop_wake(data_dir: str) -> None:
    """Remove the marker: the drain has started, or Stash refused it."""
    try:
        _patiently(calls.unlink, f"{data_dir}/{WAKE}")
    except OSError:  # only a hint, which expires
        pass


def touch_wake(data_dir: str, now: "float | None" = None) -> None:
    """Trust the marker for another while: the job still waits."""
    now = time.time() if now is None else now
    try:
        calls.utime(f"{data_dir}/{WAKE}", (now, now))
    except OSError:
        pass

"""Sentences about files that cannot be used: what is wrong, and what to do. Pure."""

import errno

import errors

_OWNER = (
    "the file and its folder have to belong to the user that runs Stash, on a disk that is not full"
)
_FULL = "the disk or the quota of this user is full: make room"
_READ_ONLY = (
    "its file system is read-only: mount it so that Stash can write, or give Stash a config folder on "
    "another one"
)
_WITHOUT_LOCKS = (
    "its file system has no locks or no shared memory, as some network shares and folders shared "
    "with a virtual machine: Stash's config folder has to be on a local disk, or on a share with "
    "locks (NFS with its lock service, SMB without `nobrl`)"
)
_AWAY = "the disk or network share fails: look at that first"
_BY_NUMBER = {
    **dict.fromkeys((errno.ENOSPC, errno.EDQUOT, errno.EFBIG), _FULL),
    errno.EROFS: _READ_ONLY,
    **dict.fromkeys(
        (errno.ENOLCK, errno.ENOSYS, errno.ENOTSUP, errno.EOPNOTSUPP, errno.EINVAL), _WITHOUT_LOCKS
    ),
    **dict.fromkeys(
        (errno.EIO, errno.ESTALE, errno.ENOTCONN, errno.ETIMEDOUT, errno.EHOSTDOWN, errno.ENODEV),
        _AWAY,
    ),
}
SOME_FILE = "a file of the plugin"
# Parts of SQLite's messages that are the same in all versions.
_BY_SENTENCE = {
    "is full": _FULL,
    "readonly": f"{_OWNER}; or {_READ_ONLY}",
    "locking protocol": _WITHOUT_LOCKS,
    "disk I/O error": f"{_AWAY}; or {_WITHOUT_LOCKS}",
}


def newer(name: str, found: int, known: int) -> errors.SetupError:
    """The file has a version that only a later Stash2Plex knows. It stays untouched."""
    return errors.SetupError(
        f"{name} was written by a newer Stash2Plex (its version is {found}, this one knows {known}): "
        "install that one again, or move the file away to begin anew without it"
    )


def unusable(name: str, error: Exception) -> errors.SetupError:
    """The file cannot be read or written, although its content may be right."""
    return errors.SetupError(f"{name} cannot be read or written ({why(error)}): {remedy(error)}")


def of_disk(error: OSError) -> errors.SetupError:
    """Like `unusable`, for an error that may name its file."""
    return unusable(name_of(error) or SOME_FILE, error)


def name_of(error: OSError) -> str:
    """The name of the error's file without the path; '' if it names none."""
    path = error.filename if isinstance(error.filename, str) else ""
    return path.replace("\\", "/").rpartition("/")[2]


def in_use(name: str, seconds: int) -> errors.SetupError:
    """Another process has been writing to the file for too long."""
    return errors.SetupError(
        f"{name} has been in use by another process for more than {seconds} s; the next run tries again"
    )


def immovable(name: str, state: str, error: Exception) -> errors.SetupError:
    """The file is damaged and cannot be replaced."""
    return errors.SetupError(
        f"{name} {state}, and cannot be replaced ({why(error)}): {remedy(error)}"
    )


def why(error: Exception) -> str:
    """The reason in words, without the path, which the user may not want in the log."""
    return (isinstance(error, OSError) and error.strerror) or str(error) or type(error).__name__


def remedy(error: Exception) -> str:
    """Advice: how to put the file right."""
    if isinstance(error, OSError):
        return _BY_NUMBER.get(error.errno or 0, _OWNER)
    message = str(error)
    return next((advice for part, advice in _BY_SENTENCE.items() if part in message), _OWNER)

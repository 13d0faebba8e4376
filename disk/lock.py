"""A lock between processes that the kernel frees when its holder dies.

Hook lane. POSIX record locks can be tested without being taken (`F_TEST`). A hook that tested by taking
the lock could make a starting drain believe that another drain is running.
"""

import errno
import sys
import time

if sys.platform == "win32":
    import nt as calls
else:
    import posix as calls  # the system calls of `os`, whose import costs a tenth of a hook

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing would cost the hook a millisecond
    import os
    from collections.abc import Callable

    _Sleep = Callable[[float], None]
# The errors of a lock that another process holds; any other error is about the disk.
_BUSY = (errno.EACCES, errno.EAGAIN, errno.EDEADLK)
_WINDOWS = sys.platform == "win32"
# A POSIX record lock is lost when its process closes *any* descriptor of the file, so this process
# never opens a lock file again that it holds.
_mine: "set[str]" = set()


class FileLock:
    """An exclusive lock on the file at `path`; the file stays, with one byte in it."""

    def __init__(self, path: "str | os.PathLike[str]") -> None:
        self.path = _absolute(path)
        self._fd: int | None = None

    def acquire(
        self, blocking: bool = False, poll: float = 0.1, sleep: "_Sleep" = time.sleep
    ) -> bool:
        """Take the lock. False if another process holds it and `blocking` is off."""
        while not self._try():
            if not blocking:
                return False
            sleep(poll)
        return True

    def _try(self) -> bool:
        if self.path in _mine:
            return False
        fd = _opened(self.path)
        try:
            _give_a_byte(fd)
            _lock(fd)
        except OSError as error:
            calls.close(fd)
            if error.errno in _BUSY:
                return False
            # A file system without locks raises an error that names no file.
            raise OSError(error.errno, error.strerror, self.path) from None
        self._fd = fd
        _mine.add(self.path)
        return True

    def release(self) -> None:
        """Release the lock. Does nothing if it is not held."""
        if self._fd is None:
            return
        _mine.discard(self.path)
        _unlock(self._fd)
        calls.close(self._fd)
        self._fd = None

    def __enter__(self) -> "FileLock":
        self.acquire(blocking=True)
        return self

    def __exit__(self, *exc: object) -> None:
        self.release()


def is_held(path: "str | os.PathLike[str]") -> bool:
    """Whether any process holds the lock on `path`. Takes nothing and creates nothing."""
    path = _absolute(path)
    if path in _mine:
        return True
    try:
        fd = calls.open(path, calls.O_RDWR)
    except OSError:  # missing, or not ours to open, which the full lane reports
        return False
    try:
        _test(fd)
    except OSError as error:
        return error.errno in _BUSY
    finally:
        calls.close(fd)
    return False


def _absolute(path: "str | os.PathLike[str]") -> str:
    """One spelling for each file, since `_mine` compares them."""
    text = calls.fspath(path)
    if text.startswith("/") and not ("//" in text or "/./" in text or "/../" in text):
        return text
    import os

    return os.path.abspath(text)


def _opened(path: str) -> int:
    """A descriptor of the lock file. Makes the file and its folder."""
    try:
        return calls.open(path, calls.O_RDWR | calls.O_CREAT, 0o600)
    except FileNotFoundError:
        import os

        os.makedirs(os.path.dirname(path), mode=0o700, exist_ok=True)
        return calls.open(path, calls.O_RDWR | calls.O_CREAT, 0o600)


def _give_a_byte(fd: int) -> None:
    """Windows shows a lock only to a process that reads the locked byte, so the file needs one."""
    if calls.fstat(fd).st_size == 0:
        calls.write(fd, b"\0")
    calls.lseek(fd, 0, 0)


if _WINDOWS:  # pragma: no cover - run by the Windows job of the CI

    def _lock(fd: int) -> None:
        import msvcrt

        msvcrt.locking(fd, msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined,unused-ignore]

    def _unlock(fd: int) -> None:
        import msvcrt

        calls.lseek(fd, 0, 0)
        msvcrt.locking(fd, msvcrt.LK_UNLCK, 1)  # type: ignore[attr-defined,unused-ignore]

    def _test(fd: int) -> None:
        # A locked byte cannot be read by another process on Windows.
        calls.read(fd, 1)

else:

    def _lock(fd: int) -> None:
        calls.lockf(fd, calls.F_TLOCK, 0)

    def _unlock(fd: int) -> None:
        calls.lockf(fd, calls.F_ULOCK, 0)

    def _test(fd: int) -> None:
        calls.lockf(fd, calls.F_TEST, 0)

"""One SQLite file: migrated when it is opened, errors as sentences, set aside when it is damaged."""

import os
import sqlite3
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any, TypeVar

import errors
from disk import messages
from disk.lock import FileLock
from disk.migrations import is_misshapen, migrate, roll_back
from disk.quarantine import PARTS, asides, set_aside

AT_ONCE = 900  # values in one statement; older versions of SQLite take 999
ASKED = 500  # the same for statements with further values
BUSY_SECONDS = 30  # how long to wait while another process writes
HALF, NEW = "half", "new"  # a file that is being made, and a finished one

Value = TypeVar("Value")
Values = Sequence[object] | Mapping[str, object]  # of the parameters of a statement


class Database:
    """The open file. `warn` gets a sentence if a damaged file had to be set aside.

    The script at place n of `STEPS` turns a file of version n into version n + 1. Errors of the file
    while it is open are raised as SetupError. A damaged file has been replaced by then, so the next
    transaction finds a sound one.
    """

    FILE, LOCK = "", ""
    STEPS: Sequence[str] = ()

    def __init__(
        self,
        folder: "str | os.PathLike[str]",
        clock: Callable[[], float] = time.time,
        warn: Callable[[str], None] = lambda line: None,
    ) -> None:
        self.path = Path(folder) / self.FILE
        self._clock, self._warn = clock, warn
        self._asides: set[Path] = set()
        self._lost: errors.SetupError | None = None  # why no file is open
        # SQLite does not wait for another process while it sets the journal mode of a new file.
        with self._alone():
            self.db, notice = self._opened()
        if notice:
            warn(notice)

    # -- for every store

    def rows(self, sql: str, values: Values = ()) -> list[tuple[Any, ...]]:
        """All rows of one statement."""
        if self._lost:
            raise self._lost
        try:
            return self.db.execute(sql, values).fetchall()
        except sqlite3.DatabaseError as error:
            raise self._meaning(error) from None

    def rows_in(
        self, sql: str, values: Collection[object], others: Sequence[object] = ()
    ) -> list[tuple[Any, ...]]:
        """All rows of a statement with `IN (...)`, which gets these values in batches. `others` are the
        values of its other parameters, which come first."""
        found = []
        for some in batches(values):
            asked = sql.replace("IN (...)", f"IN ({parameters(some)})")
            found += self.rows(asked, (*others, *some))
        return found

    def value(self, sql: str, values: Values = ()) -> Any:
        """The first value of the first row, None if there is no row."""
        found = self.rows(sql, values)
        return found[0][0] if found else None

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """One transaction, whole or not at all. Inside another transaction it is a part of that."""
        if self._lost:
            raise self._lost
        db = self.db
        if db.in_transaction:
            yield db  # the outer transaction translates the errors
            return
        try:
            db.execute("BEGIN IMMEDIATE")
            try:
                yield db
                db.execute("COMMIT")
            except BaseException:
                roll_back(db)
                raise
        except sqlite3.DatabaseError as error:
            raise self._meaning(error) from None

    def change(self, sql: str, values: Sequence[object] = ()) -> int:
        """Run one statement that writes. Returns the number of changed rows."""
        with self.writing() as db:
            return db.execute(sql, values).rowcount

    def change_each(self, sql: str, rows: Iterable[Sequence[object]]) -> int:
        """Run one statement that writes once for each of the `rows`, as one transaction."""
        with self.writing() as db:
            return db.executemany(sql, rows).rowcount

    def follow(self) -> None:
        """If the file was deleted, or set aside by another process, while it was open: copy its content
        to the file that is in its place now, and use that file."""
        if not self._is_in_place():
            self._warn(self._followed())

    def close(self) -> None:
        self._lost = self._lost or errors.SetupError(f"{self.FILE} is closed")
        self.db.close()

    # -- for a store to override

    def _connect(self, path: Path) -> sqlite3.Connection:
        """Connect to the existing file at `path`. Raises the errors of sqlite3."""
        db = sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None)
        try:
            db.execute("PRAGMA journal_mode=WAL")
        except BaseException:
            db.close()
            raise
        return db

    def _salvage(self, damaged: Path, db: sqlite3.Connection) -> str:
        """Copy what can be read of the damaged file into the new one. Returns a phrase about it."""
        return "rebuilt"

    def _take_along(self, before: sqlite3.Connection) -> None:
        """Copy the content of the open file, which is no longer in its place, through its connection."""

    # -- opening, under the lock

    @contextmanager
    def _alone(self) -> Iterator[None]:
        lock = FileLock(self.path.with_name(self.LOCK))
        try:
            lock.acquire(blocking=True, poll=0.01)
        except OSError as error:
            raise messages.unusable(self.LOCK, error) from None
        try:
            yield
        finally:
            lock.release()

    def _opened(self) -> tuple[sqlite3.Connection, str]:
        """A connection to the file, or to a new file in its place with a sentence about that."""
        try:
            notice = self._finish_replacement()
            fault = self._fault()
            if not fault:
                return self._current(), notice
        except (OSError, sqlite3.Error) as error:
            if not (is_damage(error) or is_misshapen(error)):
                raise _in_words(self.FILE, error) from None
            fault = str(error)
        return self._begun_anew(f"could not be read ({fault})")

    def _fault(self) -> str:
        """A fault of the file that shows without SQLite, '' if there is none."""
        if self.path.is_dir():
            return "it is a folder"
        if self.path.exists():
            return "" if self.path.stat().st_size else "it is empty"
        left = any(os.path.lexists(f"{self.path}{part}") for part in PARTS)
        return "only a part of it is there" if left else ""

    def _current(self) -> sqlite3.Connection:
        """A connection to the file with the present schema. Makes the file if it is missing."""
        if not self.path.exists():
            self._make(lambda db: "")
            os.replace(self._beside(NEW), self.path)
        db = self._open(self.path)
        self._asides = set(asides(self.path))
        return db

    def _open(self, path: Path) -> sqlite3.Connection:
        db = self._connect(path)
        try:
            # Safe against a kill. After a power cut the last transactions are done again.
            db.execute("PRAGMA synchronous=NORMAL")
            if db.execute("PRAGMA user_version").fetchone()[0] != len(self.STEPS):
                migrate(db, self.FILE, self.STEPS)
        except BaseException:
            db.close()
            raise
        return db

    def _make(self, fill: Callable[[sqlite3.Connection], str]) -> str:
        """Make a new file, named NEW once it is whole. Returns what `fill` returns."""
        self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        half = self._beside(HALF)
        _remove(half)
        # SQLite would make the file readable for everybody.
        os.close(os.open(half, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        try:
            with closing(self._open(half)) as db:
                phrase = fill(db)
            os.replace(half, self._beside(NEW))
        except BaseException:
            _remove(half)
            raise
        return phrase

    def _beside(self, what: str) -> Path:
        return self.path.with_name(f"{self.path.name}.{what}")

    def _finish_replacement(self) -> str:
        """Finish a replacement that a kill cut off: if there is only NEW, the old file had been set
        aside. Returns a sentence about it."""
        new = self._beside(NEW)
        _remove(self._beside(HALF))
        if not new.exists():
            return ""
        if self.path.exists():
            _remove(new)
            return ""
        set_aside(self.path, self._clock())  # its -wal and -shm, if they are still there
        os.replace(new, self.path)
        if not asides(self.path):
            return ""
        return f"{self.FILE} could not be read; it was set aside, and a new one has its place"

    def _begun_anew(self, state: str) -> tuple[sqlite3.Connection, str]:
        """Replace the closed file by a new one. Returns the connection and a sentence about it. The old
        file stays in place until the new one is whole, so a kill or a full disk loses nothing."""
        try:
            after = self._make(lambda db: self._salvage(self.path, db))
            name = set_aside(self.path, self._clock())
            os.replace(self._beside(NEW), self.path)
            db = self._current()
        except (OSError, sqlite3.Error) as error:
            raise messages.immovable(self.FILE, state, error) from None
        return db, f"{self.FILE} {state}; it is kept as {name} and {after}"

    # -- while it is open

    def _meaning(self, error: sqlite3.DatabaseError) -> Exception:
        """The error as a sentence, unless a value or a mistake is the reason. Mends a damaged file."""
        if is_damage(error) or is_misshapen(error):
            return errors.SetupError(self._mended(error))
        return _in_words(self.FILE, error) if isinstance(error, sqlite3.OperationalError) else error

    def _mended(self, error: Exception) -> str:
        """Make sure that the next transaction finds a sound file. Returns a sentence about it."""
        why = str(error)
        if not self._is_in_place():
            return self._followed()
        with self._alone(), self._losing():
            self.db.close()
            if is_damage(error) and _is_sound(self.path):  # the disk failed for a moment
                self.db, notice = self._opened()
            else:
                self.db, notice = self._begun_anew(f"is damaged ({why})")
        return notice or f"{self.FILE} could not be read for a moment ({why})"

    def _followed(self) -> str:
        with self._alone(), self._losing(), closing(self.db) as before:
            self.db, notice = self._opened()
            try:
                self._take_along(before)
            except sqlite3.Error as error:
                raise _in_words(self.FILE, error) from None
        return notice or f"{self.FILE} was deleted while it was in use; a new file has its content"

    @contextmanager
    def _losing(self) -> Iterator[None]:
        """Remember that no file is open if this fails."""
        try:
            yield
        except errors.SetupError as error:
            self._lost = error
            raise

    def _is_in_place(self) -> bool:
        """Whether the file is still where it was opened. The inode would tell too, but it changes at
        random on some network shares."""
        try:
            return os.path.exists(self.path) and set(asides(self.path)) <= self._asides
        except OSError:  # unknown
            return True


def insert(db: sqlite3.Connection, into: str, rows: Iterable[Sequence[object]]) -> None:
    """Insert rows with few statements, since each statement may let another thread run for some
    milliseconds. `into` is the statement up to VALUES."""
    left = list(rows)
    while left:
        some = left[: max(1, AT_ONCE // len(left[0]))]
        del left[: len(some)]
        places = ", ".join([f"({parameters(some[0])})"] * len(some))
        db.execute(f"{into} VALUES {places}", [value for row in some for value in row])


def parameters(values: Collection[object]) -> str:
    """A question mark for each value, as a statement takes them."""
    return ",".join("?" * len(values))


def batches(values: Collection[Value]) -> Iterator[list[Value]]:
    """The values in lists that one statement can take."""
    left = list(values)
    for at in range(0, len(left), ASKED):
        yield left[at : at + ASKED]


def is_damage(error: BaseException) -> bool:
    """Whether SQLite says that the file is damaged. Busy, full and forbidden files raise subclasses."""
    return type(error) is sqlite3.DatabaseError


def _in_words(name: str, error: Exception) -> errors.SetupError:
    if "locked" in str(error):
        return messages.in_use(name, BUSY_SECONDS)
    return messages.unusable(name, error)


def leniently(text: bytes) -> str:
    """For `text_factory`: damaged text becomes wrong text instead of an error."""
    return text.decode("utf-8", "replace")


def _remove(path: Path) -> None:
    for part in PARTS:
        with suppress(FileNotFoundError):
            os.unlink(f"{path}{part}")


def _is_sound(path: Path) -> bool:
    """Whether a new connection finds no damage, or cannot tell."""
    try:
        with closing(sqlite3.connect(path, timeout=BUSY_SECONDS)) as db:
            return db.execute("PRAGMA integrity_check(1)").fetchone() == ("ok",)
    except sqlite3.Error as error:
        return not is_damage(error)

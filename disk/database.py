"""One SQLite file: opened by its version, told of in sentences, kept aside when it is damaged."""

import os
import sqlite3
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any, TypeVar

import errors
from disk import messages
from disk.lock import FileLock
from disk.migrations import is_misshapen, migrate, roll_back
from disk.quarantine import PARTS, asides, set_aside

AT_ONCE = 900  # values in one statement; an older SQLite takes 999
ASKED = 500  # the same where it asks for others as well
BUSY_SECONDS = 30  # how long to wait while another process writes
HALF, NEW = "half", "new"  # a file that is being made, and one that is whole

Value = TypeVar("Value")


class Database:
    """The open file. What had to be set aside to open it is told to `warn`.

    `STEPS` are its versions: the script at n makes a file of version n one of version n + 1.
    Whatever goes wrong with the file while it is open is raised as SetupError; one that turns out
    to be damaged has been replaced by then, so that the next transaction finds a sound one.
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
        self._lost: errors.SetupError | None = None  # why nothing is open
        # SQLite does not wait its turn while the journal of a new file is chosen.
        with self._alone():
            self.db, said = self._opened()
        if said:
            warn(said)

    # -- what a store does with it

    def rows(self, sql: str, values: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        """All rows of one statement."""
        with self._plainly():
            return self.db.execute(sql, values).fetchall()

    def rows_in(
        self, sql: str, values: Collection[object], others: Sequence[object] = ()
    ) -> list[tuple[Any, ...]]:
        """All rows of a statement in which `IN (...)` stands for these values. `others` are the
        values of its other parameters, which come first. Many values are asked for in batches."""
        found = []
        for some in batches(values):
            asked = sql.replace("IN (...)", f"IN ({parameters(some)})")
            found += self.rows(asked, (*others, *some))
        return found

    def value(self, sql: str, values: Sequence[object] = ()) -> Any:
        """The first value of the first row; None without one."""
        found = self.rows(sql, values)
        return found[0][0] if found else None

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """One transaction, whole or not at all; within another one a part of that."""
        with self._plainly():
            db = self.db
            if db.in_transaction:
                yield db
                return
            db.execute("BEGIN IMMEDIATE")
            try:
                yield db
                db.execute("COMMIT")
            except BaseException:
                roll_back(db)
                raise

    def follow(self) -> None:
        """If the file was deleted, or set aside by another process, while it was open: what is in
        it goes on in the one that has its place."""
        if not self._is_in_place():
            self._warn(self._followed())

    def begin_anew(self, state: str) -> None:
        """Set the file aside, since it `state`, and go on in a new one."""
        with self._alone(), self._losing():
            self.db.close()
            self.db, said = self._begun_anew(state)
        self._warn(said)

    def close(self) -> None:
        self._lost = self._lost or errors.SetupError(f"{self.FILE} is closed")
        self.db.close()

    # -- what a store may do in its own way

    def _connect(self, path: Path) -> sqlite3.Connection:
        """A connection to the file at `path`, which is there. Raises as sqlite3 does."""
        db = sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None)
        try:
            db.execute("PRAGMA journal_mode=WAL")
        except BaseException:
            db.close()
            raise
        return db

    def _salvage(self, damaged: Path, db: sqlite3.Connection) -> str:
        """Bring what can be read of the damaged file into the new one; in words."""
        return "rebuilt"

    def _take_along(self, before: sqlite3.Connection) -> None:
        """The same from a connection to a file that is no longer in its place."""

    # -- opening; under the lock

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
        """The file as it is; or a new one in its place, with the sentence about that."""
        try:
            said = self._carried_on()
            strange = self._strange()
            if not strange:
                return self._current(), said
        except (OSError, sqlite3.Error) as error:
            if not (is_damage(error) or is_misshapen(error)):
                raise _in_words(self.FILE, error) from None
            strange = str(error)
        return self._begun_anew(f"could not be read ({strange})")

    def _strange(self) -> str:
        """Why SQLite need not even be asked."""
        if self.path.is_dir():
            return "it is a folder"
        if self.path.exists():
            return "" if self.path.stat().st_size else "it is empty"
        left = any(os.path.lexists(f"{self.path}{part}") for part in PARTS)
        return "only a part of it is there" if left else ""

    def _current(self) -> sqlite3.Connection:
        """A connection to the file, which is made if need be, with the present schema."""
        if not self.path.exists():
            self._make(lambda db: "")
            os.replace(self._beside(NEW), self.path)
        db = self._open(self.path)
        self._asides = set(asides(self.path))
        return db

    def _open(self, path: Path) -> sqlite3.Connection:
        db = self._connect(path)
        try:
            # Safe against a kill; after a power cut the last transactions are done again.
            db.execute("PRAGMA synchronous=NORMAL")
            migrate(db, self.FILE, self.STEPS)
        except BaseException:
            db.close()
            raise
        return db

    def _make(self, fill: Callable[[sqlite3.Connection], str]) -> str:
        """A new file, which is called NEW once it is whole; gives what `fill` says."""
        self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        half = self._beside(HALF)
        _remove(half)
        # SQLite would let everybody read it.
        os.close(os.open(half, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        try:
            with closing(self._open(half)) as db:
                said = fill(db)
            os.replace(half, self._beside(NEW))
        except BaseException:
            _remove(half)
            raise
        return said

    def _beside(self, what: str) -> Path:
        return self.path.with_name(f"{self.path.name}.{what}")

    def _carried_on(self) -> str:
        """Where a kill came while a file was made: with NEW there and nothing in its place, the
        old one had been set aside. Gives the sentence about that."""
        new = self._beside(NEW)
        _remove(self._beside(HALF))
        if not new.exists():
            return ""
        if self.path.exists():
            _remove(new)
            return ""
        set_aside(self.path, self._clock())  # what SQLite keeps beside it, if it is still there
        os.replace(new, self.path)
        if not asides(self.path):
            return ""
        return f"{self.FILE} could not be read; it was set aside, and a new one has its place"

    def _begun_anew(self, state: str) -> tuple[sqlite3.Connection, str]:
        """Set the file aside, which this process has not open any more; a new one, and the
        sentence about it. Until the new one is whole the old one stays where it is: nothing of it
        is lost to a kill or a full disk."""
        try:
            after = self._make(lambda db: self._salvage(self.path, db))
            name = set_aside(self.path, self._clock())
            os.replace(self._beside(NEW), self.path)
            db = self._current()
        except (OSError, sqlite3.Error) as error:
            raise messages.immovable(self.FILE, state, error) from None
        return db, f"{self.FILE} {state}; it is kept as {name} and {after}"

    # -- while it is open

    @contextmanager
    def _plainly(self) -> Iterator[None]:
        """What SQLite says of the file leaves as a sentence."""
        if self._lost:
            raise self._lost
        try:
            yield
        except sqlite3.DatabaseError as error:
            if is_damage(error) or is_misshapen(error):
                raise errors.SetupError(self._mended(error)) from None
            if isinstance(error, sqlite3.OperationalError):
                raise _in_words(self.FILE, error) from None
            raise

    def _mended(self, error: Exception) -> str:
        """The file made no sense: see to it that the next transaction finds one that does."""
        why = str(error)
        if not self._is_in_place():
            return self._followed()
        with self._alone(), self._losing():
            self.db.close()
            if is_damage(error) and _is_sound(self.path):  # a whim of the disk
                self.db, said = self._opened()
            else:
                self.db, said = self._begun_anew(f"is damaged ({why})")
        return said or f"{self.FILE} could not be read for a moment ({why})"

    def _followed(self) -> str:
        with self._alone(), self._losing(), closing(self.db) as before:
            self.db, said = self._opened()
            try:
                self._take_along(before)
            except sqlite3.Error as error:
                raise _in_words(self.FILE, error) from None
        return said or f"{self.FILE} was taken away while it was in use; it goes on in a new one"

    @contextmanager
    def _losing(self) -> Iterator[None]:
        """Should this fail, nothing is open any more."""
        try:
            yield
        except errors.SetupError as error:
            self._lost = error
            raise

    def _is_in_place(self) -> bool:
        """Whether the file is still where it was opened. Its number would tell as well, but on
        some network shares that changes by itself."""
        try:
            return os.path.exists(self.path) and set(asides(self.path)) <= self._asides
        except OSError:  # nobody can tell
            return True


def insert(db: sqlite3.Connection, into: str, rows: Iterable[Sequence[object]]) -> None:
    """Put rows in by few statements: with each of them a thread that waits may have its turn, and
    keep it for milliseconds. `into` is all that stands before VALUES."""
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
    """So many at a time as one statement may ask for."""
    left = list(values)
    for at in range(0, len(left), ASKED):
        yield left[at : at + ASKED]


def is_damage(error: BaseException) -> bool:
    """Whether SQLite says that the file itself is at fault: not that it is busy, full, or not ours
    (those have classes of their own)."""
    return type(error) is sqlite3.DatabaseError


def _in_words(name: str, error: Exception) -> errors.SetupError:
    if "locked" in str(error):
        return messages.in_use(name, BUSY_SECONDS)
    return messages.unusable(name, error)


def leniently(text: bytes) -> str:
    """For `text_factory`: a text that is damaged is a wrong text, not an error."""
    return text.decode("utf-8", "replace")


def _remove(path: Path) -> None:
    for part in PARTS:
        with suppress(FileNotFoundError):
            os.unlink(f"{path}{part}")


def _is_sound(path: Path) -> bool:
    """Whether a fresh look finds nothing wrong, or cannot tell."""
    try:
        with closing(sqlite3.connect(path, timeout=BUSY_SECONDS)) as db:
            return db.execute("PRAGMA integrity_check(1)").fetchone() == ("ok",)
    except sqlite3.Error as error:
        return not is_damage(error)

"""One SQLite file for what we know of Plex: the index of its files and the ledger of our writes."""

import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sync_queue.lock import FileLock

FILE = "plex.sqlite"
VERSION = 1

_SCHEMA = """
CREATE TABLE IF NOT EXISTS meta (name TEXT PRIMARY KEY, value TEXT) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS part (
  path_key TEXT NOT NULL, rating_key INTEGER NOT NULL, section INTEGER NOT NULL,
  size INTEGER NOT NULL, seen INTEGER NOT NULL,
  PRIMARY KEY (path_key, rating_key)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS part_item ON part (rating_key);
CREATE TABLE IF NOT EXISTS section (
  id INTEGER PRIMARY KEY, title TEXT NOT NULL, stamp TEXT NOT NULL, listed REAL NOT NULL);
CREATE TABLE IF NOT EXISTS item (
  rating_key INTEGER PRIMARY KEY, scene_id INTEGER NOT NULL, baseline TEXT NOT NULL,
  cover_version TEXT NOT NULL DEFAULT '', poster TEXT NOT NULL DEFAULT '',
  poster_begun INTEGER NOT NULL DEFAULT 0, synced REAL NOT NULL DEFAULT 0);
CREATE INDEX IF NOT EXISTS item_scene ON item (scene_id);
CREATE TABLE IF NOT EXISTS ref (
  kind TEXT NOT NULL, ref_id INTEGER NOT NULL, scene_id INTEGER NOT NULL,
  PRIMARY KEY (kind, ref_id, scene_id)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS ref_scene ON ref (scene_id);
"""


class Store:
    """The open file. `notices` tells what had to be set aside to open it."""

    def __init__(self, data_dir: "str | os.PathLike[str]", now: float = 0.0) -> None:
        self.path = Path(data_dir) / FILE
        self.notices: list[str] = []
        # Libraries that list nothing now, where they had files: id -> how to say that. What is
        # known of them is kept, and whoever opened this file leaves it alone.
        self.emptied: dict[int, str] = {}
        # SQLite gives up at once when two processes switch a new file to WAL together.
        with FileLock(self.path.with_name("plex.lock")):
            self.db = self._open_or_rebuild(now or time.time())

    def _open_or_rebuild(self, now: float) -> sqlite3.Connection:
        try:
            return _open(self.path)
        except sqlite3.DatabaseError as error:
            if isinstance(error, sqlite3.OperationalError):
                raise  # busy, read-only, disk full: not the file's fault
            self._set_aside(now, f"could not be read ({error})")
            return _open(self.path)

    def _set_aside(self, now: float, why: str) -> None:
        stamp = time.strftime("%Y%m%d-%H%M%S", time.gmtime(now))
        aside = self.path.with_name(f"{self.path.name}.{stamp}.aside")
        for suffix in ("-wal", "-shm"):
            self.path.with_name(self.path.name + suffix).unlink(missing_ok=True)
        self.path.replace(aside)
        self.notices.append(
            f"{self.path.name} {why}; it is kept as {aside.name} and rebuilt from Stash and Plex"
        )

    def belongs_to(self, machine: str, now: float) -> None:
        """Make sure the file tells of this Plex server; another server's is set aside."""
        known = self.meta("machine")
        if not machine:
            return  # an answer without an identity proves nothing
        if known and known != machine:
            self.db.close()
            self._set_aside(now, "tells of another Plex server")
            self.db = _open(self.path)
        if known != machine:
            self.set_meta("machine", machine)

    def meta(self, name: str) -> str:
        """A remembered value, '' if there is none."""
        row = self.db.execute("SELECT value FROM meta WHERE name = ?", (name,)).fetchone()
        return row[0] if row else ""

    def set_meta(self, name: str, value: str) -> None:
        with self.writing() as db:
            db.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (name, value))

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """One transaction, whole or not at all."""
        self.db.execute("BEGIN IMMEDIATE")
        try:
            yield self.db
        except BaseException:
            self.db.execute("ROLLBACK")
            raise
        self.db.execute("COMMIT")

    def close(self) -> None:
        self.db.close()


def _open(path: Path) -> sqlite3.Connection:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not path.exists():
        os.close(os.open(path, os.O_CREAT | os.O_WRONLY, 0o600))
    db = sqlite3.connect(path, timeout=30, isolation_level=None)
    try:
        db.execute("PRAGMA journal_mode=WAL")
        # Safe against a kill; after a power cut the last runs are repeated, which is harmless.
        db.execute("PRAGMA synchronous=NORMAL")
        if db.execute("PRAGMA user_version").fetchone()[0] != VERSION:
            db.executescript(_SCHEMA + f"PRAGMA user_version={VERSION};")
    except BaseException:
        db.close()
        raise
    return db

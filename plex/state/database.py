"""The SQLite file with the memory of one Plex server: its schema, and how it is opened."""

import os
import sqlite3
import time
from collections.abc import Callable
from pathlib import Path

from disk.database import BUSY_SECONDS, Database, leniently

FILE = "plex.sqlite"

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
# Each write before it is made, the value of each field before our first write, and held scenes.
_JOURNAL = """
CREATE TABLE run (id INTEGER PRIMARY KEY AUTOINCREMENT, at REAL NOT NULL, command TEXT NOT NULL);
CREATE TABLE journal (
  number INTEGER PRIMARY KEY AUTOINCREMENT, run INTEGER NOT NULL, rating_key INTEGER NOT NULL,
  scene_id INTEGER NOT NULL, field TEXT NOT NULL, before TEXT NOT NULL, after TEXT NOT NULL,
  locked INTEGER NOT NULL, why TEXT NOT NULL, undone INTEGER NOT NULL DEFAULT 0);
CREATE INDEX journal_run ON journal (run);
CREATE INDEX journal_item ON journal (rating_key);
CREATE INDEX journal_scene ON journal (scene_id);
CREATE TABLE origin (
  rating_key INTEGER NOT NULL, field TEXT NOT NULL, before TEXT NOT NULL, locked INTEGER NOT NULL,
  PRIMARY KEY (rating_key, field)) WITHOUT ROWID;
CREATE TABLE held (scene_id INTEGER PRIMARY KEY, since REAL NOT NULL, why TEXT NOT NULL);
"""
# The collections that we created in Plex, by library and name, and the positions of their items.
_COLLECTIONS = """
CREATE TABLE collection (
  section INTEGER NOT NULL, name TEXT NOT NULL, title TEXT NOT NULL,
  rating_key INTEGER NOT NULL DEFAULT 0, emptied INTEGER NOT NULL DEFAULT 0,
  disordered INTEGER NOT NULL DEFAULT 0, sorted INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (section, name)) WITHOUT ROWID;
CREATE TABLE place (
  section INTEGER NOT NULL, name TEXT NOT NULL, rating_key INTEGER NOT NULL,
  place INTEGER NOT NULL, PRIMARY KEY (section, name, rating_key)) WITHOUT ROWID;
"""
# One photo per name of an actor: the address that we sent, and the address that Plex shows.
_PHOTOS = "CREATE TABLE photo (name TEXT PRIMARY KEY, url TEXT NOT NULL, got TEXT NOT NULL);"
# The background has the same columns as the poster.
_ART = """
ALTER TABLE item ADD COLUMN art_version TEXT NOT NULL DEFAULT '';
ALTER TABLE item ADD COLUMN art TEXT NOT NULL DEFAULT '';
ALTER TABLE item ADD COLUMN art_begun INTEGER NOT NULL DEFAULT 0;
"""
# Plex's spelling of a path, '' if it equals the key. Existing rows are listed again.
_SPELLING = """
ALTER TABLE part ADD COLUMN file TEXT NOT NULL DEFAULT '';
UPDATE section SET stamp = '';
"""
# For existing items the owner of the locks is unknown: NULL.
_CONTROL = """
ALTER TABLE item ADD COLUMN locks TEXT;
ALTER TABLE item ADD COLUMN asked TEXT NOT NULL DEFAULT '';
ALTER TABLE item ADD COLUMN poster_shown TEXT NOT NULL DEFAULT '';
ALTER TABLE item ADD COLUMN art_shown TEXT NOT NULL DEFAULT '';
CREATE TABLE decision (
  rating_key INTEGER NOT NULL, field TEXT NOT NULL, choice TEXT NOT NULL,
  PRIMARY KEY (rating_key, field)) WITHOUT ROWID;
"""
# The page polls for the items that wait for a decision.
_ASKED = "CREATE INDEX item_asked ON item (rating_key, scene_id, asked) WHERE asked != '';"
# A digest of an item's row in a listing (`listing.mark`), and for each scene the fingerprint of the
# state in which both sides last agreed (`reconciliation/fingerprints.py`).
_VERIFIED = """
ALTER TABLE part ADD COLUMN mark INTEGER NOT NULL DEFAULT 0;
CREATE TABLE verified (scene_id INTEGER PRIMARY KEY, print INTEGER NOT NULL);
"""
_PAGES = ""  # an earlier version kept the parsed pages of listings from here on
# Drops the column `seen`. Existing rows are listed again.
_UNSEEN = """
CREATE TABLE files (
  path_key TEXT NOT NULL, rating_key INTEGER NOT NULL, section INTEGER NOT NULL,
  size INTEGER NOT NULL, file TEXT NOT NULL, mark INTEGER NOT NULL,
  PRIMARY KEY (path_key, rating_key)) WITHOUT ROWID;
INSERT INTO files SELECT path_key, rating_key, section, size, file, 0 FROM part;
DROP TABLE part;
ALTER TABLE files RENAME TO part;
CREATE INDEX part_item ON part (rating_key);
"""
# The file of each remembered item and of each held scene, the ledger's knowledge of a field before a
# write, the number of rows of a run, and holds of scenes whose id now belongs to another file.
_FILES = """
ALTER TABLE item ADD COLUMN files TEXT NOT NULL DEFAULT '';
ALTER TABLE journal ADD COLUMN files TEXT NOT NULL DEFAULT '';
ALTER TABLE journal ADD COLUMN known TEXT NOT NULL DEFAULT '';
ALTER TABLE origin ADD COLUMN files TEXT NOT NULL DEFAULT '';
ALTER TABLE held ADD COLUMN files TEXT NOT NULL DEFAULT '';
ALTER TABLE run ADD COLUMN noted INTEGER NOT NULL DEFAULT 0;
CREATE TABLE former_hold (
  scene_id INTEGER PRIMARY KEY, since REAL NOT NULL, why TEXT NOT NULL, files TEXT NOT NULL);
"""
# The state of each scene at its last comparison (`plex/state/scene_state.py`). All scenes are compared
# again, since their states were not recorded.
_STATES = """
CREATE TABLE scene_state (
  scene_id INTEGER PRIMARY KEY, state TEXT NOT NULL, why TEXT NOT NULL DEFAULT '');
CREATE INDEX scene_state_state ON scene_state (state, scene_id);
DELETE FROM verified;
"""
# This version reads every page.
_NO_PAGES = "DROP TABLE IF EXISTS listed; DROP TABLE IF EXISTS walked;"


LOST = "lost"  # key in `meta`: a ledger of this server was lost


class Store(Database):
    """The open file. `warn` gets a sentence if a damaged file was set aside."""

    FILE, LOCK = FILE, "plex.lock"
    STEPS = (
        _SCHEMA, _JOURNAL, _COLLECTIONS, _PHOTOS, _ART, _SPELLING, _CONTROL, _ASKED, _VERIFIED,
        _PAGES, _UNSEEN, _FILES, _STATES, _NO_PAGES,
    )  # fmt: skip

    def __init__(
        self,
        data_dir: "str | os.PathLike[str]",
        clock: Callable[[], float] = time.time,
        warn: Callable[[str], None] = lambda line: None,
    ) -> None:
        super().__init__(data_dir, clock, warn)
        # Libraries whose listing is suddenly empty, by id, with the words for it. Their rows stay, and
        # nothing in this process uses them.
        self.emptied: dict[int, str] = {}
        # Libraries that this process could not list, by id, with the time of the attempt.
        self.tried: dict[int, float] = {}

    @property
    def machine(self) -> str:
        """The Plex server of this file, '' before the first contact."""
        return self.meta("machine")

    def belongs_to(self, machine: str) -> bool:
        """Whether the file belongs to this Plex server. A file without a server is assigned to it."""
        known = self.machine
        if machine and not known:
            self.set_meta("machine", machine)
        # An answer without an identity proves nothing.
        return not (machine and known) or known == machine

    def meta(self, name: str) -> str:
        """Returns a single value, or ''."""
        return self.value("SELECT value FROM meta WHERE name = ?", (name,)) or ""

    def set_meta(self, name: str, value: str) -> None:
        self.change("INSERT OR REPLACE INTO meta VALUES (?, ?)", (name, value))

    def _connect(self, path: Path) -> sqlite3.Connection:
        db = super()._connect(path)
        db.text_factory = leniently
        return db

    def _salvage(self, damaged: Path, db: sqlite3.Connection) -> str:
        _forget_whose(db)
        return "rebuilt from Stash and Plex"

    def _take_along(self, before: sqlite3.Connection) -> None:
        _forget_whose(self.db)


class ReadOnlyStore(Store):
    """The same file for another thread, which only reads. Raises SQLite's own errors: the writing thread
    meets the same error and reports it in a sentence."""

    def __init__(self, store: Store) -> None:
        self.path, self.emptied = store.path, dict(store.emptied)
        self.tried = dict(store.tried)
        self._lost = None
        address = f"{store.path.absolute().as_uri()}?mode=ro"
        self.db = sqlite3.connect(address, uri=True, timeout=BUSY_SECONDS, isolation_level=None)
        self.db.text_factory = leniently

    def _meaning(self, error: sqlite3.DatabaseError) -> Exception:
        return error


def _forget_whose(db: sqlite3.Connection) -> None:
    """Records that the ledger was lost, and with it the owners of the locks."""
    db.execute(f"INSERT OR REPLACE INTO meta VALUES ('{LOST}', '1')")

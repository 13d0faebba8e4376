"""Brings an SQLite file to the next version. Skips statements whose column, table or index exists: the
content of the file decides, not only its version number."""

import re
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import suppress

from disk import messages

_COLUMN = re.compile(r"\s*ALTER TABLE (\w+) ADD COLUMN (\w+)", re.IGNORECASE)
_THING = re.compile(r"\s*CREATE (?:TABLE|INDEX) (\w+)", re.IGNORECASE)
# SQLite's messages about a statement that does not fit the tables of the file.
_MISSHAPEN = re.compile(r"no such (table|column)|duplicate column|has no column|already exists")


def refuse_newer(db: sqlite3.Connection, name: str, known: int) -> int:
    """The version of the file. Raises SetupError if it is later than `known`."""
    version = db.execute("PRAGMA user_version").fetchone()[0]
    if version > known:
        raise messages.newer(name, version, known)
    return max(0, version)


def migrate(db: sqlite3.Connection, name: str, steps: Sequence[str]) -> None:
    """Bring the file to the last version in one transaction."""
    at = refuse_newer(db, name, len(steps))
    if at == len(steps):
        return
    try:
        db.execute("BEGIN IMMEDIATE")
        for statement in _statements("\n".join(steps[at:])):
            if not _is_done(db, statement):
                db.execute(statement)
        db.execute(f"PRAGMA user_version={len(steps)}")
        db.execute("COMMIT")
    except BaseException:
        roll_back(db)
        raise


def is_misshapen(error: BaseException) -> bool:
    """Whether the file has other tables or columns than its version should have."""
    return isinstance(error, sqlite3.OperationalError) and bool(_MISSHAPEN.search(str(error)))


def roll_back(db: sqlite3.Connection) -> None:
    with suppress(sqlite3.Error):  # SQLite does so itself on a full disk
        if db.in_transaction:
            db.execute("ROLLBACK")


def _statements(script: str) -> Iterator[str]:
    statement = ""
    for part in script.split(";"):
        statement += f"{part};"
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""


def _is_done(db: sqlite3.Connection, statement: str) -> bool:
    """Whether the column, table or index exists already."""
    if not statement.strip(" \n;"):
        return True
    if column := _COLUMN.match(statement):
        table, name = column.groups()
        return any(row[1] == name for row in db.execute(f"PRAGMA table_info({table})"))
    if thing := _THING.match(statement):
        named = "SELECT count(*) FROM sqlite_master WHERE name = ?"
        return bool(db.execute(named, (thing.group(1),)).fetchone()[0])
    return False

"""Our SQLite files, read and nothing else: no lock is taken, nothing is made or mended. Lean lane.

A page that is open asks again and again, each time in a process of its own. So this does without
`sqlite3` (its C core suffices), `disk` and the stores; a test holds the versions to theirs.
"""

import _sqlite3
import os

from sync_queue import inbox, schema

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    Map = dict[str, Any]
    Row = tuple[Any, ...]

QUEUE, PLEX, PREVIEW = f"{schema.FOLDER}/{schema.FILE}", "plex.sqlite", "preview.sqlite"
VERSIONS = {QUEUE: len(schema.STEPS), PLEX: 14, PREVIEW: 1}
BUSY_SECONDS = 5
PAGE = 200  # rows of an answer at most


class Trouble(ValueError):
    """Why there is no answer, in one sentence."""


class File:
    """One file, open until `close`. One that is not there yet, or that a sync has not brought
    forward yet, has no rows."""

    def __init__(self, data_dir: str, name: str) -> None:
        self._name = os.path.basename(name)
        path = os.path.join(inbox.home(data_dir), name)
        self._db = _opened(path, self._name) if os.path.isfile(path) else None
        if self._db is not None and not self._is_current(VERSIONS[name]):
            self._db = None

    def _is_current(self, version: int) -> bool:
        found = self.rows("PRAGMA user_version")[0][0]
        if found > version:
            raise Trouble(f"{self._name} was written by a newer Stash2Plex: install that one again")
        return bool(found == version)

    def rows(self, sql: str, values: "Row" = ()) -> "list[Row]":
        if self._db is None:
            return []
        try:
            return list(self._db.execute(sql, values))
        except _sqlite3.Error as error:
            raise Trouble(f"{self._name} cannot be read just now ({error})") from None

    def value(self, sql: str, values: "Row" = ()) -> int:
        """The number in the first row, 0 without one."""
        found = self.rows(sql, values)
        return int(found[0][0] or 0) if found else 0

    def close(self) -> None:
        if self._db is not None:
            self._db.close()
            self._db = None


def rows(data_dir: str, name: str, sql: str, values: "Row" = ()) -> "list[Row]":
    """The rows of one question to a file."""
    file = File(data_dir, name)
    try:
        return file.rows(sql, values)
    finally:
        file.close()


def _opened(path: str, name: str):  # type: ignore[no-untyped-def]
    from_root = os.path.abspath(path).replace("\\", "/")
    quoted = from_root.replace("%", "%25").replace("?", "%3f").replace("#", "%23")
    address = "file:" + (quoted if quoted.startswith("/") else f"/{quoted}") + "?mode=ro"
    try:
        db = _sqlite3.connect(address, timeout=BUSY_SECONDS, isolation_level=None, uri=True)
    except _sqlite3.Error as error:
        raise Trouble(f"{name} cannot be opened ({error})") from None
    db.text_factory = _leniently
    return db


def _leniently(data: bytes) -> str:
    return data.decode("utf-8", "replace")


# -- the arguments, which anybody may have written

HIGHEST = 2**63 - 1


def number(args: "Map", name: str) -> int:
    """A positive whole number, 0 when it is not given."""
    value = args.get(name)
    if value is None or value == "":
        return 0
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 20:
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int) or not 0 < value <= HIGHEST:
        raise Trouble(f"{name} must be a positive whole number")
    return value


def text(args: "Map", name: str) -> str:
    value = args.get(name)
    if value is None:
        return ""
    if not isinstance(value, str) or len(value) > 4000:
        raise Trouble(f"{name} must be a text")
    return value.encode("utf-8", "replace").decode()


def ids(args: "Map", name: str) -> "tuple[int, ...]":
    """Those of a list, each once; at least one, and no more than a page of them."""
    given = args.get(name)
    if not isinstance(given, list) or not 0 < len(given) <= PAGE or not all(map(_is_id, given)):
        raise Trouble(f"{name} must be a list of 1 to {PAGE} ids")
    return tuple(dict.fromkeys(given))


def _is_id(one: object) -> bool:
    return isinstance(one, int) and not isinstance(one, bool) and 0 < one <= HIGHEST


def limit(args: "Map") -> int:
    found = number(args, "limit") or PAGE
    if found > PAGE:
        raise Trouble(f"limit must be at most {PAGE}")
    return found


def page(found: "list[Map]", size: int, key: str) -> "Map":
    """The first `size` of the rows, and where the next page begins (`after`), None at the end."""
    rows = found[:size]
    return {"rows": rows, "next": rows[-1][key] if len(found) > size else None}

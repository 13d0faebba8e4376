"""Reads our files without a lock, and never makes or mends them. Page lane.

An open page starts a process every few seconds. This module uses only the C core of `sqlite3`, no store, and
not `os`, which `-S` leaves out; a test compares the versions of the files.
"""

import _sqlite3
from itertools import islice

from sync_queue import inbox, schema

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Any

    Map = dict[str, Any]
    Row = tuple[Any, ...]

QUEUE, PLEX, PREVIEW = f"{schema.FOLDER}/{schema.FILE}", "plex.sqlite", "preview.sqlite"
VERSIONS = {QUEUE: len(schema.STEPS), PLEX: 14, PREVIEW: 2}
BUSY_SECONDS = 5
FLAGS = 10_000  # that are read at most
PAGE = 200  # rows of a list in an answer at most
FOUND = 1000  # ids of a search at most


class Trouble(ValueError):
    """Why there is no answer, in one sentence."""


class File:
    """An open file. A file that does not exist yet, or still has an older version, has no rows."""

    def __init__(self, data_dir: str, name: str) -> None:
        self._name = name.rpartition("/")[2]
        path = f"{inbox.home(data_dir)}/{name}"
        self._db = _opened(path, self._name) if inbox.is_file(path) else None
        if self._db is not None and not self._is_current(VERSIONS[name]):
            self._db = None

    def _is_current(self, version: int) -> bool:
        present = self.rows("PRAGMA user_version")[0][0]
        if present > version:
            raise Trouble(f"{self._name} was written by a newer Stash2Plex: install that one again")
        return bool(present == version)

    def rows(self, sql: str, values: "Row | Map" = ()) -> "list[Row]":
        if self._db is None:
            return []
        try:
            return list(self._db.execute(sql, values))
        except _sqlite3.Error as error:
            raise Trouble(f"{self._name} cannot be read just now ({error})") from None

    def value(self, sql: str, values: "Row | Map" = ()) -> int:
        """The number in the first row, 0 if there is no row."""
        rows = self.rows(sql, values)
        return int(rows[0][0] or 0) if rows else 0

    def __enter__(self) -> "File":
        return self

    def __exit__(self, *exc: object) -> None:
        if self._db is not None:
            self._db.close()
            self._db = None


def _opened(path: str, name: str):  # type: ignore[no-untyped-def]
    try:
        db = _sqlite3.connect(_address(path), timeout=BUSY_SECONDS, isolation_level=None, uri=True)
    except _sqlite3.Error as error:
        raise Trouble(f"{name} cannot be opened ({error})") from None
    db.text_factory = _leniently
    return db


def _address(path: str) -> str:
    """The URI of an existing file, for reading only. `path` may be relative, or begin with a drive."""
    quoted = path.replace("\\", "/").replace("%", "%25").replace("?", "%3f").replace("#", "%23")
    is_drive = quoted[1:2] == ":"
    host = "//" if is_drive or quoted.startswith("/") else ""
    return f"file:{host}{'/' if is_drive else ''}{quoted}?mode=ro"


def flags(data_dir: str) -> "Iterator[tuple[str, int]]":
    """(kind, id) of the flags that no drain has swept."""
    try:
        yield from islice(inbox.each_flag(data_dir), FLAGS)
    except OSError:  # the full lane says so
        pass


def _leniently(data: bytes) -> str:
    return data.decode("utf-8", "replace")


# -- arguments, which may come from other programs

HIGHEST = 2**63 - 1


def number(args: "Map", name: str) -> int:
    """A positive whole number, 0 if it is not given."""
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


def ids(args: "Map", name: str, most: int = FOUND) -> "tuple[int, ...]":
    """The ids of a list without repetitions: 1 to `most` of them."""
    given = args.get(name)
    if not isinstance(given, list) or not 0 < len(given) <= most or not all(map(is_id, given)):
        raise Trouble(f"{name} must be a list of 1 to {most} ids")
    return tuple(dict.fromkeys(given))


def found(args: "Map") -> "tuple[int, ...] | None":
    """The `scenes` that a search has found, None if nothing is searched for."""
    return ids(args, "scenes") if args.get("scenes") not in (None, "") else None


def is_id(value: object) -> bool:
    """Whether the value is an id of Stash."""
    return isinstance(value, int) and not isinstance(value, bool) and 0 < value <= HIGHEST


def among(values: "Iterable[int]") -> str:
    """Ids as SQL takes them. SQLite limits the number of question marks."""
    return f"({','.join(map(str, values))})"


def jobs_of(scenes: "Iterable[int]") -> str:
    """The keys of the jobs of these scenes as SQL takes them."""
    return "({})".format(",".join(f"'scene:{scene}'" for scene in scenes))


def one_of(args: "Map", name: str, words: "tuple[str, ...]") -> str:
    """One of these words, the first if none is given."""
    word = text(args, name) or words[0]
    if word not in words:
        raise Trouble(f"{name} must be {' or '.join(filter(None, words))}")
    return word


# -- parts of lists


def limit(args: "Map") -> int:
    rows = number(args, "limit") or PAGE
    if rows > PAGE:
        raise Trouble(f"limit must be at most {PAGE}")
    return rows


def start(args: "Map") -> int:
    """The number of rows before the `page`, which begins at 1."""
    numbered = number(args, "page")
    if numbered and args.get("after"):
        raise Trouble("a list takes after or page, not both")
    if numbered > 10**9:
        raise Trouble("page must be at most a billion")
    return (numbered - 1) * limit(args) if numbered else 0


def page(rows: "list[Map]", size: int, key: str) -> "Map":
    """The first `size` rows, and the `after` of the next page, None at the end."""
    shown = rows[:size]
    return {"rows": shown, "next": shown[-1][key] if len(rows) > size else None}

"""Lists for the page, newest first, in parts that an index answers. Page lane.

`after` is the `next` of the part before. Rows have scene ids; the page gets titles from Stash.
"""

import time

from app.dashboard import read_only_db
from app.dashboard.read_only_db import HIGHEST, PLEX, PREVIEW, QUEUE, File, number, page, text
from stash import light
from sync_queue.schema import CLAIMED, DEAD, READY, TABLE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

    Map = dict[str, Any]
    Row = tuple[Any, ...]


def _part(
    file: File,
    args: "Map",
    sql: str,
    names: str,
    values: "Row",
    read: "Mapping[str, Callable[[Any], object]]",
) -> "Map":
    """Returns a part of a list. `names` are the keys of each row; the value under the first key is the
    row's place in the list. `read` has a function for each column that the page gets in another form."""
    size, columns = read_only_db.limit(args), names.split()
    rows = [
        {name: read[name](value) if name in read else value for name, value in zip(columns, row)}  # noqa: B905 - as wide
        for row in file.rows(f"{sql} LIMIT ?", (*values, size + 1))
    ]
    return page(rows, size, columns[0])


def _before(args: "Map") -> int:
    """The place that the rows come before, in a list with the newest first."""
    return number(args, "after") or HIGHEST


def runs(data_dir: str, args: "Map") -> "Map":
    """The runs that wrote something."""
    sql = (
        "SELECT r.id, r.at, r.command, count(j.number), count(DISTINCT j.rating_key),"
        " coalesce(sum(j.undone), 0) FROM run r JOIN journal j ON j.run = r.id"
        " WHERE r.id < ? GROUP BY r.id ORDER BY r.id DESC"
    )
    with File(data_dir, PLEX) as file:
        return _part(file, args, sql, "run at command fields items undone", (_before(args),), {})


def changes(data_dir: str, args: "Map") -> "Map":
    """The journal: all changes, or those of a `run`, `item`, `scene` or `field`."""
    columns = {"run": "run", "item": "rating_key", "scene": "scene_id"}
    given = {column: number(args, name) for name, column in columns.items()}
    where, values = _narrowed("number < ?", _before(args), given | {"field": text(args, "field")})
    sql = (
        "SELECT number, run, rating_key, scene_id, field, before, after, why, undone"
        f" FROM journal WHERE {where} ORDER BY number DESC"
    )
    names = "number run item scene field before after why undone"
    with File(data_dir, PLEX) as file:
        return _part(file, args, sql, names, values, _VALUES | {"undone": bool})


def _narrowed(place: str, after: int, given: "Map") -> "tuple[str, Row]":
    """Returns a condition for SQL and its values: the `place` lies beyond `after`, and each column in
    `given` has its value."""
    asked = {name: value for name, value in given.items() if value}
    return " AND ".join([place, *(f"{name} = ?" for name in asked)]), (after, *asked.values())


def decisions(data_dir: str, args: "Map") -> "Map":
    """The items with an edit in Plex that waits for a decision."""
    sql = (
        "SELECT rating_key, scene_id, asked FROM item WHERE asked != '' AND scene_id != 0"
        " AND rating_key > ? ORDER BY rating_key"
    )
    with File(data_dir, PLEX) as file:
        after = (number(args, "after"),)
        return _part(file, args, sql, "item scene fields", after, {"fields": str.split})


def held(data_dir: str, args: "Map") -> "Map":
    """The scenes that are held until they are resumed."""
    sql = "SELECT scene_id, since, why FROM held WHERE scene_id > ? ORDER BY scene_id"
    with File(data_dir, PLEX) as file:
        return _part(file, args, sql, "scene since why", (number(args, "after"),), {})


def preview(data_dir: str, args: "Map") -> "Map":
    """The changes of the last preview, of a `field` and a reason (`why`) if given. The first part has the
    summary."""
    after, given = number(args, "after"), {name: text(args, name) for name in ("field", "why")}
    where, values = _narrowed("number > ?", after, given)
    columns = "number, scene, title, item, field, before, after, why, writes"
    sql = f"SELECT {columns} FROM change WHERE {where} ORDER BY number"
    with File(data_dir, PREVIEW) as file:
        names = columns.replace(",", "")
        answer = _part(file, args, sql, names, values, _VALUES | {"writes": bool})
        if not after:
            about = file.rows("SELECT value FROM about")
            answer["about"] = light.loads(about[0][0]) if about else None
    return answer


def queue(data_dir: str, args: "Map") -> "Map":
    """The waiting jobs in working order, after those in progress."""
    size, state = read_only_db.limit(args), text(args, "state")
    after = text(args, "after")
    if state not in ("", "pending", "waiting"):
        raise read_only_db.Trouble("state must be pending or waiting")
    rank, row = _place(after)
    now = time.time()
    due = {"": "", "pending": f" AND due <= {now:.0f}", "waiting": f" AND due > {now:.0f}"}[state]
    columns = "_id, key, data, due, rank, status"
    with File(data_dir, QUEUE) as file:
        rows = [] if after or state else file.rows(
            f"SELECT {columns} FROM {TABLE} WHERE status = {CLAIMED} ORDER BY rank, _id LIMIT 50"
        )  # fmt: skip
        rows += file.rows(
            f"SELECT {columns} FROM {TABLE} WHERE status = {READY} AND (rank, _id) > (?, ?){due}"
            " ORDER BY rank, _id LIMIT ?",
            (rank, row, size + 1 - len(rows)),
        )
    return page([_waiting(row, now) for row in rows], size, "place")


def _place(after: str) -> "tuple[int, int]":
    if not after:
        return -1, -1
    rank, _, row = after.partition("-")
    if not (rank in ("0", "1", "2") and row.isascii() and row.isdigit() and len(row) < 19):
        raise read_only_db.Trouble("after must be the `next` of the page before")
    return int(rank), int(row)


def _waiting(row: "Row", now: float) -> "Map":
    place, key, data, due, rank, state = row
    doing = "in progress" if state == CLAIMED else "waiting" if due > now else "pending"
    job, kept = _job(place, key, data)
    more = {"reason": kept.get("reason", ""), "waits": kept.get("waits", 0)}
    return job | {"place": f"{rank}-{place}", "state": doing, "due": due} | more


def _job(place: int, key: object, data: object) -> "tuple[Map, Map]":
    """The part of a row that both lists of jobs have, and all that the queue keeps of the job."""
    kind, _, thing = str(key).partition(":")
    kept = _kept(data)
    row = {"number": place, "kind": kind, "id": _whole(thing), "attempts": kept.get("attempts", 0)}
    return row, kept


def dead_letters(data_dir: str, args: "Map") -> "Map":
    """The dead letters. The first part also counts them by error."""
    size, after, error = read_only_db.limit(args), number(args, "after"), text(args, "error")
    # A query for each rank, since the index has the rank before the number.
    part = (
        f"SELECT * FROM (SELECT _id, key, data, timestamp, error FROM {TABLE} WHERE"
        f" status = {DEAD} AND rank = %d AND _id < ?{' AND error = ?' if error else ''}"
        " ORDER BY _id DESC LIMIT ?)"
    )
    parts = " UNION ALL ".join(part % rank for rank in (0, 1, 2))
    values = (after or HIGHEST, *([error] if error else []), size + 1)
    with File(data_dir, QUEUE) as file:
        rows = file.rows(f"{parts} ORDER BY _id DESC LIMIT {size + 1}", values * 3)
        answer = page(list(map(_letter, rows)), size, "number")
        if not after:
            reasons = file.rows(
                f"SELECT error, count(*) FROM {TABLE} WHERE status = {DEAD}"
                " GROUP BY error ORDER BY 2 DESC, 1 LIMIT 50"
            )
            answer["reasons"] = [{"error": row[0] or "", "count": row[1]} for row in reasons]
    return answer


def _letter(row: "Row") -> "Map":
    place, key, data, at, error = row
    return _job(place, key, data)[0] | {"at": at, "error": error or ""}


def _value(stored: str) -> object:
    try:
        return light.loads(stored)
    except ValueError:
        return stored


_VALUES: "dict[str, Callable[[Any], object]]" = {"before": _value, "after": _value}


def _kept(data: object) -> "Map":
    try:
        kept = light.loads(data)  # type: ignore[arg-type]
    except (ValueError, TypeError, AttributeError):
        return {}
    return kept if isinstance(kept, dict) else {}


def _whole(thing: str) -> int:
    return int(thing) if thing.isascii() and thing.isdigit() and len(thing) < 20 else 0

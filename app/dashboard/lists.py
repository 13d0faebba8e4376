"""Lists for the page, newest first, in parts that an index answers. Page lane.

`after` is the `next` of the part before. Rows have scene ids; the page gets titles from Stash.
"""

import time

from app.dashboard import read_only_db
from app.dashboard.read_only_db import File, number, page, text
from stash import light_json
from sync_queue.schema import CLAIMED, DEAD, READY, TABLE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    Map = dict[str, Any]
    Row = tuple[Any, ...]


def queue(data_dir: str, args: "Map") -> "Map":
    """The waiting jobs in working order, after those in progress."""
    size, state = read_only_db.limit(args), text(args, "state")
    after = text(args, "after")
    if state not in ("", "pending", "waiting"):
        raise read_only_db.Trouble("state must be pending or waiting")
    rank, row = _place(after)
    now, file = time.time(), File(data_dir, read_only_db.QUEUE)
    due = {"": "", "pending": f" AND due <= {now:.0f}", "waiting": f" AND due > {now:.0f}"}[state]
    columns = "_id, key, data, due, rank, status"
    rows = [] if after or state else file.rows(
        f"SELECT {columns} FROM {TABLE} WHERE status = {CLAIMED} ORDER BY rank, _id LIMIT 50"
    )  # fmt: skip
    rows += file.rows(
        f"SELECT {columns} FROM {TABLE} WHERE status = {READY} AND (rank, _id) > (?, ?){due}"
        " ORDER BY rank, _id LIMIT ?",
        (rank, row, size + 1 - len(rows)),
    )
    file.close()
    return page([_job(row, now) for row in rows], size, "place")


def _place(after: str) -> "tuple[int, int]":
    if not after:
        return -1, -1
    rank, _, row = after.partition("-")
    if not (rank in ("0", "1", "2") and row.isascii() and row.isdigit() and len(row) < 19):
        raise read_only_db.Trouble("after must be the `next` of the page before")
    return int(rank), int(row)


def _job(row: tuple, now: float) -> "Map":
    number_, key, data, due, rank, state = row
    kind, _, thing = str(key).partition(":")
    kept = _kept(data)
    doing = "in progress" if state == CLAIMED else "waiting" if due > now else "pending"
    return {
        "number": number_, "place": f"{rank}-{number_}", "kind": kind, "id": _whole(thing),
        "state": doing, "due": due, "reason": kept.get("reason", ""),
        "attempts": kept.get("attempts", 0), "waits": kept.get("waits", 0),
    }  # fmt: skip


def dead_letters(data_dir: str, args: "Map") -> "Map":
    """The dead letters. The first part also counts them by error."""
    size, after, error = read_only_db.limit(args), number(args, "after"), text(args, "error")
    file = File(data_dir, read_only_db.QUEUE)
    # A query for each rank, since the index has the rank before the number.
    part = (
        f"SELECT * FROM (SELECT _id, key, data, timestamp, error FROM {TABLE} WHERE"
        f" status = {DEAD} AND rank = %d AND _id < ?{' AND error = ?' if error else ''}"
        " ORDER BY _id DESC LIMIT ?)"
    )
    values = (after or read_only_db.HIGHEST, *([error] if error else []), size + 1)
    rows = file.rows(
        " UNION ALL ".join(part % rank for rank in (0, 1, 2))
        + f" ORDER BY _id DESC LIMIT {size + 1}",
        values * 3,
    )
    answer = page(list(map(_letter, rows)), size, "number")
    if not after:
        answer["reasons"] = [
            {"error": row[0] or "", "count": row[1]}
            for row in file.rows(
                f"SELECT error, count(*) FROM {TABLE} WHERE status = {DEAD}"
                " GROUP BY error ORDER BY 2 DESC, 1 LIMIT 50"
            )
        ]
    file.close()
    return answer


def _letter(row: "Row") -> "Map":
    number_, key, data, at, error = row
    kind, _, thing = str(key).partition(":")
    return {
        "number": number_, "kind": kind, "id": _whole(thing), "at": at, "error": error or "",
        "attempts": _kept(data).get("attempts", 0),
    }  # fmt: skip


def runs(data_dir: str, args: "Map") -> "Map":
    """The runs that wrote something."""
    size, after = read_only_db.limit(args), number(args, "after")
    rows = read_only_db.rows(
        data_dir, read_only_db.PLEX,
        "SELECT r.id, r.at, r.command, count(j.number), count(DISTINCT j.rating_key),"
        " coalesce(sum(j.undone), 0) FROM run r JOIN journal j ON j.run = r.id"
        " WHERE r.id < ? GROUP BY r.id ORDER BY r.id DESC LIMIT ?",
        (after or read_only_db.HIGHEST, size + 1),
    )  # fmt: skip
    names = ("run", "at", "command", "fields", "items", "undone")
    return page([dict(zip(names, row)) for row in rows], size, "run")  # noqa: B905 - as wide


def changes(data_dir: str, args: "Map") -> "Map":
    """The journal: all changes, or those of a `run`, `item`, `scene` or `field`."""
    size, after = read_only_db.limit(args), number(args, "after")
    given = {
        "run": number(args, "run"),
        "rating_key": number(args, "item"),
        "scene_id": number(args, "scene"),
        "field": text(args, "field"),
    }
    where, values = _narrowed("number < ?", after or read_only_db.HIGHEST, given)
    rows = read_only_db.rows(
        data_dir, read_only_db.PLEX,
        "SELECT number, run, rating_key, scene_id, field, before, after, why, undone"
        f" FROM journal WHERE {where} ORDER BY number DESC LIMIT ?",
        (*values, size + 1),
    )  # fmt: skip
    return page([_change(row) for row in rows], size, "number")


def _narrowed(place: str, after: int, given: "Map") -> "tuple[str, Row]":
    """A condition and its values: beyond `after`, and equal to the given values."""
    asked = {name: value for name, value in given.items() if value}
    return " AND ".join([place, *(f"{name} = ?" for name in asked)]), (after, *asked.values())


def _change(row: "Row") -> "Map":
    number_, run, item, scene, field, before, after, why, undone = row
    return {
        "number": number_, "run": run, "item": item, "scene": scene, "field": field,
        "before": _value(before), "after": _value(after), "why": why, "undone": bool(undone),
    }  # fmt: skip


def decisions(data_dir: str, args: "Map") -> "Map":
    """The items with an edit in Plex that waits for a decision."""
    size, after = read_only_db.limit(args), number(args, "after")
    rows = read_only_db.rows(
        data_dir, read_only_db.PLEX,
        "SELECT rating_key, scene_id, asked FROM item WHERE asked != '' AND scene_id != 0"
        " AND rating_key > ? ORDER BY rating_key LIMIT ?",
        (after, size + 1),
    )  # fmt: skip
    items = [{"item": row[0], "scene": row[1], "fields": row[2].split()} for row in rows]
    return page(items, size, "item")


def held(data_dir: str, args: "Map") -> "Map":
    """The scenes that are held until they are resumed."""
    size, after = read_only_db.limit(args), number(args, "after")
    rows = read_only_db.rows(
        data_dir, read_only_db.PLEX,
        "SELECT scene_id, since, why FROM held WHERE scene_id > ? ORDER BY scene_id LIMIT ?",
        (after, size + 1),
    )  # fmt: skip
    return page([{"scene": r[0], "since": r[1], "why": r[2]} for r in rows], size, "scene")


def preview(data_dir: str, args: "Map") -> "Map":
    """The changes of the last preview, of a `field` and a reason (`why`) if given. The first part has the
    summary."""
    size, after = read_only_db.limit(args), number(args, "after")
    given = {"field": text(args, "field"), "why": text(args, "why")}
    where, values = _narrowed("number > ?", after, given)
    file = File(data_dir, read_only_db.PREVIEW)
    rows = file.rows(
        "SELECT number, scene, title, item, field, before, after, why, writes FROM change"
        f" WHERE {where} ORDER BY number LIMIT ?",
        (*values, size + 1),
    )
    about = [] if after else file.rows("SELECT value FROM about")
    file.close()
    answer = page([_planned(row) for row in rows], size, "number")
    if not after:
        answer["about"] = light_json.loads(about[0][0]) if about else None
    return answer


def _planned(row: "Row") -> "Map":
    number_, scene, title, item, field, before, after, why, writes = row
    return {
        "number": number_, "scene": scene, "title": title, "item": item, "field": field,
        "before": _value(before), "after": _value(after), "why": why, "writes": bool(writes),
    }  # fmt: skip


def _value(stored: str) -> object:
    try:
        return light_json.loads(stored)
    except ValueError:
        return stored


def _kept(data: object) -> "Map":
    try:
        kept = light_json.loads(data)  # type: ignore[arg-type]
    except (ValueError, TypeError, AttributeError):
        return {}
    return kept if isinstance(kept, dict) else {}


def _whole(thing: str) -> int:
    return int(thing) if thing.isascii() and thing.isdigit() and len(thing) < 20 else 0

"""The jobs of the queue and the dead letters for the page, in parts that an index answers. Page lane."""

import time

from app.dashboard import read_only_db
from app.dashboard.read_only_db import HIGHEST, QUEUE, File, number, page, text
from stash import light
from sync_queue.schema import CLAIMED, DEAD, READY, TABLE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    Map = dict[str, Any]
    Row = tuple[Any, ...]

IN_PROGRESS = 50  # jobs in progress in a list at most
ORDERS = {"work": "rank, _id", "due": "due, _id", "newest": "_id DESC"}


def _of_scenes(args: "Map") -> str:
    """A condition for SQL: the jobs of the `scenes` that a search has found, or any."""
    scenes = read_only_db.found(args)
    return f" AND key IN {read_only_db.jobs_of(scenes)}" if scenes else ""


def queue(data_dir: str, args: "Map") -> "Map":
    """The waiting jobs in an `order`, after those in progress."""
    size, start, now = read_only_db.limit(args), read_only_db.start(args), time.time()
    state = read_only_db.one_of(args, "state", ("", "pending", "waiting"))
    order = read_only_db.one_of(args, "order", tuple(ORDERS))
    beyond, some = _beyond(text(args, "after"), order), _of_scenes(args)
    due = {"": "", "pending": f" AND due <= {now:.0f}", "waiting": f" AND due > {now:.0f}"}[state]
    columns = "_id, key, data, due, rank, status"
    ready = f"FROM {TABLE} WHERE status = {READY}{due}{some}"
    with File(data_dir, QUEUE) as file:
        claimed = [] if beyond or state else file.rows(
            f"SELECT {columns} FROM {TABLE} WHERE status = {CLAIMED}{some}"
            f" ORDER BY rank, _id LIMIT {IN_PROGRESS}"
        )  # fmt: skip
        rows = claimed[start : start + size + 1]
        rows += file.rows(
            f"SELECT {columns} {ready}{beyond} ORDER BY {ORDERS[order]} LIMIT ? OFFSET ?",
            (size + 1 - len(rows), max(0, start - len(claimed))),
        )
        answer = page([_waiting(row, now) for row in rows], size, "place")
        if not beyond:
            answer["total"] = len(claimed) + file.value(f"SELECT count(*) {ready}")
    return answer


def _beyond(after: str, order: str) -> str:
    """A condition for SQL: the rows after this place in the order of the work."""
    if not after:
        return ""
    rank, _, row = after.partition("-")
    is_place = rank in ("0", "1", "2") and row.isascii() and row.isdigit() and len(row) < 19
    if not is_place or order != "work":
        raise read_only_db.Trouble("after must be the `next` of the page before, in the order work")
    return f" AND (rank, _id) > ({rank}, {row})"


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
    """The dead letters. The first part also counts them, and by error."""
    size, start = read_only_db.limit(args), read_only_db.start(args)
    after, error = number(args, "after"), text(args, "error")
    is_down = read_only_db.one_of(args, "order", ("newest", "oldest")) == "newest"
    order = f"ORDER BY _id{' DESC' if is_down else ''}"
    where = f"status = {DEAD}{' AND error = ?' if error else ''}{_of_scenes(args)}"
    beyond = f" AND _id {'<' if is_down else '>'} {after or (HIGHEST if is_down else 0)}"
    # A query for each rank, since the index has the rank before the number.
    part = (
        f"SELECT * FROM (SELECT _id, key, data, timestamp, error FROM {TABLE}"
        f" WHERE {where} AND rank = %d{beyond} {order} LIMIT {start + size + 1})"
    )
    parts = " UNION ALL ".join(part % rank for rank in (0, 1, 2))
    values = (error,) if error else ()
    with File(data_dir, QUEUE) as file:
        rows = file.rows(f"{parts} {order} LIMIT {size + 1} OFFSET {start}", values * 3)
        answer = page(list(map(_letter, rows)), size, "number")
        if not after:
            answer["total"] = file.value(f"SELECT count(*) FROM {TABLE} WHERE {where}", values)
            answer["reasons"] = _reasons(file)
    return answer


def _reasons(file: File) -> "list[Map]":
    rows = file.rows(
        f"SELECT error, count(*) FROM {TABLE} WHERE status = {DEAD}"
        " GROUP BY error ORDER BY 2 DESC, 1 LIMIT 50"
    )
    return [{"error": error or "", "count": count} for error, count in rows]


def _letter(row: "Row") -> "Map":
    place, key, data, at, error = row
    return _job(place, key, data)[0] | {"at": at, "error": error or ""}


def _kept(data: object) -> "Map":
    try:
        kept = light.loads(data)  # type: ignore[arg-type]
    except (ValueError, TypeError, AttributeError):
        return {}
    return kept if isinstance(kept, dict) else {}


def _whole(thing: str) -> int:
    return int(thing) if thing.isascii() and thing.isdigit() and len(thing) < 20 else 0

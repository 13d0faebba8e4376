"""The last preview for the page: its changes, and its scenes with their changes. Page lane."""

from app.dashboard import lists, read_only_db
from app.dashboard.read_only_db import PREVIEW, File, number, text
from stash import light

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    Map = dict[str, Any]

CHANGES = 100  # of a scene at most
_COLUMNS = "item, field, before, after, why, writes"
_READ = lists.VALUES | {"writes": bool}


def changes(data_dir: str, args: "Map") -> "Map":
    """The changes of the last preview, of a `field` and a reason (`why`) if given. The first part has the
    summary."""
    columns = f"number, scene, title, {_COLUMNS}"
    with File(data_dir, PREVIEW) as file:
        given, orders = _given(args), lists.ORDERS[::-1]
        answer = lists.part(file, args, columns, "change", given, _READ, orders)
        return answer if args.get("after") else answer | {"about": _about(file)}


def _given(args: "Map") -> "Map":
    return {name: text(args, name) for name in ("field", "why")}


def _about(file: File) -> "Map | None":
    rows = file.rows("SELECT value FROM about")
    return light.loads(rows[0][0]) if rows else None  # type: ignore[return-value]


def scenes(data_dir: str, args: "Map") -> "Map":
    """The scenes of the last preview with their changes. A `field`, a reason (`why`) and the `scenes` of a
    search narrow it down. The first part has the summary."""
    size, after, start = read_only_db.limit(args), number(args, "after"), read_only_db.start(args)
    is_down = read_only_db.one_of(args, "order", lists.ORDERS) == "newest"
    given = _given(args) | {"scene": read_only_db.found(args)}
    where, values = lists.where_of(given)
    beyond = f" AND scene {'<' if is_down else '>'} {after}" if after else ""
    with File(data_dir, PREVIEW) as file:
        ids = file.rows(
            f"SELECT DISTINCT scene FROM change WHERE {where}{beyond}"
            f" ORDER BY scene{' DESC' if is_down else ''} LIMIT ? OFFSET ?",
            (*values, size + 1, start),
        )
        rows = [_scene(file, number, given) for (number,) in ids[:size]]
        answer: Map = {"rows": rows, "next": ids[size - 1][0] if len(ids) > size else None}
        if not after:
            count = f"SELECT count(DISTINCT scene) FROM change WHERE {where}"
            answer |= {"total": file.value(count, values), "about": _about(file)}
    return answer


def _scene(file: File, scene: int, given: "Map") -> "Map":
    """A scene with its changes, as far as they are asked for."""
    where, values = lists.where_of(given | {"scene": scene})
    names = ["title", *_COLUMNS.split(", ")]
    rows = [
        {name: _READ[name](value) if name in _READ else value for name, value in zip(names, row)}  # noqa: B905 - as wide
        for row in file.rows(
            f"SELECT {', '.join(names)} FROM change WHERE {where} ORDER BY number LIMIT {CHANGES}",
            values,
        )
    ]
    title = rows[0]["title"] if rows else ""
    return {"scene": scene, "title": title, "changes": [_without_title(row) for row in rows]}


def _without_title(row: "Map") -> "Map":
    return {name: value for name, value in row.items() if name != "title"}

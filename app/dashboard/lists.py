"""Lists for the page, in parts that an index answers. Page lane.

`after` is the `next` of the part before, `page` the number of a part. `scenes` are those that a search in
Stash has found. Rows have scene ids; the page gets titles from Stash.
"""

from app.dashboard import read_only_db
from app.dashboard.read_only_db import PLEX, File, among, number, text
from stash import light

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

    Map = dict[str, Any]
    Row = tuple[Any, ...]

ORDERS = ("newest", "oldest")
NAMED = 3  # scenes that a run names


def part(
    file: File,
    args: "Map",
    columns: str,
    table: str,
    given: "Map",
    read: "Mapping[str, Callable[[Any], object]]",
    orders: "tuple[str, ...]" = ORDERS,
) -> "Map":
    """Returns a part of a list, and the `total` of the list if it begins here. The first column is a row's
    place. `a b` is the column `a` under the key `b`. Each column in `given` has its value, or one of its
    ids. `read` has a function for each key that the page gets in another form. `orders` begins with the
    usual order."""
    size, names = read_only_db.limit(args), [name.split()[-1] for name in columns.split(", ")]
    where, values = where_of(given)
    rows = [
        {name: read[name](value) if name in read else value for name, value in zip(names, row)}  # noqa: B905 - as wide
        for row in file.rows(
            _rows_of(args, columns, table, where, orders),
            (*values, size + 1, read_only_db.start(args)),
        )
    ]
    answer = read_only_db.page(rows, size, names[0])
    if not args.get("after"):
        answer["total"] = file.value(f"SELECT count(*) FROM {table} WHERE {where}", values)
    return answer


def where_of(given: "Map") -> "tuple[str, Row]":
    """A condition for SQL and its values. A column without a value is free."""
    asked = {name: value for name, value in given.items() if value}
    parts = [
        f"{name} IN {among(value)}" if isinstance(value, tuple) else f"{name} = ?"
        for name, value in asked.items()
    ]
    values = tuple(value for value in asked.values() if not isinstance(value, tuple))
    return " AND ".join(parts) or "1", values


def _rows_of(args: "Map", columns: str, table: str, where: str, orders: "tuple[str, ...]") -> str:
    """The statement for a part of a list. It finds the places in an index before it reads rows."""
    place, after = columns.split(",")[0].split()[0], number(args, "after")
    is_down = read_only_db.one_of(args, "order", orders) == "newest"
    beyond = f" AND {place} {'<' if is_down else '>'} {after}" if after else ""
    order = f"ORDER BY {place}{' DESC' if is_down else ''}"
    places = f"SELECT {place} FROM {table} WHERE {where}{beyond} {order} LIMIT ? OFFSET ?"
    return f"SELECT {columns} FROM {table} WHERE {place} IN ({places}) {order}"


def runs(data_dir: str, args: "Map") -> "Map":
    """The runs that wrote something, each with its first scenes."""
    scenes = read_only_db.found(args)
    some = f"scene_id IN {among(scenes)}" if scenes else "1"
    table = f"(SELECT * FROM run WHERE id IN (SELECT DISTINCT run FROM journal WHERE {some}))"
    with File(data_dir, PLEX) as file:
        answer = part(file, args, "id run, at, command", table, {}, {})
        for row in answer["rows"]:
            row |= _written(file, row["run"])
    return answer


def _written(file: File, run: int) -> "Map":
    """The number of fields, items and scenes of a run, and its first scenes."""
    ((fields, items, scenes, undone),) = file.rows(
        "SELECT count(*), count(DISTINCT rating_key), count(DISTINCT scene_id), coalesce(sum(undone), 0)"
        " FROM journal WHERE run = ?",
        (run,),
    )
    first = file.rows("SELECT DISTINCT scene_id FROM journal WHERE run = ? LIMIT ?", (run, NAMED))
    return {
        "fields": fields, "items": items, "undone": undone,
        "scene_count": scenes, "scenes": [row[0] for row in first],
    }  # fmt: skip


def changes(data_dir: str, args: "Map") -> "Map":
    """The journal: all changes, or those of a `run`, `item`, `scene` or `field`, or of the `scenes`."""
    given: Map = {name: number(args, key) for name, key in _NUMBERS.items()}
    given |= {"field": text(args, "field"), "journal.scene_id": read_only_db.found(args)}
    columns = "number, run, rating_key item, scene_id scene, field, before, after, why, undone"
    with File(data_dir, PLEX) as file:
        return part(file, args, columns, "journal", given, VALUES | {"undone": bool})


_NUMBERS = {"run": "run", "rating_key": "item", "scene_id": "scene"}


def decisions(data_dir: str, args: "Map") -> "Map":
    """The items with an edit in Plex that waits for a decision."""
    table = "(SELECT * FROM item WHERE asked != '' AND scene_id != 0)"
    columns, given = "rating_key item, scene_id scene, asked fields", _scenes(args)
    with File(data_dir, PLEX) as file:
        return part(file, args, columns, table, given, {"fields": str.split}, ORDERS[::-1])


def undecided(data_dir: str) -> int:
    """The number of items with an edit in Plex that waits for a decision."""
    with File(data_dir, PLEX) as file:
        return file.value("SELECT count(*) FROM item WHERE asked != '' AND scene_id != 0")


def held(data_dir: str, args: "Map") -> "Map":
    """The scenes that are held until they are resumed."""
    with File(data_dir, PLEX) as file:
        columns = "scene_id scene, since, why"
        return part(file, args, columns, "held", _scenes(args), {}, ORDERS[::-1])


def _scenes(args: "Map") -> "Map":
    return {"scene_id": read_only_db.found(args)}


def _value(stored: str) -> object:
    try:
        return light.loads(stored)
    except ValueError:
        return stored


VALUES: "dict[str, Callable[[Any], object]]" = {"before": _value, "after": _value}

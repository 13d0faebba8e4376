"""findScenes and its siblings: filters, order and paging as Stash's SQL does them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any

from . import criteria
from .criteria import BadFilter, Test
from .store import KINDS, Store

SCENE_SORTS = {
    "bitrate", "created_at", "code", "date", "file_count", "filesize", "duration",
    "file_mod_time", "framerate", "group_scene_number", "id", "interactive",
    "interactive_speed", "last_o_at", "last_played_at", "movie_scene_number", "o_counter",
    "organized", "performer_count", "play_count", "play_duration", "resume_time", "path",
    "perceptual_similarity", "random", "rating", "resolution", "studio", "tag_count",
    "title", "updated_at", "performer_age",
}  # fmt: skip
PLURAL = {"performer": "performers", "studio": "studios", "tag": "tags", "group": "groups"}


def test_for(store: Store, kind: str, wanted: dict | None) -> Test:
    """A filter input as one predicate; AND, OR and NOT nest."""
    fields = dict(wanted or {})
    nested = [(op, fields.pop(op)) for op in ("AND", "OR", "NOT") if fields.get(op) is not None]
    if len(nested) > 1:
        raise BadFilter("only one of AND, OR and NOT may be used at one level")
    build = _SCENE if kind == "scene" else _NAMED
    tests = []
    for name, criterion in fields.items():
        if criterion is None or name in ("AND", "OR", "NOT"):
            continue
        if name not in build:
            raise BadFilter(f"the simulator does not know the filter {kind}.{name}")
        tests.append(build[name](store, criterion, kind))
    return _combine(tests, nested, store, kind)


def _combine(tests: list[Test], nested: list, store: Store, kind: str) -> Test:
    own = tests[0] if len(tests) == 1 else lambda row: all(test(row) for test in tests)
    if not nested:
        return own
    operator, inner = nested[0]
    other = test_for(store, kind, inner)
    if operator == "AND":
        return lambda row: own(row) and other(row)
    if operator == "OR":
        return lambda row: own(row) or other(row)
    return lambda row: own(row) and not other(row)


def _string(attribute: str) -> Callable[[Store, Any, str], Test]:
    return lambda store, c, kind: criteria.string(c, lambda row: getattr(row, attribute) or None)


def _ordered(value: Callable[[Any], Any]) -> Callable[[Store, Any, str], Test]:
    return lambda store, c, kind: criteria.ordered(c, value)


def _column(attribute: str) -> Callable[[Store, Any, str], Test]:
    return _ordered(lambda row: getattr(row, attribute))


def _flag(attribute: str) -> Callable[[Store, Any, str], Test]:
    return lambda store, c, kind: criteria.boolean(c, lambda row: getattr(row, attribute))


def _scene_relation(kind: str) -> Callable[[Store, Any, str], Test]:
    def ids(row: Any) -> Iterable[int]:
        if kind == "studio":
            return () if row.studio is None else (row.studio,)
        if kind == "group":
            return [pair[0] for pair in row.groups]
        return getattr(row, PLURAL[kind])

    def build(store: Store, criterion: dict, _: str) -> Test:
        tree = criteria.descendants(store, kind) if kind in ("studio", "tag") else None
        return criteria.multi(criterion, ids, tree)

    return build


def _related(kind: str) -> Callable[[Store, Any, str], Test]:
    def build(store: Store, wanted: dict, _: str) -> Test:
        inner, rows = test_for(store, kind, wanted), store.named[kind]
        good = {id_ for id_, row in rows.items() if inner(row)}
        if not good:
            return lambda row: False
        return _scene_relation(kind)(store, {"modifier": "INCLUDES", "value": sorted(good)}, "")

    return build


def _path(store: Store, criterion: dict, kind: str) -> Test:
    files = store.files
    return criteria.path(criterion, lambda row: [files[i].path for i in row.files])


def _fingerprint(type_: str) -> Callable[[Store, Any, str], Test]:
    def build(store: Store, criterion: dict, kind: str) -> Test:
        def value(row: Any) -> str | None:
            found = [dict(store.files[i].fingerprints).get(type_) for i in row.files]
            return found[0] if found else None

        return criteria.string(criterion, value)

    return build


def _duration(store: Store, criterion: dict, kind: str) -> Test:
    return criteria.ordered(
        criterion, lambda row: store.files[row.files[0]].duration if row.files else None
    )


def _missing(store: Store, what: str, kind: str) -> Test:
    empty: dict[str, Test] = {
        "url": lambda row: not row.urls,
        "galleries": lambda row: True,
        "studio": lambda row: row.studio is None,
        "movie": lambda row: not row.groups,
        "group": lambda row: not row.groups,
        "performers": lambda row: not row.performers,
        "tags": lambda row: not row.tags,
        "stash_id": lambda row: not row.stash_ids,
        "phash": lambda row: (
            not any(t == "phash" for i in row.files for t, _ in store.files[i].fingerprints)
        ),
        "cover": lambda row: row.cover is None,
        "image": lambda row: not row.image,
    }
    if not what:
        return lambda row: True
    if what in empty:
        return empty[what]
    column = {"rating": "rating100"}.get(what, what)
    if column not in ("title", "code", "details", "director", "date", "rating100", "description"):
        raise BadFilter(f"no such column: {kind}s.{what}")
    return lambda row: getattr(row, column) in (None, "")


def _urls(store: Store, criterion: dict, kind: str) -> Test:
    return criteria.path(criterion, lambda row: list(row.urls))


def _stash_id(store: Store, criterion: dict, kind: str) -> Test:
    def found(row: Any) -> list[str]:
        endpoint = criterion.get("endpoint")
        return [i["stash_id"] for i in row.stash_ids if endpoint in (None, i["endpoint"])]

    return criteria.path({**criterion, "value": criterion.get("stash_id") or ""}, found)


def _favorite(store: Store, wanted: bool, kind: str) -> Test:
    people = store.named["performer"]
    return lambda row: any(people[i].favorite for i in row.performers) == wanted


def _scene_count(store: Store, criterion: dict, kind: str) -> Test:
    return criteria.ordered(criterion, lambda row: len(store.scenes_with(kind, row.id)))


def _aliases(store: Store, criterion: dict, kind: str) -> Test:
    name = "alias_list" if kind == "performer" else "aliases"
    return criteria.path(criterion, lambda row: list(getattr(row, name) or ()))


_SCENE: dict[str, Callable[[Store, Any, str], Test]] = {
    **{name: _string(name) for name in ("title", "code", "details", "director")},
    **{
        name: _column(name)
        for name in ("id", "rating100", "date", "created_at", "updated_at", "resume_time")
    },
    "play_duration": _column("play_duration"),
    "organized": _flag("organized"),
    "oshash": _fingerprint("oshash"),
    "checksum": _fingerprint("md5"),
    "path": _path,
    "url": _urls,
    "duration": _duration,
    "is_missing": _missing,
    "stash_id_endpoint": _stash_id,
    "performer_favorite": _favorite,
    "file_count": _ordered(lambda row: len(row.files)),
    "tag_count": _ordered(lambda row: len(row.tags)),
    "performer_count": _ordered(lambda row: len(row.performers)),
    "play_count": _ordered(lambda row: len(row.play_history)),
    "o_counter": _ordered(lambda row: len(row.o_history)),
    "last_played_at": _ordered(lambda row: max(row.play_history, default=None)),
    **{PLURAL[kind]: _scene_relation(kind) for kind in KINDS},
    **{PLURAL[kind] + "_filter": _related(kind) for kind in KINDS},
}
_NAMED: dict[str, Callable[[Store, Any, str], Test]] = {
    **{
        name: _string(name)
        for name in ("name", "disambiguation", "details", "sort_name", "description")
    },
    **{name: _column(name) for name in ("rating100", "created_at", "updated_at", "date")},
    "favorite": _flag("favorite"),
    "filter_favorites": _flag("favorite"),
    "is_missing": _missing,
    "scene_count": _scene_count,
    "aliases": _aliases,
    "tags": _scene_relation("tag"),
    "director": _string("director"),
    "synopsis": _string("synopsis"),
}


# ---- order and paging --------------------------------------------------------------------


def scene_text(store: Store, row: Any) -> str:
    paths = " ".join(store.files[i].path for i in row.files)
    return " ".join([row.title or "", row.details or "", row.code or "", paths]).casefold()


def searched(store: Store, kind: str, rows: Iterable[Any], q: str | None) -> list[Any]:
    needles = (q or "").casefold().split()
    if not needles:
        return list(rows)
    if kind == "scene":
        return [r for r in rows if all(n in scene_text(store, r) for n in needles)]
    return [r for r in rows if all(n in r.name.casefold() for n in needles)]


def unordered(rows: list[Any]) -> list[Any]:
    """No sort means no ORDER BY: a reproducible order, but not the one anybody hopes for."""
    return sorted(rows, key=lambda row: ((row.id * 2654435761) % 4294967296, row.id))


def natural(text: str) -> list[Any]:
    """COLLATE NATURAL_CI: numbers inside text sort as numbers, case does not count."""
    parts = re.split(r"(\d+)", text.casefold())
    return [int(p) if i % 2 else p for i, p in enumerate(parts)]


def sort_key(store: Store, kind: str, sort: str) -> Callable[[Any], Any]:
    def first_file(row: Any) -> Any:
        return store.files[row.files[0]] if row.files else None

    special: dict[str, Callable[[Any], Any]] = {
        "title": lambda row: natural(row.title or ""),
        "name": lambda row: natural(row.name),
        "path": lambda row: natural(getattr(first_file(row), "path", "")),
        "filesize": lambda row: getattr(first_file(row), "size", -1),
        "duration": lambda row: getattr(first_file(row), "duration", -1),
        "file_mod_time": lambda row: getattr(first_file(row), "mod_time", ""),
        "rating": lambda row: -1 if row.rating100 is None else row.rating100,
        "file_count": lambda row: len(row.files),
        "tag_count": lambda row: len(row.tags),
        "performer_count": lambda row: len(row.performers),
        "play_count": lambda row: len(row.play_history),
        "o_counter": lambda row: len(row.o_history),
        "last_played_at": lambda row: max(row.play_history, default=""),
        "last_o_at": lambda row: max(row.o_history, default=""),
        "scenes_count": lambda row: len(store.scenes_with(kind, row.id)),
        "studio": lambda row: natural(getattr(store.named["studio"].get(row.studio), "name", "")),
    }
    if sort in special:
        return special[sort]
    seed = sort[len("random") + 1 :] if sort.startswith("random") else ""
    if sort.startswith("random"):
        return lambda row: hash((row.id, seed or store.clock()))
    return lambda row: (getattr(row, sort, None) is not None, getattr(row, sort, None))


def check_sort(kind: str, sort: str) -> None:
    """Stash answers an unknown sort of scenes with an error; a seed must be a number."""
    if sort.startswith("random_"):
        if not sort[7:].isdigit():
            raise BadFilter(f"invalid random seed: {sort[7:]}")
    elif kind == "scene" and sort not in SCENE_SORTS:
        raise BadFilter(f"invalid sort: {sort}")


def arranged(store: Store, kind: str, rows: list[Any], asked: dict) -> list[Any]:
    sort = asked.get("sort")
    if not sort:
        if kind == "scene":
            return unordered(rows)
        sort = "name"
    check_sort(kind, sort)
    reverse = asked.get("direction") == "DESC"
    if sort == "id":  # rows come in the order of their ids
        return rows[::-1] if reverse else rows
    return sorted(rows, key=sort_key(store, kind, sort), reverse=reverse)


def page(rows: list[Any], asked: dict) -> list[Any]:
    """25 rows unless told otherwise; a negative per_page means all of them."""
    per_page = asked.get("per_page")
    if per_page is None:
        per_page = 25
    if per_page < 0:
        return rows
    start = (max(asked.get("page") or 1, 1) - 1) * per_page
    return rows[start : start + per_page]


def by_ids(table: dict[int, Any], kind: str, ids: list) -> list[Any]:
    """All of these ids, in this order; one that is unknown or named twice fails the query."""
    seen = set()
    for id_ in ids:
        if id_ in seen:
            raise BadFilter(f"validating ids: duplicate id found: {id_}")
        seen.add(id_)
    try:
        numbers = [int(id_) for id_ in ids]
    except ValueError as error:
        raise BadFilter(f"converting ids: {error}") from error
    for number in numbers:
        if number not in table:
            raise BadFilter(f"{kind} with id {number} not found")
    return [table[number] for number in numbers]


def found(store: Store, kind: str, args: dict) -> tuple[list[Any], list[Any]]:
    """(all rows, rows of the page) for one find query. Ids win over filter and paging."""
    table = store.scenes if kind == "scene" else store.named[kind]
    ids = args.get("ids") or args.get(kind + "_ids")
    if ids:
        rows = by_ids(table, kind, ids)
        return rows, rows
    asked, wanted = args.get("filter") or {}, args.get(kind + "_filter")
    some = filter(test_for(store, kind, wanted), table.values()) if wanted else table.values()
    rows = searched(store, kind, some, asked.get("q"))
    return rows, page(arranged(store, kind, rows, asked), asked)

"""The `Meta` tree: which filters, sorts and operators a section offers to a client."""

from __future__ import annotations

from typing import Any

from .answering import container
from .kinds import TAGS
from .markup import El
from .message import Answer, Call, Refusal
from .sections import Section
from .state import State

OPERATORS = {
    "tag": {"=": "is", "!=": "is not"},
    "integer": {"=": "is", "!=": "is not", ">>=": "is greater than", "<<=": "is less than"},
    "string": {
        "=": "contains",
        "!=": "does not contain",
        "==": "is",
        "!==": "is not",
        "<=": "begins with",
        ">=": "ends with",
    },
    "boolean": {"=": "is true", "!=": "is false"},
    "date": {"<<=": "is before", ">>=": "is after"},
    "resolution": {"=": "is"},
}
FILTERS = {
    "contentRating": "string",
    "year": "integer",
    "decade": "integer",
    "resolution": "string",
    "unwatched": "boolean",
}
FIELDS = {
    "title": "string",
    "studio": "string",
    "userRating": "integer",
    "contentRating": "tag",
    "year": "integer",
    "decade": "integer",
    "unwatched": "boolean",
    "resolution": "resolution",
    "addedAt": "date",
    "updatedAt": "date",
    "lastViewedAt": "date",
    "originallyAvailableAt": "date",
    "viewCount": "integer",
    "duration": "integer",
    "trash": "boolean",
}
SORTS = (
    "titleSort",
    "year",
    "originallyAvailableAt",
    "rating",
    "audienceRating",
    "userRating",
    "contentRating",
    "duration",
    "addedAt",
    "lastViewedAt",
    "viewCount",
)


def answer(state: State, call: Call, section: Section, total: int) -> Answer:
    """No rows, only the tree; `totalSize` says how many rows there would be."""
    types = [_type(section, "movie", 1, "Movies"), _type(section, "collection", 18, "Collections")]
    if call.path.endswith("/collections"):
        types.reverse()
    kinds = [El("FieldType", {"type": type}, _operators(type)) for type in OPERATORS]
    meta = El("Meta", {}, [*types, *kinds])
    attrs = {"size": 0, "totalSize": total, "librarySectionID": section.id}
    return container(state, call, [meta], attrs)


def _operators(type: str) -> list[El]:
    return [El("Operator", {"key": k, "title": t}) for k, t in OPERATORS[type].items()]


def _type(section: Section, name: str, number: int, title: str) -> El:
    base = f"/library/sections/{section.id}"
    attrs: dict[str, Any] = {"key": f"{base}/all?type={number}", "type": name, "title": title}
    attrs["active"] = name == "movie"
    filters = {**FILTERS, **{kind.wire: "string" for kind in TAGS[:8]}}
    rows = [
        El(
            "Filter",
            {
                "filter": key,
                "filterType": type,
                "key": f"{base}/{key}",
                "title": key,
                "type": "filter",
            },
        )
        for key, type in filters.items()
    ]
    rows += [_sort(key) for key in SORTS]
    fields = {**FIELDS, **{kind.wire: "tag" for kind in TAGS[:8]}}
    rows += [
        El(
            "Field",
            {"key": f"{name}.{key}" if name != "movie" else key, "title": key, "type": type},
        )
        for key, type in fields.items()
    ]
    return El("Type", attrs, rows)


def _sort(key: str) -> El:
    direction = "asc" if key in ("titleSort", "contentRating") else "desc"
    attrs = {"default": "asc" if key == "titleSort" else None, "defaultDirection": direction}
    attrs |= {"descKey": f"{key}:desc", "key": key, "title": key}
    return El("Sort", attrs)


def other_choices(state: State, call: Call, section: Section, kind: str) -> Answer:
    """The values of a filter that is not a tag."""
    items = section.items.values()
    if kind == "contentRating":
        found = sorted({i.attrs["contentRating"] for i in items if "contentRating" in i.attrs})
    elif kind in ("year", "decade"):
        years = {int(item.year(True) or 0) for item in items} - {0}
        step = 10 if kind == "decade" else 1
        found = [str(y) for y in sorted({year // step * step for year in years}, reverse=True)]
    elif kind == "resolution":
        found = ["1080"]
    else:
        raise Refusal(404)
    return container(state, call, [El("Directory", {"key": key, "title": key}) for key in found])

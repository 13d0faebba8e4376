"""Containers: how an endpoint's rows become an answer in the form the client wants."""

from __future__ import annotations

from typing import Any

from .markup import El, Row, as_json, as_xml, pruned
from .message import Answer, Call
from .state import State

JSON = "application/json"


def container(
    state: State, call: Call, rows: list[Any], attrs: dict[str, Any] | None = None
) -> Answer:
    """A MediaContainer of these rows."""
    root = El("MediaContainer", {"size": len(rows), **(attrs or {})}, _wanted(call, rows))
    if call.wants_json and state.library.options.json:
        return Answer(200, as_json(root), JSON)
    return Answer(200, as_xml(root))


def _wanted(call: Call, rows: list[Any]) -> list[Any]:
    elements = set(call.get("excludeElements").split(",")) - {""}
    fields = set(call.get("excludeFields").split(",")) - {""}
    if not elements and not fields:
        return rows
    return [pruned(row.element(), elements, fields) for row in rows]


def page(
    state: State, call: Call, rows: list[Any], view: Any, attrs: dict[str, Any] | None = None
) -> Answer:
    """The window that the client asked for, by query or by header, with its totals."""
    options = state.library.options
    start = call.number("X-Plex-Container-Start", 0)
    size = call.number("X-Plex-Container-Size", len(rows))
    if options.page_cap:
        size = min(size, options.page_cap)
    window: list[Row] = [view(row) for row in rows[start : start + size]]
    totals: dict[str, Any] = {"totalSize": len(rows), "offset": start}
    if options.omit_total_size and len(window) == len(rows):
        del totals["totalSize"]
    answer = container(state, call, window, {**totals, **(attrs or {})})
    answer.headers["X-Plex-Container-Start"] = str(start)
    if "totalSize" in totals:
        answer.headers["X-Plex-Container-Total-Size"] = str(len(rows))
    return answer

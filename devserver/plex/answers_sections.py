"""Endpoints of library sections: the list of them, their listings, choices and scans."""

from __future__ import annotations

from typing import Any

from . import metasearch, query, refresh
from .answering import container, page
from .kinds import COLLECTION_TYPE, TAG_BY_WIRE, TYPE_IDS
from .markup import El
from .message import Answer, Call, Refusal
from .sections import Section
from .state import State
from .views import ListedItem, collection_element, location_elements, section_element

REMEMBERED_LISTINGS = 8


def sections(state: State, call: Call) -> Answer:
    rows = [
        section_element(section, state.scans.is_refreshing(section), state.owner)
        for section in state.library.sections.values()
    ]
    attrs = {"allowSync": state.owner, "title1": "Plex Library"}
    return container(state, call, rows, attrs)


def one_section(state: State, call: Call, id: str) -> Answer:
    section = state.library.section(int(id))
    rows = [El("Directory", {"key": key, "title": key}) for key in ("all", "collection", "genre")]
    attrs = {"librarySectionID": section.id, "content": "secondary", "viewGroup": "secondary"}
    return container(state, call, rows, {**attrs, "title1": section.title})


def section_attributes(section: Section) -> dict[str, Any]:
    return {
        "allowSync": True,
        "identifier": "com.plexapp.plugins.library",
        "librarySectionID": section.id,
        "librarySectionTitle": section.title,
        "librarySectionUUID": section.uuid,
        "title1": section.title,
        "viewGroup": section.type,
    }


def listing(state: State, call: Call, id: str) -> Answer:
    """One page of a section. A show section without a type is an error of the server."""
    section = state.library.section(int(id))
    type = call.get("type")
    meta = call.get("includeMeta") == "1"
    strict = state.library.options.shows_need_type or call.has("file")
    if section.type != "movie" and not type and not meta and strict:
        raise Refusal(500)
    if type == str(COLLECTION_TYPE):
        return collections(state, call, id)
    wanted = type in ("", str(TYPE_IDS["movie"]))
    rows = rows_of(state, call, section) if wanted and section.type == "movie" else []
    guids = call.get("includeGuids") == "1"
    attrs = section_attributes(section)
    if meta:
        return metasearch.answer(state, call, section, len(rows))
    return page(state, call, rows, lambda item: ListedItem(state.library, item, guids), attrs)


def everything(state: State, call: Call) -> Answer:
    """The items of every section."""
    sections = state.library.sections.values()
    rows = [row for section in sections for row in rows_of(state, call, section)]
    guids = call.get("includeGuids") == "1"
    return page(state, call, rows, lambda item: ListedItem(state.library, item, guids))


def rows_of(state: State, call: Call, section: Section) -> list[Any]:
    """All rows of the query, kept while nothing changes so that paging is cheap."""
    rows = _all_rows(state, call, section)
    limit = call.get("limit")
    return rows[: int(limit)] if limit.isdigit() else rows


def _all_rows(state: State, call: Call, section: Section) -> list[Any]:
    pairs = [(k, v) for k, v in call.query if query.is_filter(k)]
    ignored = state.library.options.ignored_sorts
    sort = "" if call.get("sort").partition(":")[0] in ignored else call.get("sort")
    if not pairs and not sort:
        return section.in_order()
    if [name for name, _ in pairs] == ["file"] and not sort:
        return _by_file(state, section, pairs[0][1])
    key = (section.id, tuple(pairs), sort)
    revision, rows = state.rows.get(key, (-1, []))
    if revision == state.library.revision:
        return rows
    library = state.library
    found = query.matching(section.in_order(), pairs, library.now(), library.options.file_filter)
    rows = query.ordered(found, sort)
    while len(state.rows) >= REMEMBERED_LISTINGS:
        state.rows.pop(next(iter(state.rows)))
    state.rows[key] = (library.revision, rows)
    return rows


def _by_file(state: State, section: Section, value: str) -> list[Any]:
    mode = state.library.options.file_filter
    if mode == "basename":
        return [item for item in state.library.items_named(value) if item.section is section]
    return query.matching(section.in_order(), [("file", value)], 0, mode)


def collections(state: State, call: Call, id: str) -> Answer:
    section = state.library.section(int(id))
    mine = [c for c in state.library.collections.values() if c.section is section]
    if call.get("includeMeta") == "1":
        return metasearch.answer(state, call, section, len(mine))
    wanted = [(k, v) for k, v in call.query if query.is_filter(k)]
    mine = query.matching(mine, wanted, state.library.now(), "ignored")
    rows = query.ordered(mine, call.get("sort") or "titleSort")
    return page(state, call, rows, collection_element, section_attributes(section))


def locations(state: State, call: Call, id: str) -> Answer:
    return container(state, call, location_elements(state.library.section(int(id))))


def choices(state: State, call: Call, id: str, kind: str) -> Answer:
    """The tags of one kind that items of the section carry."""
    section = state.library.section(int(id))
    if kind not in TAG_BY_WIRE:
        return metasearch.other_choices(state, call, section, kind)
    used = {tag for item in section.items.values() for tag in item.tags.get(kind, ())}
    rows = [
        El(
            "Directory",
            {
                "fastKey": f"/library/sections/{id}/all?{kind}={tag.id}",
                "key": str(tag.id),
                "title": tag.name,
                "type": kind,
                "thumb": tag.thumb or None,
            },
        )
        for tag in sorted(used, key=lambda tag: tag.name.casefold())
    ]
    return container(state, call, rows, section_attributes(section))


def begin_scan(state: State, call: Call, id: str) -> Answer:
    """Asynchronous. `force=1` also resets every unlocked field of the section."""
    section = state.library.section(int(id))
    state.scans.begin(section, call.get("path"))
    if call.get("force") == "1":
        for item in list(section.items.values()):
            refresh.item(state.library, item)
    return Answer()


def cancel_scan(state: State, call: Call, id: str) -> Answer:
    state.scans.cancel(state.library.section(int(id)))
    return Answer()


def empty_trash(state: State, call: Call, id: str) -> Answer:
    section = state.library.section(int(id))
    for item in [item for item in section.items.values() if item.deleted_at]:
        state.library.forget(item)
    return Answer()


def remove(state: State, call: Call, id: str) -> Answer:
    state.library.section(int(id))
    state.library.remove_section(int(id))
    return Answer()

"""Endpoints of collections: create, read, fill, empty, delete."""

from __future__ import annotations

import re

from . import gathering
from .answering import container, page
from .answers_sections import section_attributes
from .collection import CUSTOM, SORTS
from .items import Item
from .message import Answer, Call, Refusal
from .state import State
from .views import ListedItem, collection_element

MEMBERS = re.compile(r"server://([^/]+)/com\.plexapp\.plugins\.library/library/metadata/([\d,]+)")


def named_items(state: State, uri: str) -> list[Item]:
    """The items of `server://{machine}/com.plexapp.plugins.library/library/metadata/1,2`."""
    match = MEMBERS.fullmatch(uri)
    if not match or match[1] != state.machine_identifier:
        raise Refusal(400)
    return [state.library.item(int(key)) for key in match[2].split(",") if key]


def create(state: State, call: Call) -> Answer:
    if not call.get("title") or not call.get("sectionId").isdigit() or call.get("smart") == "1":
        raise Refusal(400)
    section = state.library.section(int(call.get("sectionId")))
    items = named_items(state, call.get("uri")) if call.get("uri") else []
    made = gathering.gather(state.library, section, call.get("title"), items)
    return container(state, call, [collection_element(made, True)])


def one(state: State, call: Call, rk: str) -> Answer:
    found = state.library.collection(int(rk))
    attrs = section_attributes(found.section)
    return container(state, call, [collection_element(found, True)], attrs)


def members(state: State, call: Call, rk: str) -> Answer:
    found = state.library.collection(int(rk))
    library = state.library
    attrs = section_attributes(found.section)
    return page(state, call, found.members, lambda i: ListedItem(library, i, False), attrs)


def add(state: State, call: Call, rk: str) -> Answer:
    found = state.library.collection(int(rk))
    items = named_items(state, call.get("uri"))
    gathering.gather(state.library, found.section, found.title, items)
    return container(state, call, [collection_element(found)])


def remove(state: State, call: Call, rk: str, member: str) -> Answer:
    found = state.library.collection(int(rk))
    gathering.remove(state.library, found, [state.library.item(int(member))])
    return Answer()


def move(state: State, call: Call, rk: str, member: str) -> Answer:
    """Behind the member `after`, or to the front; refused unless the sort is a custom one."""
    found = state.library.collection(int(rk))
    after = int(call.get("after") or 0)
    if found.sort != CUSTOM or not {int(member), after or int(member)} <= found.keys:
        raise Refusal(400)
    found.move(int(member), after)
    state.library.touch(found.section)
    return Answer()


def prefs(state: State, call: Call, rk: str) -> Answer:
    """`collectionSort`: by release date, by title, or custom."""
    found, sort = state.library.collection(int(rk)), call.get("collectionSort")
    if not sort.isdigit() or int(sort) not in SORTS:
        raise Refusal(400)
    found.sort_by(int(sort))
    state.library.changed(found)
    return Answer()


def delete(state: State, call: Call, rk: str) -> Answer:
    gathering.dissolve(state.library, state.library.collection(int(rk)))
    return Answer()

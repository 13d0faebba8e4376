"""Endpoints of items: reading, editing, deleting, rating and refreshing them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from . import edits, gathering
from . import refresh as refreshing
from .answering import container
from .collection import Collection
from .items import Item
from .kinds import COLLECTION_TYPE
from .message import Answer, Call, Refusal, numbers
from .state import State
from .views import collection_element, full

IDENTIFIER = "com.plexapp.plugins.library"


def metadata(state: State, call: Call, ids: str) -> Answer:
    """Those that exist; 404 only when none does."""
    library = state.library
    check = call.get("checkFiles") == "1"
    keys = numbers(ids)
    rows: list[Any] = [full(library, library.items[k], check) for k in keys if k in library.items]
    rows += [
        collection_element(library.collections[k], True) for k in keys if k in library.collections
    ]
    if not rows:
        raise Refusal(404)
    attrs: dict[str, Any] = {"allowSync": True, "identifier": IDENTIFIER}
    sections = {row.attrs["librarySectionID"] for row in rows}
    if len(sections) == 1:
        section = library.section(sections.pop())
        attrs |= {"librarySectionID": section.id, "librarySectionTitle": section.title}
    return container(state, call, rows, attrs)


def edit_section(state: State, call: Call, id: str) -> Answer:
    """Without an `id` every item of the section is edited."""
    section = state.library.section(int(id))
    edit = _edit(call)
    if call.get("type") == str(COLLECTION_TYPE):
        for key in numbers(call.get("id")):
            gathering.edit(state.library, state.library.collection(key), edit)
        return Answer()
    if call.has("id"):
        keys = _meant(numbers(call.get("id")), state.library.options.several_ids)
        found = [section.items[key] for key in keys if key in section.items]
        if not found:
            raise Refusal(404)
    else:
        found = list(section.items.values())
    edits.apply(state.library, found, edit)
    return Answer()


def _meant(keys: list[int], several: str) -> list[int]:
    """The ids of a request that this server takes."""
    if len(keys) > 1 and several == "refused":
        raise Refusal(400)
    return keys[:1] if several == "first" else keys


def edit_metadata(state: State, call: Call, ids: str) -> Answer:
    library = state.library
    edit = _edit(call)
    keys = numbers(ids)
    gathered = [library.collections[k] for k in keys if k in library.collections]
    found = [library.items[k] for k in keys if k in library.items]
    if not found and not gathered:
        raise Refusal(404)
    for collection in gathered:
        gathering.edit(library, collection, edit)
    edits.apply(library, found, edit)
    return Answer()


def _edit(call: Call) -> edits.Edit:
    plain = [(k, v) for k, v in call.query if k not in ("id", "type") and k[:7] != "X-Plex-"]
    edit = edits.parsed(plain)
    call.ignored = edit.ignored
    return edit


def delete(state: State, call: Call, ids: str) -> Answer:
    library = state.library
    for key in numbers(ids):
        if key in library.collections:
            gathering.dissolve(library, library.collections[key])
        else:
            library.forget(library.item(key))
    return Answer()


def refresh(state: State, call: Call, rk: str) -> Answer:
    refreshing.item(state.library, state.library.item(int(rk)))
    return Answer()


def accepted(state: State, call: Call, rk: str) -> Answer:
    state.library.item(int(rk))
    return Answer()


def matches(state: State, call: Call, rk: str) -> Answer:
    state.library.item(int(rk))
    return container(state, call, [])


def _keyed(state: State, call: Call) -> Item | Collection:
    """The item of a `/:/` call, which has to name the library plug-in as well."""
    if call.get("identifier") != IDENTIFIER or not call.get("key").isdigit():
        raise Refusal(400)
    key = int(call.get("key"))
    return state.library.collections.get(key) or state.library.item(key)


def rate(state: State, call: Call) -> Answer:
    """0 to 10 for the account of the token; -1 takes the rating away. Locks nothing."""
    item = _keyed(state, call)
    try:
        rating = float(call.get("rating"))
    except ValueError:
        raise Refusal(400) from None
    if rating > 10 or (rating < 0 and rating != -1):
        raise Refusal(400)
    if rating == -1:
        item.attrs.pop("userRating", None)
    else:
        item.attrs["userRating"] = str(rating)
    state.library.changed(item, bump=state.library.options.rate_bumps_updated_at)
    return Answer()


def scrobble(state: State, call: Call) -> Answer:
    return _viewed(state, call, lambda item: item.view_count + 1)


def unscrobble(state: State, call: Call) -> Answer:
    return _viewed(state, call, lambda item: 0)


def _viewed(state: State, call: Call, views: Callable[[Item], int]) -> Answer:
    item = _keyed(state, call)
    if isinstance(item, Item):
        item.view_count = views(item)
        item.viewed_at = int(state.library.now()) if item.view_count else 0
        state.library.changed(item, bump=False)
    return Answer()

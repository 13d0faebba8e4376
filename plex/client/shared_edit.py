"""Edits that several items share: the same names added or removed, the same value set. Pure.

A shared edit of a list contains only the names to add and to remove, and Plex changes the list of each
item. Some servers replace the lists instead: then each item loses the names that the edit does not
contain.
"""

from collections.abc import Iterable, Mapping, Sequence

from plex.client import edit_request
from plex.client.edit_request import Parameter
from plex.fields.item import Item
from plex.fields.names import name_key
from plex.fields.registry import BY_NAME
from plex.plan.last_written import Tags, names_of, same, without
from plex.plan.plan import Change

# Everything else has an order, or a value, of the item's own.
FIELDS = frozenset(("studio", "content_rating", "genres", "collections", "labels"))
MOST = 100  # items in one request
_ID = 14  # bytes of a rating key and its comma in an address


def parameters(changes: Sequence[Change]) -> "list[Parameter] | None":
    """The parameters of an edit that other items may share, None if a part of the edit fits only this
    item."""
    if not changes or any(change.field not in FIELDS for change in changes):
        return None
    request: list[Parameter] = []
    for change in changes:
        field = BY_NAME[change.field]
        if field.kind == "tags":
            request += _names(field.plex_name, change)
        else:
            request.append((f"{field.plex_name}.value", str(change.after or "")))
        request.append((f"{field.plex_name}.locked", "1"))
    return request if most_items(request) > 1 else None


def most_items(edit: Iterable[Parameter]) -> int:
    """The number of items that fit into one request with this edit."""
    return min(MOST, (edit_request.URL_BYTES - edit_request.size(edit)) // _ID)


def _names(kind: str, change: Change) -> list[Parameter]:
    come = sorted(without(change.after, change.before), key=name_key)
    gone = sorted(without(change.before, change.after), key=name_key)
    added = [(f"{kind}[{number}].tag.tag", name) for number, name in enumerate(come)]
    return added + ([edit_request.removal(kind, gone)] if gone else [])


def at_risk(changes: Iterable[Change]) -> dict[str, Tags]:
    """Returns, by field, the names that an item has and keeps while names are added to its list. A server
    that replaces lists takes these names away."""
    lists = {}
    for change in changes:
        if without(change.after, change.before):
            gone = tuple(without(change.before, change.after))
            lists[change.field] = tuple(without(change.before, gone))
    return {name: names for name, names in lists.items() if names}


def lost(lists: Mapping[str, Tags], now: Item) -> bool:
    """Whether an item lacks names of these lists. `lists` is by field."""
    return any(without(names, now.values.get(name)) for name, names in lists.items())


def give_back(lists: Mapping[str, Tags], now: Item) -> list[Parameter]:
    """The edit that adds these names to the names that the item has."""
    edit: list[Parameter] = []
    for name, names in lists.items():
        have = now.values.get(name)
        whole = (*names_of(have), *without(names, have))
        edit += edit_request.tag_list(BY_NAME[name].plex_name, (), whole)
    return edit


def was_reached(changes: Iterable[Change], before: Item, now: Item) -> bool:
    """Whether an item shows anything of an edit."""
    for change in changes:
        field = BY_NAME[change.field]
        is_locked = field.plex_name in now.locks - before.locks
        if is_locked or not same(field, now.values.get(field.name), before.values.get(field.name)):
            return True
    return False

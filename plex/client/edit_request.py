"""Changes -> the parameters of Plex's edit request, for one item or for several. Pure.

PMS splits a removal list at commas and then decodes each piece, so a name is encoded once here and
once more with the whole query. Tags may add to or replace what an item has, depending on the
server: the full list and the removals are sent together, which is right in either case.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from urllib.parse import quote, unquote

from plex.fields.item import Item
from plex.fields.registry import BY_NAME, FIELDS, Field, Fields, Value
from plex.fields.text import cut_for_address, name_key
from plex.plan.plan import Change, Tags, by_key, names_of, same, without

Parameter = tuple[str, str]
URL_BYTES = 6500  # proxies in front of Plex allow 8 KB for the whole request line


def parameters(writes: Iterable[Change], rates_apart: bool = False) -> list[Parameter]:
    """The parameters of some writes: values, and locks except for a rating. With
    `rates_apart` the rating is left out, since it has a request of its own."""
    request: list[Parameter] = []
    for change in writes:
        field = BY_NAME[change.field]
        if field.kind == "rating":
            request += [] if rates_apart else [(f"{field.plex_name}.value", rating(change.after))]
            continue
        if field.kind == "tags":
            request += tag_list(field.plex_name, change.before, change.after)
        else:
            request.append((f"{field.plex_name}.value", str(change.after or "")))
        locked = "0" if field.derived and not change.after else "1"
        request.append((f"{field.plex_name}.locked", locked))
    return request


def ids(rating_keys: Sequence[int]) -> str:
    """The ids of the items that an edit is for. Without an id Plex would edit every item of the library:
    then it raises ValueError."""
    if not rating_keys or any(not isinstance(key, int) or key <= 0 for key in rating_keys):
        raise ValueError("an edit needs the rating keys of its items, which are positive numbers")
    return ",".join(map(str, rating_keys))


def rating(value: object) -> str:
    """The value of a rating in an edit. An empty value removes it."""
    return f"{value:g}" if isinstance(value, (int, float)) and value else ""


def tag_list(kind: str, before: Value, after: Value) -> list[Parameter]:
    """The full list, and the removal of the names that are no longer in it."""
    gone, keep = without(before, after), names_of(after)
    listed = [(f"{kind}[{number}].tag.tag", name) for number, name in enumerate(keep)]
    return listed + ([removal(kind, gone)] if gone else [])


def with_photos(
    edit: Sequence[Parameter], photos: Mapping[str, str], actors: Tags
) -> list[Parameter]:
    """The edit with these actors' photos, by `name_key`, and always with the list of actors. Photos that make
    the edit too long are left out: they are due again the next time."""
    listed = any(name.endswith("].tag.tag") and name.startswith("actor[") for name, _ in edit)
    whole = list(edit) if listed else [*edit, *tag_list("actor", actors, actors)]
    added = [
        (name.removesuffix(".tag") + ".thumb", photos[name_key(value)])
        for name, value in whole
        if name.startswith("actor[") and name.endswith("].tag.tag") and name_key(value) in photos
    ]
    while added and size(_by_field([*whole, *added])["actor"]) > URL_BYTES:
        added.pop()
    return whole + added


def removal(kind: str, names: Iterable[str]) -> Parameter:
    """The parameter that takes names off an item."""
    return (f"{kind}[].tag.tag-", ",".join(quote(name, safe="") for name in names))


def requests_for(edit: Sequence[Parameter]) -> list[list[Parameter]]:
    """One request if it fits; else one per field: a list must never be sent in slices."""
    if size(edit) <= URL_BYTES:
        return [list(edit)]
    requests: list[list[Parameter]] = []
    for group in sorted(_by_field(edit).values(), key=size):
        if requests and size(requests[-1] + group) <= URL_BYTES:
            requests[-1] += group
        else:
            requests.append(group)
    return requests


def _by_field(edit: Iterable[Parameter]) -> dict[str, list[Parameter]]:
    """The parameters by Plex's name of the field."""
    groups: dict[str, list[Parameter]] = {}
    for name, value in edit:
        groups.setdefault(name.partition(".")[0].partition("[")[0], []).append((name, value))
    return groups


def is_long(edit: Iterable[Parameter]) -> bool:
    """Whether something between us and Plex may refuse the request for its length."""
    return size(edit) > URL_BYTES


def shorter(edit: Sequence[Parameter]) -> "list[Parameter] | None":
    """The edit with its longest text cut to fit; None if a list of names is too long."""
    longest = max(edit, key=lambda pair: len(pair[1]), default=("", ""))
    room = URL_BYTES - size(pair for pair in edit if pair is not longest) - len(longest[0]) - 2
    if not longest[0].endswith(".value") or room < 0:
        return None
    short = (longest[0], cut_for_address(longest[1], room))
    return [short if pair is longest else pair for pair in edit]


def size(edit: Iterable[Parameter]) -> int:
    """The bytes of an edit in an address."""
    return sum(len(quote(name, safe="")) + len(quote(value, safe="")) + 2 for name, value in edit)


_FIELDS = {field.plex_name: field for field in FIELDS}


def left(
    edit: Iterable[Parameter], current: Fields, locks: Collection[str], photos: Collection[str] = ()
) -> list[Parameter]:
    """The part of an edit that an item does not show: whole fields, so that no list is sent in slices."""
    rest: list[Parameter] = []
    for name, group in _by_field(edit).items():
        field = _FIELDS.get(name)
        now = current.get(field.name) if field else None
        named = [parameter for parameter in group if not parameter[0].endswith(".tag.thumb")]
        pictured = all(parameter[1] in photos for parameter in group if parameter not in named)
        if not (pictured and all(_is_shown(parameter, field, now, locks) for parameter in named)):
            rest += group
    return rest


def _is_shown(
    parameter: Parameter, field: "Field | None", now: Value, locks: Collection[str]
) -> bool:
    name, value = parameter
    if name.endswith(".locked"):
        return (name.removesuffix(".locked") in locks) == (value == "1")
    if field and field.kind == "rating":
        return same(field, now, float(value or 0))
    if field is None or field.kind != "tags":
        return str(now or "") == value
    have = by_key(now)
    if name.endswith("-"):
        return have.keys().isdisjoint(name_key(unquote(piece)) for piece in value.split(","))
    return name_key(value) in have


def left_over(change: Change, current: Value) -> list[str]:
    """The names that `change` removed and that Plex still has."""
    have = by_key(current)
    return [name for name in without(change.before, change.after) if name_key(name) in have]


# -- edits that several items share: the same names added or removed, the same value set
#
# A shared edit has only the names to add and to remove, and Plex changes the list of each item. Some servers
# replace the lists instead: then each item loses the names that the edit does not contain.

# Everything else has an order, or a value, of the item's own.
SHAREABLE = frozenset(("studio", "content_rating", "genres", "collections", "labels"))
MOST = 100  # items in one request
_ID = 14  # bytes of a rating key and its comma in an address


def shared_parameters(changes: Sequence[Change]) -> "list[Parameter] | None":
    """The parameters of an edit that other items may share, None if a part of the edit fits only this
    item."""
    if not changes or any(change.field not in SHAREABLE for change in changes):
        return None
    request: list[Parameter] = []
    for change in changes:
        field = BY_NAME[change.field]
        if field.kind == "tags":
            request += _shared_names(field.plex_name, change)
        else:
            request.append((f"{field.plex_name}.value", str(change.after or "")))
        request.append((f"{field.plex_name}.locked", "1"))
    return request if most_items(request) > 1 else None


def most_items(edit: Iterable[Parameter]) -> int:
    """The number of items that fit into one request with this edit."""
    return min(MOST, (URL_BYTES - size(edit)) // _ID)


def _shared_names(kind: str, change: Change) -> list[Parameter]:
    come = sorted(without(change.after, change.before), key=name_key)
    gone = sorted(without(change.before, change.after), key=name_key)
    added = [(f"{kind}[{number}].tag.tag", name) for number, name in enumerate(come)]
    return added + ([removal(kind, gone)] if gone else [])


def at_risk(changes: Iterable[Change]) -> dict[str, Tags]:
    """Returns, by field, the names that an item has and keeps while names are added to its list. A server
    that replaces lists takes these names away."""
    lists = {}
    for change in changes:
        if without(change.after, change.before):
            gone = tuple(without(change.before, change.after))
            lists[change.field] = tuple(without(change.before, gone))
    return {name: names for name, names in lists.items() if names}


def lost_names(lists: Mapping[str, Tags], now: Item) -> bool:
    """Whether an item lacks names of these lists. `lists` is by field."""
    return any(without(names, now.values.get(name)) for name, names in lists.items())


def give_back(lists: Mapping[str, Tags], now: Item) -> list[Parameter]:
    """The edit that adds these names to the names that the item has."""
    edit: list[Parameter] = []
    for name, names in lists.items():
        have = now.values.get(name)
        whole = (*names_of(have), *without(names, have))
        edit += tag_list(BY_NAME[name].plex_name, (), whole)
    return edit


def was_reached(changes: Iterable[Change], before: Item, now: Item) -> bool:
    """Whether an item shows anything of an edit."""
    for change in changes:
        field = BY_NAME[change.field]
        is_locked = field.plex_name in now.locks - before.locks
        if is_locked or not same(field, now.values.get(field.name), before.values.get(field.name)):
            return True
    return False

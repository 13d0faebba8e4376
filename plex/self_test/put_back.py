"""Puts back what a test has written: values, the order of names, locks and the poster, from the journal."""

from collections.abc import Sequence
from contextlib import suppress

import errors
from plex.client import edit_request
from plex.client.edit_request import Parameter
from plex.client.port import PlexPort
from plex.fields.item import BY_FIELD, POSTER, Item, Offered, is_same_file, selected
from plex.fields.registry import BY_NAME, Value
from plex.fields.text import name_key
from plex.plan.plan import by_key, without
from plex.self_test import names
from plex.state.database import Store
from plex.state.entry import lock_of
from plex.state.journal import Journal
from plex.state.self_tests import SelfTests
from plex.sync.undo_plan import Back, backs, goal

TRIES = 2


def put_back(plex: PlexPort, journal: Journal, store: Store) -> list[Back]:
    """Puts back the run that is noted, if one is. Returns the fields that Plex does not show as they were
    after that: their rows stay in the journal, for an undo. Raises Busy or Unreachable if Plex fails; then
    the run stays noted."""
    tests = SelfTests(store)
    of_item: dict[int, list[Back]] = {}
    for back in backs(journal.rows(run=tests.run)) if tests.run else ():
        of_item.setdefault(back.rating_key, []).append(back)
    left = [back for key, some in of_item.items() for back in _item_back(plex, key, some)]
    good = [back for some in of_item.values() for back in some if back not in left]
    with store.writing():
        journal.undone([row for back in good for row in back.rows])
        tests.end()
    return left


def _item_back(plex: PlexPort, rating_key: int, fields: Sequence[Back]) -> list[Back]:
    left = list(fields)
    for turn in range(TRIES + 1):
        item = plex.items([rating_key]).get(rating_key)
        if item is None or not is_same_file(fields[0].rows[0].files, item.file_ids):
            return []  # nothing is left of it: the item is gone, or is another file's
        offered = plex.images(rating_key, POSTER)
        left = [back for back in fields if not is_back(back, item, offered)]
        if not left or turn == TRIES:
            return left
        with suppress(errors.Rejected):
            _send(plex, item, left, offered, singly=turn > 0)
    return left


def _send(
    plex: PlexPort, item: Item, fields: Sequence[Back], offered: Offered, singly: bool
) -> None:
    for back in fields:
        if back.field == "rating":
            plex.rate(item.rating_key, back.value)  # type: ignore[arg-type]
        elif back.field in BY_FIELD and selected(offered) != _image(back, offered):
            _pick(plex, back, offered)
    if edit := edit_of(fields, item):
        plex.edit(item.section, item.rating_key, edit)
    for parameter in _removals(fields, item) if singly else ():
        plex.edit(item.section, item.rating_key, [parameter])


def _pick(plex: PlexPort, back: Back, offered: Offered) -> None:
    if key := _image(back, offered):
        plex.select_image(back.rating_key, POSTER, key)
    else:
        plex.unset_image(back.rating_key, POSTER)


# -- pure


def is_back(back: Back, item: Item, offered: Offered) -> bool:
    """Whether the item shows the field as it was, to the byte. A person's value also counts."""
    if back.field in BY_FIELD:
        now: Value = selected(offered)
        return _has_theirs(back, now) or (
            now == _image(back, offered) and _is_lock_right(back, item)
        )
    now = item.values.get(back.field)
    is_right = now == wanted(back, now)
    return is_right and (_has_theirs(back, now) or _is_lock_right(back, item))


def wanted(back: Back, now: Value) -> Value:
    """The value that a field is to have. It keeps what a person wrote meanwhile: another text, other names
    in a list."""
    if isinstance(back.value, tuple):
        sent = {key for row in back.rows for key in by_key(row.after)}
        others = [name for name in without(now, back.value) if not names.is_of_test(name)]
        return (*back.value, *(name for name in others if name_key(name) not in sent))
    return now if _has_theirs(back, now) else back.value


def _has_theirs(back: Back, now: Value) -> bool:
    """Whether the field has something that neither the test wrote nor was there before."""
    if isinstance(back.value, tuple):
        return wanted(back, now) != back.value
    known = [value for row in back.rows for value in (row.before, row.after)]
    return bool(now) and now not in known and not names.is_of_test(now)


def _image(back: Back, offered: Offered) -> str:
    """The key of the image to show, '' for none."""
    return goal(back, offered) if back.value else ""


def _is_lock_right(back: Back, item: Item) -> bool:
    """The test sends no lock with a rating."""
    is_locked = lock_of(back.field) in item.locks
    return back.field == "rating" or is_locked == back.locked


def edit_of(fields: Sequence[Back], item: Item) -> list[Parameter]:
    """The edit that puts back values and locks. Ratings and images have requests of their own."""
    edit: list[Parameter] = []
    for back in fields:
        now = item.values.get(back.field)
        if back.field == "rating":
            continue
        if back.field not in BY_FIELD:
            edit += _value(back, now)
        if back.field in BY_FIELD or not _has_theirs(back, now):
            edit.append((f"{lock_of(back.field)}.locked", str(int(back.locked))))
    return edit


def _value(back: Back, now: Value) -> list[Parameter]:
    field, value = BY_NAME[back.field], wanted(back, now)
    if value == now:
        return []
    if field.kind == "tags":
        return edit_request.tag_list(field.plex_name, now, value)
    return [(f"{field.plex_name}.value", str(value or ""))]


def _removals(fields: Sequence[Back], item: Item) -> list[Parameter]:
    """One removal for each name of the test: some servers honour only the first of a request."""
    return [
        edit_request.removal(BY_NAME[back.field].plex_name, [name])
        for back in fields
        if isinstance(back.value, tuple)
        for name in without(item.values.get(back.field), back.value)
        if names.is_of_test(name)
    ]

"""Sums up in one word how an item looks after a step of the test. Pure. `before` is the item before it."""

from collections.abc import Mapping, Sequence

from plex.fields.item import POSTER, Item
from plex.fields.registry import BY_NAME
from plex.fields.text import name_key
from plex.plan.plan import Tags, by_key, names_of, same, without
from plex.self_test import names

REFUSED, UNTESTED = "refused", "untested"


def genres(item: Item) -> Tags:
    return names_of(item.values.get("genres"))


def added(before: Item, now: Item) -> str:
    """Whether two names came to the end of a list."""
    wanted = (*names.own(genres(before)), names.FIRST, names.SECOND)
    if without(wanted, genres(now)):
        return "lost" if without(names.own(genres(before)), genres(now)) else "missing"
    return "added" if genres(now) == wanted else "reordered"


def case(before: Item, now: Item) -> str:
    """Which spelling of a name an item shows that was sent in another case."""
    spelled = [name for name in genres(now) if name_key(name) == name_key(names.FIRST)]
    if len(spelled) != 1:
        return "two" if spelled else "missing"
    return "first" if spelled[0] == names.FIRST else "last"


def listed(before: Item, now: Item) -> str:
    """Whether a list that lacks a name takes it away."""
    if without(names.own(genres(before)), genres(now)):
        return "lost"
    return "adds" if names.SECOND in genres(now) else "replaces"


def special(before: Item, now: Item) -> str:
    return "kept" if names.SPECIAL in genres(now) else "cut"


def special_off(before: Item, now: Item) -> str:
    return "stays" if names.SPECIAL in genres(now) else "removed"


def removals(before: Item, now: Item) -> str:
    """How many of two names one request removes."""
    left = sum(name in by_key(genres(now)) for name in map(name_key, (names.FIRST, names.SECOND)))
    return ("all", "one", "none")[left]


def label(before: Item, now: Item) -> str:
    spelled = by_key(now.values.get("labels")).get(name_key(names.LABEL), "")
    capital = names.LABEL[0].upper() + names.LABEL[1:]
    return {names.LABEL: "written", capital: "capital", "": "missing"}.get(spelled, "other")


def text(before: Item, now: Item) -> str:
    if now.values.get("tagline") != names.TEXT:
        return "changed" if names.is_of_test(now.values.get("tagline")) else "missing"
    return "kept" if "tagline" in now.locks else "open"


def unlock(before: Item, now: Item) -> str:
    if "tagline" in now.locks:
        return "locked"
    is_kept = now.values.get("tagline") == before.values.get("tagline")
    return "unlocked" if is_kept else "changed"


def empty(before: Item, now: Item) -> str:
    return "stays" if now.values.get("tagline") else "empty"


def _rates(now: Item, rating: "float | None") -> bool:
    return same(BY_NAME["rating"], now.values.get("rating"), rating)


def rating(before: Item, now: Item) -> str:
    wanted = names.other_rating(before.values.get("rating"))
    return "edit" if _rates(now, wanted) else "ignored"


def rating_apart(before: Item, now: Item) -> str:
    wanted = names.other_rating(before.values.get("rating"))
    return "apart" if _rates(now, wanted) else "never"


def rating_off(before: Item, now: Item) -> str:
    return "edit" if _rates(now, None) else "ignored"


def rating_off_apart(before: Item, now: Item) -> str:
    return "apart" if _rates(now, None) else "never"


def poster(shown: str, wanted: str, was_locked: bool, now: Item) -> str:
    """Whether an image is shown under the key that was expected, and whether that has locked it."""
    if shown != wanted:
        return "other"
    return "locks" if POSTER.lock in now.locks and not was_locked else "shown"


def several(before: Sequence[Item], now: Sequence[Item]) -> str:
    """How an edit that adds a name to several items was taken."""
    reached = [names.THIRD in genres(item) for item in now]
    if not all(reached):
        return "some" if any(reached) else "none"
    pairs = zip(before, now, strict=True)
    is_robbed = any(without(genres(was), genres(item)) for was, item in pairs)
    return "replaces" if is_robbed else "adds"


def newest(latest: Sequence[int], oldest: int, updated: int) -> str:
    """Whether a library gives its items by their times, newest first. `latest` has the times of the first
    rows, `oldest` the time of the first row in the other order, `updated` that of the item."""
    if len(latest) < 2 or min(oldest, *latest) == max(latest):
        return UNTESTED
    is_sorted = list(latest) == sorted(latest, reverse=True) and oldest < latest[0]
    return "kept" if is_sorted and updated in latest[:1] else "elsewhere" if is_sorted else "mixed"


def updated(moved: Mapping[str, bool]) -> str:
    """Whether updatedAt has moved with each edit."""
    if not moved:
        return UNTESTED
    if all(moved.values()):
        return "all"
    return "some" if any(moved.values()) else "none"

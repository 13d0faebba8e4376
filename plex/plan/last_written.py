"""The record of our last write of a field, and conclusions from it about Plex's value now. Pure."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from plex.fields.names import name_key
from plex.fields.registry import Field, Value

Tags = tuple[str, ...]
SCALAR: Tags = ("*",)  # means the value, in `ours` and `theirs` of a scalar


@dataclass(frozen=True)
class Written:
    """Our last write of a field.

    sent    the value that we sent
    got     the value that Plex showed in the read-back
    ours    names of a list that are on the item because of us; SCALAR if the value is
    theirs  names that a person removed from the list; SCALAR if `got` is a person's value
    begun   the read-back was never recorded, and `got` is Plex's value before the write
    """

    sent: Value
    got: Value
    ours: Tags = ()
    begun: bool = False
    theirs: Tags = ()


Base = Written | None  # of a field: None if we never wrote it


def is_unchanged(field: Field, base: Base, want: Value) -> bool:
    """Whether Stash still has the value of our last write."""
    return base is not None and not base.begun and same(field, want, base.sent)


def is_ours(field: Field, base: Base, cur: Value) -> bool:
    """Whether Plex shows this scalar because we wrote it."""
    if base is None or not cur:
        return False
    return came_late(field, base, cur) or (bool(base.ours) and same(field, cur, base.got))


def is_edited(field: Field, base: Base, cur: Value) -> bool:
    """Whether a person changed the scalar in Plex after our last write."""
    if base is None:
        return field.kind == "rating" and bool(cur)  # no agent rates, only a person does
    if same(field, cur, base.got):
        return bool(base.theirs)
    return not came_late(field, base, cur)


def came_late(field: Field, base: Written, cur: Value) -> bool:
    """Whether Plex shows a value that we sent and had not seen: we did not read back, or Plex was slow."""
    unseen = base.begun or not (base.theirs or same(field, base.got, base.sent))
    return unseen and same(field, cur, base.sent)


def is_resolved(field: Field, base: Base, cur: Value) -> bool:
    """Whether a write over Plex's present value has begun, or was decided by a person."""
    return base is not None and base.begun and same(field, cur, base.got)


def removed_by_person(base: Base, have: Collection[str], wish: Iterable[str]) -> set[str]:
    """Returns the keys of wished names that a person removed after we had seen them on the item."""
    if base is None:
        return set()
    seen = set(by_key(base.got))
    if base.begun:  # a name that we were about to remove was not removed by a person
        seen &= set(by_key(base.sent))
    return set(wish) & (seen | set(by_key(base.theirs))) - set(have)


def same(field: Field, one: Value, other: Value) -> bool:
    """Whether two values are equal to Plex: ratings to a tenth, lists without order and case."""
    if one == other:
        return True
    if field.kind == "tags":
        return set(by_key(one)) == set(by_key(other))
    if field.kind == "rating":
        return abs(_float(one) - _float(other)) < 0.05
    return (one or "") == (other or "")


def _float(value: Value) -> float:
    return float(value) if isinstance(value, (int, float)) else 0.0


def empty_value(field: Field) -> Value:
    """Returns the empty value of the field."""
    return {"rating": None, "tags": ()}.get(field.kind, "")


def names_of(value: Value) -> Tags:
    """Returns the names of a list; none for a value that is no list."""
    return value if isinstance(value, tuple) else ()


def by_key(value: Value) -> dict[str, str]:
    """Returns the names of a list by `name_key`."""
    names: dict[str, str] = {}
    for name in names_of(value):
        names.setdefault(name_key(name), name)
    return names


def without(some: Value, others: Value) -> list[str]:
    """Returns the names of a list that another list does not have."""
    known = by_key(others)
    return [name for name in names_of(some) if name_key(name) not in known]

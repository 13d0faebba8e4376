"""What we know of a field that we wrote, and what it tells about what Plex says now. Pure."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from plex.fields.names import name_key
from plex.fields.registry import Field, Value

Tags = tuple[str, ...]
SCALAR: Tags = ("*",)  # "the value" in `ours` and `theirs` of a scalar


@dataclass(frozen=True)
class Written:
    """What we know of a field: `sent` to Plex, `got` read back, and what of both is `ours`.

    `ours` and `theirs` hold names for a list, and SCALAR or nothing for a scalar. `theirs`: what a
    person made of it and we know of, which is the names that were taken off a list, or the value
    in `got`. `begun`: the answer to the write was never recorded; `got` is what Plex said before.
    """

    sent: Value
    got: Value
    ours: Tags = ()
    begun: bool = False
    theirs: Tags = ()


def is_unchanged(field: Field, base: "Written | None", want: Value) -> bool:
    """Whether Stash says what it said when we last wrote the field."""
    return base is not None and not base.begun and same(field, want, base.sent)


def is_ours(field: Field, base: "Written | None", cur: Value) -> bool:
    """Whether the scalar that Plex shows is there because we wrote it."""
    if base is None or not cur:
        return False
    return came_late(field, base, cur) or (bool(base.ours) and same(field, cur, base.got))


def is_edited(field: Field, base: "Written | None", cur: Value) -> bool:
    """Whether what Plex shows in the scalar came there by neither us nor what was there before."""
    if base is None:
        return field.kind == "rating" and bool(cur)  # agents give none: only a person rates
    if same(field, cur, base.got):
        return bool(base.theirs)
    return not came_late(field, base, cur)


def came_late(field: Field, base: Written, cur: Value) -> bool:
    """Whether the scalar says what we sent and did not see: we never looked, or Plex was slow."""
    unseen = base.begun or not (base.theirs or same(field, base.got, base.sent))
    return unseen and same(field, cur, base.sent)


def is_resolved(field: Field, base: "Written | None", cur: Value) -> bool:
    """Whether a write over the very value that Plex shows has begun, or was decided by a person."""
    return base is not None and base.begun and same(field, cur, base.got)


def removed_by_person(
    base: "Written | None", have: Collection[str], wish: Iterable[str]
) -> set[str]:
    """What of the wish a person took off the item after we had seen it there (keys of names)."""
    if base is None:
        return set()
    seen = set(by_key(base.got))
    if base.begun:  # what we were about to remove is no sign of a person
        seen &= set(by_key(base.sent))
    return set(wish) & (seen | set(by_key(base.theirs))) - set(have)


def same(field: Field, one: Value, other: Value) -> bool:
    """Equal as Plex sees it: ratings to a tenth, lists without order and case, texts exactly."""
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
    """The value of a field that says nothing."""
    return {"rating": None, "tags": ()}.get(field.kind, "")


def by_key(value: Value) -> dict[str, str]:
    """The names of a list by the form in which two spellings of one name are equal."""
    found: dict[str, str] = {}
    for name in value if isinstance(value, tuple) else ():
        found.setdefault(name_key(name), name)
    return found

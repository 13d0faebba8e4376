"""(baseline, current, wanted) -> changes: makes every decision about a field. Pure.

baseline  our last write of each field, and Plex's value right after it (`Written`)
current   Plex's values now
wanted    Stash's values now; an absent field is not synced

docs/plan.md has the truth table. A test compares it with this file, cell by cell.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from plex.fields.registry import FIELDS, Field, Fields, Value
from plex.fields.text import name_key

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


# The setting on_edit_in_plex.
NEWEST, STASH, PLEX, ASK = "newest", "stash", "plex", "ask"

WRITE, REPAIR, CLEAR = "write", "repair", "clear"
DRIFTED, CONFLICT, LOCKED, PRESERVED = "drifted", "conflict", "locked", "preserved"
REFUSED = "refused"
# Every reason to change or keep a field, with its words for the user.
WHYS: Mapping[str, str] = {
    WRITE: "Stash says something else",
    REPAIR: "it was changed or locked in Plex, and Stash has the last word",
    CLEAR: "Stash says nothing there any more",
    DRIFTED: "kept, since a person edited it in Plex",
    CONFLICT: "kept until it is decided, since a person edited it in Plex",
    LOCKED: "kept, since a person locked it in Plex",
    PRESERVED: "kept, since Plex says something there and Preserve Plex Edits is on",
    REFUSED: "kept, since Plex did not take what Stash says",
}
_WRITING = (WRITE, REPAIR, CLEAR)
KEPT = (DRIFTED, CONFLICT, LOCKED, PRESERVED)  # a person can decide these otherwise


@dataclass(frozen=True)
class Change:
    """One decision. `why` is one of WHYS. If the field is kept, before and after are equal."""

    field: str
    before: Value
    after: Value
    why: str

    @property
    def writes(self) -> bool:
        return self.why in _WRITING


@dataclass(frozen=True)
class Rules:
    """The settings and facts that decide about a field, in addition to its three values (baseline,
    current, wanted). `guesses` names fields that Plex filled without a person. With `fill_only`
    (preserve_plex_edits) they count as empty. `locked` has Plex's names of the fields that somebody else
    locked."""

    on_edit: str = NEWEST
    fill_only: bool = False
    guesses: frozenset[str] = frozenset()
    locked: frozenset[str] = frozenset()

    @property
    def policy(self) -> str:
        """The effective on_edit_in_plex: with `fill_only` no edit is undone."""
        return NEWEST if self.fill_only and self.on_edit == STASH else self.on_edit


def changes(
    baseline: Mapping[str, Written], current: Fields, wanted: Fields, rules: Rules = Rules()
) -> tuple[Change, ...]:
    """Returns the decisions in the order of FIELDS, without the fields that agree."""
    decisions = []
    for field in FIELDS:
        cur, want = current.get(field.name), wanted.get(field.name)
        if field.name in wanted and cur != want:
            decide = _tags if field.kind == "tags" else scalar
            change = decide(field, baseline.get(field.name), cur, want, rules)
            if change:
                decisions.append(change)
    return tuple(decisions)


def scalar(field: Field, base: Base, cur: Value, want: Value, rules: Rules) -> "Change | None":
    """Decides about a field with one value."""
    if same(field, cur, want) or (not want and field.name == "title"):
        return None
    why = _why(field, base, cur, want, rules)
    after = cur if why not in _WRITING else want or empty_value(field)
    return Change(field.name, cur, after, why) if why else None


def _why(field: Field, base: Base, cur: Value, want: Value, rules: Rules) -> str:
    """Returns why a scalar that differs is changed or kept, or '' if it needs no decision."""
    edited, stays = is_edited(field, base, cur), is_unchanged(field, base, want)
    if stays and base and same(field, cur, base.got) and not base.theirs:
        return REFUSED
    ours = is_ours(field, base, cur)
    held = field.plex_name in rules.locked and not ours  # the lock on our value is our lock
    if rules.policy == STASH:
        return CLEAR if not want else REPAIR if edited or held else WRITE
    if not want and not ours:
        return ""
    if held:
        return LOCKED
    if edited and (stays or rules.policy != NEWEST):
        settled = rules.policy != ASK or (stays and base and same(field, cur, base.got))
        return DRIFTED if settled else CONFLICT
    if not want:
        return CLEAR
    if rules.fill_only and cur and not ours and field.name not in rules.guesses:
        return WRITE if is_resolved(field, base, cur) else PRESERVED
    return WRITE


class _Names(NamedTuple):
    """Keys of names in a list: ours on the item, removed by a person, to be removed, to be added."""

    ours: set[str]
    off: set[str]
    drop: set[str]
    add: set[str]


def _names(base: Base, have: Collection[str], wish: Collection[str], rules: Rules) -> _Names:
    off = removed_by_person(base, have, wish)
    stays_off = off if rules.fill_only or rules.policy in (PLEX, ASK) else set()
    ours = set(by_key(base.ours if base else ())) & set(have)
    drop = set(have if rules.policy == STASH else ours) - set(wish)
    return _Names(ours, off, drop, set(wish) - set(have) - stays_off)


def _tags(field: Field, base: Base, cur: Value, want: Value, rules: Rules) -> "Change | None":
    """Decides about a list, name by name. Names that Plex has keep Plex's spelling."""
    have, wish = by_key(cur), by_key(want)
    if have.keys() == wish.keys():
        return None
    before, names = tuple(have.values()), _names(base, have, wish, rules)
    if not (names.off or names.drop or names.add):
        return None
    if why := _kept(field, base, before, want, rules, names):
        return Change(field.name, before, before, why)
    after = [have.get(key, name) for key, name in wish.items() if key in have or key in names.add]
    after += [name for key, name in have.items() if key not in wish and key not in names.drop]
    edited = names.off or names.drop - names.ours or field.plex_name in rules.locked
    why = CLEAR if not after else REPAIR if edited and rules.policy == STASH else WRITE
    return Change(field.name, before, tuple(after), why)


def _kept(field: Field, base: Base, cur: Tags, want: Value, rules: Rules, names: _Names) -> str:
    """Returns why a list that differs from Stash is kept, or '' if it is changed."""
    stays = is_unchanged(field, base, want)
    if stays and not names.off and names.drop <= names.ours:
        return REFUSED  # Plex did not take names that we sent, or kept names that we removed
    if rules.policy == STASH:
        return ""
    if field.plex_name in rules.locked and rules.policy in (PLEX, ASK):
        return LOCKED
    if rules.policy == ASK and base and names.off - set(by_key(base.theirs)):
        return CONFLICT
    if stays or not (names.drop or names.add):
        return DRIFTED
    filled = cur and field.name not in rules.guesses
    if rules.fill_only and filled and not names.ours and not is_resolved(field, base, cur):
        return PRESERVED
    return ""

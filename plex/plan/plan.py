"""(baseline, current, wanted) -> changes: makes every decision about a field. Pure.

baseline  our last write of each field, and Plex's value right after it (`Written`)
current   Plex's values now
wanted    Stash's values now; an absent field is not synced

docs/plan.md has the truth table. A test compares it with this file, cell by cell.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from plex.fields.registry import FIELDS, Field, Fields, Value
from plex.plan.last_written import (
    Base,
    Tags,
    Written,
    by_key,
    empty_value,
    is_edited,
    is_ours,
    is_resolved,
    is_unchanged,
    removed_by_person,
    same,
)

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

    def holds(self, field: Field) -> bool:
        """Whether somebody else's lock is on the field."""
        return field.plex_name in self.locked


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
    held = rules.holds(field) and not ours  # the lock on our value is our lock
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
    edited = names.off or names.drop - names.ours or rules.holds(field)
    why = CLEAR if not after else REPAIR if edited and rules.policy == STASH else WRITE
    return Change(field.name, before, tuple(after), why)


def _kept(field: Field, base: Base, cur: Tags, want: Value, rules: Rules, names: _Names) -> str:
    """Returns why a list that differs from Stash is kept, or '' if it is changed."""
    stays = is_unchanged(field, base, want)
    if stays and not names.off and names.drop <= names.ours:
        return REFUSED  # Plex did not take names that we sent, or kept names that we removed
    if rules.policy == STASH:
        return ""
    if rules.holds(field) and rules.policy in (PLEX, ASK):
        return LOCKED
    if rules.policy == ASK and base and names.off - set(by_key(base.theirs)):
        return CONFLICT
    if stays or not (names.drop or names.add):
        return DRIFTED
    filled = cur and field.name not in rules.guesses
    if rules.fill_only and filled and not names.ours and not is_resolved(field, base, cur):
        return PRESERVED
    return ""

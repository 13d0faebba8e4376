"""(baseline, current, wanted) -> changes: every decision about a field is made here. Pure.

baseline  what we last sent and what Plex said right after (`Written`), per field
current   what Plex says now
wanted    what Stash says now; a field that is absent is not ours to decide

The truth table is docs/plan.md: a test reads it and holds it against this file, cell by cell.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from plex.fields.registry import FIELDS, Field, Fields, Value
from plex.plan.last_written import (
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
# Why a field is changed or kept, and how that is said of it. There are no others.
WHYS: Mapping[str, str] = {
    WRITE: "Stash says something else",
    REPAIR: "it was changed or locked in Plex, and Stash has the last word",
    CLEAR: "Stash says nothing there any more",
    DRIFTED: "kept, since a person edited it in Plex",
    CONFLICT: "kept until it is decided, since a person edited it in Plex",
    LOCKED: "kept, since a person locked it in Plex",
    PRESERVED: "kept, since Plex says something there and preserve_plex_edits is on",
    REFUSED: "kept, since Plex did not take what Stash says",
}
_WRITING = (WRITE, REPAIR, CLEAR)
KEPT = (DRIFTED, CONFLICT, LOCKED, PRESERVED)  # what a person can decide otherwise


@dataclass(frozen=True)
class Change:
    """One decision: `why` is one of WHYS. What is kept has the same before and after."""

    field: str
    before: Value
    after: Value
    why: str

    @property
    def writes(self) -> bool:
        return self.why in _WRITING


@dataclass(frozen=True)
class Rules:
    """What decides besides the three values.

    `guesses` names fields that Plex filled by itself: with `fill_only` (preserve_plex_edits) they
    count as empty. `locked` holds Plex's names of the fields that somebody else locked.
    """

    on_edit: str = NEWEST
    fill_only: bool = False
    guesses: frozenset[str] = frozenset()
    locked: frozenset[str] = frozenset()

    @property
    def policy(self) -> str:
        """Who only wants gaps filled does not want edits undone, whatever else is set."""
        return NEWEST if self.fill_only and self.on_edit == STASH else self.on_edit

    def holds(self, field: Field) -> bool:
        """Whether somebody else's lock is on the field."""
        return field.plex_name in self.locked


def changes(
    baseline: Mapping[str, Written], current: Fields, wanted: Fields, rules: Rules = Rules()
) -> tuple[Change, ...]:
    """The decisions that say something, in the order of FIELDS; fields in agreement are left out."""
    found = []
    for field in FIELDS:
        if field.name in wanted:
            decide = _tags if field.kind == "tags" else scalar
            base, cur = baseline.get(field.name), current.get(field.name)
            change = decide(field, base, cur, wanted[field.name], rules)
            if change:
                found.append(change)
    return tuple(found)


def scalar(
    field: Field, base: "Written | None", cur: Value, want: Value, rules: Rules
) -> "Change | None":
    """The decision about a field with one value."""
    if same(field, cur, want) or (not want and field.name == "title"):
        return None
    why = _why(field, base, cur, want, rules)
    after = cur if why not in _WRITING else want or empty_value(field)
    return Change(field.name, cur, after, why) if why else None


def _why(field: Field, base: "Written | None", cur: Value, want: Value, rules: Rules) -> str:
    """Why a scalar on which the two disagree is changed or kept; '' when it is nobody's business."""
    edited, stays = is_edited(field, base, cur), is_unchanged(field, base, want)
    if stays and base and same(field, cur, base.got) and not base.theirs:
        return REFUSED
    ours = is_ours(field, base, cur)
    held = rules.holds(field) and not ours  # what we wrote we locked as well
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
    """Of a list, as keys: ours on the item, taken off by a person, what is to go and to come."""

    ours: set[str]
    off: set[str]
    drop: set[str]
    add: set[str]


def _names(
    base: "Written | None", have: Collection[str], wish: Collection[str], rules: Rules
) -> _Names:
    off = removed_by_person(base, have, wish)
    stays_off = off if rules.fill_only or rules.policy in (PLEX, ASK) else set()
    ours = set(by_key(base.ours if base else ())) & set(have)
    drop = set(have if rules.policy == STASH else ours) - set(wish)
    return _Names(ours, off, drop, set(wish) - set(have) - stays_off)


def _tags(
    field: Field, base: "Written | None", cur: Value, want: Value, rules: Rules
) -> "Change | None":
    """The decision about a list, made name by name; casing is as Plex keeps it."""
    have, wish = by_key(cur), by_key(want)
    if have.keys() == wish.keys():
        return None
    before, found = tuple(have.values()), _names(base, have, wish, rules)
    if not (found.off or found.drop or found.add):
        return None
    if why := _kept(field, base, before, want, rules, found):
        return Change(field.name, before, before, why)
    after = [have.get(key, name) for key, name in wish.items() if key in have or key in found.add]
    after += [name for key, name in have.items() if key not in wish and key not in found.drop]
    edited = found.off or found.drop - found.ours or rules.holds(field)
    why = CLEAR if not after else REPAIR if edited and rules.policy == STASH else WRITE
    return Change(field.name, before, tuple(after), why)


def _kept(
    field: Field, base: "Written | None", cur: Tags, want: Value, rules: Rules, found: _Names
) -> str:
    """Why a list is kept as it is, though not all of it is as Stash says; '' when it is not."""
    stays = is_unchanged(field, base, want)
    if stays and not found.off and found.drop <= found.ours:
        return REFUSED  # what is missing was sent, and what is ours was taken away
    if rules.policy == STASH:
        return ""
    if rules.holds(field) and rules.policy in (PLEX, ASK):
        return LOCKED
    if rules.policy == ASK and base and found.off - set(by_key(base.theirs)):
        return CONFLICT
    if stays or not (found.drop or found.add):
        return DRIFTED
    filled = cur and field.name not in rules.guesses
    if rules.fill_only and filled and not found.ours and not is_resolved(field, base, cur):
        return PRESERVED
    return ""

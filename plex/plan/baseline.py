"""What is remembered of an item: before a write, after the read-back, when a person decided. Pure."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from typing import NamedTuple

from plex.fields.registry import BY_NAME, FIELDS, UNLOCKED, Field, Fields, Value
from plex.plan.last_written import (
    SCALAR,
    Tags,
    Written,
    by_key,
    empty_value,
    is_edited,
    is_ours,
    is_unchanged,
    removed_by_person,
    same,
)
from plex.plan.plan import STASH, Change

Baseline = Mapping[str, Written]


def before_write(
    baseline: Baseline, changed: Iterable[Change], wanted: Fields
) -> dict[str, Written]:
    """The baseline to record *before* the writes: what will be ours, not yet confirmed."""
    after = dict(baseline)
    for change in changed:
        if change.writes:
            base, field = baseline.get(change.field), BY_NAME[change.field]
            want = wanted[field.name]
            if field.kind == "tags":
                after[field.name] = _begun_tags(base, change, want)
            else:
                ours = SCALAR if is_ours(field, base, change.before) else ()
                after[field.name] = Written(want, change.before, ours, begun=True)
    return after


def _begun_tags(base: "Written | None", change: Change, want: Value) -> Written:
    """What is about to be removed and is not ours becomes ours only if Plex refuses to let it go."""
    before = by_key(change.before)
    ours = by_key(base.ours if base else ())
    ours |= {key: name for key, name in by_key(change.after).items() if key not in before}
    left = _left_out(change, want)
    return Written(want, change.before, tuple(ours.values()), begun=True, theirs=left)


def _left_out(change: Change, want: Value) -> Tags:
    """Names that Stash has and that are not sent: a person took them off."""
    sent = by_key(change.after)
    return tuple(name for key, name in by_key(want).items() if key not in sent)


def after_read_back(
    baseline: Baseline, changed: Iterable[Change], current: Fields, wanted: Fields
) -> dict[str, Written]:
    """The baseline to record after the read-back: `current` is what Plex says now."""
    after = dict(baseline)
    decided = {change.field: change for change in changed}
    for field in FIELDS:
        if field.name not in wanted:
            continue
        change, base = decided.get(field.name), baseline.get(field.name)
        cur, want = current.get(field.name), wanted[field.name]
        if base and not change and _agrees(base, cur, want):
            continue
        if change and not change.writes:
            # Kept: what we last wrote stays the point of comparison. A rating needs none to be
            # a person's, but one that goes again leaves nothing else to tell by.
            if base is None and is_edited(field, base, cur):
                after[field.name] = Written(empty_value(field), cur, theirs=SCALAR)
            continue
        settle = _settled_tags if field.kind == "tags" else _settled_scalar
        known = settle(field, base, change, cur, want)
        if known:
            after[field.name] = known
        else:
            after.pop(field.name, None)  # nothing is left to watch
    return after


def _agrees(base: Written, cur: Value, want: Value) -> bool:
    """Whether both sides say to the letter what was remembered, and nothing is left open."""
    return base.sent == want and base.got == cur and not (base.begun or base.theirs)


def _settled_scalar(
    field: Field, base: "Written | None", change: "Change | None", cur: Value, want: Value
) -> "Written | None":
    ours = is_ours(field, base, cur)
    if change:
        # Refused outright, it is whose it was before.
        took = not same(field, cur, change.before)
        ours = bool(change.after) if took else ours
        return Written(want, cur, SCALAR if ours else ())
    if same(field, cur, want):
        return Written(want, cur, SCALAR if ours else ()) if want or base else None
    if ours:  # a title that Stash has no more
        return base if base and not base.begun else Written(cur, cur, SCALAR)
    if base and is_edited(field, base, cur):  # Stash says nothing there, and may speak again
        return Written(want, cur, theirs=SCALAR)
    return None


def _settled_tags(
    field: Field, base: "Written | None", change: "Change | None", cur: Value, want: Value
) -> "Written | None":
    if base and not change and is_unchanged(field, base, want):
        return _seen_again(base, by_key(cur))
    have, sent = by_key(cur), by_key(change.after) if change else {}
    claims = by_key(base.ours if base else ())
    if change:  # what was to go is ours if it would not
        before = by_key(change.before)
        claims |= {key: n for key, n in (sent | before).items() if (key in sent) != (key in before)}
    # Plex may be slow: a name that was sent is ours as well when it comes after the read-back.
    ours = tuple(name for key, name in claims.items() if key in have or key in sent)
    known = by_key(base.theirs if base else ())
    theirs = tuple(
        name for key, name in by_key(want).items()
        if key not in have and (key not in sent if change else key in known)
    )  # fmt: skip
    return Written(want, cur, ours, theirs=theirs) if want or ours else None


def _seen_again(base: Written, have: Mapping[str, str]) -> Written:
    """Names of ours that a person took off, or that Plex refused, and that are there now."""
    got = by_key(base.got)
    back = {key: n for key, n in have.items() if key in by_key(base.sent) and key not in got}
    if not back:
        return base
    theirs = tuple(name for key, name in by_key(base.theirs).items() if key not in have)
    return replace(base, got=tuple((got | back).values()), theirs=theirs)


def refused(field: Field, change: Change, current: Fields) -> bool:
    """Whether Plex, read back, does not say what was just written."""
    cur = current.get(field.name)
    if field.kind != "tags":
        return not same(field, cur, change.after)
    have, after = set(by_key(cur)), set(by_key(change.after))
    return not after <= have or bool(have & (set(by_key(change.before)) - after))


# -- locks


def locks_ahead(
    known: "frozenset[str] | None", changed: Iterable[Change], more: Iterable[str] = ()
) -> "frozenset[str] | None":
    """Our locks, to record *before* the writes: those that we are about to set are among them."""
    if known is None:
        return None
    set_now = {BY_NAME[change.field].plex_name for change in changed if change.writes} - UNLOCKED
    return known | set_now | set(more)


def our_locks(
    known: "frozenset[str] | None",
    baseline: Baseline,
    changed: Iterable[Change],
    wanted: Fields,
    locks: frozenset[str],
) -> frozenset[str]:
    """Which of the `locks` that are on the item now are ours.

    Those that we set, and those that we find on a field that says what Stash says: nobody else
    has a reason to lock it, and a ledger that was lost comes back that way. `known` is None for an
    item that was written before locks were remembered: all are ours.
    """
    if known is None:
        return locks - UNLOCKED
    decided = {change.field: change for change in changed}
    found = set(known)
    for field in FIELDS:
        change = decided.get(field.name)
        new = field.name not in baseline and bool(wanted.get(field.name))
        new = new and field.plex_name not in UNLOCKED
        if change.writes if change else new:
            found.add(field.plex_name)
    return locks & found


# -- what a person decided


class Decision(NamedTuple):
    """A person chose a `side` (STASH or PLEX) for a field that said `current` and `wanted`."""

    side: str
    current: Value
    wanted: Value

    def fits(self, field: Field, current: Value, wanted: Value) -> bool:
        """Whether both sides still say what they said when it was made."""
        return same(field, current, self.current) and same(field, wanted, self.wanted)


def after_decision(field: Field, base: "Written | None", decision: Decision) -> Written:
    """The baseline of a field that a person decided.

    For Plex: what it says is known and a person's. For Stash: a write of what Stash says has begun,
    and of a list every name that is there may go.
    """
    _, cur, want = decision
    if field.kind == "tags":
        ours = base.ours if base else ()
        if decision.side == STASH:
            return Written(want, cur, tuple(by_key(cur).values()), begun=True)
        off = _missing(base, cur, want)
        return (
            Written(base.sent, base.got, ours, base.begun, off) if base else
            Written(want, cur, theirs=off)
        )  # fmt: skip
    if decision.side == STASH:
        return Written(want, cur, SCALAR if is_ours(field, base, cur) else (), begun=True)
    return Written(want, cur, theirs=SCALAR)


def _missing(base: "Written | None", cur: Value, want: Value) -> Tags:
    """The names of Stash that stay off the item: those taken off; all of them without a baseline."""
    have, wish = by_key(cur), by_key(want)
    off: Collection[str] = removed_by_person(base, have, wish) if base else set(wish) - set(have)
    return tuple(name for key, name in wish.items() if key in off)

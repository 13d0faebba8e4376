"""Builds the baseline of an item: before a write, after the read-back, after a person's decision. Pure."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from typing import NamedTuple

from plex.fields.registry import BY_NAME, FIELDS, UNLOCKED, Field, Fields, Value
from plex.plan import plan

Baseline = Mapping[str, plan.Written]


def before_write(
    baseline: Baseline, writes: Iterable[plan.Change], wanted: Fields
) -> dict[str, plan.Written]:
    """Returns the baseline to record *before* the writes, with the new values not yet confirmed."""
    after = dict(baseline)
    for change in writes:
        base, field = baseline.get(change.field), BY_NAME[change.field]
        want = wanted[field.name]
        if field.kind == "tags":
            after[field.name] = _begun_tags(base, change, want)
        else:
            ours = plan.SCALAR if plan.is_ours(field, base, change.before) else ()
            after[field.name] = plan.Written(want, change.before, ours, begun=True)
    return after


def _begun_tags(base: plan.Base, change: plan.Change, want: Value) -> plan.Written:
    """The record of a list before its write. A name of somebody else that the write removes is not
    recorded as ours: it becomes ours only if Plex still has it afterwards."""
    before = plan.by_key(change.before)
    ours = plan.by_key(base.ours if base else ())
    ours |= {key: name for key, name in plan.by_key(change.after).items() if key not in before}
    sent = plan.by_key(change.after)  # without the names of Stash that a person removed
    left = tuple(name for key, name in plan.by_key(want).items() if key not in sent)
    return plan.Written(want, change.before, tuple(ours.values()), begun=True, theirs=left)


def after_read_back(
    baseline: Baseline, changed: Iterable[plan.Change], current: Fields, wanted: Fields
) -> dict[str, plan.Written]:
    """Returns the baseline to record after the read-back. `current` has the values of the read-back."""
    after = dict(baseline)
    decided = {change.field: change for change in changed}
    for field in FIELDS:
        if field.name not in wanted:
            continue
        change, base = decided.get(field.name), baseline.get(field.name)
        cur, want = current.get(field.name), wanted[field.name]
        if not change and (_agrees(base, cur, want) if base else not want):
            continue
        if change and not change.writes:
            # The field is kept, and our last write stays its baseline. A rating without a baseline is
            # a person's. Without this record nobody would notice if that rating disappears.
            if base is None and plan.is_edited(field, base, cur):
                after[field.name] = plan.Written(plan.empty_value(field), cur, theirs=plan.SCALAR)
            continue
        settle = _settled_tags if field.kind == "tags" else _settled_scalar
        known = settle(field, base, change, cur, want)
        if known:
            after[field.name] = known
        else:
            after.pop(field.name, None)  # the field needs no baseline
    return after


def _agrees(base: plan.Written, cur: Value, want: Value) -> bool:
    """Whether both sides still have exactly the recorded values, and nothing is open."""
    return base.sent == want and base.got == cur and not (base.begun or base.theirs)


def _settled_scalar(
    field: Field, base: plan.Base, change: "plan.Change | None", cur: Value, want: Value
) -> "plan.Written | None":
    ours = plan.is_ours(field, base, cur)
    if change:
        # If Plex refused the write, the owner of the value does not change.
        took = not plan.same(field, cur, change.before)
        ours = bool(change.after) if took else ours
        return plan.Written(want, cur, plan.SCALAR if ours else ())
    if plan.same(field, cur, want):
        return plan.Written(want, cur, plan.SCALAR if ours else ()) if want or base else None
    if ours:  # a title that Stash has removed
        return base if base and not base.begun else plan.Written(cur, cur, plan.SCALAR)
    if base and plan.is_edited(
        field, base, cur
    ):  # Stash is empty there now, and may get a value again
        return plan.Written(want, cur, theirs=plan.SCALAR)
    return None


def _settled_tags(
    field: Field, base: plan.Base, change: "plan.Change | None", cur: Value, want: Value
) -> "plan.Written | None":
    if base and not change and plan.is_unchanged(field, base, want):
        return _seen_again(base, plan.by_key(cur))
    have, sent = plan.by_key(cur), plan.by_key(change.after) if change else {}
    claims = plan.by_key(base.ours if base else ())
    if change:  # a name that Plex did not remove is ours
        before = plan.by_key(change.before)
        claims |= {key: n for key, n in (sent | before).items() if (key in sent) != (key in before)}
    # Plex may be slow: a name that we sent is ours even if it appears after the read-back.
    ours = tuple(name for key, name in claims.items() if key in have or key in sent)
    known = plan.by_key(base.theirs if base else ())
    theirs = tuple(
        name for key, name in plan.by_key(want).items()
        if key not in have and (key not in sent if change else key in known)
    )  # fmt: skip
    return plan.Written(want, cur, ours, theirs=theirs) if want or ours else None


def _seen_again(base: plan.Written, have: Mapping[str, str]) -> plan.Written:
    """Adds names that we sent and that are back, after a person removed them or Plex refused them."""
    got = plan.by_key(base.got)
    back = {key: n for key, n in have.items() if key in plan.by_key(base.sent) and key not in got}
    if not back:
        return base
    theirs = tuple(name for key, name in plan.by_key(base.theirs).items() if key not in have)
    return replace(base, got=tuple((got | back).values()), theirs=theirs)


def refused(field: Field, change: plan.Change, current: Fields) -> bool:
    """Whether the read-back does not show the value that was just written."""
    cur = current.get(field.name)
    if field.kind != "tags":
        return not plan.same(field, cur, change.after)
    have, after = set(plan.by_key(cur)), set(plan.by_key(change.after))
    return not after <= have or bool(have & (set(plan.by_key(change.before)) - after))


# -- locks


def locks_ahead(
    known: "frozenset[str] | None", writes: Iterable[plan.Change], more: Iterable[str] = ()
) -> "frozenset[str] | None":
    """Returns our locks to record *before* the writes, including the locks that the writes set."""
    if known is None:
        return None
    set_now = {BY_NAME[change.field].plex_name for change in writes} - UNLOCKED
    return known | set_now | set(more)


def our_locks(
    known: "frozenset[str] | None",
    baseline: Baseline,
    changed: Iterable[plan.Change],
    wanted: Fields,
    locks: frozenset[str],
) -> frozenset[str]:
    """Returns which of the `locks` on the item are ours.

    Locks that we set are ours. A lock on a field without a baseline that agrees with Stash is ours:
    nobody else has a reason to lock it, and this rebuilds a lost ledger. `known` is None for an item
    that was written before locks were recorded. All its locks are ours.
    """
    if known is None:
        return locks - UNLOCKED
    decided = {change.field: change for change in changed}
    ours = set(known)
    for field in FIELDS:
        change = decided.get(field.name)
        new = field.name not in baseline and bool(wanted.get(field.name))
        new = new and field.plex_name not in UNLOCKED
        if change.writes if change else new:
            ours.add(field.plex_name)
    return locks & ours


# -- decisions of a person


class Decision(NamedTuple):
    """A person chose a `side` (STASH or PLEX) when Plex had `current` and Stash had `wanted`."""

    side: str
    current: Value
    wanted: Value

    def fits(self, field: Field, current: Value, wanted: Value) -> bool:
        """Whether both sides still have the values that they had at the decision."""
        return plan.same(field, current, self.current) and plan.same(field, wanted, self.wanted)


def after_decision(field: Field, base: plan.Base, decision: Decision) -> plan.Written:
    """Returns the baseline of a field after a person's decision. For Plex: the value is recorded as the
    person's. For Stash: a write of Stash's value has begun, and may remove every name that the list has."""
    _, cur, want = decision
    if field.kind == "tags":
        if decision.side == plan.STASH:
            return plan.Written(want, cur, tuple(plan.by_key(cur).values()), begun=True)
        off = _missing(base, cur, want)
        return replace(base, theirs=off) if base else plan.Written(want, cur, theirs=off)
    if decision.side == plan.STASH:
        return plan.Written(
            want, cur, plan.SCALAR if plan.is_ours(field, base, cur) else (), begun=True
        )
    return plan.Written(want, cur, theirs=plan.SCALAR)


def _missing(base: plan.Base, cur: Value, want: Value) -> plan.Tags:
    """Returns the names of Stash that stay off the item: without a baseline, every missing name."""
    have, wish = plan.by_key(cur), plan.by_key(want)
    off: Collection[str] = (
        plan.removed_by_person(base, have, wish) if base else set(wish) - set(have)
    )
    return tuple(name for key, name in wish.items() if key in off)

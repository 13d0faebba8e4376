"""(baseline, current, wanted) -> changes: every decision about a field is made here. Pure.

baseline  what we last sent and what Plex said right after (`Written`), per field
current   what Plex says now
wanted    what Stash says now; a field that is absent is not ours to decide

| baseline    | Stash since | Plex since | decision                                             |
|-------------|-------------|------------|------------------------------------------------------|
| none        |             |            | write what differs; never clear                      |
| begun       |             |            | as if Stash had moved (a crash came in between)      |
| any         | same        | same       | nothing (Plex may have altered or refused: known)    |
| any         | same        | moved      | keep: `drifted`, a person edited it in Plex          |
| any         | moved       | any        | write; clear only what is still as we wrote it       |

Lists are decided per element: ours and dropped in Stash goes, a person's stays. A title is never
cleared. `fill_only` (preserve_plex_edits) writes only what is empty in Plex or still as we left it.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from plex.fields import BY_NAME, FIELDS, Field, Fields, Value, name_key

Tags = tuple[str, ...]
SCALAR: Tags = ("*",)  # the `ours` of a scalar that we wrote


@dataclass(frozen=True)
class Written:
    """What we know of a field: `sent` to Plex, `got` read back, and what of it is `ours`.

    `ours` holds names for a list; for a scalar it is not empty when we wrote the value rather than
    found it there. `begun`: the answer to the write was never recorded. Then `ours` holds what we
    may have added too, and the `got` of a scalar is what Plex said before, if that was ours.
    """

    sent: Value
    got: Value
    ours: Tags = ()
    begun: bool = False


@dataclass(frozen=True)
class Change:
    """One decision: `why` is write, clear, drifted or preserved; the last two write nothing."""

    field: str
    before: Value
    after: Value
    why: str

    @property
    def writes(self) -> bool:
        return self.why in ("write", "clear")


def changes(
    baseline: Mapping[str, Written],
    current: Fields,
    wanted: Fields,
    fill_only: bool = False,
    guesses: frozenset[str] = frozenset(),
) -> tuple[Change, ...]:
    """The decisions that say something, in the order of FIELDS; fields in agreement are left out.

    `guesses` names fields that Plex filled by itself: with `fill_only` they count as empty.
    """
    found = []
    for field in FIELDS:
        if field.name not in wanted:
            continue
        decide = _tags if field.kind == "tags" else _scalar
        fill = fill_only and field.name not in guesses
        base, cur = baseline.get(field.name), current.get(field.name)
        change = decide(field, base, cur, wanted[field.name], fill)
        if change:
            found.append(change)
    return tuple(found)


def _scalar(
    field: Field, base: "Written | None", cur: Value, want: Value, fill_only: bool
) -> "Change | None":
    if same(field, cur, want):
        return None
    if base and not base.begun and same(field, want, base.sent):
        known = same(field, cur, base.got)
        return None if known else Change(field.name, cur, cur, "drifted")
    ours = _is_ours(field, base, cur)
    if not want:
        may = ours and field.name != "title"
        return Change(field.name, cur, _nothing(field), "clear") if may else None
    if fill_only and cur and not ours:
        return Change(field.name, cur, cur, "preserved")
    return Change(field.name, cur, want, "write")


def _is_ours(field: Field, base: "Written | None", cur: Value) -> bool:
    """Whether the scalar that Plex shows is there because we wrote it."""
    if base is None or not base.ours or not cur:
        return False
    return same(field, cur, base.got) or (base.begun and same(field, cur, base.sent))


def _tags(
    field: Field, base: "Written | None", cur: Value, want: Value, fill_only: bool
) -> "Change | None":
    have, wish = _by_key(cur), _by_key(want)
    before = tuple(have.values())
    lost = _taken_off(base, have, wish)
    if base and not base.begun and set(wish) == set(_by_key(base.sent)):
        return Change(field.name, before, before, "drifted") if lost else None
    ours = [key for key in _by_key(base.ours if base else ()) if key in have]
    drop = [key for key in ours if key not in wish]
    add = [key for key in wish if key not in have and not (fill_only and key in lost)]
    if not add and not drop:
        return None
    if fill_only and have and not ours:
        return Change(field.name, before, before, "preserved")
    after = [have.get(key, name) for key, name in wish.items() if key in have or key in add]
    after += [name for key, name in have.items() if key not in wish and key not in drop]
    return Change(field.name, before, tuple(after), "write" if after else "clear")


def _taken_off(base: "Written | None", have: Iterable[str], wish: Iterable[str]) -> set[str]:
    """What of the wish a person took off the item after we had seen it there."""
    if base is None or base.begun:
        return set()
    return set(wish) & set(_by_key(base.got)) - set(have)


def begun(
    baseline: Mapping[str, Written], changed: Iterable[Change], wanted: Fields
) -> dict[str, Written]:
    """The baseline to record *before* the writes: what will be ours, not yet confirmed."""
    after = dict(baseline)
    for change in changed:
        if change.writes:
            base, field = baseline.get(change.field), BY_NAME[change.field]
            if field.kind == "tags":
                before, ours = change.before, _claims(base, change)
            else:
                mine = _is_ours(field, base, change.before)
                before, ours = change.before if mine else _nothing(field), SCALAR
            after[field.name] = Written(wanted[field.name], before, ours, begun=True)
    return after


def confirmed(
    baseline: Mapping[str, Written], changed: Iterable[Change], current: Fields, wanted: Fields
) -> dict[str, Written]:
    """The baseline to record after the read-back: `current` is what Plex says now."""
    after = dict(baseline)
    decided = {change.field: change for change in changed}
    for field in FIELDS:
        change = decided.get(field.name)
        if field.name not in wanted or (change and not change.writes):
            continue  # kept: what we last wrote stays the point of comparison
        base, cur, want = baseline.get(field.name), current.get(field.name), wanted[field.name]
        settle = _settled_tags if field.kind == "tags" else _settled_scalar
        known = settle(field, base, change, cur, want)
        if known:
            after[field.name] = known
        else:
            after.pop(field.name, None)  # nothing of ours is left to watch
    return after


def _settled_scalar(
    field: Field, base: "Written | None", change: "Change | None", cur: Value, want: Value
) -> "Written | None":
    ours = _is_ours(field, base, cur)
    if change:
        # Refused outright, it is whose it was before.
        took = not same(field, cur, change.before)
        ours = bool(change.after) if took else ours
        return Written(want, cur, SCALAR if ours else ()) if want else None
    if same(field, cur, want):
        return Written(want, cur, SCALAR if ours else ()) if want else None
    if base and not base.begun and (want or ours):
        return base  # Plex's own reading of what we sent, or a title that Stash has no more
    return Written(cur, cur, SCALAR) if ours else None


def _settled_tags(
    field: Field, base: "Written | None", change: "Change | None", cur: Value, want: Value
) -> "Written | None":
    if base and not base.begun and not change and same(field, want, base.sent):
        return base
    have = _by_key(cur)
    claims = _claims(base, change)
    ours = tuple(name for key, name in _by_key(claims).items() if key in have)
    return Written(want, cur, ours) if want or ours else None


def _claims(base: "Written | None", change: "Change | None") -> Tags:
    """Names that are ours if they are on the item: what is about to go until it is seen gone."""
    found = _by_key(base.ours if base else ())
    if change:
        before = _by_key(change.before)
        found |= {key: name for key, name in _by_key(change.after).items() if key not in before}
    return tuple(found.values())


def refused(field: Field, change: Change, current: Fields) -> bool:
    """Whether Plex, read back, does not say what was just written."""
    cur = current.get(field.name)
    if field.kind != "tags":
        return not same(field, cur, change.after)
    have, after = set(_by_key(cur)), set(_by_key(change.after))
    return not after <= have or bool(have & (set(_by_key(change.before)) - after))


def same(field: Field, one: Value, other: Value) -> bool:
    """Equal as Plex sees it: ratings to a tenth, lists without order and case, texts exactly."""
    if field.kind == "tags":
        return set(_by_key(one)) == set(_by_key(other))
    if field.kind == "rating":
        return abs(_float(one) - _float(other)) < 0.05
    return (one or "") == (other or "")


def _float(value: Value) -> float:
    return float(value) if isinstance(value, (int, float)) else 0.0


def _nothing(field: Field) -> Value:
    return None if field.kind == "rating" else ""


def _by_key(value: Value) -> dict[str, str]:
    found: dict[str, str] = {}
    for name in value if isinstance(value, tuple) else ():
        found.setdefault(name_key(name), name)
    return found

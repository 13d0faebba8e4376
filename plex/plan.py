"""(baseline, current, wanted) -> changes: every decision about a field is made here. Pure.

baseline  what we last sent and what Plex said right after (`Written`), per field
current   what Plex says now
wanted    what Stash says now; a field that is absent is not ours to decide

| baseline       | Stash since | Plex since | decision                                          |
|----------------|-------------|------------|---------------------------------------------------|
| none           |             |            | write what differs; never clear                   |
| begun          |             |            | as if Stash had moved (a crash came in between)    |
| any            | same        | same       | nothing (Plex may have altered or refused: known) |
| any            | same        | moved      | keep: `drifted`, a person edited it in Plex       |
| ours           | moved       | any        | write; clear only what is still as we wrote it    |
| not ours       | moved       | any        | write; never clear                                |

Lists are decided per element: ours and dropped in Stash goes, a person's stays.
`fill_only` (preserve_plex_edits) writes only what is empty in Plex or still as we left it.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from plex.fields import FIELDS, Field, Fields, Value, names

Tags = tuple[str, ...]
SCALAR: Tags = ("*",)  # the `ours` of a scalar that we wrote


@dataclass(frozen=True)
class Written:
    """What we know of a field: `sent` to Plex, `got` read back, and what of it is `ours`.

    `ours` holds names for a list; for a scalar it is not empty when we wrote the value rather than
    found it there. `begun` means that the answer to the write was never recorded.
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
    baseline: Mapping[str, Written], current: Fields, wanted: Fields, fill_only: bool = False
) -> tuple[Change, ...]:
    """The decisions that say something, in the order of FIELDS; fields in agreement are left out."""
    found = []
    for field in FIELDS:
        if field.name not in wanted:
            continue
        decide = _tags if field.kind == "tags" else _scalar
        change = decide(
            field, baseline.get(field.name), current.get(field.name), wanted[field.name], fill_only
        )
        if change:
            found.append(change)
    return tuple(found)


def _scalar(
    field: Field, base: "Written | None", cur: Value, want: Value, fill_only: bool
) -> "Change | None":
    if same(field, cur, want):
        return None
    untouched = base is not None and (base.begun or same(field, cur, base.got))
    if base and not base.begun and same(field, want, base.sent):
        return None if untouched else Change(field.name, cur, cur, "drifted")
    if not want:
        ours = base is not None and bool(base.ours) and untouched and field.name != "title"
        return Change(field.name, cur, _nothing(field), "clear") if ours and cur else None
    if fill_only and cur and not (base and base.ours and untouched):
        return Change(field.name, cur, cur, "preserved")
    return Change(field.name, cur, want, "write")


def _tags(
    field: Field, base: "Written | None", cur: Value, want: Value, fill_only: bool
) -> "Change | None":
    have, wish = _by_key(cur), _by_key(want)
    ours = _by_key(base.ours) if base else {}
    drop = [key for key in ours if key not in wish and key in have]
    add = [key for key in wish if key not in have]
    if base and not base.begun and set(wish) == set(_by_key(base.sent)):
        got = _by_key(base.got)
        lost = [key for key in add if key in got]  # a person took it off the item
        return Change(field.name, have_names(have), have_names(have), "drifted") if lost else None
    if not add and not drop:
        return None
    if fill_only and have and not ours:
        return Change(field.name, have_names(have), have_names(have), "preserved")
    after = [have.get(key, name) for key, name in wish.items()]
    after += [name for key, name in have.items() if key not in wish and key not in drop]
    why = "write" if add or after else "clear"
    return Change(field.name, have_names(have), tuple(after), why)


def begun(
    baseline: Mapping[str, Written], changed: Iterable[Change], wanted: Fields
) -> dict[str, Written]:
    """The baseline to record *before* the writes: what will be ours, not yet confirmed."""
    after = dict(baseline)
    for change in changed:
        if change.writes:
            base = baseline.get(change.field)
            # What is about to go stays ours until it is seen to be gone.
            ours = names(_owned(base, change) + (base.ours if base else ()))
            after[change.field] = Written(wanted[change.field], change.before, ours, begun=True)
    return after


def confirmed(
    baseline: Mapping[str, Written], changed: Iterable[Change], current: Fields, wanted: Fields
) -> dict[str, Written]:
    """The baseline to record after the read-back: `current` is what Plex says now."""
    after = dict(baseline)
    decided = {change.field: change for change in changed}
    for field in FIELDS:
        if field.name not in wanted:
            continue
        base, change = baseline.get(field.name), decided.get(field.name)
        cur, want = current.get(field.name), wanted[field.name]
        if change and not change.writes:
            continue  # kept: what we last wrote stays the point of comparison
        if not change and base and not base.begun and not agrees(field, cur, want):
            continue  # Plex's own reading of what we sent is known already
        owned = _owned(base, change) if change else (base.ours if base else ())
        if field.kind == "tags":
            owned = tuple(name for key, name in _by_key(owned).items() if key in _by_key(cur))
        if want or owned and field.kind == "tags":
            after[field.name] = Written(want, cur, owned)
        elif change or agrees(field, cur, want):
            after.pop(field.name, None)  # cleared: nothing of ours is left to watch
    return after


def _owned(base: "Written | None", change: Change) -> Tags:
    """What of the field is ours once `change` is on Plex."""
    if not isinstance(change.after, tuple):
        return SCALAR if change.after else ()
    before, after = _by_key(change.before), _by_key(change.after)
    kept = [name for key, name in _by_key(base.ours if base else ()).items() if key in after]
    return tuple(kept) + tuple(name for key, name in after.items() if key not in before)


def agrees(field: Field, cur: Value, want: Value) -> bool:
    """Whether Plex says what Stash says: for a list, at least that."""
    if field.kind == "tags":
        return set(_by_key(want)) <= set(_by_key(cur))
    return same(field, cur, want)


def refused(field: Field, change: Change, current: Fields) -> bool:
    """Whether Plex, read back, does not say what was just written."""
    cur = current.get(field.name)
    if field.kind != "tags":
        return not same(field, cur, change.after)
    return set(_by_key(cur)) != set(_by_key(change.after))


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
    return {name.casefold(): name for name in value} if isinstance(value, tuple) else {}


def have_names(have: Mapping[str, str]) -> Tags:
    return tuple(have.values())

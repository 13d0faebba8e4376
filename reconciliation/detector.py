"""Finds the gap of one scene in Plex, from the same plan that a sync would carry out. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from plex.fields.registry import SUBSTANCE, Fields, is_bare
from plex.plan import plan

EMPTY, STALE, MISSING, DRIFTED = "empty_metadata", "stale_sync", "missing", "drifted"


@dataclass(frozen=True)
class Gap:
    """`kind` is one of the four above; `fields` are those that differ."""

    scene_id: int
    kind: str
    fields: tuple[str, ...] = ()


def gap(
    scene_id: int,
    changes: Sequence[plan.Change],
    current: Fields,
    wanted: Fields,
    also: tuple[str, ...] = (),
) -> "Gap | None":
    """Returns the gap of a scene that has an item; None when Plex says what it should. `also` names what is
    due besides the changes. An edit in Plex that a sync would undo (on_edit_in_plex: stash) is due like any
    other difference."""
    due = tuple(change.field for change in changes if change.writes) + also
    if due:
        bare = is_bare(current) and any(wanted.get(name) for name in SUBSTANCE)
        return Gap(scene_id, EMPTY if bare else STALE, due)
    moved = tuple(c.field for c in changes if c.why in (plan.DRIFTED, plan.CONFLICT))
    return Gap(scene_id, DRIFTED, moved) if moved else None


def changes_decisions(changes: Iterable[plan.Change], asked: Iterable[str]) -> bool:
    """Whether the fields that need a person's decision differ from those that are `asked` about."""
    return {change.field for change in changes if change.why == plan.CONFLICT} != set(asked)


def loses(changes: Iterable[plan.Change]) -> bool:
    """Whether the changes leave less in Plex than is there: a field emptied, a list shortened."""
    return any(change.writes and _size(change.after) < _size(change.before) for change in changes)


def _size(value: object) -> int:
    return len(value) if isinstance(value, tuple) else int(bool(value))


def worst(gaps: Sequence[Gap]) -> "Gap | None":
    """Returns the gap that needs most: a scene on several items counts once."""
    order: Mapping[str, int] = {EMPTY: 0, STALE: 1, MISSING: 2, DRIFTED: 3}
    return min(gaps, key=lambda gap: order[gap.kind]) if gaps else None

"""What is wrong with one scene in Plex, from the very plan that a sync would carry out. Pure."""

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
    """The gap of a scene that has an item; None when Plex says what it should. `also` names what
    is due besides the changes.

    An edit in Plex that a sync would undo (on_edit_in_plex: stash) is due like any other difference.
    """
    due = tuple(change.field for change in changes if change.writes) + also
    if due:
        bare = is_bare(current) and any(wanted.get(name) for name in SUBSTANCE)
        return Gap(scene_id, EMPTY if bare else STALE, due)
    moved = tuple(c.field for c in changes if c.why in (plan.DRIFTED, plan.CONFLICT))
    return Gap(scene_id, DRIFTED, moved) if moved else None


def unasked(changes: Sequence[plan.Change], asked: Sequence[str]) -> tuple[str, ...]:
    """Fields that a person has to decide about and that are not listed for it yet."""
    return tuple(c.field for c in changes if c.why == plan.CONFLICT and c.field not in asked)


def moot(changes: Sequence[plan.Change], asked: Iterable[str]) -> tuple[str, ...]:
    """Fields that are listed for a decision, and about which there is nothing to decide any more."""
    waits = {c.field for c in changes if c.why == plan.CONFLICT}
    return tuple(name for name in asked if name not in waits)


def worst(gaps: Sequence[Gap]) -> "Gap | None":
    """A scene on several items counts once, by what needs most."""
    order: Mapping[str, int] = {EMPTY: 0, STALE: 1, MISSING: 2, DRIFTED: 3}
    return min(gaps, key=lambda one: order[one.kind]) if gaps else None

"""Open Decisions: which edits in Plex wait for a person, and what the person says."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import errors
from app import drains
from app.run import Run
from app.words import many
from stash import wire

if TYPE_CHECKING:
    from plex.plan import Change
    from plex.work import Work

SHOWN = 50  # items that are listed
USAGE = "decide wants an item (Plex's rating key), a field (or all), and a side: stash or plex"


def decide(run: Run) -> dict[str, Any]:
    """Without arguments, what waits for a decision; with `item`, `field` and `side`, decide it."""
    if not any(run.args.get(name) for name in ("item", "field", "side")):
        return _listed(run)
    item, field, side = (str(run.args.get(name) or "") for name in ("item", "field", "side"))
    if not (item.isascii() and item.isdigit() and field) or side not in ("stash", "plex"):
        raise errors.SetupError(USAGE)
    return _decided(run, int(item), field, side)


def _listed(run: Run) -> dict[str, Any]:
    from plex.ledger import Ledger
    from plex.plan import CONFLICT

    waiting = Ledger(run.store).undecided()
    found = [
        _told(work, change)
        for work in (_works(run, [key for key, _, _ in waiting[:SHOWN]]) if waiting else ())
        for change in work.changes
        if change.why == CONFLICT
    ]
    wire.info(f"to be decided: {many(len(waiting), 'item')}" + (", of which" if found else ""))
    for one in found:
        wire.info(
            f"Plex item {one['item']} ({one['label']}): {one['field']} is {one['plex']!r} in Plex "
            f"and {one['stash']!r} in Stash"
        )
    return {"items": len(waiting), "open": found}


def _told(work: "Work", change: "Change") -> dict[str, Any]:
    return {
        "item": work.item.rating_key,
        "scene": work.scene.id,
        "label": work.scene.label(),
        "field": change.field,
        "plex": change.before,
        "stash": work.stash_says(change.field),
        "why": change.why,
    }


def _decided(run: Run, item: int, field: str, side: str) -> dict[str, Any]:
    from plex.baseline import Decision
    from plex.ledger import Ledger
    from plex.plan import CONFLICT, DRIFTED, LOCKED, PRESERVED
    from sync_queue.jobs import Job

    works = _works(run, [item])
    if not works:
        raise errors.SetupError(f"Plex item {item} shows no scene that Stash2Plex has synced")
    (work,) = works
    kept = {c.field: c for c in work.changes if c.why in (CONFLICT, DRIFTED, LOCKED, PRESERVED)}
    waiting = [one for one in kept.values() if one.why == CONFLICT]
    everything = waiting or list(kept.values())
    chosen = everything if field == "all" else [kept[field]] if field in kept else []
    if not chosen:
        there = f"; to be decided are: {', '.join(kept)}" if kept else ""
        raise errors.SetupError(f"Plex item {item} has nothing to decide about {field}{there}")
    made = {c.field: Decision(side, c.before, work.stash_says(c.field)) for c in chosen}
    Ledger(run.store).decide(item, made)
    wire.info(f"Plex item {item}: decided for {side.capitalize()}: {', '.join(made)}")
    run.jobs.put([job := Job(work.scene.id, reason="decided")], run.clock())
    run.jobs.hasten([job], run.clock())
    return {"item": item, "side": side, "fields": list(made)} | drains.drain(run)


def _works(run: Run, keys: Sequence[int]) -> "list[Work]":
    """The plans of these items, from what both sides say now; nothing is written."""
    from plex.ledger import Ledger
    from plex.outcome import Outcome

    entries, sync = Ledger(run.store).entries(keys), drains.sync_of(run)
    shown = [entry.scene_id for entry in entries.values() if entry.scene_id]
    scenes = run.stash.scenes(shown, sync.extras)
    outcomes = {number: Outcome(number, one.label()) for number, one in scenes.items()}
    works = sync.decide(list(scenes.values()), outcomes)
    sync.keep_states(outcomes.values())
    return [work for work in works if work.item.rating_key in entries]

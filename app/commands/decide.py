"""Open Decisions: which edits in Plex wait for a person, and what the person says."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import errors
from app import drain_task
from app.arguments import is_given, number, text
from app.phrasing import many
from app.run import Run
from stash import stdio

if TYPE_CHECKING:
    from plex.plan.plan import Change
    from plex.sync.work import Work

IMAGES = ("poster", "background")
SHOWN = 50  # items that are listed
USAGE = "decide wants an item (Plex's rating key), a field (or all), and a side: stash or plex"


def decide(run: Run) -> dict[str, Any]:
    """Without arguments, what waits for a decision; with `item`, `field` and `side`, decide it."""
    if not any(is_given(run.args.get(name)) for name in ("item", "field", "side")):
        return _listed(run)
    item, field, side = number(run, "item"), text(run, "field"), text(run, "side")
    if not (item and field) or side not in ("stash", "plex"):
        raise errors.SetupError(USAGE)
    return _decided(run, item, field, side)


def _listed(run: Run) -> dict[str, Any]:
    from plex.plan.plan import CONFLICT
    from plex.state.ledger import Ledger

    ledger = Ledger(run.store)
    looked = [key for key, _, _ in ledger.undecided()[:SHOWN]]
    works = _works(run, looked) if looked else []
    found = [
        _told(work, change) for work in works for change in work.changes if change.why == CONFLICT
    ]
    waiting = len(ledger.undecided())
    stdio.info(f"to be decided: {many(waiting, 'item')}" + (", of which" if found else ""))
    for one in found:
        stdio.info(
            f"Plex item {one['item']} ({one['label']}): {one['field']} is {one['plex']!r} in Plex "
            f"and {one['stash']!r} in Stash"
        )
    return {"items": waiting, "open": found}


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
    from plex.plan.baseline import Decision
    from plex.state.ledger import Ledger
    from sync_queue.job import Job

    works = _works(run, [item], field)
    if not works:
        raise errors.SetupError(f"Plex item {item} shows no scene that Stash2Plex has synced")
    (work,) = works
    chosen = _chosen(work, field)
    if not (chosen or (side == "stash" and _is_under_way(work, field))):
        open_ = ", ".join(_open(work))
        there = f"; to be decided are: {open_}" if open_ else ""
        raise errors.SetupError(f"Plex item {item} has nothing to decide about {field}{there}")
    made = {c.field: Decision(side, c.before, work.stash_says(c.field)) for c in chosen}
    Ledger(run.store).decide(item, made)
    stdio.info(f"Plex item {item}: decided for {side.capitalize()}: {', '.join(made)}")
    run.jobs.put([job := Job(work.scene.id, reason="decided")], run.clock())
    run.jobs.hasten([job], run.clock())
    return {"item": item, "side": side, "fields": list(made)} | drain_task.drain(
        run, only=work.scene.id
    )


def _open(work: "Work") -> "dict[str, Change]":
    """What can be decided: what is kept, and what was decided and is not carried out yet."""
    from plex.plan.plan import KEPT

    found = {c.field: c for c in work.changes if c.why in KEPT or c.field in work.entry.decided}
    for one in work.new_images:
        if one.look.change and one.kind.field in work.entry.decided:
            found[one.kind.field] = one.look.change
    return found


def _chosen(work: "Work", field: str) -> "list[Change]":
    """The fields that are meant: of all, those that wait come before those that are only kept."""
    from plex.plan.plan import CONFLICT

    open_ = _open(work)
    if field != "all":
        return [open_[field]] if field in open_ else []
    waiting = [one for one in open_.values() if one.why == CONFLICT]
    return waiting or list(open_.values())


def _is_under_way(work: "Work", field: str) -> bool:
    """Whether what Stash says is on its way already: an earlier try was cut off."""
    names = [change.field for change in work.writes] + [one.kind.field for one in work.new_images]
    return bool(names) if field == "all" else field in names


def _works(run: Run, keys: Sequence[int], field: str = "") -> "list[Work]":
    """The plans of these items, from what both sides say now; nothing is written to Plex. Questions
    that are void by now are forgotten."""
    from plex.state.ledger import Ledger
    from plex.sync.decide import works_of
    from plex.sync.record import asked

    ledger, pipeline = Ledger(run.store), drain_task.pipeline_of(run)
    entries = ledger.entries(keys)
    ids = [entry.scene_id for entry in entries.values() if entry.scene_id]
    images = IMAGES if field == "all" else (field,)
    decisions = pipeline.look(pipeline.decider.scenes(ids).values(), images)
    works = works_of(decisions)
    now = {
        work.item.rating_key: asked(work, run.config.sync_fields)
        for work in works if work.item.rating_key in entries
    }  # fmt: skip
    left_out = [one.scene.id for one in decisions if one.skip]
    now |= dict.fromkeys(ledger.asking(left_out), ())
    ledger.ask({key: names for key, names in now.items() if set(names) != set(entries[key].asked)})
    return [work for work in works if work.item.rating_key in entries]

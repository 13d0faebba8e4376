"""Open Decisions: lists the edits in Plex that wait for a decision, and carries a decision out."""

from collections.abc import Sequence
from typing import Any

import errors
from app import drain_task
from app.arguments import is_given, number, text
from app.commands.reconcile import rank
from app.phrasing import many
from app.run import Run
from plex.plan.baseline import Decision
from plex.plan.plan import CONFLICT, KEPT, Change
from plex.state.ledger import Ledger
from plex.sync.decide import works_of
from plex.sync.work import Work, asked
from stash import stdio
from sync_queue.job import Job

IMAGES = ("poster", "background")
SHOWN = 50  # items in the answer
CHUNK = 20  # items that are decided at once
USAGE = "decide needs a field (or all), and a side (stash or plex), and perhaps an item (Plex's rating key)"


def decide(run: Run) -> dict[str, Any]:
    """List what waits for a decision, or decide a `field` of an `item` for a `side`. Without an item, decide
    all that waits."""
    if not any(is_given(run.args.get(name)) for name in ("item", "field", "side")):
        return _listed(run)
    item, field, side = number(run, "item"), text(run, "field"), text(run, "side")
    if not field or side not in ("stash", "plex"):
        raise errors.SetupError(USAGE)
    return _decided(run, item, field, side) if item else _decided_all(run, field, side)


def _listed(run: Run) -> dict[str, Any]:
    ledger = Ledger(run.store)
    keys = [key for key, _, _ in ledger.undecided()[:SHOWN]]
    works = _works(run, keys) if keys else []
    conflicts = [(work, c) for work in works for c in work.changes if c.why == CONFLICT]
    questions = [_question(work, change) for work, change in conflicts]
    waiting = len(ledger.undecided())
    stdio.info(f"to be decided: {many(waiting, 'item')}")
    for question in questions:
        stdio.info(
            f"{question['label']} (Plex item {question['item']}): {question['field']} is "
            f"{question['plex']!r} in Plex and {question['stash']!r} in Stash"
        )
    return {"items": waiting, "open": questions}


def _question(work: Work, change: Change) -> dict[str, Any]:
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
    works = _works(run, [item], field)
    if not works:
        raise errors.SetupError(f"Plex item {item} shows no scene that Stash2Plex has synced")
    (work,) = works
    chosen = _chosen(work, field)
    if not (chosen or (side == "stash" and _is_under_way(work, field))):
        names = ", ".join(_open(work))
        others = f"; open decisions are: {names}" if names else ""
        raise errors.SetupError(f"Plex item {item} has nothing to decide about {field}{others}")
    decisions = {c.field: Decision(side, c.before, work.stash_says(c.field)) for c in chosen}
    Ledger(run.store).decide(item, decisions)
    stdio.info(f"Plex item {item}: decided for {side.capitalize()}: {', '.join(decisions)}")
    run.jobs.put([job := Job(work.scene.id, reason="decided")], run.clock())
    run.jobs.hasten([job], run.clock())
    answer = {"item": item, "side": side, "fields": list(decisions)}
    return answer | drain_task.drain(run, only=work.scene.id)


def _decided_all(run: Run, field: str, side: str) -> dict[str, Any]:
    """Decide every conflict, in all fields or in one."""
    keys = [key for key, _, names in Ledger(run.store).undecided() if field in ("all", *names)]
    scenes: set[int] = set()
    for at in range(0, len(keys), CHUNK):
        for work in _works(run, keys[at : at + CHUNK], field):
            chosen = [change for change in _chosen(work, field) if change.why == CONFLICT]
            decisions = {
                c.field: Decision(side, c.before, work.stash_says(c.field)) for c in chosen
            }
            if decisions:
                Ledger(run.store).decide(work.item.rating_key, decisions)
                scenes.add(work.scene.id)
        run.progress.set(at / len(keys) / 2)
    run.progress.between(0.5, 1.0)
    jobs = [Job(number, reason="decided", rank=rank(len(scenes))) for number in sorted(scenes)]
    run.jobs.put(jobs, run.clock())
    run.jobs.hasten(jobs, run.clock())
    stdio.info(f"decided for {side.capitalize()}: {many(len(scenes), 'scene')}")
    return {"side": side, "decided": len(scenes)} | (drain_task.drain(run) if scenes else {})


def _open(work: Work) -> dict[str, Change]:
    """The fields that can be decided: kept ones, and decided ones that are not carried out yet."""
    changes = {c.field: c for c in work.changes if c.why in KEPT or c.field in work.entry.decided}
    for image in work.new_images:
        if image.look.change and image.kind.field in work.entry.decided:
            changes[image.kind.field] = image.look.change
    return changes


def _chosen(work: Work, field: str) -> list[Change]:
    """The changes that `field` selects. `all` selects the changes that wait for a decision or, if none
    waits, those that are kept."""
    changes = _open(work)
    if field != "all":
        return [changes[field]] if field in changes else []
    waiting = [change for change in changes.values() if change.why == CONFLICT]
    return waiting or list(changes.values())


def _is_under_way(work: Work, field: str) -> bool:
    """Whether Stash's value is to be written already: an earlier try was cut off."""
    names = [change.field for change in work.writes]
    names += [image.kind.field for image in work.new_images]
    return bool(names) if field == "all" else field in names


def _works(run: Run, keys: Sequence[int], field: str = "") -> list[Work]:
    """The plans of these items, from present data of both servers. Writes nothing to Plex. Questions that
    have become void are deleted."""
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
    left_out = [decision.scene.id for decision in decisions if decision.skip]
    now |= dict.fromkeys(ledger.asking(left_out), ())
    ledger.ask({key: names for key, names in now.items() if set(names) != set(entries[key].asked)})
    return [work for work in works if work.item.rating_key in entries]

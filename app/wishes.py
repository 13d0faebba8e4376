"""What a person asks for on the page: sync these scenes, or those of the plan that was shown."""

from collections.abc import Sequence
from typing import Any

import errors
from app import drains, lookup
from app.arguments import scenes, text
from app.run import Run
from app.words import many
from stash import wire

CHUNK = 1000


def sync(run: Run) -> dict[str, Any]:
    """Sync the `scene`, or the `scenes`, before anything else that is owed."""
    from sync_queue.jobs import EDIT

    chosen = scenes(run)
    if not chosen:
        raise errors.SetupError("sync needs the id of a scene (scene) or a list of them (scenes)")
    later = drains.is_for_later(run)
    _owe(run, chosen, EDIT)
    wire.info(f"to be synced: {many(len(chosen), 'scene')}")
    only = chosen[0] if len(chosen) == 1 and not later else 0
    return {"queued": len(chosen)} | drains.drain(run, only=only)


def apply_preview(run: Run) -> dict[str, Any]:
    """Sync the scenes that the last preview would write, of one `field` or for one reason (`why`).
    A scene is synced as a whole, and as it is by then."""
    from sync_queue.jobs import BACKLOG

    given = {"field": text(run, "field"), "why": text(run, "why")}
    drains.is_for_later(run)
    asked = {name: value for name, value in given.items() if value}
    where = " AND ".join(["writes = 1", *(f"{name} = ?" for name in asked)])
    try:
        file = lookup.File(run.data_dir, lookup.PREVIEW)
        rows = file.rows(f"SELECT DISTINCT scene FROM change WHERE {where}", (*asked.values(),))
        file.close()
    except lookup.Trouble as error:
        raise errors.SetupError(str(error)) from None
    _owe(run, [row[0] for row in rows], BACKLOG)
    wire.info(f"to be synced, as the preview showed: {many(len(rows), 'scene')}")
    return {"queued": len(rows)} | (drains.drain(run) if rows else {})


def _owe(run: Run, chosen: Sequence[int], rank: int) -> None:
    from sync_queue.jobs import Job

    for at in range(0, len(chosen), CHUNK):
        jobs = [Job(number, reason="asked", rank=rank) for number in chosen[at : at + CHUNK]]
        run.jobs.put(jobs, run.clock())
        run.jobs.hasten(jobs, run.clock())

"""Syncs that a person asks for: all scenes, recent scenes, named scenes, the scenes of a preview."""

from array import array
from typing import Any

import errors
from app import drain_task
from app.arguments import found, scenes, text
from app.commands.reconcile import rank, suggest_preview
from app.dashboard import lists, read_only_db, scene_states
from app.phrasing import many
from app.progress import READ
from app.run import Run
from stash import stdio
from sync_queue.job import ASKED


def sync_all(run: Run) -> dict[str, Any]:
    """Sync All Scenes to Plex: queue every scene, then drain the queue."""
    return _sync_scope(run, "all")


def sync_recent(run: Run) -> dict[str, Any]:
    """Sync Recent Scenes to Plex: queue the scenes that changed in the last 24 hours, then drain the
    queue."""
    return _sync_scope(run, "24h")


def _sync_scope(run: Run, scope: str) -> dict[str, Any]:
    from reconciliation.window import window
    from stash.queries import SceneFilter
    from validation.scope import parse_scope

    newest = None if scope == "all" else run.stash.newest_timestamp()
    since, until = window(parse_scope(scope), run.clock(), newest)
    only, ids = SceneFilter(since, until), array("q")
    total = run.stash.count(only)
    run.progress.count(READ, 0, total)
    for page in run.stash.walk_ids(only):
        ids.extend(page)
        run.progress.count(READ, len(ids), max(total, len(ids)))
    run.brake.look(ids)
    run.jobs.put_scenes(ids, ASKED, run.clock())
    suggest_preview(run)
    stdio.info(f"to be checked: {many(len(ids), 'scene')}")
    return {"queued": len(ids)} | drain_task.drain(run)


def sync(run: Run) -> dict[str, Any]:
    """Sync the `scene` or the `scenes` before other jobs; a long list waits with the others."""
    chosen = scenes(run)
    if not chosen:
        raise errors.SetupError("sync needs the id of a scene (scene) or a list of them (scenes)")
    later = drain_task.is_for_later(run)
    run.brake.look(chosen)
    run.jobs.put_scenes(chosen, ASKED, run.clock(), rank(len(chosen)))
    stdio.info(f"to be synced: {many(len(chosen), 'scene')}")
    only = chosen[0] if len(chosen) == 1 and not later else 0
    results = dict.fromkeys(chosen[: drain_task.SHOWN], "")
    answer = {"queued": len(chosen)} | drain_task.drain(run, only=only, results=results)
    return answer | {"scenes": _states(run, results)}


def _states(run: Run, results: "dict[int, str]") -> list[dict[str, Any]]:
    """The drain's sentences about these scenes, and their states now."""
    states = scene_states.states_of(run.data_dir, results)
    return [
        {"scene": scene, "said": results[scene], "state": state, "why": why}
        for scene, (state, why) in states.items()
    ]


def apply_preview(run: Run) -> dict[str, Any]:
    """Sync the scenes that the last preview would write, for one `field` or one reason (`why`) if given, and
    only these `scenes`. Each scene is synced as a whole, with its present data."""
    given = {"field": text(run, "field"), "why": text(run, "why"), "scene": found(run)}
    drain_task.is_for_later(run)
    where, values = lists.where_of({"writes": 1} | given)
    try:
        with read_only_db.File(run.data_dir, read_only_db.PREVIEW) as file:
            rows = file.rows(f"SELECT DISTINCT scene FROM change WHERE {where}", values)
    except read_only_db.Trouble as error:
        raise errors.SetupError(str(error)) from None
    chosen = [row[0] for row in rows]
    run.brake.look(chosen)
    run.jobs.put_scenes(chosen, ASKED, run.clock())
    stdio.info(f"to be synced, as the preview showed: {many(len(rows), 'scene')}")
    return {"queued": len(rows)} | (drain_task.drain(run) if rows else {})

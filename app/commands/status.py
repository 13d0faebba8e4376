"""View Queue Status: what is owed, what failed, who answers, and the last reconciliation."""

import os
import time
from dataclasses import asdict
from typing import Any

import errors
from app.dashboard import overview, read_only_db, scene_states
from app.phrasing import many
from app.run import Run
from disk import lock
from plex.state.scene_state import STATES, UNKNOWN
from stash import stdio
from sync_queue import inbox

SHOWN = 20  # dead letters that are named


def queue_counts(run: Run) -> dict[str, Any]:
    """Jobs by state; flags that no drain has swept yet are pending as well."""
    counts: dict[str, Any] = dict(run.jobs.counts(run.clock()))
    counts["pending"] += len(inbox.flags(run.data_dir))
    counts["dead_by_error"] = run.jobs.dead_by_error()
    counts["dead_letters"] = [
        {"kind": one.job.kind, "id": one.job.id, "error": one.error, "at": one.at}
        for one in run.jobs.dead_letters(SHOWN)
    ]
    counts["draining"] = lock.is_held(os.path.join(run.data_dir, inbox.LOCK))
    return counts


def reachable(run: Run) -> dict[str, Any]:
    """Whether each server answers, with the version, or what is wrong."""
    found = {name: probed(run, name)[0] for name in ("stash", "plex")}
    for name, one in found.items():
        if one["reachable"]:
            stdio.info(f"{name.capitalize()} {one['version']} answers")
        else:
            stdio.warning(one["problem"])
    return found


def probed(run: Run, name: str) -> "tuple[dict[str, Any], errors.Stash2PlexError | None]":
    """Whether `stash` or `plex` answers, and why not."""
    try:
        version = run.stash.version() if name == "stash" else run.plex.version
    except errors.Stash2PlexError as error:
        run.contacts.failed(name, str(error))
        return {"reachable": False, "problem": str(error)}, error
    run.contacts.answered(name, version)
    return {"reachable": True, "version": version}, None


def queue_status(run: Run) -> dict[str, Any]:
    """Log the status in lines for a person; give the same as JSON."""
    counts = queue_counts(run)
    names = ("pending", "waiting", "in_progress", "dead")
    stdio.info("queue: " + ", ".join(f"{counts[n]} {n.replace('_', ' ')}" for n in names))
    for said, number in counts["dead_by_error"].items():
        which = [f"{d['kind']} {d['id']}" for d in counts["dead_letters"] if d["error"] == said]
        more = f" and {number - len(which)} more" if number > len(which) else ""
        stdio.info(f"dead letters: {number} × {said} ({', '.join(which)}{more})")
    found = {"queue": counts} | reachable(run)
    found["scenes"] = scenes(run, found["stash"]["reachable"])
    found["unlisted"] = unlisted(run)
    found["outage"] = outage(run)
    # Without an answer from Stash the settings are not known; what is on disk is.
    interval = run.config.reconcile_interval if run.knows_settings else None
    deep = run.config.deep_interval if run.knows_settings else None
    found["paused"] = run.knows_settings and run.config.paused
    if found["paused"]:
        stdio.info("paused by the setting: nothing is written to Plex")
    found["reconciliation"] = run.scheduler.status(run.clock(), interval, deep)
    for line in _told(found["reconciliation"]):
        stdio.info(line)
    return found


def scenes(run: Run, stash_answers: bool) -> dict[str, int]:
    """How many scenes there are of each state, and how many nobody has looked at yet."""
    counts = scene_states.counts(run.data_dir, run.clock())
    if stash_answers:
        known = sum(counts.values()) - counts[UNKNOWN]
        counts[UNKNOWN] = max(counts[UNKNOWN], run.stash.count() - known)
    told = ", ".join(f"{count} {STATES[name]}" for name, count in counts.items() if count)
    stdio.info(f"scenes: {told or 'none'}")
    return counts


def unlisted(run: Run) -> list[str]:
    """The libraries of Plex that could not be listed when that was tried last."""
    from plex.library import unlisted

    sql = "SELECT value FROM meta WHERE name = ?"
    kept = read_only_db.rows(run.data_dir, read_only_db.PLEX, sql, (unlisted.META,))
    text = str(kept[0][0]) if kept else ""
    found = [one.line for one in unlisted.read(text)[0].values()]
    for line in found:
        stdio.warning(line)
    return found


def outage(run: Run) -> "dict[str, Any] | None":
    """The outage of Plex, None while there is none."""
    return overview.outage(asdict(run.outages.circuit), run.work_left())


def _told(state: dict[str, Any]) -> list[str]:
    """The reconciliation block, as lines."""
    due = state["next_due"]
    lines = [
        state["message"],
        f"{many(state['total_runs'], 'run')} in all; interval {state['interval']}; next due "
        + ("now" if state["due_now"] else _when(due) if due else "never"),
    ]
    last, next_deep = state["last_deep_time"], state["next_deep"]
    lines.append(
        f"deep passes {state['deep_interval']}; the last "
        + (_when(last) if last else "not yet")
        + (f"; next due {_when(next_deep)}" if next_deep else "")
    )
    if state["running"]:
        lines.append("a run is under way")
    if state["last_failure"]:
        lines.append(f"last failure {_when(state['last_failure_time'])}: {state['last_failure']}")
    return [f"reconciliation: {line}" for line in lines]


def _when(moment: float) -> str:
    return time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(moment))
